/// What the tests of upload share.
#pragma once

#include "whylabs_receiver.h"

#include <tepal/profile/file.h>
#include <tepal/store/outbox.h>
#include <tepal/store/store.h>
#include <tepal/store/window_writer.h>
#include <tepal/upload/settings.h>

#include <QTemporaryDir>
#include <QtGlobal>

#include <map>
#include <string>

namespace tepal::test {

inline const std::string kKeySecret(53, 's');
inline const std::string kKey = "abcdefghij." + kKeySecret + ":org-7";
inline const TimeMs kStart = parseTime("2026-01-31T14:00:00Z").value();

/// The body of an error answer. (Raw strings in a test's class confuse Qt's meta-object compiler.)
inline std::string errorBody(const std::string &message)
{
    return "{\"message\":\"" + message + "\"}";
}

class FixedSecrets final : public SecretStore
{
public:
    explicit FixedSecrets(std::string key = kKey)
        : m_key(std::move(key))
    {}
    Result<std::optional<std::string>> read(std::string_view name) const override
    {
        return name == kWhylabsKeySecret && !m_key.empty() ? std::optional(m_key) : std::nullopt;
    }
    Status write(std::string_view, const std::string &value) override
    {
        m_key = value;
        return {};
    }
    Status remove(std::string_view) override
    {
        m_key.clear();
        return {};
    }

private:
    std::string m_key;
};

inline DatasetProfile sampleProfile(int rows, double first = 0)
{
    DatasetProfile profile;
    profile.datasetTimestamp = profile.creationTimestamp = kStart;
    for (int i = 0; i < rows; ++i) {
        profile.track("x", Value::fractional(first + i));
        profile.track("label", Value::string(i % 2 == 0 ? "even" : "odd"));
    }
    return profile;
}

/// A store with finished chunks of model-1, one per hour from kStart; chunk i has 10 + i rows.
struct StoreFixture
{
    explicit StoreFixture(int chunks = 1)
    {
        auto opened = Store::open(path());
        if (!opened)
            qFatal("%s", opened.error().text().c_str());
        store = std::move(*opened);
        for (int i = 0; i < chunks; ++i)
            addChunk(kStart + i * kHourMs, 10 + i);
    }
    void addChunk(TimeMs start, int rows) const
    {
        const DatasetProfile profile = sampleProfile(rows);
        CommitBatch batch;
        ChunkCommit chunk;
        chunk.dataset = "model-1";
        chunk.start = start;
        chunk.end = start + kHourMs;
        chunk.profile = &profile;
        chunk.rows = rows;
        chunk.close = true;
        batch.chunks.push_back(chunk);
        if (const auto done = WindowWriter(*store).commit(batch); !done)
            qFatal("%s", done.error().text().c_str());
    }
    std::filesystem::path root() const { return dir.path().toStdString(); }
    std::filesystem::path path() const { return root() / "tepal.db"; }
    OutboxItem item(std::int64_t id) const
    {
        const auto items = Outbox(*store).outbox().value();
        for (const OutboxItem &found : items) {
            if (found.id == id)
                return found;
        }
        qFatal("no such item");
    }

    QTemporaryDir dir;
    std::unique_ptr<Store> store;
};

} // namespace tepal::test
