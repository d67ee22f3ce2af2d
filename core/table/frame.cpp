#include <tepal/base/time.h>
#include <tepal/table/frame.h>

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace tepal::table {
namespace {

/// Collects the columns of a small table cell by cell.
class Collector final : public Consumer
{
public:
    Status begin(const std::vector<std::string> &names) override
    {
        for (const std::string &name : names)
            columnOf(name);
        return {};
    }
    bool widen(const std::string &, ColumnType, ColumnType) override { return m_rows == 0; }
    void restart() override
    {
        m_rows = 0;
        m_texts.clear();
        for (auto &column : m_columns)
            column.clear();
    }
    Status take(Block &block) override
    {
        m_rows += block.rows;
        for (const Column &column : block.columns) {
            auto &to = m_columns[columnOf(column.name)];
            to.resize(m_rows - block.rows, Value::null());
            for (const Value &value : column.values)
                to.push_back(m_texts.keep(value));
        }
        if (m_names.size() * m_rows > Frame::kMaxCells)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("the table has more than {} cells", Frame::kMaxCells),
                        "send fewer rows at once");
        return {};
    }
    Frame frame()
    {
        Frame frame;
        // Rows of empty objects have nothing that could be counted.
        frame.rows = m_names.empty() ? 0 : m_rows;
        frame.columns = std::move(m_names);
        frame.texts = std::move(m_texts);
        frame.cells.assign(frame.rows * frame.columns.size(), Value::null());
        for (std::size_t c = 0; c < m_columns.size(); ++c) {
            for (std::size_t r = 0; r < m_columns[c].size(); ++r)
                frame.at(r, c) = m_columns[c][r];
        }
        return frame;
    }

private:
    std::size_t columnOf(const std::string &name)
    {
        const auto [at, added] = m_index.try_emplace(name, m_names.size());
        if (added) {
            m_names.push_back(name);
            m_columns.emplace_back();
        }
        return at->second;
    }

    std::vector<std::string> m_names;
    std::unordered_map<std::string, std::size_t> m_index;
    std::vector<std::vector<Value>> m_columns;
    TextArena m_texts{16u << 10};
    std::size_t m_rows = 0;
};

} // namespace

Result<Frame> readFrame(std::string_view body, const ReadOptions &options)
{
    ReadOptions own = options;
    own.cellByCell = true;
    own.threads = 1;
    own.blockBytes = std::min(own.blockBytes, std::max<std::size_t>(body.size(), 64));
    Collector collector;
    const auto read = readBytes(body, own, collector);
    if (!read)
        return tl::unexpected(read.error());
    return collector.frame();
}

namespace {

/// A cell such that it is read back as what it is.
void appendCell(std::string &out, const Value &cell)
{
    switch (cell.kind()) {
    case ValueKind::Null:
        out += "null";
        return;
    case ValueKind::Boolean:
        out += cell.asBoolean() ? "true" : "false";
        return;
    case ValueKind::Integral:
        fmt::format_to(std::back_inserter(out), "{}", cell.asIntegral());
        return;
    case ValueKind::Unsigned:
        fmt::format_to(std::back_inserter(out), "{}", cell.asNatural());
        return;
    case ValueKind::Fractional:
        appendJsonFraction(out, cell.asFractional());
        return;
    case ValueKind::String:
        appendJsonString(out, cell.asString());
        return;
    case ValueKind::Tensor:
        out += "[0]";
        return;
    case ValueKind::Object:
        out += "{}";
        return;
    }
}

} // namespace

std::string logBody(std::string_view dataset, const Frame &rows, std::int64_t time)
{
    std::string out = "{\"datasetId\":";
    appendJsonString(out, dataset);
    // Only presence is known of what is nested, and that is what is to be counted.
    out += fmt::format(",\"timestamp\":\"{}\",\"anyTime\":true,\"nested\":\"count\","
                       "\"multiple\":{{\"columns\":[",
                       formatIso(time));
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
        out += i > 0 ? "," : "";
        appendJsonString(out, rows.columns[i]);
    }
    out += "],\"data\":[";
    for (std::size_t row = 0; row < rows.rows; ++row) {
        out += row > 0 ? ",[" : "[";
        for (std::size_t i = 0; i < rows.columns.size(); ++i) {
            out += i > 0 ? "," : "";
            appendCell(out, rows.at(row, i));
        }
        out += ']';
    }
    out += "]}}";
    return out;
}

} // namespace tepal::table
