/// A small HTTP server of one's own, which does what a test says and breaks on demand. It listens
/// on 127.0.0.1 only, one request a connection. For tests.
#pragma once

#include <cstdint>
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
    Raw,               ///< Sends `body` as the whole answer, head and all, and closes.
    Slow,              ///< Does everything, and answers only after a while.
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

    /// Empty when there is none.
    std::string header(const std::string &name) const
    {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string() : found->second;
    }
};

struct ServerAnswer
{
    int status = 200;
    std::string body;
    std::string contentType = "application/json";
    std::string headers; ///< More header lines, each ended by CR LF.
};

std::vector<std::string> split(const std::string &text, char by);

/// Methods may be called from any thread.
class HttpServer
{
public:
    /// Called on a connection's thread, one at a time.
    using Handler = std::function<ServerAnswer(const ReceivedRequest &)>;

    /// Port 0 = a free one. `seen` is called for every request, before anything else.
    explicit HttpServer(Handler handler, std::uint16_t port = 0,
                        std::function<void(const ReceivedRequest &)> seen = {});
    ~HttpServer();
    HttpServer(const HttpServer &) = delete;
    HttpServer &operator=(const HttpServer &) = delete;

    std::uint16_t port() const;
    std::string url() const;

    /// The next PUTs go wrong, one fault each; then all is well again.
    void failPuts(std::vector<FaultSpec> faults);
    /// The same for what is neither PUT nor GET.
    void failOthers(std::vector<FaultSpec> faults);
    /// Every request from now on.
    void failAll(const FaultSpec &fault);

    std::vector<ReceivedRequest> requests() const;
    std::size_t count(std::string_view method) const;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace tepal::test
