/// What the text of a cell means. The one list of missing words and the one rule for types,
/// whatever door a table comes through. Pure functions, thread-safe.
///
/// A column of a table has one type, as in a data frame of pandas that was read whole. It is what
/// every cell of it is:
///
/// - True or False (also TRUE, true, FALSE, false): Booleans
/// - an integer of 64 bits: Integers
/// - an integer from 0 to 2^64-1, some beyond 2^63: Unsigned, which are counted as fractions and
///   told apart as the integers they are
/// - an integer, some beyond 64 bits: BigIntegers, which are profiled as text, digit by digit
/// - a number: Fractions
/// - anything else: Texts, every cell as it is written
/// Among JSON, whose cells have types of their own, a column may also be of Objects.
///
/// Missing cells do not count; a column of integers with missing cells is profiled as fractions, as
/// pandas' NaN makes it. A number may have blanks around it, a sign, an exponent, and be one of
/// inf, infinity, -inf in any case. `1e400` is infinite and `1e-400` zero. What is no number:
/// `0x1F`, `1_000`, `1,000` (unless the dialect says so), `--5`, `1e`. `00123` is the number 123
/// unless the column is declared text.
///
/// Differences from pandas 1.5, on purpose: integers from 2^63 on with missing or negative ones
/// among them stay numbers (pandas: text); integers beyond 64 bits are text also when a missing
/// cell is among them, and numbers when a fraction is, wherever it stands (pandas: depends on the
/// order).
#pragma once

#include <tepal/base/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tepal::table {

/// In the order in which a column may turn out wider. Objects: only in JSON, where cells have types
/// of their own and a column may mix them.
enum class ColumnType : std::uint8_t {
    Nothing, ///< Only missing cells so far.
    Booleans,
    Integers,
    Unsigned,
    BigIntegers,
    Fractions,
    Texts,
    Objects,
};
inline constexpr unsigned kColumnTypes = 8;

constexpr bool isNumeric(ColumnType type)
{
    return type == ColumnType::Integers || type == ColumnType::Unsigned ||
           type == ColumnType::Fractions;
}

/// The type of a column that has cells of both. Commutative and associative. Booleans with numbers
/// are Texts in a delimited table and Objects in JSON, as are texts with anything in JSON.
ColumnType joined(ColumnType a, ColumnType b, bool json);

/// "text", "integer", "fraction" (also "float", "number"), "boolean". InvalidArgument otherwise.
Result<ColumnType> parseColumnType(std::string_view text);
std::string_view columnTypeName(ColumnType type);

/// Cell texts that mean "missing", besides the empty cell: those of pandas, and None.
const std::vector<std::string> &missingWords();

/// A set of such texts, quick to ask.
class MissingWords
{
public:
    explicit MissingWords(const std::vector<std::string> &words = missingWords());
    /// The empty cell is always missing.
    bool contains(std::string_view cell) const
    {
        if (cell.empty())
            return true;
        const auto first = static_cast<unsigned char>(cell[0]);
        return cell.size() <= kLongest ? (m_sizes[first] >> cell.size() & 1) != 0 && isListed(cell)
                                       : m_long && isListed(cell);
    }

private:
    bool isListed(std::string_view cell) const;

    static constexpr std::size_t kLongest = 31;

    std::vector<std::string> m_words;
    std::uint32_t m_sizes[256]{}; ///< By first character: a bit for each size up to kLongest.
    bool m_long = false;          ///< There are words that are longer.
};

/// How numbers are written, of the dialect.
struct NumberStyle
{
    char decimal = '.';
    char thousands = 0;
};

/// A whole cell as a number of one of the kinds above; nothing when it is none.
std::optional<bool> booleanOf(std::string_view cell);
std::optional<std::int64_t> integerOf(std::string_view cell, NumberStyle style);
/// 2^63 to 2^64-1.
std::optional<std::uint64_t> unsignedOf(std::string_view cell, NumberStyle style);
bool isInteger(std::string_view cell, NumberStyle style); ///< Of any length.
std::optional<double> fractionOf(std::string_view cell, NumberStyle style);

/// The narrowest type of one cell that is not missing.
ColumnType typeOfCell(std::string_view cell, NumberStyle style);

/// Whether the text is the one way to write this integer: no sign but a minus, no leading zeros.
bool isCanonicalInteger(std::string_view cell);

} // namespace tepal::table
