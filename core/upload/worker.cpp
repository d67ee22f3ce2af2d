#include <tepal/base/file.h>
#include <tepal/base/log.h>
#include <tepal/base/random.h>
#include <tepal/profile/file.h>
#include <tepal/store/outbox.h>
#include <tepal/upload/worker.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

namespace tepal {
namespace {

constexpr DurationMs kLongestBackOff = 30 * kSecondMs;
constexpr DurationMs kLockPatience = 2 * kMinuteMs;

bool reallySleep(DurationMs duration, const std::stop_token &stop)
{
    std::mutex mutex;
    std::condition_variable_any condition;
    std::unique_lock lock(mutex);
    condition.wait_for(lock, stop, std::chrono::milliseconds(duration), [] { return false; });
    return !stop.stop_requested();
}

/// Writes down what a destination is about to do.
class Recorder final : public UploadObserver
{
public:
    Recorder(Store &store, const Clock &clock, OutboxItem &item, std::string sha256)
        : m_store(store)
        , m_clock(clock)
        , m_item(item)
        , m_sha256(std::move(sha256))
    {}
    Status granted(const std::string &uploadUrl) override
    {
        m_item.uploadUrl = uploadUrl;
        m_item.sha256.clear();
        return Outbox(m_store).updateItem(m_item, m_clock.nowMs());
    }
    Status putting() override
    {
        m_item.sha256 = m_sha256;
        return Outbox(m_store).updateItem(m_item, m_clock.nowMs());
    }

private:
    Store &m_store;
    const Clock &m_clock;
    OutboxItem &m_item;
    const std::string m_sha256;
};

UploadedItem reportOf(const OutboxItem &item)
{
    UploadedItem report;
    report.id = item.id;
    report.dataset = item.dataset;
    report.segment = item.segment;
    report.start = item.start;
    report.end = item.end;
    report.rows = item.rows;
    report.bytes = item.bytes;
    report.state = item.state;
    report.attempts = item.attempts;
    report.error = item.error;
    report.nextStep = item.nextStep;
    return report;
}

/// The file of a chunk, checked by reading it back: a server takes anything and tells nobody that
/// it could not use it.
Result<std::string> makeFile(Store &store, const OutboxItem &item)
{
    const auto profile = Outbox(store).chunkProfile(item.chunkId);
    if (!profile)
        return tl::unexpected(profile.error());
    std::string bytes = serializeProfile(*profile);
    const auto back = parseProfile(bytes);
    if (!back)
        return failWith("the finished profile cannot be read back", back.error());
    if (back->columns.size() != profile->columns.size() ||
        back->datasetTimestamp != profile->datasetTimestamp || back->rows() != profile->rows())
        return fail(ErrorCode::Corrupt, "the finished profile reads back as another one",
                    "run \"tepal check\"");
    return bytes;
}

class Run
{
public:
    Run(Store &store, const Clock &clock, Destination &destination, const UploadRunOptions &options,
        std::stop_token stop)
        : m_store(store)
        , m_clock(clock)
        , m_destination(destination)
        , m_options(options)
        , m_stop(std::move(stop))
        , m_random(options.seed != 0 ? options.seed : systemEntropy())
    {
        m_run.dryRun = options.dryRun;
    }
    Result<UploadRun> run();

private:
    struct Tries
    {
        int count = 0;
        TimeMs next = 0; ///< 0 = not in this run any more.
        std::size_t report = 0;
    };

    Result<FileLock> takeLock();
    Result<UploadRun> rehearse();
    Status prepare(bool alone);
    Status sendOne(OutboxItem item);
    void conclude(OutboxItem &item, const UploadOutcome &outcome, Tries &tries);
    DurationMs backOff(int tries, DurationMs asked);
    bool sleep(DurationMs duration);
    bool waitForNext();
    void note(const OutboxItem &item, const std::string &what);
    void count();

    Store &m_store;
    const Clock &m_clock;
    Destination &m_destination;
    const UploadRunOptions &m_options;
    const std::stop_token m_stop;
    SplitMix64 m_random;
    UploadRun m_run;
    std::map<std::int64_t, Tries> m_tries;
    DurationMs m_waited = 0;
    DurationMs m_pause = 0; ///< Before the next item, because nobody answers.
    int m_total = 0;
};

bool Run::sleep(DurationMs duration)
{
    m_waited += duration;
    return m_options.sleep ? m_options.sleep(duration, m_stop) : reallySleep(duration, m_stop);
}

void Run::note(const OutboxItem &item, const std::string &what)
{
    if (!m_options.progress)
        return;
    UploadProgress progress;
    progress.total = m_total;
    for (const auto &[id, tries] : m_tries)
        progress.done += tries.next == 0 && m_run.items[tries.report].id == id &&
                                 m_run.items[tries.report].state != OutboxState::Sending
                             ? 1
                             : 0;
    progress.text = fmt::format("{} {}: {}", item.dataset, formatIso(item.start), what);
    m_options.progress(progress);
}

/// Exponential with full jitter; a destination's own wish counts, up to the cap.
DurationMs Run::backOff(int tries, DurationMs asked)
{
    const DurationMs longest = std::min(kLongestBackOff, kSecondMs << std::clamp(tries - 1, 0, 10));
    const auto jittered =
        static_cast<DurationMs>(m_random.uniform() * static_cast<double>(longest));
    return std::max({DurationMs{50}, jittered, std::min(asked, kLongestBackOff)});
}

void Run::conclude(OutboxItem &item, const UploadOutcome &outcome, Tries &tries)
{
    using Kind = UploadOutcome::Kind;
    const TimeMs now = m_clock.nowMs();
    item.uploadUrl = outcome.uploadUrl;
    // Beside a place, the hash says that the bytes may have arrived there.
    if (outcome.kind != Kind::Sent && !outcome.mayHaveArrived)
        item.sha256.clear();
    item.error = outcome.error ? outcome.error->message : std::string();
    item.nextStep = outcome.error ? outcome.error->next : std::string();
    item.nextTry = 0;
    tries.next = 0;
    switch (outcome.kind) {
    case Kind::Sent:
        item.state = OutboxState::Sent;
        item.uploadUrl.clear();
        break;
    case Kind::Retry: {
        const int limit = outcome.maxTries > 0 ? std::min(outcome.maxTries, m_options.maxTries)
                                               : m_options.maxTries;
        const DurationMs delay = backOff(tries.count, outcome.retryAfter);
        item.state = OutboxState::Waiting;
        item.nextTry = now + OutboxWorker::kLater;
        if (tries.count < limit && m_waited + delay <= m_options.maxWaiting) {
            item.nextTry = tries.next = now + delay;
            m_pause = outcome.unreachable ? delay : 0;
        } else if (outcome.unreachable) {
            m_run.stopped = outcome.error;
        }
        break;
    }
    case Kind::Stopped:
        m_run.stopped = outcome.error;
        [[fallthrough]];
    case Kind::Failed:
        item.state = OutboxState::Failed;
        item.nextTry = outcome.needsDecision ? Outbox::kNeedsDecision : Outbox::kOnRequest;
        break;
    case Kind::Cancelled:
        item.state = OutboxState::Waiting;
        m_run.cancelled = true;
        break;
    }
}

Status Run::sendOne(OutboxItem item)
{
    const auto [found, isNew] = m_tries.try_emplace(item.id);
    Tries &tries = found->second;
    ++tries.count;
    tries.next = 0;
    if (isNew) {
        tries.report = m_run.items.size();
        m_run.items.push_back(reportOf(item));
    }
    const auto bytes = makeFile(m_store, item);
    UploadOutcome outcome;
    if (!bytes) {
        outcome.error = bytes.error();
        outcome.uploadUrl = item.uploadUrl;
        outcome.mayHaveArrived = !item.sha256.empty();
    } else {
        item.bytes = static_cast<std::int64_t>(bytes->size());
        ++item.attempts;
        if (auto recorded = Outbox(m_store).updateItem(item, m_clock.nowMs()); !recorded)
            return recorded;
        note(item, "sending");
        UploadItem upload;
        upload.bytes = *bytes;
        upload.dataset = item.dataset;
        upload.datasetTimestamp = item.start;
        upload.objectName = uploadObjectName(item.dataset, item.start, item.segment);
        upload.uploadUrl = item.uploadUrl;
        upload.mayHaveArrived = !item.uploadUrl.empty() && !item.sha256.empty();
        Recorder recorder(m_store, m_clock, item, sha256Hex(*bytes));
        outcome = m_destination.send(upload, recorder, m_stop);
    }
    conclude(item, outcome, tries);
    if (auto recorded = Outbox(m_store).updateItem(item, m_clock.nowMs()); !recorded)
        return recorded;
    UploadedItem &report = m_run.items[tries.report];
    report = reportOf(item);
    report.place = outcome.place;
    const std::string what =
        item.state == OutboxState::Sent ? std::string("sent")
        : tries.next != 0               ? fmt::format("{}; next try in {:.1f} s", item.error,
                                                      static_cast<double>(tries.next - m_clock.nowMs()) / 1000)
                                        : item.error;
    if (item.state == OutboxState::Sent)
        logInfo("upload", fmt::format("{} {} sent to {}", item.dataset, formatIso(item.start),
                                      m_destination.name()));
    else if (outcome.kind != UploadOutcome::Kind::Cancelled)
        logWarning("upload", fmt::format("{} {}: {}", item.dataset, formatIso(item.start), what));
    note(item, what);
    return {};
}

/// Sleeps until the first item of this run that is to be tried again; false when there is none or
/// somebody stopped.
bool Run::waitForNext()
{
    TimeMs next = 0;
    for (const auto &[id, tries] : m_tries) {
        if (tries.next != 0 && (next == 0 || tries.next < next))
            next = tries.next;
    }
    const DurationMs duration = next - m_clock.nowMs();
    return next != 0 && (duration <= 0 ? !m_stop.stop_requested() : sleep(duration));
}

Result<FileLock> Run::takeLock()
{
    for (DurationMs patience = kLockPatience;; patience -= 250) {
        auto lock = FileLock::acquire(m_options.lockFile, "another upload");
        if (lock || lock.error().code != ErrorCode::Busy || patience <= 0)
            return lock;
        if (m_options.progress)
            m_options.progress({0, 0, "waiting for another upload of this home to end"});
        if (!(m_options.sleep ? m_options.sleep(250, m_stop) : reallySleep(250, m_stop)))
            return fail(ErrorCode::Cancelled, "stopped while waiting for another upload");
    }
}

Status Run::prepare(bool alone)
{
    const std::string name = m_destination.name();
    const TimeMs now = m_clock.nowMs();
    if (auto done = Outbox(m_store).enqueue(name, now); !done)
        return tl::unexpected(done.error());
    // Whoever held these leases is dead: a living sender would hold the lock.
    if (alone) {
        if (auto done = Outbox(m_store).releaseLeases(name, now); !done)
            return tl::unexpected(done.error());
    }
    if (m_options.ignoreNextTry) {
        if (auto done = Outbox(m_store).makeDue(name, now); !done)
            return tl::unexpected(done.error());
    }
    const auto items = Outbox(m_store).outbox();
    if (!items)
        return tl::unexpected(items.error());
    m_total = static_cast<int>(std::count_if(items->begin(), items->end(), [&](const auto &item) {
        return item.destination == name && item.nextTry <= now &&
               (item.state == OutboxState::Waiting || item.state == OutboxState::Failed);
    }));
    return {};
}

/// What a run would send, from the outbox alone: every closed chunk has an item of some
/// destination.
Result<UploadRun> Run::rehearse()
{
    const std::string name = m_destination.name();
    const auto items = Outbox(m_store).outbox(1'000'000);
    if (!items)
        return tl::unexpected(items.error());
    std::set<std::int64_t> settled; // chunks this destination has, gets, or is not to get
    for (const OutboxItem &item : *items) {
        const bool open = item.state == OutboxState::Waiting || item.state == OutboxState::Failed;
        if (item.destination == name && (!open || item.nextTry >= Outbox::kNeedsDecision))
            settled.insert(item.chunkId);
    }
    for (auto item = items->rbegin(); item != items->rend(); ++item) {
        if (m_stop.stop_requested()) {
            m_run.cancelled = true;
            break;
        }
        const bool open = item->state == OutboxState::Waiting || item->state == OutboxState::Failed;
        // Not yet given to any destination and dropped: dropped for this one too.
        if ((item->destination.empty() && !open) || !settled.insert(item->chunkId).second)
            continue;
        UploadedItem report = reportOf(*item);
        report.id = item->destination == name || item->destination.empty() ? item->id : 0;
        report.state = OutboxState::Waiting;
        if (const auto bytes = makeFile(m_store, *item)) {
            report.bytes = static_cast<std::int64_t>(bytes->size());
            report.error.clear();
            report.nextStep.clear();
        } else {
            report.state = OutboxState::Failed;
            report.error = bytes.error().message;
            report.nextStep = bytes.error().next;
        }
        report.place = uploadObjectName(item->dataset, item->start, item->segment);
        m_run.items.push_back(std::move(report));
    }
    count();
    return m_run;
}

void Run::count()
{
    for (const UploadedItem &item : m_run.items) {
        m_run.sent += item.state == OutboxState::Sent ? 1 : 0;
        m_run.failed += item.state == OutboxState::Failed ? 1 : 0;
        m_run.waiting += item.state == OutboxState::Waiting ? 1 : 0;
        if (item.state == OutboxState::Sent || (m_run.dryRun && item.state == OutboxState::Waiting))
            m_run.bytes += item.bytes;
    }
    if (!m_run.dryRun)
        m_run.waiting += std::max(0, m_total - static_cast<int>(m_run.items.size()));
}

Result<UploadRun> Run::run()
{
    if (auto set = m_destination.configured(); !set)
        return tl::unexpected(set.error());
    if (m_options.dryRun)
        return rehearse();
    FileLock lock;
    if (!m_options.lockFile.empty()) {
        auto taken = takeLock();
        if (!taken)
            return tl::unexpected(taken.error());
        lock = std::move(*taken);
    }
    if (auto ready = prepare(lock.held()); !ready)
        return tl::unexpected(ready.error());
    while (!m_run.stopped && !m_run.cancelled) {
        if (m_stop.stop_requested()) {
            m_run.cancelled = true;
            break;
        }
        const TimeMs now = m_clock.nowMs();
        const auto item =
            Outbox(m_store).lease(m_destination.name(), now, now + OutboxWorker::kLease, false);
        if (!item)
            return tl::unexpected(item.error());
        if (!*item) {
            if (!waitForNext())
                break;
            continue;
        }
        if (auto done = sendOne(std::move(**item)); !done)
            return tl::unexpected(done.error());
        if (m_pause > 0)
            sleep(std::exchange(m_pause, 0));
    }
    m_run.cancelled = m_run.cancelled || m_stop.stop_requested();
    count();
    return m_run;
}

} // namespace

OutboxWorker::OutboxWorker(Store &store, const Clock &clock)
    : m_store(store)
    , m_clock(clock)
{}

Result<UploadRun> OutboxWorker::runOnce(Destination &destination, const UploadRunOptions &options,
                                        std::stop_token stop)
{
    return Run(m_store, m_clock, destination, options, std::move(stop)).run();
}

std::filesystem::path uploadLockFile(const std::filesystem::path &homeRoot)
{
    return homeRoot / "upload.lock";
}

} // namespace tepal
