/// Comparing our summaries with the ones whylogs wrote.
#pragma once

#include "test_support.h"

#include <tepal/profile/summary.h>

#include <QTest>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace tepal::test {

using Json = nlohmann::ordered_json;

inline double goldenNumber(const Json &json)
{
    if (json.is_number())
        return json.get<double>();
    const auto text = json.get<std::string>();
    if (text == "nan")
        return std::nan("");
    return text == "inf" ? HUGE_VAL : -HUGE_VAL;
}

inline bool close(double a, double b, double relative)
{
    if (std::isnan(a) || std::isnan(b))
        return std::isnan(a) && std::isnan(b);
    if (std::isinf(a) || std::isinf(b))
        return a == b;
    return std::abs(a - b) <= relative * std::max({1.0, std::abs(a), std::abs(b)});
}

/// Empty when `ours` equals the golden value, else what differs. Lists of strings are compared as
/// sets: ties stand in any order.
inline std::string compareSummaryValue(const SummaryValue &ours, const Json &golden,
                                       double relative)
{
    if (golden.is_null())
        return std::holds_alternative<std::monostate>(ours) ? "" : "expected nothing";
    if (const auto *list = std::get_if<std::vector<FrequentString>>(&ours)) {
        if (list->size() != golden.size())
            return "list of " + std::to_string(list->size()) + ", expected " +
                   std::to_string(golden.size());
        std::map<std::string, FrequentString> byValue;
        for (const FrequentString &item : *list)
            byValue[item.value] = item;
        for (const Json &item : golden) {
            const auto it = byValue.find(item["value"].get<std::string>());
            if (it == byValue.end() || it->second.estimate != item["est"].get<std::uint64_t>() ||
                it->second.lower != item["lower"].get<std::uint64_t>() ||
                it->second.upper != item["upper"].get<std::uint64_t>())
                return "item " + item.dump();
        }
        return "";
    }
    if (const auto *count = std::get_if<std::int64_t>(&ours)) {
        return golden.is_number_integer() && *count == golden.get<std::int64_t>()
                   ? ""
                   : std::to_string(*count) + ", expected " + golden.dump();
    }
    if (const auto *real = std::get_if<double>(&ours)) {
        return close(*real, goldenNumber(golden), relative)
                   ? ""
                   : std::to_string(*real) + ", expected " + golden.dump();
    }
    return "nothing, expected " + golden.dump();
}

} // namespace tepal::test
