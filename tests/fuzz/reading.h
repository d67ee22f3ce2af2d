/// One reading of a table with all that came of it, to be compared with another reading.
#pragma once

#include "../table/collector.h"

#include <tepal/table/reader.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tepal::fuzz {

inline void require(bool condition, const char *what)
{
    if (condition)
        return;
    std::fprintf(stderr, "not so: %s\n", what);
    std::abort();
}

/// The choices that the first bytes of an input make; zeros behind its end.
class Choices
{
public:
    Choices(const std::uint8_t *data, std::size_t size, std::size_t count)
        : m_bytes(reinterpret_cast<const char *>(data), size)
        , m_count(count)
    {}
    unsigned at(std::size_t i) const
    {
        return i < m_bytes.size() ? static_cast<unsigned char>(m_bytes[i]) : 0u;
    }
    bool bit(std::size_t i, unsigned number) const { return (at(i) >> number & 1u) != 0; }
    std::string_view rest() const { return m_bytes.substr(std::min(m_count, m_bytes.size())); }

private:
    std::string_view m_bytes;
    std::size_t m_count;
};

/// Also adds up what a column lists and counts: every row is in one place.
class Checked final : public table::Consumer
{
public:
    test::Collected collected;
    bool records = false;

    bool widen(const std::string &column, table::ColumnType from, table::ColumnType to) override
    {
        return collected.widen(column, from, to);
    }
    Status take(table::Block &block) override
    {
        require(block.rowsBefore == collected.rows, "blocks come in the order of the table");
        for (const table::Column &column : block.columns) {
            std::uint64_t sum = column.missing + column.trues + column.falses + column.tensors +
                                column.objects + column.integers.size() +
                                column.unsignedIntegers.size() + column.fractions.size() +
                                column.texts.size();
            for (const auto &value : column.countedIntegers)
                sum += value.count;
            for (const auto &value : column.countedUnsigned)
                sum += value.count;
            for (const auto &value : column.countedFractions)
                sum += value.count;
            for (const auto &value : column.countedTexts)
                sum += value.count;
            require(records || sum == block.rows, "each cell is missing, counted or listed, once");
            require(records || column.values.size() == block.rows, "a value for every row");
        }
        return collected.take(block);
    }
    void restart() override { collected.restart(); }
};

struct Reading
{
    std::optional<table::ReadReport> report;
    std::optional<table::Dialect> dialect; ///< As it was said before the first block.
    std::string error;
    Checked table;
    std::vector<std::string> rejected;
    std::vector<std::uint64_t> rejectedLines;

    std::size_t rows() const { return table.collected.rows; }
};

inline Reading read(std::string_view bytes, table::ReadOptions options)
{
    Reading reading;
    options.cellByCell = true;
    options.threads = 1;
    options.rejected = [&](const table::BadRow &row) -> Status {
        require(!row.reason.empty(), "a bad row has a reason");
        reading.rejected.push_back(std::to_string(row.line) + ":" + std::to_string(row.column) +
                                   ":" + row.reason + ":" + std::string(row.row));
        reading.rejectedLines.push_back(row.line);
        return {};
    };
    options.found = [&](const table::Dialect &dialect, std::size_t columns,
                        const std::string &doubt) {
        reading.dialect = dialect;
        require(!table::describe(dialect, columns).empty() && doubt.size() < 1000,
                "a dialect can be described");
    };
    auto report = table::readBytes(bytes, options, reading.table);
    if (!report) {
        reading.error = report.error().text();
        require(!report.error().message.empty(), "a refusal says why");
        return reading;
    }
    require(reading.dialect == report->dialect, "what is said first is what is reported");
    require(report->rows == reading.rows(), "as many rows as are reported");
    require(report->badRows == reading.rejected.size(), "each bad row is handed out once");
    require(options.skipBadRows || report->badRows == 0, "bad rows are left out only if asked");
    reading.report = std::move(*report);
    return reading;
}

inline void print(const char *name, const Reading &reading)
{
    std::fprintf(stderr, "%s: %s\n", name, reading.error.c_str());
    if (reading.dialect)
        std::fprintf(stderr, "  %s\n", table::describe(*reading.dialect, 0).c_str());
    for (const auto &[column, cells] : reading.table.collected.cells) {
        std::fprintf(stderr, "  %s =", column.c_str());
        for (const std::string &cell : cells)
            std::fprintf(stderr, " [%s]", cell.c_str());
        std::fprintf(stderr, "\n");
    }
    for (const std::string &row : reading.rejected)
        std::fprintf(stderr, "  rejected %s\n", row.c_str());
}

/// Both ended alike: the same refusal, or the same cells, types, bad rows and counts.
inline void requireSame(const Reading &a, const Reading &b, const char *what)
{
    const bool same =
        a.error == b.error && a.report.has_value() == b.report.has_value() &&
        (!a.report ||
         (a.table.collected.cells == b.table.collected.cells && a.rejected == b.rejected &&
          a.report->columns == b.report->columns && a.report->types == b.report->types &&
          a.report->rows == b.report->rows && a.report->badRows == b.report->badRows &&
          a.report->shortRows == b.report->shortRows &&
          a.report->emptyLines == b.report->emptyLines && a.report->dialect == b.report->dialect));
    if (same)
        return;
    print("one", a);
    print("other", b);
    require(false, what);
}

/// Repeats the part behind the first line until the whole is longer than what a reader looks at to
/// find out the dialect.
inline std::string repeated(std::string_view text)
{
    constexpr std::size_t longEnough = 70'000;
    std::string all(text);
    const std::size_t line = text.find('\n');
    std::string_view body = text.substr(line == text.npos ? 0 : line + 1);
    if (body.size() < 64)
        return all;
    while (all.size() < longEnough)
        all += body;
    return all;
}

} // namespace tepal::fuzz
