#include "request.h"

#include <tepal/base/text.h>
#include <tepal/table/json.h>

#include <fmt/format.h>

#include <charconv>

namespace tepal::serving {

void Response::error(int code, std::string_view type, std::string_view message,
                     std::string_view next)
{
    std::string sentence(message);
    if (!sentence.empty() && sentence[0] >= 'a' && sentence[0] <= 'z')
        sentence[0] = static_cast<char>(sentence[0] - 'a' + 'A');
    if (!next.empty())
        sentence += "; " + std::string(next);
    sentence += ".";
    std::string out = "{\"msg\":";
    appendJsonString(out, sentence);
    out += ",\"type\":";
    appendJsonString(out, type);
    out += "}";
    json(code, std::move(out));
}

void Response::tooLarge(std::string_view what, std::uint64_t limit)
{
    const std::string size = formatSize(limit);
    const std::string bytes =
        size.ends_with("bytes") ? size : fmt::format("{} ({} bytes)", size, limit);
    refuse(Refusal::BodyTooLarge, 413, "PayloadTooLarge",
           fmt::format("The {} is larger than {}", what, bytes),
           "send less at once, or start the endpoint with a larger limit, as with tepal serve "
           "--max-body 256MiB");
}

std::string_view reasonPhrase(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 304:
        return "Not Modified";
    case 307:
        return "Temporary Redirect";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 413:
        return "Payload Too Large";
    case 415:
        return "Unsupported Media Type";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    default:
        return "Internal Server Error";
    }
}

void appendResponse(std::string &out, const Response &response, const Wire &wire)
{
    const auto number = [&out](std::uint64_t what) {
        char digits[20];
        out.append(digits, std::to_chars(digits, digits + sizeof digits, what).ptr);
    };
    out += "HTTP/1.1 ";
    number(static_cast<std::uint64_t>(response.status));
    out += ' ';
    out += reasonPhrase(response.status);
    out += "\r\ndate: ";
    out += wire.date;
    out += "\r\nserver: tepal\r\n";
    if (response.status != 304) {
        out += "content-type: ";
        out += response.contentType;
        out += "\r\ncontent-length: ";
        number(response.body.size());
        out += "\r\n";
    }
    if (wire.requestId != 0) {
        out += "x-bentoml-request-id: ";
        number(wire.requestId);
        out += "\r\n";
    }
    if (!wire.trace.empty()) {
        out += "x-bentoml-trace-id: ";
        out += wire.trace;
        out += "\r\n";
    }
    out += response.extraHeaders;
    if (response.close)
        out += "connection: close\r\n";
    else if (wire.old)
        out += "connection: keep-alive\r\n";
    out += "\r\n";
    if (!wire.head)
        out += response.body;
}

} // namespace tepal::serving
