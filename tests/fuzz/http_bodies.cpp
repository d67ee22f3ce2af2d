/// Everything that reads request bodies: the first byte chooses the reader.
#include <tepal/base/text.h>
#include <tepal/serving/features.h>
#include <tepal/serving/frame.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

using namespace tepal;

namespace {

void check(const Frame &frame, const JsonDocument &json)
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
        if (const auto frame = parseJsonFrame(body, json))
            check(*frame, json);
        break;
    case 2:
        if (const auto frame = parseCsvFrame(body))
            check(*frame, json);
        break;
    default:
        if (const auto call = parseLogRequest(body, json)) {
            if (call->dataset.empty() ||
                call->frame.cells.size() != call->frame.rows * call->frame.columns.size())
                std::abort();
        }
    }
    return 0;
}
