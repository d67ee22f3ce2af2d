#include "json_parser.h"

#include <tepal/base/text.h>

#include <fmt/format.h>

namespace tepal {

Status JsonDocument::parse(std::string_view text)
{
    if (!isUtf8(text))
        return fail(ErrorCode::InvalidArgument, "the body is not valid UTF-8",
                    "send JSON encoded as UTF-8");
    if (parseKnownUtf8(text))
        return {};
    if (m_nodes.empty() &&
        text.find_first_not_of(" \t\r\n", text.starts_with("\xEF\xBB\xBF") ? 3 : 0) == text.npos)
        return fail(ErrorCode::InvalidArgument, "the body is empty", "send JSON");
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the body is not valid JSON: {} at byte {}", m_problem, m_problemAt),
                "send valid JSON");
}

bool JsonDocument::parseKnownUtf8(std::string_view text)
{
    // One unusually large body shall not keep its memory for good.
    if (m_nodes.capacity() > (1u << 18)) {
        m_nodes = {};
        m_unescaped = {};
    }
    return JsonParser(*this, text).run();
}

std::uint32_t JsonDocument::member(std::uint32_t object, std::string_view key) const
{
    const JsonNode &node = m_nodes[object];
    std::uint32_t found = 0;
    if (node.type != JsonType::Object)
        return found;
    for (std::uint32_t at = object + 1; at < node.end; at = m_nodes[at + 1].end) {
        if (m_nodes[at].string() == key)
            found = at + 1;
    }
    return found;
}

void appendJsonString(std::string &out, std::string_view text, bool ascii)
{
    out.push_back('"');
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto c = static_cast<unsigned char>(text[at]);
        if (c == '"' || c == '\\' || (ascii && c == '/')) {
            out.push_back('\\');
            out.push_back(text[at]);
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c == '\t') {
            out += "\\t";
        } else if (c < 0x20) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        } else if (c < 0x80 || !ascii) {
            out.push_back(text[at]);
        } else {
            // The text is valid UTF-8: it was checked when it came in.
            const std::size_t more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
            std::uint32_t code = c & (0x3Fu >> more);
            for (std::size_t i = 0; i < more && at + 1 < text.size(); ++i)
                code = (code << 6) | (static_cast<unsigned char>(text[++at]) & 0x3Fu);
            if (code >= 0x10000) {
                fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}",
                               0xD800 + ((code - 0x10000) >> 10), 0xDC00 + (code & 0x3FF));
            } else {
                fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
            }
        }
    }
    out.push_back('"');
}

void appendJsonFraction(std::string &out, double value)
{
    if (value - value != 0) {
        out += value != value ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
        return;
    }
    const std::string text = formatDouble(value);
    out += text;
    if (text.find_first_not_of("-0123456789") == text.npos)
        out += ".0";
}

void JsonDocument::write(std::uint32_t index, std::string &out, bool pandas) const
{
    const JsonNode &node = m_nodes[index];
    switch (node.type) {
    case JsonType::Null:
        out += "null";
        break;
    case JsonType::Boolean:
        out += node.boolean ? "true" : "false";
        break;
    case JsonType::Integer:
        out += std::to_string(node.integer);
        break;
    case JsonType::Unsigned:
        out += std::to_string(node.natural);
        break;
    case JsonType::BigInteger:
        out += node.string();
        break;
    case JsonType::Float:
        if (node.number - node.number != 0 && pandas)
            out += "null";
        else if (pandas)
            out += formatDouble(node.number);
        else
            appendJsonFraction(out, node.number);
        break;
    case JsonType::String:
        appendJsonString(out, node.string(), pandas);
        break;
    case JsonType::Array:
    case JsonType::Object: {
        const bool object = node.type == JsonType::Object;
        out.push_back(object ? '{' : '[');
        for (std::uint32_t at = index + 1; at < node.end; at = m_nodes[at].end) {
            if (at != index + 1)
                out.push_back(',');
            if (object) {
                appendJsonString(out, m_nodes[at].string(), pandas);
                out.push_back(':');
                ++at;
            }
            write(at, out, pandas);
        }
        out.push_back(object ? '}' : ']');
        break;
    }
    }
}

} // namespace tepal
