/// Encoding of control.proto. Internal to the room.
#pragma once

#include <tepal/logging/logger.h>

#include <optional>
#include <string>
#include <string_view>

namespace tepal::control {

enum class Kind : std::uint8_t { None = 0, Flush = 1, Close = 2 };

struct Request
{
    Kind kind = Kind::None;
    std::uint64_t id = 0;
    bool closeChunks = false;
};

struct Report
{
    std::uint64_t answers = 0;
    std::optional<Error> error;
    LoggerReport report;
};

/// Length-delimited messages.
std::string encode(const Request &request);
std::string encode(const Report &report);
Result<Request> decodeRequest(std::string_view message);
Result<Report> decodeReport(std::string_view message);

/// Cuts whole messages off the front of a growing buffer.
class Framer
{
public:
    void append(std::string_view bytes) { m_buffer.append(bytes); }
    /// The next message, or nothing while it is incomplete.
    std::optional<std::string> next();

private:
    std::string m_buffer;
};

} // namespace tepal::control
