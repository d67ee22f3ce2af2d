#include "access.h"

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

/// `[::1]:3000` → `::1`, `localhost:3000` → `localhost`. Empty when it is no host.
std::string hostName(std::string_view value)
{
    if (value.starts_with('[')) {
        const std::size_t end = value.find(']');
        return end == std::string_view::npos ? std::string() : lowered(value.substr(1, end - 1));
    }
    std::string name = lowered(value.substr(0, value.find(':')));
    if (name.ends_with('.'))
        name.pop_back();
    return name;
}

bool isAddress(const std::string &name)
{
    boost::system::error_code error;
    boost::asio::ip::make_address(name, error);
    return !error;
}

} // namespace

AccessRules::AccessRules(std::string boundHost, bool loopback, std::vector<std::string> hosts,
                         std::vector<std::string> origins)
    : m_boundHost(lowered(boundHost))
    , m_loopback(loopback)
{
    for (const std::string &host : hosts)
        m_hosts.push_back(hostName(host));
    for (const std::string &origin : origins)
        m_origins.push_back(lowered(origin));
    if (!loopback) {
        boost::system::error_code error;
        const std::string own = boost::asio::ip::host_name(error);
        if (!error)
            m_hosts.push_back(lowered(own));
    }
}

bool AccessRules::hostAllowed(std::string_view host) const
{
    if (host.starts_with("127.0.0.1") && (host.size() == 9 || host[9] == ':'))
        return true;
    const std::string name = hostName(host);
    if (name == "localhost" || name == "127.0.0.1" || name == "::1" || name == m_boundHost)
        return true;
    // Rebinding needs a name; an address in the header is one the client really dialled.
    if (!m_loopback && isAddress(name))
        return true;
    return std::find(m_hosts.begin(), m_hosts.end(), name) != m_hosts.end();
}

bool AccessRules::originAllowed(std::string_view origin) const
{
    return std::find(m_origins.begin(), m_origins.end(), lowered(origin)) != m_origins.end();
}

bool AccessRules::sameOrigin(std::string_view origin, std::string_view host)
{
    return !host.empty() && lowered(origin) == "http://" + lowered(host);
}

} // namespace tepal::serving
