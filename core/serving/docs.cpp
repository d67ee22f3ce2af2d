#include "endpoint.h"

#include <tepal/base/text.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace tepal::serving {

using Json = nlohmann::ordered_json;

namespace {

Json errorResponse(std::string_view name, std::string_view description)
{
    return {{"description", description},
            {"content",
             {{"application/json",
               {{"schema", {{"$ref", fmt::format("#/components/schemas/{}", name)}}}}}}}};
}

Json responses(Json success)
{
    return {{"200", std::move(success)},
            {"400", errorResponse("InvalidArgument", "Bad Request")},
            {"404", errorResponse("NotFound", "Not Found")},
            {"500", errorResponse("InternalServerError", "Internal Server Error")}};
}

Json errorSchema(std::string_view title)
{
    return {{"type", "object"},
            {"title", title},
            {"required", {"msg", "type"}},
            {"properties",
             {{"msg", {{"type", "string"}, {"title", "Message"}}},
              {"type", {{"type", "string"}, {"title", "Error Type"}}}}}};
}

Json infrastructure()
{
    return {{"get",
             {{"tags", {"Infrastructure"}},
              {"responses", {{"200", {{"description", "Successful Response"}}}}}}}};
}

Json predictRoute(const std::string &service, const Model *model)
{
    const std::size_t features = model != nullptr ? model->featureNames().size() : 4;
    Json example = Json::array();
    if (features == 4)
        example = {4.9, 3.0, 1.4, 0.2};
    else
        example = std::vector<double>(features, 1.0);
    return {
        {"tags", {"Service APIs"}},
        {"operationId", service + "__classify"},
        {"x-bentoml-name", "classify"},
        {"summary", "InferenceAPI(NumpyNdarray → Text)"},
        {"consumes", {"application/json"}},
        {"produces", {"text/plain"}},
        {"requestBody",
         {{"required", true},
          {"x-bentoml-io-descriptor",
           {{"id", "bentoml.io.NumpyNdarray"},
            {"args",
             {{"dtype", "float64"},
              {"shape", Json::array({features})},
              {"enforce_dtype", false},
              {"enforce_shape", false}}}}},
          {"content",
           {{"application/json",
             {{"schema", {{"type", "array"}, {"items", {{"type", "number"}}}, {"nullable", true}}},
              {"example", example}}}}}}},
        {"responses",
         responses({{"description", "Successful Response"},
                    {"x-bentoml-io-descriptor", {{"id", "bentoml.io.Text"}}},
                    {"content", {{"text/plain", {{"schema", {{"type", "string"}}}}}}}})}};
}

Json frameRoute(const std::string &service)
{
    const Json descriptor{{"id", "bentoml.io.PandasDataFrame"},
                          {"args",
                           {{"orient", "records"},
                            {"columns", nullptr},
                            {"dtype", "null"},
                            {"shape", nullptr},
                            {"enforce_dtype", false},
                            {"enforce_shape", false},
                            {"default_format", "json"}}}};
    const Json content{
        {"application/json",
         {{"schema", {{"type", "object"}}}, {"example", Json::array({{{"a", 1}, {"b", 2.5}}})}}}};
    return {{"tags", {"Service APIs"}},
            {"operationId", service + "__predict"},
            {"x-bentoml-name", "predict"},
            {"summary", "InferenceAPI(PandasDataFrame → PandasDataFrame)"},
            {"consumes", {"application/json", "text/csv"}},
            {"produces", {"application/json"}},
            {"requestBody",
             {{"required", true}, {"x-bentoml-io-descriptor", descriptor}, {"content", content}}},
            {"responses",
             responses({{"description", "Successful Response"},
                        {"x-bentoml-io-descriptor", descriptor},
                        {"content", {{"application/json", {{"schema", {{"type", "object"}}}}}}}})}};
}

Json logRoute()
{
    const Json example{
        {"datasetId", "model-1"},
        {"timestamp", 1767225600000},
        {"multiple",
         {{"columns", {"age", "plan"}}, {"data", Json::array({{42, "basic"}, {17, "free"}})}}}};
    const Json row{{"type", "object"}};
    const Json schema{{"type", "object"},
                      {"required", {"datasetId"}},
                      {"properties",
                       {{"datasetId", {{"type", "string"}}},
                        {"timestamp",
                         {{"description", "Milliseconds since 1970 or ISO 8601; now when left out"},
                          {"oneOf", Json::array({{{"type", "integer"}}, {{"type", "string"}}})}}},
                        {"single", row},
                        {"multiple", row}}}};
    return {
        {"tags", {"Service APIs"}},
        {"operationId", "log"},
        {"summary", "Records rows of any dataset"},
        {"description", "Give either `single`, one row as an object, or `multiple` with `columns` "
                        "and `data`. Rows "
                        "alone, as lines of JSON objects (`application/x-ndjson`) or as "
                        "`text/csv`, need the dataset "
                        "in the query: `/v1/log?datasetId=orders&timestamp=2026-01-01T00:00:00Z`."},
        {"requestBody",
         {{"required", true},
          {"content", {{"application/json", {{"schema", schema}, {"example", example}}}}}}},
        {"responses",
         responses(
             {{"description", "The number of rows recorded"},
              {"content",
               {{"application/json",
                 {{"schema",
                   {{"type", "object"}, {"properties", {{"rows", {{"type", "integer"}}}}}}}}}}}})}};
}

} // namespace

std::string makeDocs(const ServerOptions &options, const Model *model)
{
    Json docs{
        {"openapi", "3.0.2"},
        {"info",
         {{"title", options.serviceName},
          {"version", "None"},
          {"description", "Serves a model and records every prediction.\n\n"
                          "`curl -H 'Content-Type: application/json' -d '[[4.9, 3.0, 1.4, 0.2]]' "
                          "/v1/models/iris/predict` answers `setosa`."},
          {"contact", {{"name", "tepal"}}}}},
        {"servers", Json::array({{{"url", "."}}})},
        {"tags",
         Json::array({{{"name", "Service APIs"}, {"description", "Predictions and logging"}},
                      {{"name", "Infrastructure"}, {"description", "Health and metrics"}}})},
        {"paths", Json::object()},
        {"components",
         {{"schemas",
           {{"InvalidArgument", errorSchema("InvalidArgument")},
            {"NotFound", errorSchema("NotFound")},
            {"InternalServerError", errorSchema("InternalServerError")}}}}}};
    Json &paths = docs["paths"];
    for (const char *path : {"/healthz", "/livez", "/readyz", "/metrics"})
        paths[path] = infrastructure();
    paths[std::string(kPredictPath)]["post"] = predictRoute(options.serviceName, model);
    paths[std::string(kFramePath)]["post"] = frameRoute(options.serviceName);
    paths[std::string(kLogPath)]["post"] = logRoute();
    return docs.dump();
}

std::string makeIndexPage(const ServerOptions &options)
{
    std::string title;
    for (const char c : options.serviceName) {
        if (c == '<' || c == '>' || c == '&')
            title += fmt::format("&#{};", static_cast<int>(c));
        else
            title.push_back(c);
    }
    return fmt::format(R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{0}</title>
<link rel="icon" type="image/png" href="./static_content/favicon-32x32.png">
<link rel="stylesheet" href="./static_content/swagger-ui.css">
<style>body {{ margin: 0; font-family: sans-serif }} #plain {{ margin: 2em }}</style>
</head>
<body>
<div id="ui"></div>
<div id="plain">
<h1>{0}</h1>
<p>Routes: <code>POST {1}</code>, <code>POST {2}</code>, <code>POST {3}</code>,
<a href="./healthz">healthz</a>, <a href="./readyz">readyz</a>, <a href="./metrics">metrics</a>,
<a href="./docs.json">docs.json</a></p>
</div>
<script src="./static_content/swagger-ui-bundle.js"></script>
<script>
if (window.SwaggerUIBundle) {{
  document.getElementById("plain").hidden = true;
  SwaggerUIBundle({{ url: "./docs.json", dom_id: "#ui", deepLinking: true, validatorUrl: null }});
}}
</script>
</body>
</html>
)",
                       title, kPredictPath, kFramePath, kLogPath);
}

std::string httpDate(TimeMs time)
{
    static constexpr std::string_view kDays[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const CivilTime civil = toCivil(time);
    const auto day = static_cast<std::size_t>((time / kDayMs % 7 + 7) % 7);
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[day], civil.day,
                       kMonths[civil.month - 1], civil.year, civil.hour, civil.minute,
                       civil.second);
}

void RefusedHosts::add(std::string_view host)
{
    constexpr std::size_t kMost = 8;
    constexpr std::size_t kLongest = 64;
    const std::string name(utf8Prefix(host, kLongest));
    const std::lock_guard guard(m_mutex);
    if (m_names.size() < kMost && std::find(m_names.begin(), m_names.end(), name) == m_names.end())
        m_names.push_back(name);
}

std::vector<std::string> RefusedHosts::names() const
{
    const std::lock_guard guard(m_mutex);
    return m_names;
}

void Endpoint::setModel(std::shared_ptr<const Model> next)
{
    auto page = std::make_shared<const std::string>(makeDocs(options, next.get()));
    const std::lock_guard guard(modelMutex);
    model = std::move(next);
    docs = std::move(page);
    modelGeneration.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const std::string> Endpoint::currentDocs() const
{
    const std::lock_guard guard(modelMutex);
    return docs;
}

std::string Endpoint::etag(std::string_view name, std::string_view bytes)
{
    // An asset is compiled in, so its name and address stand for its bytes.
    const std::string key = fmt::format("{}@{}", name, static_cast<const void *>(bytes.data()));
    const std::lock_guard guard(etagMutex);
    auto &known = etags[key];
    if (known.empty()) {
        std::uint64_t hash = 0xCBF29CE484222325ull; // FNV-1a
        for (const char c : bytes)
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
        known = fmt::format("\"{:016x}-{:x}\"", hash, bytes.size());
    }
    return known;
}

} // namespace tepal::serving
