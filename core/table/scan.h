/// Where cells and records of a delimited text end. Internal to the room.
#pragma once

#include <tepal/base/text_arena.h>
#include <tepal/table/dialect.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace tepal::table {

/// What parts a text, of a dialect.
struct Marks
{
    char delimiter = ',';
    char quote = '"';
    char escape = 0;
    char end = '\n';

    explicit Marks(const Dialect &dialect)
        : delimiter(dialect.delimiter)
        , quote(dialect.quote)
        , escape(dialect.escape)
        , end(dialect.lineEnd == LineEnd::Cr ? '\r' : '\n')
    {
        if (dialect.delimiter == 0)
            delimiter = end; // nothing parts a line
    }

    /// A quote opens a cell at its beginning, also behind blanks.
    bool opensAt(std::string_view text, std::size_t quoteAt) const
    {
        std::size_t at = quoteAt;
        while (at > 0 && text[at - 1] == ' ' && delimiter != ' ')
            --at;
        return at == 0 || text[at - 1] == delimiter || text[at - 1] == end;
    }
};

/// Which of the 64 bytes at `at` are `c`.
inline std::uint64_t maskOf(const char *at, char c)
{
    std::uint64_t mask = 0;
#ifdef __SSE2__
    const __m128i wanted = _mm_set1_epi8(c);
    for (unsigned i = 0; i < 4; ++i) {
        __m128i bytes;
        std::memcpy(&bytes, at + 16 * i, 16);
        mask |= static_cast<std::uint64_t>(
                    static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted))))
                << (16 * i);
    }
#else
    for (unsigned i = 0; i < 64; ++i)
        mask |= static_cast<std::uint64_t>(at[i] == c) << i;
#endif
    return mask;
}

/// Which of the 64 bytes at `at` are `a` or `b`.
inline std::uint64_t maskOfEither(const char *at, char a, char b)
{
#ifdef __SSE2__
    std::uint64_t mask = 0;
    const __m128i wantedA = _mm_set1_epi8(a);
    const __m128i wantedB = _mm_set1_epi8(b);
    for (unsigned i = 0; i < 4; ++i) {
        __m128i bytes;
        std::memcpy(&bytes, at + 16 * i, 16);
        const __m128i either =
            _mm_or_si128(_mm_cmpeq_epi8(bytes, wantedA), _mm_cmpeq_epi8(bytes, wantedB));
        mask |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(either)))
                << (16 * i);
    }
    return mask;
#else
    return maskOf(at, a) | maskOf(at, b);
#endif
}

/// How often a character comes.
std::uint64_t countOf(std::string_view text, char c);

/// Finds the ends of records, going on where it stopped when more text has come. A quote that opens
/// a cell hides what parts records until it is closed.
class RecordScanner
{
public:
    explicit RecordScanner(const Marks &marks)
        : m_marks(marks)
    {}

    /// Looks at the text up to its end; `last` when no more follows. `firstOnly` stops behind the
    /// first record's end.
    void scan(std::string_view text, bool last, bool firstOnly = false);
    /// Behind the last record's end (with firstOnly: the first one's); 0 for none.
    std::size_t end() const { return m_end; }
    bool inQuotes() const { return m_inQuotes; }

private:
    std::size_t scanDoubled(std::string_view text);

    Marks m_marks;
    bool m_inQuotes = false;
    std::size_t m_at = 0;
    std::size_t m_end = 0;
};

/// The next part or quote in a block behind which at least 64 bytes can be read. Quickest when it
/// is asked for positions that grow.
class PartFinder
{
public:
    PartFinder(std::string_view text, const Marks &marks)
        : m_text(text.data())
        , m_size(text.size())
        , m_marks(marks)
    {}

    /// Position of the first delimiter or record end from `at` on; the size when there is none.
    std::size_t next(std::size_t at) { return find(at, &PartFinder::m_parts); }
    /// The same for a quote; only where the dialect has one.
    std::size_t nextQuote(std::size_t at) { return find(at, &PartFinder::m_quotes); }

private:
    std::size_t find(std::size_t at, std::uint64_t PartFinder::*of)
    {
        for (std::size_t base = at & ~std::size_t{63}; base < m_size; base += 64) {
            if (base != m_base)
                look(base);
            const std::uint64_t mask =
                base <= at ? this->*of & (~std::uint64_t{0} << (at - base)) : this->*of;
            if (mask != 0)
                return std::min(base + static_cast<std::size_t>(std::countr_zero(mask)), m_size);
        }
        return m_size;
    }
    void look(std::size_t base)
    {
        m_base = base;
        m_parts = maskOfEither(m_text + base, m_marks.delimiter, m_marks.end);
        if (m_marks.quote != 0)
            m_quotes = maskOf(m_text + base, m_marks.quote);
    }

    const char *m_text;
    std::size_t m_size;
    Marks m_marks;
    std::size_t m_base = ~std::size_t{0};
    std::uint64_t m_parts = 0;
    std::uint64_t m_quotes = 0;
};

/// One cell as it stands in the text.
struct CellFound
{
    enum class Problem : std::uint8_t {
        None,
        NeverClosed, ///< A quote that the text's end comes before.
        BehindQuote, ///< Something else than a part behind a closing quote.
    };
    std::string_view cell;
    std::size_t end = 0; ///< Of the delimiter or record end behind it, or the text's size.
    bool quoted = false;
    Problem problem = Problem::None;
};

/// The cell that begins at `at`; one with doubled or escaped quotes is copied without them to
/// `kept`. A record that cannot be read may have its cells there, too, and what follows it is read
/// again. 64 bytes behind the text can be read.
CellFound takeCell(std::string_view text, std::size_t at, const Marks &marks, PartFinder &parts,
                   TextArena &kept);

/// Behind the end of a record that cannot be read: of its line, when its quotes never close.
/// `unclosed` counts how often a text had to be searched to its end for that; after some times the
/// line is believed at once, or the time would grow with the square of the size.
std::size_t skipRecord(std::string_view text, std::size_t begin, const Marks &marks,
                       unsigned &unclosed);

} // namespace tepal::table
