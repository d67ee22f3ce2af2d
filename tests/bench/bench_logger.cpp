// The logger's side: replay of a full journal, commits, a year of windows, reopening after a death.

#include <tepal/base/log.h>
#include <tepal/base/random.h>
#include <tepal/journal/journal.h>
#include <tepal/logging/logger.h>
#include <tepal/profile/file.h>
#include <tepal/store/outbox.h>
#include <tepal/store/store.h>
#include <tepal/store/store_check.h>
#include <tepal/store/window_writer.h>
#include <tepal/store/windows.h>

#include <benchmark/benchmark.h>
#include <zstd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace tepal;
namespace fs = std::filesystem;

namespace {

const JournalSchema kIris{
    "model-1",
    {"sepal length", "sepal width", "petal length", "petal width", "class_output", "proba_output"}};

/// A home that is gone afterwards.
class TemporaryHome
{
public:
    TemporaryHome()
    {
        setLogToStderr(false);
        static int number = 0;
        m_home.root = fs::temp_directory_path() /
                      ("tepal-bench-" + std::to_string(systemEntropy()) + std::to_string(++number));
        if (!prepareHome(m_home))
            std::abort();
    }
    ~TemporaryHome()
    {
        std::error_code ignored;
        if (std::getenv("TEPAL_BENCH_KEEP") == nullptr)
            fs::remove_all(m_home.root, ignored);
    }
    const Home &operator*() const { return m_home; }
    const Home *operator->() const { return &m_home; }

private:
    Home m_home;
};

void irisRow(SplitMix64 &random, Value (&row)[6])
{
    static constexpr const char *kClasses[]{"setosa", "versicolor", "virginica"};
    for (int i = 0; i < 4; ++i)
        row[i] = Value::fractional(static_cast<double>(10 + random.below(70)) / 10);
    row[4] = Value::string(kClasses[random.below(3)]);
    row[5] = Value::fractional(static_cast<double>(1 + random.below(5)) / 5);
}

void fill(const Home &home, std::int64_t records, std::int64_t rowsPerRecord, TimeMs start,
          DurationMs step, const JournalSchema &schema = kIris)
{
    auto journal = Journal::open(home.journal()).value();
    SplitMix64 random(5);
    std::vector<Value> cells;
    for (std::int64_t i = 0; i < records; ++i) {
        cells.clear();
        for (std::int64_t r = 0; r < rowsPerRecord; ++r) {
            Value row[6];
            irisRow(random, row);
            cells.insert(cells.end(), std::begin(row), std::end(row));
        }
        if (journal->lane(0).append(schema, start + i * step, cells) != Append::Done)
            std::abort();
    }
}

double residentMb()
{
    std::ifstream file("/proc/self/statm");
    long total = 0;
    long resident = 0;
    file >> total >> resident;
    return static_cast<double>(resident) * 4096 / 1e6;
}

/// Records of one row each, as the predict route logs them, in one window.
void replay(benchmark::State &state)
{
    constexpr std::int64_t kRecords = 1'000'000;
    for (auto _ : state) {
        state.PauseTiming();
        TemporaryHome home;
        fill(*home, kRecords, 1, 0, 0);
        ManualClock clock(kHourMs);
        auto logger = Logger::open(*home, {}, clock).value();
        state.ResumeTiming();
        if (!logger->drain(false))
            state.SkipWithError("drain");
        state.PauseTiming();
        logger.reset();
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * kRecords);
}
BENCHMARK(replay)->Unit(benchmark::kMillisecond)->Iterations(3);

/// A commit of ten open windows with six columns each.
void commitTenWindows(benchmark::State &state)
{
    TemporaryHome home;
    for (int window = 0; window < 10; ++window)
        fill(*home, 5'000, 1, window * kHourMs, 0);
    ManualClock clock(kDayMs);
    LoggerOptions options;
    options.commitEvery = kDayMs; // by hand
    auto logger = Logger::open(*home, options, clock).value();
    if (!logger->drain(false))
        state.SkipWithError("drain");
    auto journal = Journal::open(home->journal()).value();
    SplitMix64 random(9);
    for (auto _ : state) {
        state.PauseTiming();
        for (int window = 0; window < 10; ++window) {
            Value row[6];
            irisRow(random, row);
            journal->lane(0).append(kIris, window * kHourMs, row);
        }
        if (logger->work().value_or(0) == 0)
            state.SkipWithError("nothing read");
        state.ResumeTiming();
        if (!logger->commit(false))
            state.SkipWithError("commit");
    }
}
BENCHMARK(commitTenWindows)->Unit(benchmark::kMillisecond);

/// One million unread records after a death: how long until the logger has caught up, by the
/// clock on the wall, opening included.
void reopenMillionUnread(benchmark::State &state)
{
    for (auto _ : state) {
        state.PauseTiming();
        TemporaryHome home;
        fill(*home, 1'000'000, 1, 0, 3600);
        state.ResumeTiming();
        auto logger = Logger::open(*home, {}).value();
        if (!logger->drain(false))
            state.SkipWithError("drain");
        state.PauseTiming();
        logger.reset();
        state.ResumeTiming();
    }
}
BENCHMARK(reopenMillionUnread)->Unit(benchmark::kMillisecond)->Iterations(1)->UseRealTime();

/// What the profiles of all windows would take, each compressed by itself.
double zstdMb(Store &store)
{
    double bytes = 0;
    std::string out;
    OutboxFilter all;
    all.limit = 1'000'000;
    const auto items = Outbox(store).list(all).value();
    for (const OutboxItem &item : items) {
        const auto profile = Outbox(store).profile(item).value();
        for (const auto &[name, column] : profile.columns) {
            const std::string plain = serializeColumn(column);
            out.resize(ZSTD_compressBound(plain.size()));
            bytes += static_cast<double>(
                ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 3));
        }
    }
    return bytes / 1e6;
}

/// A year of hourly windows, six columns, two datasets: made, then one column of it drawn.
void yearOfWindows(benchmark::State &state)
{
    for (auto _ : state) {
        state.PauseTiming();
        TemporaryHome home;
        fill(*home, 365 * 24, 150, 1'700'000'000'000, kHourMs);
        JournalSchema other = kIris;
        other.dataset = "model-2";
        fill(*home, 365 * 24, 150, 1'700'000'000'000, kHourMs, other);
        state.ResumeTiming();
        {
            auto logger = Logger::open(*home, {}).value();
            if (!logger->drain(true))
                state.SkipWithError("drain");
        }
        state.PauseTiming();
        state.counters["logger_mb"] = residentMb();
        auto store = Store::open(home->database()).value();
        constexpr TimeRange kAll{0, std::int64_t{1} << 50};
        double best = 1e9;
        std::size_t windows = 0;
        for (int i = 0; i < 5; ++i) {
            const auto from = std::chrono::steady_clock::now();
            windows = Windows(*store).summaries("model-1", "petal length", kAll)->size();
            const std::chrono::duration<double, std::milli> took =
                std::chrono::steady_clock::now() - from;
            best = std::min(best, took.count());
        }
        state.counters["draw_ms"] = best;
        state.counters["windows"] = static_cast<double>(windows);
        state.counters["db_mb"] = static_cast<double>(fs::file_size(home->database())) / 1e6;
        state.counters["blobs_mb"] =
            static_cast<double>(StoreCheck(*store).run(false)->blobBytes) / 1e6;
        state.counters["zstd_mb"] = zstdMb(*store);
        while (WindowWriter(*store).rollUp(std::int64_t{1} << 50, 100).value() > 0) {
        }
        if (!WindowWriter(*store).makeDurable())
            state.SkipWithError("rollUp");
        state.counters["rolled_up_mb"] = static_cast<double>(fs::file_size(home->database())) / 1e6;
        state.ResumeTiming();
    }
}
BENCHMARK(yearOfWindows)->Unit(benchmark::kSecond)->Iterations(1)->UseRealTime();

} // namespace

BENCHMARK_MAIN();
