/// From two profiles to numbers with uncertainty, and from numbers to a verdict.
#pragma once

#include <tepal/profile/dataset.h>

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tepal::drift {

/// Two questions decide: is it big (effect ≥ band), and is it real (adjusted p < alpha)?
enum class Verdict : std::uint8_t {
    NoData,        ///< A side has no usable value; a gap in charts.
    LowEvidence,   ///< Fewer than five values on a side: counts only.
    NoDrift,       ///< Small, and nothing shows that it is real.
    Negligible,    ///< Real but too small to matter.
    Undecided,     ///< Big, but the data or the profile's resolution cannot tell.
    PossibleDrift, ///< Real and of middling size.
    Drift,
    SchemaChange, ///< The column exists on one side only.
    TypeChange,   ///< The column's values changed their type.
};
/// "no data", "low evidence", "no drift", "negligible", "undecided", "possible drift", "drift", ….
std::string_view verdictName(Verdict verdict);

enum class Preset : std::uint8_t {
    Tepal,   ///< Effect and evidence, bands, noise floors.
    Whylogs, ///< KS on 100 quantiles, else chi-square of fit, else nothing; categories by p alone.
    Whylabs, ///< Hellinger on 30 joint equal-width bins, 0.7.
    Evidently,  ///< p 0.05 of a test up to 1,000 reference rows, above them a distance of 0.1.
    Nannyml,    ///< JS distance on the reference's bins; no verdict from a single profile.
    Deepchecks, ///< KS distance and bias-corrected Cramér's V, 0.2.
};
inline constexpr std::array kPresets{Preset::Tepal,     Preset::Whylogs, Preset::Whylabs,
                                     Preset::Evidently, Preset::Nannyml, Preset::Deepchecks};
std::string_view presetName(Preset preset);
Result<Preset> parsePreset(std::string_view text);

/// What people call a measure: "W₁/σ" for the key "w1_norm"; the key itself when it has no other
/// name. UTF-8, static storage or the key's own.
std::string_view measureLabel(std::string_view key);

/// One measure of one column.
struct Measure
{
    std::string key; ///< ks, w1, w1_norm, psi, js, hellinger, kl, tvd, linf, chi2, cramers_v
    double value = 0;
    /// Where the value would lie if the sketches held everything; equal to value when exact.
    double bandLow = 0;
    double bandHigh = 0;
    bool exact = true;          ///< No sketch error on either side.
    bool bandEstimated = false; ///< Simulated (2.5–97.5 %) instead of guaranteed.
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

struct ColumnDrift
{
    std::string name;
    bool numeric = true;
    std::int64_t n = 0; ///< Usable values of the reference.
    std::int64_t m = 0; ///< Usable values of the target.
    Verdict verdict = Verdict::NoData;
    std::string reason;          ///< One sentence.
    bool lowEvidence = false;    ///< Fewer than 30 values on a side.
    std::int64_t rowsNeeded = 0; ///< When undecided by sample size: about so many more would tell.
    std::string effectKey;       ///< The measure that says how big …
    std::string evidenceKey;     ///< … and the one that says whether it is real.
    double adjustedP = std::numeric_limits<double>::quiet_NaN();
    std::vector<Measure> measures;
    double ksX = std::numeric_limits<double>::quiet_NaN();
    std::vector<Cell> cells;
    /// Change of the share of missing values: two-proportion z, its p.
    double missingReference = 0;
    double missingTarget = 0;
    double missingP = 1;

    const Measure *find(std::string_view key) const;
};

struct Options
{
    Preset preset = Preset::Tepal;
    double alpha = 0.05;
    /// Columns to treat as categories (true) or numbers (false) whatever their counts say.
    std::map<std::string, bool, std::less<>> categorical;
    /// Simulated bands of the binned measures: 200 draws each. Off for charts over many windows.
    bool simulateBands = true;
    std::uint64_t seed = 1;
};

/// One column; adjustedP is its own p. Never fails: what cannot be computed is a verdict with a
/// reason.
ColumnDrift compareColumn(const std::string &name, const ColumnProfile *reference,
                          const ColumnProfile *target, const Options &options = {});

struct DatasetDrift
{
    Preset preset = Preset::Tepal;
    std::vector<ColumnDrift> columns; ///< In the order of their names.
};

/// All columns of either side, p adjusted over them (Benjamini-Hochberg), verdicts by the adjusted
/// p.
DatasetDrift compare(const DatasetProfile &reference, const DatasetProfile &target,
                     const Options &options = {});

/// {"preset", "columns": {name: {"n", "m", "verdict", "reason", "measures": {key: {"value", "band",
/// "p", "exact", "floor"}}}}}; infinite and missing numbers are null.
std::string driftJson(const DatasetDrift &drift);

/// Equal-width bins over both sides by whylogs' rule: at most 30, fewer for few values or a range
/// below float32 resolution. Edges; one more than bins. Empty when neither side has finite values.
std::vector<double> equalWidthEdges(const KllView &reference, const KllView &target,
                                    int maxBins = 30);
/// A view without infinities, which no distance can carry.
KllView finiteView(const KllView &view);

} // namespace tepal::drift
