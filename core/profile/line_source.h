/// Buffered records of a plain or gzip'd text file. Internal to the room.
#pragma once

#include <tepal/base/result.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace tepal {

class LineSource
{
public:
    static Result<LineSource> open(const std::filesystem::path &path);
    ~LineSource();
    LineSource(LineSource &&) noexcept;
    LineSource &operator=(LineSource &&) noexcept;

    /// The next line without its line end; with `quoted`, line ends inside double quotes belong to
    /// the record. The view lives until the next call. False at the end or on an error.
    bool next(std::string_view &line, bool quoted);
    /// Number of the line (from 1) on which the last record started.
    std::uint64_t lineNumber() const { return m_recordLine; }
    /// Bytes taken from the file, as stored (compressed bytes for gzip).
    std::uint64_t bytesRead() const;
    const Status &status() const { return m_status; }

private:
    struct File;
    LineSource();
    bool fill();

    std::unique_ptr<File> m_file;
    std::string m_buffer;
    std::size_t m_begin = 0;
    std::size_t m_end = 0;
    std::uint64_t m_line = 1;
    std::uint64_t m_recordLine = 1;
    bool m_atEnd = false;
    Status m_status;
};

} // namespace tepal
