/// A client's socket, plain or encrypted, with one face for both.
#pragma once

#include "tls.h"
#include "worker.h"

#include <boost/asio/post.hpp>

#include <optional>

namespace tepal::serving {

/// At most one asynchronous operation at a time; its handler is called once, from the event loop
/// and never from within the call. Plain sockets cost what they did without it.
class Transport
{
public:
    using Code = boost::system::error_code;

    Transport(Socket socket, const TlsContext *tls)
        : m_socket(std::move(socket))
    {
        if (tls != nullptr)
            m_tls = std::make_unique<TlsChannel>(*tls, static_cast<int>(m_socket.native_handle()));
    }

    bool encrypted() const { return m_tls != nullptr; }
    /// For clients that are to be told that TLS is what they should have spoken.
    void becomePlain() { m_tls.reset(); }
    Socket &socket() { return m_socket; }

    /// Of encrypted ones, before anything else: `done(Outcome)`.
    template <typename Done>
    void asyncHandshake(Done done)
    {
        const auto outcome = m_tls->handshake();
        if (outcome != Outcome::WantRead && outcome != Outcome::WantWrite) {
            asio::post(m_socket.get_executor(), [done, outcome] { done(outcome); });
            return;
        }
        wait(outcome, [this, done](const Code &error) {
            error ? done(Outcome::Ended) : asyncHandshake(done);
        });
    }

    /// `done(error, size)`, as Asio's async_read_some.
    template <typename Done>
    void asyncRead(char *to, std::size_t size, Done done)
    {
        if (!m_tls) [[likely]] {
            m_socket.async_read_some(asio::buffer(to, size), std::move(done));
            return;
        }
        const auto step = m_tls->read(to, size);
        if (step.outcome == Outcome::WantRead || step.outcome == Outcome::WantWrite) {
            wait(step.outcome, [this, to, size, done](const Code &error) {
                error ? done(error, std::size_t{0}) : asyncRead(to, size, done);
            });
            return;
        }
        asio::post(m_socket.get_executor(),
                   [done, error = codeOf(step.outcome), got = step.size] { done(error, got); });
    }

    /// As Asio's write_some, with would_block where nothing can be written at once.
    std::size_t writeSome(const char *from, std::size_t size, Code &error)
    {
        if (!m_tls) [[likely]]
            return m_socket.write_some(asio::buffer(from, size), error);
        const auto step = m_tls->write(from, size);
        m_blocked = step.outcome;
        error = codeOf(step.outcome);
        return step.size;
    }

    /// After would_block: writes what can be written, then `done(error, size)`.
    template <typename Done>
    void asyncWrite(const char *from, std::size_t size, Done done)
    {
        if (!m_tls) [[likely]] {
            m_socket.async_write_some(asio::buffer(from, size), std::move(done));
            return;
        }
        wait(m_blocked, [this, from, size, done](Code error) {
            std::size_t written = 0;
            if (!error)
                written = writeSome(from, size, error);
            if (error == asio::error::would_block)
                return asyncWrite(from, size, done);
            done(error, written);
        });
    }

    void shutdownSend()
    {
        Code ignored;
        if (m_tls)
            m_tls->sayEnd();
        m_socket.shutdown(Socket::shutdown_send, ignored);
    }
    /// A pending read ends with what has arrived.
    void shutdownReceive()
    {
        Code ignored;
        m_socket.shutdown(Socket::shutdown_receive, ignored);
    }
    void close()
    {
        Code ignored;
        if (m_tls)
            m_tls->detach();
        m_socket.close(ignored);
    }

private:
    using Outcome = TlsChannel::Outcome;

    static Code codeOf(Outcome outcome)
    {
        switch (outcome) {
        case Outcome::Done:
            return {};
        case Outcome::WantRead:
        case Outcome::WantWrite:
            return asio::error::would_block;
        case Outcome::Ended:
            return asio::error::eof;
        default:
            return asio::error::connection_reset;
        }
    }

    template <typename Ready>
    void wait(Outcome what, Ready ready)
    {
        m_socket.async_wait(what == Outcome::WantWrite ? Socket::wait_write : Socket::wait_read,
                            std::move(ready));
    }

    Socket m_socket;
    std::unique_ptr<TlsChannel> m_tls;
    Outcome m_blocked = Outcome::Done; ///< What the last write waits for.
};

} // namespace tepal::serving
