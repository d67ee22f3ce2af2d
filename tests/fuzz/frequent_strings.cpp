/// A stored frequent-strings sketch: read, asked, written back, fed further and merged.
#include <tepal/sketch/frequent_strings.h>

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

void ask(const FrequentStrings &sketch)
{
    const auto sure = sketch.listNoFalsePositives();
    const auto all = sketch.listNoFalseNegatives();
    require(sure.size() <= all.size() && all.size() <= sketch.tracked());
    std::uint64_t sum = 0;
    for (const FrequentString &item : all) {
        require(item.lower <= item.estimate && item.estimate <= item.upper);
        require(item.upper - item.lower == sketch.maximumError());
        require(sketch.lookup(item.value).lower == item.lower);
        sum += item.lower;
    }
    require(sum <= sketch.totalWeight());
    require(sketch.lookup("not there, surely").lower <= sketch.totalWeight());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string input(reinterpret_cast<const char *>(data), size);
    auto sketch = FrequentStrings::parse(input);
    if (!sketch)
        return 0;
    ask(*sketch);

    std::string written;
    sketch->serialize(written);
    const auto again = FrequentStrings::parse(written);
    require(again.has_value());
    std::string rewritten;
    again->serialize(rewritten);
    require(written == rewritten);

    // Written sketches stay below the largest count that a reader accepts only for honest inputs.
    if (sketch->totalWeight() > std::uint64_t{1} << 50)
        return 0;
    const std::uint64_t total = sketch->totalWeight();
    for (int i = 0; i < 100; ++i)
        sketch->update(std::to_string(i));
    require(sketch->totalWeight() == total + 100);
    ask(*sketch);
    sketch->merge(*again);
    require(sketch->totalWeight() == 2 * total + 100);
    ask(*sketch);
    FrequentStrings fresh(4);
    fresh.update("one");
    fresh.merge(*sketch);
    ask(fresh);
    written.clear();
    fresh.serialize(written);
    require(FrequentStrings::parse(written).has_value());
    return 0;
}
