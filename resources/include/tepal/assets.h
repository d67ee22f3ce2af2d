/// Third-party files that are compiled into the programs. No Qt, no I/O; thread-safe.
#pragma once

#include <span>
#include <string_view>

namespace tepal {

/// One file. The views point into the program image and live as long as it.
struct Asset
{
    std::string_view path; ///< Plain file name, e.g. "swagger-ui.css".
    std::string_view bytes;
    std::string_view contentType;
};

/// The API documentation page's files (Swagger UI: style sheet, script, icon, licence texts).
/// Empty in builds without them (TEPAL_WITH_SWAGGER=OFF).
std::span<const Asset> swaggerAssets();

} // namespace tepal
