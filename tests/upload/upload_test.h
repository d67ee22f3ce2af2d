/// What the tests of upload share.
#pragma once

#include "whylabs_receiver.h"

#include <tepal/profile/file.h>
#include <tepal/store/outbox.h>
#include <tepal/store/store.h>
#include <tepal/store/window_writer.h>
#include <tepal/upload/outlets.h>
#include <tepal/upload/upload_run.h>

#include <QTemporaryDir>
#include <QtGlobal>

#include <map>
#include <string>
#include <vector>

namespace tepal::test {

inline const std::string kKeySecret(53, 's');
inline const std::string kKey = "abcdefghij." + kKeySecret + ":org-7";
inline const TimeMs kStart = parseTime("2026-01-31T14:00:00Z").value();

/// The body of an error answer. (Raw strings in a test's class confuse Qt's meta-object compiler.)
inline std::string errorBody(const std::string &message)
{
    return "{\"message\":\"" + message + "\"}";
}

/// Variables that would set destinations up by themselves.
inline void forgetEnvironment()
{
    for (const char *name :
         {"WHYLABS_API_ENDPOINT", "WHYLABS_PRIVATE_API_ENDPOINT", "WHYLABS_API_KEY",
          "WHYLABS_DEFAULT_ORG_ID", "WHYLABS_DEFAULT_DATASET_ID"})
        qunsetenv(name);
}

/// Has one key, for destinations named "whylabs".
class FixedSecrets final : public SecretStore
{
public:
    explicit FixedSecrets(std::string key = kKey)
        : m_key(std::move(key))
    {}
    Result<std::optional<std::string>> read(std::string_view name) const override
    {
        return name == "whylabs/key" && !m_key.empty() ? std::optional(m_key) : std::nullopt;
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

inline DestinationRecord whylabsRecord(const std::string &url)
{
    DestinationRecord record;
    record.name = record.kind = "whylabs";
    record.settings["endpoint"] = url;
    record.enabled = true;
    return record;
}

inline DestinationRecord folderRecord(const std::filesystem::path &directory,
                                      const std::string &name = "folder")
{
    DestinationRecord record;
    record.name = name;
    record.kind = "folder";
    record.settings["directory"] = directory.string();
    record.enabled = true;
    return record;
}

/// `secrets` must outlive it.
inline std::vector<Outlet> outletOf(const DestinationRecord &record, const SecretStore &secrets)
{
    std::vector<Outlet> outlets;
    auto made = makeOutlet(record, secrets);
    if (!made)
        qFatal("%s", made.error().text().c_str());
    outlets.push_back(std::move(*made));
    return outlets;
}

/// Does what a delivery says, as the sender does, and notes what it wanted to be kept.
struct Driver
{
    std::vector<KeepTicket> kept;
    DurationMs timeout = 5000;
    std::stop_token stop;

    UploadOutcome operator()(Delivery &delivery)
    {
        UploadStep step = delivery.next({});
        for (;;) {
            if (auto *call = std::get_if<HttpCall>(&step)) {
                call->request.timeout = timeout;
                step = delivery.next(http::exchange(call->request, stop));
            } else if (auto *keep = std::get_if<KeepTicket>(&step)) {
                kept.push_back(*keep);
                step = delivery.next({});
            } else if (auto *work = std::get_if<BlockingWork>(&step)) {
                step = delivery.next(work->run(stop));
            } else {
                return std::get<UploadOutcome>(step);
            }
        }
    }
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
    void addChunk(TimeMs start, int rows, const char *dataset = "model-1") const
    {
        const DatasetProfile profile = sampleProfile(rows);
        CommitBatch batch;
        ChunkCommit chunk;
        chunk.dataset = dataset;
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
        const auto items = Outbox(*store).list().value();
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
