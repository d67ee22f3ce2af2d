#include <tepal/serving/refusals.h>

#include <fmt/format.h>

#include <array>

namespace tepal {
namespace {

constexpr std::array<RefusalRow, kRefusals - 1> kTable{{
    {Refusal::Malformed, "malformed", "were no HTTP that can be answered",
     "look at what sends them"},
    {Refusal::ForeignHost, "foreign_host", "named another machine as host",
     "allow it with --allow-host"},
    {Refusal::ForeignOrigin, "foreign_origin", "came from a page of another origin",
     "allow it with --allow-origin"},
    {Refusal::HeaderTooLarge, "header_too_large", "had too long a head", "raise --max-header"},
    {Refusal::BodyTooLarge, "body_too_large", "had too large a body", "raise --max-body"},
    {Refusal::Encoding, "encoding", "were packed in a way that cannot be unpacked",
     "send gzip, deflate, or nothing of the kind"},
    {Refusal::Slow, "slow", "did not arrive in time", "raise --request-timeout"},
    {Refusal::Connections, "connections", "came while too many connections were open",
     "raise --max-connections, or close those that are not used"},
    {Refusal::Busy, "busy", "came while too many were in work", "raise --max-concurrency"},
    {Refusal::NoModel, "no_model", "asked for a model that is not there",
     "compare with GET /v1/models, or train or import one"},
    {Refusal::NotRecorded, "not_recorded", "could not be recorded",
     "see what the log says of logger and disk"},
    {Refusal::Unreadable, "unreadable", "had a body that cannot be read",
     "see what the answers said"},
    {Refusal::NoToken, "no_token", "came without the token, or with another",
     "send Authorization: Bearer with what --token-file holds"},
    {Refusal::Handshake, "handshake", "did not come to an encrypted connection",
     "call the endpoint with https and TLS 1.2 or 1.3"},
}};

} // namespace

std::span<const RefusalRow> refusalTable()
{
    return kTable;
}

const RefusalRow &refusalRow(Refusal reason)
{
    return kTable[static_cast<std::size_t>(reason) - 1];
}

std::string refusalSentence(const RefusalCount &refused,
                            const std::vector<std::string> &foreignHosts)
{
    const RefusalRow &row = refusalRow(refused.reason);
    std::string hosts;
    std::string next(row.next);
    if (refused.reason == Refusal::ForeignHost && !foreignHosts.empty()) {
        for (const std::string &host : foreignHosts)
            hosts += (hosts.empty() ? " (" : ", ") + host;
        hosts += ")";
        next += " " + foreignHosts.front();
    }
    return fmt::format("{} {}{}{}{}",
                       refused.count == 1 ? std::string("1 request")
                                          : fmt::format("{} requests", refused.count),
                       row.text, hosts, next.empty() ? "" : ": ", next);
}

} // namespace tepal
