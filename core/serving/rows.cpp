// Many rows for one model, in the forms that clients of model servers write.

#include <tepal/base/text.h>
#include <tepal/serving/row.h>

#include <fmt/format.h>

namespace tepal {
namespace {

constexpr std::size_t kMostCells = 4u << 20;

bool isArray(const JsonDocument &json, std::uint32_t node)
{
    return json.at(node).type == JsonType::Array;
}

bool isObject(const JsonDocument &json, std::uint32_t node)
{
    return json.at(node).type == JsonType::Object;
}

template <typename Each>
Status forEach(const JsonDocument &json, std::uint32_t array, const Each &each)
{
    std::size_t i = 0;
    for (std::uint32_t at = array + 1; at < json.at(array).end; at = json.at(at).end) {
        if (auto done = each(i++, at); !done)
            return done;
    }
    return {};
}

tl::unexpected<Error> inRow(std::size_t row, const Error &error)
{
    return failWith(fmt::format("row {}", row + 1), error);
}

} // namespace

Status RowParser::startRows(std::size_t count, std::vector<Value> &cells) const
{
    const std::size_t width = m_signature->features.size();
    if (count > kMostCells / width)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} rows of {} values are too many at once", count, width),
                    "send fewer rows at once");
    cells.assign(count * width, Value::null());
    return {};
}

Status RowParser::parseRows(const JsonDocument &json, std::uint32_t node, std::vector<Value> &cells,
                            std::size_t &rows)
{
    rows = 0;
    if (isObject(json, node))
        return objectRows(json, node, cells, rows);
    if (!isArray(json, node))
        return refuseRows("the rows are a single value, not a list");
    const JsonNode &list = json.at(node);
    if (list.size == 0) {
        cells.clear();
        return {};
    }
    const bool flat = !isArray(json, node + 1) && !isObject(json, node + 1);
    if (flat && m_signature->features.size() != 1) {
        rows = 1; // A list of values is one row, unless a row is one value.
        if (auto started = startRows(1, cells); !started)
            return started;
        return orderedRow(json, node, cells, 0);
    }
    rows = list.size;
    if (auto started = startRows(rows, cells); !started)
        return started;
    return forEach(json, node, [&](std::size_t row, std::uint32_t at) -> Status {
        Status done;
        if (flat)
            done = cell(json, at, 0, row, cells);
        else if (isObject(json, at))
            done = namedRow(json, at, cells, row);
        else if (isArray(json, at))
            done = orderedRow(json, at, cells, row);
        else
            done = refuseRows("rows and values are mixed");
        return done || rows == 1 ? done : Status(inRow(row, done.error()));
    });
}

/// `{"columns": […], "data": [[…], …]}`, columns as lists, or one row by names.
Status RowParser::objectRows(const JsonDocument &json, std::uint32_t node,
                             std::vector<Value> &cells, std::size_t &rows)
{
    const std::uint32_t names = json.member(node, "columns");
    const std::uint32_t data = json.member(node, "data");
    if (names != 0 && data != 0 && isArray(json, names) && isArray(json, data))
        return splitRows(json, names, data, cells, rows);
    const std::uint32_t first = json.at(node).size > 0 ? json.at(node + 1).end : 0;
    if (first != 0 && isArray(json, first))
        return columnRows(json, node, cells, rows);
    rows = 1;
    if (auto started = startRows(1, cells); !started)
        return started;
    return namedRow(json, node, cells, 0);
}

Status RowParser::splitRows(const JsonDocument &json, std::uint32_t names, std::uint32_t data,
                            std::vector<Value> &cells, std::size_t &rows)
{
    std::vector<std::size_t> places;
    m_seen.assign(m_signature->features.size(), false);
    auto found = forEach(json, names, [&](std::size_t, std::uint32_t at) -> Status {
        if (json.at(at).type != JsonType::String)
            return refuseRows("the names of the columns are no texts");
        const auto index = indexOf(json.at(at).string());
        if (!index)
            return tl::unexpected(index.error());
        places.push_back(*index);
        m_seen[*index] = true;
        return {};
    });
    if (!found)
        return found;
    if (auto whole = nothingAbsent(); !whole)
        return whole;
    rows = json.at(data).size;
    if (auto started = startRows(rows, cells); !started)
        return started;
    return forEach(json, data, [&](std::size_t row, std::uint32_t at) -> Status {
        if (!isArray(json, at) || json.at(at).size != places.size())
            return inRow(row,
                         {ErrorCode::InvalidArgument,
                          fmt::format("it has not the {} values of the columns", places.size()),
                          {}});
        return forEach(json, at, [&](std::size_t i, std::uint32_t value) -> Status {
            auto done = cell(json, value, places[i], row, cells);
            return done ? done : Status(inRow(row, done.error()));
        });
    });
}

Status RowParser::columnRows(const JsonDocument &json, std::uint32_t node,
                             std::vector<Value> &cells, std::size_t &rows)
{
    rows = json.at(json.at(node + 1).end).size;
    if (auto started = startRows(rows, cells); !started)
        return started;
    m_seen.assign(m_signature->features.size(), false);
    for (std::uint32_t at = node + 1; at < json.at(node).end;) {
        const std::uint32_t column = json.at(at).end;
        const auto index = indexOf(json.at(at).string());
        if (!index)
            return tl::unexpected(index.error());
        if (!isArray(json, column) || json.at(column).size != rows)
            return refuseRows(fmt::format("the columns differ in length: {}",
                                          utf8Prefix(json.at(at).string(), 60)));
        m_seen[*index] = true;
        auto done = forEach(json, column, [&](std::size_t row, std::uint32_t value) -> Status {
            auto one = cell(json, value, *index, row, cells);
            return one ? one : Status(inRow(row, one.error()));
        });
        if (!done)
            return done;
        at = json.at(column).end;
    }
    return nothingAbsent();
}

Status RowParser::orderedRow(const JsonDocument &json, std::uint32_t node,
                             std::vector<Value> &cells, std::size_t row)
{
    const std::size_t width = m_signature->features.size();
    if (json.at(node).size != width)
        return refuseRows(
            fmt::format("the model expects {} values but got {}", width, json.at(node).size));
    return forEach(json, node,
                   [&](std::size_t i, std::uint32_t at) { return cell(json, at, i, row, cells); });
}

Status RowParser::namedRow(const JsonDocument &json, std::uint32_t node, std::vector<Value> &cells,
                           std::size_t row)
{
    m_seen.assign(m_signature->features.size(), false);
    for (std::uint32_t at = node + 1; at < json.at(node).end;) {
        const std::uint32_t value = json.at(at).end;
        const auto index = indexOf(json.at(at).string());
        if (!index)
            return tl::unexpected(index.error());
        if (auto done = cell(json, value, *index, row, cells); !done)
            return done;
        m_seen[*index] = true;
        at = json.at(value).end;
    }
    return nothingAbsent();
}

} // namespace tepal
