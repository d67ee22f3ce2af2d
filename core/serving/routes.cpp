#include "routes.h"

#include "host_name.h"

#include <algorithm>
#include <array>

namespace tepal::serving {
namespace {

constexpr std::array<RouteRow, kRoutes - 1> kTable{{
    {Route::Predict, kPredictPath, true},
    {Route::Frame, kFramePath, true},
    {Route::Log, kLogPath, true},
    {Route::NamedPredict, "/v1/models/{model}/predict", true, "predict_by_name",
     "One row for any model of the store"},
    {Route::NamedBatch, "/v1/models/{model}/batch", true, "batch",
     "Any number of rows, an answer for each"},
    {Route::NamedInstances, "/v1/models/{model}:predict", true, "instances",
     "The same as KServe's V1 protocol has it: {\"instances\": […]}"},
    {Route::V2Infer, "/v2/models/{model}/infer", true, "infer",
     "The Open Inference Protocol (V2): {\"inputs\": […]}"},
    {Route::V2VersionInfer, "/v2/models/{model}/versions/{version}/infer", true, "infer_version",
     "The same for one version of a model"},
    {Route::Invocations, "/invocations", true, "invocations",
     "MLflow's form, for the model of the predict route"},
    {Route::Models, "/v1/models", false, "models", "The models of the store"},
    {Route::ModelStatus, "/v1/models/{model}", false, "model", "Whether a model can be asked"},
    {Route::V2Server, "/v2", false, "v2_server",
     "What the server is called and which extensions it knows"},
    {Route::V2Live, "/v2/health/live", false, "v2_live", "Whether it runs"},
    {Route::V2Ready, "/v2/health/ready", false, "v2_ready", "Whether it can answer"},
    {Route::V2Model, "/v2/models/{model}", false, "v2_model",
     "A model's versions, inputs and outputs"},
    {Route::V2Version, "/v2/models/{model}/versions/{version}", false, "v2_version",
     "The same for one version of a model"},
    {Route::V2ModelReady, "/v2/models/{model}/ready", false, "v2_model_ready",
     "Whether a model can be asked"},
    {Route::V2VersionReady, "/v2/models/{model}/versions/{version}/ready", false,
     "v2_version_ready", "Whether a version of a model can be asked"},
    {Route::Healthz, "/healthz", false, "healthz", "Whether it runs"},
    {Route::Livez, "/livez", false, "livez", "Whether it runs"},
    {Route::Readyz, "/readyz", false, "readyz", "Whether it can answer"},
    {Route::Ping, "/ping", false, "ping", "Whether it runs, as MLflow's clients ask"},
    {Route::Health, "/health", false, "health", "Whether it runs, as MLflow's clients ask"},
    {Route::Version, "/version", false, "version", "Which version of tepal this is"},
    {Route::Metrics, "/metrics", false, "metrics", "Counts and times for Prometheus"},
    {Route::Docs, "/docs.json", false},
    {Route::Index, "/", false},
    {Route::Static, "/static_content/{file}", false},
}};

std::string_view partOf(std::string_view &path)
{
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(end);
    return part;
}

/// Part by part; what stands for a placeholder is noted.
bool matches(std::string_view pattern, std::string_view path, Resolved &result)
{
    constexpr std::string_view kModel = "/{model}";
    constexpr std::string_view kVersion = "/{version}";
    while (!pattern.empty() && !path.empty()) {
        const std::string_view wanted = partOf(pattern);
        std::string_view part = partOf(path);
        if (wanted == part)
            continue;
        const bool model = wanted.starts_with(kModel);
        if (!model && wanted != kVersion)
            return false;
        const std::string_view end = model ? wanted.substr(kModel.size()) : std::string_view();
        if (!part.ends_with(end) || part.size() <= end.size() + 1)
            return false;
        (model ? result.model : result.version) = part.substr(1, part.size() - end.size() - 1);
    }
    return pattern.empty() && path.empty();
}

/// Paths as they are before those with placeholders.
Route find(std::string_view path, Resolved &result)
{
    for (const RouteRow &row : kTable) {
        if (path == row.path)
            return row.route;
    }
    for (const RouteRow &row : kTable) {
        if (row.path.find('{') == row.path.npos || row.route == Route::Static)
            continue;
        result.model.clear();
        result.version.clear();
        if (matches(row.path, path, result))
            return row.route;
    }
    return Route::Other;
}

int hexDigit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

std::string percentDecoded(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hexDigit(text[i + 1]) >= 0 &&
            hexDigit(text[i + 2]) >= 0) {
            out.push_back(static_cast<char>(hexDigit(text[i + 1]) * 16 + hexDigit(text[i + 2])));
            i += 2;
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

} // namespace

std::span<const RouteRow> routeTable()
{
    return kTable;
}

std::string_view routeLabel(Route route)
{
    return route == Route::Other ? "other" : kTable[static_cast<std::size_t>(route)].path;
}

std::optional<bool> wantsExplanation(std::string_view target)
{
    constexpr std::string_view kKey = "explain";
    const std::size_t question = target.find('?');
    if (question == target.npos) [[likely]]
        return false;
    std::string_view query = target.substr(question + 1);
    query = query.substr(0, query.find('#'));
    bool wanted = false;
    while (!query.empty()) {
        const std::string_view part = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(part.size() + 1, query.size()));
        const std::size_t equals = std::min(part.find('='), part.size());
        if (part.substr(0, equals) != kKey)
            continue;
        const std::string_view value = part.substr(equals);
        if (value.empty() || value == "=1" || value == "=true")
            wanted = true;
        else if (value == "=0" || value == "=false")
            wanted = false;
        else
            return std::nullopt;
    }
    return wanted;
}

Resolved resolve(std::string_view target)
{
    Resolved result;
    // The two that matter for speed, as clients write them.
    if (target == kPredictPath) {
        result.route = Route::Predict;
        return result;
    }
    if (target == kLogPath) {
        result.route = Route::Log;
        return result;
    }
    if (const auto authority = targetAuthority(target))
        target.remove_prefix(
            static_cast<std::size_t>(authority->data() + authority->size() - target.data()));
    target = target.substr(0, target.find('#'));
    std::string_view written = target.substr(0, target.find('?'));
    const std::string_view query = target.substr(written.size());
    if (written.empty())
        written = "/"; // http://localhost, http://localhost?x
    const std::string path = percentDecoded(written);
    result.route = find(path, result);
    if (result.route != Route::Other)
        return result;
    if (path.starts_with(kStaticPath)) {
        result.route = Route::Static;
        result.asset = path.substr(kStaticPath.size());
        return result;
    }
    if (path + "/" == kStaticPath) {
        result.redirect = std::string(written) + "/" + std::string(query);
    } else if (Resolved other;
               path.size() > 1 && path.ends_with('/') &&
               find(std::string_view(path).substr(0, path.size() - 1), other) != Route::Other) {
        // The slash may have been written as %2F.
        written.remove_suffix(written.ends_with('/') ? 1 : 3);
        result.redirect = std::string(written) + std::string(query);
    }
    return result;
}

} // namespace tepal::serving
