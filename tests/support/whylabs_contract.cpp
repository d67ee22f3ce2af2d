#include "whylabs_contract.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <regex>

namespace tepal::test {
namespace {

using nlohmann::json;

/// Paths have `{id}` for an id of WhyLabs and `{name}` for any text, percent-encoded. Bodies are
/// schemas in the words of JSON Schema, of which only those that stand here are understood.
/// Whatever a body may have is named: another member is a mistake.
const char *const kContract = R"json({
"types": {
  "tag": {"type": "object", "required": ["key", "value"], "members": {
      "key": {"type": "string", "minLength": 1}, "value": {"type": "string"}}},
  "segment": {"type": "object", "required": ["tags"], "members": {
      "tags": {"type": "array", "items": {"is": "tag"}}}},
  "region": {"type": "string", "nullable": true,
      "enum": ["us-west-2", "ap-southeast-2", "ca-central-1"]}
},
"calls": [
  {"method": "GET", "path": "/v1/api-key/validate"},
  {"method": "GET", "path": "/v0/organizations/{id}/models/{id}"},
  {"method": "POST", "path": "/v0/organizations/{id}/log/async/{id}", "body":
    {"type": "object", "required": ["datasetTimestamp", "segmentTags"], "members": {
      "datasetTimestamp": {"type": "integer", "minimum": 1000000000000},
      "segmentTags": {"type": "array", "items": {"is": "tag"}},
      "region": {"is": "region"}}}},
  {"method": "POST", "path": "/v0/organizations/{id}/log/reference/{id}", "body":
    {"type": "object", "required": [], "members": {
      "alias": {"type": "string", "nullable": true},
      "datasetTimestamp": {"type": "integer", "minimum": 0, "nullable": true},
      "region": {"is": "region"}}}},
  {"method": "POST",
   "path": "/v0/organizations/{id}/dataset-profiles/models/{id}/reference-profile", "body":
    {"type": "object", "required": [], "members": {
      "alias": {"type": "string", "nullable": true},
      "version": {"type": "string", "nullable": true},
      "datasetTimestamp": {"type": "integer", "minimum": 0, "nullable": true},
      "segments": {"type": "array", "nullable": true, "minItems": 1, "items": {"is": "segment"}},
      "tags": {"type": "array", "nullable": true, "items": {"type": "string"}},
      "region": {"is": "region"}}}},
  {"method": "GET", "path": "/v0/organizations/{id}/models/{id}/schema/column/{name}"},
  {"method": "PUT", "path": "/v0/organizations/{id}/models/{id}/schema/column/{name}", "body":
    {"type": "object", "required": ["classifier", "dataType", "discreteness"], "members": {
      "classifier": {"type": "string", "nullable": true, "enum": ["input", "output"]},
      "dataType": {"type": "string", "nullable": true,
        "enum": ["integral", "fractional", "bool", "string", "unknown", "null"]},
      "discreteness": {"type": "string", "nullable": true, "enum": ["discrete", "continuous"]},
      "tags": {"type": "array", "nullable": true, "items": {"type": "string"}}}}},
  {"method": "PUT", "path": "/v0/organizations/{id}/models/{id}/schema/metric", "body":
    {"type": "object", "required": ["label", "column"], "members": {
      "label": {"type": "string", "minLength": 1},
      "column": {"type": "string", "minLength": 1},
      "defaultMetric": {"type": "string", "nullable": true},
      "builtinMetric": {"type": "string", "nullable": true}}}}
]})json";

const json &contract()
{
    static const json parsed = json::parse(kContract);
    return parsed;
}

std::regex pathPattern(std::string path)
{
    const auto replace = [&path](const std::string &what, const std::string &by) {
        for (std::size_t at = path.find(what); at != std::string::npos; at = path.find(what))
            path.replace(at, what.size(), by);
    };
    replace("{id}", "[0-9a-zA-Z_-]+");
    replace("{name}", "(?:[0-9a-zA-Z._~-]|%[0-9A-F][0-9A-F])+");
    return std::regex(path);
}

using Violations = std::vector<std::string>;

bool hasType(const json &value, const std::string &type)
{
    return type == "object"    ? value.is_object()
           : type == "array"   ? value.is_array()
           : type == "integer" ? value.is_number_integer()
                               : value.is_string();
}

void checkValue(const json &value, const json &schema, const std::string &where, Violations &found);

void checkObject(const json &value, const json &schema, const std::string &where, Violations &found)
{
    for (const auto &name : schema.at("required")) {
        if (!value.contains(name.get<std::string>()))
            found.push_back(where + " has no " + name.get<std::string>());
    }
    for (const auto &[name, member] : value.items()) {
        const auto known = schema.at("members").find(name);
        if (known == schema.at("members").end())
            found.push_back(where + " has an unknown member " + name);
        else
            checkValue(member, *known, where + "/" + name, found);
    }
}

void checkValue(const json &value, const json &given, const std::string &where, Violations &found)
{
    const json &schema =
        given.contains("is") ? contract().at("types").at(given.at("is").get<std::string>()) : given;
    if (value.is_null() && schema.value("nullable", false))
        return;
    const auto type = schema.at("type").get<std::string>();
    if (!hasType(value, type)) {
        found.push_back(where + " is not of type " + type);
        return;
    }
    if (schema.contains("minimum") && value.get<std::int64_t>() < schema["minimum"])
        found.push_back(where + " is too small");
    if (schema.contains("minLength") && value.get<std::string>().size() < schema["minLength"])
        found.push_back(where + " is too short");
    if (schema.contains("minItems") && value.size() < schema["minItems"])
        found.push_back(where + " has too few items");
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
        found.push_back(where + " is none of what it may be");
    if (type == "object")
        checkObject(value, schema, where, found);
    for (std::size_t i = 0; type == "array" && i < value.size(); ++i)
        checkValue(value[i], schema.at("items"), where + "/" + std::to_string(i), found);
}

void checkHeaders(const ReceivedRequest &request, Violations &found)
{
    static const std::regex key(R"([a-zA-Z0-9]{10}\.[a-zA-Z0-9+\-^!$&@]{53}(:[0-9a-zA-Z_-]+)?)");
    if (!std::regex_match(request.header("x-api-key"), key))
        found.emplace_back("the key is missing, or does not look like one");
    const std::string extension = request.header("x-whylabs-file-extension");
    if (!extension.empty() && extension != "BIN" && extension != "ZIP")
        found.emplace_back("the file extension is none of what it may be");
}

} // namespace

std::vector<std::string> contractViolations(const ReceivedRequest &request)
{
    Violations found;
    for (const json &call : contract().at("calls")) {
        if (call.at("method") != request.method ||
            !std::regex_match(request.target, pathPattern(call.at("path").get<std::string>())))
            continue;
        checkHeaders(request, found);
        if (!call.contains("body")) {
            if (!request.body.empty())
                found.emplace_back("there is a body");
            return found;
        }
        if (!request.header("content-type").starts_with("application/json"))
            found.emplace_back("the body is not said to be JSON");
        const json body = json::parse(request.body, nullptr, false);
        if (body.is_discarded())
            found.emplace_back("the body is no JSON");
        else
            checkValue(body, call.at("body"), "the body", found);
        return found;
    }
    return {"there is no call " + request.method + " " + request.target};
}

} // namespace tepal::test
