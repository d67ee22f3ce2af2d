// Gzip, zstd, bzip2, xz, and zip archives with one member, unpacked as they are read.

#include "input.h"

#include <bzlib.h>
#include <fmt/format.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

namespace tepal::table {
namespace {

constexpr std::size_t kPackedBuffer = 256u << 10;
/// Longest beginning that says what something is.
constexpr std::size_t kMagic = 6;

tl::unexpected<Error> damaged(std::string_view format, std::string_view why)
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

class PlainInput final : public UnpackedInput
{
public:
    explicit PlainInput(std::unique_ptr<Packed> packed)
        : UnpackedInput(std::move(packed), Compression::None)
    {}
    Result<std::size_t> read(std::span<char> to) override
    {
        const auto some = m_packed->fill(1);
        if (!some)
            return tl::unexpected(some.error());
        const std::size_t size = std::min(to.size(), m_packed->available());
        std::copy_n(m_packed->data(), size, to.data());
        m_packed->skip(size);
        return size;
    }
};

/// A run of the inner decoder: how much it took and gave, and whether its stream ended.
struct Step
{
    std::size_t taken = 0;
    std::size_t given = 0;
    bool streamEnded = false;
};

/// Streams that follow each other, as `cat a.gz b.gz` makes them. `Codec` has `begin`, `run`
/// (Result<Step>), `kName`, and `isNext` (whether what follows is another stream).
template <typename Codec>
class StreamInput final : public UnpackedInput
{
public:
    StreamInput(std::unique_ptr<Packed> packed, Compression compression)
        : UnpackedInput(std::move(packed), compression)
    {}
    Result<std::size_t> read(std::span<char> to) override
    {
        std::size_t size = 0;
        while (size < to.size() && !m_done) {
            const auto some = m_packed->fill(1);
            if (!some)
                return tl::unexpected(some.error());
            if (!m_open) {
                // Zero bytes behind the last stream are padding of tapes and block devices.
                while (*some && m_packed->available() > 0 && m_packed->view().front() == '\0')
                    m_packed->skip(1);
                const auto more = m_packed->fill(kMagic);
                if (!more)
                    return tl::unexpected(more.error());
                if (!*more) {
                    m_done = true;
                    break;
                }
                if (!Codec::isNext(m_packed->view()))
                    return damaged(Codec::kName, "something else follows it");
                if (!m_codec.begin())
                    return fail(ErrorCode::Internal, fmt::format("no memory for {}", Codec::kName));
                m_open = true;
            } else if (!*some) {
                return damaged(Codec::kName, "it ends too early");
            }
            const auto step = m_codec.run(*m_packed, to.subspan(size));
            if (!step)
                return tl::unexpected(step.error());
            m_packed->skip(step->taken);
            size += step->given;
            m_open = !step->streamEnded;
            if (step->taken == 0 && step->given == 0 && m_open) {
                const std::size_t before = m_packed->available();
                const auto grown = m_packed->fill(before + 1);
                if (!grown)
                    return tl::unexpected(grown.error());
                if (m_packed->available() == before)
                    return damaged(Codec::kName, "it ends too early");
            }
        }
        return size;
    }

private:
    Codec m_codec;
    bool m_open = false;
    bool m_done = false;
};

unsigned clampedSize(std::size_t size)
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

class Bzip2
{
public:
    static constexpr std::string_view kName = "bzip2";
    static bool isNext(std::string_view bytes) { return bytes.starts_with("BZh"); }

    Bzip2() = default;
    Bzip2(const Bzip2 &) = delete;
    Bzip2 &operator=(const Bzip2 &) = delete;
    ~Bzip2() { end(); }
    bool begin()
    {
        end();
        m_stream = {};
        m_ready = BZ2_bzDecompressInit(&m_stream, 0, 0) == BZ_OK;
        return m_ready;
    }
    Result<Step> run(Packed &from, std::span<char> to)
    {
        m_stream.next_in = from.data();
        m_stream.avail_in = clampedSize(from.available());
        m_stream.next_out = to.data();
        m_stream.avail_out = clampedSize(to.size());
        const auto in = m_stream.avail_in;
        const auto out = m_stream.avail_out;
        const int code = BZ2_bzDecompress(&m_stream);
        if (code != BZ_OK && code != BZ_STREAM_END)
            return damaged(kName, "it cannot be unpacked");
        return Step{in - m_stream.avail_in, out - m_stream.avail_out, code == BZ_STREAM_END};
    }

private:
    void end()
    {
        if (m_ready)
            BZ2_bzDecompressEnd(&m_stream);
        m_ready = false;
    }
    bz_stream m_stream{};
    bool m_ready = false;
};

class Xz
{
public:
    static constexpr std::string_view kName = "xz";
    static constexpr std::uint64_t kMemory = std::uint64_t{256} << 20;
    static bool isNext(std::string_view bytes)
    {
        return bytes.starts_with(std::string_view("\xFD"
                                                  "7zXZ\0",
                                                  6));
    }

    Xz() = default;
    Xz(const Xz &) = delete;
    Xz &operator=(const Xz &) = delete;
    ~Xz() { lzma_end(&m_stream); }
    bool begin() { return lzma_stream_decoder(&m_stream, kMemory, 0) == LZMA_OK; }
    Result<Step> run(Packed &from, std::span<char> to)
    {
        m_stream.next_in = reinterpret_cast<const std::uint8_t *>(from.data());
        m_stream.avail_in = from.available();
        m_stream.next_out = reinterpret_cast<std::uint8_t *>(to.data());
        m_stream.avail_out = to.size();
        const lzma_ret code = lzma_code(&m_stream, LZMA_RUN);
        if (code == LZMA_MEMLIMIT_ERROR)
            return fail(ErrorCode::Unsupported, "unpacking the xz data takes more than 256 MiB",
                        "unpack it yourself and name the plain file");
        if (code != LZMA_OK && code != LZMA_STREAM_END && code != LZMA_BUF_ERROR)
            return damaged(kName, "it cannot be unpacked");
        return Step{from.available() - m_stream.avail_in, to.size() - m_stream.avail_out,
                    code == LZMA_STREAM_END};
    }

private:
    lzma_stream m_stream = LZMA_STREAM_INIT;
};

class Zstd
{
public:
    static constexpr std::string_view kName = "zstd";
    static bool isNext(std::string_view bytes)
    {
        // Frames, and skippable frames 184D2A50 to 184D2A5F.
        return bytes.starts_with("\x28\xB5\x2F\xFD") ||
               (bytes.size() >= 4 && (bytes[0] & 0xF0) == 0x50 &&
                bytes.substr(1, 3) == "\x2A\x4D\x18");
    }

    Zstd()
        : m_stream(ZSTD_createDStream())
    {}
    Zstd(const Zstd &) = delete;
    Zstd &operator=(const Zstd &) = delete;
    ~Zstd() { ZSTD_freeDStream(m_stream); }
    bool begin() { return m_stream && !ZSTD_isError(ZSTD_initDStream(m_stream)); }
    Result<Step> run(Packed &from, std::span<char> to)
    {
        ZSTD_inBuffer in{from.data(), from.available(), 0};
        ZSTD_outBuffer out{to.data(), to.size(), 0};
        const std::size_t left = ZSTD_decompressStream(m_stream, &out, &in);
        if (ZSTD_isError(left))
            return damaged(kName, ZSTD_getErrorName(left));
        return Step{in.pos, out.pos, left == 0};
    }

private:
    ZSTD_DStream *m_stream;
};

/// The one member of a zip archive, from the front: local header, data, then what must not be
/// another member (APPNOTE.TXT 6.3, 4.3).
class ZipInput final : public UnpackedInput
{
public:
    explicit ZipInput(std::unique_ptr<Packed> packed)
        : UnpackedInput(std::move(packed), Compression::Zip)
    {}
    Result<std::size_t> read(std::span<char> to) override
    {
        if (m_state == State::Header) {
            if (auto begun = header(); !begun)
                return tl::unexpected(begun.error());
        }
        if (m_state == State::Done)
            return std::size_t{0};
        auto size = m_deflated ? inflated(to) : stored(to);
        if (size) {
            m_crc = crc32(m_crc, reinterpret_cast<const Bytef *>(to.data()), clampedSize(*size));
            m_size += *size;
            if (m_ended) {
                if (auto ended = footer(); !ended)
                    return tl::unexpected(ended.error());
            }
        }
        return size;
    }

private:
    enum class State { Header, Data, Done };

    std::uint64_t number(std::size_t at, std::size_t bytes) const
    {
        std::uint64_t value = 0;
        for (std::size_t i = bytes; i-- > 0;)
            value = (value << 8) | static_cast<unsigned char>(m_packed->view()[at + i]);
        return value;
    }

    Status header()
    {
        constexpr std::size_t kHeader = 30;
        if (auto got = m_packed->fill(kHeader); !got)
            return tl::unexpected(got.error());
        if (m_packed->available() < kHeader)
            return damaged("zip", "it ends too early");
        const auto flags = number(6, 2);
        const auto method = number(8, 2);
        m_wantedCrc = static_cast<std::uint32_t>(number(14, 4));
        m_left = number(18, 4);
        m_wantedSize = number(22, 4);
        const auto nameSize = number(26, 2);
        const std::size_t all = kHeader + nameSize + number(28, 2);
        if (auto got = m_packed->fill(all); !got)
            return tl::unexpected(got.error());
        if (m_packed->available() < all)
            return damaged("zip", "it ends too early");
        const std::string name(m_packed->view().substr(kHeader, nameSize));
        m_descriptor = (flags & 8) != 0;
        m_deflated = method == 8;
        if (name.starts_with("[Content_Types].xml") || name.starts_with("xl/") ||
            name.starts_with("_rels/"))
            return fail(ErrorCode::Unsupported, "this is an Excel workbook, not a text table",
                        "save the sheet as CSV and name that file");
        if (name.starts_with("mimetype"))
            return fail(ErrorCode::Unsupported, "this is an OpenDocument file, not a text table",
                        "save the sheet as CSV and name that file");
        if ((flags & 1) != 0)
            return fail(ErrorCode::Unsupported, "the zip archive is encrypted",
                        "unpack it and name the plain file");
        if ((method != 8 && method != 0) || (method == 0 && m_descriptor) || name.ends_with('/') ||
            m_left == 0xFFFFFFFFu)
            return fail(ErrorCode::Unsupported,
                        "the zip archive's first member cannot be read from a stream",
                        "unpack it and name the plain file");
        m_packed->skip(all);
        m_state = State::Data;
        if (m_deflated && !m_zlib.begin())
            return fail(ErrorCode::Internal, "no memory for zip");
        return {};
    }

    Result<std::size_t> inflated(std::span<char> to)
    {
        std::size_t size = 0;
        while (size < to.size() && !m_ended) {
            const auto some = m_packed->fill(1);
            if (!some)
                return tl::unexpected(some.error());
            if (!*some)
                return damaged("zip", "it ends too early");
            const auto step = m_zlib.run(*m_packed, to.subspan(size));
            if (!step)
                return damaged("zip", "it cannot be unpacked");
            m_packed->skip(step->taken);
            size += step->given;
            m_ended = step->streamEnded;
        }
        return size;
    }
    Result<std::size_t> stored(std::span<char> to)
    {
        const auto some = m_packed->fill(1);
        if (!some)
            return tl::unexpected(some.error());
        const std::size_t size =
            std::min({to.size(), m_packed->available(), static_cast<std::size_t>(m_left)});
        if (size == 0 && m_left > 0)
            return damaged("zip", "it ends too early");
        std::copy_n(m_packed->data(), size, to.data());
        m_packed->skip(size);
        m_left -= size;
        m_ended = m_left == 0;
        return size;
    }
    /// Sizes and checksum, and that no other member follows.
    Status footer()
    {
        m_state = State::Done;
        if (auto got = m_packed->fill(24); !got)
            return tl::unexpected(got.error());
        if (m_descriptor) {
            const bool marked = m_packed->view().starts_with("PK\x07\x08");
            const std::size_t at = marked ? 4 : 0;
            if (m_packed->available() < at + 12)
                return damaged("zip", "it ends too early");
            m_wantedCrc = static_cast<std::uint32_t>(number(at, 4));
            // Sizes of 4 or 8 bytes: told by the signature that has to follow.
            const bool wide =
                m_packed->available() >= at + 22 && m_packed->view().substr(at + 20, 2) == "PK";
            m_wantedSize = wide ? number(at + 12, 8) : number(at + 8, 4);
            m_packed->skip(at + (wide ? 20 : 12));
        }
        if (m_crc != m_wantedCrc || (m_size & 0xFFFFFFFFu) != (m_wantedSize & 0xFFFFFFFFu))
            return damaged("zip", "its checksum is wrong");
        if (auto got = m_packed->fill(4); !got)
            return tl::unexpected(got.error());
        if (m_packed->view().starts_with("PK\x03\x04"))
            return fail(ErrorCode::Unsupported, "the zip archive has more than one member",
                        "unpack it and name the file that you mean");
        return {};
    }

    State m_state = State::Header;
    bool m_descriptor = false;
    bool m_deflated = false;
    bool m_ended = false;
    Zlib m_zlib{-15};
    std::uint64_t m_left = 0;
    std::uint64_t m_size = 0;
    std::uint64_t m_wantedSize = 0;
    uLong m_crc = 0;
    uLong m_wantedCrc = 0;
};

} // namespace

Result<std::unique_ptr<Input>> unpacked(std::unique_ptr<Input> input)
{
    auto packed = std::make_unique<Packed>(std::move(input));
    // A stream that is read as it comes must not be waited for: its first bytes have to do.
    if (auto got = packed->fill(1); !got)
        return tl::unexpected(got.error());
    if (const char first = packed->available() > 0 ? packed->view().front() : ' ';
        first == '\x1F' || first == 'B' || first == '\xFD' || first == 'P' ||
        (first & 0xF0) == 0x50 || first == '\x28') {
        if (auto got = packed->fill(kMagic); !got)
            return tl::unexpected(got.error());
    }
    const std::string_view head = packed->view();
    std::unique_ptr<Input> result;
    if (Zlib::isNext(head))
        result = std::make_unique<StreamInput<Zlib>>(std::move(packed), Compression::Gzip);
    else if (Zstd::isNext(head))
        result = std::make_unique<StreamInput<Zstd>>(std::move(packed), Compression::Zstd);
    else if (Bzip2::isNext(head) && head.size() > 3 && head[3] >= '1' && head[3] <= '9')
        result = std::make_unique<StreamInput<Bzip2>>(std::move(packed), Compression::Bzip2);
    else if (Xz::isNext(head))
        result = std::make_unique<StreamInput<Xz>>(std::move(packed), Compression::Xz);
    else if (head.starts_with("PK\x03\x04"))
        result = std::make_unique<ZipInput>(std::move(packed));
    else
        result = std::make_unique<PlainInput>(std::move(packed));
    return result;
}

} // namespace tepal::table
