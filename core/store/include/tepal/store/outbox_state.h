/// The life of an outbox item, as one table.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tepal {

enum class OutboxState : std::uint8_t {
    Waiting = 0, ///< Will be sent by itself.
    Sending = 1, ///< A sender holds it.
    Sent = 2,
    Failed = 3,  ///< Refused: will not be tried again unless somebody says so.
    Dropped = 4, ///< Somebody said that it is never to be sent.
    Asks = 5,    ///< It may be there already; whether it is sent again somebody has to say.
};
inline constexpr std::size_t kOutboxStates = 6;

enum class OutboxEvent : std::uint8_t {
    Leased,   ///< A sender takes it.
    Arrived,  ///< The destination confirmed it.
    Deferred, ///< Not this time: trouble that passes, or the sender ended.
    Refused,  ///< The destination will not have it as it is.
    Doubted,  ///< It may have arrived, and trying again could count it twice.
    RetryAll, ///< "Try again what failed."
    RetryOne, ///< "Try this one again."
    Drop,
};
inline constexpr std::size_t kOutboxEvents = 8;

/// What an item becomes; nothing when the event means nothing in this state.
std::optional<OutboxState> nextState(OutboxState state, OutboxEvent event);
/// The states in which an event means something.
std::vector<OutboxState> statesOf(OutboxEvent event);
std::string_view outboxStateName(OutboxState state);
/// Whether it still has to leave: waiting, being sent, failed, or asking.
bool isUnsent(OutboxState state);

} // namespace tepal
