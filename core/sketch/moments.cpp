#include "multiversion.h"

#include <tepal/sketch/moments.h>

#include <array>
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

} // namespace

BatchMoments momentsOf(std::span<const double> values)
{
    const auto n = static_cast<double>(values.size());
    Sums sums{};
    Sums squares{};
    addUp(values.data(), values.size(), sums.data());
    const double mean = total(sums) / n;
    addDeviations(values.data(), values.size(), mean, sums.data(), squares.data());
    const double rest = total(sums);
    return {mean + rest / n, total(squares) - rest * rest / n};
}

SpecialValues specialValues(std::span<const double> values)
{
    std::uint64_t nan = 0;
    std::uint64_t infinite = 0;
    countSpecial(values.data(), values.size(), &nan, &infinite);
    return {static_cast<std::size_t>(nan), static_cast<std::size_t>(infinite)};
}

} // namespace tepal
