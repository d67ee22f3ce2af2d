/// A small HTTP server that speaks the upload contract of WhyLabs, and breaks it on demand. It
/// listens on 127.0.0.1 only. For tests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tepal::test {

/// What is done wrong to one request.
enum class Fault : std::uint8_t {
    None,
    Status,            ///< Answers `status` with `body`.
    Expired,           ///< 403, as an object store refuses an address that is too old.
    LoseAnswer,        ///< Does everything, then closes without an answer.
    CloseBeforeAnswer, ///< Does nothing and closes without an answer.
    Garbage,           ///< 200 with a web page.
    Redirect,          ///< 302 to another place.
    Hang,              ///< Does nothing and never answers.
};

struct FaultSpec
{
    Fault fault = Fault::None;
    int status = 500;
    std::string body;
    std::string headers; ///< More header lines, each ended by CR LF.
    std::string contentType = "application/json";
};

struct ReceivedRequest
{
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers; ///< Names in lower case.
    std::string body;
};

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
        /// Called on a connection's thread for every request, before it is answered.
        std::function<void(const ReceivedRequest &)> onRequest;
    };

    WhylabsReceiver();
    explicit WhylabsReceiver(const Options &options);
    ~WhylabsReceiver();
    WhylabsReceiver(const WhylabsReceiver &) = delete;
    WhylabsReceiver &operator=(const WhylabsReceiver &) = delete;

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
