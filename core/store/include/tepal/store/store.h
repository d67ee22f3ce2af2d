/// One connection to `tepal.db`. See the room's README for who writes what.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/profile/dataset.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tepal {

/// Position in one journal lane, stored in the transaction that stores what was read up to there.
struct StoredCursor
{
    std::uint64_t segment = 0;
    std::uint64_t offset = 0;
    std::uint64_t sequence = 0;

    bool operator==(const StoredCursor &) const = default;
};
using StoredCursors = std::map<std::uint32_t, StoredCursor>;

/// The numbers of one column in one window that charts draw. Quantiles are NaN without numbers.
struct ColumnSummary
{
    std::string column;
    SegmentTags segment;
    TimeMs start = 0;
    TimeMs end = 0;
    ValueKind kind = ValueKind::Null; ///< Dominant type.
    std::int64_t n = 0;               ///< Values, missing ones included.
    std::int64_t nulls = 0;
    double mean = 0;
    double stddev = 0;
    double min = 0;
    double q05 = 0;
    double q25 = 0;
    double median = 0;
    double q75 = 0;
    double q95 = 0;
    double max = 0;
    double distinct = 0;
    double distinctLower = 0; ///< One standard deviation.
    double distinctUpper = 0;
    std::string topValue;
    std::int64_t topCount = 0;
};

/// Summaries of a column over time.
struct ColumnHistory
{
    /// What the points stand for: hours, days or months where windows were too many, otherwise the
    /// windows' own. Single points may be finer.
    Granularity granularity = Granularity::Hour;
    bool rolledUp = false;             ///< Points stand for several windows.
    std::vector<ColumnSummary> points; ///< By start.
};

/// Summary of a profile's column; `start` and `end` are left to the caller.
ColumnSummary summarize(const std::string &name, const ColumnProfile &column);

struct WindowInfo
{
    std::string dataset;
    SegmentTags segment;
    Granularity granularity = Granularity::Hour;
    TimeMs start = 0;
    TimeMs end = 0;
    std::int64_t rows = 0; ///< Records counted, exactly.
    bool open = false;     ///< A chunk of it is still being filled.
};

/// One that was deleted and not purged yet.
struct DeletedWindow
{
    WindowInfo window;
    TimeMs deletedAt = 0;
};

/// What deleting or restoring a range is about.
struct DeletionReport
{
    std::int64_t windows = 0;
    std::int64_t rows = 0;
    std::int64_t filling = 0; ///< Windows that stay because they are being filled.
    std::int64_t unsent = 0;  ///< Windows with chunks that wait to be sent.
};

/// Rows of a dataset in windows that have not begun: their times are wrong, or somebody's clock is.
struct RowsAhead
{
    std::string dataset;
    std::int64_t rows = 0;
    TimeMs first = 0; ///< Start of the first such window …
    TimeMs last = 0;  ///< … and of the last.
};
/// By dataset, in the order of the windows. A minute of difference between clocks is nothing.
std::vector<RowsAhead> rowsAhead(const std::vector<WindowInfo> &windows, TimeMs now);

struct DatasetInfo
{
    std::string name;
    std::int64_t rows = 0;
    TimeMs first = 0; ///< Start of the first window, 0 without windows.
    TimeMs last = 0;  ///< End of the last window.
};

/// What the logger knows about itself, written with every commit.
struct LoggerHeartbeat
{
    std::int64_t pid = 0;
    TimeMs startedAt = 0;
    TimeMs committedAt = 0;
    std::int64_t recordsRead = 0; ///< Since this logger process started.
    std::int64_t rowsLogged = 0;
    std::int64_t quarantined = 0; ///< Records set aside, ever.
    std::int64_t skipped = 0;     ///< Places in the journal that could not be read, ever.
    std::int64_t future = 0; ///< Rows whose time lay ahead of the clock, ever. They are logged.
    TimeMs caughtUpAt = 0;   ///< When the journal was last seen without unread records.
};

/// A record that could not be profiled, set aside with the reason.
struct QuarantinedRecord
{
    std::int64_t id = 0;
    std::string dataset; ///< Empty when the record does not tell.
    TimeMs time = 0;     ///< The record's own.
    TimeMs noticed = 0;
    std::uint32_t lane = 0;
    std::uint64_t sequence = 0;
    std::string reason;
    std::string payload; ///< The record as text, or its bytes when it cannot be understood.
};

/// One open chunk as the logger hands it over: the chunk's own profile, and the summaries of the
/// whole window.
struct ChunkCommit
{
    std::string dataset;
    SegmentTags segment;
    Granularity granularity = Granularity::Hour;
    TimeMs start = 0;
    TimeMs end = 0;
    std::int64_t chunkId = 0; ///< 0 = new; otherwise what an earlier commit returned.
    const DatasetProfile *profile = nullptr;
    std::int64_t rows = 0;
    bool close = false; ///< The chunk is finished and goes to the outbox.
    std::vector<ColumnSummary> summaries;
};

struct CommitBatch
{
    std::vector<ChunkCommit> chunks;
    StoredCursors cursors;
    LoggerHeartbeat heartbeat;
    std::vector<QuarantinedRecord> quarantine; ///< Set aside since the last commit.
    /// Store::deletions() when the closed profiles that the summaries contain were read. Should it
    /// have grown since, nothing is committed (Busy).
    std::optional<std::int64_t> deletions;
};

/// What an open chunk looked like when it was committed last.
struct OpenChunk
{
    std::int64_t chunkId = 0;
    std::int64_t rows = 0;
    DatasetProfile profile;
};

struct ReferenceInfo
{
    std::string dataset;
    std::string name;
    TimeMs created = 0;
    std::int64_t rows = 0;
    std::string description;
    bool current = false; ///< The one that drift is judged against by default.
};

/// What scores belong together: one dataset, judged against one reference by one set of rules.
struct ScoreSet
{
    std::string dataset;
    std::string reference;
    std::string rules;
    /// Of a comparison that may never be asked again: of such sets the newest few are kept.
    bool passing = false;
};

/// A drift score of one column in one window, as charts draw it.
struct Score
{
    std::string column;
    TimeMs start = 0;
    double value = 0;
    double bandLow = 0;
    double bandHigh = 0;
    double floor = 0; ///< What no drift looks like at these sizes (95 %).
    double p = 1;
    int verdict = 0;             ///< What the judge says, in its own numbers …
    int cause = 0;               ///< … and what it rests on.
    std::int64_t n = 0;          ///< Usable values of the window.
    std::int64_t rowsScored = 0; ///< Rows the window had when it was scored; more = stale.
};

/// Something that a check found.
struct CheckFinding
{
    std::string where; ///< Of what: a window, a file, "database".
    std::string what;
    bool repaired = false;
};

struct StoreCheck
{
    std::int64_t windows = 0;
    std::int64_t chunks = 0;
    std::int64_t profiles = 0; ///< Of columns in chunks.
    std::int64_t summaries = 0;
    std::int64_t rows = 0;
    std::int64_t rollUps = 0;
    std::int64_t deleted = 0;   ///< Windows that can be restored.
    std::int64_t blobBytes = 0; ///< Compressed profiles of chunks together.
    std::vector<CheckFinding> findings;

    std::int64_t unrepaired() const;
};

/// For one thread at a time. Expected failures: Busy (locked by a stranger for 10 s), Full,
/// Corrupt.
class Store
{
public:
    enum class Access : std::uint8_t { ReadWrite, ReadOnly };

    /// Opens or creates and migrates. A damaged or foreign file is Corrupt, one of a newer version
    /// Unsupported; neither is ever changed.
    static Result<std::unique_ptr<Store>> open(const std::filesystem::path &path,
                                               Access access = Access::ReadWrite);
    ~Store();
    Store(const Store &) = delete;
    Store &operator=(const Store &) = delete;

    const std::filesystem::path &path() const;
    /// Changes whenever another connection committed something.
    std::int64_t dataVersion();
    /// Lets another thread cancel the statement that runs now.
    void interrupt();

    // -------------------------------------------------- the logger's side
    /// All or nothing. Returns the chunk ids in the order of batch.chunks.
    Result<std::vector<std::int64_t>> commit(const CommitBatch &batch);
    Result<StoredCursors> cursors();
    /// Makes everything committed so far survive a power failure, so that journal files may be
    /// deleted: in the database file, or, while a long reader prevents that, in the write-ahead
    /// log.
    Status makeDurable();
    /// The open chunk of a window, if it has one.
    Result<std::optional<OpenChunk>> openChunk(const std::string &dataset,
                                               const SegmentTags &segment, Granularity granularity,
                                               TimeMs start);
    /// Closes every open chunk (of one dataset; empty = of all), handing them to the outbox.
    Result<int> closeOpenChunks(const std::string &dataset = {});
    /// Merges finished chunks of windows that have ended, where that changes nothing for any
    /// destination: chunks that all went to the same places, or that wait for a first one. At most
    /// `limit` windows; returns how many. A merged chunk's outbox item stays, without rows.
    Result<int> compact(TimeMs now, int limit);
    /// Merges the windows of every hour, day and month that has ended into one profile each, where
    /// windows are finer and that was not done or new rows came since. At most `limit`; returns how
    /// many were looked after.
    Result<int> rollUp(TimeMs now, int limit);
    /// Deletes windows that ended before this time, but for those that are being filled or have
    /// chunks that have still to be sent. At most `limit`; returns how many. They can be restored.
    Result<int> expire(TimeMs before, TimeMs now, int limit);
    /// Removes what was deleted up to this time for good, but for what is being sent right now. At
    /// most `limit` windows; returns how many.
    Result<int> purge(TimeMs deletedUpTo, TimeMs now, int limit);
    /// How long deleted windows can be restored unless somebody purges them.
    static constexpr DurationMs kPurgeAfter = 7 * kDayMs;
    /// How often windows were deleted or restored so far; see CommitBatch.
    Result<std::int64_t> deletions();
    /// How long windows are kept, as parseDuration reads it; absent = for good.
    static constexpr const char *kRetentionSetting = "retention";
    Result<std::optional<LoggerHeartbeat>> heartbeat();
    /// Newest first.
    Result<std::vector<QuarantinedRecord>> quarantined(std::size_t limit = 1000);

    /// Reads everything: the database's own structure, every profile, and whether the summaries say
    /// what the profiles say (exact numbers exactly, estimates within the sketches' bounds). With
    /// `repair` what follows from something else is made anew: indexes, summaries, roll-ups, outbox
    /// items of finished chunks; no logger may run then. Fails only when the database cannot be
    /// read.
    Result<StoreCheck> check(bool repair);

    // -------------------------------------------------- deleting
    /// The visible windows (or the deleted ones) of a dataset that lie wholly in the range.
    Result<DeletionReport> deletable(const std::string &dataset, TimeRange range,
                                     bool deleted = false);
    /// Hides them from every answer, chart, comparison and upload until they are restored or
    /// purged; those that are being filled stay. Rows that come for a deleted window later make a
    /// new one.
    Result<DeletionReport> deleteWindows(const std::string &dataset, TimeRange range, TimeMs now);
    /// Takes deletions back. Rows that came for the same windows since are counted with them.
    Result<DeletionReport> restoreWindows(const std::string &dataset, TimeRange range);
    /// By dataset (empty = all) and start.
    Result<std::vector<DeletedWindow>> deletedWindows(const std::string &dataset);

    // -------------------------------------------------- reading
    Result<std::vector<DatasetInfo>> datasets();
    /// Windows that overlap `range`, by dataset, start and segment. Empty dataset = all.
    Result<std::vector<WindowInfo>> windows(const std::string &dataset, TimeRange range);
    /// Merge of all chunks of all windows that overlap the range; nothing when there is none. Read
    /// from roll-ups where they say the same: counts, minima, maxima and the registers of distinct
    /// values exactly, quantiles and frequent values within the sketches' bounds.
    /// `columns` empty = all. Segments are merged unless one is named.
    Result<std::optional<DatasetProfile>>
    profile(const std::string &dataset, TimeRange range,
            const std::vector<std::string> &columns = {},
            const std::optional<SegmentTags> &segment = std::nullopt);
    /// The profile of the closed chunks of one window, for continuing its summaries.
    Result<std::optional<DatasetProfile>> closedProfile(const std::string &dataset,
                                                        const SegmentTags &segment,
                                                        Granularity granularity, TimeMs start);
    /// Of one column (empty = all) in the range, by column and start; unsegmented windows only.
    Result<std::vector<ColumnSummary>> summaries(const std::string &dataset,
                                                 const std::string &column, TimeRange range);
    /// The same of one column for drawing at most about so many points: from roll-ups where there
    /// would be more windows. What is not rolled up yet, or only partly in the range, comes finer.
    Result<ColumnHistory> history(const std::string &dataset, const std::string &column,
                                  TimeRange range, std::size_t maxPoints);
    Result<std::vector<std::string>> columns(const std::string &dataset);

    // -------------------------------------------------- references, scores, settings
    Result<std::vector<ReferenceInfo>> references(const std::string &dataset);
    Result<DatasetProfile> reference(const std::string &dataset, const std::string &name);
    /// Replaces one of the same name, and forgets the scores against that; the first reference of a
    /// dataset becomes current.
    Status setReference(const std::string &dataset, const std::string &name,
                        const DatasetProfile &profile, std::int64_t rows,
                        const std::string &description, TimeMs now);
    Status makeCurrent(const std::string &dataset, const std::string &name);
    Status deleteReference(const std::string &dataset, const std::string &name);
    /// Its scores go along. AlreadyExists when the dataset has one of the new name.
    Status renameReference(const std::string &dataset, const std::string &from,
                           const std::string &to);
    /// All of a window together: what is kept of the windows named here is replaced.
    Status putScores(const ScoreSet &set, const std::vector<Score> &scores);
    /// Of windows that start in the range, by start. A window whose scores are damaged has none: they
    /// follow from its profile and can be made anew.
    Result<std::vector<Score>> scores(const ScoreSet &set, TimeRange range);
    Result<std::optional<std::string>> setting(const std::string &key);
    Status setSetting(const std::string &key, const std::string &value);
    Status removeSetting(const std::string &key);
    /// Key without the prefix → value.
    Result<std::map<std::string, std::string>> settings(const std::string &prefix);
    /// Keys of a dataset's own settings, to be followed by its name: how it is logged (see
    /// parseDatasetOptions), and the destinations its chunks go to in place of all that are
    /// enabled, separated by commas.
    static constexpr const char *kDatasetSetting = "dataset.";
    static constexpr const char *kDestinationSetting = "destination.";

    struct Impl;

private:
    friend class Outbox;
    friend class Destinations;
    explicit Store(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

/// `k=v` pairs as one text, unambiguous, the empty segment is "". For keys in tables and in JSON.
std::string segmentKey(const SegmentTags &segment);
SegmentTags parseSegmentKey(std::string_view key);

} // namespace tepal
