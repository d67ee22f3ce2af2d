/// From the text of a block to its columns. Internal to the room.
#pragma once

#include "source.h"

#include <tepal/base/text_arena.h>
#include <tepal/table/json.h>

#include <memory>
#include <span>
#include <unordered_map>

namespace tepal::table {

/// One bit for each type, for sets of them.
constexpr unsigned bitOf(ColumnType type)
{
    return 1u << static_cast<unsigned>(type);
}

/// The cells of a JSON column in a block, as they come.
struct JsonCells
{
    static constexpr unsigned kUnknown = ~0u;

    explicit JsonCells(std::string_view name);

    std::string key; ///< As JSON writes it, `"name":`; empty where that takes escapes.
    std::vector<Value> values;
    std::vector<std::uint32_t> rows;    ///< Of each value.
    std::vector<std::uint32_t> bigRows; ///< Rows of integers beyond 64 bits.
    /// One bit for the type of each value, of missing ones Nothing. kUnknown after takeBack.
    unsigned types = 0;
    int depth = 0; ///< Of the member that gave the last value.

    void add(const Value &value, ColumnType type)
    {
        values.push_back(value);
        types |= bitOf(type);
    }
    bool isIn(std::uint32_t row) const { return !rows.empty() && rows.back() == row; }
    /// Whether the last value is an integer beyond 64 bits.
    bool isBig() const { return !bigRows.empty() && bigRows.back() == rows.back(); }
    void takeBack();
    void clear();
};

/// A block on its way: its text, what was made of it, what was wrong with it. Used by one thread at
/// a time, kept from block to block for its memory.
struct ParsedBlock
{
    TextBlock text;
    Block out;
    std::vector<BadRow> bad;
    std::uint64_t shortRows = 0;
    std::uint64_t emptyLines = 0;
    TextArena kept;  ///< Cells without their doubled quotes.
    TextArena arena; ///< Texts of JSON that stand nowhere in the block.
    std::vector<JsonCells> json;
    std::unordered_map<std::string, std::size_t> index; ///< JSON columns by their names.

    void clear();
};

/// What every block of a table is read by.
struct ParseRules
{
    explicit ParseRules(const ReadOptions &options)
        : missing(options.missing)
        , nested(options.nested)
        , cellByCell(options.cellByCell)
        , rawTexts(options.rawTexts)
        , records(options.records)
        , declared(options.types)
    {}
    NumberStyle style() const { return {dialect.decimal, dialect.thousands}; }

    Dialect dialect;
    MissingWords missing;
    Nested nested;
    bool cellByCell;
    bool rawTexts;
    bool records;
    std::map<std::string, ColumnType> declared;
    std::vector<std::string> names;  ///< Of a delimited table.
    std::vector<std::string> header; ///< The same as they are written; empty without a header.
};

struct Header
{
    std::vector<std::string> names;
    std::vector<std::string> written; ///< As they stand there; empty where there is no header.
    std::size_t end = 0;              ///< Where the first row begins.
};

/// The header of the first block, or names by position. Errors: Corrupt.
Result<Header> readHeader(const TextBlock &text, const Dialect &dialect);

/// Rows from `from` on. `types`: what is known of the columns so far, in the order of the names.
void parseDelimited(ParsedBlock &block, const ParseRules &rules, std::size_t from,
                    std::span<const ColumnType> types);

/// Types a column by its cells, at least as wide as `atLeast`, and lists or counts what is in it.
void typeCells(Column &column, const ParseRules &rules, ColumnType atLeast);

/// JSON lines or a JSON document. A column that the block does not have is not in it.
class JsonReader
{
public:
    void parse(ParsedBlock &block, const ParseRules &rules);

private:
    friend class tepal::JsonParser; // which hands over members as it reads them
    std::size_t expected(std::string_view rest);
    void key(std::string_view name);
    bool scalar(const JsonNode &value);
    bool nested(std::uint32_t index);

    bool isRepeated(std::string_view key, bool isSpread);
    bool member(std::string_view name, std::uint32_t index);
    void rowOf(std::uint32_t object);
    void parseLines();
    void parseDocument();
    void parseFrame();
    void beginRow();
    void endRow(std::uint64_t line, std::string_view text);
    void checkDeclared();
    bool leaf(std::size_t column, const JsonNode &value, std::uint32_t index, int depth);
    void put(JsonCells &cells, const JsonNode &value, std::uint32_t index);
    std::size_t columnOf(std::string_view name);

    JsonDocument m_json;
    ParsedBlock *m_block = nullptr;
    const ParseRules *m_rules = nullptr;
    std::vector<std::size_t> m_order; ///< Columns of the row before, to be found without looking.
    std::size_t m_place = 0;
    std::optional<std::size_t> m_known; ///< The column that the member's key is the name of.
    std::string_view m_key;             ///< The member's key otherwise.
    std::size_t m_columns = 0;          ///< Before the row.
    /// Keys of the row's members that became several columns. One of them given twice is seen only
    /// when it comes again: the row is then read once more, with the last of each key.
    std::vector<std::string> m_spread;
    bool m_repeated = false;
    BadRow::Kind m_kind = BadRow::Kind::NotJson;
    std::string m_problem; ///< What is wrong with the row; empty for nothing.
    std::string m_path;
};

/// Types a column of JSON by its cells, at least as wide as `atLeast`.
void typeJson(ParsedBlock &block, std::size_t column, const ParseRules &rules, ColumnType atLeast);

} // namespace tepal::table
