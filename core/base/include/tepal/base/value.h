/// One cell of a record, as it travels from an HTTP body through the journal into a profile.
#pragma once

#include <cstdint>
#include <string_view>

namespace tepal {

/// The type groups that whylogs counts apart. Stored in the journal; never renumber.
enum class ValueKind : std::uint8_t {
    Null = 0,
    Boolean = 1,
    Integral = 2,
    Fractional = 3,
    String = 4,
    Tensor = 5, ///< A non-empty numeric array; only its presence is counted.
    Object = 6, ///< Anything else (maps, mixed lists, …); only its presence is counted.
    Unsigned = 7, ///< An integer from 2^63 to 2^64-1: a fraction that is told apart as an integer.
};

/// A view: text points to memory that somebody else keeps alive. Trivially copyable, 16 bytes.
class Value
{
public:
    constexpr Value() = default;
    static constexpr Value null() { return {}; }
    static constexpr Value boolean(bool value)
    {
        Value v(ValueKind::Boolean);
        v.m_integral = value ? 1 : 0;
        return v;
    }
    static constexpr Value integral(std::int64_t value)
    {
        Value v(ValueKind::Integral);
        v.m_integral = value;
        return v;
    }
    /// From 2^63 on; smaller ones are Integral.
    static constexpr Value natural(std::uint64_t value)
    {
        Value v(ValueKind::Unsigned);
        v.m_natural = value;
        return v;
    }
    static constexpr Value fractional(double value)
    {
        Value v(ValueKind::Fractional);
        v.m_fractional = value;
        return v;
    }
    /// `text` is UTF-8 and shorter than 4 GiB.
    static constexpr Value string(std::string_view text)
    {
        Value v(ValueKind::String);
        v.m_text = text.data();
        v.m_size = static_cast<std::uint32_t>(text.size());
        return v;
    }
    static constexpr Value tensor() { return Value(ValueKind::Tensor); }
    static constexpr Value object() { return Value(ValueKind::Object); }

    constexpr ValueKind kind() const { return m_kind; }
    constexpr bool isNull() const { return m_kind == ValueKind::Null; }
    /// Valid for the matching kind only.
    constexpr bool asBoolean() const { return m_integral != 0; }
    constexpr std::int64_t asIntegral() const { return m_integral; }
    constexpr std::uint64_t asNatural() const { return m_natural; }
    constexpr double asFractional() const { return m_fractional; }
    constexpr std::string_view asString() const { return {m_text, m_size}; }

private:
    constexpr explicit Value(ValueKind kind)
        : m_kind(kind)
    {}

    union {
        std::int64_t m_integral = 0;
        std::uint64_t m_natural;
        double m_fractional;
        const char *m_text;
    };
    std::uint32_t m_size = 0;
    ValueKind m_kind = ValueKind::Null;
};

static_assert(sizeof(Value) == 16);

} // namespace tepal
