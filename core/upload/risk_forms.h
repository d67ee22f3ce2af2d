/// Check digits and the forms of numbers that are given to people. Internal to the room.
#pragma once

#include <string>
#include <string_view>

namespace tepal::forms {

bool isDigit(char c);
bool isAlnum(char c);
bool allDigits(std::string_view text);
/// What is left without spaces, dashes and dots.
std::string compact(std::string_view text);

/// The check digit of cards (ISO/IEC 7812).
bool luhn(std::string_view digits);
/// Luhn, and the beginning and the length that one of the large card networks gives.
bool isCard(std::string_view digits);
/// Country, length and check number (ISO 13616). `text` is compact and in capitals.
bool isIban(std::string_view text);
/// Number of an article: EAN-8, UPC, EAN-13 (ISBN) or GTIN-14 with its check digit.
bool isArticleNumber(std::string_view digits);
/// A date, a date with time, or seconds to nanoseconds since 1970, between 1990 and 2100.
bool isTimeNumber(std::string_view digits);
/// A tax or social security number by the form of one of some countries.
bool isNationalId(std::string_view text);
/// Whole text an IPv4 address that is somebody's (not of this machine, not 0.0.0.0).
/// `sure`: the numbers are too large for a version.
bool isIpv4(std::string_view text, bool &sure);
bool isIpv6(std::string_view text);
bool isMac(std::string_view text);

} // namespace tepal::forms
