#include "routes.h"

#include <array>
#include <utility>

namespace tepal::serving {
namespace {

constexpr std::array<std::pair<std::string_view, Route>, 9> kExact{{
    {kPredictPath, Route::Predict},
    {kFramePath, Route::Frame},
    {kLogPath, Route::Log},
    {"/healthz", Route::Healthz},
    {"/livez", Route::Livez},
    {"/readyz", Route::Readyz},
    {"/metrics", Route::Metrics},
    {"/docs.json", Route::Docs},
    {"/", Route::Index},
}};

Route exact(std::string_view path)
{
    for (const auto &[known, route] : kExact) {
        if (path == known)
            return route;
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

std::string_view routeLabel(Route route)
{
    switch (route) {
    case Route::Static:
        return "/static_content/{file}";
    case Route::Other:
        return "other";
    default:
        for (const auto &[path, known] : kExact) {
            if (known == route)
                return path;
        }
        return "other";
    }
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
    if (const std::size_t scheme = target.find("://");
        scheme != std::string_view::npos && !target.starts_with('/')) {
        const std::size_t path = target.find('/', scheme + 3);
        target = path == std::string_view::npos ? "/" : target.substr(path);
    }
    const std::string path = percentDecoded(target.substr(0, target.find_first_of("?#")));
    result.route = exact(path);
    if (result.route != Route::Other)
        return result;
    if (path.starts_with(kStaticPath)) {
        result.route = Route::Static;
        result.asset = path.substr(kStaticPath.size());
        return result;
    }
    if (path + "/" == kStaticPath) {
        result.redirect = kStaticPath;
    } else if (path.size() > 1 && path.ends_with('/') &&
               exact(std::string_view(path).substr(0, path.size() - 1)) != Route::Other) {
        result.redirect = path.substr(0, path.size() - 1);
    }
    return result;
}

} // namespace tepal::serving
