/// The texts under which numbers are tracked as frequent items. Internal to the room.
#pragma once

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <string_view>

namespace tepal {

class IntegerText
{
public:
    template <std::integral Integer>
    explicit IntegerText(Integer value)
        : m_end(std::to_chars(m_text.data(), m_text.data() + m_text.size(), value).ptr)
    {}
    std::string_view view() const
    {
        return {m_text.data(), static_cast<std::size_t>(m_end - m_text.data())};
    }

private:
    std::array<char, 24> m_text;
    const char *m_end;
};

/// As C's %f: six decimals, all digits of large numbers; nan, inf and -inf.
class FractionText
{
public:
    explicit FractionText(double value)
        : m_size(value == value ? fmt::format_to_n(m_text.data(), m_text.size(), "{:f}", value).size
                                : fmt::format_to_n(m_text.data(), m_text.size(), "nan").size)
    {}
    std::string_view view() const { return {m_text.data(), m_size}; }

private:
    std::array<char, 330> m_text; ///< 309 digits, sign, point and six decimals at most.
    std::size_t m_size;
};

} // namespace tepal
