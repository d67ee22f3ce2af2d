/// One HTTP exchange with libcurl. Internal.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace tepal::http {

struct Request
{
    std::string method; ///< GET, POST or PUT.
    std::string url;    ///< Used byte for byte.
    std::vector<std::string> headers;
    std::string userAgent; ///< Empty = none is sent.
    std::string_view body;
    std::string caFile;
    DurationMs connectTimeout = 0;
    DurationMs timeout = 0;
    DurationMs stall = 0; ///< Longest time with less than a byte per second; 0 = any.
};

struct Answer
{
    int status = 0;
    std::string reason;
    std::string contentType;
    std::string location;
    std::string retryAfter;
    std::string body; ///< Its first 64 KiB.
};

/// Why there is no answer.
struct Failure
{
    bool cancelled = false;
    bool permanent = false;      ///< Another try would end the same way: certificate, address.
    bool mayHaveArrived = false; ///< The whole body was sent before it broke.
    Error error;
};

/// A new connection every time, no redirects, nothing kept from call to call. Ends soon after the
/// stop token is asked to.
tl::expected<Answer, Failure> exchange(const Request &request, const std::stop_token &stop);

} // namespace tepal::http
