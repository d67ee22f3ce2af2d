/// Values about what leaves the machine.
#pragma once

#include "ui/backend/values.h"

#include <QHash>

namespace tepal::ui {

enum class DestinationPhase : std::uint8_t {
    NotConfigured,
    Unknown,     ///< Configured, nothing has been sent there yet.
    Reachable,   ///< What was sent last arrived.
    Unreachable, ///< Busy, in trouble, or nobody answers: asked again at `nextTry`.
    Denied,      ///< It lets nobody in until settings or keys change.
};

struct Destination
{
    QString id;           ///< Its name in the home, e.g. "whylabs".
    QString kind;         ///< As the registry of kinds names it.
    QString name;         ///< For people.
    QString summary;      ///< What its kind is.
    QString target;       ///< Folder, bucket or address; never a secret.
    bool stored = false;  ///< Set up in this home; otherwise it is what could be.
    bool enabled = false; ///< Finished chunks go there by themselves.
    bool paused = false;  ///< … but not now.
    DestinationPhase phase = DestinationPhase::NotConfigured;
    QString stateText; ///< What is wrong, or missing.
    QString next;      ///< Next step when something is wrong.
    TimeMs nextTry = 0;
    qint64 waiting = 0;
    qint64 failed = 0;
    qint64 asks = 0;
    qint64 sent = 0;
    TimeMs oldest = 0; ///< Start of the oldest waiting window.
    TimeMs lastSuccess = 0;

    bool isConfigured() const { return phase != DestinationPhase::NotConfigured; }
};

struct DestinationField
{
    enum class Kind : std::uint8_t { Text, Folder, File, Toggle, Secret, Choice };

    QString key;
    QString label;
    QString help;
    QString placeholder;
    QString value; ///< Always empty for secrets; "yes"/"no" for toggles.
    QStringList choices;
    Kind kind = Kind::Text;
    bool required = false;
    bool secretStored = false; ///< A secret is in the keychain or environment.
};

struct DestinationSettings
{
    QString id;
    bool enabled = false;
    qint64 stored = 0; ///< Finished pieces that it has not got.
    QString segments;  ///< The only ones it takes, as one types them; empty: all.
    /// What is taken out, as one types it, by dataset; under "" for every one.
    QHash<QString, QString> redaction;
    QStringList datasets; ///< That there are.
    QList<DestinationField> fields;
};

/// What to save. A secret that is absent stays as it is; an empty one is removed.
struct DestinationChange
{
    QString id;
    bool enabled = true;
    /// With a destination that was not enabled before: also what is stored already.
    bool everything = false;
    QString segments;
    QHash<QString, QString> redaction; ///< Datasets that are left out keep theirs.
    QHash<QString, QString> values;
    QHash<QString, QString> secrets;
};

struct DestinationTest
{
    QString id;
    bool ok = false;
    QString text; ///< A sentence for each step that was tried.
    QString next;
};

enum class OutboxPhase : std::uint8_t {
    Waiting,
    Sending,
    Sent,
    Retrying,
    Failed,
    Asks, ///< It may have arrived; somebody has to say whether it is sent again.
};

/// Of the whole outbox.
struct OutboxTotals
{
    qint64 waiting = 0;
    qint64 failed = 0;
    qint64 asks = 0;
    qint64 sent = 0;
};

struct OutboxItem
{
    qint64 id = 0;
    QString dataset;
    QString subject; ///< Segment, or name of a reference or file.
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

/// What a dry run would send: one file to one destination.
struct PlannedUpload
{
    qint64 item = 0;     ///< Of the outbox; 0: not there yet.
    qint64 chunk = 0;    ///< Which piece it is then.
    QString destination; ///< Destination::id
    QString dataset;
    QString subject;
    TimeRange window;
    qint64 rows = 0;
    qint64 bytes = 0;
    QString objectName;
    QString redacted; ///< What rules would take out.
    int risks = 0;
    Problem problem; ///< Why it could not be sent as things are.
};

struct UploadReport
{
    bool dryRun = false;
    QList<PlannedUpload> planned; ///< Of a dry run.
    /// Of a dry run: rules that no column met, as text. Maybe a name was spelled wrongly.
    QStringList unmatched;
    QStringList unseenSegments; ///< … and segments that no window is of.
    int items = 0;
    qint64 bytes = 0;
    int failed = 0;  ///< Did not arrive, for whatever reason.
    QString text;    ///< One sentence: what was sent, or would be.
    Problem problem; ///< Why the rest was not.
};

} // namespace tepal::ui
