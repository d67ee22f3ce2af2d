/// A table as decoded text in blocks of whole records. Internal to the room.
#pragma once

#include "decoder.h"
#include "scan.h"

#include <tepal/table/reader.h>

#include <memory>
#include <string>

namespace tepal::table {

/// Whole records with their line ends. Behind the text lie kPadding readable bytes.
struct TextBlock
{
    static constexpr std::size_t kPadding = 64;

    std::string memory;
    std::size_t size = 0;
    std::uint64_t firstLine = 1; ///< Number of the line that the block begins with, from 1.
    std::uint64_t lines = 0;     ///< Line ends in the text, those inside of quotes too.
    bool first = false;          ///< It begins with the header, where there is one.
    std::uint64_t bytesRead = 0; ///< Of the stored form, so far.

    std::string_view text() const { return {memory.data(), size}; }
};

struct SourceOptions
{
    DialectOptions known;
    std::optional<Format> named; ///< What the file's name promises.
    bool unpack = true;
    std::size_t blockBytes = 0;
    bool live = false;
    bool skipBadRows = false;
};

/// Not thread-safe.
class Source
{
public:
    /// Reads the beginning and finds out what it is. Errors as readTable.
    static Result<Source> open(std::unique_ptr<Input> input, const SourceOptions &options);

    const Dialect &dialect() const { return m_dialect; }
    const std::string &doubt() const { return m_doubt; }
    /// False at the end.
    Result<bool> next(TextBlock &block);
    /// Leaves about so many records (at least one, and all that begin before `from`) in the block
    /// that was just read; the others come with the next.
    void limitRecords(TextBlock &block, std::uint64_t records, std::size_t from);

private:
    Source() = default;
    Status begin(std::unique_ptr<Input> input, const SourceOptions &options);
    Status setEncoding(std::string &head, std::optional<Encoding> known);
    Status setDialect(const SourceOptions &options, bool whole);
    Result<std::size_t> fill(TextBlock &block);
    std::uint64_t linesIn(std::string_view text) const;
    Result<std::size_t> wholeRecords(TextBlock &block);

    Dialect m_dialect;
    std::string m_doubt;
    std::unique_ptr<TextInput> m_text;
    std::string m_rest; ///< Read but not given yet, from m_restAt on.
    std::size_t m_restAt = 0;
    std::size_t m_blockBytes = 0;
    bool m_live = false;
    bool m_skipBadRows = false;
    bool m_atEnd = false; ///< Nothing comes behind the block that is being filled.
    bool m_first = true;
    std::uint64_t m_line = 1;
};

} // namespace tepal::table
