#include "http_parser.h"

#include "trace.h"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>

namespace tepal::serving {
namespace {

namespace http = boost::beast::http;

Method methodOf(http::verb verb)
{
    switch (verb) {
    case http::verb::get:
        return Method::Get;
    case http::verb::head:
        return Method::Head;
    case http::verb::post:
        return Method::Post;
    case http::verb::put:
        return Method::Put;
    case http::verb::patch:
        return Method::Patch;
    case http::verb::delete_:
        return Method::Delete;
    case http::verb::options:
        return Method::Options;
    default:
        return Method::Other;
    }
}

void keep(std::string &to, boost::beast::string_view text)
{
    to.assign(text.data(), text.size());
}

} // namespace

HttpParser::Outcome HttpParser::feed(const char *data, std::size_t size, std::size_t &consumed)
{
    // The least that can end a chunked body is "0", an end of line and another one. Beast 1.74 asks
    // for that much where it goes on with the last chunk, and aborts where assertions are on.
    constexpr std::size_t kLeastEnd = 5;
    if (is_header_done() && !is_done() && chunked() && size < kLeastEnd) {
        consumed = 0;
        return Outcome::NeedMore;
    }
    Code error;
    consumed = put(boost::asio::const_buffer(data, size), error);
    if (m_refused != Outcome::Done) [[unlikely]]
        return m_refused;
    if (!error)
        return is_done() ? Outcome::Done : Outcome::NeedMore;
    if (error == http::error::need_more)
        return Outcome::NeedMore;
    if (error == http::error::body_limit)
        return Outcome::BodyTooLarge;
    if (error == http::error::header_limit)
        return Outcome::HeaderTooLarge;
    return Outcome::BadRequest;
}

void HttpParser::on_request_impl(Verb verb, Text, Text target, int version, Code &error)
{
    // Methods are case-sensitive and known; anything else is as good as noise.
    error = verb == Verb::unknown ? make_error_code(http::error::bad_method) : Code();
    m_request.method = methodOf(verb);
    m_request.version = version;
    keep(m_request.target, target);
}

void HttpParser::on_field_impl(http::field field, Text name, Text value, Code &error)
{
    error = {};
    // Behind a body there is nothing to be said about the request any more (RFC 9110, 6.5.1).
    if (is_header_done()) [[unlikely]]
        return;
    switch (field) {
    case http::field::host:
        // Two hosts are two opinions on whom the request is for.
        if (m_request.hasHost)
            error = http::error::bad_field;
        m_request.hasHost = true;
        keep(m_request.host, value);
        break;
    case http::field::content_length:
        if (++m_lengthFields > 1 || value.find(',') != Text::npos)
            error = http::error::bad_content_length;
        break;
    case http::field::transfer_encoding:
        // Whoever is in front of us must not read another length than we do.
        if (++m_encodingFields > 1 || !boost::beast::iequals(value, "chunked") ||
            m_request.version < 11)
            error = http::error::bad_transfer_encoding;
        break;
    case http::field::content_type:
        keep(m_request.contentType, value);
        break;
    case http::field::content_encoding:
        if (!m_request.contentEncoding.empty())
            m_request.contentEncoding += ", ";
        m_request.contentEncoding.append(value.data(), value.size());
        break;
    case http::field::origin:
        // Here and below: two of them are two opinions again.
        if (m_request.hasOrigin)
            error = http::error::bad_field;
        m_request.hasOrigin = true;
        keep(m_request.origin, value);
        break;
    case http::field::authorization:
        if (m_request.hasAuthorization)
            error = http::error::bad_field;
        m_request.hasAuthorization = true;
        keep(m_request.authorization, value);
        break;
    case http::field::expect:
        m_request.expectsContinue = boost::beast::iequals(value, "100-continue");
        break;
    case http::field::if_none_match:
        keep(m_request.ifNoneMatch, value);
        break;
    case http::field::access_control_request_method:
        keep(m_request.preflightMethod, value);
        break;
    case http::field::access_control_request_headers:
        keep(m_request.preflightHeaders, value);
        break;
    case http::field::unknown:
        if (boost::beast::iequals(name, "sec-fetch-site"))
            keep(m_request.fetchSite, value);
        else if (boost::beast::iequals(name, "x-request-id"))
            m_request.clientId = usableRequestId({value.data(), value.size()});
        else if (boost::beast::iequals(name, "inference-header-content-length"))
            // Where the JSON ends is a length, too: two of them are none.
            m_request.inferenceLength = m_request.inferenceLength.empty()
                                            ? std::string(value.data(), value.size())
                                            : std::string("twice");
        else if (boost::beast::iequals(name, "traceparent"))
            m_request.traceId = traceIdOf({value.data(), value.size()});
        break;
    default:
        break;
    }
}

void HttpParser::on_header_impl(Code &error)
{
    // Beast 1.74 forgets an error from here when a body follows, hence the note for feed().
    if (m_lengthFields > 0 && m_encodingFields > 0)
        m_refused = Outcome::BadRequest;
    // RFC 9112, 3.2; and without it the rules on host names would be no rules.
    else if (m_request.version >= 11 && !m_request.hasHost)
        m_refused = Outcome::NoHost;
    error = m_refused == Outcome::Done ? Code() : make_error_code(http::error::bad_field);
}

void HttpParser::on_body_init_impl(boost::optional<std::uint64_t> const &length, Code &error)
{
    error = {};
    // What a client promises is not what it sends: reserve a little at most.
    if (length)
        m_request.body.reserve(
            static_cast<std::size_t>(std::min<std::uint64_t>(*length, 1u << 20)));
}

std::size_t HttpParser::on_body_impl(Text body, Code &error)
{
    error = {};
    m_request.body.append(body.data(), body.size());
    return body.size();
}

void HttpParser::on_chunk_header_impl(std::uint64_t size, Text, Code &error)
{
    error = size > m_bodyLimit - std::min<std::uint64_t>(m_request.body.size(), m_bodyLimit)
                ? make_error_code(http::error::body_limit)
                : Code();
}

std::size_t HttpParser::on_chunk_body_impl(std::uint64_t, Text body, Code &error)
{
    error = {};
    m_request.body.append(body.data(), body.size());
    return body.size();
}

} // namespace tepal::serving
