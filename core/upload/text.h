/// What the files of this room do to texts. Internal.
#pragma once

#include <string_view>

namespace tepal {

/// Without blanks and line ends around it.
inline std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view kBlank = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kBlank);
    return first == text.npos ? std::string_view()
                              : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

} // namespace tepal
