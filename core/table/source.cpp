#include "source.h"

#include "nested.h"
#include "recognise.h"

#include <tepal/table/json.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace tepal::table {
namespace {

using namespace std::string_view_literals;

/// What is looked at to find out what a table is.
constexpr std::size_t kHead = 64u << 10;
/// A record longer than this is taken for a missing quote.
constexpr std::size_t kMaxRecord = std::size_t{16} << 20;

bool mayBeTable(std::string_view line)
{
    JsonDocument json;
    return isValidUtf8(line) && json.parseKnownUtf8(line) && isTable(json, true);
}

/// The beginning of an input: kHead bytes unless it ends before; of a live one the first lines.
Status readHead(Input &input, bool live, std::string &head, bool &ended)
{
    ended = false;
    while (head.size() < kHead && !ended) {
        const std::size_t before = head.size();
        head.resize(kHead);
        const auto got = input.read(std::span(head).subspan(before));
        if (!got)
            return tl::unexpected(got.error());
        head.resize(before + *got);
        ended = *got == 0;
        const auto lines = std::count(head.begin(), head.end(), '\n');
        const bool json = head.starts_with('{');
        // An object that may be a whole table is a row only when something follows it.
        if (live && lines >= (json ? 1 : 2) && !(lines == 1 && mayBeTable(head)))
            break;
    }
    return {};
}

constexpr std::string_view kSpace = " \t\r\n";

std::string_view withoutSpace(std::string_view text)
{
    text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
    return text;
}

/// What a text that begins with an object is: by its first line, and by whether that is all.
Format formatOfObject(std::string_view text, bool whole, std::optional<Format> named)
{
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const bool alone = whole && withoutSpace(text.substr(end)).empty();
    if (end == text.size() && !whole) // one long line; the parser will tell
        return named == Format::Json || beginsAsColumns(line) ? Format::Json : Format::JsonLines;
    JsonDocument json;
    if (json.parseKnownUtf8(line))
        return alone && isTable(json, named != Format::Json) ? Format::Json : Format::JsonLines;
    const bool key = withoutSpace(text.substr(1)).starts_with('"');
    return named != Format::Delimited || key ? Format::Json : Format::Delimited;
}

/// The name says what to expect, the bytes say what it is. A name that promises JSON keeps its
/// word: what is none is refused row by row. JSON under another name is JSON.
Format findFormat(std::string_view text, bool whole, std::optional<Format> named)
{
    if (named == Format::JsonLines)
        return Format::JsonLines;
    text = withoutSpace(text);
    if (text.starts_with('{'))
        return formatOfObject(text, whole, named);
    if (named == Format::Json)
        return Format::Json;
    if (text.starts_with('[')) {
        // Names of columns may stand in brackets: [id],[amount]
        const std::string_view inside = withoutSpace(text.substr(1));
        if (!inside.empty() &&
            (named ? "{["sv : "{[\"]-0123456789"sv).find(inside[0]) != inside.npos)
            return Format::Json;
    }
    return Format::Delimited;
}

/// What is said of a delimited table means nothing in JSON.
Status refuseMarks(const DialectOptions &known)
{
    if (known.delimiter || known.quote || known.escape || known.decimal || known.thousands ||
        known.header || known.skipBlanks || known.skippedLines)
        return fail(ErrorCode::InvalidArgument,
                    "the table is JSON, which has no delimiters, quotes, marks or header to choose",
                    "leave those options out, or say that it is CSV");
    return {};
}

} // namespace

Result<Source> Source::open(std::unique_ptr<Input> input, const SourceOptions &options)
{
    Source source;
    if (auto begun = source.begin(std::move(input), options); !begun)
        return tl::unexpected(begun.error());
    return source;
}

Status Source::begin(std::unique_ptr<Input> packed, const SourceOptions &options)
{
    Result<std::unique_ptr<Input>> input = std::move(packed);
    if (options.unpack)
        input = unpacked(std::move(*input));
    if (!input)
        return tl::unexpected(input.error());
    m_blockBytes = std::max<std::size_t>(options.blockBytes, 1);
    m_live = options.live;
    m_skipBadRows = options.skipBadRows;
    m_dialect.compression = (*input)->compression();
    std::string head;
    bool ended = false;
    if (auto read = readHead(**input, options.live, head, ended); !read)
        return read;
    if (head.empty())
        return fail(ErrorCode::Corrupt, "there is nothing in it",
                    "give a table with a header line, or JSON lines");
    if (const auto foreign = foreignFormat(head); !foreign.empty())
        return fail(ErrorCode::Unsupported, fmt::format("this is {}, not a text table", foreign),
                    "convert it to CSV or JSON lines and name that file");
    if (auto done = setEncoding(head, options.known.encoding); !done)
        return done;
    // The head is decoded here and now, to look at; what is left of a character stays with the
    // rest.
    decode(head, m_dialect.encoding, ended, m_rest);
    if (const ForeignText foreign = foreignText(m_rest); !foreign.what.empty())
        return fail(ErrorCode::Unsupported, std::string(foreign.what), std::string(foreign.next));
    m_text = std::make_unique<TextInput>(std::move(*input), std::move(head), m_dialect.encoding);
    return setDialect(options, ended);
}

/// Also takes the byte order mark away. UTF-16 is read in the order that its mark says.
Status Source::setEncoding(std::string &head, std::optional<Encoding> known)
{
    const auto isWide = [](Encoding encoding) {
        return encoding == Encoding::Utf16Le || encoding == Encoding::Utf16Be;
    };
    const EncodingFound found = findEncoding(head);
    const bool marked = found.markSize > 0;
    m_dialect.byteOrderMark = marked;
    m_dialect.encoding = known.value_or(found.encoding);
    if (marked && isWide(m_dialect.encoding) && isWide(found.encoding))
        m_dialect.encoding = found.encoding;
    if (marked && m_dialect.encoding != found.encoding)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("it begins with the byte order mark of {} and is said to be {}",
                                encodingName(found.encoding), encodingName(m_dialect.encoding)),
                    "do not say how it is encoded");
    head.erase(0, found.markSize);
    return {};
}

Status Source::setDialect(const SourceOptions &options, bool whole)
{
    m_dialect.format = options.known.format.value_or(findFormat(m_rest, whole, options.named));
    if (m_dialect.format != Format::Delimited)
        return refuseMarks(options.known);
    if (options.known.format && !options.known.delimiter && !options.known.header &&
        findFormat(m_rest, whole, Format::Delimited) != Format::Delimited)
        return fail(ErrorCode::InvalidArgument, "this is JSON, and is said to be a delimited table",
                    "say that it is JSON, or which delimiter there is");
    DialectFound found = findDialect(m_rest, whole, options.known);
    found.dialect.compression = m_dialect.compression;
    found.dialect.encoding = m_dialect.encoding;
    found.dialect.byteOrderMark = m_dialect.byteOrderMark;
    m_dialect = found.dialect;
    m_doubt = std::move(found.doubt);
    const char end = Marks(m_dialect).end;
    for (std::uint32_t i = 0; i < m_dialect.skippedLines; ++i) {
        const std::size_t at = m_rest.find(end);
        m_rest.erase(0, at == m_rest.npos ? m_rest.size() : at + 1);
        ++m_line;
    }
    return {};
}

/// Puts more behind what is there; 0 at the end.
Result<std::size_t> Source::fill(TextBlock &block)
{
    const std::size_t room = block.size + m_blockBytes + TextBlock::kPadding;
    if (block.memory.size() < room)
        block.memory.resize(room);
    const auto to = std::span(block.memory).subspan(block.size, m_blockBytes);
    if (m_restAt == m_rest.size())
        return m_text->read(to);
    const std::size_t size = std::min(to.size(), m_rest.size() - m_restAt);
    std::copy_n(m_rest.data() + m_restAt, size, to.data());
    m_restAt += size;
    return size;
}

std::uint64_t Source::linesIn(std::string_view text) const
{
    const char end = m_dialect.format == Format::Delimited ? Marks(m_dialect).end : '\n';
    return countOf(text, end);
}

/// Fills the block until a record ends in it; where the last one that does ends.
Result<std::size_t> Source::wholeRecords(TextBlock &block)
{
    Dialect dialect = m_dialect;
    if (dialect.format != Format::Delimited)
        dialect.quote = 0; // a line end inside a JSON text is written \n
    RecordScanner scanner{Marks(dialect)};
    std::size_t blank = 0; // lines before the header, which the first block has to hold
    for (;;) {
        scanner.scan(block.text(), m_atEnd);
        if (m_atEnd)
            break;
        blank = std::min(block.text().find_first_not_of(" \t\r\n", blank), block.size);
        const bool some = !m_first || blank < scanner.end() || block.size > kMaxRecord;
        const bool enough = some && (m_live || block.size >= m_blockBytes / 2);
        if (m_dialect.format != Format::Json && scanner.end() > 0 && enough)
            return scanner.end();
        if (block.size - scanner.end() > kMaxRecord && m_dialect.format != Format::Json) {
            if (m_skipBadRows && scanner.inQuotes()) {
                const std::size_t line = block.text().rfind(Marks(dialect).end);
                if (line != std::string_view::npos)
                    return line + 1;
            }
            return fail(ErrorCode::Corrupt,
                        fmt::format("the record that begins on line {} does not end within {} MiB",
                                    m_line + linesIn(block.text().substr(0, scanner.end())),
                                    kMaxRecord >> 20),
                        "look for a missing quote there");
        }
        if (m_dialect.format == Format::Json && block.size > 4 * kMaxRecord)
            return fail(ErrorCode::Unsupported,
                        fmt::format("JSON of more than {} MiB that is not JSON lines",
                                    4 * kMaxRecord >> 20),
                        "write one object per line, for example with jq -c '.[]'");
        const auto got = fill(block);
        if (!got)
            return tl::unexpected(got.error());
        m_atEnd = *got == 0;
        block.size += *got;
    }
    return block.size;
}

void Source::limitRecords(TextBlock &block, std::uint64_t records, std::size_t from)
{
    if (block.lines <= records)
        return;
    const Marks marks(m_dialect);
    std::size_t end = 0;
    for (std::uint64_t i = 0; end < block.size && (i <= records || end <= from); ++i) {
        RecordScanner scanner(marks);
        scanner.scan(block.text().substr(end), true, true);
        end = scanner.end() > 0 ? end + scanner.end() : block.size;
    }
    if (end == block.size)
        return;
    m_rest.replace(0, m_restAt, block.memory, end, block.size - end);
    m_restAt = 0;
    m_atEnd = false; // something comes behind it now
    block.size = end;
    std::fill_n(block.memory.begin() + static_cast<std::ptrdiff_t>(end), TextBlock::kPadding, '\0');
    block.lines = linesIn(block.text());
    m_line = block.firstLine + block.lines;
}

Result<bool> Source::next(TextBlock &block)
{
    block.size = 0;
    if (m_atEnd)
        return false;
    const auto end = wholeRecords(block);
    if (!end)
        return tl::unexpected(end.error());
    if (*end < block.size) {
        m_rest.replace(0, m_restAt, block.memory, *end, block.size - *end);
        m_restAt = 0;
    }
    block.size = *end;
    std::fill_n(block.memory.begin() + static_cast<std::ptrdiff_t>(block.size), TextBlock::kPadding,
                '\0');
    block.firstLine = m_line;
    block.first = std::exchange(m_first, false);
    block.bytesRead = m_text->consumed();
    block.lines = linesIn(block.text());
    m_line += block.lines;
    return block.size > 0;
}

} // namespace tepal::table
