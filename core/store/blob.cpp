#include "store_impl.h"

#include <zstd.h>

namespace tepal {

std::string compressBlob(std::string_view bytes, int level)
{
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size =
        ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), level);
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
