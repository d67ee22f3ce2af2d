#include "answer.h"

#include <tepal/base/text.h>

#include <curl/curl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace tepal::http {
namespace {

constexpr std::size_t kMaxText = 300;
/// Nobody means more than that, and sums must not overflow.
constexpr DurationMs kLongest = 366 * kDayMs;

std::string lower(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return text;
}

std::string jsonText(const std::string &body)
{
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (!json.is_object())
        return {};
    if (const auto message = json.find("message"); message != json.end() && message->is_string())
        return message->get<std::string>();
    const auto text =
        json.value(nlohmann::json::json_pointer("/_embedded/errors/0/message"), nlohmann::json());
    return text.is_string() ? text.get<std::string>() : std::string();
}

std::string xmlText(const std::string &body)
{
    constexpr std::string_view open = "<Message>";
    const std::size_t start = body.find(open);
    const std::size_t end = start == std::string::npos ? start : body.find("</Message>", start);
    return end == std::string::npos ? std::string()
                                    : body.substr(start + open.size(), end - start - open.size());
}

std::string oneLine(const std::string &text)
{
    std::string line = toUtf8(text);
    std::replace_if(
        line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
    while (!line.empty() && (line.back() == ' ' || line.back() == '.'))
        line.pop_back();
    return std::string(utf8Prefix(line, kMaxText));
}

} // namespace

std::string errorText(const Answer &answer)
{
    std::string text = jsonText(answer.body);
    if (text.empty())
        text = xmlText(answer.body);
    if (text.empty() && lower(answer.contentType).starts_with("text/plain") &&
        answer.body.size() <= kMaxText)
        text = answer.body;
    text = oneLine(text);
    if (text.empty())
        text = oneLine(answer.reason);
    return text.empty() ? "no reason given" : text;
}

DurationMs retryAfter(const Answer &answer, TimeMs now)
{
    if (answer.retryAfter.empty())
        return 0;
    if (const auto seconds = parseInt64(answer.retryAfter))
        return std::clamp<std::int64_t>(*seconds, 0, kLongest / kSecondMs) * kSecondMs;
    const time_t date = curl_getdate(answer.retryAfter.c_str(), nullptr);
    if (date == -1)
        return 0;
    // By its own clock, when it says what that shows: ours may be off.
    if (const time_t there = answer.date.empty() ? -1 : curl_getdate(answer.date.c_str(), nullptr);
        there != -1)
        now = static_cast<TimeMs>(there) * kSecondMs;
    return std::clamp<DurationMs>(static_cast<TimeMs>(date) * kSecondMs - now, 0, kLongest);
}

bool looksLikeHtml(const Answer &answer)
{
    // Object stores exist that confirm a PUT with nothing, and call it text/html.
    if (answer.body.empty())
        return false;
    const std::string start = lower(answer.body.substr(0, 256));
    return lower(answer.contentType).starts_with("text/html") ||
           start.find("<html") != std::string::npos ||
           start.find("<!doctype html") != std::string::npos;
}

bool isTransient(int status)
{
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
           status == 504;
}

Error redirected(const Answer &answer)
{
    // Query and fragment may carry permissions.
    const std::string to = oneLine(answer.location.substr(0, answer.location.find_first_of("?#")));
    return {ErrorCode::Unavailable,
            fmt::format("the server redirects to {} (status {})", to.empty() ? "nowhere" : to,
                        answer.status),
            "set the endpoint to the server's own address"};
}

bool saysExpired(const Answer &answer)
{
    return lower(answer.body).find("expired") != std::string::npos;
}

} // namespace tepal::http
