#include "connection.h"
#include "port.h"

#include <tepal/base/log.h>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace tepal::serving {
namespace {

/// So many connections' buffers are worth looking for: some megabytes.
constexpr std::size_t kMany = 256;

/// Often enough for the shortest time limit, rarely enough to cost nothing.
std::chrono::milliseconds tickInterval(const ServerOptions &options)
{
    return std::chrono::milliseconds(
        std::clamp<DurationMs>(std::min(options.keepAlive, options.requestTimeout) / 4, 5, 250));
}

} // namespace

Worker::Worker(Endpoint &endpoint, std::uint32_t index)
    : m_endpoint(endpoint)
    , m_index(index)
    // Sockets and timers are used by this thread only; others merely post.
    , m_io(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO)
    , m_timer(m_io)
    , m_handler(endpoint, index)
    , m_interval(tickInterval(endpoint.options))
    , m_date(httpDate(endpoint.options.clock->nowMs()))
{
    m_handler.later = [this] { asio::post(m_io, [this] { m_handler.runShadows(); }); };
}

Worker::~Worker()
{
    for (Connection *connection : m_connections)
        delete connection;
}

void Worker::start()
{
    scheduleTick();
    m_thread = std::thread([this] {
        for (;;) {
            try {
                m_io.run();
                return;
            } catch (const std::exception &problem) {
                // Running out of memory for one request must not end the others.
                logError("endpoint", fmt::format("a request failed: {}", problem.what()));
            }
        }
    });
}

void Worker::join()
{
    if (m_thread.joinable())
        m_thread.join();
}

void Worker::scheduleTick()
{
    m_timer.expires_after(m_interval);
    m_timer.async_wait([this](const boost::system::error_code &error) {
        if (!error)
            tick();
    });
}

void Worker::tick()
{
    const std::int64_t now = nowNs();
    m_date = httpDate(m_endpoint.options.clock->nowMs());
    for (Connection *connection : m_connections) {
        if (m_stopping && now >= m_stopDeadline)
            connection->closeNow();
        else
            connection->checkDeadline(now);
    }
    // Each had buffers, which the heap keeps by itself.
    if (m_most >= kMany && m_connections.size() < m_most / 4) {
        m_most = m_connections.size();
        m_inputs.trim();
        m_trim = true;
    }
#ifdef __GLIBC__
    if (std::exchange(m_trim, false))
        ::malloc_trim(0);
#endif
    if (onTick)
        onTick();
    if (!m_stopping || !m_connections.empty())
        scheduleTick();
}

/// A connection that was answered and kept, or that never asked for anything.
bool Worker::closeLongestIdle()
{
    Connection *longest = nullptr;
    std::int64_t since = 0;
    for (Connection *connection : m_connections) {
        const auto idle = connection->idleSince();
        if (idle && (longest == nullptr || *idle < since)) {
            longest = connection;
            since = *idle;
        }
    }
    if (longest != nullptr) {
        longest->closeNow();
        bump(m_handler.stats().yielded);
    }
    return longest != nullptr;
}

/// Nobody was asked for anything, and yet somebody was answered.
void Worker::noteBusy(const Socket &socket)
{
    AccessEntry *const entry = m_endpoint.accessLog ? m_endpoint.accessLog->room(m_index) : nullptr;
    if (entry == nullptr)
        return;
    *entry = {};
    boost::system::error_code error;
    const auto peer = socket.remote_endpoint(error);
    entry->time = m_endpoint.options.clock->nowMs();
    entry->status = m_endpoint.tls ? 0 : 503;
    entry->refusal = Refusal::Connections;
    entry->encrypted = m_endpoint.tls != nullptr;
    entry->peer.set(error ? std::string() : addressText(peer));
    m_endpoint.accessLog->add(m_index);
}

void Worker::adopt(Socket::native_handle_type handle, const Tcp &protocol, bool full)
{
    Socket socket(m_io);
    boost::system::error_code error;
    socket.assign(protocol, handle, error);
    if (error) {
        bump(m_adopted);
        logWarning("endpoint", fmt::format("a connection was lost: {}", error.message()));
        return;
    }
    if (full && !closeLongestIdle()) {
        static constexpr std::string_view kBusy =
            "HTTP/1.1 503 Service Unavailable\r\nserver: tepal\r\ncontent-type: text/plain; "
            "charset=utf-8\r\ncontent-length: 43\r\nconnection: close\r\n\r\n"
            "Too many connections, see --max-connections";
        static_assert(kBusy.ends_with("\r\n\r\nToo many connections, see --max-connections"));
        // Before a handshake there are no words.
        if (!m_endpoint.tls)
            socket.write_some(asio::buffer(kBusy), error);
        m_handler.stats().refuse(Refusal::Connections);
        noteBusy(socket);
        bump(m_adopted);
        return;
    }
    auto *connection = new Connection(*this, std::move(socket));
    connection->slot = m_connections.size();
    m_connections.push_back(connection);
    m_most = std::max(m_most, m_connections.size());
    m_handler.stats().connections.store(m_connections.size(), std::memory_order_relaxed);
    bump(m_adopted);
    connection->start();
}

void Worker::remove(Connection *connection)
{
    m_connections.back()->slot = connection->slot;
    m_connections[connection->slot] = m_connections.back();
    m_connections.pop_back();
    m_handler.stats().connections.store(m_connections.size(), std::memory_order_relaxed);
    if (m_stopping && m_connections.empty())
        m_timer.cancel();
}

void Worker::beginStop()
{
    m_stopping = true;
    m_stopDeadline = nowNs() + m_endpoint.options.stopGrace * 1'000'000;
    for (Connection *connection : m_connections)
        connection->finishSoon();
    if (m_connections.empty())
        m_timer.cancel();
}

} // namespace tepal::serving
