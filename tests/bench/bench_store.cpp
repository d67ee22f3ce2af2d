// The store alone: commits, a year of hourly windows read as summaries and as profiles.

#include <tepal/base/random.h>
#include <tepal/store/store.h>
#include <tepal/store/window_writer.h>
#include <tepal/store/windows.h>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

using namespace tepal;
namespace fs = std::filesystem;

namespace {

constexpr TimeMs kStart = 1'735'689'600'000; // 2025-01-01
constexpr int kYearHours = 365 * 24;
constexpr TimeRange kYear{kStart, kStart + kYearHours *kHourMs};
constexpr const char *kColumns[]{"sepal length", "sepal width", "petal length", "petal width"};

/// Iris-like rows: four numbers with a decimal, a class of three, a probability of five.
DatasetProfile windowProfile(SplitMix64 &random, int rows)
{
    static constexpr const char *kClasses[]{"setosa", "versicolor", "virginica"};
    DatasetProfile profile;
    for (int row = 0; row < rows; ++row) {
        for (const char *column : kColumns)
            profile.track(column,
                          Value::fractional(static_cast<double>(10 + random.below(70)) / 10));
        profile.track("class_output", Value::string(kClasses[random.below(3)]));
        profile.track("proba_output",
                      Value::fractional(static_cast<double>(1 + random.below(5)) / 5));
    }
    return profile;
}

ChunkCommit chunkOf(const DatasetProfile &profile, TimeMs start, bool close)
{
    ChunkCommit chunk;
    chunk.dataset = "model-1";
    chunk.start = start;
    chunk.end = start + kHourMs;
    chunk.profile = &profile;
    chunk.rows = profile.rows();
    chunk.close = close;
    for (const auto &[name, column] : profile.columns)
        chunk.summaries.push_back(summarize(name, column));
    return chunk;
}

/// A database file that is gone at the end.
struct Temporary
{
    fs::path dir = fs::temp_directory_path() / ("tepal-bench-" + std::to_string(systemEntropy()));
    std::unique_ptr<Store> store;

    Temporary() { store = Store::open(dir / "tepal.db").value(); }
    ~Temporary()
    {
        store.reset();
        std::error_code ignored;
        if (std::getenv("TEPAL_BENCH_KEEP") == nullptr)
            fs::remove_all(dir, ignored);
    }
};

/// Made once; `rolledUp` of the same windows.
Temporary &year(bool rolledUp)
{
    static std::unique_ptr<Temporary> made[2];
    auto &one = made[rolledUp ? 1 : 0];
    if (one)
        return *one;
    one = std::make_unique<Temporary>();
    SplitMix64 random(3);
    for (int hour = 0; hour < kYearHours;) {
        std::vector<DatasetProfile> profiles;
        for (int i = 0; i < 120; ++i)
            profiles.push_back(windowProfile(random, 150));
        CommitBatch batch;
        for (const DatasetProfile &profile : profiles)
            batch.chunks.push_back(chunkOf(profile, kStart + hour++ * kHourMs, true));
        if (!WindowWriter(*one->store).commit(batch))
            std::abort();
    }
    while (rolledUp && WindowWriter(*one->store).rollUp(kYear.end + 31 * kDayMs, 100).value() > 0) {
    }
    if (!WindowWriter(*one->store).makeDurable())
        std::abort();
    return *one;
}

/// Ten open windows of six columns, all of them changed; 1: with a dictionary.
void commitTenOpenWindows(benchmark::State &state)
{
    Temporary temporary;
    SplitMix64 random(4);
    std::vector<DatasetProfile> earlier;
    for (int i = 0; i < 60 * state.range(0); ++i)
        earlier.push_back(windowProfile(random, 150));
    CommitBatch before;
    for (const DatasetProfile &profile : earlier)
        before.chunks.push_back(chunkOf(
            profile, kStart - static_cast<TimeMs>(before.chunks.size() + 1) * kHourMs, true));
    if (!WindowWriter(*temporary.store).commit(before))
        return state.SkipWithError("commit");
    std::vector<DatasetProfile> profiles;
    for (int i = 0; i < 10; ++i)
        profiles.push_back(windowProfile(random, 5'000));
    CommitBatch batch;
    for (int i = 0; i < 10; ++i)
        batch.chunks.push_back(
            chunkOf(profiles[static_cast<std::size_t>(i)], kStart + i * kHourMs, false));
    for (auto _ : state) {
        const auto ids = WindowWriter(*temporary.store).commit(batch);
        if (!ids)
            return state.SkipWithError("commit");
        for (std::size_t i = 0; i < ids->size(); ++i)
            batch.chunks[i].chunkId = (*ids)[i];
    }
}
BENCHMARK(commitTenOpenWindows)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

/// 0: every window; 1: what a chart of 2,000 points asks for, rolled up.
void drawYear(benchmark::State &state)
{
    Store &store = *year(state.range(0) != 0).store;
    std::size_t points = 0;
    for (auto _ : state)
        points =
            state.range(0) == 0
                ? Windows(store).summaries("model-1", "petal length", kYear)->size()
                : Windows(store).history("model-1", "petal length", kYear, 2000)->points.size();
    state.counters["points"] = static_cast<double>(points);
}
BENCHMARK(drawYear)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

/// One column of a year that begins and ends within a day. 0: from windows; 1: from roll-ups.
void profileYear(benchmark::State &state)
{
    Store &store = *year(state.range(0) != 0).store;
    TimeMs later = 0;
    for (auto _ : state) {
        later = (later + kMinuteMs) %
                kHourMs; // the same windows, but not the range before: that one is kept
        const auto profile = Windows(store).profile(
            "model-1", {kYear.start + 5 * kHourMs + later, kYear.end - 7 * kHourMs},
            {"petal length"});
        if (!profile || !*profile)
            return state.SkipWithError("profile");
    }
}
BENCHMARK(profileYear)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

/// What a year's roll-ups cost, per roll-up of six columns.
void rollUpYear(benchmark::State &state)
{
    std::int64_t made = 0;
    Temporary temporary;
    SplitMix64 random(6);
    const auto profile = windowProfile(random, 150);
    for (auto _ : state) {
        state.PauseTiming();
        CommitBatch batch;
        for (int hour = 0; hour < 240; ++hour)
            batch.chunks.push_back(chunkOf(profile, kStart + hour * kHourMs, true));
        if (!WindowWriter(*temporary.store).commit(batch))
            return state.SkipWithError("commit");
        state.ResumeTiming();
        made += WindowWriter(*temporary.store).rollUp(kYear.end, 10).value();
    }
    state.SetItemsProcessed(made);
}
BENCHMARK(rollUpYear)->Unit(benchmark::kMillisecond)->Iterations(3);

/// Bytes on disk of the year, with and without roll-ups.
void sizeOfYear(benchmark::State &state)
{
    const Temporary &made = year(state.range(0) != 0);
    for (auto _ : state)
        benchmark::DoNotOptimize(&made);
    state.counters["db_mb"] = static_cast<double>(fs::file_size(made.dir / "tepal.db")) / 1e6;
}
BENCHMARK(sizeOfYear)->Arg(0)->Arg(1)->Iterations(1);

} // namespace

BENCHMARK_MAIN();
