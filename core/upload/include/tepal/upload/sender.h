/// Carries items of a store's outbox to their destinations: many at once, on one thread, each fact
/// written down before what follows from it happens.
#pragma once

#include <tepal/base/clock.h>
#include <tepal/base/result.h>
#include <tepal/store/destinations.h>
#include <tepal/store/outbox.h>
#include <tepal/upload/destination.h>
#include <tepal/upload/gate.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace tepal {

class Store;

/// A destination ready for use, and what the home says about it.
struct Outlet
{
    DestinationRecord record;
    std::unique_ptr<Destination> destination;
    /// Not one of the home's: its gate is not kept.
    bool passing = false;
};

struct SenderOptions
{
    Gate::Limits gate;
    /// Where senders show that they live, so that what a killed one held is taken up at once; empty
    /// = leases alone keep senders apart.
    std::filesystem::path lockDirectory;
    std::int64_t bytesPerSecond = 0; ///< To each destination; 0 = any.
    DurationMs longestCall = 0; ///< No call takes longer, whatever its destination allows; 0 = any.
    /// Trouble of an item's own is tried so often in a row, then later.
    int ownTries = 3;
    DurationMs later = 10 * kMinuteMs;
    std::uint64_t seed = 0; ///< Of jitter; 0 = from the system.
    /// Told of every try that ended, after it was written down. `item` is as it was left.
    std::function<void(const OutboxItem &item, const UploadOutcome &outcome)> ended;
};

/// Uses the store on the calling thread; everything but wake() from that one.
class Sender
{
public:
    /// Longer than any one try, so that a living sender's item is never taken by another.
    static constexpr DurationMs kLease = 7 * kMinuteMs;

    Sender(Store &store, SenderOptions options, const Clock &clock = SystemClock::instance());
    /// Gives back what it holds.
    ~Sender();
    Sender(const Sender &) = delete;
    Sender &operator=(const Sender &) = delete;

    /// From now on to these. What is known of one whose settings have not changed stays known. An
    /// outlet that goes while items of it are under way is kept until they have ended.
    void setOutlets(std::vector<Outlet> outlets);
    /// Asks every destination again, by one probe each.
    void askAgain();

    /// Takes what is due, moves on what is under way, and waits for at most so long for something
    /// to happen. Errors: those of the store; items are safe.
    Status step(DurationMs longest);
    /// Nothing is under way and nothing is left to be written down.
    bool idle() const;
    /// When something is due that is not now; nothing when all depends on others.
    std::optional<TimeMs> nextDue();
    /// Ends what is under way, writes down how far it came, takes nothing more.
    Status cancel();
    /// Any thread: ends the waiting of step().
    void wake();

    /// As its gate is now; null for a destination that is not one of the outlets.
    const Gate *gate(const std::string &destination) const;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// The folder in a home for SenderOptions.
std::filesystem::path senderDirectory(const std::filesystem::path &homeRoot);

/// An item as it is sent.
struct UploadFile
{
    std::string bytes;
    std::string sha256;
    SegmentTags segment;                ///< As the file has it: a hash where a rule says so.
    std::string redaction;              ///< What was taken out; empty = nothing.
    std::vector<std::string> rules;     ///< All that are for it, as text.
    std::vector<std::string> unmatched; ///< … and those that no column and no segment met.
};
/// Made from the store by the destination's rules, and checked by reading it back: a server takes
/// anything and tells nobody that it could not use it. `mayWrite`: the home's secret for hashes is
/// made when it is missing.
Result<UploadFile> uploadFile(Store &store, const OutboxItem &item,
                              const DestinationRecord &destination, bool mayWrite);

} // namespace tepal
