// Scoring finished windows from the store: reading, comparing, keeping. A year of hourly windows is
// 8,760 of them. CPU time of one thread, per column and window.

#include <tepal/base/random.h>
#include <tepal/monitor/judge.h>
#include <tepal/store/references.h>
#include <tepal/store/summary.h>
#include <tepal/store/window_writer.h>

#include <benchmark/benchmark.h>

#include <filesystem>

using namespace tepal;

namespace {

constexpr int kWindows = 400;
constexpr int kYear = 8760;

DatasetProfile profileOf(std::uint64_t seed, int columns, int rows)
{
    SplitMix64 random(seed);
    DatasetProfile profile;
    std::vector<double> values(static_cast<std::size_t>(rows));
    for (int i = 0; i < columns; ++i) {
        auto column = ColumnProfile::forFirstValue(ValueKind::Fractional, Semantics::Table);
        for (double &value : values)
            value = random.normal();
        column.trackFractionals(values);
        profile.columns.emplace("column " + std::to_string(i), std::move(column));
    }
    return profile;
}

/// A store with windows of so many columns and rows, made once.
std::unique_ptr<Store> storeWith(int columns, int rows, int windows = kWindows)
{
    const auto path = std::filesystem::temp_directory_path() / "tepal-bench-monitor.db";
    for (const char *suffix : {"", "-wal", "-shm"})
        std::filesystem::remove(path.string() + suffix);
    auto store = Store::open(path).value();
    for (int hour = 0; hour < windows; ++hour) {
        const auto profile = profileOf(static_cast<std::uint64_t>(hour) + 2, columns, rows);
        ChunkCommit chunk;
        chunk.dataset = "shop";
        chunk.start = hour * kHourMs;
        chunk.end = chunk.start + kHourMs;
        chunk.profile = &profile;
        chunk.rows = rows;
        chunk.close = true;
        for (const auto &[name, column] : profile.columns)
            chunk.summaries.push_back(summarize(name, column));
        CommitBatch batch;
        batch.chunks.push_back(std::move(chunk));
        WindowWriter(*store).commit(batch).value();
    }
    return store;
}

/// Arguments: columns, rows a window.
void scoreHistory(benchmark::State &state)
{
    const auto columns = static_cast<int>(state.range(0));
    auto store = storeWith(columns, static_cast<int>(state.range(1)));
    const auto reference = profileOf(1, columns, 1000);
    for (auto _ : state) {
        state.PauseTiming(); // another reference of the same name: every score is made anew
        if (!References(*store).set("shop", "training", reference, 1000, "", 1))
            state.SkipWithError("no reference");
        state.ResumeTiming();
        if (monitor::scoreFinished(*store, "shop", kWindows * kHourMs).value() != kWindows)
            state.SkipWithError("not all were scored");
    }
    state.counters["column_window"] = benchmark::Counter(
        static_cast<double>(columns) * kWindows * static_cast<double>(state.iterations()),
        benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(scoreHistory)
    ->Args({6, 150})
    ->Args({50, 150})
    ->Args({50, 1000})
    ->Unit(benchmark::kMillisecond);

/// The judgement of a page whose windows are scored: what a brush over the time line costs.
/// Arguments: columns, windows.
void judgeScored(benchmark::State &state)
{
    const auto columns = static_cast<int>(state.range(0));
    const auto windows = static_cast<int>(state.range(1));
    const TimeMs end = windows * kHourMs;
    auto store = storeWith(columns, 150, windows);
    if (!References(*store).set("shop", "training", profileOf(1, columns, 1000), 1000, "", 1) ||
        !monitor::scoreFinished(*store, "shop", end)) {
        state.SkipWithError("no scores");
        return;
    }
    while (WindowWriter(*store).rollUp(end + 100 * kDayMs, 100).value() > 0) {
    }
    monitor::Question question;
    question.dataset = "shop";
    TimeMs start = 0;
    for (auto _ : state) {
        start = (start + kHourMs) % (end / 8); // never the range before: that one would be kept
        question.range = {start, end};
        benchmark::DoNotOptimize(monitor::judge(*store, question, end));
    }
}
BENCHMARK(judgeScored)
    ->Args({6, kWindows})
    ->Args({50, kWindows})
    ->Args({6, kYear})
    ->Unit(benchmark::kMillisecond);

/// One step of dragging side B over the time line: nothing of it was ever compared before.
/// Arguments: columns, windows on side A.
void brushSideB(benchmark::State &state)
{
    const auto columns = static_cast<int>(state.range(0));
    const TimeMs end = kYear * kHourMs;
    auto store = storeWith(columns, 150, kYear);
    while (WindowWriter(*store).rollUp(end + 100 * kDayMs, 100).value() > 0) {
    }
    monitor::Question question;
    question.dataset = "shop";
    question.range = {end - state.range(1) * kHourMs, end};
    question.passing = true;
    TimeMs start = 0;
    for (auto _ : state) {
        start += kHourMs;
        question.against.range = TimeRange{start, start + 30 * kDayMs};
        benchmark::DoNotOptimize(monitor::judge(*store, question, end));
    }
}
BENCHMARK(brushSideB)->Args({6, 168})->Args({6, kYear})->Unit(benchmark::kMillisecond);

} // namespace

BENCHMARK_MAIN();
