#include <tepal/assets.h>

#ifdef TEPAL_WITH_SWAGGER
#include <array>

#define TEPAL_EMBEDDED(name)                                                                       \
    extern "C" const unsigned char name##_begin[];                                                 \
    extern "C" const unsigned long long name##_size

TEPAL_EMBEDDED(tepal_swagger_css);
TEPAL_EMBEDDED(tepal_swagger_bundle);
TEPAL_EMBEDDED(tepal_swagger_icon);
TEPAL_EMBEDDED(tepal_swagger_license);
TEPAL_EMBEDDED(tepal_swagger_notice);
TEPAL_EMBEDDED(tepal_swagger_bundle_license);
#endif

namespace tepal {

#ifdef TEPAL_WITH_SWAGGER

namespace {

std::string_view view(const unsigned char *begin, unsigned long long size)
{
    return {reinterpret_cast<const char *>(begin), static_cast<std::size_t>(size)};
}

} // namespace

std::span<const Asset> swaggerAssets()
{
    constexpr std::string_view plain = "text/plain; charset=utf-8";
    static const std::array<Asset, 6> assets{{
        {"swagger-ui.css", view(tepal_swagger_css_begin, tepal_swagger_css_size),
         "text/css; charset=utf-8"},
        {"swagger-ui-bundle.js", view(tepal_swagger_bundle_begin, tepal_swagger_bundle_size),
         "text/javascript; charset=utf-8"},
        {"favicon-32x32.png", view(tepal_swagger_icon_begin, tepal_swagger_icon_size), "image/png"},
        {"LICENSE", view(tepal_swagger_license_begin, tepal_swagger_license_size), plain},
        {"NOTICE", view(tepal_swagger_notice_begin, tepal_swagger_notice_size), plain},
        {"swagger-ui-bundle.js.LICENSE.txt",
         view(tepal_swagger_bundle_license_begin, tepal_swagger_bundle_license_size), plain},
    }};
    return assets;
}

#else

std::span<const Asset> swaggerAssets()
{
    return {};
}

#endif

} // namespace tepal
