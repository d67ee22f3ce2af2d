/// Mean and spread of a batch of numbers.
#pragma once

#include <tepal/sketch/kll.h>

#include <cstddef>
#include <span>

namespace tepal {

struct BatchMoments
{
    double mean = 0;
    double m2 = 0; ///< Sum of squared deviations from the mean.
};

/// Two passes over the values, in eight interleaved sums: the same result on every machine,
/// accurate to a few units in the last place (the second pass corrects the mean's rounding). An
/// infinity makes the mean infinite, both infinities make it not a number, and m2 is not a number
/// then. The mean of finite values is finite, however large they are; m2 may overflow to infinity.
/// `values` is not empty.
BatchMoments momentsOf(std::span<const double> values);
/// The same for values that stand for several.
BatchMoments momentsOf(std::span<const WeightedValue> values);

/// How many of the values are NaN, and how many infinite.
struct SpecialValues
{
    std::size_t nan = 0;
    std::size_t infinite = 0;
};
SpecialValues specialValues(std::span<const double> values);

} // namespace tepal
