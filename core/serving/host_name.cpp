#include "host_name.h"

#include <utility>

// Asio 1.74 uses std::exchange without including its header.
#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>
#include <charconv>

namespace tepal::serving {
namespace {

/// A name may not be longer in the DNS.
constexpr std::size_t kLongest = 255;

char lowered(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool isNameCharacter(char c)
{
    c = lowered(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

/// What stands after the host: nothing, or a colon and a port that may be empty.
bool readPort(std::string_view text, std::optional<std::uint16_t> &port)
{
    if (text.empty())
        return true;
    if (text.front() != ':')
        return false;
    text.remove_prefix(1);
    if (text.empty())
        return true;
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
        return false;
    port = number;
    return true;
}

} // namespace

std::string HostName::text() const
{
    std::string out = v6 ? "[" + name + "]" : name;
    if (port)
        out += ":" + std::to_string(*port);
    return out;
}

std::optional<HostName> parseHostName(std::string_view text)
{
    HostName host;
    std::size_t end = 0;
    if (text.starts_with('[')) {
        end = text.find(']');
        if (end == text.npos)
            return std::nullopt;
        host.name.assign(text.substr(1, end - 1));
        boost::system::error_code error;
        // Zones belong to this machine's links and have no place in a request.
        if (host.name.find('%') != std::string::npos ||
            (boost::asio::ip::make_address_v6(host.name, error), error))
            return std::nullopt;
        host.v6 = true;
        ++end;
    } else {
        end = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), isNameCharacter) -
                                       text.begin());
        host.name.assign(text.substr(0, end));
        if (host.name.ends_with('.'))
            host.name.pop_back();
        // No part of a name is empty, or the same name would be read another way the next time.
        if (host.name.empty() || host.name.size() > kLongest || host.name.front() == '.' ||
            host.name.back() == '.' || host.name.find("..") != std::string::npos)
            return std::nullopt;
    }
    std::transform(host.name.begin(), host.name.end(), host.name.begin(), lowered);
    if (!readPort(text.substr(end), host.port))
        return std::nullopt;
    return host;
}

std::optional<std::string_view> targetAuthority(std::string_view target)
{
    if (target.starts_with('/'))
        return std::nullopt;
    const std::size_t scheme = target.find("://");
    if (scheme == target.npos)
        return std::nullopt;
    const std::string_view rest = target.substr(scheme + 3);
    return rest.substr(0, rest.find_first_of("/?#"));
}

bool isTarget(std::string_view target)
{
    if (target.starts_with('/') || target == "*")
        return true;
    const std::string_view scheme = target.substr(0, target.find("://"));
    const auto is = [&](std::string_view name) {
        return std::equal(scheme.begin(), scheme.end(), name.begin(), name.end(),
                          [](char a, char b) { return lowered(a) == b; });
    };
    return target.size() > scheme.size() && (is("http") || is("https"));
}

} // namespace tepal::serving
