/// A wire between a client and a server of a test, on 127.0.0.1: it carries requests and answers
/// as they are, and breaks in the ways networks and odd servers do.
#pragma once

#include "certificate.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tepal::test {

/// What is done wrong to one request.
enum class Break : std::uint8_t {
    None,
    ResetInRequest,    ///< Takes the head and some of the body, then resets the connection.
    ResetAfterRequest, ///< Takes all of it, carries nothing on, and resets.
    LoseAnswer,        ///< Carries it to the server, whose answer gets lost in a reset.
    CutAnswer,         ///< Carries it to the server, and closes in the middle of the answer.
    StallInAnswer,     ///< Carries it to the server, and sends nothing after half of the answer.
    Trickle,           ///< Carries it to the server, and answers a byte now and then for ever.
    EndlessBody,       ///< Carries nothing on, and answers 200 with a body that does not end.
    EndlessHead,       ///< Carries nothing on, and answers with headers that do not end.
};

/// How far one request has come.
enum class Stage : std::uint8_t {
    HeadIn,   ///< Its head is here, and perhaps some of the body.
    HalfIn,   ///< … and half of the body.
    AllIn,    ///< All of it is here; the server has seen nothing.
    Done,     ///< The server has done what was asked; the client has seen nothing.
    HalfBack, ///< … but for half of the answer.
    AllBack,  ///< All of the answer is on its way.
};

/// Methods may be called from any thread.
class Wire
{
public:
    Wire();
    /// Speaks TLS to the client, and not to the server.
    explicit Wire(const Certificate &certificate);
    ~Wire();
    Wire(const Wire &) = delete;
    Wire &operator=(const Wire &) = delete;

    /// Before anything is sent.
    void leadTo(std::uint16_t serverPort);
    /// Told of each stage of each request, before anything is sent; on the connection's thread,
    /// which goes on afterwards. `number` counts from 1, puts and others apart.
    using Watch = std::function<void(Stage stage, bool put, int number)>;
    void watch(Watch watch);
    /// Of the client's end.
    std::string url() const;
    std::uint16_t port() const;

    /// The next requests that put something break, one each; then all is well.
    void breakPuts(std::vector<Break> breaks);
    /// The same for all others.
    void breakOthers(std::vector<Break> breaks);

    /// Requests whose head came in.
    int puts() const;
    int others() const;
    int connections() const;
    /// Sent to clients, all in all.
    std::uint64_t bytesSent() const;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace tepal::test
