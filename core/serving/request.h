/// One HTTP request as the handlers see it, and the answer they build.
#pragma once

#include <tepal/serving/refusals.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace tepal::serving {

enum class Method : std::uint8_t { Get, Head, Post, Put, Patch, Delete, Options, Other };

/// Reused for all requests of a connection.
struct Request
{
    Method method = Method::Other;
    int version = 11; ///< 10 or 11
    std::string target;
    std::string host;
    std::string origin;
    std::string fetchSite; ///< Sec-Fetch-Site: where a browser says the request comes from.
    std::string contentType;
    std::string contentEncoding; ///< Several fields as one list.
    std::string ifNoneMatch;
    std::string authorization;
    std::string inferenceLength;  ///< Inference-Header-Content-Length, of the V2 protocol.
    std::string clientId;         ///< X-Request-Id, where it can be sent back.
    std::string traceId;          ///< Of a W3C traceparent: 32 hexadecimal digits.
    std::string preflightMethod;  ///< Access-Control-Request-Method
    std::string preflightHeaders; ///< Access-Control-Request-Headers
    bool hasHost = false;
    bool hasOrigin = false;
    bool hasAuthorization = false;
    bool expectsContinue = false;
    std::string body;

    void reset()
    {
        method = Method::Other;
        version = 11;
        target.clear();
        host.clear();
        origin.clear();
        fetchSite.clear();
        contentType.clear();
        contentEncoding.clear();
        ifNoneMatch.clear();
        authorization.clear();
        inferenceLength.clear();
        clientId.clear();
        traceId.clear();
        preflightMethod.clear();
        preflightHeaders.clear();
        hasHost = hasOrigin = hasAuthorization = expectsContinue = false;
        // One large body shall not keep its memory for good.
        if (body.capacity() > (1u << 20))
            body = std::string();
        body.clear();
    }
};

inline constexpr std::string_view kText = "text/plain; charset=utf-8";
inline constexpr std::string_view kJson = "application/json";

/// What a handler answers. `body` may point to memory that outlives the request.
struct Response
{
    int status = 200;
    std::string_view contentType = kText;
    std::string_view body;
    std::string ownBody;             ///< Storage for bodies made on the fly.
    std::string extraHeaders;        ///< Whole lines with their ends.
    Refusal refusal = Refusal::None; ///< Why this is no answer.
    bool requestId = false;          ///< API routes carry X-BentoML-Request-ID.
    bool close = false;

    void reset()
    {
        status = 200;
        contentType = kText;
        body = {};
        if (ownBody.capacity() > (1u << 20))
            ownBody = std::string();
        ownBody.clear();
        extraHeaders.clear();
        refusal = Refusal::None;
        requestId = close = false;
    }
    void text(int code, std::string_view what)
    {
        status = code;
        contentType = kText;
        body = what;
    }
    void json(int code, std::string what)
    {
        status = code;
        contentType = kJson;
        ownBody = std::move(what);
        body = ownBody;
    }
    /// Makes the body its own, so that nothing else has to live on.
    void own()
    {
        if (body.data() == ownBody.data())
            return;
        ownBody = std::string(body);
        body = ownBody;
    }
    /// `{"msg": …, "type": …}`; `message` is a sentence, `next` what to do about it.
    void error(int code, std::string_view type, std::string_view message, std::string_view next);
    void refuse(Refusal why, int code, std::string_view type, std::string_view message,
                std::string_view next)
    {
        refusal = why;
        error(code, type, message, next);
    }
    /// 413 for a body beyond `limit` bytes; `what` is "body" or "unpacked body".
    void tooLarge(std::string_view what, std::uint64_t limit);
};

std::string_view reasonPhrase(int status);

/// What an answer has on the wire besides what it says.
struct Wire
{
    std::string_view date;
    std::uint64_t requestId = 0; ///< 0: none.
    std::string_view trace;      ///< As BentoML writes it; empty: none.
    bool head = false;           ///< An answer to HEAD has no body.
    bool old = false;            ///< The client speaks HTTP/1.0.
};
void appendResponse(std::string &out, const Response &response, const Wire &wire);

} // namespace tepal::serving
