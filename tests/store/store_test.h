/// What the store's tests share: chunks to commit, and a stranger with access to the file.
#pragma once

#include "test_support.h"
#include "window_chunks.h"

#include <QTest>

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>

namespace tepal::test {

/// A closed chunk of model-1 with summaries of its own profile, which must outlive it.
inline ChunkCommit closedChunk(const DatasetProfile &profile, Granularity granularity, TimeMs start)
{
    return windowChunk(profile, "model-1", start, granularity);
}

/// Something that a stranger does to the file; it must change something.
inline void tamper(const std::filesystem::path &path, const char *sql)
{
    sqlite3 *db = nullptr;
    QCOMPARE(sqlite3_open(path.string().c_str(), &db), SQLITE_OK);
    QVERIFY2(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sqlite3_errmsg(db));
    QVERIFY2(sqlite3_changes(db) > 0, sql);
    sqlite3_close(db);
}

/// A database as an earlier version left it (tests/golden), opened by this one; null = it cannot.
inline std::unique_ptr<Store> openDump(const std::filesystem::path &path, const char *dump,
                                       Store::Access access)
{
    for (const char *suffix : {"", "-wal", "-shm"})
        std::filesystem::remove(path.string() + suffix);
    sqlite3 *db = nullptr;
    sqlite3_open(path.string().c_str(), &db);
    const std::string sql = readAll(golden(dump));
    if (sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        qFatal("%s: %s", dump, sqlite3_errmsg(db));
    sqlite3_close(db);
    auto opened = Store::open(path, access);
    if (!opened)
        qWarning("%s", opened.error().message.c_str());
    return opened ? std::move(*opened) : nullptr;
}

} // namespace tepal::test
