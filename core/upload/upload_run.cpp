#include <tepal/profile/file.h>
#include <tepal/store/store.h>
#include <tepal/store/windows.h>
#include <tepal/upload/outlets.h>
#include <tepal/upload/upload_run.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>

namespace tepal {
namespace {

bool reallyWait(DurationMs duration, const std::stop_token &stop)
{
    std::mutex mutex;
    std::condition_variable_any condition;
    std::unique_lock lock(mutex);
    condition.wait_for(lock, stop, std::chrono::milliseconds(duration), [] { return false; });
    return !stop.stop_requested();
}

void fill(UploadedItem &report, const OutboxItem &item)
{
    report.id = item.id;
    report.kind = item.kind;
    report.chunkId = item.chunkId;
    report.subject = item.subject;
    report.dataset = item.dataset;
    report.segment = item.segment;
    report.start = item.start;
    report.end = item.end;
    report.rows = item.rows;
    report.bytes = item.bytes;
    report.state = item.state;
    report.attempts = item.attempts;
    report.place = item.place;
    report.error = item.error;
    report.nextStep = item.nextStep;
}

/// One destination's part of a run.
struct Part
{
    UploadRun run;
    std::map<std::int64_t, std::size_t> reported; ///< Item → place in the report.
    int total = 0;                                ///< Due when the run began.
    bool ended = false;
};

class Now
{
public:
    Now(Store &store, const UploadRunOptions &options, std::stop_token stop, const Clock &clock)
        : m_store(store)
        , m_outbox(store)
        , m_options(options)
        , m_stop(std::move(stop))
        , m_clock(clock)
    {}
    Result<std::vector<UploadRun>> run(std::vector<Outlet> outlets);

private:
    Status prepare(Part &part, const Outlet &outlet);
    void ended(const OutboxItem &item);
    void tell(const std::string &text);
    Status send(Sender &sender, std::vector<Outlet> outlets);
    bool mayGoOn(const Sender &sender);
    Status finish(Part &part);

    Store &m_store;
    Outbox m_outbox;
    const UploadRunOptions &m_options;
    const std::stop_token m_stop;
    const Clock &m_clock;
    std::vector<Part> m_parts;
    DurationMs m_waited = 0;
};

Status Now::prepare(Part &part, const Outlet &outlet)
{
    const TimeMs now = m_clock.nowMs();
    const DestinationRecord &record = outlet.record;
    part.run.destination = record.name;
    if (auto set = outlet.destination->configured(); !set) {
        part.run.stopped = set.error();
        part.ended = true;
    }
    const std::int64_t since = m_options.everything ? 0 : record.sinceChunk;
    if (!part.ended) {
        if (auto done = m_outbox.enqueue(record.name, since, now); !done)
            return tl::unexpected(done.error());
        if (m_options.retryFailed) {
            if (auto done = m_outbox.makeDue(record.name, now); !done)
                return tl::unexpected(done.error());
        }
    }
    const auto counts = m_outbox.counts();
    if (!counts)
        return tl::unexpected(counts.error());
    for (const OutboxCounts &count : *counts) {
        if (count.destination == record.name)
            part.total = static_cast<int>(count.waiting);
    }
    return {};
}

void Now::tell(const std::string &text)
{
    if (!m_options.progress)
        return;
    UploadProgress progress;
    progress.text = text;
    for (const Part &part : m_parts) {
        progress.total += part.total;
        progress.done += part.run.sent + part.run.failed + part.run.asks;
    }
    m_options.progress(progress);
}

void Now::ended(const OutboxItem &item)
{
    const auto part = std::find_if(m_parts.begin(), m_parts.end(), [&](const Part &one) {
        return one.run.destination == item.destination;
    });
    if (part == m_parts.end())
        return;
    const auto [found, isNew] = part->reported.try_emplace(item.id, part->run.items.size());
    if (isNew)
        part->run.items.emplace_back();
    fill(part->run.items[found->second], item);
    part->run.sent += item.state == OutboxState::Sent ? 1 : 0;
    part->run.failed += item.state == OutboxState::Failed ? 1 : 0;
    part->run.asks += item.state == OutboxState::Asks ? 1 : 0;
    part->run.bytes += item.state == OutboxState::Sent ? item.bytes : 0;
    tell(fmt::format("{} {}: {}", item.dataset, formatIso(item.start),
                     item.state == OutboxState::Sent ? "sent" : item.error));
}

/// Marks parts that have ended: refused, or in vain too often.
bool Now::mayGoOn(const Sender &sender)
{
    bool any = false;
    for (Part &part : m_parts) {
        if (part.ended)
            continue;
        const Gate *gate = sender.gate(part.run.destination);
        const GateRecord &record = gate->record();
        const bool refused = record.state == GateState::Refused;
        if (refused || record.failures >= m_options.tries) {
            part.ended = true;
            part.run.stopped = Error{refused ? ErrorCode::Denied : ErrorCode::Unavailable,
                                     record.reason, record.next};
        }
        any = any || !part.ended;
    }
    return any;
}

Status Now::send(Sender &sender, std::vector<Outlet> outlets)
{
    std::erase_if(outlets, [&](const Outlet &outlet) {
        return std::any_of(m_parts.begin(), m_parts.end(), [&](const Part &part) {
            return part.ended && part.run.destination == outlet.record.name;
        });
    });
    if (outlets.empty())
        return {};
    sender.setOutlets(std::move(outlets));
    if (m_options.retryFailed)
        sender.askAgain();
    while (!m_stop.stop_requested()) {
        if (auto done = sender.step(sender.idle() ? 0 : 1000); !done)
            return done;
        if (!sender.idle())
            continue;
        if (!mayGoOn(sender))
            break;
        const auto due = sender.nextDue();
        if (!due)
            break;
        const DurationMs pause = *due - m_clock.nowMs();
        if (pause <= 0)
            continue;
        if (m_waited + pause > m_options.patience) {
            for (Part &part : m_parts) {
                const Gate *gate = sender.gate(part.run.destination);
                if (part.ended || !gate || gate->record().state != GateState::Closed)
                    continue;
                const GateRecord &record = gate->record();
                part.run.stopped = Error{ErrorCode::Unavailable, record.reason, record.next};
            }
            break;
        }
        m_waited += pause;
        tell(fmt::format("next try in {:.1f} s", static_cast<double>(pause) / 1000));
        if (!(m_options.wait ? m_options.wait(pause, m_stop) : reallyWait(pause, m_stop)))
            break;
    }
    return sender.cancel();
}

Status Now::finish(Part &part)
{
    part.run.cancelled = m_stop.stop_requested();
    const auto counts = m_outbox.counts();
    if (!counts)
        return tl::unexpected(counts.error());
    for (const OutboxCounts &count : *counts) {
        if (count.destination == part.run.destination)
            part.run.waiting = static_cast<int>(count.waiting);
    }
    return {};
}

Result<std::vector<UploadRun>> Now::run(std::vector<Outlet> outlets)
{
    m_parts.resize(outlets.size());
    for (std::size_t i = 0; i < outlets.size(); ++i) {
        if (auto ready = prepare(m_parts[i], outlets[i]); !ready)
            return tl::unexpected(ready.error());
    }
    {
        SenderOptions how = m_options.sender;
        how.ended = [this](const OutboxItem &item, const UploadOutcome &) { ended(item); };
        Sender sender(m_store, std::move(how), m_clock);
        const std::stop_callback wake(m_stop, [&sender] { sender.wake(); });
        if (auto sent = send(sender, std::move(outlets)); !sent)
            return tl::unexpected(sent.error());
    }
    std::vector<UploadRun> runs;
    for (Part &part : m_parts) {
        if (auto done = finish(part); !done)
            return tl::unexpected(done.error());
        runs.push_back(std::move(part.run));
    }
    return runs;
}

} // namespace

Result<std::vector<UploadRun>> uploadNow(Store &store, std::vector<Outlet> outlets,
                                         const UploadRunOptions &options, std::stop_token stop,
                                         const Clock &clock)
{
    return Now(store, options, std::move(stop), clock).run(std::move(outlets));
}

namespace {

/// Maybe a value was spelled wrongly, and the destination waits for ever.
Result<std::vector<std::string>> unseenSegments(Store &store, const DestinationRecord &record)
{
    std::vector<std::string> unseen = segmentTexts(record.segments);
    if (unseen.empty())
        return unseen;
    constexpr TimeMs kFar = std::numeric_limits<TimeMs>::max() / 2;
    const auto windows = Windows(store).list("", {-kFar, kFar});
    if (!windows)
        return tl::unexpected(windows.error());
    for (const WindowInfo &window : *windows) {
        if (!window.segment.empty())
            std::erase(unseen, filterText(window.segment));
    }
    return unseen;
}

} // namespace

Result<UploadRun> rehearseUpload(Store &store, const Outlet &outlet, bool everything,
                                 std::stop_token stop)
{
    UploadRun run;
    run.destination = outlet.record.name;
    run.dryRun = true;
    const auto items =
        Outbox(store).rehearse(outlet.record.name, everything ? 0 : outlet.record.sinceChunk);
    if (!items)
        return tl::unexpected(items.error());
    const auto homeId = Destinations(store).homeId();
    std::map<std::string, bool> rules; ///< Whether something met them.
    for (const OutboxItem &item : *items) {
        if (stop.stop_requested()) {
            run.cancelled = true;
            break;
        }
        UploadedItem report;
        fill(report, item);
        report.state = OutboxState::Waiting;
        const auto file = uploadFile(store, item, outlet.record, false);
        if (file) {
            report.bytes = static_cast<std::int64_t>(file->bytes.size());
            report.place = uploadObjectName({item.dataset, item.start, homeId.value_or(""),
                                             item.chunkId, item.subject, file->sha256});
            report.redaction = file->redaction;
            for (const std::string &rule : file->rules) {
                const bool met = std::find(file->unmatched.begin(), file->unmatched.end(), rule) ==
                                 file->unmatched.end();
                bool &any = rules[rule];
                any = any || met;
            }
            if (const auto profile = parseProfile(file->bytes))
                report.content = xray(*profile, file->bytes.size());
            report.error.clear();
            report.nextStep.clear();
        } else {
            report.state = OutboxState::Failed;
            report.error = file.error().message;
            report.nextStep = file.error().next;
        }
        run.waiting += report.state == OutboxState::Waiting ? 1 : 0;
        run.failed += report.state == OutboxState::Failed ? 1 : 0;
        run.bytes += report.bytes;
        run.items.push_back(std::move(report));
    }
    auto unseen = unseenSegments(store, outlet.record);
    if (!unseen)
        return tl::unexpected(unseen.error());
    run.unseenSegments = std::move(*unseen);
    for (const auto &[rule, met] : rules) {
        if (!met)
            run.unmatched.push_back(rule);
    }
    return run;
}

} // namespace tepal
