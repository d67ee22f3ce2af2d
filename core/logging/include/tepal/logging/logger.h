/// The rolling logger's loop: journal records in, committed windows out.
#pragma once

#include <tepal/base/clock.h>
#include <tepal/base/paths.h>
#include <tepal/base/result.h>
#include <tepal/base/time.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

/// Which metrics a dataset's columns keep beside counts and types. What its schema leaves out is
/// left out besides.
struct MetricChoice
{
    bool distribution = true;
    bool cardinality = true;
    bool frequentItems = true;
    bool ints = true;

    bool operator==(const MetricChoice &) const = default;
};

/// How one dataset is logged.
struct DatasetOptions
{
    Granularity aggregateBy = Granularity::Hour;
    /// A profile per distinct combination of these columns' values; empty = one profile.
    std::vector<std::string> segmentBy;
    /// In place of LoggerOptions::writeEvery.
    std::optional<DurationMs> writeEvery;
    MetricChoice metrics;

    bool operator==(const DatasetOptions &) const = default;
};

/// `aggregate-by=day,segment-by=region+tier,write-every=1h,metrics=distribution+cardinality`, each
/// part optional; what is left out is taken from `defaults`. Metrics are distribution, cardinality,
/// frequent-items, ints, or all or counts alone. InvalidArgument names the part.
Result<DatasetOptions> parseDatasetOptions(std::string_view text,
                                           const DatasetOptions &defaults = {});
/// What parseDatasetOptions reads back, but for column names that contain `+` or `,`.
std::string formatDatasetOptions(const DatasetOptions &options);

/// Settings of a home that say what is tracked about columns, as parseSchema reads it: this and a
/// dataset's name for its own, the other for all datasets without. A logger reads them whenever a
/// dataset begins a chunk, so that a change needs no restart and every chunk has one schema. One
/// that cannot be read is told in the log, and the dataset is logged without.
inline constexpr const char *kSchemaSetting = "schema.";
inline constexpr const char *kDefaultSchemaSetting = "schema";

struct LoggerOptions
{
    DatasetOptions defaults;
    std::map<std::string, DatasetOptions> datasets;
    /// Finished pieces go to the outbox at multiples of this (UTC, so without drift and without
    /// daylight saving). 0 = only when the logger closes.
    DurationMs writeEvery = 10 * kMinuteMs;
    DurationMs commitEvery = kSecondMs;
};

/// As texts, for passing to another process: "--aggregate-by", "hour", ….
std::vector<std::string> loggerArguments(const LoggerOptions &options);
/// Reads what loggerArguments wrote; unknown arguments are InvalidArgument.
Result<LoggerOptions> parseLoggerArguments(const std::vector<std::string> &arguments);

/// What a logger knows about itself after a commit.
struct LoggerReport
{
    std::uint64_t records = 0; ///< Read since it started.
    std::uint64_t rows = 0;
    std::uint64_t lagRecords = 0;
    std::uint64_t lagBytes = 0;
    TimeMs lagOldest = 0; ///< Time stamp of the oldest unread record, 0 = none.
    TimeMs committed = 0;
    std::uint64_t skipped = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t future = 0; ///< Rows whose time lay ahead of the clock, ever.
    DurationMs lagMs = 0;     ///< At most so long ago was the oldest unread record appended.
};

/// LoggerReport::lagMs from what can be known: number of unread records, time stamp of the oldest,
/// a time before which it was not appended, and when nothing was unread the last time.
DurationMs lagTime(std::uint64_t records, std::optional<TimeMs> oldest,
                   std::optional<TimeMs> notBefore, TimeMs caughtUpAt, TimeMs now);

/// One thread uses it. The home's database and journal are opened by open(); only one logger may be
/// open per home (lock file).
class Logger
{
public:
    /// Busy when another logger is open. Chunks that an earlier logger left open are closed.
    static Result<std::unique_ptr<Logger>> open(const Home &home, const LoggerOptions &options,
                                                const Clock &clock = SystemClock::instance());
    ~Logger();
    Logger(const Logger &) = delete;
    Logger &operator=(const Logger &) = delete;

    /// Reads up to `maxRecords` or some 100,000 rows; returns how many records. Commits by itself
    /// when the schedule says so or when many windows are waiting.
    Result<std::size_t> work(std::size_t maxRecords = 20'000);
    /// Commits what was read; with `closeChunks` also hands every open chunk to the outbox.
    Status commit(bool closeChunks);
    /// Reads until nothing is left, then commits.
    Status drain(bool closeChunks);
    /// Costs a look into the journal's directory.
    LoggerReport report();
    /// Time of the last commit, 0 before the first. Costs nothing.
    TimeMs committedAt() const;

private:
    struct Impl;
    explicit Logger(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace tepal
