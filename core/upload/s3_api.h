/// How a bucket that speaks S3 is asked, and what its answers mean. Internal.
#pragma once

#include "web.h"

#include <optional>
#include <string>
#include <string_view>

namespace tepal::s3 {

struct Settings
{
    std::string endpoint; ///< Empty = Amazon's of the region.
    std::string region;
    std::string bucket;
    std::string prefix; ///< Without slashes around it.
    std::string accessKey;
    std::string caFile;
    bool pathStyle = true;
    web::Timeouts timeouts;

    static Settings from(const FieldValues &values);
    Status check() const;
    std::string host() const; ///< With its scheme.
    /// Of the bucket, or of a key in it.
    std::string address(std::string_view key) const;
    /// Of an object, below the prefix.
    std::string keyOf(std::string_view name) const
    {
        return prefix.empty() ? std::string(name) : prefix + "/" + std::string(name);
    }
};

struct Keys
{
    std::string secret;
    std::string session; ///< Empty for keys that stay.
};

/// NotFound, InvalidArgument or Denied with what is missing, and the next step.
Result<Keys> readKeys(const Settings &settings, const SecretReader &secrets);

/// Has libcurl sign a request that is otherwise complete: nothing may be added to it later but
/// headers that have a value.
void sign(http::Request &request, const Settings &settings, const Keys &keys);
http::Request signedPut(const Settings &settings, const Keys &keys, std::string_view key,
                        std::string_view bytes);

/// `AccessDenied`; empty when the server gives no code.
std::string errorCode(const http::Answer &answer);
/// What any reply but 2xx means; nothing = it was done.
std::optional<UploadOutcome> trouble(const UploadOutcome &before, const http::Reply &reply,
                                     const Settings &settings);

} // namespace tepal::s3
