#include "scan.h"

#include <algorithm>

namespace tepal::table {
namespace {

/// Position of the last `c` in [from, to), or `to`.
std::size_t lastOf(std::string_view text, char c, std::size_t from, std::size_t to)
{
    for (std::size_t at = to; at > from; --at) {
        if (text[at - 1] == c)
            return at - 1;
    }
    return to;
}

/// Where the quotes are closed that `from` is in. Not found: from where to look again when more
/// text has come.
struct Closing
{
    std::size_t at = 0;
    bool found = false;
    bool marked = false; ///< There are quotes inside, doubled or escaped.
};

Closing findClosing(std::string_view text, std::size_t from, const Marks &marks, bool last)
{
    const char both[]{marks.quote, marks.escape};
    Closing closing;
    for (;;) {
        closing.at = marks.escape == 0 ? text.find(marks.quote, from)
                                       : text.find_first_of(std::string_view(both, 2), from);
        if (closing.at == text.npos) {
            closing.at = text.size();
            return closing;
        }
        const bool atEnd = closing.at + 1 >= text.size();
        const bool escape = marks.escape != 0 && text[closing.at] == marks.escape;
        closing.found =
            !escape && (marks.escape != 0 || (atEnd ? last : text[closing.at + 1] != marks.quote));
        if (closing.found)
            return closing;
        if (atEnd) { // what comes next tells what it is
            closing.at = last ? text.size() : closing.at;
            return closing;
        }
        closing.marked = true;
        from = closing.at + 2;
    }
}

} // namespace

std::uint64_t countOf(std::string_view text, char c)
{
    std::uint64_t count = 0;
    std::size_t at = 0;
#ifdef __SSE2__
    // Sixteen counters of a byte each, which are added up before one of them is full.
    const __m128i wanted = _mm_set1_epi8(c);
    while (at + 16 <= text.size()) {
        const std::size_t end = std::min(at + 255 * 16, text.size() - text.size() % 16);
        __m128i counters = _mm_setzero_si128();
        for (; at + 16 <= end; at += 16) {
            __m128i bytes;
            std::memcpy(&bytes, text.data() + at, 16);
            counters = _mm_sub_epi8(counters, _mm_cmpeq_epi8(bytes, wanted));
        }
        const __m128i sums = _mm_sad_epu8(counters, _mm_setzero_si128());
        std::uint64_t halves[2];
        std::memcpy(halves, &sums, sizeof halves);
        count += halves[0] + halves[1];
    }
#endif
    for (; at < text.size(); ++at)
        count += text[at] == c ? 1 : 0;
    return count;
}

/// scan() for doubled quotes, 64 bytes at a time; gives the position from which the general way has
/// to go on: near the end, or where a quote is the last of what is known.
std::size_t RecordScanner::scanDoubled(std::string_view text)
{
    std::size_t at = m_at;
    std::size_t skip = ~std::size_t{0}; // the second of two quotes that stand for one
    for (; at + 65 <= text.size(); at += 64) {
        std::uint64_t quotes = maskOf(text.data() + at, m_marks.quote);
        std::uint64_t ends = maskOf(text.data() + at, m_marks.end);
        unsigned from = 0;
        while (quotes != 0) {
            const auto bit = static_cast<unsigned>(std::countr_zero(quotes));
            quotes &= quotes - 1;
            const std::size_t position = at + bit;
            if (position == skip)
                continue;
            if (!m_inQuotes) {
                // Record ends between the quote before and this one.
                const std::uint64_t before =
                    ends & ((std::uint64_t{1} << bit) - 1) & (~std::uint64_t{0} << from);
                if (before != 0)
                    m_end = at + 64 - static_cast<std::size_t>(std::countl_zero(before));
                m_inQuotes = m_marks.opensAt(text, position);
                from = bit;
            } else if (text[position + 1] == m_marks.quote) {
                skip = position + 1;
            } else {
                m_inQuotes = false;
                from = bit;
            }
        }
        if (!m_inQuotes) {
            const std::uint64_t rest = ends & (~std::uint64_t{0} << from);
            if (rest != 0)
                m_end = at + 64 - static_cast<std::size_t>(std::countl_zero(rest));
        }
    }
    return skip == at ? at + 1 : at;
}

void RecordScanner::scan(std::string_view text, bool last, bool firstOnly)
{
    if (!firstOnly && m_marks.quote != 0 && m_marks.escape == 0)
        m_at = scanDoubled(text);
    while (m_at < text.size()) {
        if (m_inQuotes) {
            const Closing closing = findClosing(text, m_at, m_marks, last);
            m_inQuotes = !closing.found;
            m_at = closing.at + (closing.found ? 1 : 0);
            if (m_inQuotes)
                return;
            continue;
        }
        const std::size_t found = m_marks.quote != 0 ? text.find(m_marks.quote, m_at) : text.npos;
        const std::size_t until = found == text.npos ? text.size() : found;
        if (firstOnly) {
            const std::size_t first = text.substr(0, until).find(m_marks.end, m_at);
            if (first != text.npos) {
                m_end = first + 1;
                return;
            }
        } else if (const std::size_t end = lastOf(text, m_marks.end, m_at, until); end != until) {
            m_end = end + 1;
        }
        m_at = until;
        if (found == text.npos)
            return;
        m_inQuotes = m_marks.opensAt(text, found);
        m_at = found + 1;
    }
}

namespace {

/// Without doubled or escaped quotes. What it gives lives in `kept`.
std::string_view unquoted(std::string_view cell, const Marks &marks, TextArena &kept)
{
    thread_local std::string plain; // for its memory
    plain.clear();
    const char escape = marks.escape != 0 ? marks.escape : marks.quote;
    for (std::size_t i = 0; i < cell.size(); ++i) {
        if (cell[i] == escape && i + 1 < cell.size())
            ++i;
        plain.push_back(cell[i]);
    }
    return kept.keep(plain);
}

CellFound takeQuoted(std::string_view text, std::size_t begin, const Marks &marks, TextArena &kept)
{
    CellFound found;
    found.quoted = true;
    const Closing closing = findClosing(text, begin, marks, true);
    if (!closing.found) {
        found.problem = CellFound::Problem::NeverClosed;
        found.end = text.size();
        return found;
    }
    found.cell = text.substr(begin, closing.at - begin);
    if (closing.marked)
        found.cell = unquoted(found.cell, marks, kept);
    std::size_t at = closing.at + 1;
    while (at < text.size() && text[at] == ' ' && marks.delimiter != ' ')
        ++at;
    const bool carriage = at < text.size() && text[at] == '\r' && marks.end == '\n' &&
                          (at + 1 == text.size() || text[at + 1] == '\n');
    at += carriage ? 1 : 0;
    if (at < text.size() && text[at] != marks.delimiter && text[at] != marks.end)
        found.problem = CellFound::Problem::BehindQuote;
    found.end = at;
    return found;
}

} // namespace

CellFound takeCell(std::string_view text, std::size_t at, const Marks &marks, PartFinder &parts,
                   TextArena &kept)
{
    if (marks.quote != 0 && at < text.size()) {
        std::size_t first = at;
        while (first < text.size() && text[first] == ' ' && marks.delimiter != ' ')
            ++first;
        if (first < text.size() && text[first] == marks.quote)
            return takeQuoted(text, first + 1, marks, kept);
    }
    CellFound found;
    found.end = parts.next(at);
    std::size_t end = found.end;
    if (end > at && text[end - 1] == '\r' && marks.end == '\n' &&
        (end == text.size() || text[end] == '\n'))
        --end;
    found.cell = text.substr(at, end - at);
    return found;
}

std::size_t skipRecord(std::string_view text, std::size_t begin, const Marks &marks,
                       unsigned &unclosed)
{
    constexpr unsigned kMost = 16;
    const std::string_view rest = text.substr(begin);
    if (unclosed < kMost) {
        RecordScanner scanner(marks);
        scanner.scan(rest, true, true);
        if (scanner.end() > 0)
            return begin + scanner.end();
        if (!scanner.inQuotes())
            return text.size();
        ++unclosed;
    }
    return begin + std::min(rest.find(marks.end), rest.size() - 1) + 1;
}

} // namespace tepal::table
