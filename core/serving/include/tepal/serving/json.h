/// JSON as Python reads it: a byte order mark, NaN, Infinity and -Infinity are accepted, the last
/// of several equal keys wins. Unlike common readers it keeps `1` and `1.0` apart.
#pragma once

#include <tepal/base/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

enum class JsonType : std::uint8_t { Null, Boolean, Integer, Float, String, Array, Object };

/// One value. Arrays and objects are followed by their children; an object's are key, value, key, …
struct JsonNode
{
    JsonType type = JsonType::Null;
    std::uint32_t size = 0; ///< Children of an array, members of an object, bytes of a string.
    std::uint32_t end = 0;  ///< Index after the whole value.
    union {
        bool boolean;
        std::int64_t integer = 0; ///< Integers beyond 64 bits are Float.
        double number;
        const char *text;
    };

    std::string_view string() const { return {text, size}; }
    bool isNumber() const { return type == JsonType::Integer || type == JsonType::Float; }
    /// Of an Integer or Float.
    double asDouble() const
    {
        return type == JsonType::Integer ? static_cast<double>(integer) : number;
    }
};

/// A parsed text; can be reused. Not thread-safe.
class JsonDocument
{
public:
    static constexpr int kMaxDepth = 128;
    static constexpr std::size_t kMaxNodes = 8u << 20;

    /// InvalidArgument with the place and the reason. The text must outlive the document's use:
    /// strings without escapes point into it.
    Status parse(std::string_view text);

    std::uint32_t root() const { return 0; }
    const JsonNode &at(std::uint32_t index) const { return m_nodes[index]; }
    /// Index of the value of the last member with this key, 0 when there is none or `object` is not
    /// an object.
    std::uint32_t member(std::uint32_t object, std::string_view key) const;
    /// Appends the value as compact JSON, as pandas writes it: `/` as `\/`, non-ASCII as `\uXXXX`.
    void write(std::uint32_t index, std::string &out) const;

private:
    friend class JsonParser;
    std::vector<JsonNode> m_nodes;
    std::string m_unescaped;
};

/// Appends a JSON string literal. `ascii` escapes everything beyond ASCII and the slash.
void appendJsonString(std::string &out, std::string_view text, bool ascii = false);
/// Reads one JSON number at the start of `text`; returns its length, 0 when there is none. Values
/// beyond the range of double become infinite.
std::size_t parseJsonNumber(std::string_view text, JsonNode &out);

} // namespace tepal
