/// What the files of the sender share. Internal.
#pragma once

#include "blocking_thread.h"

#include <tepal/base/file.h>
#include <tepal/store/store.h>
#include <tepal/upload/sender.h>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tepal {

struct Sender::Impl
{
    /// One try at one item.
    struct Flight
    {
        OutboxItem item;
        std::string bytes;
        UploadItem upload;
        std::unique_ptr<Delivery> delivery;
        std::string outlet;
        bool kept = false; ///< The item's ticket is on the disk.
    };
    struct Channel
    {
        Outlet outlet;
        std::optional<Outlet> replacement; ///< Its settings changed while items were under way.
        Gate gate;
        GateRecord written;
        TimeMs writtenAt = 0;
        std::deque<OutboxItem> ahead = {}; ///< Leased and not begun.
        int flying = 0;
        bool leaving = false; ///< No longer one of the outlets.
        TimeMs dryUntil = 0;  ///< Nothing is due before, unless something changes.
    };
    struct Event
    {
        std::uint64_t flight = 0;
        StepResult result;
    };
    struct Conclusion
    {
        OutboxItem item;
        UploadOutcome outcome;
    };

    Store &store;
    Outbox outbox;
    SenderOptions options;
    const Clock &clock;
    const std::string owner;
    std::string homeId;
    FileLock alive;
    SplitMix64 random;
    http::Exchanges exchanges;
    std::map<std::string, Channel> channels;
    std::map<std::uint64_t, Flight> flights;
    std::uint64_t nextFlight = 0;
    std::deque<Event> events;
    std::vector<std::uint64_t> keeping;  ///< Flights whose ticket is to be written down.
    std::vector<Conclusion> conclusions; ///< To be written down.
    std::map<std::int64_t, int> ownTries;
    std::int64_t dataVersion = -1;
    TimeMs lookedForDead = 0;
    bool stopping = false;
    BlockingThread blocking{[this] { exchanges.wake(); }}; // last: it wakes what is above

    Impl(Store &theStore, SenderOptions theOptions, const Clock &theClock, std::string theOwner)
        : store(theStore)
        , outbox(theStore)
        , options(std::move(theOptions))
        , clock(theClock)
        , owner(std::move(theOwner))
        , random(options.seed != 0 ? options.seed : systemEntropy())
    {
        if (options.lockDirectory.empty())
            return;
        if (makePrivateDirectory(options.lockDirectory)) {
            if (auto lock = FileLock::acquire(options.lockDirectory / (owner + ".lock"), "sender"))
                alive = std::move(*lock);
        }
    }

    // ------------------------------------------------------------ steps of deliveries
    void take(std::uint64_t id, UploadStep step);
    void conclude(std::uint64_t id, UploadOutcome outcome);
    void fillFrom(const UploadOutcome &outcome, OutboxItem &item);
    DurationMs itemPause(std::int64_t id);

    // ------------------------------------------------------------ the store
    Status releaseDead();
    Status writeDown();
    Status writeFacts();
    void giveUp(std::uint64_t id, const Error &error);
    void writeGate(Channel &channel);
    Status giveBack(Channel &channel);

    // ------------------------------------------------------------ taking items
    Status fill();
    Status fillChannel(Channel &channel);
    void begin(Channel &channel, OutboxItem item);
    void collect();
    void gather();
    void forgetLeft();
};

} // namespace tepal
