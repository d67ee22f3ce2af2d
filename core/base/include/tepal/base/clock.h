/// Clocks come in through this interface so that tests can move the hands.
#pragma once

#include <tepal/base/time.h>

#include <atomic>
#include <chrono>

namespace tepal {

/// Thread-safe.
class Clock
{
public:
    virtual ~Clock() = default;
    /// Wall-clock time, UTC. May jump in both directions.
    virtual TimeMs nowMs() const = 0;
    /// Monotonic nanoseconds from an arbitrary origin, for intervals and latencies.
    virtual std::int64_t monotonicNs() const = 0;
};

class SystemClock final : public Clock
{
public:
    TimeMs nowMs() const override
    {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    }
    std::int64_t monotonicNs() const override
    {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(
                   std::chrono::steady_clock::now().time_since_epoch())
            .count();
    }
    /// One shared instance for code that is not under test.
    static const SystemClock &instance()
    {
        static const SystemClock clock;
        return clock;
    }
};

/// A clock moved by hand. Moving the wall clock back does not move the monotonic one.
class ManualClock final : public Clock
{
public:
    explicit ManualClock(TimeMs start = 0)
        : m_now(start)
    {}
    TimeMs nowMs() const override { return m_now.load(); }
    std::int64_t monotonicNs() const override { return m_monotonic.load(); }
    void advance(DurationMs by)
    {
        m_now += by;
        m_monotonic += by * 1'000'000;
    }
    void jumpTo(TimeMs now) { m_now = now; }

private:
    std::atomic<TimeMs> m_now;
    std::atomic<std::int64_t> m_monotonic{0};
};

} // namespace tepal
