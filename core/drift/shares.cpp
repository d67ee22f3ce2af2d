#include "verdict.h"

#include <tepal/drift/probability.h>

#include <algorithm>
#include <cmath>

namespace tepal::drift {
namespace {

constexpr double kFewestRows = 5;

double twoSharesP(double a, double n, double b, double m)
{
    const double pooled = (a + b) / (n + m);
    if (pooled <= 0 || pooled >= 1)
        return 1;
    if (std::min(pooled, 1 - pooled) * std::min(n, m) < 5)
        return fisherP(a, n, b, m);
    return pooledSharesP(a, n, b, m);
}

/// a of n values against b of m.
ShareDrift shareDrift(std::int64_t a, std::int64_t n, std::int64_t b, std::int64_t m)
{
    ShareDrift drift;
    // Strangers' files may say anything.
    if (n <= 0 || m <= 0 || a < 0 || a > n || b < 0 || b > m)
        return drift;
    const auto rows = static_cast<double>(n);
    const auto targetRows = static_cast<double>(m);
    drift.reference = static_cast<double>(a) / rows;
    drift.target = static_cast<double>(b) / targetRows;
    drift.verdict = Verdict::NoDrift;
    // Where neither side has any there is no test, and other columns do not pay for it.
    if (a + b > 0 && std::min(rows, targetRows) >= kFewestRows) {
        drift.p = twoSharesP(static_cast<double>(a), rows, static_cast<double>(b), targetRows);
        drift.adjustedP = drift.p;
    }
    return drift;
}

std::int64_t ofKind(const ColumnProfile &column, ValueKind kind)
{
    const TypeCounts &types = column.types;
    switch (kind) {
    case ValueKind::Integral:
    case ValueKind::Fractional:
    case ValueKind::Unsigned:
        return types.integral + types.fractional;
    case ValueKind::Boolean:
        return types.boolean;
    case ValueKind::String:
        return types.string;
    case ValueKind::Object:
        return types.object;
    case ValueKind::Tensor:
        return types.tensor;
    case ValueKind::Null:
        break;
    }
    return 0;
}

} // namespace

ShareDrift missingDrift(const ColumnProfile &reference, const ColumnProfile &target)
{
    return shareDrift(reference.counts.null, reference.counts.n, target.counts.null,
                      target.counts.n);
}

ShareDrift foreignDrift(const ColumnProfile &reference, const ColumnProfile &target)
{
    const ValueKind kind = reference.dominantKind();
    const auto all = [](const ColumnProfile &column) {
        const TypeCounts &types = column.types;
        return types.integral + types.fractional + types.boolean + types.string + types.object +
               types.tensor;
    };
    const std::int64_t n = all(reference);
    const std::int64_t m = all(target);
    return shareDrift(n - ofKind(reference, kind), n, m - ofKind(target, kind), m);
}

void decideShare(ShareDrift &drift, double alpha)
{
    if (drift.verdict == Verdict::NoData || std::isnan(drift.adjustedP))
        return;
    const bool real = drift.adjustedP < alpha;
    const double effect = drift.effect();
    if (effect >= ShareDrift::kDrift)
        drift.verdict = real ? Verdict::Drift : Verdict::Undecided;
    else if (effect >= ShareDrift::kPossible)
        drift.verdict = real ? Verdict::PossibleDrift : Verdict::NoDrift;
    else
        drift.verdict = real ? Verdict::Negligible : Verdict::NoDrift;
}

} // namespace tepal::drift
