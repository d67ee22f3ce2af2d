/// The bearer token that requests need, where the endpoint has one (RFC 6750).
#pragma once

#include <tepal/base/result.h>

#include <array>
#include <string>
#include <string_view>

namespace tepal::serving {

/// Immutable; thread-safe. What it compares with is the token's SHA-256, in a time that does not
/// tell how much of a guess was right.
class TokenRule
{
public:
    TokenRule() = default; ///< None is needed.
    explicit TokenRule(std::string_view token);

    bool required() const { return m_required; }
    /// `authorization` is the header's value: `Bearer …`, the scheme in either case.
    bool admits(std::string_view authorization) const;

private:
    using Hash = std::array<unsigned char, 32>;
    static Hash hashOf(std::string_view text);

    bool m_required = false;
    Hash m_hash{};
};

/// InvalidArgument for what cannot stand in a header or is short enough to be guessed. The error
/// does not quote it.
Status checkToken(std::string_view token);

} // namespace tepal::serving
