#include "gate_sql.h"
#include "store_impl.h"

#include <tepal/store/destinations.h>

#include <nlohmann/json.hpp>

namespace tepal {

namespace {

std::string settingsText(const std::map<std::string, std::string> &settings)
{
    return nlohmann::json(settings).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// What cannot be read is left out: the destination then says what is missing.
std::map<std::string, std::string> parseSettings(std::string_view text)
{
    std::map<std::string, std::string> settings;
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (json.is_object()) {
        for (const auto &[key, value] : json.items()) {
            if (value.is_string())
                settings[key] = value.get<std::string>();
        }
    }
    return settings;
}

DestinationRecord readDestination(const sqlite::Statement &row)
{
    DestinationRecord found;
    found.name = row.text(0);
    found.kind = row.text(1);
    found.settings = parseSettings(row.text(2));
    found.enabled = row.integer(3) != 0;
    found.paused = row.integer(4) != 0;
    found.sinceChunk = row.integer(5);
    found.segments = row.text(6);
    found.redaction = row.text(7);
    found.changed = row.integer(8);
    found.gate.state = static_cast<GateState>(row.integer(9));
    found.gate.until = row.integer(10);
    found.gate.failures = static_cast<int>(row.integer(11));
    found.gate.reason = row.text(12);
    found.gate.next = row.text(13);
    found.gate.lastTry = row.integer(14);
    found.gate.lastSent = row.integer(15);
    return found;
}

#define TEPAL_DESTINATION                                                                          \
    "SELECT name, kind, settings, enabled, paused, since_chunk, segments, redaction, changed,"     \
    " gate, gate_until, gate_failures, gate_reason, gate_next, last_try, last_sent"                \
    " FROM destination "

} // namespace

std::string_view gateStateName(GateState state)
{
    constexpr std::string_view names[]{"open", "closed", "refused"};
    return names[static_cast<std::size_t>(state)];
}

Result<std::vector<DestinationRecord>> Destinations::list()
{
    return m_impl->prepare(TEPAL_DESTINATION "ORDER BY name").collect(readDestination);
}

Result<std::optional<DestinationRecord>> Destinations::find(const std::string &name)
{
    auto statement = m_impl->prepare(TEPAL_DESTINATION "WHERE name = ?");
    const auto row = statement.bind(1, name).step();
    if (!row)
        return tl::unexpected(row.error());
    return *row ? std::optional(readDestination(statement)) : std::nullopt;
}

Status Destinations::put(const DestinationRecord &destination, TimeMs now)
{
    const std::string settings = settingsText(destination.settings);
    return m_impl
        ->prepare("INSERT INTO destination(name, kind, settings, enabled, paused, since_chunk,"
                  " segments, redaction, changed) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"
                  " ON CONFLICT(name) DO UPDATE SET kind = excluded.kind, settings ="
                  " excluded.settings, enabled = excluded.enabled, paused = excluded.paused,"
                  " since_chunk = excluded.since_chunk, segments = excluded.segments, redaction ="
                  " excluded.redaction, changed = excluded.changed, gate = 0, gate_until = 0,"
                  " gate_failures = 0, gate_reason = '', gate_next = ''")
        .bind(1, destination.name)
        .bind(2, destination.kind)
        .bind(3, settings)
        .bind(4, std::int64_t{destination.enabled})
        .bind(5, std::int64_t{destination.paused})
        .bind(6, destination.sinceChunk)
        .bind(7, destination.segments)
        .bind(8, destination.redaction)
        .bind(9, now)
        .run();
}

Status Destinations::remove(const std::string &name, TimeMs now)
{
    sqlite3 *db = m_impl->db.get();
    auto transaction = sqlite::Transaction::begin(db);
    if (!transaction)
        return tl::unexpected(transaction.error());
    for (const char *sql :
         {"DELETE FROM outbox WHERE destination = ?1 AND kind <> 0 AND state NOT IN (2, 1)",
          "UPDATE OR IGNORE outbox SET destination = '', state = 0, next_try = 0, attempts = 0,"
          " ticket = '', error = '', next_step = '', updated = ?2 WHERE destination = ?1"
          " AND state IN (0, 3) AND ticket = '' AND NOT EXISTS (SELECT 1 FROM outbox o"
          " WHERE o.chunk_id = outbox.chunk_id AND o.destination <> ?1)",
          // Other destinations have the piece, or it may be there: the item says no more.
          "UPDATE outbox SET state = 4, updated = ?2 WHERE destination = ?1 AND state IN (0, 3, 5)",
          "DELETE FROM destination WHERE name = ?1"}) {
        sqlite::Statement statement(db, sql);
        statement.bind(1, name);
        if (std::string_view(sql).find("?2") != std::string_view::npos)
            statement.bind(2, now);
        if (auto done = statement.run(); !done)
            return done;
    }
    return transaction->commit();
}

Status Destinations::setEnabled(const std::string &name, bool enabled, std::int64_t sinceChunk,
                                TimeMs now)
{
    return m_impl
        ->prepare("UPDATE destination SET enabled = ?2, since_chunk = ?3, changed = ?4"
                  " WHERE name = ?1")
        .bind(1, name)
        .bind(2, std::int64_t{enabled})
        .bind(3, sinceChunk)
        .bind(4, now)
        .run();
}

Status Destinations::setPaused(const std::string &name, bool paused)
{
    return m_impl->prepare("UPDATE destination SET paused = ?2 WHERE name = ?1")
        .bind(1, name)
        .bind(2, std::int64_t{paused})
        .run();
}

Status Destinations::openGate(const std::string &name)
{
    return m_impl->prepare(TEPAL_OPEN_GATES "= ?").bind(1, name).run();
}

Status Destinations::setGate(const std::string &name, const GateRecord &gate)
{
    return m_impl
        ->prepare("UPDATE destination SET gate = ?2, gate_until = ?3, gate_failures = ?4,"
                  " gate_reason = ?5, gate_next = ?6, last_try = ?7, last_sent = ?8"
                  " WHERE name = ?1")
        .bind(1, name)
        .bind(2, static_cast<std::int64_t>(gate.state))
        .bind(3, gate.until)
        .bind(4, std::int64_t{gate.failures})
        .bind(5, gate.reason)
        .bind(6, gate.next)
        .bind(7, gate.lastTry)
        .bind(8, gate.lastSent)
        .run();
}

Result<std::string> Destinations::homeId()
{
    auto statement = m_impl->prepare("SELECT value FROM setting WHERE key = 'home_id'");
    const auto row = statement.step();
    if (!row)
        return tl::unexpected(row.error());
    if (!*row)
        return fail(ErrorCode::Corrupt, "the home has no number of its own", "run \"tepal check\"");
    return std::string(statement.text(0));
}

} // namespace tepal
