#include "line_source.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cstring>
#include <utility>

namespace tepal {

namespace {
constexpr std::size_t kChunk = 1 << 18;
/// A record longer than this is taken for a missing quote.
constexpr std::size_t kMaxRecord = 64 << 20;
} // namespace

struct LineSource::File
{
    gzFile handle = nullptr;
    std::filesystem::path path;
    ~File()
    {
        if (handle)
            gzclose_r(handle);
    }
};

LineSource::LineSource()
    : m_file(std::make_unique<File>())
{}
LineSource::~LineSource() = default;
LineSource::LineSource(LineSource &&) noexcept = default;
LineSource &LineSource::operator=(LineSource &&) noexcept = default;

Result<LineSource> LineSource::open(const std::filesystem::path &path)
{
    LineSource source;
    source.m_file->path = path;
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
    gzbuffer(source.m_file->handle, kChunk);
    return source;
}

std::uint64_t LineSource::bytesRead() const
{
    const auto offset = gzoffset(m_file->handle);
    return offset < 0 ? 0 : static_cast<std::uint64_t>(offset);
}

bool LineSource::fill()
{
    if (m_atEnd)
        return false;
    if (m_begin > 0) {
        m_buffer.erase(0, m_begin);
        m_end -= m_begin;
        m_begin = 0;
    }
    if (m_end > kMaxRecord) {
        m_status = fail(ErrorCode::Corrupt,
                        fmt::format("{}: the record starting on line {} does not end",
                                    m_file->path.string(), m_recordLine),
                        "look for a missing quote there");
        m_atEnd = true;
        return false;
    }
    m_buffer.resize(m_end + kChunk);
    const int got = gzread(m_file->handle, m_buffer.data() + m_end, kChunk);
    int code = Z_OK;
    const char *text = gzerror(m_file->handle, &code);
    if (got < 0 || code == Z_BUF_ERROR) {
        m_status =
            fail(ErrorCode::Corrupt, fmt::format("cannot read {}: {}", m_file->path.string(), text),
                 "check that the file is complete");
        m_atEnd = true;
        return false;
    }
    m_end += static_cast<std::size_t>(got);
    if (got == 0)
        m_atEnd = true;
    return got > 0;
}

bool LineSource::next(std::string_view &line, bool quoted)
{
    m_recordLine = m_line;
    std::size_t scanned = m_begin;
    bool inQuotes = false;
    for (;;) {
        while (scanned < m_end) {
            const char c = m_buffer[scanned];
            if (quoted && c == '"')
                inQuotes = !inQuotes;
            if (c == '\n') {
                ++m_line;
                if (!inQuotes) {
                    line = std::string_view(m_buffer).substr(m_begin, scanned - m_begin);
                    m_begin = scanned + 1;
                    if (line.ends_with('\r'))
                        line.remove_suffix(1);
                    return true;
                }
            }
            ++scanned;
        }
        const std::size_t pending = scanned - m_begin;
        if (!fill())
            break;
        scanned = m_begin + pending;
    }
    if (!m_status || m_begin == m_end)
        return false;
    if (inQuotes) {
        m_status = fail(ErrorCode::Corrupt,
                        fmt::format("{}: the quote opened on line {} is never closed",
                                    m_file->path.string(), m_recordLine),
                        "close it or remove it");
        return false;
    }
    line = std::string_view(m_buffer).substr(m_begin, m_end - m_begin);
    m_begin = m_end;
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return true;
}

} // namespace tepal
