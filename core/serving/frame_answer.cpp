// What a table that was sent is answered with: pandas' JSON of it.

#include <tepal/base/text.h>
#include <tepal/serving/bodies.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tepal {

using table::Frame;

namespace {

/// At most ten decimals, at least one, as pandas writes floats; very large ones in full precision.
void appendFloat(std::string &out, double value)
{
    if (std::fabs(value) >= 1e15) {
        out += formatDouble(value);
        return;
    }
    std::string text = fmt::format("{:.10f}", value);
    text.erase(std::max(text.find_last_not_of('0') + 1, text.find('.') + 2));
    out += text == "-0.0" && value != 0 ? "0.0" : text;
}

} // namespace

std::string writeRecords(const Frame &frame, const JsonDocument &json)
{
    std::vector<std::string> keys;
    for (const std::string &column : frame.columns) {
        appendJsonString(keys.emplace_back(), column, true);
        keys.back() += ':';
    }
    std::string out = "[";
    for (std::size_t row = 0; row < frame.rows; ++row) {
        out += row == 0 ? "{" : ",{";
        for (std::size_t column = 0; column < keys.size(); ++column) {
            if (column > 0)
                out.push_back(',');
            out += keys[column];
            const Value &cell = frame.at(row, column);
            switch (cell.kind()) {
            case ValueKind::Null:
                out += "null";
                break;
            case ValueKind::Boolean:
                out += cell.asBoolean() ? "true" : "false";
                break;
            case ValueKind::Integral:
                out += std::to_string(cell.asIntegral());
                break;
            case ValueKind::Fractional:
                if (std::isfinite(cell.asFractional()))
                    appendFloat(out, cell.asFractional());
                else
                    out += "null";
                break;
            case ValueKind::Unsigned:
                out += std::to_string(cell.asNatural());
                break;
            case ValueKind::String:
                appendJsonString(out, cell.asString(), true);
                break;
            case ValueKind::Tensor:
            case ValueKind::Object:
                json.write(frame.nodes[row * keys.size() + column], out);
                break;
            }
        }
        out.push_back('}');
    }
    out.push_back(']');
    return out;
}

} // namespace tepal
