/// The bytes of a table, unpacked. Internal to the room.
#pragma once

#include <tepal/base/result.h>
#include <tepal/table/dialect.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tepal::table {

/// A stream of bytes. Not thread-safe.
class Input
{
public:
    virtual ~Input() = default;
    /// Fills the front of `to`; 0 at the end only. With `live` at least one byte, as soon as there
    /// is one; else as much as there is room for, unless the stream ends.
    virtual Result<std::size_t> read(std::span<char> to) = 0;
    /// Bytes taken from the stored form so far.
    virtual std::uint64_t consumed() const = 0;
    virtual Compression compression() const { return Compression::None; }

protected:
    Input() = default;
    Input(const Input &) = default;
    Input &operator=(const Input &) = default;
};

/// A file, or standard input for "-". `live`: what is there now is given at once.
Result<std::unique_ptr<Input>> openFile(const std::filesystem::path &path, bool live);
/// Bytes that somebody else keeps alive.
std::unique_ptr<Input> openMemory(std::string_view bytes);

/// Looks at the first bytes and unpacks gzip, zstd, bzip2, xz and a zip archive with one member;
/// other bytes pass through. Errors while reading: Corrupt with the format's name.
Result<std::unique_ptr<Input>> unpacked(std::unique_ptr<Input> packed);

} // namespace tepal::table
