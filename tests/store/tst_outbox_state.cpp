#include <tepal/store/outbox_state.h>

#include <QTest>

#include <array>

using namespace tepal;

namespace {

using State = OutboxState;
using Event = OutboxEvent;

struct Move
{
    State from;
    Event event;
    State to;
};

/// Everything that means something; whatever is not here means nothing.
constexpr std::array kMoves{
    Move{State::Waiting, Event::Leased, State::Sending},
    Move{State::Waiting, Event::RetryOne, State::Waiting},
    Move{State::Waiting, Event::Drop, State::Dropped},
    Move{State::Sending, Event::Arrived, State::Sent},
    Move{State::Sending, Event::Deferred, State::Waiting},
    Move{State::Sending, Event::Refused, State::Failed},
    Move{State::Sending, Event::Doubted, State::Asks},
    Move{State::Failed, Event::RetryAll, State::Waiting},
    Move{State::Failed, Event::RetryOne, State::Waiting},
    Move{State::Failed, Event::Drop, State::Dropped},
    Move{State::Dropped, Event::RetryOne, State::Waiting},
    Move{State::Asks, Event::RetryOne, State::Waiting},
    Move{State::Asks, Event::Drop, State::Dropped},
};

constexpr std::array<const char *, kOutboxEvents> kEventNames{
    "leased", "arrived", "deferred", "refused", "doubted", "retry all", "retry one", "drop"};

} // namespace

class TestOutboxState : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void table_data()
    {
        QTest::addColumn<int>("state");
        QTest::addColumn<int>("event");
        QTest::addColumn<int>("next");
        for (std::size_t state = 0; state < kOutboxStates; ++state) {
            for (std::size_t event = 0; event < kOutboxEvents; ++event) {
                int next = -1;
                for (const Move &move : kMoves) {
                    if (move.from == static_cast<State>(state) &&
                        move.event == static_cast<Event>(event))
                        next = static_cast<int>(move.to);
                }
                const std::string name(outboxStateName(static_cast<State>(state)));
                QTest::addRow("%s, %s", name.c_str(), kEventNames[event])
                    << static_cast<int>(state) << static_cast<int>(event) << next;
            }
        }
    }
    void table()
    {
        QFETCH(int, state);
        QFETCH(int, event);
        QFETCH(int, next);
        const auto from = static_cast<State>(state);
        const auto what = static_cast<Event>(event);
        const auto found = nextState(from, what);
        QCOMPARE(found ? static_cast<int>(*found) : -1, next);
        const auto states = statesOf(what);
        QCOMPARE(std::find(states.begin(), states.end(), from) != states.end(), next != -1);
    }
    /// Whatever is said at once, nobody decides by it about what may be there already.
    void whatAsksIsDecidedOneByOne()
    {
        for (const Event event : {Event::Leased, Event::RetryAll, Event::Deferred, Event::Arrived})
            QVERIFY(!nextState(State::Asks, event));
        // Only what waits is ever taken, and only what is being sent is ever sent.
        QCOMPARE(statesOf(Event::Leased), std::vector<State>{State::Waiting});
        QCOMPARE(statesOf(Event::Arrived), std::vector<State>{State::Sending});
    }
    void namesAndUnsent()
    {
        const std::array<std::pair<const char *, bool>, kOutboxStates> expected{{{"waiting", true},
                                                                                 {"sending", true},
                                                                                 {"sent", false},
                                                                                 {"failed", true},
                                                                                 {"dropped", false},
                                                                                 {"asks", true}}};
        for (std::size_t i = 0; i < kOutboxStates; ++i) {
            const auto state = static_cast<State>(i);
            QCOMPARE(std::string(outboxStateName(state)), std::string(expected[i].first));
            QCOMPARE(isUnsent(state), expected[i].second);
        }
    }
};

QTEST_APPLESS_MAIN(TestOutboxState)
#include "tst_outbox_state.moc"
