/// Everything that reads request bodies: the first byte chooses the reader.
#include <tepal/base/text.h>
#include <tepal/serving/bodies.h>
#include <tepal/serving/features.h>
#include <tepal/serving/row.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

using namespace tepal;

namespace {

void check(const table::Frame &frame, const JsonDocument &json)
{
    if (frame.cells.size() != frame.rows * frame.columns.size())
        std::abort();
    const std::string text = writeRecords(frame, json);
    JsonDocument again;
    if (!again.parse(text))
        std::abort();
}

/// A row of any model: what is taken is of its feature's type.
void checkRow(const std::string &body)
{
    static const Signature signature = [] {
        Signature made;
        made.features = {{"a", FeatureType::Number, true, {}, false, 1},
                         {"b b", FeatureType::Integer, false, {}, false, 1},
                         {"c", FeatureType::Text, true, {"red", "green"}, true, 0},
                         {"d", FeatureType::Text, false, {"x", "y"}, false, 0}};
        made.classes = {"no", "yes"};
        made.outputs = outputNames(made.task, true);
        return made;
    }();
    RowParser parser(signature);
    std::vector<Value> row;
    if (const auto parsed = parser.parse(body, row); !parsed) {
        if (parsed.error().message.empty() || parsed.error().next.empty())
            std::abort();
        return;
    }
    if (row.size() != 4)
        std::abort();
    for (const Value &value : row) {
        if (value.kind() == ValueKind::String && !isUtf8(value.asString()))
            std::abort();
    }
    std::array<double, 4> out{};
    std::size_t unknown = 0;
    if (encodeRow(signature, row, out, unknown) &&
        (std::isinf(out[0]) || out[1] != std::trunc(out[1]) || out[2] > 1 || std::isnan(out[3])))
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string body(reinterpret_cast<const char *>(data) + 1, size - 1);
    JsonDocument json;
    switch (data[0] % 4) {
    case 0: {
        checkRow(body);
        std::array<double, 4> out{};
        if (parseFeatures(body, out)) {
            for (const double value : out) {
                if (!std::isfinite(value))
                    std::abort();
            }
        }
        break;
    }
    case 1:
        if (auto frame = table::parseJsonFrame(body, json)) {
            check(*frame, json);
            typeColumns(*frame);
            check(*frame, json);
            if (table::flatten(*frame, json, table::Nested::Flatten))
                check(*frame, json);
        }
        break;
    case 2:
        if (auto frame = readRows(body, "text/csv", table::Nested::Flatten).value()) {
            typeGaps(*frame);
            check(*frame, json);
        }
        if (const auto frame = readRows(body, "application/x-ndjson", table::Nested::Text).value())
            check(*frame, json);
        break;
    default:
        if (const auto call = parseLogRequest(body, json, 1'772'000'000'000)) {
            if (call->dataset.empty() ||
                call->frame.cells.size() != call->frame.rows * call->frame.columns.size())
                std::abort();
        }
    }
    return 0;
}
