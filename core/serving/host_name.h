/// The one reading of "host[:port]", for the Host header, absolute targets and redirects alike. Two
/// readings would be two opinions on whom a request is for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tepal::serving {

struct HostName
{
    std::string name; ///< Lower case, without brackets and without the final dot.
    std::optional<std::uint16_t> port;
    bool v6 = false; ///< Stood in brackets.

    /// As it is written in an address: `[::1]:3000`.
    std::string text() const;
};

/// RFC 3986, 3.2 without user information: a name of letters, digits, `-`, `.` and `_`, an IPv4
/// address, or an IPv6 address in brackets, and a port that may be left empty. Nothing for all
/// else.
std::optional<HostName> parseHostName(std::string_view text);

/// The authority of a target in absolute form, `http://host:port/path`; nothing for other targets.
std::optional<std::string_view> targetAuthority(std::string_view target);

/// Whether a target is a path, `*`, or an address with `http://` or `https://`: what else a target
/// can be asks for a proxy.
bool isTarget(std::string_view target);

} // namespace tepal::serving
