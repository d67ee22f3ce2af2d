// Comparing profiles: all measures of 1,000 columns, and scores of one column and window, which a
// year of hourly windows needs 8,760 of. CPU time of one thread.

#include <tepal/base/random.h>
#include <tepal/drift/compare.h>
#include <tepal/drift/probability.h>

#include <benchmark/benchmark.h>

#include <string>

using namespace tepal;
using namespace tepal::drift;

namespace {

enum class Kind { Numbers, Categories };

std::shared_ptr<DatasetProfile> dataset(std::uint64_t seed, int columns, int rows, Kind kind)
{
    SplitMix64 random(seed);
    auto profile = std::make_shared<DatasetProfile>();
    std::vector<double> values(static_cast<std::size_t>(rows));
    std::vector<std::string> names;
    for (int i = 0; i < 20; ++i)
        names.push_back("category " + std::to_string(i));
    std::vector<std::string_view> texts(values.size());
    for (int i = 0; i < columns; ++i) {
        auto &column = profile->columns["column " + std::to_string(i)];
        if (kind == Kind::Numbers) {
            column = ColumnProfile::forFirstValue(ValueKind::Fractional, Semantics::Table);
            for (double &value : values)
                value = random.normal();
            column.trackFractionals(values);
        } else {
            column = ColumnProfile::forFirstValue(ValueKind::String, Semantics::Table);
            for (std::string_view &text : texts)
                text = names[static_cast<std::size_t>(random.below(names.size()))];
            column.trackStrings(texts);
        }
    }
    return profile;
}

void perColumn(benchmark::State &state, int columns)
{
    state.counters["columns"] = benchmark::Counter(
        static_cast<double>(columns) * static_cast<double>(state.iterations()),
        benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// Arguments: rows of the reference, rows of the target, kind.
void compareAll(benchmark::State &state)
{
    constexpr int kColumns = 200;
    const auto kind = static_cast<Kind>(state.range(2));
    const auto reference = dataset(1, kColumns, static_cast<int>(state.range(0)), kind);
    const auto target = dataset(2, kColumns, static_cast<int>(state.range(1)), kind);
    for (auto _ : state)
        benchmark::DoNotOptimize(Comparer(reference).compare(*target));
    perColumn(state, kColumns);
}
BENCHMARK(compareAll)
    ->Args({150, 150, 0})
    ->Args({1000, 1000, 0})
    ->Args({3000, 3000, 0})
    ->Args({100000, 100000, 0})
    ->Args({150, 150, 1})
    ->Args({100000, 100000, 1})
    ->Unit(benchmark::kMillisecond);

void score(benchmark::State &state)
{
    constexpr int kColumns = 50;
    const auto kind = static_cast<Kind>(state.range(2));
    const auto reference = dataset(1, kColumns, static_cast<int>(state.range(0)), kind);
    const auto target = dataset(2, kColumns, static_cast<int>(state.range(1)), kind);
    const Comparer comparer(reference);
    for (auto _ : state)
        benchmark::DoNotOptimize(comparer.score(*target));
    perColumn(state, kColumns);
}
BENCHMARK(score)
    ->Args({150, 150, 0})
    ->Args({150, 1000, 0})
    ->Args({1000, 1000, 0})
    ->Args({100000, 3000, 0})
    ->Args({100000, 100000, 0})
    ->Args({150, 150, 1})
    ->Args({100000, 3000, 1})
    ->Unit(benchmark::kMillisecond);

} // namespace

BENCHMARK_MAIN();
