/// What waits to be sent, and what became of it.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/profile/dataset.h>
#include <tepal/store/store.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

enum class OutboxState : std::uint8_t {
    Waiting = 0,
    Sending = 1,
    Sent = 2,
    Failed = 3,
    Dropped = 4
};
std::string_view outboxStateName(OutboxState state);

struct OutboxItem
{
    std::int64_t id = 0;
    std::int64_t chunkId = 0;
    std::string dataset;
    SegmentTags segment;
    std::string destination; ///< Empty while none is chosen.
    TimeMs start = 0;
    TimeMs end = 0;
    std::int64_t rows = 0;
    std::int64_t bytes = 0; ///< Of the file, once it was made.
    OutboxState state = OutboxState::Waiting;
    int attempts = 0;
    TimeMs nextTry = 0;
    TimeMs updated = 0;
    std::string uploadUrl; ///< A granted place that has not been confirmed; a retry goes there.
    std::string sha256;
    std::string error;
    std::string nextStep;
};

/// One item for each chunk and destination.
class Outbox
{
public:
    explicit Outbox(Store &store)
        : m_impl(&store.impl())
    {}

    /// Newest first.
    Result<std::vector<OutboxItem>> outbox(std::size_t limit = 10'000);
    /// Gives every closed chunk an item for this destination that has none yet, but for datasets
    /// that have another destination of their own; items without a destination are taken over.
    /// Returns how many items of it are waiting or failed now.
    Result<int> enqueue(const std::string &destination, TimeMs now);
    /// Takes the oldest waiting (or due failed) item and holds it until `leaseUntil`, so that
    /// another sender skips it. Nothing when there is none.
    Result<std::optional<OutboxItem>> lease(const std::string &destination, TimeMs now,
                                            TimeMs leaseUntil, bool ignoreNextTry);
    /// `nextTry` of a failed item that is tried again when somebody asks for it …
    static constexpr TimeMs kOnRequest = std::int64_t{1} << 60;
    /// … and of one that waits for retryItems() or dropItems(): a repeat might count twice.
    static constexpr TimeMs kNeedsDecision = std::int64_t{1} << 61;
    /// Waiting and failed items of this destination become due, but for those that need a decision.
    Result<int> makeDue(const std::string &destination, TimeMs now);
    /// Ends every lease on this destination's items. Only for who knows that no sender is alive.
    Result<int> releaseLeases(const std::string &destination, TimeMs now);
    Result<DatasetProfile> chunkProfile(std::int64_t chunkId);
    /// Writes state, attempts, nextTry, bytes, uploadUrl, sha256, error and nextStep back.
    Status updateItem(const OutboxItem &item, TimeMs now);
    /// Failed or dropped items wait again. Empty = all failed ones. Returns how many.
    Result<int> retryItems(const std::vector<std::int64_t> &ids, TimeMs now);
    Result<int> dropItems(const std::vector<std::int64_t> &ids, TimeMs now);

private:
    Store::Impl *m_impl;
};

} // namespace tepal
