/// What one row costs the endpoint (append) and the logger (read).
#include <tepal/journal/journal.h>
#include <tepal/journal/reader.h>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <vector>

namespace {

using namespace tepal;

const JournalSchema kSchema{"model-1", {"a", "b", "c", "d", "class_output", "proba_output"}};
const std::vector<Value> kRow{Value::fractional(4.9),  Value::fractional(3.0),
                              Value::fractional(1.4),  Value::fractional(0.2),
                              Value::string("setosa"), Value::fractional(1.0)};

std::filesystem::path scratch()
{
    return std::filesystem::temp_directory_path() / ("tepal-bench-" + std::to_string(::getpid()));
}

void removeScratch()
{
    std::error_code ignored;
    std::filesystem::remove_all(scratch(), ignored);
}

/// Within one segment file; files are changed and consumed while the clock stands.
void append(benchmark::State &state)
{
    JournalOptions options;
    options.segmentBytes = 64u << 20;
    auto journal = *Journal::open(scratch(), options);
    auto reader = *JournalReader::open(scratch());
    const auto schema = *journal->schema(kSchema);
    int left = 500'000;
    for (auto _ : state) {
        if (journal->lane(0).append(schema, 1, kRow) != Append::Done) {
            state.SkipWithError("append failed");
            break;
        }
        if (--left == 0) {
            state.PauseTiming();
            while (reader->poll(100'000, [](const RowsView &) {}) != 0) {
            }
            reader->removeConsumed(reader->cursors());
            ::usleep(100'000); // lets the helper prepare the next file
            left = 500'000;
            state.ResumeTiming();
        }
    }
    journal.reset();
    removeScratch();
}
BENCHMARK(append);

/// Latency of single appends at 40,000 records a second, with files being synced and changed
/// meanwhile as in life. Wall-clock percentiles, the two clock readings included.
void pacedAppend(benchmark::State &state)
{
    using Clock = std::chrono::steady_clock;
    constexpr int kRecords = 120'000;
    std::vector<double> ns;
    ns.reserve(kRecords);
    for (auto _ : state) {
        auto journal = *Journal::open(scratch(), JournalOptions{});
        const auto schema = *journal->schema(kSchema);
        auto due = Clock::now();
        for (int i = 0; i < kRecords; ++i) {
            due += std::chrono::microseconds(25);
            while (Clock::now() < due) {
            }
            const auto from = Clock::now();
            if (journal->lane(0).append(schema, 1, kRow) != Append::Done)
                state.SkipWithError("append failed");
            ns.push_back(std::chrono::duration<double, std::nano>(Clock::now() - from).count());
        }
    }
    removeScratch();
    std::sort(ns.begin(), ns.end());
    state.counters["p50_ns"] = ns[ns.size() / 2];
    state.counters["p99_ns"] = ns[ns.size() * 99 / 100];
    state.counters["p999_ns"] = ns[ns.size() * 999 / 1000];
}
BENCHMARK(pacedAppend)->Unit(benchmark::kMillisecond)->Iterations(1);

void read(benchmark::State &state)
{
    auto journal = *Journal::open(scratch());
    const auto schema = *journal->schema(kSchema);
    constexpr std::int64_t kRecords = 300'000;
    for (std::int64_t i = 0; i < kRecords; ++i)
        journal->lane(0).append(schema, i, kRow);
    for (auto _ : state) {
        auto reader = *JournalReader::open(scratch());
        double sum = 0;
        while (reader->poll(10'000, [&](const RowsView &rows) {
            sum += rows.cells[0].asFractional();
        }) != 0) {
        }
        benchmark::DoNotOptimize(sum);
    }
    state.counters["values/s"] = benchmark::Counter(
        static_cast<double>(state.iterations() * kRecords * 6), benchmark::Counter::kIsRate);
    journal.reset();
    removeScratch();
}
BENCHMARK(read)->Unit(benchmark::kMillisecond);

} // namespace

BENCHMARK_MAIN();
