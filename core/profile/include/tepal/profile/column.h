/// What is known about one column: counts, types, moments and sketches, as whylogs keeps them.
#pragma once

#include <tepal/base/value.h>
#include <tepal/profile/schema.h>
#include <tepal/sketch/frequent_strings.h>
#include <tepal/sketch/hll.h>
#include <tepal/sketch/kll.h>
#include <tepal/table/distinct.h>

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tepal {

/// Exact counters. `n` counts every value, nulls included.
struct Counts
{
    std::int64_t n = 0;
    std::int64_t null = 0; ///< Missing values; NaN is one of them.
    std::int64_t nan = 0;
    std::int64_t inf = 0;
    std::int64_t trueCount = 0;

    bool operator==(const Counts &) const = default;
};

/// How many values had which type.
struct TypeCounts
{
    std::int64_t integral = 0;
    std::int64_t fractional = 0;
    std::int64_t boolean = 0;
    std::int64_t string = 0;
    std::int64_t object = 0;
    std::int64_t tensor = 0;

    bool operator==(const TypeCounts &) const = default;
};

/// Numbers (integers, fractions, booleans as 0 and 1) as a sketch with exact moments beside it.
struct Distribution
{
    KllSketch kll;
    double mean = 0; ///< Infinite once an infinity was among the values, NaN once both were.
    double m2 = 0;   ///< Sum of squared deviations from the mean; then NaN. May overflow to inf.

    /// Sample standard deviation √(m2/(n−1)); 0 for fewer than two values.
    double stddev() const;
    /// Welford's update for one value, to be called before the sketch takes it.
    void add(double value);
    /// The parallel update of Chan, Golub and LeVeque (1979) for a batch with its own moments.
    void addMoments(double batchMean, double batchM2, std::uint64_t batchN);
    void merge(const Distribution &other);
};

/// Range of the integers; the sentinels mean that there was none.
struct IntRange
{
    std::int64_t max = -std::numeric_limits<std::int64_t>::max();
    std::int64_t min = std::numeric_limits<std::int64_t>::max();

    bool empty() const { return max < min; }
    bool operator==(const IntRange &) const = default;
};

/// How many of the values seen met each named condition.
struct ConditionCounts
{
    std::int64_t total = 0; ///< Values that every condition in `matches` was asked about.
    std::map<std::string, std::int64_t, std::less<>> matches;

    /// Sums. A condition that only one side counts is left out, because it was not asked about all
    /// values; so the order of merging does not matter. (whylogs keeps the left side as it is.)
    void merge(const ConditionCounts &other);
    bool operator==(const ConditionCounts &) const = default;
};

struct UnicodeRange;

/// Which way of whylogs' logging is followed where its two ways differ.
enum class Semantics : std::uint8_t {
    /// A data frame column: NaN is missing and nothing else. The live logger and files use this.
    Table,
    /// One dictionary at a time: NaN is missing *and* fractional and spoils the mean; a column
    /// whose
    /// first value is null keeps counts and types only.
    Row,
};

/// A column's profile. Which metrics it has is decided by its first value and never changes.
///
/// Merging is associative and commutative up to the sketches' stated errors; counts, types, ranges,
/// n, min and max are exact. Not thread-safe for writing.
class ColumnProfile
{
public:
    /// Decides the metrics as whylogs does: integers and booleans get all six, fractions no ranges
    /// and no frequent items, text (and null in a table) no ranges, anything else counts and types
    /// only.
    /// `schema` adds and removes what it says; null for nothing.
    static ColumnProfile forFirstValue(ValueKind kind, Semantics semantics,
                                       ColumnSchemaPtr schema = nullptr);
    /// Goes on with a profile that was read back, which has lost what its conditions ask. The
    /// metrics that it has stay; conditions are merged as if what comes now were another profile.
    void continueWith(ColumnSchemaPtr schema);

    void track(Value value, Semantics semantics = Semantics::Table);
    /// A batch of one column in whylogs' order of feeding (numbers first, moments per batch). Much
    /// faster than value by value: columns with few different values are counted first, so that
    /// each is hashed and sorted once.
    void trackBatch(std::span<const Value> values);
    /// The same for values of one type (Table semantics: NaN is missing).
    void trackFractionals(std::span<const double> values);
    void trackIntegrals(std::span<const std::int64_t> values);
    void trackBooleans(std::uint64_t trues, std::uint64_t falses);
    void trackStrings(std::span<const std::string_view> values);
    /// Different values with how often each came.
    void trackCounted(std::span<const CountedFraction> values);
    void trackCounted(std::span<const CountedInteger> values);
    void trackCounted(std::span<const CountedText> values);
    void trackNulls(std::uint64_t count);
    void merge(const ColumnProfile &other);

    Counts counts;
    TypeCounts types;
    std::optional<Distribution> distribution;
    std::optional<IntRange> ints;
    std::optional<HllSketch> cardinality;
    std::optional<FrequentStrings> frequentStrings;
    std::optional<ConditionCounts> conditions;
    /// Characters per text and range, and the texts' lengths; in order of their names. Empty unless
    /// they were asked for.
    std::vector<UnicodeRange> unicodeRanges;
    /// Components of metrics that we do not interpret: path → component message. They are passed on
    /// unchanged; merging adds up counts and unites sketches where both sides have one.
    std::map<std::string, std::string> otherComponents;
    /// Protobuf fields that we do not know, as they lie there: by the path of the component they
    /// stand in, and the column's own.
    std::map<std::string, std::string> unknownFields;
    std::string unknownColumnFields;

    /// The type most values have; Null when there is none.
    ValueKind dominantKind() const;
    /// Values that are neither missing nor uncounted.
    std::int64_t present() const { return counts.n - counts.null; }

private:
    /// Gives what is tracked beyond the standard metrics; kept by copies, not in files.
    ColumnSchemaPtr m_schema;

    /// Asks about `n` values; the i-th and how often it came is `at(i)`. No-op without conditions.
    template <typename At>
    void countConditions(std::size_t n, At at);
    void trackNumber(double value);
    void trackFractional(double value, Semantics semantics);
    void trackIntegral(std::int64_t value);
    void trackUnsigned(std::uint64_t value);
    void trackBoolean(bool value);
    void trackString(std::string_view text);
    void trackText(std::string_view text, std::uint64_t count);
    void addNumbers(std::span<const double> values);
    void addNumbers(std::vector<WeightedValue> &values);
};

/// The characters of one range, counted per text: an integer column of its own.
struct UnicodeRange
{
    std::string name; ///< "digits", "latin-lower", …, "string_length".
    ColumnProfile profile;
};

/// Every range with nothing in it, and `count` equal texts more in each.
std::vector<UnicodeRange> emptyUnicodeRanges();
void trackUnicodeRanges(std::vector<UnicodeRange> &ranges, std::string_view text,
                        std::uint64_t count = 1);

} // namespace tepal
