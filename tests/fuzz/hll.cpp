/// A stored HLL sketch: read, asked, written back, fed further and merged.
#include <tepal/sketch/hll.h>

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

void ask(const HllSketch &sketch)
{
    const double estimate = sketch.estimate();
    require(std::isfinite(estimate) && estimate >= 0);
    require(!sketch.empty() || estimate == 0);
    for (int deviations = 1; deviations <= 3; ++deviations)
        require(std::isfinite(sketch.lower(deviations)) && std::isfinite(sketch.upper(deviations)));
}

void rewrite(const HllSketch &sketch)
{
    std::string written;
    sketch.serialize(written);
    const auto again = HllSketch::parse(written);
    require(again.has_value());
    std::string rewritten;
    again->serialize(rewritten);
    require(written == rewritten);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string input(reinterpret_cast<const char *>(data), size);
    auto sketch = HllSketch::parse(input);
    if (!sketch)
        return 0;
    ask(*sketch);
    rewrite(*sketch);

    const HllSketch stored = *sketch;
    for (std::int64_t i = 0; i < 64; ++i)
        sketch->update(i);
    sketch->update(0.5);
    sketch->update("text");
    ask(*sketch);
    rewrite(*sketch);

    // Merging with itself adds nothing but may cost the history of the registers.
    HllSketch both = stored;
    both.merge(stored);
    ask(both);
    // Through every pairing of stages: a few coupons, a set, registers.
    for (const int values : {1, 100, 2000}) {
        HllSketch small(values == 100 ? 10 : 12);
        for (int i = 0; i < values; ++i)
            small.update(std::int64_t{i});
        HllSketch other = small;
        other.merge(stored);
        ask(other);
        rewrite(other);
        HllSketch mine = stored;
        mine.merge(small);
        ask(mine);
        rewrite(mine);
    }
    return 0;
}
