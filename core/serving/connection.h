/// One client connection. At any time exactly one asynchronous operation is pending, or another
/// thread works at its request; whoever completes that decides what comes next, and the object
/// deletes itself when nothing does.
#pragma once

#include "transport.h"
#include "worker.h"

#include <optional>
#include <span>
#include <vector>

namespace tepal::serving {

class Connection
{
public:
    Connection(Worker &worker, Socket socket);
    ~Connection();
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;

    void start();
    /// Closes when the deadline has passed. The pending operation then ends the object.
    void checkDeadline(std::int64_t nowNs);
    /// The server stops: no further request after the one that has begun.
    void finishSoon();
    void closeNow();
    /// Since when nothing has come of it and nothing is owed to it; nothing while it is in use.
    std::optional<std::int64_t> idleSince() const;

    std::size_t slot = 0; ///< Place in the worker's list.

private:
    enum class Phase { Handshake, Idle, Reading, Working, Writing, Draining, Closed };

    void onHandshake(TlsChannel::Outcome outcome);
    void read();
    void onRead(const boost::system::error_code &error, std::size_t size);
    void onWritten(const boost::system::error_code &error, std::size_t size);
    /// Answers what is complete in the input; then writes, reads on or ends.
    void advance();
    /// False when more input is needed.
    bool answerNext();
    /// To the thread for large bodies; workDone() comes back.
    void handOver();
    void workDone();
    void deliver();
    /// The response stands.
    void answered();
    void answerBadInput(HttpParser::Outcome outcome);
    void append(const Response &response, bool head);
    /// The answer that append() took last, as a line of the access log.
    void note(const Response &response);
    /// True when everything is written; otherwise a write is pending or the object is gone.
    bool flush();
    void drain();
    bool makeRoom();
    void grow(std::size_t size);
    void requestEnded();
    void end();

    Worker &m_worker;
    Transport m_transport;
    Phase m_phase = Phase::Idle;
    std::int64_t m_deadline = 0;
    std::int64_t m_arrived = 0; ///< When the last input came, or the connection itself.

    char *m_first;              ///< Of the worker's pool.
    std::vector<char> m_larger; ///< Where that was too small.
    std::span<char> m_in;       ///< One of the two.
    std::size_t m_begin = 0;
    std::size_t m_end = 0;
    std::string m_out;
    std::size_t m_written = 0;

    Request m_request;
    Response m_response;
    std::optional<HttpParser> m_parser;
    bool m_continueSent = false;
    bool m_working = false;        ///< Request and response belong to another thread.
    bool m_flushing = false;       ///< An asynchronous write is pending.
    bool m_answerReady = false;    ///< The other thread's, while something is still being written.
    bool m_close = false;          ///< The server stops: the next answer is the last.
    bool m_lastAnswered = false;   ///< Nothing follows what is in m_out.
    std::uint64_t m_requestId = 0; ///< Of the last answer; 0 where it has none.
    std::string m_traceId;         ///< The same; empty where nobody wants to know.
    std::string m_peer;            ///< Where somebody wants to know.
    bool m_mustDrain = false;      ///< The client may still be sending a body that is not wanted.
    std::uint64_t m_drained = 0;
};

} // namespace tepal::serving
