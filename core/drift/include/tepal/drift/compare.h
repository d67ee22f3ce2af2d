/// From two profiles to numbers with uncertainty, and from numbers to a verdict.
///
/// The way of a comparison: profiles → pair (usable values of both sides) → measures → verdict →
/// words. Everything is pure: the same two profiles give the same digits, whoever asks and how
/// often. R is the reference (n usable values), T the target (m usable values).
#pragma once

#include <tepal/drift/measure_table.h>
#include <tepal/drift/presets.h>
#include <tepal/profile/dataset.h>

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tepal::drift {

/// Two questions decide: is it big (effect ≥ band), and is it real (adjusted p < alpha)? The order
/// is that of severity: the worst of several is their maximum.
enum class Verdict : std::uint8_t {
    NoData,        ///< A side has no usable value; a gap in charts.
    NoDrift,       ///< Nothing shows a change; see ColumnDrift::visible for what would have shown.
    Negligible,    ///< Real but too small to matter.
    LowEvidence,   ///< Fewer than five values on a side: counts only.
    Undecided,     ///< Would be drift, but the data or the profile's resolution cannot tell.
    PossibleDrift, ///< Real and of middling size.
    Drift,
    SchemaChange, ///< The column exists on one side only.
    TypeChange,   ///< Most values are of another type.
};
/// "no data", "no drift", "negligible", "low evidence", "undecided", "possible drift", "drift", ….
std::string_view verdictName(Verdict verdict);
/// Nothing for a text that names none.
std::optional<Verdict> parseVerdict(std::string_view name);

/// One measure of one column. What it is called and means: findMeasure(key).
struct Measure
{
    std::string key; ///< ks, w1, w1_norm, …: see measureTable().
    double value = 0;
    /// Where the value would lie if the sketches held everything; equal to value when exact, NaN
    /// where that is not known.
    double bandLow = 0;
    double bandHigh = 0;
    bool exact = true;          ///< No sketch error on either side.
    bool bandEstimated = false; ///< Estimated (about 95–99 %) instead of guaranteed.
    /// Where the value would lie if both sides held infinitely many rows (95 %); NaN where unknown.
    double intervalLow = std::numeric_limits<double>::quiet_NaN();
    double intervalHigh = std::numeric_limits<double>::quiet_NaN();
    std::optional<double> p;
    /// 95 % level of the value without any drift at these sizes; NaN where none is known.
    double floor = std::numeric_limits<double>::quiet_NaN();
    double possible = std::numeric_limits<double>::quiet_NaN();  ///< From here on "possible".
    double threshold = std::numeric_limits<double>::quiet_NaN(); ///< From here on "drift".
    std::string method;  ///< One sentence: how it was computed.
    std::string binning; ///< Empty when it needs none.
    std::string note;    ///< Reason for what is missing, or a caveat.
};

/// One cell of the shared binning, for charts.
struct Cell
{
    double low = 0; ///< Numeric: [low, high), outer ones open to infinity.
    double high = 0;
    std::string label;    ///< Categorical.
    double reference = 0; ///< Count (estimated from the sketch).
    double target = 0;
    double contribution = 0; ///< To PSI (numeric) or TVD (categorical); they sum to it.
};

/// How the share of one kind of values changed: missing ones, or those of a foreign type. Counts
/// are exact. z-test of two proportions with the pooled variance, Fisher's exact test where an
/// expected count is below five.
struct ShareDrift
{
    double reference = 0;
    double target = 0;
    double p = 1;
    double adjustedP =
        std::numeric_limits<double>::quiet_NaN(); ///< NaN: there was nothing to test.
    Verdict verdict = Verdict::NoData;
    static constexpr double kPossible = 0.02; ///< Change of the share that is possible drift …
    static constexpr double kDrift = 0.10;    ///< … and that is drift.

    double effect() const { return target > reference ? target - reference : reference - target; }
};

/// What the verdict of a column rests on: the worst of the three.
enum class Cause : std::uint8_t { Values, Missing, ForeignType };

struct CategoryShare
{
    std::string label;
    double share = 0; ///< Of the side that has it.
};

struct ColumnDrift
{
    std::string name;
    bool numeric = true;
    std::int64_t n = 0; ///< Usable values of the reference.
    std::int64_t m = 0; ///< Usable values of the target.
    Verdict verdict = Verdict::NoData;
    Cause cause = Cause::Values;
    std::string reason;                      ///< One sentence.
    Verdict valuesVerdict = Verdict::NoData; ///< Of the distribution alone.
    bool lowEvidence = false;                ///< Fewer than 30 values on a side.
    std::int64_t rowsNeeded = 0; ///< When undecided by sample size: about so many more would tell.
    std::string effectKey;       ///< The measure that says how big …
    std::string evidenceKey;     ///< … and the one that says whether it is real.
    /// p of the evidence; for numbers min(1, 2·min(p of KS, p of Welch)). Before and after it was
    /// adjusted for all that was tested in the comparison.
    double p = std::numeric_limits<double>::quiet_NaN();
    double adjustedP = std::numeric_limits<double>::quiet_NaN();
    /// What would be seen in four of five cases at these sizes: a KS distance (numeric) or a TVD
    /// (categorical); for numbers also a shift in standard deviations.
    double visible = std::numeric_limits<double>::quiet_NaN();
    double visibleShift = std::numeric_limits<double>::quiet_NaN();
    std::vector<Measure> measures;
    double ksX = std::numeric_limits<double>::quiet_NaN(); ///< Where the largest gap is.
    std::vector<Cell> cells;
    ShareDrift missing;
    ShareDrift foreign; ///< Values that are not of the reference's most frequent type.
    /// Categories of one side that the other has certainly never seen, heaviest first, at most ten.
    std::vector<CategoryShare> newCategories;
    std::vector<CategoryShare> vanishedCategories;

    const Measure *find(std::string_view key) const;
    /// The measure that is drawn over time: the effect, else whatever the preset computes first;
    /// null when there is none.
    const Measure *shown() const;
};

/// What is done about many columns being tested at once.
enum class Adjust : std::uint8_t { BenjaminiHochberg, Holm, None };
Result<Adjust> parseAdjust(std::string_view text); ///< "bh", "holm", "none"

struct Options
{
    Preset preset = Preset::Tepal;
    double alpha = 0.05;
    Adjust adjust = Adjust::BenjaminiHochberg;
    /// Columns to treat as categories (true) or numbers (false) whatever their counts say. Columns
    /// that are not named are decided by the reference alone, so that it does not depend on the
    /// traffic: see isCategorical().
    std::map<std::string, bool, std::less<>> categorical;
    std::uint64_t seed = 1;
};

/// Booleans and text are categories; numbers are while they have at most 20 different values and
/// fewer than a twentieth of their rows.
bool isCategorical(const ColumnProfile &column);
/// The decision for every column of numbers of a profile, as Options::categorical takes it.
std::map<std::string, bool, std::less<>> decideCategorical(const DatasetProfile &profile);

struct DatasetDrift
{
    Preset preset = Preset::Tepal;
    std::vector<ColumnDrift> columns; ///< In the order of their names.
};

/// A reference made ready to be compared with many targets. Thread-safe once made.
class Comparer
{
public:
    explicit Comparer(std::shared_ptr<const DatasetProfile> reference, Options options = {});
    ~Comparer();
    Comparer(const Comparer &) = delete;
    Comparer &operator=(const Comparer &) = delete;

    /// All columns of either side and all measures, p adjusted over everything tested, verdicts by
    /// the adjusted p. Never fails: what cannot be computed is a verdict with a reason.
    DatasetDrift compare(const DatasetProfile &target) const;
    /// The same verdicts and, of the measures, only those that verdicts and charts over time need:
    /// the same digits, in a fraction of the time.
    DatasetDrift score(const DatasetProfile &target) const;

    const DatasetProfile &reference() const;
    const Options &options() const;

private:
    struct State;
    DatasetDrift run(const DatasetProfile &target, bool all) const;
    std::unique_ptr<State> m_state;
};

/// One comparison: Comparer(reference, options).compare(target).
DatasetDrift compare(const DatasetProfile &reference, const DatasetProfile &target,
                     const Options &options = {});
/// One column alone; adjustedP is its own p.
ColumnDrift compareColumn(const std::string &name, const ColumnProfile *reference,
                          const ColumnProfile *target, const Options &options = {});

/// {"preset", "columns": {name: {"n", "m", "verdict", "reason", "measures": {key: {"value", "band",
/// "interval", "p", "exact", "floor"}}}}}; numbers that are missing or infinite are null, and a
/// note says why.
std::string driftJson(const DatasetDrift &drift);

/// Equal-width bins over both sides by whylogs' rule: at most 30, fewer for few values or a range
/// below float32 resolution. Edges; one more than bins. Empty when neither side has finite values.
std::vector<double> equalWidthEdges(const KllView &reference, const KllView &target,
                                    int maxBins = 30);
/// A view without infinities, which no distance can carry.
KllView finiteView(const KllView &view);

} // namespace tepal::drift
