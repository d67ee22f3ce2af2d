#include "blocking_thread.h"

#include <tepal/base/file.h>
#include <tepal/base/log.h>
#include <tepal/store/store.h>
#include <tepal/upload/sender.h>

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

namespace tepal {
namespace {

namespace fs = std::filesystem;

constexpr DurationMs kLookForDead = kMinuteMs;
/// Leases of others run out without anybody being told.
constexpr DurationMs kLookAgain = kSecondMs;
/// What is leased ahead of a destination that takes everything.
constexpr std::size_t kAhead = 32;
/// How long a ticket waits for others to be written down with it.
constexpr DurationMs kGatherFor = 1;
/// How often a gate that stays open is written down for others to see.
constexpr DurationMs kGateEvery = 5 * kSecondMs;

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

fs::path senderDirectory(const fs::path &homeRoot)
{
    return homeRoot / "senders";
}

struct Sender::Impl
{
    /// One try at one item.
    struct Flight
    {
        OutboxItem item;
        std::string bytes;
        UploadItem upload;
        std::unique_ptr<Delivery> delivery;
        std::string outlet;
        bool kept = false; ///< The item's ticket is on the disk.
    };
    struct Channel
    {
        Outlet outlet;
        std::optional<Outlet> replacement; ///< Its settings changed while items were under way.
        Gate gate;
        GateRecord written;
        TimeMs writtenAt = 0;
        std::deque<OutboxItem> ahead = {}; ///< Leased and not begun.
        int flying = 0;
        bool leaving = false; ///< No longer one of the outlets.
        TimeMs dryUntil = 0;  ///< Nothing is due before, unless something changes.
    };
    struct Event
    {
        std::uint64_t flight = 0;
        StepResult result;
    };
    struct Conclusion
    {
        OutboxItem item;
        UploadOutcome outcome;
    };

    Store &store;
    Outbox outbox;
    SenderOptions options;
    const Clock &clock;
    const std::string owner = makeOwner();
    std::string homeId;
    FileLock alive;
    SplitMix64 random;
    http::Exchanges exchanges;
    std::map<std::string, Channel> channels;
    std::map<std::uint64_t, Flight> flights;
    std::uint64_t nextFlight = 0;
    std::deque<Event> events;
    std::vector<std::uint64_t> keeping;  ///< Flights whose ticket is to be written down.
    std::vector<Conclusion> conclusions; ///< To be written down.
    std::map<std::int64_t, int> ownTries;
    std::int64_t dataVersion = -1;
    TimeMs lookedForDead = 0;
    bool stopping = false;
    std::mutex doneMutex;
    std::deque<Event> doneElsewhere;
    BlockingThread blocking; // last: its work uses all of the above

    Impl(Store &theStore, SenderOptions theOptions, const Clock &theClock)
        : store(theStore)
        , outbox(theStore)
        , options(std::move(theOptions))
        , clock(theClock)
        , random(options.seed != 0 ? options.seed : systemEntropy())
    {
        if (options.lockDirectory.empty())
            return;
        if (makePrivateDirectory(options.lockDirectory)) {
            if (auto lock = FileLock::acquire(options.lockDirectory / (owner + ".lock"), "sender"))
                alive = std::move(*lock);
        }
    }

    // ------------------------------------------------------------ steps of deliveries
    void take(std::uint64_t id, UploadStep step);
    void conclude(std::uint64_t id, UploadOutcome outcome);
    void fillFrom(const UploadOutcome &outcome, OutboxItem &item);
    DurationMs itemPause(std::int64_t id);

    // ------------------------------------------------------------ the store
    Status releaseDead();
    Status writeDown();
    Status writeFacts();
    void giveUp(std::uint64_t id, const Error &error);
    void writeGate(Channel &channel);
    Status giveBack(Channel &channel);

    // ------------------------------------------------------------ taking items
    Status fill();
    Status fillChannel(Channel &channel);
    void begin(Channel &channel, OutboxItem item);
    void collect();
    void gather();
    void forgetLeft();
};

/// Goes on with a delivery until it has to wait for something.
void Sender::Impl::take(std::uint64_t id, UploadStep step)
{
    Flight &flight = flights.at(id);
    if (auto *call = std::get_if<HttpCall>(&step)) {
        call->request.bytesPerSecond = options.bytesPerSecond;
        exchanges.start(std::move(call->request), [this, id](http::Reply reply) {
            // Made in place: what the compiler makes of moving it twice it then warns about.
            Event &event = events.emplace_back();
            event.flight = id;
            event.result.emplace<http::Reply>(std::move(reply));
        });
    } else if (auto *keep = std::get_if<KeepTicket>(&step)) {
        flight.item.ticket = keep->ticket;
        flight.item.mayHaveArrived = keep->putting;
        flight.kept = false;
        keeping.push_back(id);
    } else if (auto *work = std::get_if<BlockingWork>(&step)) {
        blocking.run([this, id, run = std::move(work->run)](const std::stop_token &stop) {
            Status done = run(stop);
            {
                const std::lock_guard guard(doneMutex);
                doneElsewhere.emplace_back().flight = id;
                doneElsewhere.back().result = std::move(done);
            }
            exchanges.wake();
        });
    } else {
        conclude(id, std::move(std::get<UploadOutcome>(step)));
    }
}

DurationMs Sender::Impl::itemPause(std::int64_t id)
{
    const int tries = ++ownTries[id];
    if (tries >= options.ownTries) {
        ownTries.erase(id);
        return options.later;
    }
    const DurationMs longest = kSecondMs << std::clamp(tries - 1, 0, 5);
    return static_cast<DurationMs>((0.5 + 0.5 * random.uniform()) * static_cast<double>(longest));
}

/// What the outcome means for the item; times of next tries are set by the caller.
void Sender::Impl::fillFrom(const UploadOutcome &outcome, OutboxItem &item)
{
    using Kind = UploadOutcome::Kind;
    constexpr std::pair<Kind, OutboxEvent> events_[]{
        {Kind::Sent, OutboxEvent::Arrived},     {Kind::Retry, OutboxEvent::Deferred},
        {Kind::Failed, OutboxEvent::Refused},   {Kind::Asks, OutboxEvent::Doubted},
        {Kind::Stopped, OutboxEvent::Deferred}, {Kind::Cancelled, OutboxEvent::Deferred}};
    for (const auto &[kind, event] : events_) {
        if (kind == outcome.kind)
            item.state = nextState(item.state, event).value_or(item.state);
    }
    item.ticket = outcome.kind == Kind::Sent ? std::string() : outcome.ticket;
    item.mayHaveArrived = outcome.kind != Kind::Sent && outcome.mayHaveArrived;
    item.error = outcome.error ? outcome.error->message : std::string();
    item.nextStep = outcome.error ? outcome.error->next : std::string();
    if (!outcome.place.empty())
        item.place = outcome.place;
    item.nextTry = 0;
}

void Sender::Impl::conclude(std::uint64_t id, UploadOutcome outcome)
{
    using Kind = UploadOutcome::Kind;
    Flight flight = std::move(flights.at(id));
    flights.erase(id);
    Channel &channel = channels.at(flight.outlet);
    --channel.flying;
    channel.dryUntil = 0;
    // Nothing that others say leaves this place with a secret in it.
    const Destination &destination = *channel.outlet.destination;
    if (outcome.error) {
        outcome.error->message = destination.scrub(outcome.error->message);
        outcome.error->next = destination.scrub(outcome.error->next);
    }
    outcome.place = destination.scrub(outcome.place);
    const TimeMs now = clock.nowMs();
    OutboxItem &item = flight.item;
    fillFrom(outcome, item);
    const Error error = outcome.error.value_or(Error{});
    channel.gate.learn(outcome, item.dataset, error, now);
    if (outcome.kind == Kind::Retry && !outcome.everyItem && outcome.retryAfter == 0)
        item.nextTry = now + itemPause(item.id);
    else if (outcome.kind != Kind::Retry)
        ownTries.erase(item.id);
    if (outcome.kind == Kind::Sent)
        logInfo("upload", fmt::format("{} {} sent to {}", item.dataset, formatIso(item.start),
                                      item.destination));
    else if (outcome.kind != Kind::Cancelled)
        logWarning("upload", fmt::format("{} {} to {}: {}", item.dataset, formatIso(item.start),
                                         item.destination, item.error));
    conclusions.push_back({std::move(item), std::move(outcome)});
}

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

/// Ends a try that has not sent anything since its ticket was last written down.
void Sender::Impl::giveUp(std::uint64_t id, const Error &error)
{
    const Flight &flight = flights.at(id);
    UploadOutcome outcome;
    outcome.kind = UploadOutcome::Kind::Cancelled;
    outcome.ticket = flight.item.ticket;
    // Nothing has gone there now unless the ticket was kept, but an earlier try may have.
    outcome.mayHaveArrived =
        flight.kept ? flight.item.mayHaveArrived
                    : flight.upload.mayHaveArrived && flight.item.ticket == flight.upload.ticket;
    if (!error.message.empty())
        logWarning("upload", fmt::format("item {}: {}", flight.item.id, error.message));
    conclude(id, std::move(outcome));
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
    for (const std::string &other : *owners) {
        const fs::path file = options.lockDirectory / (other + ".lock");
        if (other == owner || !FileLock::acquire(file, "sender"))
            continue;
        if (auto released = outbox.release(other, now); !released)
            return tl::unexpected(released.error());
        for (auto &[name, channel] : channels)
            channel.dryUntil = 0;
        std::error_code ignored;
        fs::remove(file, ignored);
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

void Sender::Impl::begin(Channel &channel, OutboxItem item)
{
    const std::uint64_t id = ++nextFlight;
    Flight &flight = flights[id];
    flight.outlet = channel.outlet.record.name;
    ++channel.flying;
    ++item.attempts;
    flight.item = std::move(item);
    auto file = uploadFile(store, flight.item, channel.outlet.record, true);
    const Destination &destination = *channel.outlet.destination;
    const DurationMs oldest = destination.oldest();
    UploadOutcome outcome;
    outcome.ticket = flight.item.ticket;
    outcome.mayHaveArrived = flight.item.mayHaveArrived;
    if (!file) {
        outcome.error = file.error();
        return conclude(id, std::move(outcome));
    }
    if (oldest > 0 && flight.item.kind != OutboxKind::Reference &&
        flight.item.start < clock.nowMs() - oldest) {
        outcome.error = {
            ErrorCode::InvalidArgument,
            fmt::format("it is older than {} takes ({})", flight.outlet, formatDuration(oldest)),
            "drop the item, or send it to a bucket or folder"};
        return conclude(id, std::move(outcome));
    }
    flight.bytes = std::move(file->bytes);
    flight.item.bytes = static_cast<std::int64_t>(flight.bytes.size());
    flight.item.sha256 = file->sha256;
    UploadItem &upload = flight.upload;
    upload.bytes = flight.bytes;
    upload.sha256 = flight.item.sha256;
    upload.kind = flight.item.kind;
    upload.subject = flight.item.subject;
    upload.dataset = flight.item.dataset;
    upload.segment = file->segment;
    upload.datasetTimestamp = flight.item.start;
    upload.ticket = flight.item.ticket;
    upload.mayHaveArrived = flight.item.mayHaveArrived;
    upload.objectName =
        uploadObjectName({flight.item.dataset, flight.item.start, homeId, flight.item.chunkId,
                          flight.item.subject, flight.item.sha256});
    flight.delivery = destination.deliver(upload);
    take(id, flight.delivery->next({}));
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

void Sender::Impl::collect()
{
    {
        const std::lock_guard guard(doneMutex);
        std::move(doneElsewhere.begin(), doneElsewhere.end(), std::back_inserter(events));
        doneElsewhere.clear();
    }
    for (Event &event : std::exchange(events, {})) {
        if (const auto found = flights.find(event.flight); found != flights.end())
            take(event.flight, found->second.delivery->next(std::move(event.result)));
    }
}

/// A forced commit costs as much for one ticket as for eight: when most are still to come, the
/// first ones wait for a moment.
void Sender::Impl::gather()
{
    const std::size_t running = exchanges.running();
    for (int i = 0; i < 2 && !keeping.empty() && keeping.size() * 2 < running; ++i) {
        exchanges.poll(kGatherFor);
        collect();
    }
}

void Sender::Impl::forgetLeft()
{
    std::erase_if(channels, [](const auto &entry) {
        return entry.second.leaving && entry.second.flying == 0 && entry.second.ahead.empty();
    });
}

Sender::Sender(Store &store, SenderOptions options, const Clock &clock)
    : m_impl(std::make_unique<Impl>(store, std::move(options), clock))
{}

Sender::~Sender()
{
    std::ignore = cancel();
    if (!m_impl->options.lockDirectory.empty()) {
        std::error_code ignored;
        fs::remove(m_impl->options.lockDirectory / (m_impl->owner + ".lock"), ignored);
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
