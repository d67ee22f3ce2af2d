#include "walk.h"

#include <tepal/drift/measures.h>
#include <tepal/drift/probability.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <utility>

namespace tepal::drift {
namespace {

double sumOf(std::span<const double> counts)
{
    return std::accumulate(counts.begin(), counts.end(), 0.0);
}

/// Calls visit(p, q) with the shares of every cell, half a count added first when asked.
template <typename Visit>
void forShares(std::span<const double> r, std::span<const double> t, double add, Visit visit)
{
    assert(r.size() == t.size());
    const double cells = static_cast<double>(r.size()) * add;
    const double n = sumOf(r) + cells;
    const double m = sumOf(t) + cells;
    for (std::size_t i = 0; i < r.size(); ++i)
        visit(n > 0 ? (r[i] + add) / n : 0, m > 0 ? (t[i] + add) / m : 0);
}

constexpr double kHalf = 0.5;

double statisticOf(std::span<const double> r, std::span<const double> t, double n, double m)
{
    double x = 0;
    for (std::size_t i = 0; i < r.size(); ++i) {
        const double pooled = (r[i] + t[i]) / (n + m);
        if (pooled <= 0)
            continue;
        const double er = pooled * n;
        const double et = pooled * m;
        x += (r[i] - er) * (r[i] - er) / er + (t[i] - et) * (t[i] - et) / et;
    }
    return x;
}

/// Expected counts big enough for the chi-square law?
bool cellsSuffice(std::span<const double> r, std::span<const double> t, double n, double m)
{
    std::size_t small = 0;
    for (std::size_t i = 0; i < r.size(); ++i) {
        const double least = (r[i] + t[i]) / (n + m) * std::min(n, m);
        if (least < 1)
            return false;
        small += least < 5 ? 1 : 0;
    }
    return small * 5 <= r.size();
}

} // namespace

Gap distributionGap(const KllView &reference, const KllView &target)
{
    return distributionGap(pool(reference, target));
}

std::vector<double> psiTerms(std::span<const double> reference, std::span<const double> target)
{
    std::vector<double> terms;
    terms.reserve(reference.size());
    forShares(reference, target, kHalf,
              [&](double p, double q) { terms.push_back((q - p) * std::log(q / p)); });
    return terms;
}

double psi(std::span<const double> reference, std::span<const double> target)
{
    const auto terms = psiTerms(reference, target);
    return std::accumulate(terms.begin(), terms.end(), 0.0);
}

double klDivergence(std::span<const double> reference, std::span<const double> target)
{
    double sum = 0;
    forShares(reference, target, kHalf, [&](double p, double q) { sum += q * std::log(q / p); });
    return std::max(0.0, sum);
}

double jensenShannonDivergence(std::span<const double> reference, std::span<const double> target)
{
    double sum = 0;
    forShares(reference, target, 0, [&](double p, double q) {
        const double middle = (p + q) / 2;
        if (p > 0)
            sum += p / 2 * std::log2(p / middle);
        if (q > 0)
            sum += q / 2 * std::log2(q / middle);
    });
    return std::clamp(sum, 0.0, 1.0);
}

double jensenShannonDistance(std::span<const double> reference, std::span<const double> target)
{
    return std::sqrt(jensenShannonDivergence(reference, target));
}

double hellinger(std::span<const double> reference, std::span<const double> target)
{
    // ‖√p − √q‖₂/√2 rather than √(1 − Σ√pq): no cancellation for close distributions.
    double sum = 0;
    forShares(reference, target, 0, [&](double p, double q) {
        const double difference = std::sqrt(p) - std::sqrt(q);
        sum += difference * difference;
    });
    return std::min(1.0, std::sqrt(sum / 2));
}

double totalVariation(std::span<const double> reference, std::span<const double> target)
{
    double sum = 0;
    forShares(reference, target, 0, [&](double p, double q) { sum += std::abs(p - q); });
    return std::min(1.0, sum / 2);
}

double maxDifference(std::span<const double> reference, std::span<const double> target)
{
    double most = 0;
    forShares(reference, target, 0,
              [&](double p, double q) { most = std::max(most, std::abs(p - q)); });
    return most;
}

ChiSquare chiSquareHomogeneity(std::span<const double> reference, std::span<const double> target,
                               Rare rare, Tail tail)
{
    const bool pool = rare == Rare::Pooled;
    ChiSquare result;
    const double n = sumOf(reference);
    const double m = sumOf(target);
    std::vector<std::pair<double, double>> cells;
    for (std::size_t i = 0; i < reference.size(); ++i) {
        if (reference[i] + target[i] > 0)
            cells.emplace_back(reference[i], target[i]);
    }
    if (n <= 0 || m <= 0 || cells.size() < 2)
        return result;
    std::sort(cells.begin(), cells.end(),
              [](const auto &a, const auto &b) { return a.first + a.second > b.first + b.second; });
    std::vector<double> r;
    std::vector<double> t;
    const auto unpack = [&] {
        r.clear();
        t.clear();
        for (const auto &[a, b] : cells) {
            r.push_back(a);
            t.push_back(b);
        }
    };
    unpack();
    // The rarest cell joins the next rarest, but two cells must be left to compare.
    while (pool && cells.size() > 2 && !cellsSuffice(r, t, n, m)) {
        const auto rarest = cells.back();
        cells.pop_back();
        cells.back().first += rarest.first;
        cells.back().second += rarest.second;
        ++result.pooled;
        unpack();
    }
    result.statistic = statisticOf(r, t, n, m);
    result.dof = static_cast<int>(cells.size()) - 1;
    result.cramersV = std::sqrt(result.statistic / (n + m));
    if (tail == Tail::Unasked)
        return result;
    if (pool && !cellsSuffice(r, t, n, m)) {
        // Two cells are left: the test that asks for no large counts is at hand.
        result.exactTest = true;
        result.p = fisherP(std::round(r[0]), std::round(n), std::round(t[0]), std::round(m));
    } else {
        result.p = chiSquareSf(result.statistic, result.dof);
    }
    return result;
}

} // namespace tepal::drift
