/// Keyed hashes and secrets by libcrypto. Internal to the room; thread-safe. They end the program
/// when the library fails, which it only does without memory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tepal {

/// HMAC-SHA256 (RFC 2104) in lowercase hexadecimal.
std::string hmacSha256Hex(std::string_view key, std::string_view text);
/// From the generator that keys are made with.
std::string randomBytes(std::size_t size);

} // namespace tepal
