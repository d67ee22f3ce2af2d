/// Who may call: the Host header against DNS rebinding, the Origin header against foreign pages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tepal::serving {

enum class HostVerdict : std::uint8_t { Allowed, Foreign, Malformed };

/// Immutable once set up; thread-safe.
class AccessRules
{
public:
    AccessRules() = default;
    AccessRules(std::string boundHost, bool loopback, std::vector<std::string> hosts,
                std::vector<std::string> origins);

    /// `host` is what names the server in a request, with or without a port.
    HostVerdict judge(std::string_view host) const;
    /// Whether a page of this origin is one that is allowed by option.
    bool originAllowed(std::string_view origin) const;
    /// Whether the origin is this endpoint itself, as the request names it.
    static bool sameOrigin(std::string_view origin, std::string_view host);
    bool corsEnabled() const { return !m_origins.empty(); }

private:
    std::string m_boundHost;
    bool m_loopback = true;
    std::vector<std::string> m_hosts;
    std::vector<std::string> m_origins;
};

} // namespace tepal::serving
