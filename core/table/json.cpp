#include <tepal/base/text.h>
#include <tepal/table/json.h>

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <limits>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace tepal {
namespace {

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

/// from_chars reports under- and overflow alike and leaves the value alone; strtod tells them
/// apart.
double farOut(std::string_view token)
{
    return std::strtod(std::string(token).c_str(), nullptr);
}

#ifdef __SSE2__
constexpr std::size_t kStride = 16;
/// Which of 16 bytes are a quote, a backslash or a control character.
unsigned specialMask(const char *at)
{
    __m128i bytes;
    std::memcpy(&bytes, at, kStride);
    const __m128i control =
        _mm_cmpeq_epi8(_mm_max_epu8(bytes, _mm_set1_epi8(0x20)), bytes); // FF where >= 0x20
    const __m128i special = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                         _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    return static_cast<unsigned>(_mm_movemask_epi8(special)) |
           (static_cast<unsigned>(_mm_movemask_epi8(control)) ^ 0xFFFFu);
}
#endif

/// Position of the first byte from `at` on that does not stand for itself inside a string.
std::size_t plainUntil(std::string_view text, std::size_t at)
{
#ifdef __SSE2__
    for (; at + kStride <= text.size(); at += kStride) {
        if (const unsigned mask = specialMask(text.data() + at))
            return at + static_cast<std::size_t>(std::countr_zero(mask));
    }
#endif
    while (at < text.size() && text[at] != '"' && text[at] != '\\' &&
           static_cast<unsigned char>(text[at]) >= 0x20)
        ++at;
    return at;
}

} // namespace

std::size_t parseJsonNumber(std::string_view text, JsonNode &out)
{
    std::size_t at = 0;
    const auto peek = [&] { return at < text.size() ? text[at] : '\0'; };
    if (peek() == '-')
        ++at;
    if (peek() == '0') {
        ++at;
    } else {
        if (!isDigit(peek()))
            return 0;
        while (isDigit(peek()))
            ++at;
    }
    bool integer = true;
    if (peek() == '.' && at + 1 < text.size() && isDigit(text[at + 1])) {
        integer = false;
        ++at;
        while (isDigit(peek()))
            ++at;
    }
    if (peek() == 'e' || peek() == 'E') {
        std::size_t digits = at + 1;
        if (digits < text.size() && (text[digits] == '+' || text[digits] == '-'))
            ++digits;
        if (digits < text.size() && isDigit(text[digits])) {
            integer = false;
            at = digits;
            while (isDigit(peek()))
                ++at;
        }
    }
    const std::string_view token = text.substr(0, at);
    if (integer) {
        out.type = JsonType::Integer;
        if (std::from_chars(token.data(), token.data() + at, out.integer).ec == std::errc())
            return at;
        out.type = JsonType::Unsigned;
        if (std::from_chars(token.data(), token.data() + at, out.natural).ec == std::errc())
            return at;
        out.type = JsonType::BigInteger;
        out.text = token.data();
        out.size = static_cast<std::uint32_t>(at);
        return at;
    }
    out.type = JsonType::Float;
    double value = 0;
    if (std::from_chars(token.data(), token.data() + at, value).ec != std::errc())
        value = farOut(token);
    out.number = value;
    return at;
}

double JsonNode::largeAsDouble() const
{
    return type == JsonType::Unsigned ? static_cast<double>(natural) : farOut(string());
}

/// Recursive descent with a depth limit; one object per parse.
class JsonParser
{
public:
    JsonParser(JsonDocument &document, std::string_view text)
        : m_document(document)
        , m_text(text)
    {}

    bool runMembers(JsonDocument::Members &members)
    {
        m_document.m_nodes.clear();
        m_document.m_unescaped.clear();
        m_document.m_problem = nullptr;
        skipSpace();
        const bool object = peek() == '{';
        if (!object) {
            run();
            if (m_document.m_problem == nullptr)
                m_document.m_problem = JsonDocument::kNotObject;
            return false;
        }
        if (eachMember(members)) {
            skipSpace();
            if (m_at != m_text.size())
                refuse("something follows the value");
        }
        m_document.m_problem = m_problem;
        m_document.m_problemAt = m_at;
        return m_problem == nullptr && !m_ended;
    }

    bool run()
    {
        m_document.m_nodes.clear();
        m_document.m_unescaped.clear();
        m_document.m_problem = nullptr;
        if (m_text.starts_with("\xEF\xBB\xBF"))
            m_at = 3;
        skipSpace();
        if (m_at == m_text.size())
            refuse("nothing is there");
        else if (value(0)) {
            skipSpace();
            if (m_at != m_text.size())
                refuse("something follows the value");
        }
        m_document.m_problem = m_problem;
        m_document.m_problemAt = m_at;
        return m_problem == nullptr;
    }

private:
    bool refuse(const char *why)
    {
        if (m_problem == nullptr)
            m_problem = why;
        return false;
    }
    char peek() const { return m_at < m_text.size() ? m_text[m_at] : '\0'; }
    void skipSpace()
    {
        while (m_at < m_text.size() && (m_text[m_at] == ' ' || m_text[m_at] == '\n' ||
                                        m_text[m_at] == '\r' || m_text[m_at] == '\t'))
            ++m_at;
    }
    bool word(std::string_view expected)
    {
        if (!m_text.substr(m_at).starts_with(expected))
            return false;
        m_at += expected.size();
        return true;
    }
    JsonNode &push(JsonType type)
    {
        JsonNode &node = m_document.m_nodes.emplace_back();
        node.type = type;
        node.end = static_cast<std::uint32_t>(m_document.m_nodes.size());
        return node;
    }

    /// From the opening brace behind the closing one.
    bool eachMember(JsonDocument::Members &members)
    {
        ++m_at;
        skipSpace();
        if (peek() == '}') {
            ++m_at;
            return true;
        }
        for (;;) {
            if (peek() != '"')
                return refuse("a key in double quotes was expected");
            JsonNode key;
            if (!string(key) || !colon())
                return false;
            if (peek() == '{' || peek() == '[') {
                const auto index = static_cast<std::uint32_t>(m_document.m_nodes.size());
                if (!value(1))
                    return false;
                m_ended = !members.nested(key.string(), index);
            } else {
                JsonNode node;
                if (!scalar(node))
                    return false;
                m_ended = !members.scalar(key.string(), node);
            }
            if (m_ended)
                return false;
            skipSpace();
            if (peek() == '}') {
                ++m_at;
                return true;
            }
            if (!comma())
                return false;
        }
    }
    bool colon()
    {
        skipSpace();
        if (peek() != ':')
            return refuse("a colon was expected");
        ++m_at;
        skipSpace();
        return true;
    }
    bool comma()
    {
        if (peek() != ',')
            return refuse(m_at == m_text.size() ? "the text ends too early"
                                                : "a comma was expected");
        ++m_at;
        skipSpace();
        return true;
    }

    bool value(int depth)
    {
        if (m_document.m_nodes.size() >= JsonDocument::kMaxNodes)
            return refuse("there are too many values");
        if (peek() == '{')
            return container(JsonType::Object, depth);
        if (peek() == '[')
            return container(JsonType::Array, depth);
        JsonNode node;
        if (!scalar(node))
            return false;
        node.end = static_cast<std::uint32_t>(m_document.m_nodes.size()) + 1;
        m_document.m_nodes.push_back(node);
        return true;
    }

    /// A value that is neither a list nor an object.
    bool scalar(JsonNode &node)
    {
        switch (peek()) {
        case '"':
            return string(node);
        case 't':
            if (!word("true"))
                return refuse("a value was expected");
            node.type = JsonType::Boolean;
            node.boolean = true;
            return true;
        case 'f':
            if (!word("false"))
                return refuse("a value was expected");
            node.type = JsonType::Boolean;
            node.boolean = false;
            return true;
        case 'n':
            if (!word("null"))
                return refuse("a value was expected");
            node.type = JsonType::Null;
            return true;
        default:
            return number(node);
        }
    }

    bool number(JsonNode &node)
    {
        const std::size_t length = parseJsonNumber(m_text.substr(m_at), node);
        m_at += length;
        if (length > 0)
            return true;
        node.type = JsonType::Float;
        node.number = std::numeric_limits<double>::infinity();
        if (word("Infinity"))
            return true;
        node.number = -node.number;
        if (word("-Infinity"))
            return true;
        node.number = std::numeric_limits<double>::quiet_NaN();
        return word("NaN") || refuse("a value was expected");
    }

    bool container(JsonType type, int depth)
    {
        if (depth >= JsonDocument::kMaxDepth)
            return refuse("the nesting is too deep");
        const std::size_t index = m_document.m_nodes.size();
        push(type);
        const char close = type == JsonType::Object ? '}' : ']';
        std::uint32_t count = 0;
        ++m_at;
        skipSpace();
        if (peek() == close) {
            ++m_at;
            return true;
        }
        for (;;) {
            if (type == JsonType::Object) {
                if (peek() != '"')
                    return refuse("a key in double quotes was expected");
                JsonNode key;
                if (!string(key) || !colon())
                    return false;
                key.end = static_cast<std::uint32_t>(m_document.m_nodes.size()) + 1;
                m_document.m_nodes.push_back(key);
            }
            if (!value(depth + 1))
                return false;
            ++count;
            skipSpace();
            if (peek() == close)
                break;
            if (!comma())
                return false;
        }
        ++m_at;
        JsonNode &node = m_document.m_nodes[index];
        node.size = count;
        node.end = static_cast<std::uint32_t>(m_document.m_nodes.size());
        return true;
    }

    bool string(JsonNode &node)
    {
        const std::size_t begin = ++m_at;
        m_at = plainUntil(m_text, m_at);
        if (m_at >= m_text.size())
            return refuse("a string does not end");
        if (m_text[m_at] == '"') {
            node.type = JsonType::String;
            node.text = m_text.data() + begin;
            node.size = static_cast<std::uint32_t>(m_at - begin);
            ++m_at;
            return true;
        }
        if (m_text[m_at] == '\\')
            return escapedString(begin, node);
        return refuse("a control character stands in a string");
    }

    bool escapedString(std::size_t begin, JsonNode &node)
    {
        std::string &out = m_document.m_unescaped;
        // Unescaped text is never longer than its source, so pointers into it stay valid.
        if (out.capacity() < m_text.size())
            out.reserve(m_text.size());
        const std::size_t start = out.size();
        out.append(m_text.substr(begin, m_at - begin));
        while (m_at < m_text.size()) {
            const char c = m_text[m_at++];
            if (c == '"') {
                node.type = JsonType::String;
                node.text = out.data() + start;
                node.size = static_cast<std::uint32_t>(out.size() - start);
                return true;
            }
            if (c == '\\') {
                if (!escape(out))
                    return false;
            } else if (static_cast<unsigned char>(c) < 0x20) {
                return refuse("a control character stands in a string");
            } else {
                out.push_back(c);
            }
        }
        return refuse("a string does not end");
    }

    bool escape(std::string &out)
    {
        const char c = peek();
        ++m_at;
        switch (c) {
        case '"':
        case '\\':
        case '/':
            out.push_back(c);
            return true;
        case 'b':
            out.push_back('\b');
            return true;
        case 'f':
            out.push_back('\f');
            return true;
        case 'n':
            out.push_back('\n');
            return true;
        case 'r':
            out.push_back('\r');
            return true;
        case 't':
            out.push_back('\t');
            return true;
        case 'u':
            return unicode(out);
        default:
            return refuse("an unknown escape stands in a string");
        }
    }

    bool hex4(std::uint32_t &code)
    {
        if (m_at + 4 > m_text.size())
            return refuse("an escape is incomplete");
        const char *end = m_text.data() + m_at + 4;
        if (std::from_chars(m_text.data() + m_at, end, code, 16).ptr != end)
            return refuse("an escape is incomplete");
        m_at += 4;
        return true;
    }

    bool unicode(std::string &out)
    {
        std::uint32_t code = 0;
        if (!hex4(code))
            return false;
        if (code >= 0xD800 && code < 0xDC00 && m_text.substr(m_at).starts_with("\\u")) {
            const std::size_t back = m_at;
            m_at += 2;
            std::uint32_t low = 0;
            if (!hex4(low))
                return false;
            if (low >= 0xDC00 && low < 0xE000) {
                appendUtf8(out, 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00));
                return true;
            }
            m_at = back;
        }
        // Half a pair is no character.
        appendUtf8(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
        return true;
    }

    JsonDocument &m_document;
    std::string_view m_text;
    std::size_t m_at = 0;
    const char *m_problem = nullptr;
    bool m_ended = false; ///< Whoever takes the members wants no more.
};

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

bool JsonDocument::readMembers(std::string_view text, Members &members)
{
    return JsonParser(*this, text).runMembers(members);
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
