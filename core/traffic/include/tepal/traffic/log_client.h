/// Sending rows to the log route of an endpoint, batch by batch.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>

#include <memory>
#include <optional>
#include <string>

namespace tepal::traffic {

/// One connection, for one thread at a time.
class LogClient
{
public:
    /// `url` is `http://host:port`. InvalidArgument otherwise; nothing is sent yet.
    static Result<std::unique_ptr<LogClient>> open(const std::string &url,
                                                   const std::string &dataset);
    ~LogClient();
    LogClient(const LogClient &) = delete;
    LogClient &operator=(const LogClient &) = delete;

    /// Returns once the endpoint has recorded the rows. Unavailable: the answer never came, so the
    /// rows may have been recorded or not. Any other error: they were not.
    Status send(const std::string &rows, const char *contentType, std::optional<TimeMs> time);

private:
    struct Impl;
    explicit LogClient(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace tepal::traffic
