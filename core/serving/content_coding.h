/// Compressed request bodies (RFC 9110, 8.4): gzip and deflate.
#pragma once

#include <tepal/base/result.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace tepal::serving {

/// What Accept-Encoding says about the codings that decodeBody knows.
inline constexpr std::string_view kContentCodings = "gzip, deflate";

/// `body` without its content encoding. Unsupported for an encoding that is not known or for
/// several, Full when more than `limit` bytes come out (no more than that is ever unpacked),
/// Corrupt for damaged bytes. "deflate" is a zlib stream or, as some clients send it, a bare one.
Result<std::string> decodeBody(std::string_view encoding, std::string_view body,
                               std::uint64_t limit);

} // namespace tepal::serving
