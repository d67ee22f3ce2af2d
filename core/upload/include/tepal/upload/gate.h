/// Whether a destination is asked at all: what one item learns holds for all of them.
#pragma once

#include <tepal/base/random.h>
#include <tepal/base/time.h>
#include <tepal/store/destinations.h>
#include <tepal/upload/destination.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tepal {

/// Open, closed until a time, or refused. It opens slowly: one item at first, then two, four, … as
/// long as they arrive. After trouble one probe goes through; until it arrives nothing else does.
/// Closed until max(what the destination asked for, exponential back-off with jitter).
class Gate
{
public:
    struct Limits
    {
        int atOnce = 8;
        DurationMs longestPause = 10 * kMinuteMs; ///< Of back-off; a destination's own wish counts.
        /// So many items refused one after the other, none taken: nothing will be.
        int refusals = 10;
        /// So many failures that are an item's own, one after the other, are the destination's.
        int failures = 3;
    };

    explicit Gate(const Limits &limits, std::uint64_t seed)
        : m_limits(limits)
        , m_random(seed)
    {}

    const GateRecord &record() const { return m_record; }
    /// As another process left it.
    void restore(const GateRecord &record) { m_record = record; }
    /// Settings, secrets or a person's wish have changed: asked again at once, by one probe.
    void reset();

    /// How many more items may be started while so many are under way.
    int room(TimeMs now, int inFlight) const;
    /// When a closed gate opens; nothing when it is open, or refused.
    std::optional<TimeMs> opensAt(TimeMs now) const;
    /// Datasets that the destination does not know; each is asked about again after the longest
    /// pause.
    std::vector<std::string> unknownDatasets(TimeMs now) const;

    /// What became of an item. `error` has been scrubbed.
    void learn(const UploadOutcome &outcome, const std::string &dataset, const Error &error,
               TimeMs now);

private:
    void close(TimeMs now, DurationMs asked, const Error &error);

    Limits m_limits;
    SplitMix64 m_random;
    GateRecord m_record;
    int m_width = 1;                         ///< How many at once.
    int m_refusals = 0;                      ///< In a row.
    int m_itemFailures = 0;                  ///< In a row.
    std::map<std::string, TimeMs> m_unknown; ///< Until when.
};

} // namespace tepal
