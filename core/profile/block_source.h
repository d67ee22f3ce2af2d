/// A text file in blocks of whole records. Internal to the room.
#pragma once

#include <tepal/base/result.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace tepal {

/// Where in a CSV record one stands. A quote opens a cell only at the cell's beginning.
enum class CsvState : std::uint8_t { CellStart, Plain, Quoted, QuoteInQuoted };

constexpr CsvState afterChar(CsvState state, char c)
{
    if (state == CsvState::Quoted)
        return c == '"' ? CsvState::QuoteInQuoted : CsvState::Quoted;
    if (c == '"' && state != CsvState::Plain)
        return CsvState::Quoted; // opens a cell, or is doubled inside one
    return c == ',' || c == '\n' ? CsvState::CellStart : CsvState::Plain;
}

/// Whole records with their line ends. Behind the text lie kPadding readable bytes.
struct Block
{
    static constexpr std::size_t kPadding = 64;

    std::string memory;
    std::size_t size = 0;
    std::uint64_t firstLine = 1; ///< Number of the line that the block begins with, from 1.
    bool quotes = false;         ///< There is at least one double quote in it.
    /// Bytes taken from the file so far, as stored (compressed bytes for gzip).
    std::uint64_t bytesRead = 0;

    std::string_view text() const { return {memory.data(), size}; }
};

/// Reads a plain or gzip'd file. Not thread-safe.
class BlockSource
{
public:
    /// With `quoted`, line ends inside double quotes belong to the record.
    static Result<BlockSource> open(const std::filesystem::path &path, bool quoted);
    ~BlockSource();
    BlockSource(BlockSource &&) noexcept;
    BlockSource &operator=(BlockSource &&) noexcept;

    /// False at the end. A byte order mark at the beginning is left out. Errors: Corrupt (a damaged
    /// archive, a quote that is never closed).
    Result<bool> next(Block &block);

private:
    struct File;
    BlockSource();
    Result<std::size_t> read(Block &block, std::size_t at);
    std::size_t recordsEnd(const Block &block);

    std::unique_ptr<File> m_file;
    bool m_quoted = false;
    bool m_started = false;
    bool m_atEnd = false;
    std::string m_rest; ///< The beginning of a record whose end is not read yet.
    std::uint64_t m_line = 1;
    // Where the scan for record ends stands in the block that is being filled.
    CsvState m_state = CsvState::CellStart;
    std::size_t m_scanned = 0;
    std::size_t m_lastEnd = 0;
};

} // namespace tepal
