/// A pair of columns made comparable: usable values, numeric or categorical, shared cells.
/// Internal.
#pragma once

#include <tepal/drift/compare.h>

#include <vector>

namespace tepal::drift {

/// Shared cells with the counts of both sides.
struct Binning
{
    std::vector<double> edges; ///< Interior edges of numeric cells; the outer cells are open.
    std::vector<std::string> labels;
    std::vector<double> reference;
    std::vector<double> target;
    std::string text;
    /// Largest error of a category's share on each side; 0 when exact.
    double referenceShareError = 0;
    double targetShareError = 0;

    std::size_t size() const { return reference.size(); }
};

struct Pair
{
    bool numeric = true;
    KllView reference; ///< Finite values only; numeric and numbers-as-categories.
    KllView target;
    double n = 0; ///< Usable values.
    double m = 0;
    double referenceError = 0; ///< Normalised rank errors, 0 when exact.
    double targetError = 0;
    double sigma = 0; ///< Standard deviation of the reference.
    Binning binning;

    bool exact() const
    {
        return referenceError == 0 && targetError == 0 && binning.referenceShareError == 0 &&
               binning.targetShareError == 0;
    }
    /// What the sketches' noise leaves of n and m: n/(1 + 4ns²), s = ε/2.576.
    double effectiveN() const;
    double effectiveM() const;
};

enum class Shape : std::uint8_t { Numeric, Categorical, Neither };
/// Numbers with few distinct values are categories; text and booleans always are.
Shape shapeOf(const ColumnProfile &reference, const ColumnProfile &target);
bool isNumericKind(ValueKind kind);

Pair makePair(const ColumnProfile &reference, const ColumnProfile &target, bool numeric);

/// Bins with about equal shares of the reference: B = min(10, n/5, distinct), at least 2; a value
/// that holds more than 1/B by itself gets a bin of its own.
Binning quantileBins(const KllView &reference, const KllView &target, double distinct);
/// Counts of both sides in [e0,e1), …, the last closed.
Binning equalWidthBins(const KllView &reference, const KllView &target, int maxBins);

} // namespace tepal::drift
