#include <tepal/profile/summary.h>

#include <nlohmann/json.hpp>

#include <cmath>

namespace tepal {
namespace {

using Fields = std::vector<std::pair<std::string, SummaryValue>>;

void addDistribution(Fields &fields, const Distribution &distribution)
{
    const KllView view = distribution.kll.view();
    fields.emplace_back("distribution/mean", distribution.mean);
    fields.emplace_back("distribution/stddev", distribution.stddev());
    fields.emplace_back("distribution/n", static_cast<std::int64_t>(view.n));
    fields.emplace_back("distribution/max", view.max);
    fields.emplace_back("distribution/min", view.min);
    for (const auto &[name, rank] : kSummaryQuantiles) {
        fields.emplace_back(std::string("distribution/") + name,
                            view.empty() ? SummaryValue() : SummaryValue(view.quantile(rank)));
    }
}

nlohmann::ordered_json number(double value)
{
    if (std::isnan(value))
        return "nan";
    if (std::isinf(value))
        return value > 0 ? "inf" : "-inf";
    return value;
}

nlohmann::ordered_json toJson(const SummaryValue &value)
{
    if (const auto *count = std::get_if<std::int64_t>(&value))
        return *count;
    if (const auto *real = std::get_if<double>(&value))
        return number(*real);
    if (const auto *strings = std::get_if<std::vector<FrequentString>>(&value)) {
        auto list = nlohmann::ordered_json::array();
        for (const FrequentString &item : *strings) {
            list.push_back({{"value", item.value},
                            {"est", item.estimate},
                            {"lower", item.lower},
                            {"upper", item.upper}});
        }
        return list;
    }
    return nullptr;
}

} // namespace

Fields columnSummary(const ColumnProfile &column)
{
    Fields fields;
    if (column.cardinality) {
        fields.emplace_back("cardinality/est", column.cardinality->estimate());
        fields.emplace_back("cardinality/upper_1", column.cardinality->upper(1));
        fields.emplace_back("cardinality/lower_1", column.cardinality->lower(1));
    }
    fields.emplace_back("counts/n", column.counts.n);
    fields.emplace_back("counts/null", column.counts.null);
    fields.emplace_back("counts/nan", column.counts.nan);
    fields.emplace_back("counts/inf", column.counts.inf);
    fields.emplace_back("counts/true", column.counts.trueCount);
    if (column.distribution)
        addDistribution(fields, *column.distribution);
    if (column.frequentStrings)
        fields.emplace_back("frequent_items/frequent_strings",
                            column.frequentStrings->listNoFalsePositives());
    if (column.ints) {
        fields.emplace_back("ints/max", column.ints->max);
        fields.emplace_back("ints/min", column.ints->min);
    }
    fields.emplace_back("types/integral", column.types.integral);
    fields.emplace_back("types/fractional", column.types.fractional);
    fields.emplace_back("types/boolean", column.types.boolean);
    fields.emplace_back("types/string", column.types.string);
    fields.emplace_back("types/object", column.types.object);
    fields.emplace_back("types/tensor", column.types.tensor);
    if (column.conditions) {
        fields.emplace_back("condition_count/total", column.conditions->total);
        for (const auto &[name, count] : column.conditions->matches)
            fields.emplace_back("condition_count/" + name, count);
    }
    for (const UnicodeRange &range : column.unicodeRanges) {
        for (auto &[field, value] : columnSummary(range.profile))
            fields.emplace_back("unicode_range/" + range.name + ":" + field, std::move(value));
    }
    return fields;
}

std::string inspectJson(const DatasetProfile &profile)
{
    nlohmann::ordered_json root;
    root["dataset_timestamp_ms"] = profile.datasetTimestamp;
    root["creation_timestamp_ms"] = profile.creationTimestamp;
    root["metadata"] = nlohmann::ordered_json::object();
    for (const auto &[key, value] : profile.metadata)
        root["metadata"][key] = value;
    root["columns"] = nlohmann::ordered_json::object();
    for (const auto &[name, column] : profile.columns) {
        auto &summary = root["columns"][name]["summary"];
        for (const auto &[field, value] : columnSummary(column))
            summary[field] = toJson(value);
    }
    return root.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace tepal
