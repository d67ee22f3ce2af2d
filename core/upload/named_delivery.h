/// How deliveries begin where the same name is the same object. Internal.
#pragma once

#include "web.h"

#include <string>
#include <utility>
#include <variant>

namespace tepal::web {

/// The name is the ticket: it is kept before anything goes there, and a repeat goes to the same
/// one. A later version might write other bytes, whose hash is in the name: what counts is the name
/// of the first try.
class NamedDelivery : public Delivery
{
public:
    UploadStep next(StepResult result) final
    {
        switch (m_at) {
        case At::Start:
            if (const auto can = ready(); !can)
                return ended(m_outcome, UploadOutcome::Kind::Stopped, can.error());
            m_at = At::Keeping;
            return KeepTicket{name(), true};
        case At::Keeping:
            m_at = At::Calling;
            return put();
        case At::Calling:
            return answered(std::get<http::Reply>(result));
        }
        return m_outcome;
    }

protected:
    explicit NamedDelivery(const UploadItem &item)
        : m_item(item)
    {
        m_outcome.ticket = item.ticket.empty() ? item.objectName : item.ticket;
        m_outcome.mayHaveArrived = !item.ticket.empty() && item.mayHaveArrived;
    }
    /// Keys and log-ins, before anybody is called.
    virtual Status ready() const = 0;
    virtual UploadStep put() = 0;
    /// What comes of a call, the PUT's or any other.
    virtual UploadStep answered(const http::Reply &reply) = 0;

    const std::string &name() const { return m_outcome.ticket; }
    UploadStep stored(std::string place)
    {
        m_outcome.kind = UploadOutcome::Kind::Sent;
        m_outcome.place = std::move(place);
        m_outcome.ticket.clear();
        m_outcome.mayHaveArrived = false;
        return m_outcome;
    }

    const UploadItem &m_item;
    UploadOutcome m_outcome;

private:
    enum class At : std::uint8_t { Start, Keeping, Calling };
    At m_at = At::Start;
};

} // namespace tepal::web
