/// Beast's request parser, feeding a Request.
#pragma once

#include "request.h"

// Asio and Beast 1.74 use std::exchange without including its header.
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <utility>

namespace tepal::serving {

struct HttpLimits
{
    std::uint64_t body = 32u << 20;
    std::uint32_t header = 64u << 10;
};

/// Made anew for every request. Input must be contiguous from the first byte that was not consumed.
class HttpParser final : public boost::beast::http::basic_parser<true>
{
public:
    HttpParser(Request &request, const HttpLimits &limits)
        : m_request(request)
        , m_bodyLimit(limits.body)
    {
        eager(true);
        header_limit(limits.header);
        body_limit(limits.body);
    }

    enum class Outcome { NeedMore, Done, BadRequest, HeaderTooLarge, BodyTooLarge, NoHost };
    /// Reads from `size` bytes; `consumed` tells how many must not be given again.
    Outcome feed(const char *data, std::size_t size, std::size_t &consumed);

private:
    using Verb = boost::beast::http::verb;
    using Text = boost::beast::string_view;
    using Code = boost::beast::error_code;

    void on_request_impl(Verb verb, Text name, Text target, int version, Code &error) override;
    void on_response_impl(int, Text, int, Code &) override {}
    void on_field_impl(boost::beast::http::field field, Text name, Text value,
                       Code &error) override;
    void on_header_impl(Code &error) override;
    void on_body_init_impl(boost::optional<std::uint64_t> const &length, Code &error) override;
    std::size_t on_body_impl(Text body, Code &error) override;
    void on_chunk_header_impl(std::uint64_t size, Text extensions, Code &error) override;
    std::size_t on_chunk_body_impl(std::uint64_t remain, Text body, Code &error) override;
    void on_finish_impl(Code &error) override { error = {}; }

    Request &m_request;
    std::uint64_t m_bodyLimit;
    int m_lengthFields = 0;
    int m_encodingFields = 0;
    Outcome m_refused = Outcome::Done; ///< Why the header fields together will not do.
};

} // namespace tepal::serving
