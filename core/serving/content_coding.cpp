#include "content_coding.h"

#include <tepal/base/text.h>

#include <boost/beast/core/string.hpp>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace tepal::serving {
namespace {

constexpr int kGzip = 16 + MAX_WBITS; // zlib's way to say so
constexpr int kZlib = MAX_WBITS;
constexpr int kBare = -MAX_WBITS;

/// Owns zlib's state.
class Inflater
{
public:
    explicit Inflater(int format)
        : m_ready(inflateInit2(&m_stream, format) == Z_OK)
    {}
    ~Inflater()
    {
        if (m_ready)
            inflateEnd(&m_stream);
    }
    Inflater(const Inflater &) = delete;
    Inflater &operator=(const Inflater &) = delete;

    bool ready() const { return m_ready; }
    z_stream &stream() { return m_stream; }

private:
    z_stream m_stream{};
    bool m_ready;
};

/// At most this many bytes of input at a time: zlib counts in 32 bits.
constexpr std::size_t kPiece = std::size_t{1} << 20;

tl::unexpected<Error> damaged(std::string_view encoding)
{
    return fail(ErrorCode::Corrupt,
                fmt::format("the body is not what content-encoding: {} promises", encoding),
                "send the whole compressed body, or leave the header out");
}

Result<std::string> inflated(int format, std::string_view encoding, std::string_view body,
                             std::uint64_t limit)
{
    Inflater inflater(format);
    if (!inflater.ready())
        return fail(ErrorCode::Internal, "the body cannot be unpacked, memory ran out");
    z_stream &stream = inflater.stream();
    std::string out;
    std::vector<char> buffer(64u << 10);
    bool ended = false;
    while (!ended || !body.empty()) {
        if (ended) {
            // Files put together are one after the other what gzip calls members.
            if (format != kGzip || inflateReset(&stream) != Z_OK)
                return damaged(encoding);
        }
        const std::size_t piece = std::min(body.size(), kPiece);
        stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(body.data()));
        stream.avail_in = static_cast<uInt>(piece);
        stream.next_out = reinterpret_cast<Bytef *>(buffer.data());
        stream.avail_out = static_cast<uInt>(buffer.size());
        const int result = inflate(&stream, Z_NO_FLUSH);
        const std::size_t taken = piece - stream.avail_in;
        const std::size_t made = buffer.size() - stream.avail_out;
        body.remove_prefix(taken);
        if (result != Z_OK && result != Z_STREAM_END)
            return damaged(encoding); // Z_BUF_ERROR is the end of a body that was cut off
        if (made > limit - out.size())
            return fail(ErrorCode::Full, "the unpacked body is too large");
        out.append(buffer.data(), made);
        ended = result == Z_STREAM_END;
    }
    return out;
}

} // namespace

Result<std::string> decodeBody(std::string_view encoding, std::string_view body,
                               std::uint64_t limit)
{
    const auto is = [&](const char *name) {
        return boost::beast::iequals(boost::beast::string_view(encoding.data(), encoding.size()),
                                     name);
    };
    if (encoding.empty() || is("identity") || body.empty())
        return std::string(body);
    if (is("gzip") || is("x-gzip"))
        return inflated(kGzip, encoding, body, limit);
    if (is("deflate")) {
        auto decoded = inflated(kZlib, encoding, body, limit);
        if (!decoded && decoded.error().code == ErrorCode::Corrupt)
            decoded = inflated(kBare, encoding, body, limit);
        return decoded;
    }
    return fail(ErrorCode::Unsupported,
                fmt::format("the content encoding \"{}\" is not understood",
                            terminalText(utf8Prefix(encoding, 60))),
                "send the body plain, or with gzip or deflate alone");
}

} // namespace tepal::serving
