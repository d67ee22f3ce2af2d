// What a sender takes from the store, and writes down there.

#include "sender_impl.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <system_error>
#include <utility>

namespace tepal {
namespace {

constexpr DurationMs kLookForDead = kMinuteMs;
/// Leases of others run out without anybody being told.
constexpr DurationMs kLookAgain = kSecondMs;
/// What is leased ahead of a destination that takes everything.
constexpr std::size_t kAhead = 32;
/// How often a gate that stays open is written down for others to see.
constexpr DurationMs kGateEvery = 5 * kSecondMs;

} // namespace

/// What ended and the tickets of what was granted, in one transaction, on the disk before a byte
/// goes anywhere.
Status Sender::Impl::writeFacts()
{
    // What has arrived may be written down with the next ticket: until then a repeat of it goes to
    // the same place.
    const bool more = exchanges.running() > 0 && conclusions.size() < kAhead;
    if (keeping.empty() && (conclusions.empty() || (more && !stopping)))
        return {};
    std::vector<OutboxItem> items;
    for (const Conclusion &conclusion : conclusions)
        items.push_back(conclusion.item);
    for (const std::uint64_t id : keeping)
        items.push_back(flights.at(id).item);
    const auto lost = outbox.record(items, owner, !keeping.empty(), clock.nowMs());
    const auto ids = std::exchange(keeping, {});
    if (!lost) {
        // What ended is kept, and written the next time; what was granted has gone nowhere yet.
        for (const std::uint64_t id : ids)
            giveUp(id, lost.error());
        return tl::unexpected(lost.error());
    }
    for (const Conclusion &conclusion : std::exchange(conclusions, {})) {
        // Only now those that wait again can be taken.
        if (const auto found = channels.find(conclusion.item.destination); found != channels.end())
            found->second.dryUntil = 0;
        if (options.ended)
            options.ended(conclusion.item, conclusion.outcome);
    }
    for (const std::uint64_t id : ids) {
        Flight &flight = flights.at(id);
        if (std::find(lost->begin(), lost->end(), flight.item.id) != lost->end())
            giveUp(id, {ErrorCode::Busy, "it is being sent by somebody else", ""});
        else {
            flight.kept = true;
            take(id, flight.delivery->next({}));
        }
    }
    return {};
}

void Sender::Impl::writeGate(Channel &channel)
{
    const GateRecord &now = channel.gate.record();
    if (channel.outlet.passing || now == channel.written)
        return;
    GateRecord same = now;
    same.lastTry = channel.written.lastTry;
    same.lastSent = channel.written.lastSent;
    const bool onlyTimes = same == channel.written && channel.written.lastSent != 0;
    if (onlyTimes && channel.flying > 0 && clock.nowMs() < channel.writtenAt + kGateEvery)
        return;
    if (Destinations(store).setGate(channel.outlet.record.name, now)) {
        channel.written = now;
        channel.writtenAt = clock.nowMs();
    }
}

Status Sender::Impl::writeDown()
{
    Status written = writeFacts();
    for (auto &[name, channel] : channels)
        writeGate(channel);
    return written;
}

/// Ends the leases of senders that are dead: a living one holds its lock.
Status Sender::Impl::releaseDead()
{
    const TimeMs now = clock.nowMs();
    if (options.lockDirectory.empty() || (lookedForDead != 0 && now < lookedForDead + kLookForDead))
        return {};
    lookedForDead = now;
    const auto owners = outbox.owners();
    if (!owners)
        return tl::unexpected(owners.error());
    std::set<std::string> others(owners->begin(), owners->end());
    // Killed ones also leave their files behind when they held nothing. A young file may belong to
    // one that is about to lock it.
    std::error_code ignored;
    const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::minutes(1);
    for (const auto &entry : std::filesystem::directory_iterator(options.lockDirectory, ignored)) {
        if (entry.last_write_time(ignored) < old)
            others.insert(entry.path().stem().string());
    }
    others.erase(owner);
    for (const std::string &other : others) {
        const std::filesystem::path file = options.lockDirectory / (other + ".lock");
        if (!FileLock::acquire(file, "sender"))
            continue;
        const auto released = outbox.release(other, now);
        if (!released)
            return tl::unexpected(released.error());
        for (auto &[name, channel] : channels)
            channel.dryUntil = *released > 0 ? 0 : channel.dryUntil;
        std::filesystem::remove(file, ignored);
    }
    return {};
}

/// What was leased ahead waits again.
Status Sender::Impl::giveBack(Channel &channel)
{
    if (channel.ahead.empty())
        return {};
    std::vector<OutboxItem> items(channel.ahead.begin(), channel.ahead.end());
    for (OutboxItem &item : items)
        item.state = OutboxState::Waiting;
    channel.ahead.clear();
    const auto lost = outbox.record(items, owner, false, clock.nowMs());
    return lost ? Status() : Status(tl::unexpected(lost.error()));
}

Status Sender::Impl::fillChannel(Channel &channel)
{
    if (channel.replacement) {
        // What is under way points into the old destination, and ends with it.
        if (channel.flying > 0)
            return {};
        channel.outlet = std::move(*std::exchange(channel.replacement, std::nullopt));
        channel.gate.reset();
    }
    const TimeMs now = clock.nowMs();
    const int room = channel.gate.room(now, channel.flying);
    if (room == 0) {
        // Behind a gate that is shut others may have them, and people see what waits.
        return channel.gate.record().state == GateState::Open ? Status() : giveBack(channel);
    }
    if (channel.ahead.empty() && now >= channel.dryUntil) {
        const bool wide = channel.gate.room(now, 0) >= options.gate.atOnce;
        auto items = outbox.lease(channel.outlet.record.name, {owner, now + kLease}, now,
                                  wide ? kAhead : static_cast<std::size_t>(room),
                                  channel.gate.unknownDatasets(now));
        if (!items)
            return tl::unexpected(items.error());
        if (items->empty()) {
            const auto next =
                outbox.nextTry(channel.outlet.record.name, channel.gate.unknownDatasets(now));
            if (!next)
                return tl::unexpected(next.error());
            channel.dryUntil = std::min(next->value_or(now + kLookAgain), now + kLookAgain);
        }
        channel.ahead.assign(std::make_move_iterator(items->begin()),
                             std::make_move_iterator(items->end()));
    }
    for (int i = 0; i < room && !channel.ahead.empty(); ++i) {
        OutboxItem item = std::move(channel.ahead.front());
        channel.ahead.pop_front();
        begin(channel, std::move(item));
    }
    return {};
}

Status Sender::Impl::fill()
{
    if (stopping)
        return {};
    if (auto released = releaseDead(); !released)
        return released;
    if (homeId.empty()) {
        auto id = Destinations(store).homeId();
        if (!id)
            return tl::unexpected(id.error());
        homeId = std::move(*id);
    }
    // Others may have added something.
    if (const std::int64_t version = store.dataVersion(); version != dataVersion) {
        dataVersion = version;
        for (auto &[name, channel] : channels)
            channel.dryUntil = 0;
    }
    for (auto &[name, channel] : channels) {
        if (channel.leaving)
            continue;
        if (auto filled = fillChannel(channel); !filled)
            return filled;
    }
    return {};
}

void Sender::Impl::forgetLeft()
{
    std::erase_if(channels, [](const auto &entry) {
        return entry.second.leaving && entry.second.flying == 0 && entry.second.ahead.empty();
    });
}

} // namespace tepal
