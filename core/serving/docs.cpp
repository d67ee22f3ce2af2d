#include "endpoint.h"
#include "model_forms.h"

#include <tepal/base/hash.h>
#include <tepal/base/text.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace tepal::serving {

using Json = nlohmann::ordered_json;

namespace {

constexpr const char *kRecorded =
    "A real request, also when it is sent from this page: the rows and their answers are recorded.";

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

/// What a call is named by pages and by clients that are made from the document, and what it says.
void tell(Json &call, const RouteRow &row)
{
    call["operationId"] = row.id;
    call["summary"] = row.summary;
}

/// What a path's placeholders stand for.
Json parametersOf(std::string_view path, const ModelTag &served)
{
    Json parameters = Json::array();
    for (const auto &[name, text, example] :
         {std::tuple{"model", "Its name in the store, or name:version", served.name},
          {"version", "Of the model", served.version}}) {
        if (path.find(fmt::format("{{{}}}", name)) == path.npos)
            continue;
        parameters.push_back({{"name", name},
                              {"in", "path"},
                              {"required", true},
                              {"description", text},
                              {"schema", {{"type", "string"}}}});
        if (!example.empty())
            parameters.back()["example"] = example;
    }
    return parameters;
}

Json explainParameter()
{
    return {{"name", "explain"},
            {"in", "query"},
            {"required", false},
            {"description",
             "1: JSON with the answer, the effect of each feature on it (what it changes when the "
             "value is replaced by the reference's median or most frequent value) and, of nearest "
             "neighbours, the rows that voted. Nothing is recorded."},
            {"schema", {{"type", "string"}, {"enum", {"1", "0"}}}}};
}

Json infrastructure(const RouteRow &row, const ModelTag &served)
{
    Json get{{"tags", {"Infrastructure"}},
             {"responses", {{"200", {{"description", "Successful Response"}}}}}};
    tell(get, row);
    if (Json parameters = parametersOf(row.path, served); !parameters.empty())
        get["parameters"] = std::move(parameters);
    return {{"get", std::move(get)}};
}

/// The flower that every example in the world is about keeps its example.
bool isIris(const Model *model)
{
    return model == nullptr || model->name() == "iris_knn";
}

constexpr std::string_view kIrisSample = "[[4.9, 3.0, 1.4, 0.2]]";

/// The same row in the form that a route's clients send.
Json exampleOf(Route route, const Model *model)
{
    Json rows =
        Json::parse(isIris(model) ? std::string(kIrisSample) : sampleRow(model->signature()));
    switch (route) {
    case Route::NamedInstances:
        return {{"instances", std::move(rows)}};
    case Route::Invocations:
        return {{"inputs", std::move(rows)}};
    case Route::V2Infer:
    case Route::V2VersionInfer:
        break;
    default:
        return rows;
    }
    Json inputs = Json::array();
    if (isIris(model) || model->signature().isPlain()) {
        inputs.push_back({{"name", "input"},
                          {"shape", {1, rows[0].size()}},
                          {"datatype", "FP64"},
                          {"data", rows[0]}});
        return {{"inputs", std::move(inputs)}};
    }
    const std::vector<Feature> &features = model->signature().features;
    for (std::size_t i = 0; i < features.size(); ++i)
        inputs.push_back({{"name", features[i].name},
                          {"shape", {1, 1}},
                          {"datatype", v2TypeName(features[i])},
                          {"data", Json::array({rows[0][i]})}});
    return {{"inputs", std::move(inputs)}};
}

/// A model of the store in one of the forms that clients know.
Json namedRoute(const RouteRow &row, const Model *model, const ModelTag &served)
{
    const bool text = row.route == Route::NamedPredict;
    const Json content{{text ? "text/plain" : "application/json",
                        {{"schema", {{"type", text ? "string" : "object"}}}}}};
    const Json asked{{"application/json",
                      {{"schema", Json::object()}, {"example", exampleOf(row.route, model)}}}};
    Json post{
        {"tags", {"Service APIs"}},
        {"description", kRecorded},
        {"requestBody", {{"required", true}, {"content", asked}}},
        {"responses", responses({{"description", "Successful Response"}, {"content", content}})}};
    tell(post, row);
    Json parameters = parametersOf(row.path, served);
    if (canExplain(row.route))
        parameters.push_back(explainParameter());
    if (!parameters.empty())
        post["parameters"] = std::move(parameters);
    return {{"post", std::move(post)}};
}

/// One value of a feature in JSON's words.
Json featureSchema(const Feature &feature)
{
    Json schema{{"title", feature.name},
                {"type", feature.type == FeatureType::Text      ? "string"
                         : feature.type == FeatureType::Integer ? "integer"
                                                                : "number"}};
    if (feature.missing)
        schema["nullable"] = true;
    if (!feature.categories.empty() && !feature.unknownIsMissing &&
        feature.type == FeatureType::Text)
        schema["enum"] = feature.categories;
    return schema;
}

/// A row in the model's order, or by names.
Json rowSchema(const Model *model)
{
    constexpr std::size_t kMostNamed = 200;
    if (isIris(model))
        return {{"type", "array"}, {"items", {{"type", "number"}}}, {"nullable", true}};
    const Signature &signature = model->signature();
    Json items = Json::object();
    if (signature.isPlain())
        items = {{"type", "number"}, {"nullable", signature.allowsMissing()}};
    const Json array{{"type", "array"}, {"items", std::move(items)}};
    if (signature.features.size() > kMostNamed)
        return array;
    Json properties = Json::object();
    for (const Feature &feature : signature.features)
        properties[feature.name] = featureSchema(feature);
    const Json object{{"type", "object"},
                      {"required", model->featureNames()},
                      {"properties", std::move(properties)}};
    return {{"oneOf", Json::array({array, object})}};
}

std::string rowDescription(const Model &model)
{
    constexpr std::size_t kMost = 100;
    const Signature &signature = model.signature();
    std::string text = fmt::format("One row, in this order or as an object by names, for {}:\n",
                                   taskName(signature.task));
    for (std::size_t i = 0; i < std::min(kMost, signature.features.size()); ++i) {
        const Feature &feature = signature.features[i];
        text += fmt::format("\n{}. {} ({}{})", i + 1, feature.name, featureTypeName(feature.type),
                            feature.missing ? ", may be null" : "");
    }
    if (signature.features.size() > kMost)
        text += fmt::format("\n… and {} more", signature.features.size() - kMost);
    return text;
}

Json predictRoute(const std::string &service, const Model *model)
{
    const std::size_t features = model != nullptr ? model->signature().features.size() : 4;
    Json example =
        isIris(model) ? Json{4.9, 3.0, 1.4, 0.2} : Json::parse(sampleRow(model->signature()))[0];
    const std::size_t targets = model != nullptr ? model->signature().targets() : 0;
    const std::string answers = targets == 0 ? std::string("Successful Response")
                                : targets == 1
                                    ? std::string("The number")
                                    : fmt::format("The numbers, as a JSON array: {}",
                                                  fmt::join(model->signature().outputs, ", "));
    Json content{{"schema", rowSchema(model)}, {"example", std::move(example)}};
    Json answered{{"type", "string"}};
    if (model != nullptr && !model->classNames().empty() && !isIris(model))
        answered["enum"] = model->classNames();
    Json body{{"required", true},
              {"x-bentoml-io-descriptor",
               {{"id", "bentoml.io.NumpyNdarray"},
                {"args",
                 {{"dtype", "float64"},
                  {"shape", Json::array({features})},
                  {"enforce_dtype", false},
                  {"enforce_shape", false}}}}},
              {"content", {{"application/json", std::move(content)}}}};
    if (!isIris(model))
        body["description"] = rowDescription(*model);
    return {{"tags", {"Service APIs"}},
            {"operationId", service + "__classify"},
            {"x-bentoml-name", "classify"},
            {"summary", "InferenceAPI(NumpyNdarray → Text)"},
            {"description", kRecorded},
            {"parameters", Json::array({explainParameter()})},
            {"requestBody", std::move(body)},
            {"responses",
             responses({{"description", answers},
                        {"x-bentoml-io-descriptor", {{"id", "bentoml.io.Text"}}},
                        {"content", {{"text/plain", {{"schema", std::move(answered)}}}}}})}};
}

/// What the page says first.
std::string introduction(const Model *model)
{
    std::string text = "Serves a model and records every prediction.\n\n";
    if (isIris(model))
        return text + fmt::format("`curl -H 'Content-Type: application/json' -d '{}' {}` answers "
                                  "`setosa`.",
                                  kIrisSample, kPredictPath);
    return text + fmt::format("`{}`", sampleRequest(model->signature(), kPredictPath));
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
            {"description", kRecorded},
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

std::string makeDocs(const ServerOptions &options, const Model *model, const ModelTag &served)
{
    Json docs{{"openapi", "3.0.2"},
              {"info",
               {{"title", options.serviceName},
                {"version", "None"},
                {"description", introduction(model)},
                {"contact", {{"name", "tepal"}}}}},
              {"servers", Json::array({{{"url", "."}}})},
              {"tags",
               Json::array(
                   {{{"name", "Service APIs"}, {"description", "Predictions and logging"}},
                    {{"name", "Infrastructure"}, {"description", "Models, health and metrics"}}})},
              {"paths", Json::object()},
              {"components",
               {{"schemas",
                 {{"InvalidArgument", errorSchema("InvalidArgument")},
                  {"NotFound", errorSchema("NotFound")},
                  {"InternalServerError", errorSchema("InternalServerError")}}}}}};
    Json &paths = docs["paths"];
    for (const RouteRow &row : routeTable()) {
        if (row.route != Route::Index && row.route != Route::Static && row.route != Route::Docs)
            paths[std::string(row.path)] =
                row.posted ? namedRoute(row, model, served) : infrastructure(row, served);
    }
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
<style>
body {{ margin: 0; font-family: sans-serif }} #plain {{ margin: 2em }}
#ui .scheme-container, #ui .info .title small:not(.version-stamp) {{ display: none }}
#ui .info {{ margin-bottom: 1em }} #ui .info code {{ overflow-wrap: anywhere }}
</style>
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
  const whole = () => document.querySelectorAll("#ui .info code").forEach((line) => {{
    const at = line.textContent.lastIndexOf(" /");
    if (at > 0) line.textContent = line.textContent.slice(0, at + 1) +
      new URL("." + line.textContent.slice(at + 1), document.baseURI).href;
  }});
  SwaggerUIBundle({{ url: "./docs.json", dom_id: "#ui", deepLinking: true, validatorUrl: null,
                     defaultModelsExpandDepth: 0, onComplete: whole }});
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

void Endpoint::setModel(std::shared_ptr<const Model> next, ModelTag tag)
{
    auto page = std::make_shared<const std::string>(makeDocs(options, next.get(), tag));
    const std::lock_guard guard(modelMutex);
    model = std::move(next);
    modelTag = std::move(tag);
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
        known = fmt::format("\"{:016x}-{:x}\"", fnv1a(bytes), bytes.size());
    }
    return known;
}

} // namespace tepal::serving
