/// HTTP exchanges with libcurl, many at once on one thread.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace tepal::http {

struct Request
{
    std::string method; ///< GET, HEAD, POST, PUT, DELETE, MKCOL, ….
    std::string url;    ///< Used byte for byte.
    std::vector<std::string> headers;
    std::string userAgent; ///< Empty = none is sent.
    std::string body;
    std::string caFile; ///< PEM bundle; empty = the system's.
    std::string user;   ///< With `password`: Basic, or what `signature` asks for.
    std::string password;
    /// `aws:amz:<region>:s3`: signed by libcurl. The caller sets x-amz-content-sha256, and sends no
    /// empty header: libcurl 7.88 signs those without sending them.
    std::string signature;
    DurationMs connectTimeout = 10 * kSecondMs;
    DurationMs timeout = 30 * kSecondMs;
    DurationMs stall = 0;            ///< Longest time with less than a byte per second; 0 = any.
    std::int64_t bytesPerSecond = 0; ///< At most; 0 = any.
    /// Not on a kept connection, on which libcurl repeats by itself what was lost: for what must
    /// not happen twice.
    bool once = false;
};

struct Answer
{
    int status = 0;
    std::string reason;
    std::string contentType;
    std::string location;
    std::string retryAfter;
    std::string etag;
    std::string date;         ///< What time it is there.
    std::string bucketRegion; ///< x-amz-bucket-region: where an S3 bucket really is.
    std::string body;         ///< Its first 64 KiB.
};

/// Why there is no answer.
struct Failure
{
    bool cancelled = false;
    bool permanent = false;      ///< Another try would end the same way: certificate, address.
    bool mayHaveArrived = false; ///< The whole body was sent before it broke.
    Error error;
};
using Reply = tl::expected<Answer, Failure>;

/// Keeps connections and TLS sessions from call to call. Follows no redirects, speaks no other
/// protocol than HTTP, and keeps no cookies. For one thread, but for wake().
class Exchanges
{
public:
    using Done = std::function<void(Reply)>;

    Exchanges();
    ~Exchanges(); ///< Forgets what is under way; nothing is called back.
    Exchanges(const Exchanges &) = delete;
    Exchanges &operator=(const Exchanges &) = delete;

    /// `done` is called by a later poll(), once.
    void start(Request request, Done done);
    /// Moves on what is under way, calls back what is done, and waits for at most so long when
    /// nothing was.
    void poll(DurationMs longest);
    /// Ends everything under way: each is called back as cancelled.
    void cancelAll();
    std::size_t running() const;
    /// Any thread: ends the waiting of poll().
    void wake();

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// One exchange on its own. Ends soon after the stop token is asked to.
Reply exchange(const Request &request, const std::stop_token &stop);

} // namespace tepal::http
