/// Small text helpers that several rooms need. Pure, thread-safe, locale-independent.
#pragma once

#include <tepal/base/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tepal {

/// Whole text as a number; nothing when anything is left over. Accepts nan and inf.
std::optional<double> parseDouble(std::string_view text);
std::optional<std::int64_t> parseInt64(std::string_view text);
/// Shortest text that reads back to the same double (`0.1`, `1e+300`, `nan`, `inf`).
std::string formatDouble(double value);
/// Length of the well-formed UTF-8 sequence at `at` (1 to 4 bytes), 0 where there is none.
std::size_t utf8SequenceLength(std::string_view bytes, std::size_t at);
/// Appends one code point (at most U+10FFFF).
void appendUtf8(std::string &out, std::uint32_t code);
/// True when the bytes are well-formed UTF-8 (no surrogates, nothing above U+10FFFF).
bool isUtf8(std::string_view bytes);
/// Replaces malformed sequences by U+FFFD.
std::string toUtf8(std::string_view bytes);
/// The longest prefix of at most `codePoints` code points.
std::string_view utf8Prefix(std::string_view text, std::size_t codePoints);
/// The text as it may go to a terminal: control characters, marks that turn the direction of
/// writing, line separators and malformed bytes are written out (`\x1b`, `\n`, `\u202e`), so that
/// a name from elsewhere can neither steer the terminal nor look like another one. One line.
std::string terminalText(std::string_view text);

/// `512`, `64KiB`, `32MiB`, `1GiB`, also with powers of 1000 (`64MB`), in bytes; letters of either
/// case. More than fits into 63 bits is an error.
Result<std::uint64_t> parseSize(std::string_view text);
/// `32 MiB`: the largest unit of 1024 that leaves no rest, else bytes.
std::string formatSize(std::uint64_t bytes);

} // namespace tepal
