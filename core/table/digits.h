/// Decimal numbers of few digits, read without a library. Internal to the room.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tepal {

/// The beginning of `[-]digits[.digits]`, as far as it is that. Of more than kExactWhole digits
/// only how many they are is known.
struct Decimal
{
    /// So many digits are an integer of 64 bits for sure, …
    static constexpr std::size_t kExactWhole = 18;
    /// … and so many an integer that is a double; the power of ten below it is one as well, so that
    /// a single division rounds correctly (Clinger, How to read floating point numbers accurately,
    /// 1990).
    static constexpr std::size_t kExactFraction = 15;

    bool negative = false;
    std::size_t whole = 0;    ///< Digits before the point.
    std::size_t fraction = 0; ///< Digits behind it.
    std::uint64_t mantissa = 0;
    const char *end = nullptr;

    /// Stops at a point that no digit follows.
    static Decimal read(const char *at, const char *behind)
    {
        Decimal decimal;
        if (at != behind && *at == '-') {
            decimal.negative = true;
            ++at;
        }
        const char *const first = at;
        at = decimal.readDigits(at, behind);
        decimal.whole = static_cast<std::size_t>(at - first);
        if (decimal.whole > 0 && at != behind && *at == '.') {
            const char *const last = decimal.readDigits(at + 1, behind);
            decimal.fraction = static_cast<std::size_t>(last - at - 1);
            if (decimal.fraction > 0)
                at = last;
        }
        decimal.end = at;
        return decimal;
    }

    bool isExactInteger() const { return fraction == 0 && whole > 0 && whole <= kExactWhole; }
    std::int64_t integer() const
    {
        const auto value = static_cast<std::int64_t>(mantissa);
        return negative ? -value : value;
    }
    bool isExactFraction() const { return whole > 0 && whole + fraction <= kExactFraction; }
    double value() const
    {
        static constexpr std::array<double, kExactFraction> kPowers{
            1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
        const double value = static_cast<double>(mantissa) / kPowers[fraction];
        return negative ? -value : value;
    }

private:
    const char *readDigits(const char *at, const char *behind)
    {
        for (; at != behind; ++at) {
            const auto digit = static_cast<unsigned>(static_cast<unsigned char>(*at)) - '0';
            if (digit > 9)
                break;
            mantissa = mantissa * 10 + digit;
        }
        return at;
    }
};

} // namespace tepal
