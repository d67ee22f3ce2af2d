/// A stored KLL sketch: read, asked, written back, fed further and merged.
#include <tepal/sketch/kll.h>

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

void ask(const KllSketch &sketch)
{
    const KllView view = sketch.view();
    require(view.n == sketch.n());
    require(view.values.size() == sketch.retained());
    require(view.empty() == sketch.empty());
    double before = sketch.min();
    for (const double rank : {0.0, 0.001, 0.25, 0.5, 0.95, 1.0}) {
        const double value = view.quantile(rank);
        require(sketch.empty() ? std::isnan(value) : value >= before && value <= sketch.max());
        before = value;
    }
    if (view.empty())
        return;
    require(view.cumulative.back() == view.n);
    require(view.weightBelow(sketch.min()) == 0);
    double sum = 0;
    const double splits[]{-1, 0, 1};
    for (const double mass : view.pmf(splits))
        sum += mass;
    require(std::abs(sum - 1) < 1e-9);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string input(reinterpret_cast<const char *>(data), size);
    auto sketch = KllSketch::parse(input);
    if (!sketch)
        return 0;
    ask(*sketch);

    // What was written is read as the same thing.
    std::string written;
    sketch->serialize(written);
    const auto again = KllSketch::parse(written);
    require(again.has_value());
    std::string rewritten;
    again->serialize(rewritten);
    require(written == rewritten);

    // Written sketches stay below the largest count that a reader accepts only for honest inputs.
    if (sketch->n() > std::uint64_t{1} << 50)
        return 0;
    // Seeds are fixed nowhere: only what holds for every outcome of a compaction is required.
    const std::uint64_t n = sketch->n();
    for (int i = 0; i < 200; ++i)
        sketch->update(i * 0.5);
    require(sketch->n() == n + 200);
    ask(*sketch);
    sketch->merge(*again);
    require(sketch->n() == n + 200 + again->n());
    ask(*sketch);
    KllSketch fresh(64, 1);
    fresh.update(3);
    fresh.merge(*sketch);
    require(fresh.n() == sketch->n() + 1);
    ask(fresh);
    written.clear();
    fresh.serialize(written);
    require(KllSketch::parse(written).has_value());
    return 0;
}
