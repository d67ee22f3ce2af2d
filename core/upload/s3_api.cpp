#include "s3_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tepal::s3 {

using Kind = UploadOutcome::Kind;

Settings Settings::from(const FieldValues &values)
{
    Settings settings;
    settings.endpoint = web::addressField(values, "endpoint");
    settings.region = web::field(values, "region");
    if (settings.region.empty())
        settings.region = "us-east-1";
    settings.bucket = web::field(values, "bucket");
    settings.prefix = web::addressField(values, "prefix");
    settings.prefix.erase(0, settings.prefix.find_first_not_of('/'));
    settings.accessKey = web::field(values, "access-key");
    settings.caFile = web::field(values, "ca-file");
    // A certificate for *.host does not hold for a bucket with dots before it.
    const std::string style = web::field(values, "path-style");
    settings.pathStyle =
        style == "yes" || (style != "no" && (!settings.endpoint.empty() ||
                                             settings.bucket.find('.') != std::string::npos));
    return settings;
}

std::string Settings::host() const
{
    if (!endpoint.empty())
        return endpoint;
    return fmt::format("https://s3.{}.amazonaws.com{}", region,
                       region.starts_with("cn-") ? ".cn" : "");
}

std::string Settings::address(std::string_view key) const
{
    const std::string base = host();
    const std::string path = web::encodedPath(key);
    if (pathStyle)
        return path.empty() ? base + "/" + bucket : base + "/" + bucket + "/" + path;
    const std::size_t name = base.find("://") + 3;
    return base.substr(0, name) + bucket + "." + base.substr(name) + "/" + path;
}

Status Settings::check() const
{
    if (!endpoint.empty()) {
        if (auto fine = web::checkAddress(endpoint, "the S3 server", "https://minio.example:9000");
            !fine)
            return fine;
    }
    // Both go into the address as they are.
    const auto plain = [](char c) { return web::percentEncoded({&c, 1}).size() == 1 && c != '~'; };
    if (bucket.empty())
        return fail(ErrorCode::NotFound, "no bucket is set", "give its name");
    if (!std::all_of(bucket.begin(), bucket.end(), plain) || bucket.front() == '.')
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("\"{}\" is not a bucket's name", bucket),
                    "give the name alone, without address and folders");
    if (!std::all_of(region.begin(), region.end(), plain))
        return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" is not a region", region),
                    "give one such as eu-central-1");
    if (accessKey.empty())
        return fail(ErrorCode::NotFound, "no access key is set for the bucket",
                    "set AWS_ACCESS_KEY_ID, or enter it in the settings");
    return web::checkSecret(accessKey, "the access key");
}

Result<Keys> readKeys(const Settings &settings, const SecretReader &secrets)
{
    if (auto fine = settings.check(); !fine)
        return tl::unexpected(fine.error());
    Keys keys;
    for (const auto &[name, value] :
         {std::pair{"secret-key", &keys.secret}, std::pair{"session-token", &keys.session}}) {
        auto secret = secrets(name);
        if (!secret)
            return tl::unexpected(secret.error());
        *value = trimmed(*secret);
    }
    if (keys.secret.empty())
        return fail(ErrorCode::NotFound, "no secret key is set for the bucket",
                    "set AWS_SECRET_ACCESS_KEY, or enter it in the settings");
    if (auto fine = web::checkSecret(keys.secret, "the secret key"); !fine)
        return tl::unexpected(fine.error());
    if (auto fine = web::checkSecret(keys.session, "the session token"); !fine)
        return tl::unexpected(fine.error());
    return keys;
}

void sign(http::Request &request, const Settings &settings, const Keys &keys)
{
    request.signature = fmt::format("aws:amz:{}:s3", settings.region);
    request.user = settings.accessKey;
    request.password = keys.secret;
    // libcurl does not add it by itself, and no S3 takes a signature without it.
    request.headers.push_back("x-amz-content-sha256: " + sha256Hex(request.body));
    if (!keys.session.empty())
        request.headers.push_back("x-amz-security-token: " + keys.session);
}

http::Request signedPut(const Settings &settings, const Keys &keys, std::string_view key,
                        std::string_view bytes)
{
    auto put = web::putRequest(settings.address(key), bytes, settings.caFile, settings.timeouts);
    sign(put, settings, keys);
    return put;
}

namespace {

std::string xmlValue(const std::string &body, std::string_view tag)
{
    const std::string open = fmt::format("<{}>", tag);
    const std::size_t start = body.find(open);
    const std::size_t end =
        start == std::string::npos ? start : body.find(fmt::format("</{}>", tag), start);
    if (end == std::string::npos)
        return {};
    const std::size_t first = start + open.size();
    const std::string value = body.substr(first, std::min<std::size_t>(end - first, 100));
    const bool plain = std::all_of(value.begin(), value.end(),
                                   [](unsigned char c) { return c > ' ' && c < 0x7F; });
    return plain ? value : std::string();
}

/// What a server's word for a trouble means.
struct Meaning
{
    std::string_view code;
    Kind kind;
    std::string_view text;
    std::string_view next;
};
constexpr std::array kMeanings{
    Meaning{"InvalidAccessKeyId", Kind::Stopped, "the server does not know the access key",
            "check the access key and the endpoint"},
    Meaning{"SignatureDoesNotMatch", Kind::Stopped,
            "the secret key does not belong to the access key",
            "enter the secret key again, without anything before or after it"},
    Meaning{"AccessDenied", Kind::Stopped, "the key is not allowed to write there",
            "give it s3:PutObject for the bucket and the prefix, or use another key"},
    // It passes as soon as the clock is set.
    Meaning{"RequestTimeTooSkewed", Kind::Retry, "this machine's clock is off",
            "set this machine's clock; it is tried again"},
    Meaning{"ExpiredToken", Kind::Stopped, "the session token has expired",
            "enter new keys with their session token"},
    Meaning{"InvalidToken", Kind::Stopped, "the session token is not accepted",
            "enter access key, secret key and session token of one session"},
    Meaning{"NoSuchBucket", Kind::Stopped, "there is no such bucket",
            "create the bucket, or correct its name"},
    Meaning{"InvalidBucketName", Kind::Stopped, "there can be no such bucket",
            "correct the bucket's name"},
    Meaning{"EntityTooLarge", Kind::Failed, "the file is larger than the server takes",
            "raise the server's limit, then retry the item"},
    Meaning{"BadDigest", Kind::Retry, "the bytes were changed on their way", "it is tried again"},
    Meaning{"XAmzContentSHA256Mismatch", Kind::Retry, "the bytes were changed on their way",
            "it is tried again"},
    Meaning{"RequestTimeout", Kind::Retry, "the bytes did not arrive in time", "it is tried again"},
    Meaning{"OperationAborted", Kind::Retry, "somebody else changes the same thing there",
            "it is tried again"},
    Meaning{"ConditionalRequestConflict", Kind::Retry, "the same object is being written",
            "it is tried again"},
};
constexpr std::array<std::string_view, 4> kFullCodes{
    "QuotaExceeded", "XMinioAdminBucketQuotaExceeded", "XMinioStorageFull", "InsufficientStorage"};

/// The region that the server says is the right one; empty when it does not say.
std::string rightRegion(const http::Answer &answer)
{
    std::string region = xmlValue(answer.body, "Region");
    if (region.empty())
        region = answer.bucketRegion;
    constexpr std::string_view kExpecting = "expecting '";
    if (const auto at = answer.body.find(kExpecting); region.empty() && at != std::string::npos) {
        const std::size_t first = at + kExpecting.size();
        region = answer.body.substr(
            first, std::min<std::size_t>(answer.body.find('\'', first) - first, 40));
    }
    return region;
}

std::optional<Error> otherRegion(const http::Answer &answer, const Settings &settings)
{
    const std::string code = errorCode(answer);
    const bool moved = code == "PermanentRedirect" || code == "TemporaryRedirect" ||
                       code == "AuthorizationHeaderMalformed" || code == "IncorrectEndpoint" ||
                       (answer.status == 301 && !answer.bucketRegion.empty());
    if (!moved)
        return std::nullopt;
    const std::string region = rightRegion(answer);
    const std::string endpoint = xmlValue(answer.body, "Endpoint");
    if (region.empty() && endpoint.empty())
        return Error{ErrorCode::InvalidArgument,
                     fmt::format("the bucket is not in the region {}", settings.region),
                     "set the bucket's region"};
    return Error{ErrorCode::InvalidArgument,
                 fmt::format("the bucket is not in the region {} but {}", settings.region,
                             region.empty() ? "at " + endpoint : "in " + region),
                 region.empty() ? "set the region and the endpoint of the bucket"
                                : fmt::format("set the region to {}", region)};
}

/// What became of a request to a bucket that was not answered by 2xx.
UploadOutcome refused(const UploadOutcome &before, const http::Answer &answer,
                      const Settings &settings)
{
    const std::string code = errorCode(answer);
    const auto text = [&](std::string_view what) {
        return fmt::format("{} ({}{}{}: {})", what, answer.status, code.empty() ? "" : " ", code,
                           http::errorText(answer));
    };
    if (std::find(kFullCodes.begin(), kFullCodes.end(), code) != kFullCodes.end())
        return web::full(before, answer, settings.host());
    if (code == "SlowDown") {
        UploadOutcome outcome = web::busy(before, answer, settings.host());
        outcome.everyItem = true;
        return outcome;
    }
    const auto found = std::find_if(kMeanings.begin(), kMeanings.end(),
                                    [&](const Meaning &one) { return one.code == code; });
    if (found != kMeanings.end()) {
        UploadOutcome outcome = before;
        outcome.everyItem = code == "RequestTimeTooSkewed";
        const ErrorCode error = found->kind == Kind::Retry ? ErrorCode::Unavailable
                                : code == "NoSuchBucket"   ? ErrorCode::NotFound
                                                           : ErrorCode::Denied;
        return web::ended(outcome, found->kind,
                          {error, text(found->text), std::string(found->next)});
    }
    if (http::looksLikeHtml(answer) || answer.status == 404 || answer.status == 405)
        return web::ended(
            before, Kind::Stopped,
            {ErrorCode::Unavailable, text(settings.host() + " does not answer like an S3 server"),
             "check the endpoint, and path-style if the bucket's name is part of it"});
    if (answer.status == 401 || answer.status == 403)
        return web::ended(before, Kind::Stopped,
                          {ErrorCode::Denied, text("the server refuses the key"),
                           "check the keys, and what they are allowed"});
    return web::ended(before, Kind::Failed,
                      {ErrorCode::InvalidArgument, text("the server refused the file"),
                       "look at the reason, then retry or drop the item"});
}

} // namespace

std::string errorCode(const http::Answer &answer)
{
    return xmlValue(answer.body, "Code");
}

std::optional<UploadOutcome> trouble(const UploadOutcome &before, const http::Reply &reply,
                                     const Settings &settings)
{
    if (reply) {
        if (auto error = otherRegion(*reply, settings))
            return web::ended(before, Kind::Stopped, std::move(*error));
    }
    if (auto outcome = web::trouble(before, reply, settings.host()))
        return outcome;
    return reply->status >= 300 ? std::optional(refused(before, *reply, settings)) : std::nullopt;
}

} // namespace tepal::s3
