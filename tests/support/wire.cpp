#include "wire.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <deque>
#include <list>
#include <mutex>
#include <thread>

namespace tepal::test {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

namespace {

/// Of a request: what is after its head, going by the length it gives.
std::size_t bodySizeOf(std::string head)
{
    std::transform(head.begin(), head.end(), head.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::string name = "\r\ncontent-length:";
    const std::size_t at = head.find(name);
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + name.size()));
}

} // namespace

struct Wire::Impl
{
    explicit Impl(const Certificate *certificate)
        : acceptor(context)
    {
        if (certificate) {
            tls = std::make_unique<ssl::context>(ssl::context::tls_server);
            tls->use_certificate_chain(asio::buffer(certificate->certificate));
            tls->use_private_key(asio::buffer(certificate->key), ssl::context::pem);
        }
        acceptor.open(tcp::v4());
        // Small, so that a body is not all on its way before anybody has read it.
        acceptor.set_option(tcp::socket::receive_buffer_size(4096));
        acceptor.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        acceptor.listen();
        thread = std::thread([this] { accept(); });
    }
    ~Impl()
    {
        stopping = true;
        {
            ErrorCode ignored;
            tcp::socket poke(context);
            poke.connect(acceptor.local_endpoint(), ignored);
        }
        thread.join();
        {
            const std::lock_guard guard(mutex);
            for (tcp::socket &socket : sockets) {
                ErrorCode ignored;
                socket.shutdown(tcp::socket::shutdown_both, ignored);
            }
        }
        for (std::thread &one : threads)
            one.join();
    }
    Impl(const Impl &) = delete;
    Impl &operator=(const Impl &) = delete;

    void accept();
    void serve(tcp::socket &socket);
    template <typename Stream>
    void carry(Stream &stream, tcp::socket &socket);
    template <typename Stream>
    void misbehave(Stream &stream, Break how, const std::string &answer);
    template <typename Stream>
    bool send(Stream &stream, const std::string &bytes);
    template <typename Stream>
    void sendForEver(Stream &stream, const std::string &bytes, std::chrono::milliseconds pause);
    Break nextBreak(bool put, int &number);
    void tell(Stage stage, bool put, int number)
    {
        if (watch)
            watch(stage, put, number);
    }
    std::string answerOf(const std::string &request);

    asio::io_context context;
    std::unique_ptr<ssl::context> tls;
    tcp::acceptor acceptor;
    std::atomic<std::uint16_t> serverPort{0};
    Watch watch;
    std::atomic<bool> stopping{false};
    std::atomic<int> connections{0};
    std::atomic<std::uint64_t> bytesSent{0};
    std::thread thread;
    std::vector<std::thread> threads;

    std::mutex mutex; // guards what follows
    std::list<tcp::socket> sockets;
    std::deque<Break> putBreaks;
    std::deque<Break> otherBreaks;
    int puts = 0;
    int others = 0;
};

void Wire::Impl::accept()
{
    while (!stopping) {
        ErrorCode error;
        tcp::socket socket = acceptor.accept(error);
        if (error || stopping)
            continue;
        ++connections;
        const std::lock_guard guard(mutex);
        tcp::socket &kept = sockets.emplace_back(std::move(socket));
        threads.emplace_back([this, &kept] { serve(kept); });
    }
}

void Wire::Impl::serve(tcp::socket &socket)
{
    ErrorCode error;
    if (tls) {
        ssl::stream<tcp::socket &> stream(socket, *tls);
        stream.handshake(ssl::stream_base::server, error);
        if (!error)
            carry(stream, socket);
        stream.shutdown(error);
    } else {
        carry(socket, socket);
    }
    const std::lock_guard guard(mutex);
    socket.close(error);
}

Break Wire::Impl::nextBreak(bool put, int &number)
{
    const std::lock_guard guard(mutex);
    number = ++(put ? puts : others);
    auto &breaks = put ? putBreaks : otherBreaks;
    if (breaks.empty())
        return Break::None;
    const Break how = breaks.front();
    breaks.pop_front();
    return how;
}

/// The server's whole answer: it closes after each.
std::string Wire::Impl::answerOf(const std::string &request)
{
    ErrorCode error;
    tcp::socket server(context);
    server.connect(tcp::endpoint(asio::ip::address_v4::loopback(), serverPort), error);
    asio::write(server, asio::buffer(request), error);
    std::string answer;
    asio::read(server, asio::dynamic_buffer(answer), error);
    return answer;
}

template <typename Stream>
bool Wire::Impl::send(Stream &stream, const std::string &bytes)
{
    ErrorCode error;
    bytesSent += asio::write(stream, asio::buffer(bytes), error);
    return !error;
}

template <typename Stream>
void Wire::Impl::sendForEver(Stream &stream, const std::string &bytes,
                             std::chrono::milliseconds pause)
{
    while (!stopping && send(stream, bytes)) {
        if (pause.count() > 0)
            std::this_thread::sleep_for(pause);
    }
}

template <typename Stream>
void Wire::Impl::misbehave(Stream &stream, Break how, const std::string &answer)
{
    using namespace std::chrono_literals;
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    switch (how) {
    case Break::CutAnswer:
        send(stream, answer.substr(0, answer.size() / 2));
        return;
    case Break::StallInAnswer: {
        send(stream, answer.substr(0, answer.size() / 2));
        char byte = 0; // until the client gives up
        ErrorCode ignored;
        asio::read(stream, asio::buffer(&byte, 1), ignored);
        return;
    }
    case Break::Trickle:
        if (send(stream, head + "Content-Length: 1000000\r\n\r\n"))
            sendForEver(stream, " ", 5ms);
        return;
    case Break::EndlessBody:
        if (send(stream, head + "\r\n"))
            sendForEver(stream, std::string(64u << 10, ' '), 0ms);
        return;
    case Break::EndlessHead:
        if (send(stream, head))
            sendForEver(stream, "X-Filler: " + std::string(1000, 'x') + "\r\n", 0ms);
        return;
    default:
        return;
    }
}

template <typename Stream>
void Wire::Impl::carry(Stream &stream, tcp::socket &socket)
{
    ErrorCode error;
    std::string request;
    const std::size_t head =
        asio::read_until(stream, asio::dynamic_buffer(request), "\r\n\r\n", error);
    if (error)
        return;
    const bool put = request.starts_with("PUT ");
    int number = 0;
    const Break how = nextBreak(put, number);
    const auto reset = [&socket] {
        // Closing without lingering is what sends a reset.
        ErrorCode ignored;
        socket.set_option(asio::socket_base::linger(true, 0), ignored);
    };
    tell(Stage::HeadIn, put, number);
    if (how == Break::ResetInRequest)
        return reset();
    const std::size_t size = head + bodySizeOf(request.substr(0, head));
    const auto readTo = [&](std::size_t end) {
        const std::size_t had = request.size();
        if (had >= end)
            return true;
        request.resize(end);
        asio::read(stream, asio::buffer(request.data() + had, end - had), error);
        return !error;
    };
    if (!readTo(head + (size - head) / 2))
        return;
    tell(Stage::HalfIn, put, number);
    if (!readTo(size))
        return;
    tell(Stage::AllIn, put, number);
    if (how == Break::ResetAfterRequest)
        return reset();
    const bool carried = how != Break::EndlessBody && how != Break::EndlessHead;
    const std::string answer = carried ? answerOf(request) : std::string();
    tell(Stage::Done, put, number);
    if (how == Break::LoseAnswer)
        return reset();
    if (how != Break::None)
        return misbehave(stream, how, answer);
    send(stream, answer.substr(0, answer.size() / 2));
    tell(Stage::HalfBack, put, number);
    send(stream, answer.substr(answer.size() / 2));
    tell(Stage::AllBack, put, number);
}

Wire::Wire()
    : m_impl(std::make_unique<Impl>(nullptr))
{}

Wire::Wire(const Certificate &certificate)
    : m_impl(std::make_unique<Impl>(&certificate))
{}

Wire::~Wire() = default;

void Wire::leadTo(std::uint16_t serverPort)
{
    m_impl->serverPort = serverPort;
}

void Wire::watch(Watch watch)
{
    m_impl->watch = std::move(watch);
}

std::uint16_t Wire::port() const
{
    return m_impl->acceptor.local_endpoint().port();
}

std::string Wire::url() const
{
    return (m_impl->tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port());
}

void Wire::breakPuts(std::vector<Break> breaks)
{
    const std::lock_guard guard(m_impl->mutex);
    m_impl->putBreaks.assign(breaks.begin(), breaks.end());
}

void Wire::breakOthers(std::vector<Break> breaks)
{
    const std::lock_guard guard(m_impl->mutex);
    m_impl->otherBreaks.assign(breaks.begin(), breaks.end());
}

int Wire::puts() const
{
    const std::lock_guard guard(m_impl->mutex);
    return m_impl->puts;
}

int Wire::others() const
{
    const std::lock_guard guard(m_impl->mutex);
    return m_impl->others;
}

int Wire::connections() const
{
    return m_impl->connections;
}

std::uint64_t Wire::bytesSent() const
{
    return m_impl->bytesSent;
}

} // namespace tepal::test
