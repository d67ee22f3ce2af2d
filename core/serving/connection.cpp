#include "connection.h"

#include "large_worker.h"
#include "port.h"
#include "trace.h"

#include <tepal/base/log.h>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace tepal::serving {
namespace {

constexpr std::size_t kInput = InputPool::kSize;
constexpr std::size_t kBodyInput = 64 * 1024;
constexpr std::size_t kFlushAt = 256 * 1024;
constexpr std::int64_t kDrainNs = 2'000'000'000;
constexpr std::uint64_t kDrainBytes = 256u << 20;

} // namespace

Connection::Connection(Worker &worker, Socket socket)
    : m_worker(worker)
    , m_transport(std::move(socket), worker.endpoint().tls.get())
    , m_first(worker.inputs().take())
    , m_in(m_first, kInput)
{}

Connection::~Connection()
{
    m_worker.inputs().giveBack(m_first);
}

void Connection::start()
{
    boost::system::error_code ignored;
    Socket &socket = m_transport.socket();
    socket.set_option(Tcp::no_delay(true), ignored);
    socket.non_blocking(true, ignored);
    const Endpoint &endpoint = m_worker.endpoint();
    if (endpoint.accessLog) {
        if (const auto peer = socket.remote_endpoint(ignored); !ignored)
            m_peer = addressText(peer);
    }
    m_arrived = m_worker.nowNs();
    m_deadline = m_arrived + endpoint.options.keepAlive * 1'000'000;
    m_close = m_worker.stopping();
    if (!m_transport.encrypted())
        return read();
    m_phase = Phase::Handshake;
    m_deadline = m_arrived + endpoint.options.handshakeTimeout * 1'000'000;
    m_transport.asyncHandshake([this](TlsChannel::Outcome outcome) { onHandshake(outcome); });
}

void Connection::onHandshake(TlsChannel::Outcome outcome)
{
    if (m_phase == Phase::Closed)
        return end();
    m_arrived = m_worker.nowNs();
    if (outcome == TlsChannel::Outcome::Done) {
        if (m_close) {
            m_transport.shutdownSend();
            return end();
        }
        m_phase = Phase::Idle;
        m_deadline = m_arrived + m_worker.endpoint().options.keepAlive * 1'000'000;
        return read();
    }
    // Whoever only looks whether somebody listens is not turned away.
    if (outcome != TlsChannel::Outcome::Ended)
        m_worker.handler().stats().refuse(Refusal::Handshake);
    if (outcome != TlsChannel::Outcome::PlainHttp)
        return end();
    m_transport.becomePlain();
    m_request.reset();
    m_response.reset();
    m_response.refusal = Refusal::Handshake;
    m_response.close = true;
    m_response.text(400, "This endpoint speaks HTTPS: write https:// instead of http://.");
    append(m_response, false);
    m_worker.handler().count(Route::Other, 400, m_arrived);
    note(m_response);
    m_lastAnswered = m_mustDrain = true;
    if (flush())
        drain();
}

void Connection::end()
{
    if (m_parser)
        requestEnded();
    m_worker.remove(this);
    delete this;
}

void Connection::requestEnded()
{
    m_parser.reset();
    Counter &inFlight = m_worker.handler().stats().inFlight;
    inFlight.store(value(inFlight) - 1, std::memory_order_relaxed);
}

void Connection::closeNow()
{
    m_phase = Phase::Closed;
    m_transport.close();
}

std::optional<std::int64_t> Connection::idleSince() const
{
    const bool idle = m_phase == Phase::Idle || m_phase == Phase::Handshake;
    return idle && !m_parser && m_out.empty() ? std::optional(m_arrived) : std::nullopt;
}

void Connection::checkDeadline(std::int64_t nowNs)
{
    if (m_phase == Phase::Closed || m_working || nowNs < m_deadline)
        return;
    if (m_phase == Phase::Handshake)
        m_worker.handler().stats().refuse(Refusal::Slow);
    if (m_phase == Phase::Reading && m_out.empty()) {
        m_response.reset();
        m_response.text(408, "Request Timeout");
        m_response.close = true;
        m_response.refusal = Refusal::Slow;
        append(m_response, false);
        m_worker.handler().count(Route::Other, 408, m_arrived);
        m_worker.handler().stats().refuse(Refusal::Slow);
        note(m_response);
        // As much as the socket takes at once; whoever is this slow gets no second chance.
        boost::system::error_code ignored;
        m_transport.writeSome(m_out.data(), m_out.size(), ignored);
        m_transport.shutdownSend();
    }
    closeNow();
}

void Connection::finishSoon()
{
    m_close = true;
    // The pending read ends with what has arrived already, which is answered, or with end of file.
    if (m_phase == Phase::Idle)
        m_transport.shutdownReceive();
}

void Connection::grow(std::size_t size)
{
    std::vector<char> larger(size);
    std::memcpy(larger.data(), m_in.data(), m_end);
    m_larger = std::move(larger);
    m_in = m_larger;
}

bool Connection::makeRoom()
{
    if (m_begin == m_end)
        m_begin = m_end = 0;
    const bool body = m_parser && m_parser->is_header_done();
    // A body that did not come in one piece is a large one: fewer reads from here on.
    if (body && m_end == 0 && m_in.size() < kBodyInput)
        grow(kBodyInput);
    if (m_end < m_in.size())
        return true;
    if (m_begin > 0) {
        std::memmove(m_in.data(), m_in.data() + m_begin, m_end - m_begin);
        m_end -= m_begin;
        m_begin = 0;
        return true;
    }
    if (m_in.size() > std::size_t{m_worker.endpoint().limits.header} + kInput)
        return false;
    grow(m_in.size() * 2);
    return true;
}

void Connection::read()
{
    if (!makeRoom()) {
        answerBadInput(HttpParser::Outcome::HeaderTooLarge);
        if (flush())
            drain();
        return;
    }
    m_transport.asyncRead(
        m_in.data() + m_end, m_in.size() - m_end,
        [this](const boost::system::error_code &error, std::size_t size) { onRead(error, size); });
}

void Connection::onRead(const boost::system::error_code &error, std::size_t size)
{
    if (error || m_phase == Phase::Closed) {
        if (m_phase == Phase::Idle && m_close) // As finishSoon() has it; TLS says so.
            m_transport.shutdownSend();
        return end();
    }
    if (m_phase == Phase::Draining) {
        m_drained += size;
        if (m_drained > kDrainBytes)
            return end();
        m_begin = m_end = 0;
        return read();
    }
    m_end += size;
    m_arrived = m_worker.nowNs();
    try {
        advance();
    } catch (const std::bad_alloc &) {
        // Only before the answer is written, so nothing is pending and nobody else ends this.
        logError("endpoint", "a request was dropped because memory ran out");
        end();
    }
}

void Connection::advance()
{
    for (;;) {
        while (!m_lastAnswered && !m_working && answerNext()) {
            if (m_out.size() >= kFlushAt)
                break;
        }
        if (!m_out.empty() && !flush())
            return;
        if (m_working)
            return;
        if (m_lastAnswered)
            return drain();
        if (m_begin == m_end || m_parser)
            break;
    }
    if (!m_parser && m_phase != Phase::Idle) {
        m_phase = Phase::Idle;
        m_deadline = m_arrived + m_worker.endpoint().options.keepAlive * 1'000'000;
        // After the other connections' turns: Asio tries to read at once, and by then there is more
        // often something to read.
        asio::post(m_worker.io(), [this] { read(); });
        return;
    }
    read();
}

bool Connection::answerNext()
{
    if (m_begin == m_end)
        return false;
    if (!m_parser) {
        m_request.reset();
        m_parser.emplace(m_request, m_worker.endpoint().limits);
        m_continueSent = false;
        m_phase = Phase::Reading;
        m_deadline = m_arrived + m_worker.endpoint().options.requestTimeout * 1'000'000;
        bump(m_worker.handler().stats().inFlight);
    }
    std::size_t consumed = 0;
    const auto outcome = m_parser->feed(m_in.data() + m_begin, m_end - m_begin, consumed);
    m_begin += consumed;
    if (outcome == HttpParser::Outcome::NeedMore) {
        if (m_request.expectsContinue && !m_continueSent && m_parser->is_header_done() &&
            m_request.version >= 11) {
            m_out += "HTTP/1.1 100 Continue\r\n\r\n";
            m_continueSent = true;
        }
        return false;
    }
    if (outcome != HttpParser::Outcome::Done) {
        answerBadInput(outcome);
        return true;
    }
    if (m_worker.endpoint().large != nullptr &&
        (m_request.body.size() >= kLargeBody || m_worker.handler().takesLong(m_request))) {
        handOver();
        return false;
    }
    m_worker.handler().handle(m_request, m_response, m_arrived);
    answered();
    return true;
}

void Connection::answered()
{
    m_lastAnswered = !m_parser->keep_alive() || m_close;
    m_response.close = m_lastAnswered;
    append(m_response, m_request.method == Method::Head);
    note(m_response);
    requestEnded();
}

void Connection::handOver()
{
    m_working = true;
    m_phase = Phase::Working;
    m_worker.endpoint().large->submit({&m_request, &m_response, m_arrived, [this] {
                                           asio::post(m_worker.io(), [this] { workDone(); });
                                       }});
}

void Connection::workDone()
{
    m_working = false;
    m_worker.trimSoon();
    if (m_phase == Phase::Closed)
        return end();
    if (m_flushing)
        m_answerReady = true; // What is being written may not move.
    else
        deliver();
}

void Connection::deliver()
{
    m_phase = Phase::Reading;
    try {
        answered();
    } catch (const std::bad_alloc &) {
        logError("endpoint", "an answer was dropped because memory ran out");
        return end();
    }
    advance();
}

void Connection::answerBadInput(HttpParser::Outcome outcome)
{
    const Endpoint &endpoint = m_worker.endpoint();
    m_response.reset();
    switch (outcome) {
    case HttpParser::Outcome::BodyTooLarge:
        m_response.tooLarge("body", endpoint.limits.body);
        break;
    case HttpParser::Outcome::HeaderTooLarge:
        m_response.refusal = Refusal::HeaderTooLarge;
        m_response.ownBody =
            fmt::format("Invalid HTTP request received: its head is longer than {} bytes, see "
                        "--max-header.",
                        endpoint.limits.header);
        m_response.text(400, m_response.ownBody);
        break;
    case HttpParser::Outcome::NoHost:
        m_response.refusal = Refusal::Malformed;
        m_response.text(400, "Invalid HTTP request received: HTTP/1.1 needs a Host header.");
        break;
    default:
        m_response.refusal = Refusal::Malformed;
        m_response.text(400, "Invalid HTTP request received.");
        break;
    }
    m_worker.handler().stats().refuse(m_response.refusal);
    m_response.close = true;
    append(m_response, false);
    const Route route = m_request.target.empty() ? Route::Other : resolve(m_request.target).route;
    m_worker.handler().count(route, m_response.status, m_arrived);
    note(m_response);
    if (m_parser)
        requestEnded();
    m_lastAnswered = true;
    m_mustDrain = true;
    m_begin = m_end = 0;
}

void Connection::append(const Response &response, bool head)
{
    const Endpoint &endpoint = m_worker.endpoint();
    m_requestId = response.requestId ? m_worker.handler().nextRequestId() : 0;
    if (endpoint.accessLog || endpoint.options.traceIds) [[unlikely]] {
        Handler &handler = m_worker.handler();
        m_traceId = m_request.traceId.empty()
                        ? makeTraceId(handler.nextRequestId(), handler.nextRequestId())
                        : m_request.traceId;
    }
    const bool traced = endpoint.options.traceIds && response.requestId;
    const std::string trace = traced ? traceNumber(m_traceId) : std::string();
    appendResponse(m_out, response,
                   {m_worker.date(), m_requestId, trace, head, m_request.version < 11});
}

void Connection::note(const Response &response)
{
    const auto &log = m_worker.endpoint().accessLog;
    if (!log) [[likely]]
        return;
    AccessEntry *const entry = log->room(m_worker.index());
    if (entry == nullptr)
        return;
    entry->time = m_worker.handler().clock().nowMs();
    entry->tookNs =
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, m_worker.nowNs() - m_arrived));
    entry->bytesIn = m_request.body.size();
    entry->bytesOut = response.body.size();
    entry->requestId = m_requestId;
    entry->status = static_cast<std::uint16_t>(response.status);
    entry->method = m_request.method;
    entry->refusal = response.refusal;
    entry->encrypted = m_transport.encrypted();
    entry->peer.set(m_peer);
    entry->traceId.set(m_traceId);
    entry->clientId.set(m_request.clientId);
    entry->target.set(m_request.target);
    log->add(m_worker.index());
}

bool Connection::flush()
{
    while (m_written < m_out.size()) {
        boost::system::error_code error;
        m_written +=
            m_transport.writeSome(m_out.data() + m_written, m_out.size() - m_written, error);
        if (error == asio::error::would_block || error == asio::error::try_again) {
            if (!m_parser)
                m_phase = Phase::Writing;
            m_deadline = m_worker.nowNs() + m_worker.endpoint().options.requestTimeout * 1'000'000;
            m_flushing = true;
            m_transport.asyncWrite(m_out.data() + m_written, m_out.size() - m_written,
                                   [this](const boost::system::error_code &why, std::size_t size) {
                                       onWritten(why, size);
                                   });
            return false;
        }
        if (error) {
            if (m_working)
                closeNow();
            else
                end();
            return false;
        }
    }
    m_written = 0;
    if (m_out.capacity() > 2 * kFlushAt)
        m_out = std::string();
    m_out.clear();
    return true;
}

void Connection::onWritten(const boost::system::error_code &error, std::size_t size)
{
    m_flushing = false;
    if (error || m_phase == Phase::Closed) {
        if (!m_working) // Otherwise workDone() ends it.
            end();
        else
            closeNow();
        return;
    }
    m_written += size;
    if (!flush())
        return;
    if (std::exchange(m_answerReady, false))
        deliver();
    else
        advance();
}

/// The answer is out. Closing with unread input would reset the connection and may take the answer
/// away from the client, so unwanted input is read and dropped for a while.
void Connection::drain()
{
    m_transport.shutdownSend();
    if (!m_mustDrain && m_begin == m_end)
        return end();
    m_phase = Phase::Draining;
    m_deadline = m_worker.nowNs() + kDrainNs;
    m_begin = m_end = 0;
    read();
}

} // namespace tepal::serving
