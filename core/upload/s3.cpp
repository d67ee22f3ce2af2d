// A bucket that speaks S3: one signed PUT. The same name is the same object, and a name has the
// home, the piece and the bytes in it, so that a repeat changes nothing and nobody else has it.

#include "named_delivery.h"
#include "s3_api.h"

#include <fmt/format.h>

#include <array>

namespace tepal {
namespace {

using s3::Keys;
using s3::Settings;
using Kind = UploadOutcome::Kind;

constexpr std::string_view kProbe = ".tepal-writable";

class S3Delivery final : public web::NamedDelivery
{
public:
    /// `conditional`: whether the server knows "only if it is not there"; kept by the destination.
    S3Delivery(const Settings &settings, Result<Keys> keys, const UploadItem &item,
               bool &conditional)
        : NamedDelivery(item)
        , m_settings(settings)
        , m_keys(std::move(keys))
        , m_conditional(conditional)
    {}

private:
    Status ready() const override
    {
        return m_keys ? Status() : Status(tl::unexpected(m_keys.error()));
    }
    UploadStep put() override
    {
        HttpCall call{s3::signedPut(m_settings, *m_keys, m_settings.keyOf(name()), m_item.bytes)};
        m_asked = m_conditional;
        if (m_asked)
            call.request.headers.emplace_back("If-None-Match: *");
        return call;
    }
    UploadStep answered(const http::Reply &reply) override;

    const Settings &m_settings;
    const Result<Keys> m_keys;
    bool &m_conditional;
    bool m_asked = false; ///< The PUT under way has the condition.
};

UploadStep S3Delivery::answered(const http::Reply &reply)
{
    // Nothing was stored: the name alone has to keep objects apart, and does.
    if (reply && reply->status == 501 && m_asked) {
        m_conditional = false;
        return put();
    }
    // Only an earlier try, or this home before it was put back, can have given it this name.
    const bool there = reply && reply->status == 412 && m_asked;
    if (!there) {
        if (auto outcome = s3::trouble(m_outcome, reply, m_settings))
            return *outcome;
    }
    return stored(fmt::format("s3://{}/{}", m_settings.bucket, m_settings.keyOf(name())));
}

class S3Destination final : public Destination
{
public:
    S3Destination(Settings settings, SecretReader secrets)
        : m_settings(std::move(settings))
        , m_secrets(std::move(secrets))
    {}
    std::string target() const override { return m_settings.address(m_settings.prefix); }
    Status configured() const override
    {
        const auto keys = s3::readKeys(m_settings, m_secrets);
        return keys ? Status() : Status(tl::unexpected(keys.error()));
    }
    std::unique_ptr<Delivery> deliver(const UploadItem &item) const override
    {
        return std::make_unique<S3Delivery>(m_settings, s3::readKeys(m_settings, m_secrets), item,
                                            m_conditional);
    }
    std::vector<DestinationCheck> test(std::stop_token stop) const override;
    std::string scrub(std::string_view text) const override
    {
        Scrubber scrubber;
        for (const char *key : {"secret-key", "session-token"})
            scrubber.add(std::string(trimmed(m_secrets(key).value_or(std::string()))));
        return scrubber(text);
    }

private:
    DestinationCheck checkList(const Keys &keys, const std::stop_token &stop) const;
    DestinationCheck checkWrite(const Keys &keys, const std::stop_token &stop) const;

    Settings m_settings;
    SecretReader m_secrets;
    mutable bool m_conditional = true;
};

DestinationCheck S3Destination::checkList(const Keys &keys, const std::stop_token &stop) const
{
    // Sorted by name, each with a value: it is signed as it is written.
    std::string query = "?list-type=2&max-keys=1";
    if (!m_settings.prefix.empty())
        query += "&prefix=" + web::percentEncoded(m_settings.prefix + "/");
    auto list =
        web::request("GET", m_settings.address("") + query, m_settings.caFile, m_settings.timeouts);
    s3::sign(list, m_settings, keys);
    const http::Reply reply = http::exchange(list, stop);
    if (reply && reply->status == 403 && s3::errorCode(*reply) == "AccessDenied")
        return {true, "the key is accepted; it may not list the bucket, which only readers need",
                ""};
    if (const auto outcome = s3::trouble({}, reply, m_settings))
        return web::failed(outcome->error.value_or(Error{}));
    if (reply->body.find("ListBucketResult") == std::string::npos)
        return {false, m_settings.host() + " does not answer like an S3 server",
                "check the endpoint"};
    return {true, fmt::format("the bucket {} is there and the key is accepted", m_settings.bucket),
            ""};
}

DestinationCheck S3Destination::checkWrite(const Keys &keys, const std::stop_token &stop) const
{
    const std::string key = m_settings.keyOf(kProbe);
    const http::Reply put = http::exchange(
        s3::signedPut(m_settings, keys, key, "written by a test of a destination\n"), stop);
    if (const auto outcome = s3::trouble({}, put, m_settings))
        return web::failed(outcome->error.value_or(Error{}));
    auto remove =
        web::request("DELETE", m_settings.address(key), m_settings.caFile, m_settings.timeouts);
    s3::sign(remove, m_settings, keys);
    const http::Reply removed = http::exchange(remove, stop);
    const bool gone = removed && removed->status < 300;
    return {true,
            fmt::format("it can be written there{}",
                        gone ? std::string()
                             : fmt::format("; the key may not delete, so {} stays", key)),
            ""};
}

std::vector<DestinationCheck> S3Destination::test(std::stop_token stop) const
{
    const auto keys = s3::readKeys(m_settings, m_secrets);
    if (!keys)
        return {web::failed(keys.error())};
    std::vector<DestinationCheck> checks{{true, "address, bucket and keys are complete", ""}};
    checks.push_back(checkList(*keys, stop));
    if (checks.back().ok)
        checks.push_back(checkWrite(*keys, stop));
    return web::scrubbed(std::move(checks), *this);
}

constexpr std::array<std::string_view, 2> kEndpointVariables{"AWS_ENDPOINT_URL_S3",
                                                             "AWS_ENDPOINT_URL"};
constexpr std::array<std::string_view, 2> kRegionVariables{"AWS_REGION", "AWS_DEFAULT_REGION"};
constexpr std::array<std::string_view, 1> kBucketVariables{"TEPAL_S3_BUCKET"};
constexpr std::array<std::string_view, 1> kPrefixVariables{"TEPAL_S3_PREFIX"};
constexpr std::array<std::string_view, 1> kAccessVariables{"AWS_ACCESS_KEY_ID"};
constexpr std::array<std::string_view, 1> kSecretVariables{"AWS_SECRET_ACCESS_KEY"};
constexpr std::array<std::string_view, 1> kSessionVariables{"AWS_SESSION_TOKEN"};
constexpr std::array<std::string_view, 1> kBundleVariables{"AWS_CA_BUNDLE"};
constexpr std::array<std::string_view, 3> kStyles{"auto", "yes", "no"};

constexpr std::array kFields{
    DestinationField{.key = "endpoint",
                     .label = "Endpoint",
                     .help = "Address of the S3 server; empty = Amazon's of the region",
                     .type = FieldType::Url,
                     .environment = kEndpointVariables,
                     .placeholder = "https://minio.example:9000"},
    DestinationField{.key = "region",
                     .label = "Region",
                     .help = "Where the bucket is; servers of one's own mostly take us-east-1",
                     .environment = kRegionVariables,
                     .fallback = "us-east-1",
                     .placeholder = "eu-central-1"},
    DestinationField{.key = "bucket",
                     .label = "Bucket",
                     .help = "Its name; it has to exist",
                     .required = true,
                     .environment = kBucketVariables,
                     .placeholder = "profiles"},
    DestinationField{.key = "prefix",
                     .label = "Folder in the bucket",
                     .help = "Names begin with it; empty = the bucket's top",
                     .environment = kPrefixVariables,
                     .placeholder = "models/prod"},
    DestinationField{.key = "access-key",
                     .label = "Access key",
                     .help = "The key's id, which is no secret",
                     .required = true,
                     .environment = kAccessVariables},
    DestinationField{.key = "secret-key",
                     .label = "Secret key",
                     .help = "Kept in the system keychain, or read from the environment",
                     .type = FieldType::Secret,
                     .required = true,
                     .environment = kSecretVariables},
    DestinationField{.key = "session-token",
                     .label = "Session token",
                     .help = "Of keys that are lent for a time; empty for keys that stay",
                     .type = FieldType::Secret,
                     .environment = kSessionVariables},
    DestinationField{.key = "path-style",
                     .label = "Bucket in the path",
                     .help = "Whether the bucket is named in the path or before the host; auto = "
                             "in the path where an endpoint is set or the name has dots",
                     .type = FieldType::Choice,
                     .fallback = "auto",
                     .choices = kStyles},
    DestinationField{.key = "ca-file",
                     .label = "Certificate authorities",
                     .help = "PEM file; empty = the system's",
                     .type = FieldType::File,
                     .environment = kBundleVariables},
};

std::unique_ptr<Destination> make(const FieldValues &values, const SecretReader &secrets)
{
    return std::make_unique<S3Destination>(Settings::from(values), secrets);
}

} // namespace

const DestinationKind kS3Kind{
    .name = "s3",
    .title = "S3-compatible bucket",
    .summary = "A bucket of Amazon S3, MinIO, Ceph, R2, Swift or whatever else speaks S3.",
    .fields = kFields,
    .idempotency = Idempotency::SameName,
    .make = make,
};

} // namespace tepal
