/// Sending rows to the log route of an endpoint, batch by batch.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/table/frame.h>

#include <memory>
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
    /// The time has been looked at; the endpoint takes it as it is.
    Status send(const table::Frame &rows, TimeMs time);

private:
    struct Impl;
    explicit LogClient(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace tepal::traffic
