#include "token.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>

namespace tepal::serving {
namespace {

constexpr std::string_view kScheme = "bearer";
constexpr std::size_t kShortest = 16;
constexpr std::size_t kLongest = 4096;

char lowered(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool mayStand(char c)
{
    const char low = lowered(c);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/=").find(c) != std::string_view::npos;
}

} // namespace

TokenRule::TokenRule(std::string_view token)
    : m_required(!token.empty())
    , m_hash(hashOf(token))
{}

TokenRule::Hash TokenRule::hashOf(std::string_view text)
{
    Hash hash{};
    SHA256(reinterpret_cast<const unsigned char *>(text.data()), text.size(), hash.data());
    return hash;
}

bool TokenRule::admits(std::string_view authorization) const
{
    if (!m_required)
        return true;
    const bool bearer =
        authorization.size() > kScheme.size() && authorization[kScheme.size()] == ' ' &&
        std::equal(kScheme.begin(), kScheme.end(), authorization.begin(),
                   [](char wanted, char given) { return wanted == lowered(given); });
    if (!bearer)
        return false;
    authorization.remove_prefix(kScheme.size());
    authorization.remove_prefix(
        std::min(authorization.find_first_not_of(' '), authorization.size()));
    const Hash given = hashOf(authorization);
    return CRYPTO_memcmp(given.data(), m_hash.data(), given.size()) == 0;
}

Status checkToken(std::string_view token)
{
    constexpr const char *kNext = "make one: openssl rand -hex 32 > token";
    if (token.size() < kShortest || token.size() > kLongest)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("the token has {} characters, and needs {} to {}", token.size(),
                                kShortest, kLongest),
                    kNext);
    if (!std::all_of(token.begin(), token.end(), mayStand))
        return fail(ErrorCode::InvalidArgument,
                    "the token holds characters that no header can carry; it may have letters, "
                    "digits and -._~+/=",
                    kNext);
    return {};
}

} // namespace tepal::serving
