#include "store_impl.h"

#include <fmt/format.h>

#include <iterator>

namespace tepal {
namespace {

constexpr std::int64_t kApplicationId = 0x5450414C; // "TPAL"
constexpr std::int64_t kVersion = 8;

/// Version 1. Times are milliseconds UTC; granularities are the integers of base/time.h; segments
/// are the texts of segmentKey().
constexpr const char *kSchema1 = R"sql(
CREATE TABLE dataset(
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE column_name(
    id INTEGER PRIMARY KEY,
    dataset_id INTEGER NOT NULL REFERENCES dataset(id),
    name TEXT NOT NULL,
    UNIQUE(dataset_id, name)
) STRICT;
CREATE TABLE window(
    id INTEGER PRIMARY KEY,
    dataset_id INTEGER NOT NULL REFERENCES dataset(id),
    segment TEXT NOT NULL,
    granularity INTEGER NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    UNIQUE(dataset_id, start, granularity, segment)
) STRICT;
-- state: 0 open (at most one per window), 1 closed.
CREATE TABLE chunk(
    id INTEGER PRIMARY KEY,
    window_id INTEGER NOT NULL REFERENCES window(id),
    state INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    created INTEGER NOT NULL,
    closed INTEGER
) STRICT;
CREATE INDEX chunk_by_window ON chunk(window_id);
CREATE UNIQUE INDEX chunk_open ON chunk(window_id) WHERE state = 0;
CREATE TABLE chunk_column(
    chunk_id INTEGER NOT NULL REFERENCES chunk(id),
    column_id INTEGER NOT NULL REFERENCES column_name(id),
    profile BLOB NOT NULL,
    PRIMARY KEY(chunk_id, column_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE summary(
    column_id INTEGER NOT NULL REFERENCES column_name(id),
    granularity INTEGER NOT NULL,
    start INTEGER NOT NULL,
    segment TEXT NOT NULL,
    end INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    n INTEGER NOT NULL,
    nulls INTEGER NOT NULL,
    mean REAL, stddev REAL, min REAL, q05 REAL, q25 REAL, median REAL, q75 REAL, q95 REAL, max REAL,
    distinct_est REAL, distinct_lower REAL, distinct_upper REAL,
    top_value TEXT NOT NULL,
    top_count INTEGER NOT NULL,
    PRIMARY KEY(column_id, granularity, start, segment)
) STRICT, WITHOUT ROWID;
CREATE TABLE journal_cursor(
    lane INTEGER PRIMARY KEY,
    segment INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    sequence INTEGER NOT NULL
) STRICT;
CREATE TABLE logger(
    id INTEGER PRIMARY KEY CHECK(id = 1),
    pid INTEGER NOT NULL,
    started INTEGER NOT NULL,
    committed INTEGER NOT NULL,
    records INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    skipped INTEGER NOT NULL
) STRICT;
CREATE TABLE quarantine(
    id INTEGER PRIMARY KEY,
    dataset TEXT NOT NULL,
    time INTEGER NOT NULL,
    reason TEXT NOT NULL,
    payload BLOB NOT NULL
) STRICT;
CREATE TABLE reference(
    id INTEGER PRIMARY KEY,
    dataset TEXT NOT NULL,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    description TEXT NOT NULL,
    current INTEGER NOT NULL,
    profile BLOB NOT NULL,
    UNIQUE(dataset, name)
) STRICT;
CREATE TABLE score(
    dataset TEXT NOT NULL,
    reference TEXT NOT NULL,
    measure TEXT NOT NULL,
    column_name TEXT NOT NULL,
    start INTEGER NOT NULL,
    value REAL, band_low REAL, band_high REAL, floor REAL, p REAL,
    verdict TEXT NOT NULL,
    n INTEGER NOT NULL,
    rows_scored INTEGER NOT NULL,
    PRIMARY KEY(dataset, reference, measure, start, column_name)
) STRICT, WITHOUT ROWID;
CREATE TABLE setting(
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox(
    id INTEGER PRIMARY KEY,
    chunk_id INTEGER NOT NULL REFERENCES chunk(id),
    destination TEXT NOT NULL,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    upload_url TEXT NOT NULL DEFAULT '',
    sha256 TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    next_step TEXT NOT NULL DEFAULT '',
    updated INTEGER NOT NULL,
    UNIQUE(chunk_id, destination)
) STRICT;
CREATE INDEX outbox_by_state ON outbox(state, next_try);
)sql";

/// Version 2: what the logger can say about itself, where a record that was set aside came from,
/// and chunk state 2 (its profile has been merged into an earlier chunk; the row stays for the
/// outbox).
constexpr const char *kSchema2 = R"sql(
ALTER TABLE logger ADD COLUMN future INTEGER NOT NULL DEFAULT 0;
ALTER TABLE logger ADD COLUMN caught_up INTEGER NOT NULL DEFAULT 0;
ALTER TABLE quarantine ADD COLUMN lane INTEGER NOT NULL DEFAULT 0;
ALTER TABLE quarantine ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE quarantine ADD COLUMN noticed INTEGER NOT NULL DEFAULT 0;
)sql";

/// Version 3: roll-ups. A roll-up stands for an interval of the calendar (hour, day or month) in
/// which windows finer than it begin; state: 0 to be made, 1 made, 2 left to the windows (there is
/// only one, or one that cannot be read). Only a made one has segments, columns and summaries, and
/// what is made says exactly what the windows say: whoever changes a window makes it 0 again in
/// the same transaction.
constexpr const char *kSchema3 = R"sql(
CREATE TABLE rollup(
    id INTEGER PRIMARY KEY,
    dataset_id INTEGER NOT NULL REFERENCES dataset(id),
    granularity INTEGER NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    state INTEGER NOT NULL,
    UNIQUE(dataset_id, granularity, start)
) STRICT;
CREATE INDEX rollup_due ON rollup(granularity, start) WHERE state = 0;
-- first: start of the first window; created: of its first chunk.
CREATE TABLE rollup_segment(
    rollup_id INTEGER NOT NULL REFERENCES rollup(id),
    segment TEXT NOT NULL,
    first INTEGER NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY(rollup_id, segment)
) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_column(
    rollup_id INTEGER NOT NULL REFERENCES rollup(id),
    column_id INTEGER NOT NULL REFERENCES column_name(id),
    segment TEXT NOT NULL,
    profile BLOB NOT NULL,
    PRIMARY KEY(rollup_id, column_id, segment)
) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_summary(
    column_id INTEGER NOT NULL REFERENCES column_name(id),
    granularity INTEGER NOT NULL,
    start INTEGER NOT NULL,
    segment TEXT NOT NULL,
    end INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    n INTEGER NOT NULL,
    nulls INTEGER NOT NULL,
    mean REAL, stddev REAL, min REAL, q05 REAL, q25 REAL, median REAL, q75 REAL, q95 REAL, max REAL,
    distinct_est REAL, distinct_lower REAL, distinct_upper REAL,
    top_value TEXT NOT NULL,
    top_count INTEGER NOT NULL,
    PRIMARY KEY(column_id, granularity, start, segment)
) STRICT, WITHOUT ROWID;
)sql";

/// The roll-ups that windows of earlier versions ask for.
Status addDueRollUps(sqlite3 *db)
{
    auto windows = sqlite::Statement(db, "SELECT DISTINCT dataset_id, granularity, start"
                                         " FROM window ORDER BY dataset_id, start");
    RollUpMarks marks(db);
    return windows.forEachRow([&](const sqlite::Statement &row) {
        return marks.outdate(row.integer(0), static_cast<Granularity>(row.integer(1)),
                             row.integer(2));
    });
}

/// Version 4: what the profiles of a dataset have in common, for zstd; `id` is the one that the
/// compressed profiles name. A dictionary is never changed or removed while profiles name it.
constexpr const char *kSchema4 = R"sql(
CREATE TABLE dictionary(
    id INTEGER PRIMARY KEY,
    dataset_id INTEGER NOT NULL REFERENCES dataset(id),
    content BLOB NOT NULL
) STRICT;
)sql";

/// Version 5: deleted windows are hidden before they are gone. Everything reads the view, which
/// knows the visible ones only; there may be several deleted ones of the same time. `deletions`
/// counts how often windows were deleted or restored, for who keeps what it read of them.
constexpr const char *kSchema5 = R"sql(
ALTER TABLE window RENAME TO stored_window;
CREATE TABLE window_5(
    id INTEGER PRIMARY KEY,
    dataset_id INTEGER NOT NULL REFERENCES dataset(id),
    segment TEXT NOT NULL,
    granularity INTEGER NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    deleted INTEGER
) STRICT;
INSERT INTO window_5 SELECT id, dataset_id, segment, granularity, start, end, NULL
    FROM stored_window;
DROP TABLE stored_window;
ALTER TABLE window_5 RENAME TO stored_window;
CREATE UNIQUE INDEX window_visible ON stored_window(dataset_id, start, granularity, segment)
    WHERE deleted IS NULL;
CREATE INDEX window_deleted ON stored_window(deleted) WHERE deleted IS NOT NULL;
CREATE VIEW window AS SELECT id, dataset_id, segment, granularity, start, end
    FROM stored_window WHERE deleted IS NULL;
CREATE TABLE deletions(
    id INTEGER PRIMARY KEY CHECK(id = 1),
    count INTEGER NOT NULL
) STRICT;
INSERT INTO deletions VALUES(1, 0);
)sql";

/// Version 6: profiles in tables with a rowid. In the others SQLite moves everything above a
/// quarter of a page to pages of its own, which left half of the room unused.
constexpr const char *kSchema6 = R"sql(
CREATE TABLE chunk_column_6(
    id INTEGER PRIMARY KEY,
    chunk_id INTEGER NOT NULL REFERENCES chunk(id),
    column_id INTEGER NOT NULL REFERENCES column_name(id),
    profile BLOB NOT NULL,
    UNIQUE(chunk_id, column_id)
) STRICT;
INSERT INTO chunk_column_6(chunk_id, column_id, profile)
    SELECT chunk_id, column_id, profile FROM chunk_column ORDER BY chunk_id, column_id;
DROP TABLE chunk_column;
ALTER TABLE chunk_column_6 RENAME TO chunk_column;
CREATE TABLE rollup_column_6(
    id INTEGER PRIMARY KEY,
    rollup_id INTEGER NOT NULL REFERENCES rollup(id),
    column_id INTEGER NOT NULL REFERENCES column_name(id),
    segment TEXT NOT NULL,
    profile BLOB NOT NULL,
    UNIQUE(rollup_id, column_id, segment)
) STRICT;
INSERT INTO rollup_column_6(rollup_id, column_id, segment, profile)
    SELECT rollup_id, column_id, segment, profile FROM rollup_column
    ORDER BY rollup_id, column_id, segment;
DROP TABLE rollup_column;
ALTER TABLE rollup_column_6 RENAME TO rollup_column;
)sql";

/// Version 7: all scores of a window in one row (see scores.cpp). They follow from profiles and references,
/// so those of earlier versions, which were made by other rules, are made anew. What the verdict
/// and its cause mean is the judge's business.
constexpr const char *kSchema7 = R"sql(
DROP TABLE score;
CREATE TABLE score_set(
    id INTEGER PRIMARY KEY,
    dataset TEXT NOT NULL,
    reference TEXT NOT NULL,
    rules TEXT NOT NULL,
    passing INTEGER NOT NULL,
    UNIQUE(dataset, reference, rules)
) STRICT;
CREATE TABLE score_column(
    id INTEGER PRIMARY KEY,
    set_id INTEGER NOT NULL REFERENCES score_set(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    UNIQUE(set_id, name)
) STRICT;
CREATE TABLE score(
    id INTEGER PRIMARY KEY,
    set_id INTEGER NOT NULL REFERENCES score_set(id) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    rows_scored INTEGER NOT NULL,
    scores BLOB NOT NULL,
    UNIQUE(set_id, start)
) STRICT;
)sql";

/// Version 8: destinations belong to the home, and items say more. An item has what it needs to be
/// found and shown without its chunk, so that references and files can be items too (`kind`, see
/// OutboxKind; `payload` are the bytes of what is no chunk); `start` makes the oldest one findable
/// without sorting. What asks a person was a failed item with a next try in the far future.
/// Segments of a destination are the texts of segmentKey(), gate states those of GateState.
constexpr const char *kSchema8 = R"sql(
CREATE TABLE destination(
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    settings TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    paused INTEGER NOT NULL,
    since_chunk INTEGER NOT NULL,
    segments TEXT NOT NULL,
    redaction TEXT NOT NULL,
    changed INTEGER NOT NULL,
    gate INTEGER NOT NULL DEFAULT 0,
    gate_until INTEGER NOT NULL DEFAULT 0,
    gate_failures INTEGER NOT NULL DEFAULT 0,
    gate_reason TEXT NOT NULL DEFAULT '',
    gate_next TEXT NOT NULL DEFAULT '',
    last_try INTEGER NOT NULL DEFAULT 0,
    last_sent INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE outbox_8(
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL DEFAULT 0,
    chunk_id INTEGER REFERENCES chunk(id),
    subject TEXT NOT NULL DEFAULT '',
    dataset TEXT NOT NULL DEFAULT '',
    segment TEXT NOT NULL DEFAULT '',
    destination TEXT NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL DEFAULT 0,
    rows INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try INTEGER NOT NULL DEFAULT 0,
    lease_owner TEXT NOT NULL DEFAULT '',
    lease_until INTEGER NOT NULL DEFAULT 0,
    ticket TEXT NOT NULL DEFAULT '',
    may_have_arrived INTEGER NOT NULL DEFAULT 0,
    sha256 TEXT NOT NULL DEFAULT '',
    place TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    next_step TEXT NOT NULL DEFAULT '',
    updated INTEGER NOT NULL,
    payload BLOB,
    UNIQUE(chunk_id, destination)
) STRICT;
INSERT INTO outbox_8(id, chunk_id, destination, start, bytes, state, attempts, next_try,
    lease_owner, lease_until, ticket, may_have_arrived, sha256, error, next_step, updated)
    SELECT o.id, o.chunk_id, o.destination, w.start, o.bytes,
        CASE WHEN o.state <> 3 THEN o.state WHEN o.next_try >= 2305843009213693952 THEN 5
             WHEN o.next_try >= 1152921504606846976 THEN 3 ELSE 0 END,
        o.attempts, CASE WHEN o.next_try >= 1152921504606846976 THEN 0 ELSE o.next_try END,
        CASE WHEN o.state = 1 THEN 'before' ELSE '' END, o.lease_until, o.upload_url,
        o.upload_url <> '' AND o.sha256 <> '', o.sha256, o.error, o.next_step, o.updated
    FROM outbox o JOIN chunk c ON c.id = o.chunk_id JOIN stored_window w ON w.id = c.window_id;
DROP TABLE outbox;
ALTER TABLE outbox_8 RENAME TO outbox;
CREATE INDEX outbox_due ON outbox(destination, state, start, id);
CREATE INDEX outbox_held ON outbox(lease_owner) WHERE state = 1;
CREATE UNIQUE INDEX outbox_handed_in ON outbox(kind, destination, dataset, subject, sha256)
    WHERE kind <> 0;
INSERT OR IGNORE INTO setting(key, value) VALUES('home_id', lower(hex(randomblob(8))));
)sql";

/// One version to the next: statements, and what takes more than those.
struct Step
{
    const char *sql;
    Status (*finish)(sqlite3 *db);
};
/// From the empty database on: [i] leads to version i + 1.
constexpr Step kSteps[]{{kSchema1, nullptr}, {kSchema2, nullptr}, {kSchema3, addDueRollUps},
                        {kSchema4, nullptr}, {kSchema5, nullptr}, {kSchema6, nullptr},
                        {kSchema7, nullptr}, {kSchema8, nullptr}};
static_assert(std::size(kSteps) == kVersion);

Result<std::int64_t> pragma(sqlite3 *db, const char *sql)
{
    sqlite::Statement statement(db, sql);
    auto row = statement.step();
    if (!row)
        return tl::unexpected(row.error());
    return *row ? statement.integer(0) : 0;
}

} // namespace

Status migrate(sqlite3 *db, bool readOnly)
{
    const auto version = pragma(db, "PRAGMA user_version");
    if (!version)
        return tl::unexpected(version.error());
    const auto application = pragma(db, "PRAGMA application_id");
    const auto tables = pragma(db, "SELECT count(*) FROM sqlite_master");
    if (!application || !tables)
        return tl::unexpected(application ? tables.error() : application.error());
    if (*application != kApplicationId && *tables != 0)
        return fail(ErrorCode::Corrupt, "the database belongs to another program",
                    "move it away or choose another home directory");
    if (*version > kVersion)
        return fail(
            ErrorCode::Unsupported,
            fmt::format("the database was written by a newer version (schema {})", *version),
            "update this program or choose another home directory");
    if (*version == kVersion)
        return {};
    if (readOnly && *version == 0)
        return fail(ErrorCode::NotFound, "the database is still empty",
                    "start the endpoint once to create it");
    // A table that others refer to can only be made anew without this, and only outside of a
    // transaction can it be set. What the steps leave is
    // tested; "tepal check" looks at it too.
    if (auto off = sqlite::execute(db, "PRAGMA foreign_keys = OFF"); !off)
        return off;
    auto transaction = sqlite::Transaction::begin(db);
    if (!transaction)
        return tl::unexpected(transaction.error());
    // Somebody else may have been faster while we waited for the lock.
    const auto from = pragma(db, "PRAGMA user_version");
    if (!from)
        return tl::unexpected(from.error());
    for (std::int64_t step = *from; step < kVersion; ++step) {
        if (auto made = sqlite::execute(db, kSteps[step].sql); !made)
            return made;
        if (auto *finish = kSteps[step].finish) {
            if (auto made = finish(db); !made)
                return made;
        }
    }
    const auto marks = fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                   kApplicationId, kVersion);
    if (auto marked = sqlite::execute(db, marks.c_str()); !marked)
        return marked;
    if (auto done = transaction->commit(); !done)
        return done;
    return sqlite::execute(db, "PRAGMA foreign_keys = ON");
}

} // namespace tepal
