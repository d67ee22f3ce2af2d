#include <tepal/drift/compare.h>

#include <nlohmann/json.hpp>

#include <cmath>

namespace tepal::drift {

namespace {

nlohmann::ordered_json number(double value)
{
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json toJson(const Measure &measure)
{
    nlohmann::ordered_json json;
    json["value"] = number(measure.value);
    json["band"] = {number(measure.bandLow), number(measure.bandHigh)};
    json["interval"] = {number(measure.intervalLow), number(measure.intervalHigh)};
    json["p"] = measure.p ? number(*measure.p) : nlohmann::ordered_json(nullptr);
    json["exact"] = measure.exact;
    json["floor"] = number(measure.floor);
    json["threshold"] = number(measure.threshold);
    json["method"] = measure.method;
    if (!measure.binning.empty())
        json["binning"] = measure.binning;
    if (!measure.note.empty())
        json["note"] = measure.note;
    return json;
}

nlohmann::ordered_json toJson(const ShareDrift &share)
{
    return {{"reference", share.reference},
            {"target", share.target},
            {"p", share.p},
            {"adjusted_p", number(share.adjustedP)},
            {"verdict", verdictName(share.verdict)}};
}

nlohmann::ordered_json toJson(const std::vector<CategoryShare> &categories)
{
    auto json = nlohmann::ordered_json::array();
    for (const CategoryShare &category : categories)
        json.push_back({{"category", category.label}, {"share", category.share}});
    return json;
}

std::string_view causeName(Cause cause)
{
    switch (cause) {
    case Cause::Values:
        break;
    case Cause::Missing:
        return "missing";
    case Cause::ForeignType:
        return "foreign type";
    }
    return "values";
}

} // namespace

std::string driftJson(const DatasetDrift &drift)
{
    nlohmann::ordered_json root;
    root["preset"] = presetName(drift.preset);
    root["columns"] = nlohmann::ordered_json::object();
    for (const ColumnDrift &column : drift.columns) {
        auto &json = root["columns"][column.name];
        json["n"] = column.n;
        json["m"] = column.m;
        json["verdict"] = verdictName(column.verdict);
        json["reason"] = column.reason;
        json["cause"] = causeName(column.cause);
        json["low_evidence"] = column.lowEvidence;
        json["p"] = number(column.p);
        json["adjusted_p"] = number(column.adjustedP);
        json["rows_needed"] = column.rowsNeeded;
        json["visible"] = number(column.visible);
        json["visible_shift"] = number(column.visibleShift);
        json["missing"] = toJson(column.missing);
        json["foreign_type"] = toJson(column.foreign);
        json["new_categories"] = toJson(column.newCategories);
        json["vanished_categories"] = toJson(column.vanishedCategories);
        json["measures"] = nlohmann::ordered_json::object();
        for (const Measure &measure : column.measures)
            json["measures"][measure.key] = toJson(measure);
    }
    return root.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace tepal::drift
