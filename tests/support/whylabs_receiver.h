/// A small HTTP server that speaks the upload contract of WhyLabs, and breaks it on demand. It
/// listens on 127.0.0.1 only. For tests.
#pragma once

#include "http_server.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tepal::test {

struct ReceivedUpload
{
    std::string organization;
    std::string dataset;
    std::int64_t timestamp = 0;
    std::string path;  ///< Of the granted address, without the query.
    std::string bytes; ///< Empty until it arrived.
    int puts = 0;      ///< How often something arrived there.
};

/// Methods may be called from any thread.
class WhylabsReceiver
{
public:
    struct Options
    {
        std::uint16_t port = 0;          ///< 0 = a free one.
        std::string key;                 ///< The one that is accepted; empty = any.
        std::filesystem::path directory; ///< Where uploads are saved; empty = nowhere.
        std::string storeUrl;            ///< Granted places begin with it; empty = its own.
        /// Called on a connection's thread for every request, before it is answered.
        std::function<void(const ReceivedRequest &)> onRequest;
    };

    WhylabsReceiver();
    explicit WhylabsReceiver(const Options &options);
    ~WhylabsReceiver();
    WhylabsReceiver(const WhylabsReceiver &) = delete;
    WhylabsReceiver &operator=(const WhylabsReceiver &) = delete;

    /// The server below, for faults of other kinds.
    HttpServer &server();
    std::uint16_t port() const;
    std::string url() const;

    /// The next requests of this kind go wrong, one fault each; then all is well again.
    void failGrants(std::vector<FaultSpec> faults);
    void failPuts(std::vector<FaultSpec> faults);

    std::vector<ReceivedRequest> requests() const;
    std::size_t count(std::string_view method) const;
    /// By granted address, in the order of granting.
    std::vector<ReceivedUpload> uploads() const;
    /// Broken promises of the client: a key on a PUT, a body without a length, bytes that are no
    /// profile, …. Empty when all is well.
    std::vector<std::string> complaints() const;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace tepal::test
