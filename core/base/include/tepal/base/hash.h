/// A hash whose value may be stored and compared between machines; no protection against whoever
/// looks for collisions.
#pragma once

#include <cstdint>
#include <string_view>

namespace tepal {

/// Of no bytes.
inline constexpr std::uint64_t kFnv1aStart = 0xCBF29CE484222325ull;

/// FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv). `hash`: of the bytes before these.
constexpr std::uint64_t fnv1a(std::string_view bytes, std::uint64_t hash = kFnv1aStart)
{
    for (const char byte : bytes)
        hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3ull;
    return hash;
}

} // namespace tepal
