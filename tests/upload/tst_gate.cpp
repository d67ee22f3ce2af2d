#include <tepal/upload/gate.h>

#include <QTest>

using namespace tepal;
using Kind = UploadOutcome::Kind;

namespace {

const Error kBusy{ErrorCode::Unavailable, "busy", "wait"};
constexpr TimeMs kNow = 1'700'000'000'000;

UploadOutcome outcomeOf(Kind kind, bool everyItem = false, DurationMs retryAfter = 0)
{
    UploadOutcome outcome;
    outcome.kind = kind;
    outcome.everyItem = everyItem;
    outcome.retryAfter = retryAfter;
    return outcome;
}

void learn(Gate &gate, const UploadOutcome &outcome, TimeMs now = kNow,
           const std::string &dataset = "d")
{
    gate.learn(outcome, dataset, kBusy, now);
}
void sent(Gate &gate, TimeMs now = kNow)
{
    learn(gate, outcomeOf(Kind::Sent), now);
}
void busy(Gate &gate, TimeMs now = kNow, DurationMs retryAfter = 0)
{
    learn(gate, outcomeOf(Kind::Retry, true, retryAfter), now);
}

} // namespace

class TestGate : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void opensSlowly()
    {
        Gate gate({}, 1);
        QCOMPARE(gate.room(kNow, 0), 1);
        QCOMPARE(gate.room(kNow, 1), 0);
        for (const int width : {2, 4, 8, 8}) {
            sent(gate);
            QCOMPARE(gate.room(kNow, 0), width);
            QCOMPARE(gate.room(kNow, 3), std::max(0, width - 3));
        }
        QCOMPARE(gate.room(kNow, 20), 0);
        QCOMPARE(gate.record().lastSent, kNow);
        // A smaller limit holds, too.
        Gate narrow(Gate::Limits{.atOnce = 3, .longestPause = 1000}, 1);
        for (int i = 0; i < 5; ++i)
            sent(narrow);
        QCOMPARE(narrow.room(kNow, 0), 3);
    }
    void oneProbeAfterTrouble()
    {
        Gate gate({}, 1);
        for (int i = 0; i < 4; ++i)
            sent(gate);
        busy(gate);
        QCOMPARE(gate.record().state, GateState::Closed);
        QCOMPARE(gate.record().reason, std::string("busy"));
        QCOMPARE(gate.record().next, std::string("wait"));
        QCOMPARE(gate.room(kNow, 0), 0);
        const TimeMs opens = gate.opensAt(kNow).value();
        QVERIFY(opens >= kNow + 500 && opens <= kNow + 1000);
        QCOMPARE(gate.room(opens - 1, 0), 0);
        QCOMPARE(gate.room(opens, 0), 1);
        QCOMPARE(gate.room(opens, 1), 0); // until it has ended
        QVERIFY(!gate.opensAt(opens));
        // It fails: closed again, for longer.
        busy(gate, opens);
        QCOMPARE(gate.record().failures, 2);
        QCOMPARE(gate.room(opens, 0), 0);
        const TimeMs again = gate.record().until;
        QVERIFY(again >= opens + 1000 && again <= opens + 2000);
        // It arrives: open, and slow again.
        sent(gate, again);
        QCOMPARE(gate.record().state, GateState::Open);
        QCOMPARE(gate.record().failures, 0);
        QVERIFY(gate.record().reason.empty());
        QVERIFY(gate.room(again, 0) <= 2);
    }
    void pausesGrowAndEnd()
    {
        Gate gate({}, 7);
        TimeMs now = kNow;
        for (int i = 0; i < 20; ++i) {
            busy(gate, now);
            const DurationMs pause = gate.record().until - now;
            const DurationMs longest = std::min<DurationMs>(10 * kMinuteMs, kSecondMs << i);
            QVERIFY2(pause >= longest / 2 && pause <= longest, qPrintable(QString::number(i)));
            now = gate.record().until;
        }
        QCOMPARE(gate.record().failures, 20);
        // Not all programs that ran into the same trouble come back at the same time.
        Gate other({}, 8);
        Gate third({}, 9);
        busy(other);
        busy(third);
        QVERIFY(other.record().until != third.record().until);
    }
    void whatTheServerAsksForIsWaitedFor()
    {
        Gate gate({}, 1);
        busy(gate, kNow, 90 * kSecondMs);
        QCOMPARE(gate.record().until, kNow + 90 * kSecondMs);
        // Longer than any pause of its own making; asked for or not, everybody waits.
        Gate day({}, 1);
        learn(day, outcomeOf(Kind::Retry, false, 3 * kDayMs));
        QCOMPARE(day.record().until, kNow + 3 * kDayMs);
        // Shorter than one's own: that counts.
        Gate later({}, 1);
        TimeMs now = kNow;
        for (int i = 0; i < 6; ++i) {
            busy(later, now, 1);
            now = later.record().until;
        }
        QVERIFY(later.record().until > kNow + 15 * kSecondMs);
    }
    void anotherProcessGoesOn()
    {
        Gate gate({}, 1);
        busy(gate, kNow, kDayMs);
        Gate restored({}, 2);
        restored.restore(gate.record());
        QCOMPARE(restored.room(kNow + kDayMs - 1, 0), 0);
        QCOMPARE(restored.room(kNow + kDayMs, 0), 1);
        busy(restored, kNow + kDayMs);
        QCOMPARE(restored.record().failures, 2);
        GateRecord refused;
        refused.state = GateState::Refused;
        restored.restore(refused);
        QCOMPARE(restored.room(kNow + 30 * kDayMs, 0), 0);
    }
    /// Eight that were under way when it broke are one trouble.
    void failuresTogetherCountOnce()
    {
        Gate gate({}, 1);
        for (int i = 0; i < 4; ++i)
            sent(gate);
        for (int i = 0; i < 8; ++i)
            busy(gate, kNow + i);
        QCOMPARE(gate.record().failures, 1);
        QVERIFY(gate.record().until <= kNow + 1000);
        // The longest wish of theirs counts, and one that still arrived opens nothing.
        busy(gate, kNow + 9, 50 * kSecondMs);
        QCOMPARE(gate.record().failures, 1);
        QCOMPARE(gate.record().until, kNow + 9 + 50 * kSecondMs);
        sent(gate, kNow + 10);
        QCOMPARE(gate.record().state, GateState::Closed);
        QCOMPARE(gate.record().lastSent, kNow + 10);
        QCOMPARE(gate.room(kNow + 10, 0), 0);
    }
    void troubleOfItemsBecomesTheServers()
    {
        Gate gate({}, 1);
        learn(gate, outcomeOf(Kind::Retry));
        learn(gate, outcomeOf(Kind::Retry));
        QCOMPARE(gate.record().state, GateState::Open);
        sent(gate); // so it was theirs
        learn(gate, outcomeOf(Kind::Retry));
        learn(gate, outcomeOf(Kind::Retry));
        QCOMPARE(gate.record().state, GateState::Open);
        learn(gate, outcomeOf(Kind::Retry));
        QCOMPARE(gate.record().state, GateState::Closed);
    }
    void refusals()
    {
        Gate gate({}, 1);
        for (int i = 0; i < 9; ++i)
            learn(gate, outcomeOf(Kind::Failed));
        QCOMPARE(gate.record().state, GateState::Open);
        sent(gate); // one is taken: it is the items
        for (int i = 0; i < 9; ++i)
            learn(gate, outcomeOf(Kind::Failed));
        QCOMPARE(gate.record().state, GateState::Open);
        learn(gate, outcomeOf(Kind::Failed));
        QCOMPARE(gate.record().state, GateState::Refused);
        QCOMPARE(gate.room(kNow + kDayMs, 0), 0);
        QVERIFY(!gate.opensAt(kNow));
        // Whoever is not let in is not let in.
        Gate stopped({}, 1);
        learn(stopped, outcomeOf(Kind::Stopped));
        QCOMPARE(stopped.record().state, GateState::Refused);
        QCOMPARE(stopped.record().reason, std::string("busy"));
        QCOMPARE(stopped.room(kNow + kDayMs, 0), 0);
    }
    void aRefusalIsAnAnswer()
    {
        Gate gate({}, 1);
        busy(gate);
        const TimeMs opens = gate.record().until;
        learn(gate, outcomeOf(Kind::Failed), opens);
        QCOMPARE(gate.record().state, GateState::Open);
        QCOMPARE(gate.record().failures, 0);
    }
    void unknownDatasets()
    {
        Gate gate({}, 1);
        UploadOutcome unknown = outcomeOf(Kind::Failed);
        unknown.everyItemOfDataset = true;
        for (int i = 0; i < 30; ++i)
            learn(gate, unknown, kNow, i % 2 == 0 ? "a" : "b");
        QCOMPARE(gate.unknownDatasets(kNow), (std::vector<std::string>{"a", "b"}));
        // It is about them, not about the destination; and people see why they wait.
        QCOMPARE(gate.record().state, GateState::Open);
        QCOMPARE(gate.record().reason, std::string("busy"));
        QCOMPARE(gate.room(kNow, 0), 1);
        // Somebody may have made one meanwhile.
        const TimeMs later = kNow + Gate::Limits().longestPause;
        learn(gate, unknown, later - 1, "b");
        QCOMPARE(gate.unknownDatasets(later), std::vector<std::string>{"b"});
        sent(gate, later);
        QCOMPARE(gate.record().reason, std::string("busy"));
        sent(gate, later + Gate::Limits().longestPause);
        QVERIFY(gate.record().reason.empty());
    }
    void cancelledAndAskingSayNothing()
    {
        Gate gate({}, 1);
        for (int i = 0; i < 20; ++i) {
            learn(gate, outcomeOf(Kind::Cancelled, true));
            learn(gate, outcomeOf(Kind::Asks));
        }
        QCOMPARE(gate.record().state, GateState::Open);
        QCOMPARE(gate.record().failures, 0);
    }
    void resetAsksAgainByOneProbe()
    {
        for (const Kind kind : {Kind::Stopped, Kind::Retry}) {
            Gate gate({}, 1);
            for (int i = 0; i < 4; ++i)
                sent(gate);
            UploadOutcome unknown = outcomeOf(Kind::Failed);
            unknown.everyItemOfDataset = true;
            learn(gate, unknown);
            learn(gate, outcomeOf(kind, true, kDayMs));
            QCOMPARE(gate.room(kNow, 0), 0);
            gate.reset();
            QCOMPARE(gate.record().state, GateState::Open);
            QVERIFY(gate.record().reason.empty());
            QCOMPARE(gate.room(kNow, 0), 1);
            QCOMPARE(gate.room(kNow, 1), 0);
            QVERIFY(gate.unknownDatasets(kNow).empty());
            QCOMPARE(gate.record().lastSent, kNow);
        }
    }
};

QTEST_APPLESS_MAIN(TestGate)
#include "tst_gate.moc"
