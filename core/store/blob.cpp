#include "store_impl.h"

#include <zstd.h>

#include <memory>

namespace tepal {

namespace {
struct ContextDeleter
{
    void operator()(ZSTD_CCtx *context) const { ZSTD_freeCCtx(context); }
};
} // namespace

std::string compressBlob(std::string_view bytes, int level)
{
    // Making its tables anew for every column would cost more than the compression itself.
    thread_local const std::unique_ptr<ZSTD_CCtx, ContextDeleter> context(ZSTD_createCCtx());
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size =
        ZSTD_compressCCtx(context.get(), out.data(), out.size(), bytes.data(), bytes.size(), level);
    out.resize(ZSTD_isError(size) ? 0 : size);
    return out;
}

Result<std::string> decompressBlob(std::string_view blob, std::size_t maxBytes)
{
    const unsigned long long size = ZSTD_getFrameContentSize(blob.data(), blob.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > maxBytes)
        return fail(ErrorCode::Corrupt, "a stored profile is damaged", "run \"tepal check\"");
    std::string out(static_cast<std::size_t>(size), '\0');
    const std::size_t got = ZSTD_decompress(out.data(), out.size(), blob.data(), blob.size());
    if (ZSTD_isError(got) || got != out.size())
        return fail(ErrorCode::Corrupt, "a stored profile is damaged", "run \"tepal check\"");
    return out;
}

} // namespace tepal
