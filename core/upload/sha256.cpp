#include "digest.h"

#include <tepal/upload/destination.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <climits>
#include <cstdlib>

namespace tepal {
namespace {

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string hexOf(const Digest &digest, unsigned size)
{
    std::string hex;
    hex.reserve(std::size_t{2} * size);
    for (unsigned i = 0; i < size; ++i) {
        hex += "0123456789abcdef"[digest[i] >> 4];
        hex += "0123456789abcdef"[digest[i] & 15];
    }
    return hex;
}

/// Without memory or without the algorithm nothing here can go on: a name or a text that was not
/// hashed must never look as if it were.
void need(bool worked)
{
    if (!worked)
        std::abort();
}

} // namespace

std::string sha256Hex(std::string_view bytes)
{
    Digest digest{};
    unsigned size = 0;
    need(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
    return hexOf(digest, size);
}

std::string hmacSha256Hex(std::string_view key, std::string_view text)
{
    Digest digest{};
    unsigned size = 0;
    need(key.size() <= INT_MAX);
    need(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
              reinterpret_cast<const unsigned char *>(text.data()), text.size(), digest.data(),
              &size) != nullptr);
    return hexOf(digest, size);
}

std::string randomBytes(std::size_t size)
{
    std::string bytes(size, '\0');
    need(size <= INT_MAX &&
         RAND_bytes(reinterpret_cast<unsigned char *>(bytes.data()), static_cast<int>(size)) == 1);
    return bytes;
}

} // namespace tepal
