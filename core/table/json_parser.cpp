#include "json_parser.h"

#include "digits.h"

#include <tepal/base/text.h>

#include <charconv>
#include <cstdlib>
#include <limits>

namespace tepal {
namespace {

/// from_chars reports under- and overflow alike and leaves the value alone; strtod tells them
/// apart.
double farOut(std::string_view token)
{
    return std::strtod(std::string(token).c_str(), nullptr);
}

/// Where the exponent at `at` ends; `at` when there is none.
const char *behindExponent(const char *at, const char *end)
{
    if (at == end || (*at != 'e' && *at != 'E'))
        return at;
    const char *digits = at + 1;
    if (digits != end && (*digits == '+' || *digits == '-'))
        ++digits;
    const char *behind = digits;
    while (behind != end && *behind >= '0' && *behind <= '9')
        ++behind;
    return behind == digits ? at : behind;
}

/// A number whose characters are known, in the general way.
void readToken(std::string_view token, bool integer, JsonNode &out)
{
    const char *const end = token.data() + token.size();
    if (!integer) {
        out.type = JsonType::Float;
        double value = 0;
        if (std::from_chars(token.data(), end, value).ec != std::errc())
            value = farOut(token);
        out.number = value;
        return;
    }
    out.type = JsonType::Integer;
    if (std::from_chars(token.data(), end, out.integer).ec == std::errc())
        return;
    out.type = JsonType::Unsigned;
    if (std::from_chars(token.data(), end, out.natural).ec == std::errc())
        return;
    out.type = JsonType::BigInteger;
    out.text = token.data();
    out.size = static_cast<std::uint32_t>(token.size());
}

} // namespace

std::size_t parseJsonNumber(std::string_view text, JsonNode &out)
{
    const char *const begin = text.data();
    Decimal decimal = Decimal::read(begin, begin + text.size());
    if (decimal.whole == 0)
        return 0;
    const char *const first = begin + (decimal.negative ? 1 : 0);
    if (*first == '0' && decimal.whole > 1)
        decimal = Decimal::read(begin, first + 1); // what follows a leading zero is not of it
    const char *const end = behindExponent(decimal.end, begin + text.size());
    const auto size = static_cast<std::size_t>(end - begin);
    const bool plain = end == decimal.end;
    if (plain && decimal.isExactInteger()) {
        out.type = JsonType::Integer;
        out.integer = decimal.integer();
    } else if (plain && decimal.fraction > 0 && decimal.isExactFraction()) {
        out.type = JsonType::Float;
        out.number = decimal.value();
    } else {
        readToken(text.substr(0, size), plain && decimal.fraction == 0, out);
    }
    return size;
}

double JsonNode::largeAsDouble() const
{
    return type == JsonType::Unsigned ? static_cast<double>(natural) : farOut(string());
}

bool JsonParser::run()
{
    if (m_text.starts_with("\xEF\xBB\xBF"))
        m_at = 3;
    skipSpace();
    return finish(m_at == m_text.size() ? refuse("nothing is there") : value(0));
}

bool JsonParser::take(std::string_view word)
{
    if (!m_text.substr(m_at).starts_with(word))
        return false;
    m_at += word.size();
    return true;
}

bool JsonParser::word(JsonNode &node)
{
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const bool boolean = take("true");
    if (boolean || take("false")) {
        node.type = JsonType::Boolean;
        node.boolean = boolean;
        return true;
    }
    node.type = JsonType::Null;
    if (take("null"))
        return true;
    if (peek() == '-' && number(node))
        return true;
    node.type = JsonType::Float;
    node.number = std::numeric_limits<double>::quiet_NaN();
    if (take("NaN"))
        return true;
    const bool negative = m_text.substr(m_at).starts_with("-Infinity");
    node.number = negative ? -infinity : infinity;
    return take(negative ? "-Infinity" : "Infinity") || refuse("a value was expected");
}

bool JsonParser::value(int depth)
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

bool JsonParser::container(JsonType type, int depth)
{
    if (depth >= JsonDocument::kMaxDepth)
        return refuse("the nesting is too deep");
    const std::size_t index = m_document.m_nodes.size();
    JsonNode whole;
    whole.type = type;
    whole.end = static_cast<std::uint32_t>(index) + 1;
    m_document.m_nodes.push_back(whole);
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
            JsonNode name;
            if (!key(name))
                return false;
            name.end = static_cast<std::uint32_t>(m_document.m_nodes.size()) + 1;
            m_document.m_nodes.push_back(name);
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

bool JsonParser::escapedString(std::size_t begin, JsonNode &node)
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

bool JsonParser::escape(std::string &out)
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

bool JsonParser::hex4(std::uint32_t &code)
{
    if (m_at + 4 > m_text.size())
        return refuse("an escape is incomplete");
    const char *end = m_text.data() + m_at + 4;
    if (std::from_chars(m_text.data() + m_at, end, code, 16).ptr != end)
        return refuse("an escape is incomplete");
    m_at += 4;
    return true;
}

bool JsonParser::unicode(std::string &out)
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

} // namespace tepal
