#include "store_test.h"
#include "test_support.h"

#include <tepal/profile/file.h>
#include <tepal/store/destinations.h>
#include <tepal/store/outbox.h>
#include <tepal/store/settings.h>
#include <tepal/store/store_check.h>
#include <tepal/store/window_writer.h>
#include <tepal/store/windows.h>

#include <QTemporaryDir>
#include <QTest>

using namespace tepal;

namespace {

DatasetProfile sample(int rows)
{
    DatasetProfile profile;
    for (int i = 0; i < rows; ++i)
        profile.track("x", Value::fractional(i));
    return profile;
}

DestinationRecord destinationOf(const char *name, bool enabled = true)
{
    DestinationRecord record;
    record.name = name;
    record.kind = "folder";
    record.enabled = enabled;
    return record;
}

} // namespace

class TestOutbox : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<Store> m_store;

    std::filesystem::path path() const { return (m_dir->path() + "/tepal.db").toStdString(); }
    Outbox outbox() { return Outbox(*m_store); }
    /// A finished hour; returns its chunk.
    std::int64_t hour(int i, const char *dataset = "model-1", const SegmentTags &segment = {})
    {
        const auto profile = sample(3);
        auto chunk = test::windowChunk(profile, dataset, i * kHourMs);
        chunk.segment = segment;
        CommitBatch batch;
        batch.chunks.push_back(chunk);
        return WindowWriter(*m_store).commit(batch).value().at(0);
    }
    std::vector<OutboxItem> itemsOf(const char *destination)
    {
        OutboxFilter filter;
        filter.destination = destination;
        return outbox().list(filter).value();
    }
    OutboxItem item(std::int64_t id)
    {
        const auto items = outbox().list().value();
        for (const OutboxItem &one : items) {
            if (one.id == id)
                return one;
        }
        return {};
    }
    std::vector<OutboxItem> take(const char *destination, TimeMs now, TimeMs until,
                                 const char *owner = "me", std::size_t limit = 100)
    {
        return outbox().lease(destination, {owner, until}, now, limit).value();
    }
    /// Takes the oldest one and leaves it in this state.
    std::int64_t leave(const char *destination, OutboxState state)
    {
        auto items = take(destination, 1, 1000, "me", 1);
        items.at(0).state = state;
        if (!outbox().record(items, "me", false, 2)->empty())
            qFatal("not recorded");
        return items[0].id;
    }

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_store = Store::open(path()).value();
    }
    void cleanup() { m_store.reset(); }

    void lifeCycle()
    {
        hour(0);
        QCOMPARE(outbox().list().value().size(), std::size_t{1});
        QVERIFY(take("folder", 10, 20).empty());
        QCOMPARE(outbox().enqueue("folder", 0, 10).value(), 1);
        QCOMPARE(outbox().enqueue("folder", 0, 10).value(), 0); // once only
        auto items = take("folder", 10, 20);
        QCOMPARE(items.size(), std::size_t{1});
        QCOMPARE(items[0].rows, 3);
        QCOMPARE(items[0].state, OutboxState::Sending);
        QVERIFY(take("folder", 15, 30, "other").empty()); // held by the first sender
        QCOMPARE(outbox().owners().value(), std::vector<std::string>{"me"});
        auto others = take("folder", 20, 30, "other"); // its lease ran out
        QCOMPARE(others.size(), std::size_t{1});
        QCOMPARE(outbox().profile(others[0])->rows(), 3);
        // What the first one says now does not count.
        items[0].state = OutboxState::Sent;
        QCOMPARE(outbox().record(items, "me", true, 21).value(), std::vector{items[0].id});
        QCOMPARE(item(items[0].id).state, OutboxState::Sending);
        others[0].state = OutboxState::Waiting;
        others[0].attempts = 1;
        others[0].nextTry = 100;
        others[0].error = "no answer";
        others[0].ticket = "there";
        others[0].mayHaveArrived = true;
        QVERIFY(outbox().record(others, "other", true, 21)->empty());
        QCOMPARE(outbox().nextTry("folder").value(), std::optional<TimeMs>(100));
        QVERIFY(take("folder", 50, 60).empty());
        items = take("folder", 100, 110);
        QCOMPARE(items.size(), std::size_t{1});
        QCOMPARE(items[0].ticket, std::string("there"));
        QVERIFY(items[0].mayHaveArrived);
        items[0].state = OutboxState::Sent;
        items[0].bytes = 12;
        items[0].place = "p";
        QVERIFY(outbox().record(items, "me", false, 22)->empty());
        QCOMPARE(outbox().retry({}, 30).value(), 0);
        QCOMPARE(outbox().makeDue("folder", 30).value(), 0);
        QVERIFY(take("folder", 1000, 2000).empty());
        QVERIFY(!outbox().nextTry("folder").value());
        QCOMPARE(item(items[0].id).place, std::string("p"));
        // Another destination, another item.
        QCOMPARE(outbox().enqueue("whylabs", 0, 10).value(), 1);
        const auto counts = outbox().counts().value();
        QCOMPARE(counts.size(), std::size_t{2});
        QCOMPARE(counts[0].destination, std::string("folder"));
        QCOMPARE(counts[0].sent, std::int64_t{1});
        QCOMPARE(counts[0].sentBytes, std::int64_t{12});
        QCOMPARE(counts[1].waiting, std::int64_t{1});
    }
    void failedOnesWaitForSomebody()
    {
        for (int i = 0; i < 4; ++i)
            hour(i);
        QCOMPARE(outbox().enqueue("lab", 0, 1).value(), 4);
        const auto failed = leave("lab", OutboxState::Failed);
        const auto asks = leave("lab", OutboxState::Asks);
        const auto sent = leave("lab", OutboxState::Sent);
        const auto waiting = itemsOf("lab").at(0).id;
        QCOMPARE(outbox().drop({waiting, sent}, 3).value(), 1);
        QVERIFY(take("lab", kDayMs, 2 * kDayMs).empty());
        // All at once: what was refused, not what asks, was dropped or sent.
        QCOMPARE(outbox().makeDue("lab", 4).value(), 1);
        QCOMPARE(item(failed).state, OutboxState::Waiting);
        QCOMPARE(item(asks).state, OutboxState::Asks);
        QCOMPARE(leave("lab", OutboxState::Failed), failed);
        QCOMPARE(outbox().retry({}, 5).value(), 1);
        QCOMPARE(item(asks).state, OutboxState::Asks);
        // One by one.
        QCOMPARE(outbox().retry({asks, waiting, sent}, 6).value(), 2);
        QCOMPARE(take("lab", 7, 8).size(), std::size_t{3});
        QCOMPARE(item(sent).state, OutboxState::Sent);
    }
    /// Who says that it is to be sent again says that it is not there.
    void retryingWhatAsksForgetsItsPlace()
    {
        hour(0);
        QVERIFY(outbox().enqueue("lab", 0, 1));
        auto items = take("lab", 1, 100);
        items[0].state = OutboxState::Asks;
        items[0].ticket = "there";
        items[0].mayHaveArrived = true;
        QVERIFY(outbox().record(items, "me", false, 2)->empty());
        QCOMPARE(outbox().retry({items[0].id}, 3).value(), 1);
        QCOMPARE(item(items[0].id).ticket, std::string());
        QVERIFY(!item(items[0].id).mayHaveArrived);
    }
    void whoIsDeadLosesItsLeases()
    {
        hour(0);
        hour(1);
        QVERIFY(outbox().enqueue("lab", 0, 1));
        QCOMPARE(take("lab", 1, kDayMs, "dead", 1).size(), std::size_t{1});
        QCOMPARE(take("lab", 1, kDayMs, "alive", 1).size(), std::size_t{1});
        QCOMPARE(outbox().release("dead", 2).value(), 1);
        QCOMPARE(take("lab", 3, kDayMs).size(), std::size_t{1});
        QCOMPARE(outbox().owners().value().size(), std::size_t{2});
    }
    void enabledDestinationsGetWhatIsFinished()
    {
        Destinations destinations(*m_store);
        const std::int64_t first = hour(0);
        QVERIFY(destinations.put(destinationOf("one"), 1));
        QVERIFY(destinations.put(destinationOf("off", false), 1));
        DestinationRecord picky = destinationOf("picky");
        picky.segments = "[\"7:country=2:CH;\"]";
        QVERIFY(destinations.put(picky, 1));
        QVERIFY(Settings(*m_store).set(std::string(Settings::kDestination) + "orders", "off"));
        hour(1);
        hour(2, "visits", {{"country", "CH"}});
        hour(2, "visits", {{"country", "DE"}});
        hour(3, "orders");
        std::map<std::string, int> found;
        const auto items = outbox().list().value();
        for (const OutboxItem &one : items)
            ++found[one.dataset + " " + one.destination];
        QCOMPARE(found, (std::map<std::string, int>{{"model-1 ", 1},
                                                    {"model-1 one", 1},
                                                    {"visits one", 2},
                                                    {"visits picky", 1},
                                                    {"orders ", 1}}));
        // From now on, or everything.
        QCOMPARE(outbox().rehearse("one", first)->size(), std::size_t{3});
        QCOMPARE(outbox().rehearse("one", 0)->size(), std::size_t{4});
        QCOMPARE(outbox().enqueue("one", first, 2).value(), 0);
        QCOMPARE(outbox().enqueue("one", 0, 2).value(), 1);
        QCOMPARE(outbox().enqueue("off", 0, 2).value(), 5);
        QCOMPARE(outbox().enqueue("picky", 0, 2).value(), 0);
        QCOMPARE(outbox().lastChunk().value(), std::int64_t{5});
    }
    void renamedAndRemoved()
    {
        Destinations destinations(*m_store);
        for (int i = 0; i < 3; ++i)
            hour(i);
        QVERIFY(destinations.put(destinationOf("lab"), 1));
        QVERIFY(outbox().enqueue("lab", 0, 1));
        const auto sent = leave("lab", OutboxState::Sent);
        const auto asks = leave("lab", OutboxState::Asks);
        QVERIFY(outbox().rename("lab", "renamed"));
        QCOMPARE(itemsOf("renamed").size(), std::size_t{3});
        QVERIFY(outbox().rename("renamed", "lab"));
        QVERIFY(destinations.remove("lab", 2));
        QVERIFY(!destinations.find("lab").value());
        QCOMPARE(item(sent).state, OutboxState::Sent);
        QCOMPARE(item(asks).state, OutboxState::Dropped); // it may be there
        const auto free = itemsOf("");
        QCOMPARE(free.size(), std::size_t{1});
        QCOMPARE(free[0].state, OutboxState::Waiting);
        QCOMPARE(outbox().enqueue("next", 0, 3).value(), 3);
    }
    void handedInOnce()
    {
        OutboxItem file;
        file.kind = OutboxKind::File;
        file.subject = "a.bin";
        file.dataset = "orders";
        file.destination = "lab";
        file.rows = 3;
        file.sha256 = "s1";
        const std::string bytes = serializeProfile(sample(3));
        const auto id = outbox().add(file, bytes, 1);
        QVERIFY(id.has_value());
        QCOMPARE(outbox().add(file, bytes, 2).error().code, ErrorCode::AlreadyExists);
        file.sha256 = "s2";
        QVERIFY(outbox().add(file, bytes, 3).has_value());
        const auto items = take("lab", 4, 100);
        QCOMPARE(items.size(), std::size_t{2});
        QCOMPARE(items[0].dataset, std::string("orders"));
        QCOMPARE(outbox().profile(items[0])->rows(), 3);
    }
    void pages()
    {
        for (int i = 0; i < 7; ++i)
            hour(i);
        std::vector<TimeMs> starts;
        OutboxFilter filter;
        filter.limit = 3;
        for (;;) {
            const auto page = outbox().list(filter).value();
            if (page.empty())
                break;
            for (const OutboxItem &one : page)
                starts.push_back(one.start);
            filter.beforeId = page.back().id;
        }
        QCOMPARE(starts.size(), std::size_t{7});
        QVERIFY(std::is_sorted(starts.rbegin(), starts.rend()));
    }
    void migratesFromSchema7()
    {
        m_store.reset();
        for (const auto access : {Store::Access::ReadOnly, Store::Access::ReadWrite}) {
            m_store.reset();
            m_store = test::openDump(path(), "store/schema-7.sql", access);
            QVERIFY(m_store);
            QVERIFY(StoreCheck(*m_store).run(false)->findings.empty());
            // That of the deleted window is there, and not shown.
            QCOMPARE(outbox().list()->size(), std::size_t{9});
            const auto is = [&](std::int64_t id, OutboxState state, const std::string &ticket,
                                bool mayHaveArrived) {
                const OutboxItem found = item(id);
                QCOMPARE(found.id, id);
                QCOMPARE(found.state, state);
                QCOMPARE(found.ticket, ticket);
                QCOMPARE(found.mayHaveArrived, mayHaveArrived);
                QCOMPARE(found.rows, id + 1);
                QCOMPARE(found.start, 1'795'417'200'000 + (id - 1) * kHourMs);
                QCOMPARE(found.destination, std::string(id == 10 ? "" : "whylabs"));
            };
            const std::string place = "http://store.example/";
            is(1, OutboxState::Sending, "", false);
            is(2, OutboxState::Waiting, place + "1?signature", false); // was tried again by itself
            is(3, OutboxState::Sending, place + "3?signature", false);
            is(4, OutboxState::Sending, place + "4?signature", true);
            is(5, OutboxState::Failed, "", false);
            is(6, OutboxState::Asks, place + "5?signature", true);
            is(7, OutboxState::Sent, "", false);
            is(8, OutboxState::Dropped, "", false);
            is(10, OutboxState::Waiting, "", false);
            QCOMPARE(item(2).nextTry, TimeMs{1'795'420'000'000});
            QCOMPARE(item(2).attempts, 3);
            for (const int id : {5, 6})
                QCOMPARE(item(id).nextTry, TimeMs{0});
            QCOMPARE(item(6).error, std::string("may have arrived"));
            QCOMPARE(item(6).nextStep, std::string("decide"));
            QCOMPARE(item(7).bytes, std::int64_t{777});
            QCOMPARE(item(4).sha256, std::string(64, '3'));
            QCOMPARE(Destinations(*m_store).homeId()->size(), std::size_t{16});
            QVERIFY(Destinations(*m_store).list()->empty());
        }
        // What the old version held is released as that of any other sender that is dead.
        QCOMPARE(outbox().owners().value(), std::vector<std::string>{"before"});
        const TimeMs now = 1'795'417'210'000;
        QVERIFY(take("whylabs", now, now + 100).empty());
        QCOMPARE(outbox().release("before", now).value(), 3);
        QCOMPARE(take("whylabs", now, now + 100).size(), std::size_t{3});
        QCOMPARE(outbox().makeDue("whylabs", now).value(), 2);
        QCOMPARE(outbox().enqueue("whylabs", 0, now).value(), 1);
        QCOMPARE(item(6).state, OutboxState::Asks);
    }
    /// Another home is another one, and stays what it is.
    void homeIds()
    {
        const std::string first = Destinations(*m_store).homeId().value();
        m_store = Store::open(path()).value();
        QCOMPARE(Destinations(*m_store).homeId().value(), first);
        const auto other = Store::open((m_dir->path() + "/other.db").toStdString()).value();
        QVERIFY(Destinations(*other).homeId().value() != first);
    }
    void gatesAreKept()
    {
        Destinations destinations(*m_store);
        QVERIFY(destinations.put(destinationOf("lab"), 1));
        GateRecord gate;
        gate.state = GateState::Closed;
        gate.until = 99;
        gate.failures = 3;
        gate.reason = "busy";
        gate.next = "wait";
        gate.lastTry = 5;
        gate.lastSent = 4;
        QVERIFY(destinations.setGate("lab", gate));
        QVERIFY(destinations.find("lab").value()->gate == gate);
        QVERIFY(destinations.setPaused("lab", true));
        QVERIFY(destinations.setEnabled("lab", false, 7, 2));
        const auto found = destinations.find("lab").value();
        QVERIFY(found->paused && !found->enabled && found->gate == gate);
        QCOMPARE(found->sinceChunk, std::int64_t{7});
        // Other settings: what was found out about the old ones is forgotten.
        QVERIFY(destinations.put(destinationOf("lab"), 3));
        QCOMPARE(destinations.find("lab").value()->gate.state, GateState::Open);
    }
};

QTEST_APPLESS_MAIN(TestOutbox)
#include "tst_outbox.moc"
