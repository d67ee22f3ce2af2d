/// What is to be sent, and what became of it: one item for each piece and destination.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/profile/dataset.h>
#include <tepal/store/outbox_state.h>
#include <tepal/store/store.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tepal {

/// What an item carries.
enum class OutboxKind : std::uint8_t {
    Chunk = 0,     ///< A finished piece of a window.
    Reference = 1, ///< A reference profile; `subject` is its name there.
    File = 2,      ///< A profile file that somebody handed in; `subject` is its name.
};
std::string_view outboxKindName(OutboxKind kind);

struct OutboxItem
{
    std::int64_t id = 0;
    OutboxKind kind = OutboxKind::Chunk;
    std::int64_t chunkId = 0; ///< Of a chunk.
    std::string subject;
    std::string dataset;
    SegmentTags segment;
    std::string destination; ///< Empty while none is chosen.
    TimeMs start = 0;
    TimeMs end = 0;
    std::int64_t rows = 0;
    std::int64_t bytes = 0; ///< Of the file, once it was made.
    OutboxState state = OutboxState::Waiting;
    int attempts = 0;
    TimeMs nextTry = 0; ///< Of a waiting item; 0 = as soon as its destination takes anything.
    TimeMs updated = 0;
    std::string ticket; ///< Where it may be put: granted and not confirmed; a repeat goes there.
    bool mayHaveArrived = false; ///< Bytes may have reached what the ticket stands for.
    std::string sha256;          ///< Of the file that was sent, or is being sent.
    std::string place;           ///< Id or name at the destination, for people.
    std::string error;
    std::string nextStep;
};

/// What one destination has.
struct OutboxCounts
{
    std::string destination;
    std::int64_t waiting = 0; ///< Sending ones included.
    std::int64_t failed = 0;
    std::int64_t asks = 0;
    std::int64_t sent = 0;
    std::int64_t sentBytes = 0;
    TimeMs oldest = 0; ///< When the window of the oldest waiting item begins; 0 = nothing waits.
};

struct OutboxFilter
{
    std::optional<std::string> destination;
    std::vector<OutboxState> states; ///< Empty = all.
    std::size_t limit = 10'000;
    std::int64_t beforeId = 0; ///< For the next page: the last id of the one before; 0 = the first.
};

/// Who holds items that are being sent. A lease of a sender that is dead, or that ended, is void.
struct OutboxLease
{
    std::string owner;
    TimeMs until = 0;
};

/// For the thread of its store.
class Outbox
{
public:
    explicit Outbox(Store &store)
        : m_impl(&store.impl())
    {}

    /// Newest first.
    Result<std::vector<OutboxItem>> list(const OutboxFilter &filter = {});
    Result<std::optional<OutboxItem>> find(std::int64_t id);
    /// By destination; items without one under "".
    Result<std::vector<OutboxCounts>> counts();

    /// Gives this destination every finished chunk after `sinceChunk` that it has not got yet, but
    /// for datasets that are sent elsewhere (kDestinationSetting) and segments it does not take;
    /// items without a destination are taken over. Returns how many were added.
    Result<int> enqueue(const std::string &destination, std::int64_t sinceChunk, TimeMs now);
    /// What enqueue() would give it and what it has to send already, oldest first; nothing is
    /// changed. An id of 0: there is no item yet.
    Result<std::vector<OutboxItem>> rehearse(const std::string &destination,
                                             std::int64_t sinceChunk);
    /// Something else than a chunk, with its bytes. A repeat of the same bytes under the same name
    /// is the same item (AlreadyExists).
    Result<std::int64_t> add(const OutboxItem &item, std::string_view bytes, TimeMs now);
    /// The last chunk there is: what comes later is newer.
    Result<std::int64_t> lastChunk();

    /// Takes the oldest items that are due, at most `limit`, so that no other sender has them.
    /// Items of `exceptDatasets` are left out.
    Result<std::vector<OutboxItem>> lease(const std::string &destination, const OutboxLease &lease,
                                          TimeMs now, std::size_t limit,
                                          std::span<const std::string> exceptDatasets = {});
    /// When the first of them is due, which may be past; nothing when none waits.
    Result<std::optional<TimeMs>> nextTry(const std::string &destination,
                                          std::span<const std::string> exceptDatasets = {});
    /// Writes what happened to items, each of which `owner` holds, all or nothing. `force`: it is
    /// on the disk when this returns. Returns those that were no longer the owner's, unchanged.
    Result<std::vector<std::int64_t>> record(std::span<const OutboxItem> items,
                                             const std::string &owner, bool force, TimeMs now);
    /// Who holds leases now.
    Result<std::vector<std::string>> owners();
    /// Ends the leases of a sender that is dead.
    Result<int> release(const std::string &owner, TimeMs now);

    /// The bytes of an item that is no chunk, as they were handed in.
    Result<std::string> payload(const OutboxItem &item);
    /// The profile of an item: of its chunk, or of the bytes that were handed in.
    Result<DatasetProfile> profile(const OutboxItem &item);

    /// Failed items wait again (dropped ones and those that ask too, if named). Empty = all failed
    /// ones. Returns how many changed.
    Result<int> retry(const std::vector<std::int64_t> &ids, TimeMs now);
    /// Never to be sent. Returns how many changed.
    Result<int> drop(const std::vector<std::int64_t> &ids, TimeMs now);
    /// Waiting items need not wait for their next try any longer.
    Result<int> makeDue(const std::string &destination, TimeMs now);
    /// Items go along when a destination is renamed.
    Status rename(const std::string &from, const std::string &to);

private:
    Store::Impl *m_impl;
};

} // namespace tepal
