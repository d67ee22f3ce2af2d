#include "port.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace tepal::serving {
namespace {

namespace fs = std::filesystem;

/// Inodes of the sockets that listen on the port, as the kernel lists them (proc(5)).
std::set<std::string> listeners(std::uint16_t port)
{
    constexpr std::string_view kListening = "0A";
    std::set<std::string> inodes;
    const std::string wanted = fmt::format(":{:04X}", port);
    for (const char *table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::ifstream in(table);
        std::string line;
        std::getline(in, line); // titles
        while (std::getline(in, line)) {
            std::istringstream fields(line);
            std::string slot, local, remote, state, queues, timer, retries, user, timeout, inode;
            fields >> slot >> local >> remote >> state >> queues >> timer >> retries >> user >>
                timeout >> inode;
            if (state == kListening && local.ends_with(wanted))
                inodes.insert(fmt::format("socket:[{}]", inode));
        }
    }
    return inodes;
}

bool holds(const fs::path &process, const std::set<std::string> &sockets)
{
    std::error_code error;
    for (fs::directory_iterator it(process / "fd", error), end; !error && it != end;
         it.increment(error)) {
        std::error_code unreadable;
        const fs::path target = fs::read_symlink(it->path(), unreadable);
        if (!unreadable && sockets.contains(target.string()))
            return true;
    }
    return false;
}

} // namespace

std::string portOwner(std::uint16_t port)
{
    const auto sockets = listeners(port);
    if (sockets.empty())
        return {};
    std::error_code error;
    for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
        const std::string id = it->path().filename().string();
        if (id.find_first_not_of("0123456789") != std::string::npos || !holds(it->path(), sockets))
            continue;
        std::string name;
        std::getline(std::ifstream(it->path() / "comm"), name);
        return name.empty() ? "process " + id : fmt::format("process {} ({})", id, name);
    }
    return {};
}

std::string addressText(const Tcp::endpoint &address)
{
    const std::string host = address.address().to_string();
    return address.address().is_v6() ? fmt::format("[{}]:{}", host, address.port())
                                     : fmt::format("{}:{}", host, address.port());
}

std::optional<std::uint16_t> freePortAfter(const Tcp::endpoint &taken)
{
    constexpr int kTries = 20;
    constexpr int kLast = 65535;
    for (int port = taken.port() + 1; port <= std::min(taken.port() + kTries, kLast); ++port) {
        asio::io_context io;
        Acceptor probe(io);
        boost::system::error_code error;
        const Tcp::endpoint address(taken.address(), static_cast<std::uint16_t>(port));
        probe.open(address.protocol(), error);
#ifndef _WIN32
        if (!error)
            probe.set_option(Acceptor::reuse_address(true), error);
#endif
        if (!error)
            probe.bind(address, error);
        if (!error)
            probe.listen(1, error);
        if (!error)
            return static_cast<std::uint16_t>(port);
    }
    return std::nullopt;
}

} // namespace tepal::serving
