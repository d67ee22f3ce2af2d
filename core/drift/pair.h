/// A pair of columns made comparable: usable values, numeric or categorical, shared cells.
/// Internal.
#pragma once

#include "walk.h"

#include <tepal/drift/compare.h>
#include <tepal/drift/measures.h>

#include <optional>
#include <vector>

namespace tepal::drift {

/// ε is a 99 % bound; a normal deviate reaches 2.576 deviations at 99 %.
inline constexpr double kDeviationsAt99 = 2.576;

/// How a column's values are read for a comparison.
enum class Reading : std::uint8_t {
    Numbers,      ///< The sketch of the distribution.
    FewNumbers,   ///< The same sketch, every value a category.
    CountedTexts, ///< The frequent items: texts, and numbers that are counted as texts.
    Nothing,      ///< There is nothing to compare.
};
/// Numbers as the sketch unless they are categories; those are read as texts where every value was
/// counted as one, which is exact.
Reading readingOf(const ColumnProfile &column, bool numeric);
/// How both can be read alike.
Reading common(Reading reference, Reading target);

/// One column made ready to be compared.
struct Side
{
    const ColumnProfile *column = nullptr;
    Reading reading = Reading::Nothing;
    KllView view;        ///< Finite values, where the column has numbers.
    double n = 0;        ///< Usable values.
    double error = 0;    ///< 99 % error of a rank (numbers) or of a category's share; 0 when exact.
    double mean = 0;     ///< Exact; NaN when an infinity or a stranger's NaN spoilt it.
    double sd = 0;       ///< Sample standard deviation; likewise.
    double spread = 0;   ///< spreadIntegral() of numbers that are not exact.
    double heaviest = 0; ///< heaviestShare() of numbers.

    bool exact() const { return error == 0; }
    /// What the sketch's noise leaves of n: n/(1 + 4ns²), s = ε/2.576 (drift measures, §6.3).
    double effective() const;
};

Side makeSide(const ColumnProfile &column, Reading reading);

/// Shared cells with the counts of both sides.
struct Binning
{
    std::vector<double> edges; ///< Interior edges of numeric cells; the outer cells are open.
    std::vector<std::string> labels;
    std::vector<double> reference;
    std::vector<double> target;
    std::string text;

    std::size_t size() const { return reference.size(); }
};

/// Counts of both sides that chance could have made, draw by draw.
struct Draw
{
    std::vector<double> reference;
    std::vector<double> target;
};
using Draws = std::vector<Draw>;

/// What TVD and L∞ read without drift.
struct ShareFloors
{
    double totalVariation = 0;
    double maxDifference = 0;
};

/// Both sides are read alike; they must outlive the pair.
struct Pair
{
    const Side &reference;
    const Side &target;
    Binning binning;
    PooledValues pooled; ///< Of numeric pairs, as all below.
    Gap gap;
    /// Made when the first measure asks, for all of them: see noise.h.
    mutable Draws dealt;
    mutable Draws jittered;
    mutable std::optional<double> wassersteinFloor;
    mutable std::optional<ShareFloors> shareFloors;

    bool numeric() const { return reference.reading == Reading::Numbers; }
    double n() const { return reference.n; }
    double m() const { return target.n; }
    bool exact() const { return reference.exact() && target.exact(); }
    /// 1/n + 1/m at effective sizes: the variance of a difference of shares, but for p(1−p).
    double variance() const { return 1 / reference.effective() + 1 / target.effective(); }
    /// Exact difference of the means, target − reference, and its standard error.
    double meanGap() const { return target.mean - reference.mean; }
    double meanGapError() const;
};

bool isNumericKind(ValueKind kind);

/// Texts of which nearly every one is different: names of things, such as a request's id.
bool isIdentifier(const Side &side);

/// Numeric pairs get their cells only when asked: distances between distributions need none.
Pair makePair(const Side &reference, const Side &target, bool cells);

/// Bins with about equal shares of the reference: B = min(10, n/5, distinct), at least 2; a value
/// that holds more than 1/B by itself gets a bin of its own.
Binning quantileBins(const KllView &reference, const KllView &target, double distinct);

} // namespace tepal::drift
