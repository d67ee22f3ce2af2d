/// The routes, and turning a request target into one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tepal::serving {

/// Order is that of the counters and of the table; Other comes last.
enum class Route : std::uint8_t {
    Predict,
    Frame,
    Log,
    // A model of the store by its name.
    NamedPredict,
    NamedBatch,
    NamedInstances, ///< KServe's V1
    V2Infer,
    V2VersionInfer,
    Invocations, ///< MLflow's
    // Reading only.
    Models,
    ModelStatus,
    V2Server,
    V2Live,
    V2Ready,
    V2Model,
    V2Version,
    V2ModelReady,
    V2VersionReady,
    Healthz,
    Livez,
    Readyz,
    Ping,
    Health,
    Version,
    Metrics,
    Docs,
    Index,
    Static,
    Other,
};
inline constexpr std::size_t kRoutes = 29;

struct RouteRow
{
    Route route;
    /// `{model}` stands for a name with or without a version, `{version}` for that alone; one part
    /// of the path each.
    std::string_view path;
    bool posted; ///< POST, else GET and HEAD.
    /// In OpenAPI: what pages and made clients call it by, and what it says. Empty for what is
    /// described apart or not at all.
    std::string_view id = {};
    std::string_view summary = {};
};
/// One row for every route but Other.
std::span<const RouteRow> routeTable();

inline constexpr std::string_view kPredictPath = "/v1/models/iris/predict";
inline constexpr std::string_view kFramePath = "/v1/models/custom_model/predict";
inline constexpr std::string_view kLogPath = "/v1/log";
inline constexpr std::string_view kStaticPath = "/static_content/";

/// The route's name in metrics: its path or template.
std::string_view routeLabel(Route route);
/// Rows come in, answers go out.
constexpr bool isApi(Route route)
{
    return route <= Route::Invocations;
}
/// Of a model of the store: Resolved::model says which.
constexpr bool isNamed(Route route)
{
    return (route >= Route::NamedPredict && route <= Route::V2VersionInfer) ||
           route == Route::ModelStatus ||
           (route >= Route::V2Model && route <= Route::V2VersionReady);
}

/// What whoever watches over the program asks, with no right to anything else.
constexpr bool isHealth(Route route)
{
    return route == Route::Healthz || route == Route::Livez || route == Route::Readyz ||
           route == Route::Ping || route == Route::Health || route == Route::V2Live ||
           route == Route::V2Ready;
}
/// One answer to one row, which can be explained.
constexpr bool canExplain(Route route)
{
    return route == Route::Predict || route == Route::NamedPredict;
}
/// Whether the query of a target asks for an explanation: `explain`, `explain=1` or `=true`; no for
/// `=0` and `=false`; nothing for what is neither.
std::optional<bool> wantsExplanation(std::string_view target);

struct Resolved
{
    Route route = Route::Other;
    /// The other spelling, with or without the last slash, when only that one exists: as it was
    /// written, with its query, so that nothing is in it that was not in a request line.
    std::string redirect;
    std::string asset; ///< Path below /static_content/.
    std::string model; ///< As it stands in the path.
    std::string version;
};
/// `target` as it stands in the request line: origin form, absolute form or `*`.
Resolved resolve(std::string_view target);

} // namespace tepal::serving
