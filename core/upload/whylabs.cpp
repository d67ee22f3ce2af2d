#include "answer.h"

#include <tepal/base/clock.h>
#include <tepal/base/log.h>
#include <tepal/base/random.h>
#include <tepal/upload/whylabs.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace tepal {
namespace {

using Kind = UploadOutcome::Kind;

/// The dataset that the endpoint's predict route logs to.
constexpr const char *kDefaultDataset = "model-1";
/// Tries after an internal error of the API: the first and two more.
constexpr int kInternalErrorTries = 3;

std::string percentEncoded(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x80 && std::isalnum(byte)) || c == '-' || c == '.' || c == '_' || c == '~')
            out += c;
        else
            out += fmt::format("%{:02X}", byte);
    }
    return out;
}

std::string makeRequestId()
{
    SplitMix64 random(systemEntropy());
    return fmt::format("{:016x}{:016x}", random.next(), random.next());
}

/// Whatever a server says, the key is not in what we show.
std::string withoutKey(std::string text, const std::string &key)
{
    const std::string secret = key.substr(0, key.find(':'));
    if (secret.empty())
        return text;
    const std::string shown = whylabsKeyId(key) + "…";
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at))
        text.replace(at, secret.size(), shown);
    return text;
}

bool isTransient(int status)
{
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
           status == 504;
}

Error notWhylabs(const std::string &endpoint, const std::string &why)
{
    return {ErrorCode::Unavailable,
            fmt::format("{} does not answer like a WhyLabs server: {}", endpoint, why),
            "check the endpoint, and whether a network log-in page stands in between"};
}

/// Of an answer that no repeat will change.
Error refused(const http::Answer &answer, const std::string &key)
{
    const std::string text = withoutKey(http::errorText(answer), key);
    switch (answer.status) {
    case 401:
        return {ErrorCode::Denied, fmt::format("WhyLabs got no key it understands (401: {})", text),
                "check WHYLABS_API_KEY"};
    case 403:
        return {ErrorCode::Denied,
                fmt::format("WhyLabs refuses the key {}… for this organisation (403: {})",
                            whylabsKeyId(key), text),
                "check the key, its organisation and its role"};
    case 404:
        return {ErrorCode::NotFound, fmt::format("WhyLabs does not know it (404: {})", text),
                "create the dataset there, or set the id that it has there"};
    default:
        return {ErrorCode::InvalidArgument,
                fmt::format("WhyLabs refused (status {}: {})", answer.status, text),
                "look at the reason, then retry or drop the item"};
    }
}

Error redirected(const http::Answer &answer)
{
    // Query and fragment may carry permissions.
    const std::string to = answer.location.substr(0, answer.location.find_first_of("?#"));
    return {ErrorCode::Unavailable,
            fmt::format("the server redirects to {} (status {})", to.empty() ? "nowhere" : to,
                        answer.status),
            "set the endpoint to the server's own address"};
}

void endWith(UploadOutcome &outcome, Kind kind, Error error)
{
    outcome.kind = kind;
    outcome.error = std::move(error);
}

/// Sets the outcome of a call that got no answer.
void noAnswer(UploadOutcome &outcome, const http::Failure &failure, const std::string &key)
{
    Error error = failure.error;
    error.message = withoutKey(error.message, key);
    outcome.unreachable = true;
    endWith(outcome,
            failure.cancelled   ? Kind::Cancelled
            : failure.permanent ? Kind::Stopped
                                : Kind::Retry,
            std::move(error));
}

void busy(UploadOutcome &outcome, const http::Answer &answer, const std::string &who,
          const std::string &key)
{
    outcome.retryAfter = http::retryAfter(answer, SystemClock::instance().nowMs());
    endWith(outcome, Kind::Retry,
            {ErrorCode::Unavailable,
             fmt::format("{} is in trouble or busy (status {}: {})", who, answer.status,
                         withoutKey(http::errorText(answer), key)),
             "it is tried again"});
}

} // namespace

struct WhylabsDestination::Access
{
    std::string key;
    std::string organization;
    std::string endpoint;

    http::Request request(const std::string &method, const std::string &path,
                          const WhylabsSettings &settings, const Timeouts &timeouts) const
    {
        http::Request request;
        request.method = method;
        request.url = endpoint + path;
        request.headers = {"X-API-Key: " + key, "Content-Type: application/json",
                           "Accept: application/json"};
        request.userAgent = "tepal/" TEPAL_VERSION;
        request.caFile = settings.caFile;
        request.connectTimeout = timeouts.connect;
        request.timeout = timeouts.api;
        return request;
    }
};

WhylabsDestination::WhylabsDestination(WhylabsSettings settings, const SecretStore &secrets)
    : WhylabsDestination(std::move(settings), secrets, Timeouts{})
{}

WhylabsDestination::WhylabsDestination(WhylabsSettings settings, const SecretStore &secrets,
                                       Timeouts timeouts)
    : m_settings(std::move(settings))
    , m_secrets(secrets)
    , m_timeouts(timeouts)
{
    while (m_settings.endpoint.ends_with('/'))
        m_settings.endpoint.pop_back();
}

WhylabsDestination::~WhylabsDestination() = default;

std::string WhylabsDestination::target() const
{
    return m_settings.endpoint;
}

std::string WhylabsDestination::datasetId(const std::string &dataset) const
{
    if (const auto found = m_settings.datasets.find(dataset);
        found != m_settings.datasets.end() && !found->second.empty())
        return found->second;
    if (dataset == kDefaultDataset && !m_settings.defaultDataset.empty())
        return m_settings.defaultDataset;
    return dataset;
}

Result<WhylabsDestination::Access> WhylabsDestination::access() const
{
    const std::string &endpoint = m_settings.endpoint;
    if (endpoint.empty())
        return fail(ErrorCode::NotFound,
                    "no endpoint is set for WhyLabs, whose hosted service is closed",
                    "enter the address of your own WhyLabs server, or set WHYLABS_API_ENDPOINT");
    const std::size_t scheme = endpoint.starts_with("https://")  ? 8
                               : endpoint.starts_with("http://") ? 7
                                                                 : 0;
    if (scheme == 0 || endpoint.size() == scheme ||
        std::any_of(endpoint.begin() + static_cast<std::ptrdiff_t>(scheme), endpoint.end(),
                    [](char c) { return c <= ' ' || c == '?' || c == '#' || c == '@'; }))
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("\"{}\" is not the address of a WhyLabs server", endpoint),
                    "give one such as https://whylabs.example");
    const auto key = m_secrets.read(kWhylabsKeySecret);
    if (!key)
        return tl::unexpected(key.error());
    if (!*key || (*key)->empty())
        return fail(ErrorCode::NotFound, "no key is set for WhyLabs",
                    "set WHYLABS_API_KEY, or enter the key in the settings");
    if (const auto problem = whylabsKeyProblem(**key))
        return fail(ErrorCode::Denied, "the key for WhyLabs " + *problem,
                    "copy it again from WhyLabs");
    Access access{**key, whylabsKeyOrganization(**key), endpoint};
    if (access.organization.empty())
        access.organization = m_settings.organization;
    if (access.organization.empty())
        return fail(ErrorCode::NotFound, "no organisation is set for WhyLabs",
                    "set WHYLABS_DEFAULT_ORG_ID, or use a key that ends in a colon and its id");
    if (!std::all_of(access.organization.begin(), access.organization.end(), [](unsigned char c) {
            return c < 0x80 && (std::isalnum(c) || c == '_' || c == '-');
        }))
        return fail(ErrorCode::InvalidArgument, "the organisation's id has unusual characters",
                    "copy it again from WhyLabs");
    return access;
}

Status WhylabsDestination::configured() const
{
    const auto found = access();
    return found ? Status() : Status(tl::unexpected(found.error()));
}

bool WhylabsDestination::grant(const UploadItem &item, const Access &access, UploadOutcome &outcome,
                               const std::stop_token &stop) const
{
    const std::string dataset = datasetId(item.dataset);
    http::Request request =
        access.request("POST",
                       "/v0/organizations/" + percentEncoded(access.organization) + "/log/async/" +
                           percentEncoded(dataset),
                       m_settings, m_timeouts);
    const std::string requestId = makeRequestId();
    request.headers.push_back("X-Request-Id: " + requestId);
    request.headers.emplace_back("X-WhyLabs-File-Extension: BIN");
    const std::string body = nlohmann::ordered_json{
        {"datasetTimestamp", item.datasetTimestamp},
        {"segmentTags", nlohmann::json::array()},
        {"region", nullptr}}.dump();
    request.body = body;
    logDebug("upload", fmt::format("asking WhyLabs for a place for {} at {}, request {}", dataset,
                                   formatIso(item.datasetTimestamp), requestId));
    const auto answer = http::exchange(request, stop);
    if (!answer) {
        noAnswer(outcome, answer.error(), access.key);
        return false;
    }
    if (answer->status != 200)
        logWarning("upload",
                   fmt::format("WhyLabs answered {} to request {}", answer->status, requestId));
    if (isTransient(answer->status)) {
        busy(outcome, *answer, "WhyLabs", access.key);
        if (answer->status == 500)
            outcome.maxTries = kInternalErrorTries;
        return false;
    }
    if (answer->status >= 300 && answer->status < 400) {
        endWith(outcome, Kind::Stopped, redirected(*answer));
        return false;
    }
    if (answer->status < 200 || answer->status >= 300) {
        const bool everyItem = answer->status == 401 || answer->status == 403;
        endWith(outcome, everyItem ? Kind::Stopped : Kind::Failed, refused(*answer, access.key));
        return false;
    }
    const auto json = nlohmann::json::parse(answer->body, nullptr, false);
    const auto text = [&json](const char *key) {
        return json.is_object() && json.contains(key) && json[key].is_string()
                   ? json[key].get<std::string>()
                   : std::string();
    };
    const std::string url = text("uploadUrl");
    if (!(url.starts_with("https://") || url.starts_with("http://"))) {
        endWith(outcome, Kind::Stopped,
                notWhylabs(access.endpoint, http::looksLikeHtml(*answer)
                                                ? "it sends a web page"
                                                : "its answer names no place for the upload"));
        return false;
    }
    outcome.uploadUrl = url;
    outcome.mayHaveArrived = false;
    outcome.place = withoutKey(text("id"), access.key);
    return true;
}

bool WhylabsDestination::put(const UploadItem &item, UploadOutcome &outcome,
                             const std::stop_token &stop) const
{
    // Nothing of the API's request is in this one: the place belongs to somebody else.
    http::Request request;
    request.method = "PUT";
    request.url = outcome.uploadUrl;
    request.headers = {"Content-Type: application/octet-stream", "Accept:"};
    request.body = item.bytes;
    request.caFile = m_settings.caFile;
    request.connectTimeout = m_timeouts.connect;
    request.timeout = m_timeouts.put;
    request.stall = m_timeouts.stall;
    const auto answer = http::exchange(request, stop);
    if (!answer) {
        outcome.mayHaveArrived = outcome.mayHaveArrived || answer.error().mayHaveArrived;
        noAnswer(outcome, answer.error(), {});
        return false;
    }
    const int status = answer->status;
    if (status >= 200 && status < 300 && !http::looksLikeHtml(*answer)) {
        outcome.kind = Kind::Sent;
        outcome.uploadUrl.clear();
        return false;
    }
    if (status >= 200 && status < 300) {
        endWith(outcome, Kind::Stopped,
                {ErrorCode::Unavailable, "the place for the upload answers with a web page",
                 "check whether a network log-in page stands in between"});
        return false;
    }
    if (isTransient(status)) {
        // A gateway may lose the answer of a store that has taken everything.
        outcome.mayHaveArrived = outcome.mayHaveArrived || status >= 500;
        busy(outcome, *answer, "the object store", {});
        return false;
    }
    const std::string text = http::errorText(*answer);
    if (status >= 300 && status < 400) {
        endWith(outcome, Kind::Stopped, redirected(*answer));
        return false;
    }
    outcome.needsDecision = outcome.mayHaveArrived;
    outcome.uploadUrl.clear();
    outcome.mayHaveArrived = false;
    if (outcome.needsDecision)
        endWith(outcome, Kind::Failed,
                {ErrorCode::Denied,
                 fmt::format("the place for the upload is no longer open (status {}: {}), and an "
                             "earlier try may have arrived",
                             status, text),
                 "look in WhyLabs whether this window is there; if so drop the item, else retry "
                 "it"});
    else
        endWith(outcome, Kind::Failed,
                {ErrorCode::Denied,
                 fmt::format("the object store refused the upload (status {}: {})", status, text),
                 "retry it to ask for a new place"});
    return status == 403 && !outcome.needsDecision && http::saysExpired(*answer);
}

UploadOutcome WhylabsDestination::send(const UploadItem &item, UploadObserver &observer,
                                       std::stop_token stop)
{
    UploadOutcome outcome;
    outcome.uploadUrl = item.uploadUrl;
    outcome.mayHaveArrived = !item.uploadUrl.empty() && item.mayHaveArrived;
    const auto found = access();
    if (!found) {
        endWith(outcome, Kind::Stopped, found.error());
        return outcome;
    }
    // A place that expired unused is replaced once.
    for (int grants = 0;; ++grants) {
        if (outcome.uploadUrl.empty()) {
            if (!grant(item, *found, outcome, stop))
                return outcome;
            if (auto noted = observer.granted(outcome.uploadUrl); !noted) {
                endWith(outcome, Kind::Retry, noted.error());
                return outcome;
            }
        }
        if (auto noted = observer.putting(); !noted) {
            endWith(outcome, Kind::Retry, noted.error());
            return outcome;
        }
        const bool expiredUnused = put(item, outcome, stop);
        if (!expiredUnused || grants > 0)
            return outcome;
        outcome = {};
    }
}

Result<std::string> WhylabsDestination::test(std::stop_token stop)
{
    const auto found = access();
    if (!found)
        return tl::unexpected(found.error());
    const auto validated =
        http::exchange(found->request("GET", "/v1/api-key/validate", m_settings, m_timeouts), stop);
    if (!validated)
        return tl::unexpected(validated.error().error);
    if (validated->status >= 300 && validated->status < 400)
        return tl::unexpected(redirected(*validated));
    if (validated->status == 401 || validated->status == 403)
        return tl::unexpected(refused(*validated, found->key));
    if (validated->status == 200 &&
        !nlohmann::json::parse(validated->body, nullptr, false).is_object())
        return tl::unexpected(notWhylabs(found->endpoint, "its answer is not JSON"));
    // An older server does not know that route; the next one tells as much.
    if (validated->status != 200 && validated->status != 404)
        return fail(ErrorCode::Unavailable,
                    fmt::format("{} answered {}: {}", found->endpoint, validated->status,
                                withoutKey(http::errorText(*validated), found->key)),
                    "try again later");
    const std::string dataset = datasetId(kDefaultDataset);
    const auto model =
        http::exchange(found->request("GET",
                                      "/v0/organizations/" + percentEncoded(found->organization) +
                                          "/models/" + percentEncoded(dataset),
                                      m_settings, m_timeouts),
                       stop);
    if (!model)
        return tl::unexpected(model.error().error);
    if (model->status == 200)
        return fmt::format("{} accepts the key, and knows the dataset {}", found->endpoint,
                           dataset);
    if (validated->status == 404)
        return fail(ErrorCode::Unavailable,
                    fmt::format("{} knows neither way to check a key (status {})", found->endpoint,
                                model->status),
                    "check the endpoint; an upload may still work");
    if (model->status == 404)
        return fail(ErrorCode::NotFound,
                    fmt::format("WhyLabs accepts the key but has no dataset {}", dataset),
                    "create it there, or set the id that it has there");
    // A key that may only write cannot look at datasets.
    return fmt::format("{} accepts the key; whether the dataset {} exists, this key may not see",
                       found->endpoint, dataset);
}

} // namespace tepal
