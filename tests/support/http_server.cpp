#include "http_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <list>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

namespace tepal::test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr const char *kExpiredXml =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code>"
    "<Message>Request has expired</Message></Error>";

std::string lower(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return text;
}

std::string textOf(const ServerAnswer &answer)
{
    return "HTTP/1.1 " + std::to_string(answer.status) +
           " Status\r\nContent-Type: " + answer.contentType +
           "\r\nContent-Length: " + std::to_string(answer.body.size()) +
           "\r\nConnection: close\r\n" + answer.headers + "\r\n" + answer.body;
}

} // namespace

std::vector<std::string> split(const std::string &text, char by)
{
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == by)
            parts.emplace_back();
        else
            parts.back() += c;
    }
    return parts;
}

struct HttpServer::Impl
{
    Impl(Handler theHandler, std::uint16_t port,
         std::function<void(const ReceivedRequest &)> theSeen)
        : handler(std::move(theHandler))
        , seen(std::move(theSeen))
        , acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), port))
    {
        thread = std::thread([this] { accept(); });
    }
    ~Impl()
    {
        stopping = true;
        {
            // accept() is blocking: a connection of our own wakes it.
            boost::system::error_code ignored;
            tcp::socket poke(context);
            poke.connect(acceptor.local_endpoint(), ignored);
        }
        thread.join();
        {
            const std::lock_guard guard(mutex);
            for (tcp::socket &socket : sockets) {
                boost::system::error_code ignored;
                socket.shutdown(tcp::socket::shutdown_both, ignored);
            }
        }
        for (std::thread &connection : connections)
            connection.join();
    }
    Impl(const Impl &) = delete;
    Impl &operator=(const Impl &) = delete;

    void accept();
    void serve(tcp::socket &socket);
    static bool readRequest(tcp::socket &socket, ReceivedRequest &request);
    /// The answer's bytes; nothing = close without one.
    std::string answer(const ReceivedRequest &request, tcp::socket &socket);
    FaultSpec nextFault(const ReceivedRequest &request);
    std::string handle(const ReceivedRequest &request)
    {
        const std::lock_guard guard(handling);
        return textOf(handler(request));
    }

    const Handler handler;
    const std::function<void(const ReceivedRequest &)> seen;
    asio::io_context context;
    tcp::acceptor acceptor;
    std::atomic<bool> stopping{false};
    std::thread thread;
    std::list<tcp::socket> sockets;
    std::vector<std::thread> connections;
    std::mutex handling;

    mutable std::mutex mutex; // guards what follows, and `sockets`
    std::deque<FaultSpec> putFaults;
    std::deque<FaultSpec> otherFaults;
    FaultSpec always;
    std::vector<ReceivedRequest> requests;
};

void HttpServer::Impl::accept()
{
    while (!stopping) {
        boost::system::error_code error;
        tcp::socket socket = acceptor.accept(error);
        if (error || stopping)
            continue;
        const std::lock_guard guard(mutex);
        tcp::socket &kept = sockets.emplace_back(std::move(socket));
        connections.emplace_back([this, &kept] { serve(kept); });
    }
}

bool HttpServer::Impl::readRequest(tcp::socket &socket, ReceivedRequest &request)
{
    boost::system::error_code error;
    std::string buffer;
    const std::size_t head =
        asio::read_until(socket, asio::dynamic_buffer(buffer), "\r\n\r\n", error);
    if (error)
        return false;
    const auto lines = split(buffer.substr(0, head), '\n');
    const auto first = split(lines[0], ' ');
    if (first.size() < 3)
        return false;
    request.method = first[0];
    request.target = first[1];
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const std::size_t colon = lines[i].find(':');
        if (colon == std::string::npos)
            continue;
        std::string value = lines[i].substr(colon + 1);
        value.erase(0, value.find_first_not_of(' '));
        while (!value.empty() && value.back() == '\r')
            value.pop_back();
        request.headers[lower(lines[i].substr(0, colon))] = value;
    }
    request.body = buffer.substr(head);
    const auto length = request.headers.find("content-length");
    const std::size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
    if (request.body.size() < size) {
        const std::size_t had = request.body.size();
        request.body.resize(size);
        asio::read(socket, asio::buffer(request.body.data() + had, size - had), error);
    }
    return !error;
}

void HttpServer::Impl::serve(tcp::socket &socket)
{
    ReceivedRequest request;
    if (readRequest(socket, request)) {
        const std::string bytes = answer(request, socket);
        boost::system::error_code ignored;
        asio::write(socket, asio::buffer(bytes), ignored);
    }
    const std::lock_guard guard(mutex);
    boost::system::error_code ignored;
    socket.shutdown(tcp::socket::shutdown_both, ignored);
    socket.close(ignored);
}

FaultSpec HttpServer::Impl::nextFault(const ReceivedRequest &request)
{
    const std::lock_guard guard(mutex);
    requests.push_back(request);
    auto &faults = request.method == "PUT" ? putFaults : otherFaults;
    if (faults.empty() || request.method == "GET")
        return always;
    FaultSpec fault = faults.front();
    faults.pop_front();
    return fault;
}

std::string HttpServer::Impl::answer(const ReceivedRequest &request, tcp::socket &socket)
{
    const FaultSpec fault = nextFault(request);
    if (seen)
        seen(request);
    switch (fault.fault) {
    case Fault::None:
        return handle(request);
    case Fault::Status:
        return textOf({fault.status, fault.body, fault.contentType, fault.headers});
    case Fault::Expired:
        return textOf({403, kExpiredXml, "application/xml", ""});
    case Fault::LoseAnswer:
        std::ignore = handle(request);
        return {};
    case Fault::CloseBeforeAnswer:
        return {};
    case Fault::Garbage:
        return textOf({200, "<!DOCTYPE html><html><body>Log in to the network</body></html>",
                       "text/html", ""});
    case Fault::Redirect:
        return textOf(
            {302, "", "text/plain", "Location: http://localhost:9/elsewhere?secret=1\r\n"});
    case Fault::Raw:
        return fault.body;
    case Fault::Slow:
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        return handle(request);
    case Fault::Hang: {
        // Until the client or the server gives up.
        char byte = 0;
        boost::system::error_code ignored;
        asio::read(socket, asio::buffer(&byte, 1), ignored);
        return {};
    }
    }
    return {};
}

HttpServer::HttpServer(Handler handler, std::uint16_t port,
                       std::function<void(const ReceivedRequest &)> seen)
    : m_impl(std::make_unique<Impl>(std::move(handler), port, std::move(seen)))
{}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const
{
    return m_impl->acceptor.local_endpoint().port();
}

std::string HttpServer::url() const
{
    return "http://127.0.0.1:" + std::to_string(port());
}

void HttpServer::failPuts(std::vector<FaultSpec> faults)
{
    const std::lock_guard guard(m_impl->mutex);
    m_impl->putFaults.assign(faults.begin(), faults.end());
}

void HttpServer::failOthers(std::vector<FaultSpec> faults)
{
    const std::lock_guard guard(m_impl->mutex);
    m_impl->otherFaults.assign(faults.begin(), faults.end());
}

void HttpServer::failAll(const FaultSpec &fault)
{
    const std::lock_guard guard(m_impl->mutex);
    m_impl->always = fault;
}

std::vector<ReceivedRequest> HttpServer::requests() const
{
    const std::lock_guard guard(m_impl->mutex);
    return m_impl->requests;
}

std::size_t HttpServer::count(std::string_view method) const
{
    const std::lock_guard guard(m_impl->mutex);
    return static_cast<std::size_t>(
        std::count_if(m_impl->requests.begin(), m_impl->requests.end(),
                      [&](const ReceivedRequest &r) { return r.method == method; }));
}

} // namespace tepal::test
