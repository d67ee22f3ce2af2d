/// Why a request was turned away. Each is counted, so that whoever is refused can find out: a
/// mirror that never looks at answers, a service whose rows do not come.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

enum class Refusal : std::uint8_t {
    None,
    Malformed,      ///< No HTTP that can be answered.
    ForeignHost,    ///< Host names another machine.
    ForeignOrigin,  ///< Sent by a page of another origin.
    HeaderTooLarge, ///< Request line and header fields.
    BodyTooLarge,   ///< As it came, or unpacked.
    Encoding,       ///< A content encoding that is not read, or a body damaged in it.
    Slow,           ///< It did not arrive in time.
    Connections,    ///< As many connections as may be open were in use.
    Busy,           ///< As many requests as may be answered at once were in work.
    NoModel,        ///< Nothing is served at the predict route.
    NotRecorded,    ///< The journal could not take its rows.
    Unreadable,     ///< What the body means, or does not.
    NoToken,        ///< Without the token that is needed, or with another.
    Handshake,      ///< TLS did not come about: another protocol, or no common ground.
};
inline constexpr std::size_t kRefusals = 15;

/// One row of the table of refusals. Texts have static storage.
struct RefusalRow
{
    Refusal reason;
    std::string_view name; ///< In metrics and JSON: `foreign_host`.
    std::string_view text; ///< "named another machine as host"
    std::string_view next; ///< What to do about it; may be empty.
};
/// In the order of the enumeration, without None.
std::span<const RefusalRow> refusalTable();
const RefusalRow &refusalRow(Refusal reason);

/// How often, since the endpoint began.
struct RefusalCount
{
    Refusal reason = Refusal::None;
    std::uint64_t count = 0;

    bool operator==(const RefusalCount &) const = default;
};

/// "20 requests named another machine as host (tp): allow it with --allow-host tp"
std::string refusalSentence(const RefusalCount &refused,
                            const std::vector<std::string> &foreignHosts);

} // namespace tepal
