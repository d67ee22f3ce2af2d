#include <tepal/monitor/report.h>

#include <nlohmann/json.hpp>

#include <cmath>

namespace tepal::monitor {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value)
{
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json toJson(const SegmentTags &segment)
{
    Json json = Json::object();
    for (const auto &[name, value] : segment)
        json[name] = value;
    return json;
}

Json time(TimeMs value)
{
    return value == 0 ? Json(nullptr) : Json(formatIso(value));
}

std::string_view basisName(Basis basis)
{
    switch (basis) {
    case Basis::Recent:
        return "recent windows";
    case Basis::Now:
        return "open window";
    case Basis::Range:
        break;
    }
    return "range";
}

Json toJson(const Point &point)
{
    return {{"start", formatIso(point.window.start)},
            {"end", formatIso(point.window.end)},
            {"value", number(point.value)},
            {"band", {number(point.bandLow), number(point.bandHigh)}},
            {"floor", number(point.floor)},
            {"p", number(point.p)},
            {"verdict", drift::verdictName(point.verdict)},
            {"n", point.n},
            {"open", point.open}};
}

Json toJson(const ColumnJudgement &column)
{
    Json json;
    json["verdict"] = drift::verdictName(column.verdict);
    json["basis"] = basisName(column.basis);
    json["since"] = time(column.since);
    json["reason"] = column.reason;
    json["rows_needed"] = column.rowsNeeded;
    json["measure"] = column.measure;
    json["threshold"] = number(column.threshold);
    json["windows"] = Json::array();
    for (const Point &point : column.points)
        json["windows"].push_back(toJson(point));
    return json;
}

} // namespace

std::string judgementJson(const Judgement &judgement)
{
    const auto found = findings(judgement);
    const Tally count = tally(found);
    Json root;
    root["dataset"] = judgement.question.dataset;
    if (judgement.question.segment)
        root["segment"] = toJson(*judgement.question.segment);
    root["from"] = formatIso(judgement.question.range.start);
    root["to"] = formatIso(judgement.question.range.end);
    root["as_of"] = formatIso(judgement.asOf);
    root["preset"] = drift::presetName(judgement.question.preset);
    root["reference"] = {{"name", judgement.reference}, {"rows", judgement.referenceRows}};
    root["by"] = granularityName(judgement.granularity);
    root["rows"] = judgement.rows;
    root["open_rows"] = judgement.openRows;
    root["windows"] = judgement.windows;
    root["verdict"] = drift::verdictName(worst(found));
    root["sentence"] = sentence(found, judgement.openRows);
    root["columns_drifting"] = count.drifting;
    root["columns_possible"] = count.possible;
    root["columns_undecided"] = count.undecided;
    root["columns_steady"] = count.steady;
    root["columns_without_data"] = count.silent;
    // All rows of the range together, in the shape of every other comparison.
    drift::DatasetDrift range;
    range.preset = judgement.question.preset;
    for (const ColumnJudgement &column : judgement.columns)
        range.columns.push_back(column.range);
    const Json whole = Json::parse(drift::driftJson(range));
    root["columns"] = Json::object();
    for (const ColumnJudgement &column : judgement.columns) {
        // A name that is no UTF-8 is written with replacements; so is its key there.
        Json json = toJson(column);
        const std::string key =
            Json::parse(Json(column.name).dump(-1, ' ', false, Json::error_handler_t::replace))
                .get<std::string>();
        json["range"] = whole["columns"].value(key, Json::object());
        root["columns"][key] = std::move(json);
    }
    return root.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string detailJson(const ColumnDetail &detail)
{
    drift::DatasetDrift one;
    one.columns.push_back(detail.drift);
    Json root;
    root["from"] = formatIso(detail.focus.start);
    root["to"] = formatIso(detail.focus.end);
    root["reference"] = detail.reference;
    root["columns"] = Json::parse(drift::driftJson(one))["columns"];
    return root.dump(2, ' ', false, Json::error_handler_t::replace);
}

} // namespace tepal::monitor
