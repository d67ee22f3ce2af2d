#include "host_name.h"
#include "large_worker.h"
#include "port.h"
#include "worker.h"

#include <tepal/base/log.h>
#include <tepal/serving/server.h>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#ifndef _WIN32
#include <sys/resource.h>
#endif

namespace tepal {

using namespace serving;

struct Server::Impl
{
    Endpoint endpoint;
    std::vector<std::unique_ptr<Worker>> workers;
    std::unique_ptr<LargeWorker> large;
    std::optional<Acceptor> acceptor; ///< Belongs to the first worker's thread.
    Tcp::endpoint address;
    std::vector<std::uint64_t> dealt; ///< Connections given to each worker so far.
    bool acceptPaused = false;
    std::vector<std::string> warnings;
    std::mutex stopMutex;
    bool stopped = false;

    /// Certificate, token and what is to be said about them.
    Status protect(bool loopback);
    Status listen();
    void accept();
    void admit(Socket socket);
    void closeAcceptor();
};

namespace {

Result<asio::ip::address> resolveHost(const std::string &host)
{
    boost::system::error_code error;
    std::string plain = host;
    if (plain.starts_with('[') && plain.ends_with(']'))
        plain = plain.substr(1, plain.size() - 2);
    const auto literal = asio::ip::make_address(plain, error);
    if (!error)
        return literal;
    // RFC 6761 §6.3: localhost is the loopback interface, whatever a resolver knows.
    if (plain == "localhost")
        return asio::ip::make_address("127.0.0.1");
    asio::io_context io;
    Tcp::resolver resolver(io);
    const auto found = resolver.resolve(plain, "", error);
    if (error || found.empty())
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("\"{}\" is not an address of this machine", host),
                    "use --host 127.0.0.1");
    // Names such as localhost have both; clients try IPv4 sooner or later, and old ones only that.
    for (const auto &entry : found) {
        if (entry.endpoint().address().is_v4())
            return entry.endpoint().address();
    }
    return found.begin()->endpoint().address();
}

tl::unexpected<Error> portInUse(const Tcp::endpoint &address)
{
    const std::string owner = portOwner(address.port());
    const auto free = freePortAfter(address);
    return fail(
        ErrorCode::Busy,
        fmt::format("port {} is in use{}", address.port(), owner.empty() ? "" : " by " + owner),
        fmt::format("use {}--port 0 for any free one, or stop the program that has it",
                    free ? fmt::format("--port {}, ", *free) : ""));
}

/// A connection is a file. The usual limit of 1,024 is for programs with a few of them; the hard
/// one is what the system really allows.
void raiseFileLimit(std::uint32_t connections)
{
#ifndef _WIN32
    constexpr rlim_t kOthers = 256; // database, journal, log, assets
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    const rlim_t wanted = connections + kOthers;
    if (limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        logWarning("endpoint", fmt::format("the system allows {} open files, too few for {} "
                                           "connections; see ulimit -n",
                                           limit.rlim_cur, connections));
#else
    std::ignore = connections;
#endif
}

Status checkOptions(const ServerOptions &options, const ServerParts &parts, std::uint32_t threads)
{
    if (options.requestTimeout <= 0 || options.keepAlive <= 0 || options.stopGrace < 0 ||
        options.handshakeTimeout <= 0)
        return fail(ErrorCode::InvalidArgument, "the endpoint's time limits must be positive");
    if (options.maxHeader < 1024 || options.maxBody == 0 || options.maxConnections == 0)
        return fail(ErrorCode::InvalidArgument, "the endpoint's size limits are too small");
    for (const std::string &host : options.allowedHosts) {
        if (!parseHostName(host))
            return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" names no host", host),
                        "write --allow-host as a name or an address, without http://");
    }
    for (const std::string &origin : options.allowedOrigins) {
        const auto authority = targetAuthority(origin);
        if (!authority || !parseHostName(*authority) || !origin.ends_with(*authority))
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("\"{}\" is no origin of web pages", origin),
                        "write --allow-origin as https://app.example, with a port if it has one");
    }
    if (options.sslCertificate.empty() != options.sslKey.empty())
        return fail(ErrorCode::InvalidArgument,
                    options.sslKey.empty() ? "there is a certificate, but no key"
                                           : "there is a key, but no certificate",
                    "give both: --ssl-certfile FILE --ssl-keyfile FILE");
    if (!options.token.empty()) {
        if (auto checked = checkToken(options.token); !checked)
            return checked;
    }
    if (options.logging && parts.journal == nullptr)
        return fail(ErrorCode::InvalidArgument, "logging is on, but there is no journal");
    if (options.logging && parts.journal->laneCount() < threads)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} serving threads need as many journal lanes, but there are {}",
                                threads, parts.journal->laneCount()),
                    "open the journal with more lanes");
    return {};
}

} // namespace

Server::Server(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{}

Server::~Server()
{
    stop();
}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions &options,
                                              const ServerParts &parts)
{
    const std::uint32_t cores = std::max(1u, std::thread::hardware_concurrency());
    const std::uint32_t threads = options.threads != 0 ? options.threads : std::min(2u, cores);
    if (auto checked = checkOptions(options, parts, threads); !checked)
        return tl::unexpected(checked.error());
    const auto host = resolveHost(options.host);
    if (!host)
        return tl::unexpected(host.error());
    if (!host->is_loopback() && !options.allowRemote)
        return fail(ErrorCode::Denied,
                    fmt::format("{} would open the endpoint to other machines", options.host),
                    "use --host 127.0.0.1, or say explicitly that other machines may call it");
    raiseFileLimit(options.maxConnections);
    auto impl = std::make_unique<Impl>();
    Endpoint &endpoint = impl->endpoint;
    endpoint.options = options;
    endpoint.parts = parts;
    endpoint.access = AccessRules(options.host, host->is_loopback(), options.allowedHosts,
                                  options.allowedOrigins);
    if (auto ready = impl->protect(host->is_loopback()); !ready)
        return tl::unexpected(ready.error());
    endpoint.models = std::make_unique<ModelTable>(parts.models, *options.clock);
    endpoint.limits = {options.maxBody, options.maxHeader};
    endpoint.index = makeIndexPage(options);
    endpoint.lastModified = httpDate(options.clock->nowMs());
    endpoint.setModel(nullptr);
    // Where the journal has a lane for it.
    const bool large = !options.logging || parts.journal->laneCount() > threads;
    for (std::uint32_t i = 0; i < threads + (large ? 1 : 0); ++i)
        endpoint.stats.push_back(std::make_unique<WorkerStats>());
    if (!options.accessLog.file.empty()) {
        auto log = AccessLog::open(options.accessLog, threads, *options.clock);
        if (!log)
            return tl::unexpected(log.error());
        endpoint.accessLog = std::move(*log);
    }
    for (std::uint32_t i = 0; i < threads; ++i)
        impl->workers.push_back(std::make_unique<Worker>(endpoint, i));
    if (large) {
        impl->large = std::make_unique<LargeWorker>(endpoint, threads);
        endpoint.large = impl->large.get();
    }
    impl->dealt.assign(threads, 0);
    impl->address = Tcp::endpoint(*host, options.port);
    if (auto listening = impl->listen(); !listening)
        return tl::unexpected(listening.error());
    impl->accept();
    impl->workers[0]->onTick = [raw = impl.get()] {
        if (raw->acceptPaused && raw->acceptor->is_open()) {
            raw->acceptPaused = false;
            raw->accept();
        }
    };
    for (const auto &worker : impl->workers)
        worker->start();
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Status Server::Impl::protect(bool loopback)
{
    const ServerOptions &options = endpoint.options;
    endpoint.token = TokenRule(options.token);
    endpoint.options.token.clear(); // Its hash is enough.
    if (!options.sslCertificate.empty()) {
        auto context = TlsContext::load(options.sslCertificate, options.sslKey);
        if (!context)
            return tl::unexpected(context.error());
        endpoint.tls = std::move(*context);
        if (std::string problem = endpoint.tls->validity(); !problem.empty())
            warnings.push_back(problem + ", so clients refuse it; give another --ssl-certfile");
    }
    if (!loopback && !endpoint.token.required())
        warnings.push_back(fmt::format("whoever can reach {} may call this endpoint, because no "
                                       "token is needed; start it with --token-file",
                                       options.host));
    if (!loopback && !endpoint.tls)
        warnings.push_back(fmt::format("what is sent to {} can be read on its way{}, because it is "
                                       "not encrypted; start it with --ssl-certfile and "
                                       "--ssl-keyfile",
                                       options.host,
                                       endpoint.token.required() ? ", the token too" : ""));
    return {};
}

Status Server::Impl::listen()
{
    boost::system::error_code error;
    acceptor.emplace(workers[0]->io());
    acceptor->open(address.protocol(), error);
#ifndef _WIN32
    // Lets a restarted endpoint have its port back at once; two listeners still exclude each other.
    if (!error)
        acceptor->set_option(Acceptor::reuse_address(true), error);
#endif
    if (!error)
        acceptor->bind(address, error);
    if (!error)
        acceptor->listen(1024, error);
    if (!error)
        acceptor->non_blocking(true, error);
    if (error == asio::error::address_in_use)
        return portInUse(address);
    if (error == asio::error::access_denied)
        return fail(ErrorCode::Denied, fmt::format("port {} may not be used", address.port()),
                    "use a port from 1024 on");
    if (error)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("cannot listen on {}: {}", addressText(address), error.message()),
                    "use another --host or --port");
    address = acceptor->local_endpoint(error);
    return {};
}

/// The first thread accepts for all and deals connections out evenly: a kept-alive connection stays
/// where it lands, so leaving it to whoever wakes up first would load the threads unevenly.
void Server::Impl::accept()
{
    acceptor->async_accept([this](const boost::system::error_code &error, Socket socket) {
        if (error == asio::error::operation_aborted)
            return;
        if (error) {
            // Out of descriptors, most likely: try again at the next tick.
            logWarning("endpoint", fmt::format("cannot accept a connection: {}", error.message()));
            acceptPaused = true;
            return;
        }
        admit(std::move(socket));
        if (acceptor->is_open())
            accept();
    });
}

void Server::Impl::admit(Socket socket)
{
    std::size_t least = 0;
    std::uint64_t all = 0;
    boost::system::error_code error;
    std::vector<std::uint64_t> load(workers.size());
    for (std::size_t i = 0; i < workers.size(); ++i) {
        // Those on their way count too, so that a burst is dealt out evenly.
        load[i] = value(endpoint.stats[i]->connections) + dealt[i] - workers[i]->adopted();
        all += load[i];
        if (load[i] < load[least])
            least = i;
    }
    const bool full = all >= endpoint.options.maxConnections;
    if (full) {
        // Where most are is most likely one that does nothing.
        least = static_cast<std::size_t>(std::max_element(load.begin(), load.end()) - load.begin());
    }
    const auto handle = socket.release(error);
    if (error)
        return;
    Worker &worker = *workers[least];
    ++dealt[least];
    if (least == 0) {
        worker.adopt(handle, address.protocol(), full);
    } else {
        asio::post(worker.io(), [&worker, handle, full, protocol = address.protocol()] {
            worker.adopt(handle, protocol, full);
        });
    }
}

/// Takes what has been connected already, then nothing more.
void Server::Impl::closeAcceptor()
{
    boost::system::error_code error;
    while (acceptor->is_open()) {
        Socket socket = acceptor->accept(error);
        if (error)
            break;
        admit(std::move(socket));
    }
    acceptor->close(error);
}

void Server::stop()
{
    const std::lock_guard guard(m_impl->stopMutex);
    if (m_impl->stopped)
        return;
    m_impl->stopped = true;
    // The second step comes behind an accept that has completed meanwhile, so that the connections
    // dealt out last are seen by their threads' stop.
    asio::post(m_impl->workers[0]->io(), [impl = m_impl.get()] {
        impl->closeAcceptor();
        asio::post(impl->workers[0]->io(), [impl] {
            for (const auto &worker : impl->workers)
                asio::post(worker->io(), [raw = worker.get()] { raw->beginStop(); });
        });
    });
    for (const auto &worker : m_impl->workers)
        worker->join();
    m_impl->large.reset();
    m_impl->endpoint.accessLog.reset(); // Writes what is left.
    m_impl->acceptor.reset();
}

std::uint16_t Server::port() const
{
    return m_impl->address.port();
}

std::string Server::url() const
{
    return (m_impl->endpoint.tls ? "https://" : "http://") + addressText(m_impl->address);
}

std::vector<std::string> Server::warnings() const
{
    return m_impl->warnings;
}

std::uint32_t Server::threads() const
{
    return static_cast<std::uint32_t>(m_impl->workers.size());
}

void Server::setModel(std::shared_ptr<const Model> model, ModelTag tag)
{
    m_impl->endpoint.setModel(std::move(model), std::move(tag));
}

std::shared_ptr<const Model> Server::model() const
{
    const std::lock_guard guard(m_impl->endpoint.modelMutex);
    return m_impl->endpoint.model;
}

ServerStats Server::stats() const
{
    return m_impl->endpoint.snapshot();
}

std::vector<RecentRequest> Server::recentRequests(std::uint64_t after, std::size_t limit) const
{
    return m_impl->endpoint.recent.after(after, limit);
}

} // namespace tepal
