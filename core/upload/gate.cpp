#include <tepal/upload/gate.h>

#include <algorithm>

namespace tepal {

void Gate::reset()
{
    const GateRecord before = std::exchange(m_record, {});
    m_record.lastTry = before.lastTry;
    m_record.lastSent = before.lastSent;
    m_width = 1;
    m_refusals = m_itemFailures = 0;
    m_unknown.clear();
}

int Gate::room(TimeMs now, int inFlight) const
{
    if (m_record.state == GateState::Refused)
        return 0;
    if (m_record.state == GateState::Closed)
        return now >= m_record.until && inFlight == 0 ? 1 : 0;
    return std::max(0, m_width - inFlight);
}

std::vector<std::string> Gate::unknownDatasets(TimeMs now) const
{
    std::vector<std::string> names;
    for (const auto &[name, until] : m_unknown) {
        if (until > now)
            names.push_back(name);
    }
    return names;
}

std::optional<TimeMs> Gate::opensAt(TimeMs now) const
{
    if (m_record.state != GateState::Closed || m_record.until <= now)
        return std::nullopt;
    return m_record.until;
}

void Gate::close(TimeMs now, DurationMs asked, const Error &error)
{
    if (m_record.state == GateState::Closed && now < m_record.until) {
        // It was under way when another one closed the gate: the same trouble, not a second one.
        m_record.until = std::max(m_record.until, now + asked);
        return;
    }
    ++m_record.failures;
    const DurationMs longest =
        std::min(m_limits.longestPause, kSecondMs << std::clamp(m_record.failures - 1, 0, 20));
    const auto jittered =
        static_cast<DurationMs>((0.5 + 0.5 * m_random.uniform()) * static_cast<double>(longest));
    m_record.state = GateState::Closed;
    m_record.until = now + std::max(jittered, asked);
    m_record.reason = error.message;
    m_record.next = error.next;
    m_width = 1;
}

void Gate::learn(const UploadOutcome &outcome, const std::string &dataset, const Error &error,
                 TimeMs now)
{
    using Kind = UploadOutcome::Kind;
    if (outcome.kind == Kind::Cancelled)
        return;
    m_record.lastTry = now;
    switch (outcome.kind) {
    case Kind::Sent: {
        const bool wasShut = m_record.state != GateState::Open;
        // One that was under way when the others ran into trouble says nothing about after it.
        if (wasShut && now < m_record.until)
            break;
        std::erase_if(m_unknown, [now](const auto &entry) { return entry.second <= now; });
        const bool othersWait = !m_unknown.empty() && m_record.state == GateState::Open;
        GateRecord open{GateState::Open, 0, 0, {}, {}, now, now};
        if (othersWait) {
            open.reason = m_record.reason;
            open.next = m_record.next;
        }
        m_record = std::move(open);
        m_width = std::min(m_limits.atOnce, m_width * 2);
        m_refusals = m_itemFailures = 0;
        break;
    }
    case Kind::Retry:
        if (outcome.everyItem || outcome.retryAfter > 0 || ++m_itemFailures >= m_limits.failures)
            close(now, outcome.retryAfter, error);
        break;
    case Kind::Stopped:
        m_record.state = GateState::Refused;
        m_record.until = 0;
        m_record.reason = error.message;
        m_record.next = error.next;
        break;
    case Kind::Failed:
        if (outcome.everyItemOfDataset) {
            m_unknown[dataset] = now + m_limits.longestPause;
            // Others go on, and people see why these do not.
            if (m_record.state == GateState::Open) {
                m_record.reason = error.message;
                m_record.next = error.next;
            }
        } else if (++m_refusals >= m_limits.refusals) {
            m_record.state = GateState::Refused;
            m_record.reason = error.message;
            m_record.next = error.next;
        }
        if (m_record.state == GateState::Closed && now >= m_record.until)
            m_record = {GateState::Open, 0, 0, {}, {}, now, m_record.lastSent}; // it answers
        break;
    case Kind::Asks:
    case Kind::Cancelled:
        break;
    }
    if (outcome.kind == Kind::Sent)
        m_record.lastSent = now;
}

} // namespace tepal
