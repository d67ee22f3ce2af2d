/// The writing side: one lane per producing thread, memory-mapped segment files
/// `lane-<id>/<segment>.tpj`. The format is described in record.proto and in the room's README.
#pragma once

#include <tepal/base/clock.h>
#include <tepal/base/result.h>
#include <tepal/journal/record.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace tepal {

struct JournalOptions
{
    std::uint32_t lanes = 1; ///< At least 1, at most 1024.
    /// Size of a segment file; at least 4 KiB, rounded up to a multiple of that. A record that does
    /// not fit gets a file of its own, of up to 2 GiB.
    std::uint64_t segmentBytes = 16u << 20;
    /// How often written pages are forced to the device; 0 = before every append returns.
    DurationMs syncInterval = kSecondMs;
    /// All segment files together never exceed this (0 = no cap but the disk).
    std::uint64_t maxBytes = 0;
    const Clock *clock = &SystemClock::instance();
};

/// How an append ended. Full and TooLarge mean that nothing was written.
enum class Append : std::uint8_t {
    Done,
    Full,     ///< The disk is full or maxBytes is reached. Ends by itself once space is made.
    TooLarge, ///< The record exceeds 2 GiB, or a text kMaxCellText.
    /// The file system refused for another reason; see Journal::lastError(). With syncInterval 0
    /// also: the record is written but could not be forced to the device.
    Failed,
};

/// The sentence for a result other than Done.
Error appendError(Append result);

/// A schema registered once with Journal::schema(), cheap to use for every row.
class SchemaHandle
{
public:
    SchemaHandle() = default;
    bool valid() const { return m_index != 0; }

private:
    friend class Journal;
    friend class Lane;
    std::uint32_t m_index = 0;
};

struct LaneCounters
{
    std::uint64_t records = 0; ///< Appended records, without schema declarations.
    std::uint64_t rows = 0;
    std::uint64_t refused = 0; ///< Appends that ended Full or Failed.
};

class Journal;

/// A single-producer lane. append() is for one thread at a time; counters() for any thread.
/// append() takes no lock and makes no system call, except when a segment file is finished (one
/// wake-up of the helper thread) or with syncInterval 0.
class Lane
{
public:
    ~Lane();
    Lane(const Lane &) = delete;
    Lane &operator=(const Lane &) = delete;

    /// Appends one record with `cells` in row-major order; cells.size() must be a positive multiple
    /// of the number of columns. Once this returns Done the record survives the end of this
    /// process by any means; power loss may take what was appended in the last sync interval.
    Append append(SchemaHandle schema, TimeMs time, std::span<const Value> cells);
    /// The same for a schema that was not registered: one hash look-up more. The column list must
    /// not be empty.
    Append append(const JournalSchema &schema, TimeMs time, std::span<const Value> cells);

    std::uint32_t id() const;
    LaneCounters counters() const;

private:
    friend class Journal;
    struct State;
    explicit Lane(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

/// Owns the lanes and two helper threads (one prepares segment files, one forces them to the
/// device). Destroying it ends the helpers and flushes; no append may run at that time.
class Journal
{
public:
    /// Busy when another process or object has this directory open for writing. A new segment file
    /// is begun in every lane; what earlier producers left is never touched.
    static Result<std::unique_ptr<Journal>> open(const std::filesystem::path &directory,
                                                 const JournalOptions &options = {});
    ~Journal();
    Journal(const Journal &) = delete;
    Journal &operator=(const Journal &) = delete;

    std::uint32_t laneCount() const;
    /// `index` < laneCount().
    Lane &lane(std::uint32_t index);
    /// Registers a schema for all lanes; the same schema gives the same handle. Any thread. At most
    /// 65,535 different ones (then InvalidArgument): for names that clients choose use the other
    /// append.
    Result<SchemaHandle> schema(const JournalSchema &schema);

    LaneCounters counters() const; ///< Sum over the lanes. Any thread.
    bool full() const;             ///< Whether some lane cannot get its next segment file now.
    /// The last failure of a helper thread, empty when the last attempt succeeded. Any thread.
    std::string lastError() const;
    /// Forces everything appended so far to the device. Any thread.
    Status sync();

private:
    friend class Lane;
    struct Impl;
    explicit Journal(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace tepal
