#include "multiversion.h"

#include <tepal/sketch/moments.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace tepal {
namespace {

constexpr std::size_t kLanes = 8;
using Sums = std::array<double, kLanes>;

double total(const Sums &sums)
{
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) +
           ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

TEPAL_CLONES void addUp(const double *values, std::size_t size, double *sums)
{
    Sums local{};
    std::size_t i = 0;
    for (; i + kLanes <= size; i += kLanes) {
        for (std::size_t lane = 0; lane < kLanes; ++lane)
            local[lane] += values[i + lane];
    }
    for (std::size_t lane = 0; i + lane < size; ++lane)
        local[lane] += values[i + lane];
    for (std::size_t lane = 0; lane < kLanes; ++lane)
        sums[lane] = local[lane];
}

TEPAL_CLONES void addDeviations(const double *values, std::size_t size, double mean, double *sums,
                                double *squares)
{
    Sums local{};
    Sums localSquares{};
    std::size_t i = 0;
    for (; i + kLanes <= size; i += kLanes) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            const double deviation = values[i + lane] - mean;
            local[lane] += deviation;
            localSquares[lane] += deviation * deviation;
        }
    }
    for (std::size_t lane = 0; i + lane < size; ++lane) {
        const double deviation = values[i + lane] - mean;
        local[lane] += deviation;
        localSquares[lane] += deviation * deviation;
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
        sums[lane] = local[lane];
        squares[lane] = localSquares[lane];
    }
}

TEPAL_CLONES void countSpecial(const double *values, std::size_t size, std::uint64_t *nan,
                               std::uint64_t *infinite)
{
    constexpr double largest = std::numeric_limits<double>::max();
    std::uint64_t missing = 0;
    std::uint64_t endless = 0;
    for (std::size_t i = 0; i < size; ++i) {
        const double magnitude = values[i] < 0 ? -values[i] : values[i];
        missing += magnitude != magnitude ? 1u : 0u;
        endless += magnitude > largest ? 1u : 0u;
    }
    *nan = missing;
    *infinite = endless;
}

/// Where a plain sum overflowed or met an infinity. Scaled down, the sum of finite values stays
/// finite; what an infinity makes of it is right: infinite, or not a number for both at once.
template <typename ForEach>
BatchMoments extremeMoments(double n, ForEach forEach)
{
    constexpr double down = 0x1p-64;
    double sum = 0;
    double least = std::numeric_limits<double>::infinity();
    double most = -least;
    forEach([&](double value, double weight) {
        sum += value * down * (weight / n);
        least = std::min(least, value);
        most = std::max(most, value);
    });
    // Rounding must not carry the mean beyond the values.
    BatchMoments moments{std::clamp(sum / down, least, most), 0};
    forEach([&](double value, double weight) {
        const double deviation = value - moments.mean;
        moments.m2 += deviation * deviation * weight;
    });
    return moments;
}

/// The second pass corrects the mean's rounding, unless it overflows itself.
BatchMoments corrected(double mean, double rest, double squares, double n)
{
    return std::isfinite(rest) ? BatchMoments{mean + rest / n, squares - rest * rest / n}
                               : BatchMoments{mean, squares};
}

} // namespace

BatchMoments momentsOf(std::span<const double> values)
{
    const auto n = static_cast<double>(values.size());
    Sums sums{};
    Sums squares{};
    addUp(values.data(), values.size(), sums.data());
    const double mean = total(sums) / n;
    if (!std::isfinite(mean)) {
        return extremeMoments(n, [&](auto take) {
            for (const double value : values)
                take(value, 1);
        });
    }
    addDeviations(values.data(), values.size(), mean, sums.data(), squares.data());
    return corrected(mean, total(sums), total(squares), n);
}

BatchMoments momentsOf(std::span<const WeightedValue> values)
{
    std::uint64_t count = 0;
    double sum = 0;
    for (const WeightedValue &item : values) {
        count += item.weight;
        sum += item.value * static_cast<double>(item.weight);
    }
    const auto n = static_cast<double>(count);
    const double mean = sum / n;
    if (!std::isfinite(mean)) {
        return extremeMoments(n, [&](auto take) {
            for (const WeightedValue &item : values)
                take(item.value, static_cast<double>(item.weight));
        });
    }
    double rest = 0;
    double m2 = 0;
    for (const WeightedValue &item : values) {
        const double deviation = item.value - mean;
        rest += deviation * static_cast<double>(item.weight);
        m2 += deviation * deviation * static_cast<double>(item.weight);
    }
    return corrected(mean, rest, m2, n);
}

SpecialValues specialValues(std::span<const double> values)
{
    std::uint64_t nan = 0;
    std::uint64_t infinite = 0;
    countSpecial(values.data(), values.size(), &nan, &infinite);
    return {static_cast<std::size_t>(nan), static_cast<std::size_t>(infinite)};
}

} // namespace tepal
