#include <tepal/base/version.h>

#include <fmt/format.h>

namespace tepal {

std::string_view version()
{
    return TEPAL_VERSION;
}

std::string versionText(std::string_view commit)
{
    return commit.empty() ? std::string(version()) : fmt::format("{} ({})", version(), commit);
}

std::string userAgent()
{
    return fmt::format("tepal/{}", version());
}

} // namespace tepal
