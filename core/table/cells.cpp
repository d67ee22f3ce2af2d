#include "chars.h"
#include "digits.h"

#include <tepal/base/text.h>
#include <tepal/table/cells.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace tepal::table {
namespace {

/// Longest number that is looked at with marks in it.
constexpr std::size_t kMaxMarked = 64;

/// The number in plain spelling: no blanks, no plus, no thousands marks, a decimal point. `buffer`
/// holds it where that differs from the cell. Nothing for marks in the wrong places.
struct Plain
{
    std::array<char, kMaxMarked> buffer;
    std::string_view text;

    bool read(std::string_view cell, NumberStyle style)
    {
        text = trimmed(cell);
        if (text.size() > 1 && text.front() == '+' && text[1] != '-' && text[1] != '+')
            text.remove_prefix(1);
        const bool marked = style.thousands != 0 && text.find(style.thousands) != text.npos;
        if (!marked && (style.decimal == '.' || text.find_first_of(",.") == text.npos))
            return !text.empty();
        return unmark(style);
    }

private:
    bool unmark(NumberStyle style)
    {
        if (text.size() > buffer.size())
            return false;
        std::size_t size = 0;
        std::size_t group = 0; // digits since the last mark
        bool grouped = false;
        bool whole = true;
        for (const char c : text) {
            if (c == style.decimal && c != '.') {
                if (!whole)
                    return false;
                whole = false;
                buffer[size++] = '.';
                if (grouped && group != 3)
                    return false;
            } else if (style.thousands != 0 && c == style.thousands) {
                if (!whole || group == 0 || group > 3 || (grouped && group != 3))
                    return false;
                grouped = true;
                group = 0;
            } else {
                if (c == '.' && style.decimal != '.')
                    return false;
                if (c == '.' || c == 'e' || c == 'E') {
                    if (whole && grouped && group != 3)
                        return false;
                    whole = false;
                }
                group += isDigit(c) ? 1 : 0;
                buffer[size++] = c;
            }
        }
        if (whole && grouped && group != 3)
            return false;
        text = {buffer.data(), size};
        return size > 0;
    }
};

std::optional<double> plainFraction(std::string_view text)
{
    const auto value = parseDouble(text);
    // "nan" is a missing word or a text, never a number.
    return value && *value == *value ? value : std::nullopt;
}

bool allDigits(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), isDigit);
}

} // namespace

ColumnType joined(ColumnType a, ColumnType b, bool json)
{
    if (a > b)
        std::swap(a, b);
    if (a == ColumnType::Nothing || a == b)
        return b;
    const ColumnType others = json ? ColumnType::Objects : ColumnType::Texts;
    if (a == ColumnType::Booleans)
        return b == ColumnType::Objects ? b : others;
    if (b == ColumnType::Texts)
        return others;
    return b;
}

Result<ColumnType> parseColumnType(std::string_view text)
{
    static constexpr std::array<std::pair<std::string_view, ColumnType>, 12> kNames{{
        {"text", ColumnType::Texts},
        {"string", ColumnType::Texts},
        {"str", ColumnType::Texts},
        {"integer", ColumnType::Integers},
        {"int", ColumnType::Integers},
        {"fraction", ColumnType::Fractions},
        {"float", ColumnType::Fractions},
        {"double", ColumnType::Fractions},
        {"number", ColumnType::Fractions},
        {"boolean", ColumnType::Booleans},
        {"bool", ColumnType::Booleans},
        {"category", ColumnType::Texts},
    }};
    for (const auto &[name, type] : kNames) {
        if (text == name)
            return type;
    }
    return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" is not a type of columns", text),
                "use text, integer, fraction or boolean");
}

std::string_view columnTypeName(ColumnType type)
{
    static constexpr std::array<std::string_view, 8> kNames{
        "nothing", "boolean", "integer", "fraction", "text", "fraction", "text", "object"};
    return kNames[static_cast<std::size_t>(type)];
}

const std::vector<std::string> &missingWords()
{
    static const std::vector<std::string> words{
        "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
        "<NA>", "N/A",      "NA",  "NULL",    "NaN",      "None", "n/a",  "nan",    "null"};
    return words;
}

MissingWords::MissingWords(const std::vector<std::string> &words)
    : m_words(words)
{
    for (const std::string &word : m_words) {
        if (word.size() > kLongest)
            m_long = true;
        else if (!word.empty())
            m_sizes[static_cast<unsigned char>(word[0])] |= 1u << word.size();
    }
}

bool MissingWords::isListed(std::string_view cell) const
{
    return std::find(m_words.begin(), m_words.end(), cell) != m_words.end();
}

std::optional<bool> booleanOf(std::string_view cell)
{
    if (cell == "True" || cell == "true" || cell == "TRUE")
        return true;
    if (cell == "False" || cell == "false" || cell == "FALSE")
        return false;
    return std::nullopt;
}

namespace {

/// Whether a cell begins like a number in the plain spelling of a style without marks: the usual
/// case, which needs no copy and no second look.
bool isPlain(std::string_view cell, NumberStyle style)
{
    return style.decimal == '.' && style.thousands == 0 && !cell.empty() &&
           (isDigit(cell.front()) || cell.front() == '-');
}

} // namespace

std::optional<std::int64_t> integerOf(std::string_view cell, NumberStyle style)
{
    if (isPlain(cell, style)) {
        std::int64_t value = 0;
        const char *const end = cell.data() + cell.size();
        const auto [at, error] = std::from_chars(cell.data(), end, value);
        if (error == std::errc() && at == end)
            return value;
        if (error == std::errc() && !isBlank(*at))
            return std::nullopt;
    }
    Plain plain;
    if (!plain.read(cell, style))
        return std::nullopt;
    return parseInt64(plain.text);
}

std::optional<std::uint64_t> unsignedOf(std::string_view cell, NumberStyle style)
{
    Plain plain;
    if (!plain.read(cell, style) || !isDigit(plain.text.front()))
        return std::nullopt;
    std::uint64_t value = 0;
    const char *const end = plain.text.data() + plain.text.size();
    const auto [at, error] = std::from_chars(plain.text.data(), end, value);
    if (at != end || error != std::errc() ||
        value <= std::uint64_t{std::numeric_limits<std::int64_t>::max()})
        return std::nullopt;
    return value;
}

bool isInteger(std::string_view cell, NumberStyle style)
{
    Plain plain;
    if (!plain.read(cell, style))
        return false;
    std::string_view digits = plain.text;
    if (digits.front() == '-')
        digits.remove_prefix(1);
    return allDigits(digits);
}

std::optional<double> fractionOf(std::string_view cell, NumberStyle style)
{
    if (isPlain(cell, style)) {
        const char *const end = cell.data() + cell.size();
        const Decimal decimal = Decimal::read(cell.data(), end);
        if (decimal.end == end && decimal.isExactFraction())
            return decimal.value();
        double value = 0;
        const auto [at, error] = std::from_chars(cell.data(), end, value);
        if (error == std::errc() && at == end && value == value)
            return value;
    }
    Plain plain;
    if (!plain.read(cell, style))
        return std::nullopt;
    return plainFraction(plain.text);
}

ColumnType typeOfCell(std::string_view cell, NumberStyle style)
{
    if (integerOf(cell, style))
        return ColumnType::Integers;
    if (booleanOf(cell))
        return ColumnType::Booleans;
    if (isInteger(cell, style))
        return unsignedOf(cell, style) ? ColumnType::Unsigned : ColumnType::BigIntegers;
    return fractionOf(cell, style) ? ColumnType::Fractions : ColumnType::Texts;
}

bool isCanonicalInteger(std::string_view cell)
{
    if (cell == "0")
        return true;
    if (!cell.empty() && cell.front() == '-')
        cell.remove_prefix(1);
    return allDigits(cell) && cell.front() != '0';
}

} // namespace tepal::table
