/// JSON as Python reads it: a byte order mark, NaN, Infinity and -Infinity are accepted, the last
/// of several equal keys wins, integers may have any number of digits. Unlike common readers it
/// keeps `1` and `1.0` apart. One parser for files and for requests.
#pragma once

#include <tepal/base/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

enum class JsonType : std::uint8_t {
    Null,
    Boolean,
    Integer,
    Unsigned,   ///< 2^63 to 2^64-1.
    BigInteger, ///< Beyond 64 bits: its digits.
    Float,
    String,
    Array,
    Object,
};

/// One value. Arrays and objects are followed by their children; an object's are key, value, key, …
struct JsonNode
{
    JsonType type = JsonType::Null;
    /// Children of an array, members of an object, bytes of a string or of a BigInteger.
    std::uint32_t size = 0;
    std::uint32_t end = 0; ///< Index after the whole value.
    union {
        bool boolean;
        std::int64_t integer = 0;
        std::uint64_t natural; ///< Unsigned.
        double number;
        const char *text;
    };

    std::string_view string() const { return {text, size}; }
    bool isNumber() const { return type >= JsonType::Integer && type <= JsonType::Float; }
    /// Of a number.
    double asDouble() const
    {
        if (type == JsonType::Float) [[likely]]
            return number;
        return type == JsonType::Integer ? static_cast<double>(integer) : largeAsDouble();
    }

private:
    double largeAsDouble() const;
};

class JsonParser;

/// A parsed text; can be reused. Not thread-safe.
class JsonDocument
{
public:
    static constexpr int kMaxDepth = 128;
    static constexpr std::size_t kMaxNodes = 8u << 20;

    /// InvalidArgument with the place and the reason. The text must outlive the document's use:
    /// strings without escapes point into it.
    Status parse(std::string_view text);
    /// The same for a text that is known to be UTF-8, saying no more than whether it worked. Then
    /// `problem` is why not and `problemAt` where (bytes from 0).
    bool parseKnownUtf8(std::string_view text);
    const char *problem() const { return m_problem; }
    std::size_t problemAt() const { return m_problemAt; }

    std::uint32_t root() const { return 0; }
    const JsonNode &at(std::uint32_t index) const { return m_nodes[index]; }
    /// Index of the value of the last member with this key, 0 when there is none or `object` is not
    /// an object.
    std::uint32_t member(std::uint32_t object, std::string_view key) const;
    /// Appends the value as compact JSON. `pandas`: as that writes it, `/` as `\/`, non-ASCII as
    /// `\uXXXX`, numbers that JSON does not know as null; else as Python's json does, with NaN.
    void write(std::uint32_t index, std::string &out, bool pandas = true) const;

private:
    friend class JsonParser;
    std::vector<JsonNode> m_nodes;
    std::string m_unescaped;
    const char *m_problem = nullptr;
    std::size_t m_problemAt = 0;
};

/// Appends a JSON string literal. `ascii` escapes everything beyond ASCII and the slash.
void appendJsonString(std::string &out, std::string_view text, bool ascii = false);
/// Appends a number that is read back as a fraction, also 2.0, NaN and Infinity, as Python writes
/// them.
void appendJsonFraction(std::string &out, double value);
/// Reads one JSON number at the start of `text`; returns its length, 0 when there is none.
/// Fractions beyond the range of double become infinite.
std::size_t parseJsonNumber(std::string_view text, JsonNode &out);

} // namespace tepal
