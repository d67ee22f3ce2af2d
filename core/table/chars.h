/// Kinds of characters that cells and lines are made of. Internal to the room.
#pragma once

#include <string_view>

namespace tepal::table {

constexpr bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

constexpr bool isBlank(char c)
{
    return c == ' ' || c == '\t';
}

/// Without blanks on both sides, nor what else is said to be one.
constexpr std::string_view trimmed(std::string_view text, char also = ' ')
{
    const auto goes = [also](char c) { return isBlank(c) || c == also; };
    while (!text.empty() && goes(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && goes(text.back()))
        text.remove_suffix(1);
    return text;
}

/// Whether there is nothing in it but blanks.
constexpr bool isBlank(std::string_view text)
{
    return text.find_first_not_of(" \t") == text.npos;
}

} // namespace tepal::table
