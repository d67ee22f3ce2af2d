/// When a logger tells its host how it is. Internal to the room.
#pragma once

#include <tepal/base/time.h>

#include <chrono>

namespace tepal {

/// After every commit, and otherwise once a second: so that silence means that it is stuck.
class ReportSchedule
{
public:
    bool isDue(TimeMs committedAt)
    {
        const auto now = std::chrono::steady_clock::now();
        if (committedAt == m_committedAt && now - m_last < std::chrono::seconds(1))
            return false;
        m_committedAt = committedAt;
        m_last = now;
        return true;
    }

private:
    TimeMs m_committedAt = 0;
    std::chrono::steady_clock::time_point m_last;
};

} // namespace tepal
