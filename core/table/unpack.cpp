// Gzip, zstd, bzip2 and xz, unpacked as they are read.

#include "packed.h"

#include <bzlib.h>
#include <lzma.h>
#include <zstd.h>

namespace tepal::table {
namespace {

/// Longest beginning that says what something is.
constexpr std::size_t kMagic = 6;

class PlainInput final : public UnpackedInput
{
public:
    explicit PlainInput(std::unique_ptr<Packed> packed)
        : UnpackedInput(std::move(packed), Compression::None)
    {}
    Result<std::size_t> read(std::span<char> to) override
    {
        if (m_packed->available() == 0)
            return m_packed->readOn(to); // nothing has to be looked at any more
        const std::size_t size = std::min(to.size(), m_packed->available());
        std::copy_n(m_packed->data(), size, to.data());
        m_packed->skip(size);
        return size;
    }
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
        result = openZip(std::move(packed));
    else
        result = std::make_unique<PlainInput>(std::move(packed));
    return result;
}

} // namespace tepal::table
