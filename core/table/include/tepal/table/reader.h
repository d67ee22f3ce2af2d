/// The one door for rows: files, pipes and request bodies as typed columns, block by block.
///
/// Bytes are unpacked and decoded to UTF-8, the dialect is found out from the beginning, records
/// are cut into cells, cells are typed (cells.h has the rules), and every block goes to a consumer
/// in the order of the table. Memory is constant: some blocks per thread, whatever the size of the
/// table. The result does not depend on the number of threads.
///
/// Types are those of the whole column, though a block is handed on before the rest is known: when
/// a column turns out wider, the consumer is asked whether it can recount what it took (integers
/// become fractions or text that way: the profile keeps what it needs for that). Where it cannot
/// (text after fractions), a file is read to its end to learn every type and then once more; a
/// pipe, which cannot be read again, is an error that says so.
///
/// Nothing is left out in silence. A row that cannot be read (too long, a quote not closed, bytes
/// that are no text, not JSON, the header once more) ends the reading with its line and column, or
/// is handed out as rejected. A row with too few cells has missing ones at its end, and is counted
/// as short.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/value.h>
#include <tepal/table/cells.h>
#include <tepal/table/dialect.h>
#include <tepal/table/distinct.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace tepal::table {

/// A row that cannot be used.
struct BadRow
{
    /// Header: the names once more, as where files were put one behind the other. Document: JSON
    /// that cannot be read at all.
    enum class Kind : std::uint8_t { TooLong, Quote, Bytes, NotJson, Type, Header, Document };

    std::uint64_t line = 0; ///< It begins on this line, from 1.
    std::uint64_t column =
        0; ///< Cell of a delimited row, byte of a JSON line, from 1; 0 = the row.
    Kind kind = Kind::TooLong;
    std::string reason;   ///< "5 cells where the header has 4"
    std::string_view row; ///< As it stands, without its line end; valid while it is handed out.
};

/// What nested JSON becomes. Flatten: {"a": {"b": [1]}} is a column "a.b.0". Text: compact JSON.
/// Count: only that there was something, as whylogs does (tensors and objects).
enum class Nested : std::uint8_t { Flatten, Text, Count };

struct ReadOptions
{
    DialectOptions dialect;
    /// Packed bytes are unpacked. Not for requests, whose unpacked size is to be limited before.
    bool unpack = true;
    /// Columns that are not to be guessed: Texts, Integers, Fractions or Booleans. A cell of
    /// another type makes its row a bad one.
    std::map<std::string, ColumnType> types;
    std::vector<std::string> missing = missingWords();
    Nested nested = Nested::Flatten;
    /// Bad rows do not end the reading.
    bool skipBadRows = false;
    /// How whoever asked can say so, for the error's next step; empty where that is not offered.
    std::string skipAdvice = "leave such rows out with --skip-bad-rows";
    /// Called for every bad row that is left out, in order, from one thread at a time.
    std::function<Status(const BadRow &)> rejected;
    /// Called once, before the first block.
    std::function<void(const Dialect &, std::size_t columns, const std::string &doubt)> found;
    /// Columns carry their cells one by one (Column::values) instead of typed lists.
    bool cellByCell = false;
    /// Columns of numbers and booleans also carry their cells as they are written (Column::raw),
    /// for consumers that may have to take them for text later and cannot read the table again.
    bool rawTexts = false;
    /// JSON rows that do not name a column say nothing of it, instead of missing it.
    bool records = false;
    /// Types are learned before the first block is handed on, by reading the table twice.
    bool learnTypes = false;
    /// Blocks are handed on as soon as something is there, for pipes that are written slowly.
    bool live = false;
    unsigned threads = 0; ///< 0 = as many as there are processors, at most eight.
    std::size_t blockBytes = std::size_t{2} << 20;
    std::function<void(std::uint64_t bytes, std::uint64_t rows)> progress;
    std::stop_token stop;
};

/// One column of a block. Missing cells are counted in `missing` alone. The others are in exactly
/// one place by their type: counted (each different value with its number) or listed.
struct Column
{
    std::string name;
    /// At least as wide as every block before, as far as that is known.
    ColumnType type = ColumnType::Nothing;
    std::uint64_t missing = 0;
    bool counted = false;
    std::uint64_t trues = 0;
    std::uint64_t falses = 0;
    std::vector<CountedInteger> countedIntegers;
    std::vector<CountedUnsigned> countedUnsigned;
    std::vector<CountedFraction> countedFractions;
    std::vector<CountedText> countedTexts;
    std::vector<std::int64_t> integers;
    std::vector<std::uint64_t> unsignedIntegers;
    std::vector<double> fractions;
    std::vector<std::string_view> texts;
    std::uint64_t tensors = 0;
    std::uint64_t objects = 0;
    /// Every integer is written in the one usual way, so that its text is known from its value.
    bool canonical = true;
    /// With rawTexts: the texts of a delimited column that is not of type text, without missing
    /// cells.
    std::vector<CountedText> raw;
    /// With cellByCell: all cells in order, missing ones as Null; with records those that are
    /// named.
    std::vector<Value> values;
    /// The row of each value where rows may lack the column; empty = row by row.
    std::vector<std::uint32_t> rows;
    /// What the above was made from: the texts of a delimited table, missing ones included.
    std::vector<std::string_view> cells;

    void clear();
};

/// Null and NaN.
constexpr bool isMissing(const Value &value)
{
    return value.isNull() ||
           (value.kind() == ValueKind::Fractional && value.asFractional() != value.asFractional());
}

/// Lists one cell by its kind. The column's type is not changed.
void addCell(Column &column, const Value &value);

struct Block
{
    std::vector<Column> columns;
    std::uint64_t rows = 0;
    std::uint64_t rowsBefore = 0; ///< Of the table, before this block.
};

/// Takes a table. Called from one thread at a time, in order.
class Consumer
{
public:
    virtual ~Consumer() = default;
    /// The names, when they are known before the rows are (a header).
    virtual Status begin(const std::vector<std::string> &) { return {}; }
    /// Whether what was taken of a column as `from` can be recounted as `to`; if so it is done now.
    virtual bool widen(const std::string &column, ColumnType from, ColumnType to) = 0;
    virtual Status take(Block &block) = 0;
    /// Forget everything: the table comes once more, its types known.
    virtual void restart() = 0;

protected:
    Consumer() = default;
    Consumer(const Consumer &) = default;
    Consumer &operator=(const Consumer &) = default;
};

struct ReadReport
{
    Dialect dialect;
    std::vector<std::string> columns; ///< In order of the header, or of their first appearance.
    std::map<std::string, ColumnType> types;
    std::uint64_t rows = 0; ///< Handed to the consumer.
    std::uint64_t badRows = 0;
    std::uint64_t shortRows = 0;
    /// Empty lines of a table of one column, where they could have been missing cells.
    std::uint64_t emptyLines = 0;
    bool readTwice = false;
};

/// A file, or standard input for "-". Errors: NotFound, Io, Corrupt (a bad row, damaged archive),
/// Unsupported (no text table), InvalidArgument (a column of `types` that is not there), Cancelled;
/// without the path, which the caller knows.
Result<ReadReport> readTable(const std::filesystem::path &path, const ReadOptions &options,
                             Consumer &consumer);
/// Bytes in memory. The consumer may keep no views of them that outlive the call.
Result<ReadReport> readBytes(std::string_view bytes, const ReadOptions &options,
                             Consumer &consumer);

/// Names for columns as pandas makes them: "" is "Unnamed: 0" by its position, the second "a" is
/// "a.1".
std::vector<std::string> uniqueNames(std::vector<std::string> names);

} // namespace tepal::table
