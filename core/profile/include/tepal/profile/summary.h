/// The numbers that whylogs' own summaries show, under whylogs' names (`metric/field`).
#pragma once

#include <tepal/profile/dataset.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tepal {

/// Nothing, a count, a number (may be NaN or infinite), or tracked strings.
using SummaryValue =
    std::variant<std::monostate, std::int64_t, double, std::vector<FrequentString>>;

/// Fields in whylogs' order, for example {"distribution/median", 1.3}. Quantiles of an empty
/// distribution are nothing, its min and max NaN, its mean 0.
std::vector<std::pair<std::string, SummaryValue>> columnSummary(const ColumnProfile &column);

/// The whole profile as JSON: {"dataset_timestamp_ms", "creation_timestamp_ms", "metadata",
/// "columns": {name: {"summary": {field: value}}}}. Non-finite numbers are the texts nan, inf,
/// -inf.
std::string inspectJson(const DatasetProfile &profile);

/// The shares that whylogs' summary asks for, with their names.
inline constexpr std::pair<const char *, double> kSummaryQuantiles[]{
    {"q_01", 0.01}, {"q_05", 0.05}, {"q_10", 0.10}, {"q_25", 0.25}, {"median", 0.5},
    {"q_75", 0.75}, {"q_90", 0.90}, {"q_95", 0.95}, {"q_99", 0.99}};

} // namespace tepal
