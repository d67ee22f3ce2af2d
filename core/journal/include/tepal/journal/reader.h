/// The reading side, in another thread or process than the producers.
#pragma once

#include <tepal/base/result.h>
#include <tepal/journal/record.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tepal {

/// Up to where a lane has been read. Store it in the transaction that stores what was read.
struct Cursor
{
    std::uint64_t segment = 0;  ///< Number of the segment file; 0 = before the first.
    std::uint64_t offset = 0;   ///< Byte after the last record read; 0 = start of the file.
    std::uint64_t sequence = 0; ///< Of the next record; tells a file from another of equal name.

    bool operator==(const Cursor &) const = default;
};
using Cursors = std::map<std::uint32_t, Cursor>;

/// How far the reader is behind the producers.
struct JournalLag
{
    std::uint64_t records = 0; ///< Schema declarations included.
    std::uint64_t bytes = 0;
    std::optional<TimeMs> oldest; ///< Time stamp of the oldest unread record that has rows.
    /// When the segment file of the oldest unread record was made: it was appended after that.
    std::optional<TimeMs> notBefore;
};

/// A place that could not be read. With a payload it is one record whose checksum is right but that
/// cannot be understood, and reading goes on behind it; otherwise the rest of that segment file is
/// left out.
struct JournalSkip
{
    std::uint32_t lane = 0;
    std::uint64_t segment = 0;
    std::uint64_t offset = 0;
    std::string reason;
    /// Records that are certainly missing, when the next segment file tells.
    std::optional<std::uint64_t> records;
    std::string payload;        ///< At most kMaxSkippedPayload bytes of the record.
    std::uint64_t sequence = 0; ///< Of that record.
};
inline constexpr std::size_t kMaxSkippedPayload = 64u << 10;

/// Not thread-safe. Damaged, truncated or foreign files never crash it: a segment file is read up
/// to the first record that is wrong, and the reader goes on with the next file. Its one limit: a
/// stranger who shortens a file in the very moment in which it is read can still cause a bus error;
/// sizes are checked before mapping and at the start of every poll.
class JournalReader
{
public:
    using Callback = std::function<void(const RowsView &)>;

    /// Begins after `cursors`; lanes that are not named there begin with their oldest segment file.
    /// A missing directory is an empty journal.
    static Result<std::unique_ptr<JournalReader>> open(const std::filesystem::path &directory,
                                                       const Cursors &cursors = {});
    ~JournalReader();
    JournalReader(const JournalReader &) = delete;
    JournalReader &operator=(const JournalReader &) = delete;

    /// Delivers up to `maxRecords` records in lane order and returns how many. 0 = nothing new.
    /// The callback must not throw. A record counts as read when its callback returns.
    std::size_t poll(std::size_t maxRecords, const Callback &callback);

    /// Where the next poll begins, for every lane seen so far.
    Cursors cursors() const;
    /// Cheap: reads one header per segment file after the cursor.
    JournalLag lag();
    /// What was skipped since the last call.
    std::vector<JournalSkip> takeSkips();

    /// Deletes the segment files that lie wholly before `durable`. Call it with cursors whose
    /// transaction is durable; returns the number of files deleted.
    std::size_t removeConsumed(const Cursors &durable);

private:
    struct Impl;
    explicit JournalReader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace tepal
