#include <tepal/store/outbox_state.h>

#include <array>

namespace tepal {
namespace {

using S = OutboxState;
constexpr std::uint8_t kNone = 255;
constexpr std::uint8_t to(S state)
{
    return static_cast<std::uint8_t>(state);
}

/// Rows: states; columns: Leased, Arrived, Deferred, Refused, Doubted, RetryAll, RetryOne, Drop.
/// What asks is never touched by who means everything at once.
constexpr std::array<std::array<std::uint8_t, kOutboxEvents>, kOutboxStates> kTable{{
    /* Waiting */ {to(S::Sending), kNone, kNone, kNone, kNone, kNone, to(S::Waiting),
                   to(S::Dropped)},
    /* Sending */
    {kNone, to(S::Sent), to(S::Waiting), to(S::Failed), to(S::Asks), kNone, kNone, kNone},
    /* Sent    */ {kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone},
    /* Failed  */
    {kNone, kNone, kNone, kNone, kNone, to(S::Waiting), to(S::Waiting), to(S::Dropped)},
    /* Dropped */ {kNone, kNone, kNone, kNone, kNone, kNone, to(S::Waiting), kNone},
    /* Asks    */ {kNone, kNone, kNone, kNone, kNone, kNone, to(S::Waiting), to(S::Dropped)},
}};

} // namespace

std::optional<OutboxState> nextState(OutboxState state, OutboxEvent event)
{
    const std::uint8_t next =
        kTable[static_cast<std::size_t>(state)][static_cast<std::size_t>(event)];
    return next == kNone ? std::nullopt : std::optional(static_cast<OutboxState>(next));
}

std::vector<OutboxState> statesOf(OutboxEvent event)
{
    std::vector<OutboxState> states;
    for (std::size_t i = 0; i < kOutboxStates; ++i) {
        if (nextState(static_cast<OutboxState>(i), event))
            states.push_back(static_cast<OutboxState>(i));
    }
    return states;
}

std::string_view outboxStateName(OutboxState state)
{
    constexpr std::string_view names[]{"waiting", "sending", "sent", "failed", "dropped", "asks"};
    return names[static_cast<std::size_t>(state)];
}

bool isUnsent(OutboxState state)
{
    return state != OutboxState::Sent && state != OutboxState::Dropped;
}

} // namespace tepal
