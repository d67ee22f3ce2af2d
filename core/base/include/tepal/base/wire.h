/// The protobuf wire format (varints, tags, length-delimited fields), reading and writing, without
/// generated code: profile files must keep unknown fields, must never allocate more than the file
/// is long, and must be written canonically, none of which generated classes promise. The messages
/// themselves are documented as .proto files beside the rooms that use them, and tests hold this
/// codec against libprotobuf's `protoc`.
///
/// Source: Protocol Buffers documentation, "Encoding".
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tepal::wire {

enum class Type : std::uint8_t { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

/// ZigZag mapping of signed integers (sint64).
constexpr std::uint64_t zigzag(std::int64_t value)
{
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value)
{
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

constexpr std::size_t varintSize(std::uint64_t value)
{
    std::size_t size = 1;
    while (value >= 0x80) {
        value >>= 7;
        ++size;
    }
    return size;
}

/// Appends to a string it does not own. Fields are written in the order of the calls.
class Writer
{
public:
    explicit Writer(std::string &out)
        : m_out(out)
    {}

    void varint(std::uint64_t value)
    {
        while (value >= 0x80) {
            m_out.push_back(static_cast<char>(value | 0x80));
            value >>= 7;
        }
        m_out.push_back(static_cast<char>(value));
    }
    void tag(std::uint32_t field, Type type)
    {
        varint((static_cast<std::uint64_t>(field) << 3) | static_cast<std::uint64_t>(type));
    }
    void uint64(std::uint32_t field, std::uint64_t value)
    {
        tag(field, Type::Varint);
        varint(value);
    }
    void int64(std::uint32_t field, std::int64_t value)
    {
        uint64(field, static_cast<std::uint64_t>(value));
    }
    void sint64(std::uint32_t field, std::int64_t value) { uint64(field, zigzag(value)); }
    void boolean(std::uint32_t field, bool value) { uint64(field, value ? 1 : 0); }
    void fixed64(std::uint32_t field, double value)
    {
        tag(field, Type::Fixed64);
        raw(&value, sizeof value);
    }
    void bytes(std::uint32_t field, std::string_view value)
    {
        tag(field, Type::Bytes);
        varint(value.size());
        m_out.append(value);
    }
    void raw(const void *data, std::size_t size)
    {
        m_out.append(static_cast<const char *>(data), size);
    }

private:
    std::string &m_out;
};

/// One decoded field. `number` holds varint and fixed values, `bytes` length-delimited ones.
struct Field
{
    std::uint32_t number = 0;
    Type type = Type::Varint;
    std::uint64_t value = 0;
    std::string_view bytes; ///< Points into the reader's input.
    std::string_view whole; ///< The field as it lies there, tag included: to pass on unchanged.

    double asDouble() const
    {
        double d = 0;
        std::memcpy(&d, &value, sizeof d);
        return d;
    }
    std::int64_t asInt64() const { return static_cast<std::int64_t>(value); }
};

/// Walks over a message. Never reads outside the view; a malformed message ends the walk with
/// `failed()`. Groups (wire types 3 and 4) are refused.
class Reader
{
public:
    explicit Reader(std::string_view input)
        : m_input(input)
    {}

    /// True and the next field, or false at the end or on an error.
    bool next(Field &field);
    bool failed() const { return m_failed; }
    std::size_t position() const { return m_position; }

    /// Reads a bare varint, for length-delimited streams.
    bool varint(std::uint64_t &value);
    /// Reads a varint length and that many bytes.
    bool delimited(std::string_view &message);

private:
    bool fail();

    std::string_view m_input;
    std::size_t m_position = 0;
    bool m_failed = false;
};

} // namespace tepal::wire
