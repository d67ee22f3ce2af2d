/// Values about what leaves the machine.
#pragma once

#include "ui/backend/values.h"

#include <QHash>

namespace tepal::ui {

enum class DestinationKind : std::uint8_t { WhyLabs, Folder, S3, MLflow, HttpPut };

enum class DestinationPhase : std::uint8_t {
    NotConfigured,
    Unknown, ///< Configured, never tried.
    Reachable,
    Unreachable,
    Denied,
};

struct Destination
{
    QString id; ///< Stable, e.g. "whylabs".
    DestinationKind kind = DestinationKind::Folder;
    QString name;
    QString target;       ///< Folder, bucket or address; never a secret.
    bool enabled = false; ///< Finished chunks go there on schedule.
    DestinationPhase phase = DestinationPhase::NotConfigured;
    QString stateText; ///< "unreachable since 13:02, next try in 40 s"
    QString next;      ///< Next step when something is wrong.
    qint64 waiting = 0;
    TimeMs lastSuccess = 0;

    bool isConfigured() const { return phase != DestinationPhase::NotConfigured; }
};

struct DestinationField
{
    enum class Kind : std::uint8_t { Text, Folder, File, Toggle, Secret };

    QString key;
    QString label;
    QString help;
    QString placeholder;
    QString value; ///< Always empty for secrets; "true"/"false" for toggles.
    Kind kind = Kind::Text;
    bool required = false;
    bool secretStored = false; ///< A secret is in the keychain or environment.
};

struct DestinationSettings
{
    QString id;
    QList<DestinationField> fields;
};

/// What to save. A secret that is absent stays as it is; an empty one is removed.
struct DestinationChange
{
    QString id;
    bool enabled = true;
    QHash<QString, QString> values;
    QHash<QString, QString> secrets;
};

struct DestinationTest
{
    QString id;
    bool ok = false;
    QString text; ///< One sentence.
    QString next;
};

enum class OutboxPhase : std::uint8_t { Waiting, Sending, Sent, Retrying, Failed };

struct OutboxItem
{
    qint64 id = 0;
    QString dataset;
    TimeRange window;
    qint64 rows = 0;
    qint64 bytes = 0;
    QString destination; ///< Destination::id
    QString destinationName;
    OutboxPhase phase = OutboxPhase::Waiting;
    int attempts = 0;
    TimeMs updated = 0;
    TimeMs nextTry = 0; ///< 0: no try planned.
    QString objectName; ///< File, key or id at the destination, once known.
    Problem problem;
};

struct UploadRequest
{
    QString destination; ///< Empty: every enabled one.
    QString dataset;
    std::optional<TimeRange> range; ///< Nothing: whatever waits in the outbox.
    bool dryRun = false;
};

struct UploadReport
{
    bool dryRun = false;
    int items = 0;
    qint64 bytes = 0;
    int failed = 0;
    QString text; ///< One sentence: what was sent where, or would be.
};

} // namespace tepal::ui
