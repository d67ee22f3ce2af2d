/// Deliveries fed with replies: what a kind of destination asks for and makes of the answers,
/// without a network.
#pragma once

#include <tepal/upload/kinds.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <string>

namespace tepal::test {

inline UploadItem itemOf(std::string ticket = {}, bool mayHaveArrived = false)
{
    UploadItem item;
    item.bytes = "WHY1 and so on";
    item.sha256 = sha256Hex(item.bytes);
    item.dataset = std::string("orders");
    item.objectName = std::string("orders/2026-01-31/2026-01-31T14-00-00Z_01234567_7_89abcdef.bin");
    item.ticket = std::move(ticket);
    item.mayHaveArrived = mayHaveArrived;
    return item;
}

inline std::unique_ptr<Destination> make(const DestinationKind &kind, const FieldValues &values)
{
    return kind.make(values, [](std::string_view key) -> Result<std::string> {
        return std::string(key == "secret-key" || key == "password" ? "not-told" : "");
    });
}

inline http::Reply answered(int status, const std::string &body = {})
{
    http::Answer answer;
    answer.status = status;
    answer.body = body;
    answer.contentType = std::string("application/xml");
    return answer;
}

inline http::Reply nobody(bool mayHaveArrived)
{
    http::Failure failure;
    failure.mayHaveArrived = mayHaveArrived;
    failure.error = {ErrorCode::Unavailable, "nobody answers", "look"};
    return tl::unexpected(failure);
}

/// A delivery and the steps it takes.
struct Walk
{
    Walk(const Destination &destination, const UploadItem &item)
        : delivery(destination.deliver(item))
        , step(delivery->next({}))
    {}
    bool keeps() const { return std::holds_alternative<KeepTicket>(step); }
    bool blocks() const { return std::holds_alternative<BlockingWork>(step); }
    std::string ticket() const { return std::get<KeepTicket>(step).ticket; }
    /// `PUT http://…`
    std::string call() const
    {
        const auto *call = std::get_if<HttpCall>(&step);
        return call ? call->request.method + " " + call->request.url : std::string("no call");
    }
    const http::Request &request() const { return std::get<HttpCall>(step).request; }
    nlohmann::json body() const { return nlohmann::json::parse(request().body); }
    bool has(const std::string &header) const
    {
        const auto &headers = request().headers;
        return std::find(headers.begin(), headers.end(), header) != headers.end();
    }
    const UploadOutcome &outcome() const { return std::get<UploadOutcome>(step); }
    Walk &next(StepResult result = {})
    {
        step = delivery->next(std::move(result));
        return *this;
    }

    std::unique_ptr<Delivery> delivery;
    UploadStep step;
};

} // namespace tepal::test
