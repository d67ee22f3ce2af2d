/// A block of a table, column by column, between reading and profiling. Internal to the room.
#pragma once

#include "block_source.h"
#include "distinct.h"

#include <tepal/profile/table.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tepal {

/// A row that cannot be used.
struct BadRow
{
    std::uint64_t line = 0;
    std::string what;
};

/// What a column of a chunk consists of, apart from missing cells; in the order in which a later
/// chunk can widen the type of an earlier one.
enum class ChunkType : std::uint8_t { Nothing, Booleans, Integers, Fractions, Texts, Mixed };

/// One column of a chunk: either its different values with their counts, or all values in order.
/// Mixed columns (JSON) and those of segmented or row-wise profiles are in `values` alone.
struct ChunkColumn
{
    std::string name;
    ChunkType type = ChunkType::Nothing;
    std::uint64_t nulls = 0;
    bool counted = false;
    std::uint64_t trues = 0;
    std::uint64_t falses = 0;
    std::vector<CountedFraction> countedFractions;
    std::vector<CountedInteger> countedIntegers;
    std::vector<CountedText> countedTexts;
    std::vector<double> fractions;
    std::vector<std::int64_t> integers;
    std::vector<std::string_view> texts;
    /// All cells of a CSV column, missing ones included: the texts that the above was made from.
    std::vector<std::string_view> cells;
    std::vector<Value> values;
    /// JSON records: the row that each value belongs to, where rows may lack the column.
    std::vector<std::uint32_t> rows;

    void clear();
};

struct Chunk
{
    Block block;
    std::vector<ChunkColumn> columns;
    std::uint64_t rows = 0;
    std::vector<BadRow> bad;
    std::uint64_t badCount = 0;
    std::unordered_map<std::string, std::size_t> index; ///< JSON: columns by their names.

    void clear();
    void addBad(std::uint64_t line, std::string what);
};

/// The texts that mean "missing".
class NullTexts
{
public:
    explicit NullTexts(const std::vector<std::string> &texts);
    bool contains(std::string_view cell) const;

private:
    std::vector<std::string> m_texts;
    bool m_first[256]{};
    std::size_t m_longest = 0;
};

struct CsvHeader
{
    std::vector<std::string> names;
};

/// `end` is where the header ends, its line end included. Errors: Corrupt.
Result<CsvHeader> readCsvHeader(std::string_view text, std::size_t &end);

/// CSV cells of a block into columns of `header`; `from` is where the first row begins. With
/// `asValues` every column is given cell by cell in `values`.
void parseCsv(Chunk &chunk, const CsvHeader &header, std::size_t from, std::uint64_t firstLine,
              const NullTexts &nulls, bool asValues);

/// Gives a column of texts as what its cells say, at least as wide as `atLeast`.
void inferColumn(ChunkColumn &column, const NullTexts &nulls, ChunkType atLeast);
/// The cells of a column one by one, in the type that inferColumn found.
void listValues(ChunkColumn &column, const NullTexts &nulls);

/// JSON lines of a block; texts live until the next block. In a table, numbers with fractions or
/// missing values among them become fractions.
class JsonlParser
{
public:
    JsonlParser();
    ~JsonlParser();
    void parse(Chunk &chunk, bool table);

private:
    struct Simd;
    std::unique_ptr<Simd> m_simd;
};

} // namespace tepal
