/// Two stored columns (whylogs components) compared by every preset: never fails, never a
/// nonsensical number. The first two bytes say how long the first column is.
#include <tepal/drift/compare.h>
#include <tepal/profile/file.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

using namespace tepal;

namespace {

void require(bool condition)
{
    if (!condition)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size < 2)
        return 0;
    const std::string input(reinterpret_cast<const char *>(data) + 2, size - 2);
    const std::size_t split = static_cast<std::size_t>(data[0]) * 256 + data[1];
    const auto reference = parseColumn(input.substr(0, split));
    const auto target = parseColumn(split < input.size() ? input.substr(split) : std::string());
    if (!reference || !target)
        return 0;
    for (const auto preset :
         {drift::Preset::Tepal, drift::Preset::Whylogs, drift::Preset::Whylabs}) {
        drift::Options options;
        options.preset = preset;
        const auto result = drift::compareColumn("column", &*reference, &*target, options);
        require(!result.reason.empty());
        for (const drift::Measure &measure : result.measures) {
            if (measure.p)
                require(!(*measure.p < 0) && !(*measure.p > 1));
            if (measure.key == "ks" || measure.key == "tvd" || measure.key == "linf")
                require(!(measure.value < 0) && !(measure.value > 1 + 1e-9));
        }
        drift::DatasetDrift all;
        all.preset = preset;
        all.columns.push_back(result);
        driftJson(all);
    }
    return 0;
}
