/// One serving thread: its event loop, its connections, its clock ticks.
#pragma once

#include "endpoint.h"
#include "input_pool.h"

// Asio 1.74 uses std::exchange without including its header.
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <thread>
#include <utility>

namespace tepal::serving {

namespace asio = boost::asio;
/// The plain executor: the type-erased default costs a virtual call and an allocation per
/// operation.
using Executor = asio::io_context::executor_type;
using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<Tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

class Connection;

/// Everything but the constructor, start(), join() and io() belongs to the thread itself.
class Worker
{
public:
    Worker(Endpoint &endpoint, std::uint32_t index);
    ~Worker();
    Worker(const Worker &) = delete;
    Worker &operator=(const Worker &) = delete;

    void start();
    void join();
    asio::io_context &io() { return m_io; }

    /// Takes over an accepted socket. `full`: as many connections as may be open are; the one that
    /// has been idle longest makes room, or the new one is refused.
    void adopt(Socket::native_handle_type handle, const Tcp &protocol, bool full);
    /// Sockets taken over so far. Any thread.
    std::uint64_t adopted() const { return value(m_adopted); }
    /// Closes idle connections; the loop ends with the last one.
    void beginStop();

    Endpoint &endpoint() { return m_endpoint; }
    std::uint32_t index() const { return m_index; }
    Handler &handler() { return m_handler; }
    InputPool &inputs() { return m_inputs; }
    bool stopping() const { return m_stopping; }
    /// Value of the Date header.
    const std::string &date() const { return m_date; }
    std::int64_t nowNs() const { return m_endpoint.options.clock->monotonicNs(); }
    /// Memory that a large body took goes back to the system at the next tick.
    void trimSoon() { m_trim = true; }
    void remove(Connection *connection);
    /// Called at every tick, for what must be tried again.
    std::function<void()> onTick;

private:
    void scheduleTick();
    void tick();
    bool closeLongestIdle();
    void noteBusy(const Socket &socket);

    Endpoint &m_endpoint;
    std::uint32_t m_index;
    asio::io_context m_io;
    Timer m_timer;
    Handler m_handler;
    std::chrono::milliseconds m_interval;
    InputPool m_inputs;
    std::vector<Connection *> m_connections;
    std::string m_date;
    Counter m_adopted{0};
    bool m_stopping = false;
    bool m_trim = false;
    std::size_t m_most = 0; ///< Connections since memory was given back for them.
    std::int64_t m_stopDeadline = 0;
    std::thread m_thread;
};

} // namespace tepal::serving
