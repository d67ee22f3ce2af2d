/// What destinations on the web share: addresses, log-ins, and what an answer means whoever gives
/// it. Internal.
#pragma once

#include "answer.h"
#include "text.h"

#include <tepal/upload/kinds.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tepal::web {

/// A try may need two PUTs and some smaller calls, and has to end before its lease does
/// (Sender::kLease).
struct Timeouts
{
    DurationMs connect = 10 * kSecondMs;
    DurationMs api = 30 * kSecondMs;
    DurationMs put = 150 * kSecondMs;
    DurationMs stall = 60 * kSecondMs; ///< A PUT that moves less than a byte per second.
};

/// Every byte outside A–Z a–z 0–9 - . _ ~ as %XX, in upper case: also as signatures want it.
std::string percentEncoded(std::string_view text);
/// The same, but slashes stay.
std::string encodedPath(std::string_view path);
std::string base64(std::string_view bytes);

/// A field's value without blanks around it; empty when there is none.
std::string field(const FieldValues &values, std::string_view key);
/// The same, and without slashes at its end.
std::string addressField(const FieldValues &values, std::string_view key);
/// Scheme, host and port of an address, as far as its path.
std::string_view originOf(std::string_view address);
/// `what`: "the MLflow server". InvalidArgument for what is no address or has a password in it,
/// which is not repeated.
Status checkAddress(const std::string &address, std::string_view what, std::string_view example);
/// Denied for what would end or change an HTTP header.
Status checkSecret(const std::string &secret, std::string_view what);

/// Who asks: user and password, a token, or nobody in particular.
struct Login
{
    std::string user;
    std::string password;
    std::string token; ///< Wins.

    void apply(http::Request &request) const;
    /// Also as it looks in the header.
    void hide(Scrubber &scrubber) const;
};
/// From the field `user` and the secrets `password` and `token`.
Result<Login> readLogin(const FieldValues &values, const SecretReader &secrets);
/// Takes the secrets of a log-in out of a text.
std::string scrubLogin(std::string_view text, const FieldValues &values,
                       const SecretReader &secrets);

UploadOutcome ended(UploadOutcome outcome, UploadOutcome::Kind kind, Error error);
UploadOutcome noAnswer(UploadOutcome outcome, const http::Failure &failure);
UploadOutcome busy(UploadOutcome outcome, const http::Answer &answer, std::string_view who);
/// Its disk, or what we may use of it.
UploadOutcome full(UploadOutcome outcome, const http::Answer &answer, std::string_view who);
/// What an answer means wherever it comes from: nobody there, busy, full, redirected, a web page in
/// the place of what was asked for. `outcome` is what was known before; nothing = the answer is the
/// kind's own matter.
std::optional<UploadOutcome> trouble(const UploadOutcome &outcome, const http::Reply &reply,
                                     std::string_view who);

DestinationCheck failed(const Error &error);
/// The same troubles in a test of a destination.
std::optional<DestinationCheck> failed(const http::Reply &reply, std::string_view who);
/// A destination's test as it may be shown.
std::vector<DestinationCheck> scrubbed(std::vector<DestinationCheck> checks,
                                       const Destination &destination);

/// An empty request that knows how long it may take.
http::Request request(std::string method, std::string url, const std::string &caFile,
                      const Timeouts &timeouts);
/// A PUT of a profile.
http::Request putRequest(std::string url, std::string_view bytes, const std::string &caFile,
                         const Timeouts &timeouts);

} // namespace tepal::web
