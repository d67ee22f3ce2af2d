#include "content_coding.h"
#include "endpoint.h"
#include "host_name.h"

#include <tepal/base/text.h>
#include <tepal/base/version.h>
#include <tepal/serving/bodies.h>
#include <tepal/serving/features.h>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace tepal::serving {
namespace {

constexpr std::string_view kInvalid = "InvalidArgument";
constexpr std::string_view kUnavailable = "ServiceUnavailable";

} // namespace

Handler::Handler(Endpoint &endpoint, std::uint32_t index)
    : m_endpoint(endpoint)
    , m_stats(*endpoint.stats[index])
    , m_ids(systemEntropy())
{
    if (endpoint.options.logging && endpoint.parts.journal != nullptr)
        m_lane = &endpoint.parts.journal->lane(index);
}

void Handler::count(Route route, int status, std::int64_t startNs)
{
    const std::int64_t now = clock().monotonicNs();
    m_stats.finished(route, status,
                     static_cast<std::uint64_t>(std::max<std::int64_t>(0, now - startNs)),
                     static_cast<std::uint64_t>(now));
}

void Handler::releaseMemory()
{
    m_json = JsonDocument();
    m_named.clear();
    m_default.reset();
    m_modelGeneration = 0; // It is asked for anew.
}

void Handler::handle(Request &request, Response &response, std::int64_t startNs)
{
    const Resolved resolved = resolve(request.target);
    m_stats.currentRoute.store(static_cast<std::size_t>(resolved.route), std::memory_order_relaxed);
    response.reset();
    m_recent = {};
    m_startNs = startNs;
    route(request, response, resolved);
    if (!request.clientId.empty()) [[unlikely]]
        response.extraHeaders += "x-request-id: " + request.clientId + "\r\n";
    if (response.refusal != Refusal::None) [[unlikely]]
        m_stats.refuse(response.refusal);
    m_stats.currentRoute.store(kRoutes, std::memory_order_relaxed);
    const std::int64_t now = clock().monotonicNs();
    const auto took = static_cast<std::uint64_t>(std::max<std::int64_t>(0, now - startNs));
    m_stats.finished(resolved.route, response.status, took, static_cast<std::uint64_t>(now));
    if (isApi(resolved.route)) {
        m_recent.time = m_recent.time != 0 ? m_recent.time : clock().nowMs();
        m_recent.latencyUs =
            static_cast<std::uint32_t>(std::min<std::uint64_t>(took / 1000, 0xFFFFFFFFu));
        m_recent.status = static_cast<std::uint16_t>(response.status);
        m_recent.route = static_cast<std::uint8_t>(resolved.route);
        m_endpoint.recent.add(m_recent);
    }
}

namespace {

/// What names the server in a request: the target where that does (RFC 9112, 3.2.2), else Host.
std::string_view hostOf(const Request &request)
{
    const auto authority = targetAuthority(request.target);
    return authority ? *authority : std::string_view(request.host);
}

} // namespace

/// Host, Origin and what browsers say of where a request comes from. Fills in the refusal when
/// there is one.
bool Handler::admitted(const Request &request, Response &response)
{
    if (!isTarget(request.target)) [[unlikely]] {
        response.refuse(Refusal::Malformed, 400, kInvalid,
                        "The request asks for no path of this endpoint",
                        "it is no proxy: ask for a path such as /docs.json");
        return false;
    }
    const std::string_view host = hostOf(request);
    if (request.hasHost || !host.empty()) {
        switch (m_endpoint.access.judge(host)) {
        case HostVerdict::Allowed:
            break;
        case HostVerdict::Malformed:
            response.refuse(Refusal::Malformed, 400, kInvalid, "The Host header names no host",
                            "write it as name or name:port");
            return false;
        case HostVerdict::Foreign:
            m_endpoint.refusedHosts.add(host);
            response.refuse(Refusal::ForeignHost, 403, "Forbidden",
                            fmt::format("The Host header names another machine, {}", host),
                            fmt::format("call this endpoint by its address, or start it with "
                                        "--allow-host {}",
                                        host));
            return false;
        }
    }
    if (request.hasOrigin && m_endpoint.access.originAllowed(request.origin)) {
        response.extraHeaders +=
            "access-control-allow-origin: " + request.origin + "\r\nvary: Origin\r\n";
        return true;
    }
    const bool safe = request.method == Method::Get || request.method == Method::Head ||
                      request.method == Method::Options;
    // Another port of this machine is the same site, and another origin all the same.
    const bool elsewhere = !request.fetchSite.empty() && request.fetchSite != "same-origin" &&
                           request.fetchSite != "none";
    const bool foreign =
        request.hasOrigin ? !AccessRules::sameOrigin(request.origin, host) : elsewhere;
    if (safe || !foreign)
        return true;
    response.refuse(Refusal::ForeignOrigin, 403, "Forbidden",
                    "Web pages of another origin may not call this endpoint",
                    request.hasOrigin
                        ? fmt::format("start it with --allow-origin {}", request.origin)
                        : std::string("allow the page's origin with --allow-origin"));
    return false;
}

bool Handler::unpack(Request &request, Response &response) const
{
    auto body = decodeBody(request.contentEncoding, request.body, m_endpoint.limits.body);
    if (body) {
        request.body = std::move(*body);
        return true;
    }
    const Error &why = body.error();
    switch (why.code) {
    case ErrorCode::Unsupported:
        response.extraHeaders += fmt::format("accept-encoding: {}\r\n", kContentCodings);
        response.refuse(Refusal::Encoding, 415, "UnsupportedMediaType", why.message, why.next);
        break;
    case ErrorCode::Full:
        response.tooLarge("unpacked body", m_endpoint.limits.body);
        break;
    case ErrorCode::Corrupt:
        response.refuse(Refusal::Encoding, 400, kInvalid, why.message, why.next);
        break;
    default:
        response.error(503, kUnavailable, why.message, why.next);
        break;
    }
    return false;
}

void Handler::preflight(const Request &request, Response &response) const
{
    if (!m_endpoint.access.originAllowed(request.origin)) {
        response.text(400, "Disallowed CORS origin");
        return;
    }
    if (request.preflightMethod != "GET" && request.preflightMethod != "HEAD" &&
        request.preflightMethod != "POST") {
        response.text(400, "Disallowed CORS method");
        return;
    }
    response.extraHeaders += "access-control-allow-methods: GET, HEAD, POST\r\n"
                             "access-control-max-age: 600\r\n";
    if (!request.preflightHeaders.empty())
        response.extraHeaders +=
            "access-control-allow-headers: " + request.preflightHeaders + "\r\n";
    response.text(200, "OK");
}

bool Handler::tooBusy() const
{
    const std::uint32_t most = m_endpoint.options.maxConcurrency;
    if (most == 0)
        return false;
    std::uint64_t running = 0; // This one included.
    for (const auto &worker : m_endpoint.stats)
        running += value(worker->inFlight);
    return running > most;
}

void Handler::route(Request &request, Response &response, const Resolved &resolved)
{
    if (!admitted(request, response))
        return;
    if (request.method == Method::Options && request.hasOrigin &&
        !request.preflightMethod.empty() && m_endpoint.access.corsEnabled())
        return preflight(request, response);
    if (m_endpoint.token.required() && !isHealth(resolved.route) &&
        !m_endpoint.token.admits(request.authorization)) [[unlikely]] {
        response.extraHeaders += "www-authenticate: Bearer\r\n";
        return response.refuse(Refusal::NoToken, 401, "Unauthorized",
                               request.hasAuthorization
                                   ? "The token of the request is not the endpoint's"
                                   : "This endpoint needs a token",
                               "send Authorization: Bearer with the token it was started with");
    }
    if (resolved.route == Route::Metrics) {
        response.ownBody = m_endpoint.metrics();
        response.body = response.ownBody;
        response.contentType = "text/plain; version=0.0.4; charset=utf-8";
        return;
    }
    if (!resolved.redirect.empty()) {
        response.text(307, "");
        // As this endpoint reads it, not as it was written.
        const auto host = parseHostName(hostOf(request));
        response.extraHeaders += (m_endpoint.tls ? "location: https://" : "location: http://") +
                                 (host ? host->text() : std::string("localhost")) +
                                 resolved.redirect + "\r\n";
        return;
    }
    if (resolved.route == Route::Other)
        return response.text(404, "Not Found");
    const bool read = request.method == Method::Get || request.method == Method::Head;
    const bool api = resolved.route != Route::Other &&
                     routeTable()[static_cast<std::size_t>(resolved.route)].posted;
    if (api ? request.method != Method::Post : !read) {
        response.extraHeaders += api ? "allow: POST\r\n" : "allow: GET, HEAD\r\n";
        return response.text(405, "Method Not Allowed");
    }
    if (api && tooBusy()) [[unlikely]]
        return response.refuse(Refusal::Busy, 429, "TooManyRequests",
                               fmt::format("{} requests are in work, as many as there may be",
                                           m_endpoint.options.maxConcurrency),
                               "try again, or start the endpoint with a larger --max-concurrency");
    response.requestId = api; // BentoML has none on 404, 405, 307 and 429.
    if (!request.contentEncoding.empty() && !unpack(request, response)) [[unlikely]]
        return;
    if (api) {
        const auto explained = wantsExplanation(request.target);
        if (!explained) [[unlikely]]
            return failed(response, formOf(resolved.route),
                          {ErrorCode::InvalidArgument,
                           "what the query says of explain is neither 1 nor 0",
                           "write ?explain=1, or leave it out"});
        if (*explained) [[unlikely]]
            return explain(request, response, resolved);
    }
    switch (resolved.route) {
    case Route::Predict:
        return predict(request, response);
    case Route::Frame:
        return frame(request, response);
    case Route::Log:
        return log(request, response);
    default:
        if (api)
            return askNamed(request, response, resolved);
        if (isNamed(resolved.route))
            return readNamed(response, resolved);
        return builtIn(request, response, resolved);
    }
}

std::string Handler::readyText() const
{
    std::string text = "\n";
    const auto &parts = m_endpoint.parts;
    for (const UploadStats &one : parts.uploads ? parts.uploads() : std::vector<UploadStats>()) {
        if (one.enabled)
            text += fmt::format("uploads to {}: {} waiting, oldest {:.0f} s, gate {}\n",
                                one.destination, one.waiting, one.oldestSeconds, one.gate);
    }
    return text;
}

void Handler::builtIn(const Request &request, Response &response, const Resolved &resolved)
{
    switch (resolved.route) {
    case Route::Readyz:
        refreshModel();
        if (!m_default)
            return response.text(503, "Runners are not ready.");
        response.ownBody = readyText();
        return response.text(200, response.ownBody);
    case Route::Models:
        return response.json(200, modelListJson(m_endpoint.models->list()));
    case Route::V2Server:
        return response.json(200, fmt::format("{{\"name\":\"tepal\",\"version\":\"{}\","
                                              "\"extensions\":[\"binary_tensor_data\"]}}",
                                              version()));
    case Route::V2Live:
        return response.json(200, "{\"live\":true}");
    case Route::V2Ready:
        refreshModel();
        return response.json(m_default ? 200 : 503,
                             fmt::format("{{\"live\":true,\"ready\":{}}}", m_default.has_value()));
    case Route::Version:
        return response.text(200, version());
    case Route::Docs:
        return response.json(200, *m_endpoint.currentDocs());
    case Route::Index:
        response.body = m_endpoint.index;
        response.contentType = "text/html; charset=utf-8";
        // The page loads nothing from anywhere else, and nobody may frame it.
        response.extraHeaders +=
            "content-security-policy: default-src 'self'; script-src 'self' 'unsafe-inline'; "
            "style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'\r\n";
        return;
    case Route::Static:
        return asset(request, response, resolved.asset);
    default:
        return response.text(200, "\n");
    }
}

void Handler::asset(const Request &request, Response &response, const std::string &path)
{
    const bool climbs = path.find("..") != std::string::npos;
    const auto found = m_endpoint.parts.assets == nullptr || path.empty() || climbs
                           ? std::nullopt
                           : m_endpoint.parts.assets->find(path);
    if (!found)
        return response.text(404, "Not Found");
    const std::string etag = m_endpoint.etag(path, found->bytes);
    response.extraHeaders +=
        "etag: " + etag + "\r\nlast-modified: " + m_endpoint.lastModified + "\r\n";
    if (request.ifNoneMatch == "*" || request.ifNoneMatch.find(etag) != std::string::npos)
        return response.text(304, "");
    response.body = found->bytes;
    response.contentType = found->contentType;
}

void Handler::refreshModel()
{
    const std::uint64_t generation = m_endpoint.modelGeneration.load(std::memory_order_acquire);
    if (generation == m_modelGeneration) [[likely]]
        return;
    std::shared_ptr<const Model> model;
    {
        const std::lock_guard guard(m_endpoint.modelMutex);
        model = m_endpoint.model;
        m_defaultTag = m_endpoint.modelTag;
    }
    m_defaultRollout.reset();
    m_rolloutSeenNs = 0;
    m_modelGeneration = generation;
    m_default.reset();
    if (model)
        m_default.emplace(std::move(model), m_endpoint.options.predictDataset,
                          m_lane != nullptr ? m_endpoint.parts.journal : nullptr);
}

bool Handler::record(Append result, std::uint64_t rows, Response &response)
{
    if (result == Append::Done) [[likely]] {
        bump(m_stats.appendedRows, rows);
        m_recent.rows = static_cast<std::uint32_t>(rows);
        return true;
    }
    const Error why = appendError(result);
    if (result == Append::TooLarge) {
        response.refuse(Refusal::NotRecorded, 413, kInvalid, why.message, why.next);
        return false;
    }
    if (m_endpoint.options.whenFull == WhenFull::Drop) {
        bump(m_stats.droppedRows, rows);
        return true;
    }
    bump(m_stats.refusedRows, rows);
    response.refuse(Refusal::NotRecorded, 503, kUnavailable,
                    "The request was not answered because " + why.message, why.next);
    return false;
}

void Handler::predict(const Request &request, Response &response)
{
    refreshModel();
    if (!m_default)
        return response.refuse(Refusal::NoModel, 503, kUnavailable, "no model is being served",
                               "run `tepal train iris` and start the endpoint again, or choose a "
                               "model in the workbench");
    if (const RolledPtr &rolled = defaultRollout()) [[unlikely]]
        return predictBeside(rolled, request, response);
    answerRow(*m_default, request, response);
}

bool Handler::answerRow(Asking &asking, const Request &request, Response &response)
{
    if (auto done = asking.ask(request.body); !done) {
        failed(response, Form::Text, done.error());
        return false;
    }
    m_recent.time = clock().nowMs();
    asking.fill(m_recent);
    if (m_lane != nullptr && !record(asking.record(*m_lane, m_recent.time), 1, response))
        return false;
    // It belongs to the model or to what asks it, which this thread holds until it is asked again.
    response.body = asking.answer();
    return true;
}

void Handler::failed(Response &response, Form form, const Error &error)
{
    const bool theirs = error.code == ErrorCode::InvalidArgument;
    const bool unknown = error.code == ErrorCode::NotFound;
    response.refusal = theirs ? Refusal::Unreadable : unknown ? Refusal::NoModel : Refusal::None;
    const bool late = error.code == ErrorCode::Unavailable;
    const int status = theirs ? 400 : unknown ? 404 : late ? 504 : 500;
    response.requestId = response.requestId && !late;
    if (auto body = formError(form, error))
        return response.json(status, std::move(*body));
    response.error(status,
                   theirs    ? kInvalid
                   : unknown ? "NotFound"
                   : late    ? "GatewayTimeout"
                             : "InternalServerError",
                   error.message, error.next);
}

void Handler::frame(const Request &request, Response &response)
{
    const std::string_view type =
        std::string_view(request.contentType).substr(0, request.contentType.find(';'));
    if (type == "application/octet-stream" || type == "application/vnd.apache.parquet")
        return response.refuse(Refusal::Unreadable, 400, kInvalid,
                               "Parquet bodies are not supported",
                               "send application/json or text/csv");
    auto rows = readRows(request.body, request.contentType, table::Nested::Flatten);
    const bool json = !rows;
    auto sent = json ? table::parseJsonFrame(request.body, m_json) : std::move(*rows);
    if (!sent)
        return response.refuse(Refusal::Unreadable, 400, kInvalid, sent.error().message,
                               sent.error().next);
    if (m_lane != nullptr && sent->rows > 0 && !sent->columns.empty()) {
        // What is logged is what was sent, nested values as columns of their own.
        table::Frame logged = *sent;
        if (auto flat = table::flatten(logged, m_json, table::Nested::Flatten); !flat)
            return response.refuse(Refusal::Unreadable, 400, kInvalid, flat.error().message,
                                   flat.error().next);
        const JournalSchema schema{m_endpoint.options.frameDataset, std::move(logged.columns)};
        if (!record(m_lane->append(schema, clock().nowMs(), logged.cells), logged.rows, response))
            return;
    }
    // The answer is what pandas makes of it.
    if (json)
        typeColumns(*sent);
    else
        typeGaps(*sent);
    response.json(200, writeRecords(*sent, m_json));
}

/// The rows of a log request in any of its forms.
Result<LogRequest> Handler::readLog(const Request &request)
{
    const std::string_view target = request.target;
    const std::size_t question = std::min(target.find('?'), target.size());
    const std::string_view query = target.substr(std::min(question + 1, target.size()));
    const TimeMs now = clock().nowMs();
    // Bodies that are rows alone have their dataset in the query, which says how to read them too.
    auto call = parseLogQuery(query, now);
    auto rows =
        readRows(request.body, request.contentType, call ? call->nested : table::Nested::Flatten);
    if (!rows)
        return parseLogRequest(request.body, m_json, now);
    if (!call)
        return call;
    if (!*rows)
        return tl::unexpected(rows->error());
    call->frame = std::move(**rows);
    return call;
}

void Handler::log(const Request &request, Response &response)
{
    auto call = readLog(request);
    if (!call)
        return response.refuse(Refusal::Unreadable, 400, kInvalid, call.error().message,
                               call.error().next);
    if (m_lane == nullptr)
        return response.error(503, kUnavailable, "logging is switched off at this endpoint",
                              "start it with logging on");
    if (call->frame.rows > 0) {
        const JournalSchema schema{std::move(call->dataset), std::move(call->frame.columns)};
        const Append result =
            m_lane->append(schema, call->time.value_or(clock().nowMs()), call->frame.cells);
        // A row that is only counted as dropped must not be confirmed.
        if (!record(result, call->frame.rows, response))
            return;
        if (result != Append::Done) {
            const Error why = appendError(result);
            return response.error(503, kUnavailable, "The rows were dropped because " + why.message,
                                  why.next);
        }
    }
    response.json(200, fmt::format("{{\"rows\":{}}}", call->frame.rows));
}

} // namespace tepal::serving
