// Tries at items: what they do step by step, and what they come to.

#include "sender_impl.h"

#include <tepal/base/log.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tepal {
namespace {

/// How long a ticket waits for others to be written down with it.
constexpr DurationMs kGatherFor = 1;

} // namespace

/// Goes on with a delivery until it has to wait for something.
void Sender::Impl::take(std::uint64_t id, UploadStep step)
{
    Flight &flight = flights.at(id);
    if (auto *call = std::get_if<HttpCall>(&step)) {
        call->request.bytesPerSecond = options.bytesPerSecond;
        if (options.longestCall > 0)
            call->request.timeout = std::min(call->request.timeout, options.longestCall);
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
        blocking.run(id, std::move(work->run));
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

void Sender::Impl::collect()
{
    for (auto &[id, status] : blocking.take()) {
        Event &event = events.emplace_back();
        event.flight = id;
        event.result = std::move(status);
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

} // namespace tepal
