/// Plain values that cross from the core's threads to the user interface.
///
/// Everything here is copied or shared as `std::shared_ptr<const T>`, never mutated after it was
/// handed over. Times are UTC milliseconds (tepal/base/time.h); a missing number is NaN; texts come
/// from data or from the core and are *not* rich text: escape them before Qt interprets them.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/drift/compare.h>
#include <tepal/profile/dataset.h>

#include <QList>
#include <QMetaType>
#include <QString>
#include <QStringList>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

namespace tepal::ui {

inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// Links a question to its answer. Running number from Backend::nextGeneration(), never 0.
using Generation = quint64;

/// An expected failure as the interface shows it: a sentence and what to do next.
struct Problem
{
    ErrorCode code = ErrorCode::Internal;
    QString text; ///< Empty: no problem.
    QString next; ///< May be empty.

    explicit operator bool() const { return !text.isEmpty(); }
    static Problem fromError(const Error &error)
    {
        return {error.code, QString::fromStdString(error.message),
                QString::fromStdString(error.next)};
    }
    bool operator==(const Problem &) const = default;
};

/// An answer to an asynchronous question: a value or a problem, never both, never neither.
template <typename T>
struct Answer
{
    Generation generation = 0;
    std::shared_ptr<const T> value;
    Problem problem;

    explicit operator bool() const { return value != nullptr; }
};

/// Result of comparing a column with its reference, in the order of severity.
using Verdict = drift::Verdict;

/// Rows that are profiled apart: columns with their values.
using Segment = SegmentTags;
/// "country=CH", as the command line writes and reads it too.
QString segmentText(const Segment &segment);

/// Rows of a dataset.
struct Slice
{
    QString dataset;
    TimeRange range;
    std::optional<Segment> segment; ///< Nothing: of all segments.

    bool operator==(const Slice &) const = default;
};

/// A range that moves with the one it is compared with: `size` long, it ends `offset` before that
/// one begins. Size 0: as long as that one.
struct Trailing
{
    DurationMs size = 0;
    DurationMs offset = 0;

    bool operator==(const Trailing &) const = default;
};

/// What a comparison is made against, side B; the first that is set.
struct Against
{
    QString reference; ///< Nothing else is set: a stored reference; empty: the current one.
    std::optional<TimeRange> range;   ///< Another range of the dataset.
    std::optional<Trailing> trailing; ///< Becomes a range before a question is asked: sideB().
    std::optional<Segment> segment;   ///< Of that range; alone: of the range on side A.
    QString file;                     ///< A profile file.

    bool isReference() const { return !range && !trailing && !segment && file.isEmpty(); }
    bool operator==(const Against &) const = default;
};

/// The range on side B to this range on side A, on whole windows; nothing where it is none.
std::optional<TimeRange> rangeOf(const Against &against, TimeRange sideA, Granularity granularity);

// ---------------------------------------------------------------- endpoint

enum class EndpointPhase : std::uint8_t {
    Stopped,
    Starting,
    Serving,
    Attached, ///< Served by another process (`tepal serve`) of the same home directory.
    Stopping,
    Failed,
};

struct EndpointState
{
    EndpointPhase phase = EndpointPhase::Stopped;
    QString host = QStringLiteral("127.0.0.1");
    int port = 0;       ///< 0: not bound.
    QString url;        ///< "http://127.0.0.1:3000", empty unless answering.
    QString predictUrl; ///< Full address of the prediction route, empty unless answering.
    QString modelTag;   ///< Empty: nothing chosen.
    QString dataset;    ///< Where its records go.
    bool loopbackOnly = true;
    TimeMs since = 0; ///< Start of the present phase.
    Problem problem;  ///< Set when phase is Failed.

    bool isAnswering() const
    {
        return phase == EndpointPhase::Serving || phase == EndpointPhase::Attached;
    }
};

struct EndpointOptions
{
    QString modelTag; ///< Empty: the newest model.
    QString host = QStringLiteral("127.0.0.1");
    int port = 3000; ///< 0: any free port.
};

/// One second of traffic. Latencies are NaN in a second without answers.
struct StatsSecond
{
    TimeMs second = 0;
    double requests = 0;
    double p50Ms = kMissing;
    double p95Ms = kMissing;
    double p99Ms = kMissing;
    double errors = 0;
    QList<double> byClass; ///< Answers per class, parallel to LiveStats::classes.
};

/// The last five minutes, oldest second first. A missing second means: the endpoint was down.
struct LiveStats
{
    QStringList classes;
    QList<StatsSecond> seconds;
    double requestsPerSecond = kMissing; ///< Mean of the last ten seconds.
    double p50Ms = kMissing;             ///< Over the last minute, as are the next two.
    double p95Ms = kMissing;
    double p99Ms = kMissing;
    double errors = 0; ///< In the five minutes.
    qint64 totalRequests = 0;
    QStringList refused; ///< Why requests were turned away since the start, a sentence each.
    TimeRange window;    ///< The profile window now filling.
    qint64 windowRows = 0;
    TimeMs asOf = 0;
};

struct RequestRow
{
    QString id;
    TimeMs time = 0;
    QList<double> features; ///< Parallel to ModelSchema::features.
    QString predictedClass; ///< Empty when the request failed.
    double probability = kMissing;
    int status = 200;
    double durationMs = kMissing;
};

struct FeatureSpec
{
    QString name;
    QString unit;          ///< "cm" or empty.
    QString referenceName; ///< Empty: no reference, the numbers below are NaN.
    double min = kMissing;
    double q05 = kMissing;
    double q25 = kMissing;
    double q50 = kMissing;
    double q75 = kMissing;
    double q95 = kMissing;
    double max = kMissing;
    double mean = kMissing;
    double stddev = kMissing;
};

/// What the served model takes and returns.
struct ModelSchema
{
    QString modelTag;
    QList<FeatureSpec> features;
    QStringList classes;
};

struct Prediction
{
    QString requestId;
    QString predictedClass;
    QStringList classes;
    QList<double> probabilities; ///< Parallel to classes; empty if the model gives none.
    QString explanation;         ///< "5 of 5 neighbours"; may be empty.
    double durationMs = kMissing;
    int status = 0;
};

// ---------------------------------------------------------------- logger and store

enum class LoggerPhase : std::uint8_t { Off, Starting, Running, Restarting, Failed };

struct LoggerState
{
    LoggerPhase phase = LoggerPhase::Off;
    bool thread = false; ///< Runs inside this process instead of as a child.
    qint64 lagRecords = 0;
    double lagSeconds = 0;
    TimeMs lastCommit = 0; ///< 0: never.
    int restarts = 0;
    qint64 dropped = 0;
    qint64 quarantined = 0;
    Problem problem;
};

struct StoreState
{
    QString home;
    qint64 bytes = 0;
    bool readOnly = false;
    DurationMs keep = 0;       ///< Older windows are deleted; 0: none are.
    qint64 deletedWindows = 0; ///< Can still be restored.
    qint64 deletedRows = 0;
    Problem problem;
};

struct DatasetInfo
{
    QString id;
    qint64 rows = 0;
    TimeRange range; ///< First window's start to last window's end.
    Granularity granularity = Granularity::Hour;
    QString reference;       ///< Name of the current reference, empty: none.
    QList<Segment> segments; ///< Empty: it is not profiled apart.
};

struct ReferenceInfo
{
    QString name;
    qint64 rows = 0;
    TimeMs created = 0;
    QString source; ///< "training data", "windows 2026-…", "file x.bin".
    bool current = false;

    bool operator==(const ReferenceInfo &) const = default;
};

// ---------------------------------------------------------------- models

struct ModelInfo
{
    QString tag; ///< `name:version`
    QString kind;
    QString takes;   ///< "4 features → 3 classes"
    QString dataset; ///< Where its rows go.
    TimeMs created = 0;
    qint64 bytes = 0;
    qint64 rows = 0;
    double accuracy = kMissing;
    QString accuracyMethod; ///< "leave-one-out"
    QString reference;
    QString rollout; ///< Its part in one that is under way: "10 % of requests", "in the shadow".
    bool serving = false;
    bool latest = false;
};

// ---------------------------------------------------------------- simulation

struct Scenario
{
    QString id;
    QString name;
    QString description; ///< What it changes, in one sentence.
};

struct SimulationOptions
{
    QString scenario;
    double rate = 50; ///< Requests per second.
    quint64 seed = 1;
    double durationSeconds = 0; ///< 0: until stopped.
};

struct SimulationState
{
    bool running = false;
    SimulationOptions options;
    double achievedRate = kMissing;
    qint64 sent = 0;
    qint64 failed = 0;
    TimeMs since = 0;
    QString phaseText; ///< "petal width + 0.4 since 14:02", empty: nothing injected yet.
    Problem problem;
};

// ---------------------------------------------------------------- jobs and notices

enum class JobPhase : std::uint8_t { Running, Cancelling, Done, Failed, Cancelled };

struct JobInfo
{
    quint64 id = 0;
    QString title;
    QString detail;       ///< "612 k rows/s, 4 s left"; may be empty.
    double progress = -1; ///< 0–1, negative: total unknown.
    JobPhase phase = JobPhase::Running;
    bool cancellable = false;
    TimeMs started = 0;
    Problem problem;

    bool isActive() const { return phase == JobPhase::Running || phase == JobPhase::Cancelling; }
};

enum class NoticeLevel : std::uint8_t { Info, Success, Warning, Error };

/// A message the user should see. The same key again updates the shown one and counts up.
struct Notice
{
    QString key;
    NoticeLevel level = NoticeLevel::Info;
    QString text;
    QString next;
    QString actionId; ///< An id of the action registry, empty: no button.
    QString actionText;
    bool passing = false; ///< Goes by itself after five seconds.
};

} // namespace tepal::ui
