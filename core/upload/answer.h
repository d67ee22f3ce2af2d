/// What answers of WhyLabs servers and object stores say when something is wrong. Internal.
#pragma once

#include <tepal/upload/http.h>

namespace tepal::http {

/// JSON `message`, else the first `_embedded.errors[].message`, else XML `Message`, else a short
/// plain text, else the reason phrase; one line of at most 300 bytes, never empty.
std::string errorText(const Answer &answer);
/// `Retry-After` in seconds or as a date; 0 without one that can be read. At most a year.
DurationMs retryAfter(const Answer &answer, TimeMs now);
bool looksLikeHtml(const Answer &answer);
/// 408, 429, 500, 502, 503, 504.
bool isTransient(int status);
/// Of a 3xx: where to. Nothing is ever sent there.
Error redirected(const Answer &answer);
/// An object store's way of saying that a granted address is too old.
bool saysExpired(const Answer &answer);

} // namespace tepal::http
