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
        json["adjusted_p"] = number(column.adjustedP);
        json["rows_needed"] = column.rowsNeeded;
        json["missing"] = {{"reference", column.missingReference},
                           {"target", column.missingTarget},
                           {"p", column.missingP}};
        json["measures"] = nlohmann::ordered_json::object();
        for (const Measure &measure : column.measures)
            json["measures"][measure.key] = toJson(measure);
    }
    return root.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace tepal::drift
