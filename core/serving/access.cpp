#include "access.h"

#include "host_name.h"

#include <algorithm>
#include <utility>

// Asio 1.74 uses std::exchange without including its header.
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/host_name.hpp>

namespace tepal::serving {
namespace {

std::string lowered(std::string_view text)
{
    std::string out(text);
    for (char &c : out) {
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

bool isAddress(const std::string &name)
{
    boost::system::error_code error;
    boost::asio::ip::make_address(name, error);
    return !error;
}

/// As nearly every client of a local endpoint writes it.
bool isLoopbackAddress(std::string_view host)
{
    constexpr std::string_view kLoopback = "127.0.0.1";
    constexpr std::size_t kPortDigits = 4; // with five it may be no port at all
    if (!host.starts_with(kLoopback))
        return false;
    host.remove_prefix(kLoopback.size());
    return host.empty() ||
           (host.front() == ':' && host.size() <= kPortDigits + 1 &&
            std::all_of(host.begin() + 1, host.end(), [](char c) { return c >= '0' && c <= '9'; }));
}

std::uint16_t defaultPort(std::string_view scheme)
{
    return scheme == "https" ? 443 : 80;
}

} // namespace

AccessRules::AccessRules(std::string boundHost, bool loopback, std::vector<std::string> hosts,
                         std::vector<std::string> origins)
    : m_loopback(loopback)
{
    const auto bound = parseHostName(boundHost);
    m_boundHost = bound ? bound->name : lowered(boundHost); // an IPv6 address without brackets
    for (const std::string &host : hosts)
        if (const auto parsed = parseHostName(host))
            m_hosts.push_back(parsed->name);
    for (const std::string &origin : origins)
        m_origins.push_back(lowered(origin));
    if (!loopback) {
        boost::system::error_code error;
        const std::string own = boost::asio::ip::host_name(error);
        if (!error)
            m_hosts.push_back(lowered(own));
    }
}

HostVerdict AccessRules::judge(std::string_view host) const
{
    if (isLoopbackAddress(host)) [[likely]]
        return HostVerdict::Allowed;
    const auto parsed = parseHostName(host);
    if (!parsed)
        return HostVerdict::Malformed;
    const std::string &name = parsed->name;
    if (name == "localhost" || name == "127.0.0.1" || name == "::1" || name == m_boundHost)
        return HostVerdict::Allowed;
    // Rebinding needs a name; an address in the header is one the client really dialled.
    if (!m_loopback && isAddress(name))
        return HostVerdict::Allowed;
    return std::find(m_hosts.begin(), m_hosts.end(), name) != m_hosts.end() ? HostVerdict::Allowed
                                                                            : HostVerdict::Foreign;
}

bool AccessRules::originAllowed(std::string_view origin) const
{
    return std::find(m_origins.begin(), m_origins.end(), lowered(origin)) != m_origins.end();
}

bool AccessRules::sameOrigin(std::string_view origin, std::string_view host)
{
    const std::string text = lowered(origin);
    const std::size_t colon = text.find("://");
    if (colon == text.npos)
        return false;
    const std::string_view scheme = std::string_view(text).substr(0, colon);
    const auto theirs = parseHostName(std::string_view(text).substr(colon + 3));
    const auto ours = parseHostName(host);
    return theirs && ours && (scheme == "http" || scheme == "https") &&
           theirs->name == ours->name &&
           theirs->port.value_or(defaultPort(scheme)) == ours->port.value_or(defaultPort(scheme));
}

} // namespace tepal::serving
