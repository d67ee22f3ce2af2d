// WhyLabs, hosted by oneself: a place is asked for with the key, then the bytes are put there
// without it.

#include "answer.h"
#include "whylabs_api.h"

#include <tepal/base/log.h>
#include <tepal/base/random.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>

namespace tepal {
namespace {

using whylabs::Access;
using whylabs::Settings;
using Kind = UploadOutcome::Kind;

/// LogAsync refuses what is older (five years of 365 days).
constexpr DurationMs kOldest = 5 * 365 * kDayMs;

std::string makeRequestId()
{
    thread_local SplitMix64 random(systemEntropy());
    return fmt::format("{:016x}{:016x}", random.next(), random.next());
}

nlohmann::ordered_json tagsOf(const SegmentTags &segment)
{
    auto tags = nlohmann::ordered_json::array();
    for (const auto &[key, value] : segment)
        tags.push_back({{"key", key}, {"value", value}});
    return tags;
}

/// Asks for a place, then puts the bytes there; a place that expired unused is replaced once.
class WhylabsDelivery final : public Delivery
{
public:
    WhylabsDelivery(const Settings &settings, Result<Access> access, const UploadItem &item)
        : m_settings(settings)
        , m_access(std::move(access))
        , m_item(item)
    {
        m_outcome.ticket = item.ticket;
        m_outcome.mayHaveArrived = !item.ticket.empty() && item.mayHaveArrived;
    }

    UploadStep next(StepResult result) override
    {
        switch (m_at) {
        case At::Start:
            if (!m_access)
                return end(Kind::Stopped, m_access.error());
            return m_outcome.ticket.empty() ? ask() : keep();
        case At::Asking:
            return asked(std::get<http::Reply>(result));
        case At::Keeping:
            return put();
        case At::Putting:
            return wasPut(std::get<http::Reply>(result));
        }
        return m_outcome;
    }

private:
    enum class At : std::uint8_t { Start, Asking, Keeping, Putting };

    UploadStep end(Kind kind, Error error)
    {
        m_outcome.kind = kind;
        m_outcome.error = std::move(error);
        return m_outcome;
    }
    UploadStep ask();
    UploadStep asked(const http::Reply &reply);
    UploadStep keep()
    {
        m_at = At::Keeping;
        return KeepTicket{m_outcome.ticket, true};
    }
    UploadStep put();
    UploadStep wasPut(const http::Reply &reply);
    UploadStep notTaken(const http::Answer &answer);

    const Settings &m_settings;
    const Result<Access> m_access;
    const UploadItem &m_item;
    At m_at = At::Start;
    int m_asked = 0;
    UploadOutcome m_outcome;
};

UploadStep WhylabsDelivery::ask()
{
    m_at = At::Asking;
    ++m_asked;
    const std::string dataset = web::percentEncoded(m_settings.idOf(m_item.dataset));
    nlohmann::ordered_json body{{"datasetTimestamp", m_item.datasetTimestamp}};
    std::string path;
    if (m_item.kind == OutboxKind::Reference) {
        body["alias"] = m_item.subject;
        path = "/log/reference/" + dataset;
        if (!m_item.segment.empty()) {
            path = "/dataset-profiles/models/" + dataset + "/reference-profile";
            body["segments"] = nlohmann::ordered_json::array({{{"tags", tagsOf(m_item.segment)}}});
        }
    } else {
        // Segments are in the file; the server would add these to what it finds there.
        body["segmentTags"] = nlohmann::json::array();
        path = "/log/async/" + dataset;
    }
    body["region"] = nullptr;
    HttpCall call{m_access->request("POST", m_access->organizationPath() + path, m_settings)};
    const std::string requestId = makeRequestId();
    call.request.headers.push_back("X-Request-Id: " + requestId);
    call.request.headers.emplace_back("X-WhyLabs-File-Extension: BIN");
    call.request.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    logDebug("upload", fmt::format("asking WhyLabs for a place for {} at {}, request {}",
                                   m_item.dataset, formatIso(m_item.datasetTimestamp), requestId));
    return call;
}

UploadStep WhylabsDelivery::asked(const http::Reply &reply)
{
    if (!reply) {
        // A place that was asked for and never used is no doubt about the bytes.
        UploadOutcome outcome = web::noAnswer(m_outcome, reply.error());
        outcome.mayHaveArrived = m_outcome.mayHaveArrived;
        return outcome;
    }
    const int status = reply->status;
    if (http::isTransient(status))
        return web::busy(m_outcome, *reply, "WhyLabs");
    if (status >= 300 && status < 400)
        return end(Kind::Stopped, http::redirected(*reply));
    if (status < 200 || status >= 300) {
        m_outcome.everyItemOfDataset = status == 404;
        return end(status == 401 || status == 403 ? Kind::Stopped : Kind::Failed,
                   whylabs::refused(*reply, *m_access));
    }
    const auto json = nlohmann::json::parse(reply->body, nullptr, false);
    const auto text = [&json](const char *pointer) {
        const auto found = json.is_structured()
                               ? json.value(nlohmann::json::json_pointer(pointer), nlohmann::json())
                               : nlohmann::json();
        return found.is_string() ? found.get<std::string>() : std::string();
    };
    std::string url = text("/uploadUrl");
    if (url.empty())
        url = text("/uploadUrls/0");
    if (!(url.starts_with("https://") || url.starts_with("http://")))
        return end(Kind::Stopped,
                   whylabs::notWhylabs(m_access->endpoint,
                                       http::looksLikeHtml(*reply)
                                           ? "it sends a web page"
                                           : "its answer names no place for the upload"));
    m_outcome.ticket = url;
    m_outcome.mayHaveArrived = false;
    m_outcome.place = text("/id");
    return keep();
}

UploadStep WhylabsDelivery::put()
{
    m_at = At::Putting;
    // Nothing of the API's request is in this one: the place belongs to somebody else.
    HttpCall call;
    call.request.method = "PUT";
    call.request.url = m_outcome.ticket;
    call.request.headers = {"Content-Type: application/octet-stream", "Accept:"};
    call.request.body = m_item.bytes;
    call.request.caFile = m_settings.caFile;
    call.request.connectTimeout = m_settings.timeouts.connect;
    call.request.timeout = m_settings.timeouts.put;
    call.request.stall = m_settings.timeouts.stall;
    return call;
}

UploadStep WhylabsDelivery::wasPut(const http::Reply &reply)
{
    if (!reply)
        return web::noAnswer(m_outcome, reply.error());
    const int status = reply->status;
    if (status == 507)
        return web::full(m_outcome, *reply, "the object store");
    if (status >= 200 && status < 300 && !http::looksLikeHtml(*reply)) {
        m_outcome.kind = Kind::Sent;
        m_outcome.ticket.clear();
        return m_outcome;
    }
    if (status >= 200 && status < 300)
        return end(Kind::Stopped,
                   {ErrorCode::Unavailable, "the place for the upload answers with a web page",
                    "check whether a network log-in page stands in between"});
    if (http::isTransient(status)) {
        // A gateway may lose the answer of a store that has taken everything.
        m_outcome.mayHaveArrived = m_outcome.mayHaveArrived || status >= 500;
        return web::busy(m_outcome, *reply, "the object store");
    }
    if (status >= 300 && status < 400)
        return end(Kind::Stopped, http::redirected(*reply));
    return notTaken(*reply);
}

UploadStep WhylabsDelivery::notTaken(const http::Answer &answer)
{
    const bool doubtful = m_outcome.mayHaveArrived;
    const std::string text = http::errorText(answer);
    if (!doubtful && answer.status == 403 && http::saysExpired(answer) && m_asked < 2) {
        m_outcome = {};
        return ask();
    }
    m_outcome.mayHaveArrived = doubtful;
    if (!doubtful) {
        m_outcome.ticket.clear();
        return end(Kind::Failed, {ErrorCode::Denied,
                                  fmt::format("the object store refused the upload (status {}: {})",
                                              answer.status, text),
                                  "retry it to ask for a new place"});
    }
    return end(Kind::Asks,
               {ErrorCode::Denied,
                fmt::format("the place for the upload is no longer open (status {}: {}), and an "
                            "earlier try may have arrived",
                            answer.status, text),
                "look in WhyLabs whether this window is there; if so drop the item, else retry "
                "it by its number"});
}

class WhylabsDestination final : public Destination
{
public:
    WhylabsDestination(Settings settings, SecretReader secrets)
        : m_settings(std::move(settings))
        , m_secrets(std::move(secrets))
    {}
    std::string target() const override { return m_settings.endpoint; }
    Status configured() const override
    {
        const auto found = whylabs::access(m_settings, m_secrets);
        return found ? Status() : Status(tl::unexpected(found.error()));
    }
    std::unique_ptr<Delivery> deliver(const UploadItem &item) const override
    {
        return std::make_unique<WhylabsDelivery>(m_settings, whylabs::access(m_settings, m_secrets),
                                                 item);
    }
    std::vector<DestinationCheck> test(std::stop_token stop) const override
    {
        return web::scrubbed(whylabs::test(m_settings, m_secrets, stop), *this);
    }
    Result<std::vector<DestinationCheck>> tag(const ColumnTags &tags,
                                              std::stop_token stop) const override
    {
        return whylabs::tag(m_settings, m_secrets, tags, stop);
    }
    std::string scrub(std::string_view text) const override
    {
        Scrubber scrubber;
        if (const auto key = m_secrets("key")) {
            // The first ten characters may be shown; the rest is the secret.
            const std::string secret = key->substr(0, key->find(':'));
            scrubber.add(secret.substr(std::min(secret.size(), secret.find('.') + 1)));
        }
        return scrubber(text);
    }
    DurationMs oldest() const override { return kOldest; }

private:
    Settings m_settings;
    SecretReader m_secrets;
};

constexpr std::array<std::string_view, 2> kEndpointVariables{"WHYLABS_PRIVATE_API_ENDPOINT",
                                                             "WHYLABS_API_ENDPOINT"};
constexpr std::array<std::string_view, 1> kKeyVariables{"WHYLABS_API_KEY"};
constexpr std::array<std::string_view, 1> kOrganizationVariables{"WHYLABS_DEFAULT_ORG_ID"};
constexpr std::array<std::string_view, 1> kDatasetVariables{"WHYLABS_DEFAULT_DATASET_ID"};

constexpr std::array kFields{
    DestinationField{.key = "endpoint",
                     .label = "Endpoint",
                     .help = "Address of the WhyLabs server; the hosted service is closed",
                     .type = FieldType::Url,
                     .required = true,
                     .environment = kEndpointVariables,
                     .placeholder = "https://whylabs.example"},
    DestinationField{.key = "key",
                     .label = "API key",
                     .help = "Kept in the system keychain, or read from the environment",
                     .type = FieldType::Secret,
                     .required = true,
                     .environment = kKeyVariables},
    DestinationField{.key = "organization",
                     .label = "Organisation",
                     .help = "Used when the key does not name one after a colon",
                     .environment = kOrganizationVariables,
                     .placeholder = "org-7"},
    DestinationField{.key = "dataset",
                     .label = "Dataset at WhyLabs",
                     .help = "Id for the predictions of this endpoint (model-1); empty = the same "
                             "as here",
                     .environment = kDatasetVariables},
    DestinationField{.key = "datasets",
                     .label = "Other datasets",
                     .help = "Ids there by names here; the others keep their own",
                     .placeholder = "orders=model-4, clicks=model-5"},
    DestinationField{.key = "ca-file",
                     .label = "Certificate authorities",
                     .help = "PEM file; empty = the system's",
                     .type = FieldType::File},
};

std::unique_ptr<Destination> make(const FieldValues &values, const SecretReader &secrets)
{
    return std::make_unique<WhylabsDestination>(Settings::from(values), secrets);
}

} // namespace

const DestinationKind kWhylabsKind{
    .name = "whylabs",
    .title = "WhyLabs",
    .summary = "A WhyLabs server of one's own, or whatever speaks its API.",
    .fields = kFields,
    .idempotency = Idempotency::SamePlace,
    .make = make,
};

} // namespace tepal
