/// The parser behind JsonDocument, for those inside the room who take an object's members as they
/// are read. Internal to the room.
#pragma once

#include <tepal/table/json.h>

#include <bit>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace tepal {

/// Position of the first byte from `at` on that does not stand for itself inside a JSON string: a
/// quote, a backslash or a control character.
inline std::size_t plainUntil(std::string_view text, std::size_t at)
{
#ifdef __SSE2__
    constexpr std::size_t stride = 16;
    for (; at + stride <= text.size(); at += stride) {
        __m128i bytes;
        std::memcpy(&bytes, text.data() + at, stride);
        const __m128i control =
            _mm_cmpeq_epi8(_mm_max_epu8(bytes, _mm_set1_epi8(0x20)), bytes); // FF where >= 0x20
        const __m128i special = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                             _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
        const unsigned mask = static_cast<unsigned>(_mm_movemask_epi8(special)) |
                              (static_cast<unsigned>(_mm_movemask_epi8(control)) ^ 0xFFFFu);
        if (mask != 0)
            return at + static_cast<std::size_t>(std::countr_zero(mask));
    }
#endif
    while (at < text.size() && text[at] != '"' && text[at] != '\\' &&
           static_cast<unsigned char>(text[at]) >= 0x20)
        ++at;
    return at;
}

/// Recursive descent with a depth limit; one object per parse. The text is known to be UTF-8.
class JsonParser
{
public:
    JsonParser(JsonDocument &document, std::string_view text)
        : m_document(document)
        , m_text(text)
    {
        m_document.m_nodes.clear();
        m_document.m_unescaped.clear();
        m_document.m_problem = nullptr;
    }

    /// The whole text into the document.
    bool run();

    /// Reads a text that is one object without keeping more of it in the document than what is
    /// nested. False as JsonDocument::parseKnownUtf8, or when the taker wants no more; a text that
    /// is JSON but no object has the problem kNotObject. Members taken before a problem stay
    /// taken. A taker has
    /// - `std::size_t expected(std::string_view rest)`: the length of a key and its colon that it
    ///   knows at the beginning of `rest`, which is then not read again; 0 for none;
    /// - `void key(std::string_view name)`: any other key, valid until its value was taken;
    /// - `bool scalar(const JsonNode &value)` and `bool nested(std::uint32_t index)`: the value of
    ///   that key, the latter in the document; false ends the reading.
    template <typename Taker>
    bool runMembers(Taker &taker)
    {
        skipSpace();
        if (peek() != '{') {
            run();
            if (m_document.m_problem == nullptr)
                m_document.m_problem = kNotObject;
            return false;
        }
        return finish(eachMember(taker)) && !m_ended;
    }
    static constexpr const char *kNotObject = "not a JSON object";

private:
    /// Behind the value nothing may come.
    bool finish(bool fine)
    {
        if (fine) {
            skipSpace();
            if (m_at != m_text.size())
                refuse("something follows the value");
        }
        m_document.m_problem = m_problem;
        m_document.m_problemAt = m_at;
        return m_problem == nullptr;
    }
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

    /// From the opening brace behind the closing one.
    template <typename Taker>
    bool eachMember(Taker &taker)
    {
        ++m_at;
        skipSpace();
        if (peek() == '}') {
            ++m_at;
            return true;
        }
        for (;;) {
            if (const std::size_t known = taker.expected(m_text.substr(m_at)); known > 0) {
                m_at += known;
                skipSpace();
            } else {
                JsonNode key;
                if (!this->key(key))
                    return false;
                taker.key(key.string());
            }
            if (peek() == '{' || peek() == '[') {
                const auto index = static_cast<std::uint32_t>(m_document.m_nodes.size());
                if (!value(1))
                    return false;
                m_ended = !taker.nested(index);
            } else {
                JsonNode node;
                if (!scalar(node))
                    return false;
                m_ended = !taker.scalar(node);
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

    /// A key and its colon.
    bool key(JsonNode &node)
    {
        if (peek() != '"')
            return refuse("a key in double quotes was expected");
        if (!string(node))
            return false;
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

    /// A value that is neither a list nor an object.
    bool scalar(JsonNode &node)
    {
        const char first = peek();
        if (first == '"')
            return string(node);
        return first >= '0' && first <= '9' ? number(node) : word(node);
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
        return m_text[m_at] == '\\' ? escapedString(begin, node)
                                    : refuse("a control character stands in a string");
    }

    bool value(int depth);
    bool number(JsonNode &node)
    {
        const std::size_t length = parseJsonNumber(m_text.substr(m_at), node);
        m_at += length;
        return length > 0;
    }
    /// true, false, null, or one of the numbers that are words.
    bool word(JsonNode &node);
    bool take(std::string_view word);
    bool container(JsonType type, int depth);
    bool escapedString(std::size_t begin, JsonNode &node);
    bool escape(std::string &out);
    bool hex4(std::uint32_t &code);
    bool unicode(std::string &out);

    JsonDocument &m_document;
    std::string_view m_text;
    std::size_t m_at = 0;
    const char *m_problem = nullptr;
    bool m_ended = false; ///< Whoever takes the members wants no more.
};

} // namespace tepal
