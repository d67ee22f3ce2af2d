// Destinations that versions before kept in one settings file per user.

#include "test_support.h"
#include "upload_test.h"

#include <tepal/base/file.h>
#include <tepal/base/log.h>
#include <tepal/service/outbox_service.h>

#include <QTest>

#include <algorithm>
#include <filesystem>

using namespace tepal;
using namespace tepal::test;

namespace fs = std::filesystem;

class TestFormerSettings : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;

    fs::path out() const { return (m_dir->path() + "/out").toStdString(); }
    void write(const std::string &directory, bool enabled = true) const
    {
        const std::string json =
            "{\"folder\": {\"enabled\": " + std::string(enabled ? "true" : "false") +
            ", \"directory\": \"" + directory +
            "\"}, \"whylabs\": {\"endpoint\": \"https://whylabs.example\","
            " \"default_dataset\": \"model-9\", \"datasets\": {\"a\": \"b\"}}}";
        QVERIFY(writeFileAtomic(formerSettingsFile(), json).has_value());
    }
    static std::vector<DestinationRecord> take(const StoreFixture &home)
    {
        auto found = homeDestinations(*home.store, true);
        if (!found)
            qFatal("%s", found.error().text().c_str());
        return *found;
    }
    static void serveOnce(const StoreFixture &home)
    {
        OutboxServiceOptions options;
        options.home = Home{home.root()};
        OutboxService service(options);
        QCOMPARE(service.finish(10 * kSecondMs), std::int64_t{0});
    }
    int files() const
    {
        int count = 0;
        std::error_code none;
        for (const auto &entry : fs::recursive_directory_iterator(out(), none))
            count += entry.is_regular_file() ? 1 : 0;
        return count;
    }

private Q_SLOTS:
    void initTestCase()
    {
        setLogToStderr(false);
        forgetEnvironment();
    }
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        qputenv("XDG_CONFIG_HOME", (m_dir->path() + "/config").toUtf8());
    }

    void nothingThere()
    {
        const StoreFixture home(1);
        QVERIFY(take(home).empty());
        QVERIFY(!fs::exists(formerSettingsFile()));
    }
    void takenOverOnce()
    {
        write(out().string());
        const StoreFixture home(2);
        // To look changes nothing.
        auto reader = Store::open(home.path(), Store::Access::ReadOnly).value();
        QCOMPARE(homeDestinations(*reader, false)->size(), std::size_t{2});
        QVERIFY(Destinations(*reader).list()->empty());
        const auto taken = take(home);
        QCOMPARE(taken.size(), std::size_t{2});
        QCOMPARE(taken[0].name, std::string("folder"));
        QVERIFY(taken[0].enabled && !taken[1].enabled);
        QCOMPARE(taken[0].settings.at("directory"), out().string());
        QCOMPARE(taken[1].settings.at("dataset"), std::string("model-9"));
        QCOMPARE(taken[1].settings.at("datasets"), std::string("a=b"));
        // What is changed in the home afterwards stays changed.
        QVERIFY(Destinations(*home.store).remove("folder", 2));
        QCOMPARE(take(home).size(), std::size_t{1});
        QCOMPARE(take(home).size(), std::size_t{1});
    }
    void theFirstHomeSendsTheSecondDoesNot()
    {
        write(out().string());
        const StoreFixture first(2);
        const StoreFixture second(3);
        serveOnce(first);
        QCOMPARE(files(), 2);
        serveOnce(second);
        QCOMPARE(files(), 2);
        const auto records = take(second);
        QCOMPARE(records.size(), std::size_t{2});
        QVERIFY(!records[0].enabled && !records[1].enabled);
        // It keeps its settings, and sends once somebody says so.
        QVERIFY(Destinations(*second.store).setEnabled("folder", true, 0, 5));
        serveOnce(second);
        QCOMPARE(files(), 5);
        QVERIFY(take(first)[0].enabled);
    }
    void editedAfterwardsIsTakenOverAgain()
    {
        write(out().string());
        const StoreFixture home(1);
        QVERIFY(take(home)[0].enabled);
        write("/elsewhere", false);
        const auto again = take(home);
        QCOMPARE(again[0].settings.at("directory"), std::string("/elsewhere"));
        QVERIFY(!again[0].enabled);
    }
    /// Items were named after the folder: what has arrived there is not sent again.
    void whatWasSentStaysSent()
    {
        write(out().string());
        const StoreFixture home(2);
        const std::string old = "folder:" + out().generic_string();
        Outbox outbox(*home.store);
        QVERIFY(outbox.enqueue(old, 0, 1));
        auto items = outbox.lease(old, {"me", 100}, 1, 1).value();
        items.at(0).state = OutboxState::Sent;
        QVERIFY(outbox.record(items, "me", false, 2)->empty());
        serveOnce(home);
        QCOMPARE(files(), 1);
        QCOMPARE(outbox.counts()->size(), std::size_t{1});
        QCOMPARE(outbox.counts()->at(0).destination, std::string("folder"));
        QCOMPARE(outbox.counts()->at(0).sent, std::int64_t{2});
    }
    void damaged()
    {
        for (const char *bad :
             {"[]", "{", "{\"whylabs\":{\"endpoint\":1}}", "{\"whylabs\":{\"datasets\":{\"a\":1}}}",
              "{\"folder\":[]}", "{\"folder\":{\"enabled\":\"yes\"}}"}) {
            QVERIFY(writeFileAtomic(formerSettingsFile(), bad).has_value());
            const StoreFixture home(1);
            const auto read = homeDestinations(*home.store, true);
            QVERIFY2(!read, bad);
            QCOMPARE(read.error().code, ErrorCode::Corrupt);
            QVERIFY(!read.error().next.empty());
        }
    }
};

QTEST_GUILESS_MAIN(TestFormerSettings)
#include "tst_former_settings.moc"
