/// Copies of texts that live together: values are views, and somebody has to keep what they show.
#pragma once

#include <tepal/base/value.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace tepal {

/// Views stay valid until clear(), also when the arena is moved. Not thread-safe.
class TextArena
{
public:
    /// Texts are copied into pieces of so many bytes; a longer one gets a piece of its own.
    explicit TextArena(std::size_t piece = 64u << 10)
        : m_piece(piece)
    {}

    std::string_view keep(std::string_view text)
    {
        if (text.empty())
            return {};
        if (m_pieces.empty() || m_pieces.back().size() + text.size() > m_pieces.back().capacity())
            m_pieces.emplace_back().reserve(std::max(m_piece, text.size()));
        std::string &to = m_pieces.back();
        const std::size_t begin = to.size();
        to += text; // within the capacity, so what points into it stays valid
        m_size += text.size();
        return std::string_view(to).substr(begin);
    }
    /// The same value, its text kept.
    Value keep(Value value)
    {
        return value.kind() == ValueKind::String ? Value::string(keep(value.asString())) : value;
    }
    /// Bytes that are kept.
    std::size_t size() const { return m_size; }
    /// Forgets all texts; one piece stays for the next.
    void clear()
    {
        m_size = 0;
        if (m_pieces.empty())
            return;
        m_pieces.erase(m_pieces.begin() + 1, m_pieces.end());
        m_pieces.front().clear();
    }

private:
    std::size_t m_piece;
    std::size_t m_size = 0;
    std::deque<std::string> m_pieces;
};

} // namespace tepal
