/// What profiling costs, beside the same answers by textbook means: counts in a std::map, distinct
/// values in a std::set, every number kept and sorted when asked. `textbook` runs never forget, so
/// they also show what the sketches save in memory. Times are per value or per record.
#include <tepal/base/random.h>
#include <tepal/profile/file.h>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace tepal;

constexpr std::size_t kValues = 1 << 20; ///< Of a stream; after so many a sketch starts afresh.
constexpr std::size_t kWords = 1 << 16;

double uniform(SplitMix64 &random)
{
    return static_cast<double>(random.next() >> 11) * 0x1p-53;
}

const std::vector<double> &doubles()
{
    static const std::vector<double> values = [] {
        SplitMix64 random(1);
        std::vector<double> v(kValues);
        for (double &value : v)
            value = uniform(random);
        return v;
    }();
    return values;
}

/// About 10,000 different words, the small numbers among them much more often.
const std::vector<std::string> &words()
{
    static const std::vector<std::string> values = [] {
        SplitMix64 random(2);
        std::vector<std::string> v(kWords);
        for (std::string &word : v) {
            const double u = uniform(random);
            word = "user-" + std::to_string(static_cast<int>(10'000 * u * u * u));
        }
        return v;
    }();
    return values;
}

constexpr std::array<const char *, 6> kColumns{"sepal length (cm)", "sepal width (cm)",
                                               "petal length (cm)", "petal width (cm)",
                                               "class_output",      "proba_output"};
using Record = std::array<Value, kColumns.size()>;

/// Measurements to one decimal place, three classes and a probability, as the endpoint logs them.
const std::vector<Record> &records()
{
    static const std::vector<Record> values = [] {
        constexpr std::array<const char *, 3> classes{"setosa", "versicolor", "virginica"};
        SplitMix64 random(3);
        const auto decimal = [&](int low, int high) {
            const double span = high - low + 1;
            return Value::fractional((low + static_cast<int>(uniform(random) * span)) / 10.0);
        };
        std::vector<Record> v(kWords);
        for (Record &record : v) {
            record = {decimal(43, 79),
                      decimal(20, 44),
                      decimal(10, 69),
                      decimal(1, 25),
                      Value::string(classes[random.next() % 3]),
                      Value::fractional(0.34 + 0.66 * uniform(random))};
        }
        return v;
    }();
    return values;
}

/// Feeds `values` one by one, over and over; `fresh` starts anew after each pass.
template <typename Values, typename Fresh, typename Feed>
void stream(benchmark::State &state, const Values &values, Fresh fresh, Feed feed)
{
    auto sketch = fresh();
    std::size_t at = 0;
    for (auto _ : state) {
        feed(sketch, values[at]);
        if (++at == values.size()) {
            state.PauseTiming();
            sketch = fresh();
            at = 0;
            state.ResumeTiming();
        }
    }
    benchmark::DoNotOptimize(sketch);
}

void kllUpdate(benchmark::State &state)
{
    stream(
        state, doubles(), [] { return KllSketch(1024, 1); },
        [](KllSketch &sketch, double value) { sketch.update(value); });
}
BENCHMARK(kllUpdate);

/// Per value, handed over 4,096 at a time.
void kllUpdateBatch(benchmark::State &state)
{
    constexpr std::size_t batch = 4096;
    KllSketch sketch(1024, 1);
    std::size_t at = 0;
    while (state.KeepRunningBatch(batch)) {
        sketch.update(std::span(doubles()).subspan(at, batch));
        at = (at + batch) % kValues;
    }
    benchmark::DoNotOptimize(sketch);
}
BENCHMARK(kllUpdateBatch);

void hllUpdate(benchmark::State &state)
{
    stream(
        state, doubles(), [] { return HllSketch(); },
        [](HllSketch &sketch, double value) { sketch.update(value); });
}
BENCHMARK(hllUpdate);

void textbookSet(benchmark::State &state)
{
    stream(
        state, doubles(), [] { return std::set<double>(); },
        [](std::set<double> &set, double value) { set.insert(value); });
}
BENCHMARK(textbookSet);

void frequentStringsUpdate(benchmark::State &state)
{
    stream(
        state, words(), [] { return FrequentStrings(); },
        [](FrequentStrings &sketch, const std::string &word) { sketch.update(word); });
}
BENCHMARK(frequentStringsUpdate);

void textbookCounts(benchmark::State &state)
{
    using Counts = std::map<std::string, std::uint64_t>;
    stream(
        state, words(), [] { return Counts(); },
        [](Counts &counts, const std::string &word) { ++counts[word]; });
}
BENCHMARK(textbookCounts);

KllSketch filledKll()
{
    KllSketch sketch(1024, 1);
    sketch.update(doubles());
    return sketch;
}

/// What a chart asks of a stored window: the sketch of a million values, its 95th percentile.
void kllParseQ95(benchmark::State &state)
{
    std::string bytes;
    filledKll().serialize(bytes);
    for (auto _ : state) {
        const auto sketch = KllSketch::parse(bytes);
        benchmark::DoNotOptimize(sketch->quantile(0.95));
    }
    state.counters["bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(kllParseQ95)->Unit(benchmark::kMicrosecond);

/// All retained values in order, which histograms and comparisons start from.
void kllView(benchmark::State &state)
{
    const KllSketch sketch = filledKll();
    for (auto _ : state)
        benchmark::DoNotOptimize(sketch.view());
}
BENCHMARK(kllView)->Unit(benchmark::kMicrosecond);

void textbookQ95(benchmark::State &state)
{
    for (auto _ : state) {
        std::vector<double> copy = doubles();
        const auto at = static_cast<std::ptrdiff_t>(0.95 * static_cast<double>(copy.size()));
        std::nth_element(copy.begin(), copy.begin() + at, copy.end());
        benchmark::DoNotOptimize(copy[static_cast<std::size_t>(at)]);
    }
    state.counters["bytes"] = static_cast<double>(doubles().size() * sizeof(double));
}
BENCHMARK(textbookQ95)->Unit(benchmark::kMicrosecond);

/// The logger's way: the columns of a window are looked up once, then rows are tracked cell by
/// cell.
struct Columns
{
    DatasetProfile profile;
    std::array<ColumnProfile *, kColumns.size()> columns{};

    void track(const Record &record)
    {
        for (std::size_t i = 0; i < record.size(); ++i) {
            if (!columns[i]) {
                const ValueKind kind = record[i].kind();
                const auto first = ColumnProfile::forFirstValue(
                    kind, Semantics::Table,
                    profile.schema ? profile.schema->find(kColumns[i], kind) : nullptr);
                columns[i] = &profile.columns.try_emplace(kColumns[i], first).first->second;
            }
            columns[i]->track(record[i]);
        }
    }
};

/// Time per record of six columns.
void irisRecord(benchmark::State &state)
{
    Columns columns;
    std::size_t at = 0;
    for (auto _ : state) {
        columns.track(records()[at]);
        at = (at + 1) % kWords;
    }
    benchmark::DoNotOptimize(columns);
}
BENCHMARK(irisRecord);

/// Two questions about every number and an expression for every text.
DatasetSchemaPtr conditions()
{
    return std::make_shared<const DatasetSchema>(parseSchema(R"({"types": {
            "fractional": {"conditions": {"a": {"greater": 0}, "b": {"between": [0.25, 0.75]}}},
            "string": {"conditions": {"c": {"regex": "[a-z]+$"}}}}})")
                                                     .value());
}

void irisRecordConditions(benchmark::State &state)
{
    Columns columns;
    columns.profile.schema = conditions();
    std::size_t at = 0;
    for (auto _ : state) {
        columns.track(records()[at]);
        at = (at + 1) % kWords;
    }
    benchmark::DoNotOptimize(columns);
}
BENCHMARK(irisRecordConditions);

/// The same record where every column is looked up by its name.
void irisRecordByName(benchmark::State &state)
{
    DatasetProfile profile;
    std::size_t at = 0;
    for (auto _ : state) {
        for (std::size_t i = 0; i < kColumns.size(); ++i)
            profile.track(kColumns[i], records()[at][i]);
        at = (at + 1) % kWords;
    }
    benchmark::DoNotOptimize(profile);
}
BENCHMARK(irisRecordByName);

/// Six columns handed over 4,096 rows at a time, as files are profiled. Time is per record too.
void trackBatches(benchmark::State &state, const std::vector<Record> &rows,
                  DatasetSchemaPtr schema = nullptr)
{
    constexpr std::size_t batch = 4096;
    std::vector<std::array<std::vector<Value>, kColumns.size()>> batches(rows.size() / batch);
    for (std::size_t row = 0; row < batches.size() * batch; ++row) {
        for (std::size_t i = 0; i < kColumns.size(); ++i)
            batches[row / batch][i].push_back(rows[row][i]);
    }
    Columns columns;
    columns.profile.schema = std::move(schema);
    columns.track(rows[0]);
    std::size_t at = 0;
    while (state.KeepRunningBatch(batch)) {
        for (std::size_t i = 0; i < kColumns.size(); ++i)
            columns.columns[i]->trackBatch(batches[at][i]);
        at = (at + 1) % batches.size();
    }
    benchmark::DoNotOptimize(columns);
}

void irisRecordBatch(benchmark::State &state)
{
    trackBatches(state, records());
}
BENCHMARK(irisRecordBatch);

void irisRecordBatchConditions(benchmark::State &state)
{
    trackBatches(state, records(), conditions());
}
BENCHMARK(irisRecordBatchConditions);

/// Six columns of numbers that are all different.
std::vector<Record> continuousRecords()
{
    std::vector<Record> rows(kWords);
    SplitMix64 random(5);
    for (Record &row : rows) {
        for (Value &value : row)
            value = Value::fractional(uniform(random));
    }
    return rows;
}

void continuousRecordBatch(benchmark::State &state)
{
    trackBatches(state, continuousRecords());
}
BENCHMARK(continuousRecordBatch);

void continuousRecordBatchConditions(benchmark::State &state)
{
    trackBatches(state, continuousRecords(), conditions());
}
BENCHMARK(continuousRecordBatchConditions);

/// Count, moments, range, every number, distinct values and counts of texts per column.
struct Textbook
{
    struct Column
    {
        std::size_t n = 0;
        double sum = 0;
        double squares = 0;
        std::vector<double> numbers;
        std::set<double> distinct;
        std::map<std::string, std::uint64_t, std::less<>> texts;
    };
    std::array<Column, kColumns.size()> columns;

    void track(const Record &record)
    {
        for (std::size_t i = 0; i < record.size(); ++i) {
            Column &column = columns[i];
            ++column.n;
            if (record[i].kind() == ValueKind::String) {
                const auto at = column.texts.find(record[i].asString());
                if (at != column.texts.end())
                    ++at->second;
                else
                    column.texts.emplace(record[i].asString(), 1);
                continue;
            }
            const double value = record[i].asFractional();
            column.sum += value;
            column.squares += value * value;
            column.numbers.push_back(value);
            column.distinct.insert(value);
        }
    }
};

void textbookRecord(benchmark::State &state)
{
    stream(
        state, records(), [] { return Textbook(); },
        [](Textbook &book, const Record &record) { book.track(record); });
}
BENCHMARK(textbookRecord);

/// Six columns with full sketches: about 117 kB as a file.
DatasetProfile fullProfile(std::uint64_t seed = 4)
{
    Columns columns;
    SplitMix64 random(seed);
    for (std::size_t i = 0; i < kWords; ++i) {
        Record record = records()[i];
        for (Value &value : record) {
            if (value.kind() == ValueKind::Fractional)
                value = Value::fractional(value.asFractional() + uniform(random));
        }
        columns.track(record);
    }
    return columns.profile;
}

void profileSerialize(benchmark::State &state)
{
    const DatasetProfile profile = fullProfile();
    std::size_t size = 0;
    for (auto _ : state) {
        const std::string bytes = serializeProfile(profile);
        size = bytes.size();
        benchmark::DoNotOptimize(bytes.data());
    }
    state.counters["bytes"] = static_cast<double>(size);
}
BENCHMARK(profileSerialize)->Unit(benchmark::kMicrosecond);

void profileParse(benchmark::State &state)
{
    const std::string bytes = serializeProfile(fullProfile());
    for (auto _ : state) {
        auto profile = parseProfile(bytes);
        benchmark::DoNotOptimize(profile);
    }
    state.counters["bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(profileParse)->Unit(benchmark::kMicrosecond);

/// The difference between this and profileCopy is the merge.
void profileCopyAndMerge(benchmark::State &state)
{
    const DatasetProfile profile = fullProfile();
    const DatasetProfile other = fullProfile(5);
    for (auto _ : state) {
        DatasetProfile sum = profile;
        sum.merge(other);
        benchmark::DoNotOptimize(sum);
    }
}
BENCHMARK(profileCopyAndMerge)->Unit(benchmark::kMicrosecond);

void profileCopy(benchmark::State &state)
{
    const DatasetProfile profile = fullProfile();
    for (auto _ : state) {
        DatasetProfile copy = profile;
        benchmark::DoNotOptimize(copy);
    }
}
BENCHMARK(profileCopy)->Unit(benchmark::kMicrosecond);

} // namespace

BENCHMARK_MAIN();
