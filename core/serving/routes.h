/// The routes, and turning a request target into one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tepal::serving {

/// Order is that of the counters; Other comes last.
enum class Route : std::uint8_t {
    Predict,
    Frame,
    Log,
    Healthz,
    Livez,
    Readyz,
    Metrics,
    Docs,
    Index,
    Static,
    Other,
};
inline constexpr std::size_t kRoutes = 11;

inline constexpr std::string_view kPredictPath = "/v1/models/iris/predict";
inline constexpr std::string_view kFramePath = "/v1/models/custom_model/predict";
inline constexpr std::string_view kLogPath = "/v1/log";
inline constexpr std::string_view kStaticPath = "/static_content/";

/// The route's name in metrics: its path or template.
std::string_view routeLabel(Route route);
constexpr bool isApi(Route route)
{
    return route <= Route::Log;
}

struct Resolved
{
    Route route = Route::Other;
    /// The other spelling, with or without the last slash, when only that one exists.
    std::string redirect;
    std::string asset; ///< Path below /static_content/.
};
/// `target` as it stands in the request line: origin form, absolute form or `*`.
Resolved resolve(std::string_view target);

} // namespace tepal::serving
