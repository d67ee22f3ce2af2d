/// Packed tables. Checked:
/// - whatever the bytes are, reading ends, in memory that does not grow with what they unpack to:
///   some blocks, one record, and the largest window that a decoder takes;
/// - what is packed here reads as the same text does unpacked, also in two members behind each
///   other (gzip, zstd, bzip2, xz), and with zero bytes behind the last;
/// - cut short anywhere but between members it is refused, never a shorter table (a zip archive
///   may lose its directory, which comes behind the data and its checksum);
/// - rubbish behind it is refused (not behind zip: there stands the directory);
/// - a bit that is flipped is refused, or nothing of the table is changed by it.
/// The first byte chooses: 0 takes the rest as packed bytes, 1 to 5 pack it as gzip, zstd, bzip2,
/// xz or zip first. The next three say where it is parted and cut, and which bit is flipped.
#include "reading.h"

#if defined(__SANITIZE_ADDRESS__)
#define TEPAL_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TEPAL_ADDRESS_SANITIZER
#endif
#endif

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#ifdef TEPAL_ADDRESS_SANITIZER
// gcc's run-time library has these two, but no header for them (sanitizer/allocator_interface.h
// comes with clang alone).
extern "C" int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void *, std::size_t),
    void (*free_hook)(const volatile void *));
extern "C" std::size_t __sanitizer_get_allocated_size(const volatile void *);
#endif

using namespace tepal;
using namespace tepal::fuzz;

namespace {

/// The window of xz (256 MiB) or zstd (128 MiB), and a record of 16 MiB in every form that it
/// takes.
constexpr std::size_t kMostMemory = std::size_t{640} << 20;

std::size_t held = 0;
std::size_t most = 0;

#ifdef TEPAL_ADDRESS_SANITIZER
void allocated(const volatile void *, std::size_t size)
{
    held += size;
    most = std::max(most, held);
}
void freed(const volatile void *at)
{
    if (at == nullptr)
        return;
    held -= std::min(__sanitizer_get_allocated_size(at), held);
}

void watchMemory()
{
    static const bool watched = __sanitizer_install_malloc_and_free_hooks(allocated, freed) > 0;
    require(watched, "allocations are watched");
    static const bool seen = [] {
        held = most = 0;
        const std::string large(1'000'000, 'x');
        return most >= large.size();
    }();
    require(seen, "an allocation is seen");
}
#else
void watchMemory() {}
#endif

enum Kind : unsigned { Gzip = 1, Zst, Bz2, Xz, Zip };

std::string deflated(std::string_view text, int windowBits)
{
    std::string out(text.size() + text.size() / 8 + 128, '\0');
    z_stream stream{};
    require(deflateInit2(&stream, 6, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY) == Z_OK,
            "zlib begins");
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef *>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib ends");
    out.resize(out.size() - stream.avail_out);
    deflateEnd(&stream);
    return out;
}

std::string zstd(std::string_view text, bool checksum)
{
    std::string out(ZSTD_compressBound(text.size()), '\0');
    ZSTD_CCtx *const context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum ? 1 : 0);
    const std::size_t size =
        ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size());
    ZSTD_freeCCtx(context);
    require(!ZSTD_isError(size), "zstd ends");
    out.resize(size);
    return out;
}

std::string bzip2(std::string_view text)
{
    std::string out(text.size() + text.size() / 50 + 700, '\0');
    auto size = static_cast<unsigned>(out.size());
    require(BZ2_bzBuffToBuffCompress(out.data(), &size, const_cast<char *>(text.data()),
                                     static_cast<unsigned>(text.size()), 1, 0, 0) == BZ_OK,
            "bzip2 ends");
    out.resize(size);
    return out;
}

std::string xz(std::string_view text)
{
    std::string out(lzma_stream_buffer_bound(text.size()), '\0');
    std::size_t size = 0;
    require(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, nullptr,
                                    reinterpret_cast<const std::uint8_t *>(text.data()),
                                    text.size(), reinterpret_cast<std::uint8_t *>(out.data()),
                                    &size, out.size()) == LZMA_OK,
            "xz ends");
    out.resize(size);
    return out;
}

void number(std::string &to, std::uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; ++i)
        to.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
}

/// A local header, the data, behind it its sizes (with `streamed`), and the directory's beginning.
std::string zip(std::string_view text, bool streamed, std::size_t &dataEnd)
{
    const std::string data = deflated(text, -15);
    const uLong crc =
        crc32(0, reinterpret_cast<const Bytef *>(text.data()), static_cast<uInt>(text.size()));
    std::string out = "PK\x03\x04";
    number(out, 20, 2);
    number(out, streamed ? 8 : 0, 2);
    number(out, 8, 2); // deflated
    number(out, 0, 4);
    const auto sizes = [&] {
        number(out, crc, 4);
        number(out, data.size(), 4);
        number(out, text.size(), 4);
    };
    if (streamed)
        number(out, 0, 8), number(out, 0, 4);
    else
        sizes();
    number(out, 5, 2);
    number(out, 0, 2);
    out += "t.csv" + data;
    if (streamed) {
        out += "PK\x07\x08";
        sizes();
    }
    dataEnd = out.size();
    out += "PK\x01\x02";
    number(out, 0, 8);
    number(out, 0, 8);
    number(out, 0, 8);
    return out;
}

std::string packed(std::string_view text, unsigned kind, bool variant, std::size_t &dataEnd)
{
    std::string out;
    switch (kind) {
    case Gzip:
        out = deflated(text, 15 + 16);
        break;
    case Zst:
        out = zstd(text, variant);
        break;
    case Bz2:
        out = bzip2(text);
        break;
    case Xz:
        out = xz(text);
        break;
    default:
        return zip(text, variant, dataEnd);
    }
    dataEnd = out.size();
    return out;
}

Reading readPacked(std::string_view bytes, const table::ReadOptions &options)
{
    // Exactly as long as the bytes, so that a sanitizer sees the first byte behind them.
    const std::vector<char> alone(bytes.begin(), bytes.end());
    held = most = 0;
    Reading reading = read({alone.data(), alone.size()}, options);
    require(most < kMostMemory, "memory does not grow with what is unpacked");
    return reading;
}

/// But for how it was packed.
void requireSameTable(Reading reading, const Reading &plain, const char *what)
{
    if (reading.report)
        reading.report->dialect.compression = table::Compression::None;
    requireSame(reading, plain, what);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    watchMemory();
    const Choices choices(data, size, 4);
    table::ReadOptions options;
    options.blockBytes = choices.bit(0, 6) ? 16 : 4096;
    const unsigned kind = (choices.at(0) & 7u) % 6;
    if (kind == 0) {
        readPacked(choices.rest(), options);
        return 0;
    }
    const std::string_view text = choices.rest();
    const Reading plain = read(text, options);
    // A text that is itself packed is refused once it is packed twice.
    if (!plain.report || plain.report->dialect.compression != table::Compression::None)
        return 0;

    const bool variant = choices.bit(0, 7);
    const std::size_t part = text.size() * choices.at(1) / 256;
    const bool inTwo = kind != Zip && part > 0 && choices.bit(0, 5);
    std::size_t dataEnd = 0;
    std::size_t firstEnd = 0;
    std::string bytes;
    if (inTwo) {
        bytes = packed(text.substr(0, part), kind, variant, dataEnd);
        firstEnd = bytes.size();
        bytes += packed(text.substr(part), kind, variant, dataEnd);
        dataEnd = bytes.size();
    } else {
        bytes = packed(text, kind, variant, dataEnd);
    }
    requireSameTable(readPacked(bytes, options), plain, "packed as unpacked");
    if (kind != Zip) {
        requireSameTable(readPacked(bytes + std::string(3, '\0'), options), plain,
                         "zeros behind it do not matter");
        require(!readPacked(bytes + "x", options).report, "rubbish behind it is refused");
    }

    // Around the very ends, and somewhere.
    for (const std::size_t cut : {dataEnd - 1, dataEnd - 2, dataEnd - 5, firstEnd + 1, firstEnd + 3,
                                  firstEnd - 1, firstEnd, dataEnd * choices.at(2) / 256}) {
        if (cut < 6 || cut >= dataEnd)
            continue; // shorter than what tells that it is packed
        const Reading reading = readPacked(std::string_view(bytes).substr(0, cut), options);
        require(!reading.report || (inTwo && cut == firstEnd), "cut short it is no shorter table");
    }
    if (kind != Zst || variant) {
        std::string flipped = bytes;
        const std::size_t bit = dataEnd * 8 * choices.at(3) / 256;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        if (bit / 8 < 6)
            return 0; // no longer recognised, perhaps
        Reading reading = readPacked(flipped, options);
        if (reading.report)
            requireSameTable(std::move(reading), plain, "a flipped bit is no other table");
    }
    return 0;
}
