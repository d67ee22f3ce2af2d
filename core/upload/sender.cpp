#include "sender_impl.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tepal {
namespace {

std::string makeOwner()
{
    SplitMix64 random(systemEntropy());
    return fmt::format("{:016x}", random.next());
}

bool sameSettings(const DestinationRecord &a, const DestinationRecord &b)
{
    return a.kind == b.kind && a.settings == b.settings && a.changed == b.changed;
}

} // namespace

std::filesystem::path senderDirectory(const std::filesystem::path &homeRoot)
{
    return homeRoot / "senders";
}

Sender::Sender(Store &store, SenderOptions options, const Clock &clock)
    : m_impl(std::make_unique<Impl>(store, std::move(options), clock, makeOwner()))
{}

Sender::~Sender()
{
    std::ignore = cancel();
    if (!m_impl->options.lockDirectory.empty()) {
        std::error_code ignored;
        std::filesystem::remove(m_impl->options.lockDirectory / (m_impl->owner + ".lock"), ignored);
    }
}

void Sender::setOutlets(std::vector<Outlet> outlets)
{
    auto &channels = m_impl->channels;
    for (auto &[name, channel] : channels)
        channel.leaving = true;
    for (Outlet &outlet : outlets) {
        const std::string name = outlet.record.name;
        const auto found = channels.find(name);
        if (found == channels.end()) {
            Gate gate(m_impl->options.gate, m_impl->random.next());
            gate.restore(outlet.record.gate);
            const GateRecord written = outlet.record.gate;
            Impl::Channel channel{std::move(outlet), std::nullopt, std::move(gate), written};
            channels.emplace(name, std::move(channel));
            continue;
        }
        Impl::Channel &channel = found->second;
        channel.leaving = false;
        channel.dryUntil = 0;
        // Somebody else has asked it meanwhile, or wants it asked again.
        if (!outlet.passing && outlet.record.gate != channel.written && channel.flying == 0) {
            channel.gate.reset();
            channel.gate.restore(outlet.record.gate);
            channel.written = outlet.record.gate;
        }
        if (sameSettings(channel.outlet.record, outlet.record))
            channel.outlet.record = std::move(outlet.record);
        else
            channel.replacement = std::move(outlet);
    }
    for (auto &[name, channel] : channels) {
        if (channel.leaving)
            std::ignore = m_impl->giveBack(channel);
    }
    m_impl->forgetLeft();
}

void Sender::askAgain()
{
    for (auto &[name, channel] : m_impl->channels) {
        channel.gate.reset();
        channel.dryUntil = 0;
    }
}

Status Sender::step(DurationMs longest)
{
    Impl &impl = *m_impl;
    impl.collect();
    if (auto filled = impl.fill(); !filled)
        return filled;
    if (auto written = impl.writeDown(); !written)
        return written;
    const bool busy = !impl.events.empty() || !impl.keeping.empty() || !impl.conclusions.empty();
    impl.exchanges.poll(busy ? 0 : longest);
    impl.collect();
    impl.gather();
    auto written = impl.writeDown();
    impl.forgetLeft();
    return written;
}

bool Sender::idle() const
{
    return m_impl->flights.empty() && m_impl->conclusions.empty() &&
           std::all_of(m_impl->channels.begin(), m_impl->channels.end(),
                       [](const auto &entry) { return entry.second.ahead.empty(); });
}

std::optional<TimeMs> Sender::nextDue()
{
    const TimeMs now = m_impl->clock.nowMs();
    std::optional<TimeMs> due;
    for (const auto &[name, channel] : m_impl->channels) {
        if (channel.leaving || channel.gate.record().state == GateState::Refused)
            continue;
        const auto next = m_impl->outbox.nextTry(name, channel.gate.unknownDatasets(now));
        if (!next || !*next)
            continue;
        const TimeMs at = std::max(**next, channel.gate.opensAt(now).value_or(0));
        due = due ? std::min(*due, at) : at;
    }
    return due;
}

Status Sender::cancel()
{
    Impl &impl = *m_impl;
    impl.stopping = true;
    impl.exchanges.cancelAll();
    impl.blocking.stop();
    impl.collect();
    impl.keeping.clear();
    // What was about to be kept, or had not begun, has not gone anywhere.
    while (!impl.flights.empty()) {
        impl.giveUp(impl.flights.begin()->first, {});
    }
    impl.exchanges.cancelAll();
    impl.events.clear();
    Status result = impl.writeFacts();
    for (auto &[name, channel] : impl.channels) {
        if (auto given = impl.giveBack(channel); !given && result)
            result = given;
        impl.writeGate(channel);
    }
    return result;
}

void Sender::wake()
{
    m_impl->exchanges.wake();
}

const Gate *Sender::gate(const std::string &destination) const
{
    const auto found = m_impl->channels.find(destination);
    return found == m_impl->channels.end() ? nullptr : &found->second.gate;
}

} // namespace tepal
