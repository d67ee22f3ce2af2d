#include <tepal/base/time.h>
#include <tepal/upload/xray.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace tepal {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value)
{
    if (std::isnan(value))
        return nullptr;
    if (std::isinf(value))
        return value > 0 ? "inf" : "-inf";
    return value;
}

std::string shown(const std::string &text, bool reveal)
{
    return reveal ? text : maskText(text);
}

std::string_view placeName(Risk::Place place)
{
    switch (place) {
    case Risk::Place::Numbers:
        return "numbers";
    case Risk::Place::ColumnName:
        return "column-name";
    case Risk::Place::Condition:
        return "condition";
    case Risk::Place::Segment:
        return "segment";
    case Risk::Place::Metadata:
        return "metadata";
    case Risk::Place::Value:
        break;
    }
    return "texts";
}

std::string_view kindName(ValueKind kind)
{
    switch (kind) {
    case ValueKind::Boolean:
        return "boolean";
    case ValueKind::Integral:
        return "integral";
    case ValueKind::Unsigned:
    case ValueKind::Fractional:
        return "fractional";
    case ValueKind::String:
        return "string";
    case ValueKind::Tensor:
        return "tensor";
    case ValueKind::Object:
        return "object";
    case ValueKind::Null:
        break;
    }
    return "unknown";
}

Json risksJson(const std::vector<Risk> &risks, bool reveal)
{
    Json list = Json::array();
    for (const Risk &risk : risks) {
        Json entry{{"kind", riskKindName(risk.kind)},
                   {"level", riskLevelName(risk.level)},
                   {"place", placeName(risk.place)},
                   {"count", risk.count},
                   {"evidence", risk.evidence}};
        entry["example"] = risk.value.empty() ? Json() : Json(shown(risk.value, reveal));
        list.push_back(std::move(entry));
    }
    return list;
}

Json numbersJson(const XRayNumbers &numbers, bool showRange)
{
    return {{"n", numbers.n},
            {"min", showRange ? number(numbers.min) : Json()},
            {"max", showRange ? number(numbers.max) : Json()},
            {"mean", number(numbers.mean)},
            {"stddev", number(numbers.stddev)},
            {"kept_values", numbers.kept},
            {"all_values", numbers.all}};
}

Json textsJson(const XRayColumn &column, bool reveal)
{
    Json list = Json::array();
    for (const XRayText &text : column.texts) {
        Json entry{{"value", shown(text.value, reveal)},
                   {"est", text.estimate},
                   {"lower", text.lower},
                   {"upper", text.upper}};
        if (text.risk)
            entry["risk"] = riskKindName(text.risk->kind);
        list.push_back(std::move(entry));
    }
    return list;
}

Json unknownJson(const std::vector<XRayUnknown> &unknown)
{
    Json list = Json::array();
    for (const XRayUnknown &part : unknown)
        list.push_back({{"path", part.path}, {"bytes", part.bytes}});
    return list;
}

bool hasRisk(const XRayColumn &column, Risk::Place place)
{
    return std::any_of(column.risks.begin(), column.risks.end(),
                       [&](const Risk &risk) { return risk.place == place; });
}

void addMetrics(Json &entry, const XRayColumn &column, bool reveal)
{
    const bool showRange = reveal || !hasRisk(column, Risk::Place::Numbers);
    const bool range = column.numbers && column.numbers->n > 0 && showRange;
    entry["min"] = range ? number(column.numbers->min) : Json();
    entry["max"] = range ? number(column.numbers->max) : Json();
    entry["numbers"] = column.numbers ? numbersJson(*column.numbers, showRange) : Json();
    entry["integers"] = column.integers && showRange
                            ? Json{{"min", column.integers->min}, {"max", column.integers->max}}
                            : Json();
    entry["distinct"] = column.distinct ? Json{{"est", column.distinct->estimate},
                                               {"lower", column.distinct->lower},
                                               {"upper", column.distinct->upper},
                                               {"hash_of_every_value", column.distinct->guessable}}
                                        : Json();
    entry["raw_strings"] = textsJson(column, reveal);
    Json conditions = Json::array();
    for (const XRayCondition &condition : column.conditions)
        conditions.push_back(
            {{"name", hasRisk(column, Risk::Place::Condition) ? shown(condition.name, reveal)
                                                              : condition.name},
             {"met", condition.met},
             {"of", column.asked}});
    entry["conditions"] = std::move(conditions);
    Json ranges = Json::array();
    for (const XRayRange &part : column.ranges) {
        Json numbers = numbersJson(part.numbers, true);
        numbers["name"] = part.name;
        ranges.push_back(std::move(numbers));
    }
    entry["characters"] = std::move(ranges);
    entry["not_interpreted"] = unknownJson(column.unknown);
}

Json columnJson(const XRayColumn &column, bool reveal)
{
    Json entry{{"name", hasRisk(column, Risk::Place::ColumnName) ? shown(column.name, reveal)
                                                                 : column.name},
               {"kind", kindName(column.kind)},
               {"bytes", column.bytes}};
    entry["counts"] = {{"n", column.counts.n},
                       {"null", column.counts.null},
                       {"nan", column.counts.nan},
                       {"inf", column.counts.inf},
                       {"true", column.counts.trueCount}};
    entry["types"] = {{"integral", column.types.integral}, {"fractional", column.types.fractional},
                      {"boolean", column.types.boolean},   {"string", column.types.string},
                      {"object", column.types.object},     {"tensor", column.types.tensor}};
    addMetrics(entry, column, reveal);
    entry["risks"] = risksJson(column.risks, reveal);
    return entry;
}

Json pairsJson(const std::vector<XRayPair> &pairs, bool reveal)
{
    Json object = Json::object();
    for (const XRayPair &pair : pairs)
        object[pair.key] = shown(pair.value, reveal || !pair.masked);
    return object;
}

} // namespace

Json xrayJson(const XRay &xray, bool reveal)
{
    Json root;
    root["bytes"] = xray.bytes;
    root["rows"] = xray.rows;
    root["dataset_timestamp_ms"] = xray.datasetTimestamp;
    root["creation_timestamp_ms"] = xray.creationTimestamp;
    root["raw_string_count"] = xray.texts();
    root["risk_count"] = xray.riskCount();
    root["segment"] = pairsJson(xray.segment, reveal);
    root["metadata"] = pairsJson(xray.metadata, reveal);
    root["not_interpreted"] = unknownJson(xray.unknown);
    root["risks"] = risksJson(xray.risks, reveal);
    root["columns"] = Json::array();
    for (const XRayColumn &column : xray.columns)
        root["columns"].push_back(columnJson(column, reveal));
    return root;
}

} // namespace tepal
