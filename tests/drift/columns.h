/// Made-up columns for the tests of drift.
#pragma once

#include <tepal/base/random.h>
#include <tepal/drift/compare.h>

#include <string>
#include <utility>
#include <vector>

namespace tepal::test {

inline ColumnProfile numbers(const std::vector<double> &values)
{
    auto column = ColumnProfile::forFirstValue(ValueKind::Fractional, Semantics::Table);
    for (const double value : values)
        column.track(Value::fractional(value));
    return column;
}

inline ColumnProfile normals(std::uint64_t seed, int count, double mean = 0, double sd = 1)
{
    SplitMix64 random(seed);
    auto column = ColumnProfile::forFirstValue(ValueKind::Fractional, Semantics::Table);
    for (int i = 0; i < count; ++i)
        column.track(Value::fractional(mean + sd * random.normal()));
    return column;
}

inline ColumnProfile strings(const std::vector<std::pair<std::string, int>> &counts)
{
    auto column = ColumnProfile::forFirstValue(ValueKind::String, Semantics::Table);
    for (const auto &[text, count] : counts) {
        for (int i = 0; i < count; ++i)
            column.track(Value::string(text));
    }
    return column;
}

} // namespace tepal::test
