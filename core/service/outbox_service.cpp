#include <tepal/base/clock.h>
#include <tepal/base/log.h>
#include <tepal/service/outbox_service.h>
#include <tepal/store/store.h>
#include <tepal/upload/outlets.h>
#include <tepal/upload/sender.h>

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace tepal {
namespace {

/// Whatever nobody told of is found after so long.
constexpr DurationMs kTick = kMinuteMs;
/// How often the status is made while items are under way: it walks the whole outbox.
constexpr DurationMs kStatusEvery = kSecondMs;
/// After an error of the store.
constexpr DurationMs kPause = 5 * kSecondMs;
/// At the end a destination that fails so often in a row is left for the next start.
constexpr int kLastTries = 3;

const SecretStore &environmentSecrets()
{
    static const EnvironmentSecrets secrets;
    return secrets;
}

} // namespace

Result<std::vector<UploadStatus>> uploadStatus(Store &store)
{
    const auto records = homeDestinations(store, false);
    const auto counts = Outbox(store).counts();
    if (!records || !counts)
        return tl::unexpected(records ? counts.error() : records.error());
    std::map<std::string, UploadStatus> found;
    for (const DestinationRecord &record : *records) {
        UploadStatus &status = found[record.name];
        status.kind = record.kind;
        status.enabled = record.enabled;
        status.paused = record.paused;
        status.gate = record.gate;
    }
    for (const OutboxCounts &count : *counts) {
        UploadStatus &status = found[count.destination];
        status.waiting = count.waiting;
        status.failed = count.failed;
        status.asks = count.asks;
        status.sent = count.sent;
        status.sentBytes = count.sentBytes;
        status.oldest = count.oldest;
    }
    std::vector<UploadStatus> list;
    for (auto &[name, status] : found) {
        status.name = name;
        list.push_back(std::move(status));
    }
    return list;
}

struct OutboxService::Impl
{
    OutboxServiceOptions options;
    std::unique_ptr<Store> store;
    std::unique_ptr<Sender> sender;
    std::vector<DestinationRecord> records; ///< As of the latest look.
    std::int64_t version = -1;
    bool moved = false; ///< Something ended since the status was made.
    TimeMs statusMade = 0;

    mutable std::mutex mutex;
    std::condition_variable_any woken;
    bool wakeUp = false;
    Sender *running = nullptr;        ///< To be woken; null while there is none.
    std::optional<TimeMs> deadline;   ///< Of finish().
    std::optional<std::int64_t> left; ///< What finish() left.
    std::vector<UploadStatus> status;
    std::jthread thread; // last: it uses all of the above

    void run(const std::stop_token &stop);
    Status open();
    Status look();
    Status useOutlets();
    Status round(const std::stop_token &stop);
    bool mayEnd();
    void end();
    void makeStatus();
    void pause(DurationMs longest, const std::stop_token &stop);
    std::optional<TimeMs> deadlineNow() const
    {
        const std::lock_guard guard(mutex);
        return deadline;
    }
};

Status OutboxService::Impl::open()
{
    auto opened = Store::open(options.home.database());
    if (!opened)
        return tl::unexpected(opened.error());
    store = std::move(*opened);
    SenderOptions how;
    how.lockDirectory = senderDirectory(options.home.root);
    how.bytesPerSecond = options.bytesPerSecond;
    how.ended = [this](const OutboxItem &, const UploadOutcome &) { moved = true; };
    sender = std::make_unique<Sender>(*store, std::move(how));
    const std::lock_guard guard(mutex);
    running = sender.get();
    return {};
}

/// Makes what is enabled ready, where that is not what was seen last.
Status OutboxService::Impl::useOutlets()
{
    auto list = homeDestinations(*store, true);
    if (!list)
        return tl::unexpected(list.error());
    if (version != -1 && std::equal(list->begin(), list->end(), records.begin(), records.end(),
                                    [](const auto &a, const auto &b) {
                                        return a.name == b.name && a.enabled == b.enabled &&
                                               a.paused == b.paused && a.changed == b.changed &&
                                               a.gate == b.gate;
                                    }))
        return {};
    std::vector<Outlet> outlets;
    for (const DestinationRecord &record : *list) {
        if (!record.enabled || record.paused)
            continue;
        auto outlet = makeOutlet(record, options.secrets ? *options.secrets : environmentSecrets());
        if (!outlet) {
            logWarning("upload", outlet.error().text());
            continue;
        }
        // What was closed while no destination was enabled, and is asked for.
        if (auto queued = Outbox(*store).enqueue(record.name, record.sinceChunk,
                                                 SystemClock::instance().nowMs());
            !queued)
            return tl::unexpected(queued.error());
        outlets.push_back(std::move(*outlet));
    }
    sender->setOutlets(std::move(outlets));
    records = std::move(*list);
    moved = true;
    return {};
}

Status OutboxService::Impl::look()
{
    const std::int64_t here = store->dataVersion();
    if (here == version)
        return {};
    if (auto used = useOutlets(); !used)
        return used;
    version = here;
    moved = true;
    return {};
}

void OutboxService::Impl::makeStatus()
{
    const TimeMs now = SystemClock::instance().nowMs();
    if (!moved || (!sender->idle() && now < statusMade + kStatusEvery))
        return;
    moved = false;
    statusMade = now;
    auto made = uploadStatus(*store);
    if (!made)
        return;
    {
        const std::lock_guard guard(mutex);
        status = std::move(*made);
    }
    if (options.changed)
        options.changed();
}

void OutboxService::Impl::pause(DurationMs longest, const std::stop_token &stop)
{
    std::unique_lock lock(mutex);
    woken.wait_for(lock, stop, std::chrono::milliseconds(longest), [this] { return wakeUp; });
    wakeUp = false;
}

/// Nothing more can be done before the end: all is sent, or those that are left answer nothing.
bool OutboxService::Impl::mayEnd()
{
    if (!sender->idle())
        return false;
    const TimeMs now = SystemClock::instance().nowMs();
    const auto due = sender->nextDue();
    if (!due || *due > now + 2 * kSecondMs)
        return true;
    return std::all_of(records.begin(), records.end(), [this](const DestinationRecord &record) {
        const Gate *gate = sender->gate(record.name);
        return !gate || gate->record().failures >= kLastTries ||
               gate->record().state == GateState::Refused;
    });
}

void OutboxService::Impl::end()
{
    if (sender)
        std::ignore = sender->cancel();
    std::int64_t waiting = 0;
    if (store) {
        if (const auto made = uploadStatus(*store)) {
            for (const UploadStatus &one : *made)
                waiting += one.enabled ? one.waiting : 0;
        }
    }
    const std::lock_guard guard(mutex);
    left = waiting;
    woken.notify_all();
}

Status OutboxService::Impl::round(const std::stop_token &stop)
{
    if (!store) {
        if (auto opened = open(); !opened)
            return opened;
    }
    if (auto looked = look(); !looked)
        return looked;
    makeStatus();
    if (!sender->idle())
        return sender->step(kSecondMs);
    // Takes what is due; waits for others only when there was nothing.
    if (auto stepped = sender->step(0); !stepped || !sender->idle())
        return stepped;
    makeStatus();
    if (deadlineNow())
        return {};
    const TimeMs now = SystemClock::instance().nowMs();
    const auto due = sender->nextDue();
    const DurationMs wait = due ? std::clamp<DurationMs>(*due - now, 0, kTick) : kTick;
    if (wait > 0)
        pause(wait, stop);
    return {};
}

void OutboxService::Impl::run(const std::stop_token &stop)
{
    bool ending = false;
    while (!stop.stop_requested()) {
        const auto until = deadlineNow();
        if (until && !ending && sender) {
            ending = true;
            version = -1;
            if (look())
                sender->askAgain();
        }
        const Status done = round(stop);
        if (!done) {
            logWarning("upload", done.error().text());
            pause(until ? 200 : kPause, stop);
        }
        if (until && (SystemClock::instance().nowMs() >= *until || (ending && done && mayEnd())))
            break;
        if (until && done && sender->idle())
            pause(20, stop);
    }
    end();
}

OutboxService::OutboxService(const OutboxServiceOptions &options)
    : m_impl(std::make_unique<Impl>())
{
    m_impl->options = options;
    m_impl->thread =
        std::jthread([impl = m_impl.get()](const std::stop_token &stop) { impl->run(stop); });
}

OutboxService::~OutboxService()
{
    m_impl->thread.request_stop();
    wake();
    if (m_impl->thread.joinable())
        m_impl->thread.join();
}

void OutboxService::wake()
{
    const std::lock_guard guard(m_impl->mutex);
    m_impl->wakeUp = true;
    m_impl->woken.notify_all();
    if (m_impl->running)
        m_impl->running->wake();
}

std::int64_t OutboxService::finish(DurationMs budget)
{
    {
        const std::lock_guard guard(m_impl->mutex);
        m_impl->deadline = SystemClock::instance().nowMs() + budget;
    }
    wake();
    std::unique_lock lock(m_impl->mutex);
    m_impl->woken.wait(lock, [this] { return m_impl->left.has_value(); });
    return *m_impl->left;
}

std::vector<UploadStatus> OutboxService::status() const
{
    const std::lock_guard guard(m_impl->mutex);
    return m_impl->status;
}

} // namespace tepal
