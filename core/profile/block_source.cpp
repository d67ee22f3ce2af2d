#include "block_source.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace tepal {
namespace {

constexpr std::size_t kBlock = std::size_t{2} << 20;
/// A record longer than this is taken for a missing quote.
constexpr std::size_t kMaxRecord = std::size_t{64} << 20;
constexpr std::string_view kBom = "\xEF\xBB\xBF";

} // namespace

struct BlockSource::File
{
    gzFile handle = nullptr;
    std::filesystem::path path;
    ~File()
    {
        if (handle)
            gzclose_r(handle);
    }
};

BlockSource::BlockSource()
    : m_file(std::make_unique<File>())
{}
BlockSource::~BlockSource() = default;
BlockSource::BlockSource(BlockSource &&) noexcept = default;
BlockSource &BlockSource::operator=(BlockSource &&) noexcept = default;

Result<BlockSource> BlockSource::open(const std::filesystem::path &path, bool quoted)
{
    BlockSource source;
    source.m_file->path = path;
    source.m_quoted = quoted;
    std::error_code error;
    if (!std::filesystem::exists(path, error))
        return fail(ErrorCode::NotFound, fmt::format("{} does not exist", path.string()),
                    "check the path");
    if (std::filesystem::is_directory(path, error))
        return fail(ErrorCode::InvalidArgument, fmt::format("{} is a directory", path.string()),
                    "name a file");
#ifdef _WIN32
    source.m_file->handle = gzopen_w(path.c_str(), "rb");
#else
    source.m_file->handle = gzopen(path.c_str(), "rb");
#endif
    if (!source.m_file->handle)
        return fail(ErrorCode::Io,
                    fmt::format("cannot read {}: {}", path.string(), std::strerror(errno)));
    gzbuffer(source.m_file->handle, 1 << 18);
    return source;
}

/// Reads behind `at`; 0 at the end of the file.
Result<std::size_t> BlockSource::read(Block &block, std::size_t at)
{
    if (block.memory.size() < at + kBlock + Block::kPadding)
        block.memory.resize(at + kBlock + Block::kPadding);
    const int got = gzread(m_file->handle, block.memory.data() + at, kBlock);
    int code = Z_OK;
    const char *const text = gzerror(m_file->handle, &code);
    if (got < 0 || code == Z_BUF_ERROR)
        return fail(ErrorCode::Corrupt,
                    fmt::format("cannot read {}: {}", m_file->path.string(), text),
                    "check that the file is complete");
    return static_cast<std::size_t>(got);
}

/// Where the last whole record of the block ends; 0 when none does.
std::size_t BlockSource::recordsEnd(const Block &block)
{
    const char *const text = block.memory.data();
    const std::size_t fresh = m_scanned;
    const bool inQuotes = m_state == CsvState::Quoted || m_state == CsvState::QuoteInQuoted;
    if (!m_quoted || (!inQuotes && std::memchr(text + fresh, '"', block.size - fresh) == nullptr)) {
        const std::size_t newline = block.text().rfind('\n');
        if (newline != std::string_view::npos && newline >= fresh)
            m_lastEnd = newline + 1;
        const char last = block.size > 0 ? text[block.size - 1] : '\n';
        m_state = last == '\n' || last == ',' ? CsvState::CellStart : CsvState::Plain;
        m_scanned = block.size;
        return m_lastEnd;
    }
    CsvState state = m_state;
    for (std::size_t i = fresh; i < block.size; ++i) {
        if (text[i] == '\n' && state != CsvState::Quoted)
            m_lastEnd = i + 1;
        state = afterChar(state, text[i]);
    }
    m_state = state;
    m_scanned = block.size;
    return m_lastEnd;
}

Result<bool> BlockSource::next(Block &block)
{
    if (m_atEnd && m_rest.empty())
        return false;
    block.size = m_rest.size();
    if (block.memory.size() < block.size + Block::kPadding)
        block.memory.resize(block.size + Block::kPadding);
    std::copy(m_rest.begin(), m_rest.end(), block.memory.begin());
    m_rest.clear();
    m_state = CsvState::CellStart;
    m_scanned = 0;
    m_lastEnd = 0;
    while (!m_atEnd) {
        const auto got = read(block, block.size);
        if (!got)
            return tl::unexpected(got.error());
        m_atEnd = *got == 0;
        block.size += *got;
        if (!m_started && block.size >= kBom.size()) {
            m_started = true;
            if (block.text().starts_with(kBom)) {
                block.memory.erase(0, kBom.size());
                block.size -= kBom.size();
            }
        }
        if (recordsEnd(block) > 0 && block.size >= kBlock / 2)
            break;
        if (block.size - m_lastEnd > kMaxRecord)
            return fail(
                ErrorCode::Corrupt,
                fmt::format(
                    "{}: the record starting on line {} does not end", m_file->path.string(),
                    m_line +
                        static_cast<std::uint64_t>(std::count(
                            block.memory.begin(),
                            block.memory.begin() + static_cast<std::ptrdiff_t>(m_lastEnd), '\n'))),
                "look for a missing quote there");
    }
    const auto begin = block.memory.begin();
    const auto lastEnd = static_cast<std::ptrdiff_t>(m_lastEnd);
    if (m_atEnd) {
        recordsEnd(block);
        if (m_state == CsvState::Quoted)
            return fail(ErrorCode::Corrupt,
                        fmt::format("{}: the quote opened in the record on line {} is never closed",
                                    m_file->path.string(),
                                    m_line + static_cast<std::uint64_t>(
                                                 std::count(begin, begin + lastEnd, '\n'))),
                        "close it or remove it");
    } else {
        m_rest.assign(block.memory, m_lastEnd, block.size - m_lastEnd);
        block.size = m_lastEnd;
    }
    const auto end = begin + static_cast<std::ptrdiff_t>(block.size);
    std::fill_n(end, Block::kPadding, '\0');
    block.firstLine = m_line;
    const auto offset = gzoffset(m_file->handle);
    block.bytesRead = offset < 0 ? 0 : static_cast<std::uint64_t>(offset);
    block.quotes = m_quoted && std::memchr(block.memory.data(), '"', block.size) != nullptr;
    m_line += static_cast<std::uint64_t>(std::count(begin, end, '\n'));
    return block.size > 0;
}

} // namespace tepal
