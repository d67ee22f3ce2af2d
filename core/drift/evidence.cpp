#include <tepal/drift/evidence.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>
#include <numeric>

namespace tepal::drift {

namespace {

constexpr double kHalfLog2Pi = 0.91893853320467274178;
constexpr std::uint64_t kDense = 16; ///< So many starts are kept at each distance.

/// lnΓ by Stirling's series; what is left out is below 1e-16 of the whole from 10 on.
double stirling(double x)
{
    const double r = 1 / (x * x);
    const double tail =
        (1.0 / 12 +
         r * (-1.0 / 360 +
              r * (1.0 / 1260 + r * (-1.0 / 1680 + r * (1.0 / 1188 + r * (-691.0 / 360360 +
                                                                          r * (1.0 / 156))))))) /
        x;
    return (x - 0.5) * std::log(x) - x + kHalfLog2Pi + tail;
}

/// log Σ exp(x), from the largest on; −∞ of nothing.
double logSum(std::vector<double> &x)
{
    if (x.empty())
        return -HUGE_VAL;
    std::sort(x.begin(), x.end(), std::greater<>());
    double sum = 0;
    for (const double one : x)
        sum += std::exp(one - x.front());
    return x.front() + std::log(sum);
}

struct Tilt
{
    double location = 0;
    double spread = 0;
    std::size_t lowTail = 0; ///< So many of the outermost cells …
    std::size_t highTail = 0;
    double factor = 1; ///< … times this.
};

constexpr double kAnything[] = {5, 50, 500};
constexpr Tilt kTilts[] = {
    {.location = 1},
    {.location = -1},
    {.location = 0.5},
    {.location = -0.5},
    {.location = 0.25},
    {.location = -0.25},
    {.location = 0.125},
    {.location = -0.125},
    {.spread = 0.5},
    {.spread = -0.5},
    {.spread = 0.25},
    {.spread = -0.25},
    {.lowTail = 1, .factor = 8},
    {.lowTail = 2, .factor = 4},
    {.lowTail = 3, .factor = 2},
    {.highTail = 1, .factor = 8},
    {.highTail = 2, .factor = 4},
    {.highTail = 3, .factor = 2},
};
constexpr std::size_t kAlternatives = std::size(kAnything) + std::size(kTilts);

double weightOf(const Tilt &tilt, std::size_t cell, std::size_t cells, double u)
{
    const double root = std::sqrt(12.0);
    double weight = std::exp(tilt.location * root * (u - 0.5) +
                             tilt.spread * root * (std::abs(2 * u - 1) - 0.5));
    if (cell < tilt.lowTail || cell + tilt.highTail >= cells)
        weight *= tilt.factor;
    return weight;
}

} // namespace

double logGamma(double x)
{
    assert(x > 0);
    if (x >= 10)
        return stirling(x);
    double product = 1;
    while (x < 10) {
        product *= x;
        x += 1;
    }
    return stirling(x) - std::log(product);
}

double logDirichletMultinomial(std::span<const double> counts, std::span<const double> a)
{
    assert(counts.size() == a.size());
    double sumA = 0;
    double sumD = 0;
    double sum = 0;
    for (std::size_t c = 0; c < a.size(); ++c) {
        sumA += a[c];
        sumD += counts[c];
        sum += logGamma(a[c] + counts[c]) - logGamma(a[c]);
    }
    return logGamma(sumA) - logGamma(sumA + sumD) + sum;
}

// ---------------------------------------------------------------- the bets of one start

/// The alternatives of one start and what of their probability does not depend on later rows.
struct EvidenceProcess::Bets
{
    std::vector<double> parameters;   ///< kAlternatives × cells
    double fixed[kAlternatives] = {}; ///< ln w + lnΓ(A) − Σ lnΓ(a_c)
    double total[kAlternatives] = {}; ///< A
    double null = 0;                  ///< T of what was counted before: Σ lnΓ(B_c) − lnΓ(ΣB)

    Bets(std::span<const std::uint32_t> cells, std::span<const double> before);
    /// log L with `since` counted since the start.
    double logRatio(std::span<const std::uint32_t> cells, std::span<const double> before,
                    std::span<const double> since) const;
};

EvidenceProcess::Bets::Bets(std::span<const std::uint32_t> cells, std::span<const double> before)
{
    const std::size_t k = cells.size();
    std::vector<double> urn(k); // B
    double blocks = 0;
    double total0 = 0;
    for (std::size_t c = 0; c < k; ++c) {
        urn[c] = cells[c] + before[c];
        blocks += cells[c];
        total0 += urn[c];
        null += logGamma(urn[c]);
    }
    null -= logGamma(total0);
    parameters.reserve(kAlternatives * k);
    std::size_t at = 0;
    const auto finish = [&](double logWeight, double wanted, double sum) {
        double *a = &parameters[at * k];
        double fixedPart = logWeight + logGamma(wanted);
        for (std::size_t c = 0; c < k; ++c) {
            a[c] *= wanted / sum;
            fixedPart -= logGamma(a[c]);
        }
        fixed[at] = fixedPart;
        total[at++] = wanted;
    };
    for (const double kappa : kAnything) {
        parameters.insert(parameters.end(), urn.begin(), urn.end());
        finish(std::log(0.5 / static_cast<double>(std::size(kAnything))), kappa, total0);
    }
    for (const Tilt &tilt : kTilts) {
        double sum = 0;
        double below = 0;
        for (std::size_t c = 0; c < k; ++c) {
            const double u = (below + cells[c] / 2.0) / blocks;
            below += cells[c];
            parameters.push_back(urn[c] * weightOf(tilt, c, k, u));
            sum += parameters.back();
        }
        finish(std::log(0.5 / static_cast<double>(std::size(kTilts))), total0, sum);
    }
}

double EvidenceProcess::Bets::logRatio(std::span<const std::uint32_t> cells,
                                       std::span<const double> before,
                                       std::span<const double> since) const
{
    const std::size_t k = cells.size();
    double rows = 0;
    double urnTotal = 0;
    double nullNow = 0;
    for (std::size_t c = 0; c < k; ++c) {
        rows += since[c];
        const double urn = cells[c] + before[c] + since[c];
        urnTotal += urn;
        nullNow += logGamma(urn);
    }
    if (rows == 0)
        return 0;
    nullNow -= logGamma(urnTotal);
    std::vector<double> logs(kAlternatives);
    for (std::size_t i = 0; i < kAlternatives; ++i) {
        const double *a = &parameters[i * k];
        double sum = fixed[i] - logGamma(total[i] + rows);
        for (std::size_t c = 0; c < k; ++c)
            sum += logGamma(a[c] + since[c]);
        logs[i] = sum;
    }
    return logSum(logs) - (nullNow - null);
}

double logLikelihoodRatio(std::span<const std::uint32_t> cells, std::span<const double> before,
                          std::span<const double> since)
{
    EvidenceProcess::State state;
    state.cells.assign(cells.begin(), cells.end());
    state.counts.assign(before.begin(), before.end());
    for (std::size_t c = 0; c < since.size(); ++c)
        state.counts[c] += since[c];
    state.windows = 1;
    state.starts.push_back({1, {before.begin(), before.end()}});
    return EvidenceProcess(std::move(state)).reading().logS;
}

// ---------------------------------------------------------------- the process

EvidenceProcess::EvidenceProcess(std::vector<std::uint32_t> cells)
{
    m_state.counts.assign(cells.size(), 0);
    m_state.cells = std::move(cells);
}

EvidenceProcess::EvidenceProcess(State state)
    : m_state(std::move(state))
    , m_bets(m_state.starts.size())
{
    assert(m_state.counts.size() == m_state.cells.size());
}

bool EvidenceProcess::isKept(std::uint64_t start, std::uint64_t w)
{
    if (start == 1)
        return true;
    std::uint64_t step = 1;
    while (w - start >= kDense * step)
        step *= 2;
    return start % step == 0;
}

void EvidenceProcess::addWindow(std::span<const double> counts)
{
    assert(counts.size() == m_state.cells.size());
    const double rows = std::accumulate(counts.begin(), counts.end(), 0.0);
    if (!(rows > 0))
        return;
    const std::uint64_t w = ++m_state.windows;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < m_state.starts.size(); ++i) {
        if (!isKept(m_state.starts[i].window, w))
            continue;
        if (kept != i) {
            m_state.starts[kept] = std::move(m_state.starts[i]);
            m_bets[kept] = std::move(m_bets[i]);
        }
        ++kept;
    }
    m_state.starts.resize(kept);
    m_bets.resize(kept);
    m_state.starts.push_back({w, m_state.counts});
    m_bets.emplace_back();
    for (std::size_t c = 0; c < counts.size(); ++c)
        m_state.counts[c] += counts[c];
}

const EvidenceProcess::Bets &EvidenceProcess::betsOf(std::size_t start) const
{
    auto &bets = m_bets[start];
    if (!bets)
        bets = std::make_shared<const Bets>(m_state.cells, m_state.starts[start].before);
    return *bets;
}

EvidenceProcess::Reading EvidenceProcess::reading() const
{
    Reading reading;
    if (m_state.cells.empty() || m_state.windows == 0)
        return reading;
    std::vector<double> staked;
    std::vector<double> plain;
    std::vector<double> since(m_state.cells.size());
    double best = -HUGE_VAL;
    for (std::size_t i = 0; i < m_state.starts.size(); ++i) {
        const Start &start = m_state.starts[i];
        for (std::size_t c = 0; c < since.size(); ++c)
            since[c] = m_state.counts[c] - start.before[c];
        const double logL = betsOf(i).logRatio(m_state.cells, start.before, since);
        const auto j = static_cast<double>(start.window);
        const double bet = logL - std::log(j * (j + 1)); // the stake 1/(j(j+1))
        plain.push_back(logL);
        staked.push_back(bet);
        if (bet > best) { // of equals the earliest
            best = bet;
            reading.since = start.window;
        }
    }
    // What is not yet staked on any start.
    staked.push_back(-std::log(static_cast<double>(m_state.windows + 1)));
    reading.logE = logSum(staked);
    reading.logS = logSum(plain);
    return reading;
}

} // namespace tepal::drift
