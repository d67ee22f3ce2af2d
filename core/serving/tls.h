/// TLS on sockets that never block, by OpenSSL. Knows no event loop: each step says what it waits
/// for.
#pragma once

#include <tepal/base/result.h>

#include <cstddef>
#include <memory>
#include <string>

// OpenSSL's own names, so that its headers stay out of ours.
struct ssl_ctx_st;
struct ssl_st;

namespace tepal::serving {

/// Certificate and key of the endpoint. Immutable once made; thread-safe.
class TlsContext
{
public:
    /// PEM files: the certificate with those that lead to a root behind it, and its key. TLS 1.2
    /// and 1.3, HTTP/1.1 alone. Each error names the file and what is wrong with it; a certificate
    /// that is not valid now is no error, see validity().
    static Result<std::unique_ptr<TlsContext>> load(const std::string &certificate,
                                                    const std::string &key);
    ~TlsContext();
    TlsContext(const TlsContext &) = delete;
    TlsContext &operator=(const TlsContext &) = delete;

    /// What clients will object to: "the certificate expired on …"; empty while it is valid.
    std::string validity() const;
    ssl_ctx_st *native() const { return m_context; }

private:
    explicit TlsContext(ssl_ctx_st *context)
        : m_context(context)
    {}
    ssl_ctx_st *m_context;
};

/// One connection. Not thread-safe. The socket stays the caller's, who says when it is closed.
class TlsChannel
{
public:
    enum class Outcome : unsigned char {
        Done,
        WantRead,  ///< Again, once the socket can be read.
        WantWrite, ///< Again, once it can be written.
        Ended,     ///< The other side has closed, with or without saying so.
        Failed,
        PlainHttp, ///< Of a handshake: the client speaks HTTP without TLS.
    };
    struct Step
    {
        Outcome outcome = Outcome::Done;
        std::size_t size = 0;
    };

    TlsChannel(const TlsContext &context, int socket);
    ~TlsChannel();
    TlsChannel(const TlsChannel &) = delete;
    TlsChannel &operator=(const TlsChannel &) = delete;

    Outcome handshake();
    Step read(char *to, std::size_t size);
    /// May take less than is given. After WantRead or WantWrite the same bytes must come again,
    /// wherever they lie then, with or without more behind them.
    Step write(const char *from, std::size_t size);
    /// Says that nothing follows, if that can be said at once.
    void sayEnd();
    /// The socket is gone: every further step fails.
    void detach() { m_socket = -1; }

private:
    Outcome outcomeOf(int result);

    int m_socket;
    bool m_looked = false; ///< At the first byte.
    ssl_st *m_ssl;
};

} // namespace tepal::serving
