/// The stored bytes of a packed table, and what its decoders have in common. Internal to the room.
#pragma once

#include "input.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

namespace tepal::table {

inline constexpr std::size_t kPackedBuffer = 256u << 10;

inline tl::unexpected<Error> damaged(std::string_view format, std::string_view why)
{
    return fail(ErrorCode::Corrupt, fmt::format("the {} data is damaged: {}", format, why),
                "check that the file is complete");
}

/// The stored bytes through a buffer, in which a decoder looks ahead.
class Packed
{
public:
    explicit Packed(std::unique_ptr<Input> input)
        : m_input(std::move(input))
        , m_buffer(kPackedBuffer)
    {}

    /// At least `size` bytes at hand unless the stream ends before; false when none is left.
    Result<bool> fill(std::size_t size)
    {
        while (available() < size && !m_ended) {
            if (m_at > 0) {
                std::memmove(m_buffer.data(), m_buffer.data() + m_at, available());
                m_end -= m_at;
                m_at = 0;
            }
            if (size > m_buffer.size())
                m_buffer.resize(size);
            const auto got = m_input->read(std::span(m_buffer).subspan(m_end));
            if (!got)
                return tl::unexpected(got.error());
            m_ended = *got == 0;
            m_end += *got;
        }
        return available() > 0;
    }
    /// When none is at hand: the next bytes past the buffer.
    Result<std::size_t> readOn(std::span<char> to)
    {
        return m_ended ? Result<std::size_t>(0) : m_input->read(to);
    }
    std::string_view view() const { return {m_buffer.data() + m_at, available()}; }
    char *data() { return m_buffer.data() + m_at; }
    std::size_t available() const { return m_end - m_at; }
    void skip(std::size_t size) { m_at += std::min(size, available()); }
    std::uint64_t consumed() const { return m_input->consumed() - available(); }

private:
    std::unique_ptr<Input> m_input;
    std::vector<char> m_buffer;
    std::size_t m_at = 0;
    std::size_t m_end = 0;
    bool m_ended = false;
};

class UnpackedInput : public Input
{
public:
    UnpackedInput(std::unique_ptr<Packed> packed, Compression compression)
        : m_packed(std::move(packed))
        , m_compression(compression)
    {}
    std::uint64_t consumed() const override { return m_packed->consumed(); }
    Compression compression() const override { return m_compression; }

protected:
    std::unique_ptr<Packed> m_packed;

private:
    Compression m_compression;
};

/// A run of the inner decoder: how much it took and gave, and whether its stream ended.
struct Step
{
    std::size_t taken = 0;
    std::size_t given = 0;
    bool streamEnded = false;
};

inline unsigned clampedSize(std::size_t size)
{
    return static_cast<unsigned>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

/// zlib's window bits: 15 + 16 expects gzip, -15 the bare stream inside a zip.
class Zlib
{
public:
    static constexpr std::string_view kName = "gzip";
    static bool isNext(std::string_view bytes) { return bytes.starts_with("\x1F\x8B"); }

    explicit Zlib(int windowBits = 15 + 16)
        : m_windowBits(windowBits)
    {}
    Zlib(const Zlib &) = delete;
    Zlib &operator=(const Zlib &) = delete;
    ~Zlib()
    {
        if (m_ready)
            inflateEnd(&m_stream);
    }
    bool begin()
    {
        if (m_ready)
            return inflateReset(&m_stream) == Z_OK;
        m_ready = inflateInit2(&m_stream, m_windowBits) == Z_OK;
        return m_ready;
    }
    Result<Step> run(Packed &from, std::span<char> to)
    {
        m_stream.next_in = reinterpret_cast<Bytef *>(from.data());
        m_stream.avail_in = clampedSize(from.available());
        m_stream.next_out = reinterpret_cast<Bytef *>(to.data());
        m_stream.avail_out = clampedSize(to.size());
        const auto in = m_stream.avail_in;
        const auto out = m_stream.avail_out;
        const int code = inflate(&m_stream, Z_NO_FLUSH);
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return damaged(kName, m_stream.msg ? m_stream.msg : "it cannot be unpacked");
        return Step{in - m_stream.avail_in, out - m_stream.avail_out, code == Z_STREAM_END};
    }

private:
    z_stream m_stream{};
    int m_windowBits;
    bool m_ready = false;
};

/// An archive with one member.
std::unique_ptr<Input> openZip(std::unique_ptr<Packed> packed);

} // namespace tepal::table
