/// Expected failures are values: a code to branch on, a sentence for people, and the next step.
#pragma once

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace tepal {

enum class ErrorCode {
    InvalidArgument, ///< The caller gave something that cannot be used (exit status 2 on the
                     ///< command line).
    NotFound,
    AlreadyExists,
    Corrupt,     ///< Bytes that should be ours are damaged or from elsewhere.
    Unsupported, ///< Well-formed, but made by a newer version or using a feature we do not have.
    Busy,        ///< Somebody else holds it (port, lock file, database); trying later may work.
    Full,        ///< Disk, quota, journal or queue is full.
    Denied,      ///< Permissions, keys.
    Unavailable, ///< A peer did not answer.
    Cancelled,
    Io,
    Internal,
};

/// What happened, to what, why (`message`), and what the reader can do about it (`next`, may be
/// empty). Both are one sentence without a final full stop and never contain a secret.
struct Error
{
    ErrorCode code = ErrorCode::Internal;
    std::string message;
    std::string next;

    /// "message; next" for logs and stderr.
    std::string text() const { return next.empty() ? message : message + "; " + next; }
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string next = {})
{
    return tl::unexpected<Error>(Error{code, std::move(message), std::move(next)});
}

/// Passes an error on with context in front: "reading a.bin: file is truncated".
inline tl::unexpected<Error> failWith(const std::string &context, Error error)
{
    error.message = context + ": " + error.message;
    return tl::unexpected<Error>(std::move(error));
}

} // namespace tepal
