// Tables into profiles: bytes per second of CPU time on one thread, and how two threads scale.
// `bench_table --benchmark_counters_tabular=true`

#include <tepal/base/random.h>
#include <tepal/base/text.h>
#include <tepal/profile/table.h>
#include <tepal/table/dialect.h>

#include <benchmark/benchmark.h>

#include <cstdio>
#include <string>

using namespace tepal;

namespace {

constexpr std::size_t kBytes = std::size_t{64} << 20;

/// Rows until the table is large enough.
template <typename Row>
std::string tableOf(const std::string &header, const Row &row)
{
    SplitMix64 random(7);
    std::string text = header;
    text.reserve(kBytes + 1000);
    while (text.size() < kBytes)
        row(text, random);
    return text;
}

const std::string &fractions()
{
    static const std::string text =
        tableOf("a,b,c,d,e,f\n", [](std::string &out, SplitMix64 &random) {
            for (int i = 0; i < 6; ++i)
                out += (i > 0 ? "," : "") + formatDouble(random.normal());
            out += '\n';
        });
    return text;
}

const std::string &iris()
{
    static const std::string text =
        tableOf("sl,sw,pl,pw,species\n", [](std::string &out, SplitMix64 &random) {
            for (int i = 0; i < 4; ++i)
                out +=
                    std::to_string(random.below(8)) + "." + std::to_string(random.below(10)) + ",";
            static const char *const kSpecies[]{"setosa", "versicolor", "virginica"};
            out += kSpecies[random.below(3)];
            out += '\n';
        });
    return text;
}

const std::string &quotedTexts()
{
    static const std::string text =
        tableOf("id,name,city,note\n", [](std::string &out, SplitMix64 &random) {
            out += std::to_string(random.below(1'000'000)) + ",\"name, " +
                   std::to_string(random.below(500)) + "\",\"city " +
                   std::to_string(random.below(90)) +
                   "\",\"a longer note with a comma, and some words " +
                   std::to_string(random.below(200)) + "\"\n";
        });
    return text;
}

const std::string &jsonLines()
{
    static const std::string text = tableOf("", [](std::string &out, SplitMix64 &random) {
        out += "{\"user\":\"u" + std::to_string(random.below(1000)) +
               "\",\"amount\":" + std::to_string(random.below(1000)) + "." +
               std::to_string(random.below(100)) +
               ",\"items\":" + std::to_string(random.below(20)) + ",\"country\":\"" +
               (random.below(2) == 0 ? "DE" : "CH") +
               "\",\"member\":" + (random.below(2) == 0 ? "true" : "false") +
               ",\"score\":" + std::to_string(random.below(100)) + "}\n";
    });
    return text;
}

/// Peak resident memory in MB.
double peakMemory()
{
    std::FILE *const file = std::fopen("/proc/self/status", "r");
    if (!file)
        return 0;
    char line[256];
    double peak = 0;
    while (std::fgets(line, sizeof line, file)) {
        if (std::string_view(line).starts_with("VmHWM:"))
            peak = std::atof(line + 6) / 1024;
    }
    std::fclose(file);
    return peak;
}

void profile(benchmark::State &state, const std::string &text)
{
    TableOptions options;
    options.read.threads = static_cast<unsigned>(state.range(0));
    for (auto _ : state) {
        const auto result = profileBytes(text, options);
        if (!result)
            state.SkipWithError(result.error().text().c_str());
        benchmark::DoNotOptimize(result->profiles.size());
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) *
                            static_cast<std::int64_t>(state.iterations()));
    state.counters["peak_MB"] = peakMemory();
}

void csvFractions(benchmark::State &state)
{
    profile(state, fractions());
}
void csvIris(benchmark::State &state)
{
    profile(state, iris());
}
void csvQuoted(benchmark::State &state)
{
    profile(state, quotedTexts());
}
void jsonl(benchmark::State &state)
{
    profile(state, jsonLines());
}

void findDialect(benchmark::State &state)
{
    const std::string head = quotedTexts().substr(0, 64u << 10);
    for (auto _ : state)
        benchmark::DoNotOptimize(table::findDialect(head, false, {}).dialect.delimiter);
}

BENCHMARK(csvFractions)
    ->Arg(1)
    ->Arg(2)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(csvIris)->Arg(1)->Arg(2)->UseRealTime()->MeasureProcessCPUTime()->Unit(
    benchmark::kMillisecond);
BENCHMARK(csvQuoted)->Arg(1)->Arg(2)->UseRealTime()->MeasureProcessCPUTime()->Unit(
    benchmark::kMillisecond);
BENCHMARK(jsonl)->Arg(1)->Arg(2)->UseRealTime()->MeasureProcessCPUTime()->Unit(
    benchmark::kMillisecond);
BENCHMARK(findDialect)->Unit(benchmark::kMicrosecond);

} // namespace

BENCHMARK_MAIN();
