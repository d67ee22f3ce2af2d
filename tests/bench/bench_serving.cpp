/// CPU time per prediction request of the server, against the least that any server can take: a
/// bare epoll loop that reads, looks for the end of the header and writes a ready answer.
///
///   bench_serving [requests per round, default 20000]
///
/// Client and server are one process, but the CPU time of the serving thread alone is measured,
/// with its own clock. Rounds alternate between the contestants; medians are printed. The ratio
/// travels from machine to machine, the microseconds do not.
#include <tepal/journal/journal.h>
#include <tepal/journal/reader.h>
#include <tepal/model/iris.h>
#include <tepal/serving/server.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace tepal;

constexpr int kConnections = 16;
constexpr int kRounds = 41;

const std::string kRequest = "POST /v1/models/iris/predict HTTP/1.1\r\n"
                             "Host: 127.0.0.1:3000\r\nUser-Agent: bench\r\nAccept: */*\r\n"
                             "Content-Type: application/json\r\nContent-Length: 22\r\n\r\n"
                             "[[4.9, 3.0, 1.4, 0.2]]";

int listenOn(std::uint16_t &port)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(fd, reinterpret_cast<sockaddr *>(&address), size);
    ::listen(fd, 128);
    ::getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size);
    port = ntohs(address.sin_port);
    return fd;
}

/// CPU seconds of a thread of this process, by its kernel id.
double threadCpu(int tid)
{
    // A thread's clock by its id: see clock_getcpuclockid(3).
    timespec time{};
    const auto clock = static_cast<clockid_t>((~static_cast<unsigned>(tid) << 3) | 6u);
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::vector<int> threadIds()
{
    std::vector<int> ids;
    for (const auto &entry : std::filesystem::directory_iterator("/proc/self/task"))
        ids.push_back(std::atoi(entry.path().filename().c_str()));
    std::sort(ids.begin(), ids.end());
    return ids;
}

/// The bare responder: no parser, no routes, no model.
class EpollLoop
{
public:
    EpollLoop()
    {
        m_listen = listenOn(m_port);
        m_stop = ::eventfd(0, EFD_NONBLOCK);
        m_thread = std::thread([this] { run(); });
    }
    ~EpollLoop()
    {
        const std::uint64_t one = 1;
        if (::write(m_stop, &one, sizeof one) != sizeof one)
            std::abort();
        m_thread.join();
        ::close(m_listen);
        ::close(m_stop);
    }
    std::uint16_t port() const { return m_port; }
    int tid() const { return m_tid; }

private:
    void watch(int poller, int fd)
    {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        ::epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    }
    void run()
    {
        m_tid = ::gettid();
        static const std::string answer =
            "HTTP/1.1 200 OK\r\ndate: Sun, 01 Jan 2026 00:00:00 GMT\r\nserver: bare\r\n"
            "content-type: text/plain; charset=utf-8\r\ncontent-length: 6\r\n"
            "x-bentoml-request-id: 1234567890123456789\r\n\r\nsetosa";
        const int poller = ::epoll_create1(0);
        watch(poller, m_listen);
        watch(poller, m_stop);
        epoll_event events[64];
        char buffer[8192];
        for (;;) {
            const int count = ::epoll_wait(poller, events, 64, -1);
            for (int i = 0; i < count; ++i) {
                const int fd = events[i].data.fd;
                if (fd == m_stop) {
                    ::close(poller);
                    return;
                }
                if (fd == m_listen) {
                    const int client = ::accept4(m_listen, nullptr, nullptr, SOCK_NONBLOCK);
                    const int on = 1;
                    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                    watch(poller, client);
                    continue;
                }
                const ssize_t size = ::recv(fd, buffer, sizeof buffer, 0);
                if (size <= 0) {
                    ::close(fd);
                    continue;
                }
                if (::memmem(buffer, static_cast<std::size_t>(size), "\r\n\r\n", 4) != nullptr &&
                    ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0)
                    ::close(fd);
            }
        }
    }

    int m_listen = -1;
    int m_stop = -1;
    std::uint16_t m_port = 0;
    std::atomic<int> m_tid{0};
    std::thread m_thread;
};

/// Keeps one request in flight on each of several connections until `requests` are answered.
void drive(std::uint16_t port, int requests)
{
    const int poller = ::epoll_create1(0);
    std::vector<int> sockets;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < kConnections; ++i) {
        const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
        if (::connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0)
            std::abort();
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        ::epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
        sockets.push_back(fd);
    }
    int sent = 0;
    int answered = 0;
    const auto send = [&](int fd) {
        if (sent++ < requests && ::send(fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0)
            std::abort();
    };
    for (const int fd : sockets)
        send(fd);
    epoll_event events[64];
    char buffer[8192];
    while (answered < requests) {
        // Without sleeping: otherwise the server pays for waking this thread, and the more so the
        // more often it is the slower one of the two.
        const int count = ::epoll_wait(poller, events, 64, 0);
        for (int i = 0; i < count; ++i) {
            const ssize_t size = ::recv(events[i].data.fd, buffer, sizeof buffer, 0);
            if (size < 15 || std::memcmp(buffer, "HTTP/1.1 200", 12) != 0) {
                std::fprintf(stderr, "unexpected answer: %.*s\n", static_cast<int>(size), buffer);
                std::abort();
            }
            ++answered;
            send(events[i].data.fd);
        }
    }
    for (const int fd : sockets)
        ::close(fd);
    ::close(poller);
}

/// Microseconds of CPU that the thread took for each request.
double measure(std::uint16_t port, int tid, int requests)
{
    drive(port, requests / 20);
    const double before = threadCpu(tid);
    drive(port, requests);
    return (threadCpu(tid) - before) * 1e6 / requests;
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// A server with one thread, and that thread's id.
struct Candidate
{
    explicit Candidate(Journal *journal)
    {
        ServerOptions options;
        options.threads = 1;
        options.logging = journal != nullptr;
        const auto before = threadIds();
        ServerParts parts;
        parts.journal = journal;
        auto started = Server::start(options, parts);
        if (!started) {
            std::fprintf(stderr, "%s\n", started.error().text().c_str());
            std::exit(1);
        }
        server = std::move(*started);
        server->setModel(*trainIris());
        for (const int id : threadIds()) {
            if (!std::binary_search(before.begin(), before.end(), id))
                tid = id;
        }
    }
    std::unique_ptr<Server> server;
    int tid = 0;
};

} // namespace

int main(int argc, char **argv)
{
    const int requests = argc > 1 ? std::atoi(argv[1]) : 20'000;
    const auto directory =
        std::filesystem::temp_directory_path() / ("tepal-bench-" + std::to_string(::getpid()));
    {
        auto journal = Journal::open(directory);
        if (!journal) {
            std::fprintf(stderr, "%s\n", journal.error().text().c_str());
            return 1;
        }
        EpollLoop bare;
        const Candidate logging(journal->get());
        const Candidate silent(nullptr);
        std::vector<double> bareUs;
        std::vector<double> loggingUs;
        std::vector<double> silentUs;
        for (int round = 0; round < kRounds; ++round) {
            bareUs.push_back(measure(bare.port(), bare.tid(), requests));
            loggingUs.push_back(measure(logging.server->port(), logging.tid, requests));
            silentUs.push_back(measure(silent.server->port(), silent.tid, requests));
        }
        const double base = median(bareUs);
        std::printf("CPU per request of one serving thread, %d connections, median of %d rounds\n",
                    kConnections, kRounds);
        std::printf("  bare epoll loop            %6.2f us   100.0 %%\n", base);
        std::printf("  predict, logging off       %6.2f us   %5.1f %%\n", median(silentUs),
                    100 * base / median(silentUs));
        std::printf("  predict, every row logged  %6.2f us   %5.1f %%\n", median(loggingUs),
                    100 * base / median(loggingUs));
        std::printf("  the row in the journal     %6.0f ns\n",
                    1000 * (median(loggingUs) - median(silentUs)));
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
    return 0;
}
