#include "web.h"

#include <tepal/base/clock.h>
#include <tepal/base/version.h>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace tepal::web {
namespace {

using Kind = UploadOutcome::Kind;

bool isUnreserved(char c)
{
    return (static_cast<unsigned char>(c) < 0x80 &&
            std::isalnum(static_cast<unsigned char>(c)) != 0) ||
           c == '-' || c == '.' || c == '_' || c == '~';
}

std::string encoded(std::string_view text, bool keepSlashes)
{
    std::string out;
    for (const char c : text) {
        if (isUnreserved(c) || (keepSlashes && c == '/'))
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

} // namespace

std::string percentEncoded(std::string_view text)
{
    return encoded(text, false);
}

std::string encodedPath(std::string_view path)
{
    return encoded(path, true);
}

std::string base64(std::string_view bytes)
{
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto byte = [&](std::size_t at) {
            return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0u;
        };
        const unsigned three = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
        for (std::size_t digit = 0; digit < 4; ++digit)
            out += i + digit > bytes.size() ? '=' : kDigits[three >> (18 - 6 * digit) & 63];
    }
    return out;
}

std::string field(const FieldValues &values, std::string_view key)
{
    const auto found = values.find(std::string(key));
    return found == values.end() ? std::string() : std::string(trimmed(found->second));
}

std::string addressField(const FieldValues &values, std::string_view key)
{
    std::string address = field(values, key);
    while (address.ends_with('/'))
        address.pop_back();
    return address;
}

std::string_view originOf(std::string_view address)
{
    const std::size_t scheme = address.find("://");
    return address.substr(0, address.find('/', scheme == std::string_view::npos ? 0 : scheme + 3));
}

Status checkAddress(const std::string &address, std::string_view what, std::string_view example)
{
    if (address.empty())
        return fail(ErrorCode::NotFound, fmt::format("no address is set for {}", what),
                    fmt::format("enter one such as {}", example));
    if (originOf(address).find('@') != std::string_view::npos)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("the address of {} has a user or password in it", what),
                    "leave them out of the address");
    const std::size_t scheme = address.starts_with("https://")  ? 8
                               : address.starts_with("http://") ? 7
                                                                : 0;
    const auto odd = [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '?' || c == '#' || c == 0x7F;
    };
    if (scheme == 0 || address.size() == scheme || std::any_of(address.begin(), address.end(), odd))
        return fail(ErrorCode::InvalidArgument, fmt::format("that is not an address of {}", what),
                    fmt::format("give one such as {}, without a question mark", example));
    return {};
}

Status checkSecret(const std::string &secret, std::string_view what)
{
    const bool odd = std::any_of(secret.begin(), secret.end(), [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7F;
    });
    return odd ? fail(ErrorCode::Denied,
                      fmt::format("{} has a space or a character that is not ASCII in it", what),
                      "copy it again")
               : Status();
}

void Login::apply(http::Request &request) const
{
    if (!token.empty()) {
        request.headers.push_back("Authorization: Bearer " + token);
        return;
    }
    request.user = user;
    request.password = password;
}

void Login::hide(Scrubber &scrubber) const
{
    scrubber.add(token);
    scrubber.add(password);
    if (!password.empty())
        scrubber.add(base64(user + ":" + password));
}

Result<Login> readLogin(const FieldValues &values, const SecretReader &secrets)
{
    Login login;
    login.user = field(values, "user");
    for (const auto &[key, value] :
         {std::pair{"password", &login.password}, std::pair{"token", &login.token}}) {
        auto secret = secrets(key);
        if (!secret)
            return tl::unexpected(secret.error());
        *value = trimmed(*secret);
    }
    if (auto fine = checkSecret(login.token, "the token"); !fine)
        return tl::unexpected(fine.error());
    if (login.user.find(':') != std::string::npos)
        return fail(ErrorCode::InvalidArgument, "a user's name cannot have a colon in it",
                    "give user and password each on its own");
    return login;
}

std::string scrubLogin(std::string_view text, const FieldValues &values,
                       const SecretReader &secrets)
{
    Scrubber scrubber;
    Login login;
    login.user = field(values, "user");
    const std::string password = secrets("password").value_or(std::string());
    const std::string token = secrets("token").value_or(std::string());
    login.password = trimmed(password);
    login.token = trimmed(token);
    login.hide(scrubber);
    return scrubber(text);
}

UploadOutcome ended(UploadOutcome outcome, Kind kind, Error error)
{
    outcome.kind = kind;
    outcome.error = std::move(error);
    return outcome;
}

UploadOutcome noAnswer(UploadOutcome outcome, const http::Failure &failure)
{
    outcome.everyItem = true;
    outcome.mayHaveArrived = outcome.mayHaveArrived || failure.mayHaveArrived;
    return ended(std::move(outcome),
                 failure.cancelled   ? Kind::Cancelled
                 : failure.permanent ? Kind::Stopped
                                     : Kind::Retry,
                 failure.error);
}

UploadOutcome busy(UploadOutcome outcome, const http::Answer &answer, std::string_view who)
{
    outcome.retryAfter = http::retryAfter(answer, SystemClock::instance().nowMs());
    outcome.everyItem = answer.status == 429 || answer.status == 503 || outcome.retryAfter > 0;
    return ended(std::move(outcome), Kind::Retry,
                 {ErrorCode::Unavailable,
                  fmt::format("{} is in trouble or busy (status {}: {})", who, answer.status,
                              http::errorText(answer)),
                  "it is tried again"});
}

UploadOutcome full(UploadOutcome outcome, const http::Answer &answer, std::string_view who)
{
    outcome.retryAfter = http::retryAfter(answer, SystemClock::instance().nowMs());
    outcome.everyItem = true;
    return ended(std::move(outcome), Kind::Retry,
                 {ErrorCode::Full,
                  fmt::format("{} has no room left (status {}: {})", who, answer.status,
                              http::errorText(answer)),
                  "make room there; it is tried again"});
}

std::optional<UploadOutcome> trouble(const UploadOutcome &outcome, const http::Reply &reply,
                                     std::string_view who)
{
    if (!reply)
        return noAnswer(outcome, reply.error());
    const int status = reply->status;
    if (status == 507)
        return full(outcome, *reply, who);
    if (http::isTransient(status)) {
        UploadOutcome doubtful = outcome;
        // A gateway may lose the answer of a server that has taken everything.
        doubtful.mayHaveArrived = outcome.mayHaveArrived || status >= 500;
        return busy(std::move(doubtful), *reply, who);
    }
    if (status < 200 || (status >= 300 && status < 400))
        return ended(outcome, Kind::Stopped, http::redirected(*reply));
    if (status < 300 && http::looksLikeHtml(*reply))
        return ended(outcome, Kind::Stopped,
                     {ErrorCode::Unavailable, fmt::format("{} answers with a web page", who),
                      "check the address, and whether a network log-in page stands in between"});
    return std::nullopt;
}

DestinationCheck failed(const Error &error)
{
    return {false, error.message, error.next};
}

std::optional<DestinationCheck> failed(const http::Reply &reply, std::string_view who)
{
    const auto outcome = trouble({}, reply, who);
    return outcome ? std::optional(failed(outcome->error.value_or(Error{}))) : std::nullopt;
}

std::vector<DestinationCheck> scrubbed(std::vector<DestinationCheck> checks,
                                       const Destination &destination)
{
    for (DestinationCheck &check : checks) {
        check.text = destination.scrub(check.text);
        check.next = destination.scrub(check.next);
    }
    return checks;
}

http::Request request(std::string method, std::string url, const std::string &caFile,
                      const Timeouts &timeouts)
{
    http::Request request;
    request.method = std::move(method);
    request.url = std::move(url);
    request.userAgent = userAgent();
    request.caFile = caFile;
    request.connectTimeout = timeouts.connect;
    request.timeout = timeouts.api;
    return request;
}

http::Request putRequest(std::string url, std::string_view bytes, const std::string &caFile,
                         const Timeouts &timeouts)
{
    http::Request put = request("PUT", std::move(url), caFile, timeouts);
    put.headers.emplace_back("Content-Type: application/octet-stream");
    put.body = bytes;
    put.timeout = timeouts.put;
    put.stall = timeouts.stall;
    return put;
}

} // namespace tepal::web
