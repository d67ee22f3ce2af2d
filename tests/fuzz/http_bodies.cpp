/// Everything that reads request bodies: the first byte chooses the reader.
#include <tepal/base/text.h>
#include <tepal/serving/bodies.h>
#include <tepal/serving/features.h>

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

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string body(reinterpret_cast<const char *>(data) + 1, size - 1);
    JsonDocument json;
    switch (data[0] % 4) {
    case 0: {
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
