/// How a request is told apart from others: ids that clients send along, and those made here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tepal::serving {

/// The trace id of a W3C traceparent, 32 lower-case hexadecimal digits; empty for what is none.
std::string traceIdOf(std::string_view traceparent);

/// A new one out of 128 random bits.
std::string makeTraceId(std::uint64_t high, std::uint64_t low);

/// A trace id as BentoML writes it: the decimal number. Empty for what is none.
std::string traceNumber(std::string_view traceId);

/// An X-Request-Id that can be sent back as it came: 1 to 128 visible ASCII characters; else empty.
std::string_view usableRequestId(std::string_view id);

} // namespace tepal::serving
