/// What the files of this room share. Internal.
#pragma once

#include "kept_list.h"
#include "kept_profiles.h"
#include "sqlite.h"

#include <tepal/store/commit_batch.h>
#include <tepal/store/scores.h>
#include <tepal/store/store.h>
#include <tepal/store/summary.h>
#include <tepal/store/window_info.h>

#include <array>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace tepal {

/// Creates or migrates the schema; refuses newer and foreign files.
Status migrate(sqlite3 *db, bool readOnly);

/// zstd levels: what is written every second is written fast, what stays is written small.
inline constexpr int kOpenLevel = -1;
inline constexpr int kArchiveLevel = 3;
/// zstd; the original size is in the frame.
std::string compressBlob(std::string_view bytes, int level = kArchiveLevel);
/// Corrupt when the frame is damaged or claims more than `maxBytes`.
Result<std::string> decompressBlob(std::string_view blob,
                                   std::size_t maxBytes = std::size_t{1} << 28);

inline constexpr std::size_t kMaxProfileBytes = std::size_t{1} << 28;

/// Compresses column profiles with a zstd dictionary of their dataset, which halves them and costs
/// less time than doing without. Each dataset's is made once there are profiles to learn from;
/// what was written before needs none. For one connection and its thread.
class ProfileCodec
{
public:
    ProfileCodec();
    ~ProfileCodec();

    /// `level` counts while there is no dictionary.
    Result<std::string> compress(sqlite3 *db, std::int64_t dataset, std::string_view bytes,
                                 int level);
    Result<std::string> decompress(sqlite3 *db, std::string_view blob);
    /// Makes the dataset's dictionary if it is time; in a transaction that wrote so many profiles.
    Status learn(sqlite3 *db, std::int64_t dataset, std::size_t written);
    /// To be called when a transaction that may have learned is rolled back.
    void forget();

private:
    struct Dictionary;
    Status load(sqlite3 *db);
    void add(std::int64_t id, std::int64_t dataset, std::string_view content);

    std::map<std::int64_t, std::unique_ptr<Dictionary>> m_dictionaries;
    std::map<std::int64_t, const Dictionary *> m_ofDataset; ///< The one to write with.
    std::map<std::int64_t, std::size_t> m_written;          ///< Since it was thought of.
    bool m_loaded = false;
};

/// The figures of a summary in the order in which Store::Impl::readFigures takes them.
#define TEPAL_SUMMARY_FIGURES                                                                      \
    "kind, n, nulls, mean, stddev, min, q05, q25, median, q75, q95, max,"                          \
    " distinct_est, distinct_lower, distinct_upper, top_value, top_count"

inline constexpr Granularity kFinestRollUp = Granularity::Hour;
inline constexpr Granularity kCoarsestRollUp = Granularity::Month;

/// Notes which roll-ups no longer say what the windows say. For one transaction, so that windows
/// of the same interval are noted once.
class RollUpMarks
{
public:
    explicit RollUpMarks(sqlite3 *db);
    /// To be called in the transaction that adds to, changes or removes such a window.
    Status outdate(std::int64_t datasetId, Granularity granularity, TimeMs start);

private:
    sqlite::Statement m_mark;
    sqlite3 *m_db;
    std::set<std::tuple<std::int64_t, Granularity, TimeMs>> m_done;
};

/// An interval that is rolled up.
struct RollUp
{
    std::int64_t id = 0;
    std::int64_t dataset = 0;
    Granularity granularity = Granularity::Hour;
    TimeRange range;
};

/// Of a row of id, dataset_id, granularity, start, end.
RollUp readRollUp(const sqlite::Statement &row);

/// What a range is put together from: a chunk, or a segment of a roll-up.
struct RangePart
{
    bool rolledUp = false;
    std::int64_t id = 0; ///< Of the chunk or the roll-up.
    std::string segment;
    TimeMs start = 0; ///< Of its first window.
    TimeMs created = 0;
};

/// The times of a range for which nothing has been found yet.
class Gaps
{
public:
    explicit Gaps(TimeRange whole) { m_gaps.emplace(whole.start, whole.end); }
    /// Whether all of `piece` was missing; it no longer is.
    bool take(TimeRange piece);
    const std::map<TimeMs, TimeMs> &all() const { return m_gaps; }

private:
    std::map<TimeMs, TimeMs> m_gaps; ///< Start → end.
};

/// Names the first number of a stored summary that the profile does not confirm: exact ones
/// exactly, estimates within the sketches' bounds. Empty = none.
std::string disagreement(const ColumnSummary &stored, const ColumnProfile &column);

/// Of a row of name of the dataset, segment, granularity, start, end, rows; `open` is not set.
WindowInfo readWindowInfo(const sqlite::Statement &row);
/// For json_each: a list of any length in one parameter.
std::string jsonList(const std::vector<std::int64_t> &ids);

/// Of the chunks of one window in one state: id, rows, start of the window, when it was created.
inline constexpr const char *kChunksOfWindow =
    "SELECT c.id, c.rows, w.start, c.created FROM chunk c JOIN window w ON w.id = c.window_id"
    " JOIN dataset d ON d.id = w.dataset_id WHERE d.name = ? AND w.segment = ?"
    " AND w.granularity = ? AND w.start = ? AND c.state = ?";

/// Summaries of windows, and of roll-ups.
enum class SummaryTable : std::uint8_t { Windows, RollUps };

struct Store::Impl
{
    struct Closer
    {
        void operator()(sqlite3 *handle) const { sqlite3_close_v2(handle); }
    };
    std::unique_ptr<sqlite3, Closer> db;
    std::filesystem::path path;
    /// Row ids by name, so that a commit does not look them up again. Cleared on a roll-back.
    std::unordered_map<std::string, std::int64_t> datasetIds;
    std::unordered_map<std::string, std::int64_t> columnIds;
    ProfileCodec codec;
    KeptList<std::string, WindowInfo> keptWindows;          ///< By dataset.
    KeptList<std::array<std::string, 3>, Score> keptScores; ///< By dataset, reference, rules.
    KeptProfiles<RangeKey> keptRanges;
    KeptProfiles<PartKey> keptParts;
    /// Of the data: changes with every commit of another connection, and with every change by this.
    std::pair<std::int64_t, std::int64_t> version();

    sqlite::Statement prepare(const char *sql) const { return {db.get(), sql}; }
    /// For what every commit does: prepared once. `sql` is a literal; one user at a time.
    sqlite::Statement &prepared(const char *sql)
    {
        const auto [it, added] = statements.try_emplace(sql);
        if (added)
            it->second = prepare(sql);
        else
            it->second.reset();
        return it->second;
    }
    std::unordered_map<const void *, sqlite::Statement> statements;

    Result<std::int64_t> datasetId(const std::string &name);
    Result<std::int64_t> columnId(std::int64_t dataset, const std::string &name);
    Status writeChunkColumns(std::int64_t chunkId, std::int64_t datasetId,
                             const DatasetProfile &profile, int level);
    /// Fills what TEPAL_SUMMARY_FIGURES selects; `first` is where it begins in the row.
    static void readFigures(const sqlite::Statement &statement, int first, ColumnSummary &s);
    /// 0 when there is none of this name; nothing is added.
    Result<std::int64_t> findDataset(const std::string &name);
    Result<std::int64_t> findColumn(std::int64_t datasetId, const std::string &name);
    /// The largest roll-ups that lie wholly in the range and the chunks of windows that overlap the
    /// rest of it; in a transaction, so that the parts belong together. Only windows and roll-ups
    /// finer than `below` are looked at.
    Result<std::vector<RangePart>> partsOf(std::int64_t datasetId, TimeRange range,
                                           Granularity below, const std::string *segment);
    /// Merges the part's columns; `only` empty = all.
    Status readPart(const RangePart &part, const std::vector<std::int64_t> &only,
                    DatasetProfile &into);
    /// What Windows::profile() says where nothing is kept.
    Result<std::shared_ptr<const DatasetProfile>> mergeRange(const RangeKey &key);
    /// Merges all columns of the part, which may be kept.
    Status mergePart(const RangePart &part, const KeptProfiles<PartKey>::Version &version,
                     DatasetProfile &into);
    /// What the windows of a roll-up's interval, or finer roll-ups, say together; by segment.
    struct Segment
    {
        TimeMs first = 0;
        TimeMs created = 0;
        DatasetProfile profile;
    };
    Result<std::map<std::string, Segment>> mergeInterval(const RollUp &rollUp,
                                                         std::size_t &distinctStarts);
    /// Makes a roll-up that has nothing yet. In a transaction.
    Status makeRollUp(const RollUp &rollUp);
    /// What Deletions::count() says.
    Result<std::int64_t> deletionCount();
    Status remakeRollUp(const RollUp &rollUp);
    Status runFor(const char *sql, std::int64_t id);
    Status writeSummary(SummaryTable table, std::int64_t columnId, Granularity granularity,
                        TimeRange range, std::string_view segment, const ColumnSummary &summary);
    Status writeSummaries(std::int64_t datasetId, const ChunkCommit &chunk);
    Status readChunkColumns(std::int64_t chunkId, const std::vector<std::string> &only,
                            DatasetProfile &into);
    /// Adds a stored column profile to `into`. Corrupt when it cannot be read.
    Status mergeBlob(std::string_view name, std::string_view blob, DatasetProfile &into);
    Status closeChunk(std::int64_t chunkId, TimeMs now);
    /// Gives a finished chunk its items: one for each destination that is enabled and takes it, or
    /// one that waits for a destination.
    Status addToOutbox(std::int64_t chunkId, TimeMs now);
    Status forceCommits(bool force);
    bool commitsForced = false;
};

} // namespace tepal
