#include "http.h"

#include <tepal/base/clock.h>
#include <tepal/traffic/simulator.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace tepal::traffic {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kLateNs = 10'000'000;
constexpr std::int64_t kReportEveryNs = 200'000'000;
constexpr double kMixedAfterSeconds = 30;

/// Latencies in logarithmic buckets, sixteen per octave from 1 µs: at most 4.4 % wide.
class Latencies
{
public:
    void add(std::int64_t ns)
    {
        const double us = std::max(1.0, static_cast<double>(ns) / 1000);
        const auto bucket = static_cast<std::size_t>(std::log2(us) * 16);
        ++m_counts[std::min(bucket, m_counts.size() - 1)];
        ++m_total;
    }
    /// Upper bound of the bucket that holds the quantile.
    double quantileMs(double q) const
    {
        const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(m_total)));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < m_counts.size() && m_total > 0; ++i) {
            seen += m_counts[i];
            if (seen >= std::max<std::uint64_t>(rank, 1))
                return std::exp2(static_cast<double>(i + 1) / 16) / 1000;
        }
        return 0;
    }

private:
    std::array<std::uint64_t, 512> m_counts{};
    std::uint64_t m_total = 0;
};

struct MultiDeleter
{
    void operator()(CURLM *multi) const { curl_multi_cleanup(multi); }
};

/// One keep-alive connection: a handle that is used again and again.
struct Slot
{
    Easy easy;
    std::string body;
    std::string answer;
    std::int64_t sentAt = 0;
    bool busy = false;
};

/// The loop. Everything but the stop token belongs to the thread that calls run().
class Run
{
public:
    Run(const SimulatorOptions &options, std::string base, SimulatorListener listener)
        : m_options(options)
        , m_predictUrl(base + options.predictPath)
        , m_logUrl(base + options.logPath)
        , m_listener(std::move(listener))
        , m_scenario(options.scenario, options.seed)
        , m_headers(jsonHeaders())
    {
        initCurl();
        m_multi.reset(curl_multi_init());
        m_slots.resize(options.connections);
        for (Slot &slot : m_slots) {
            slot.easy = postHandle(m_predictUrl, m_headers.get(), &slot.answer);
            curl_easy_setopt(slot.easy.get(), CURLOPT_PRIVATE, &slot);
        }
    }
    ~Run()
    {
        for (const Slot &slot : m_slots) {
            if (slot.busy)
                curl_multi_remove_handle(m_multi.get(), slot.easy.get());
        }
    }
    Run(const Run &) = delete;
    Run &operator=(const Run &) = delete;

    SimulatorReport run(const std::stop_token &stop);

private:
    std::int64_t sinceStart() const { return m_clock.monotonicNs() - m_start; }
    std::uint64_t dueBy(std::int64_t ns) const;
    std::int64_t dueAt(std::uint64_t index) const;
    bool changedAt(std::uint64_t index, std::int64_t ns) const;
    void fillSlots(std::int64_t now);
    void send(Slot &slot, std::int64_t now);
    void collect();
    int waitMs(std::int64_t now) const;
    void report(std::int64_t now, bool force);
    void noteFailure(std::string text);

    const SimulatorOptions m_options;
    const std::string m_predictUrl;
    const std::string m_logUrl;
    const SimulatorListener m_listener;
    Scenario m_scenario;
    SystemClock m_clock;
    HeaderList m_headers;
    // Slots hold handles that are in the multi handle: it goes last.
    std::unique_ptr<CURLM, MultiDeleter> m_multi;
    std::vector<Slot> m_slots;
    SimulatorReport m_report;
    Latencies m_latencies;
    std::int64_t m_start = 0;
    std::int64_t m_reported = 0;
    std::deque<std::pair<std::int64_t, std::uint64_t>> m_answeredAt; ///< For the rate: (ns, count).
    std::size_t m_busy = 0;
};

/// Requests that should have been sent `ns` after the start.
std::uint64_t Run::dueBy(std::int64_t ns) const
{
    if (m_options.duration > 0)
        ns = std::min(ns, m_options.duration * 1'000'000 - 1);
    std::uint64_t due = UINT64_MAX;
    if (m_options.rate > 0)
        due = static_cast<std::uint64_t>(static_cast<double>(ns) * m_options.rate / kSecondNs) + 1;
    return m_options.count > 0 ? std::min(due, m_options.count) : due;
}

std::int64_t Run::dueAt(std::uint64_t index) const
{
    return m_options.rate > 0
               ? static_cast<std::int64_t>(static_cast<double>(index) * kSecondNs / m_options.rate)
               : 0;
}

bool Run::changedAt(std::uint64_t index, std::int64_t ns) const
{
    if (m_options.scenario != ScenarioKind::Mixed)
        return true;
    const auto at = static_cast<double>(index);
    if (m_options.count > 0)
        return at >= m_options.changeAt * static_cast<double>(m_options.count);
    const double seconds =
        m_options.rate > 0 ? at / m_options.rate : static_cast<double>(ns) / kSecondNs;
    const double after = m_options.duration > 0
                             ? m_options.changeAt * static_cast<double>(m_options.duration) / 1000
                             : kMixedAfterSeconds;
    return seconds >= after;
}

void Run::send(Slot &slot, std::int64_t now)
{
    const std::uint64_t index = m_report.sent;
    const bool changed = changedAt(index, now);
    const Row row = m_scenario.next(changed);
    m_report.changed = m_report.changed || (changed && m_options.scenario != ScenarioKind::Steady);
    std::string &body = slot.body;
    if (row.complete()) {
        body = "[[";
        for (std::size_t i = 0; i < Row::kFeatures; ++i) {
            body += i > 0 ? "," : "";
            appendFraction(body, *row.values[i]);
        }
        body += "]]";
    } else {
        // The predict route has no answer for a row with a gap; whoever meets one logs what it has.
        body = "{\"datasetId\":";
        appendQuoted(body, m_options.dataset);
        body += ",\"single\":{";
        for (std::size_t i = 0; i < Row::kFeatures; ++i) {
            body += i > 0 ? "," : "";
            appendQuoted(body, featureNames()[i]);
            body += ':';
            if (row.values[i])
                appendFraction(body, *row.values[i]);
            else
                body += "null";
        }
        body += "}}";
    }
    CURL *easy = slot.easy.get();
    curl_easy_setopt(easy, CURLOPT_URL, row.complete() ? m_predictUrl.c_str() : m_logUrl.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    slot.answer.clear();
    slot.busy = true;
    slot.sentAt = now;
    ++m_busy;
    ++m_report.sent;
    const std::int64_t late = m_options.rate > 0 ? now - dueAt(index) : 0;
    m_report.late += late > kLateNs ? 1 : 0;
    m_report.maxLateMs = std::max(m_report.maxLateMs, static_cast<double>(late) / 1e6);
    curl_multi_add_handle(m_multi.get(), easy);
}

void Run::fillSlots(std::int64_t now)
{
    const bool over = m_options.duration > 0 && now >= m_options.duration * 1'000'000;
    const std::uint64_t due = dueBy(now);
    if (over || m_busy == m_slots.size())
        return;
    for (Slot &slot : m_slots) {
        if (m_report.sent >= due)
            return;
        if (!slot.busy)
            send(slot, now);
    }
}

void Run::noteFailure(std::string text)
{
    ++m_report.failed;
    m_report.lastError = std::move(text);
}

void Run::collect()
{
    int left = 0;
    while (CURLMsg *message = curl_multi_info_read(m_multi.get(), &left)) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURL *easy = message->easy_handle;
        const CURLcode code = message->data.result; // the message dies with the removal
        Slot *slot = nullptr;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
        curl_multi_remove_handle(m_multi.get(), easy);
        slot->busy = false;
        --m_busy;
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        if (code != CURLE_OK) {
            noteFailure(fmt::format("no answer from the endpoint: {}", curl_easy_strerror(code)));
            continue;
        }
        m_latencies.add(sinceStart() - slot->sentAt);
        if (status >= 200 && status < 300)
            ++m_report.ok;
        else
            noteFailure(refusalText(status, slot->answer));
    }
}

/// How long nothing needs to be done. Sub-millisecond gaps are rounded down, so that a high rate is
/// kept by sending what is due at each turn.
int Run::waitMs(std::int64_t now) const
{
    std::int64_t until = m_reported + kReportEveryNs;
    if (m_options.duration > 0)
        until = std::min(until, m_options.duration * 1'000'000);
    const bool more = m_options.count == 0 || m_report.sent < m_options.count;
    if (more && m_busy < m_slots.size())
        until = std::min(until, dueAt(m_report.sent));
    return static_cast<int>(std::clamp<std::int64_t>((until - now) / 1'000'000, 0, 200));
}

void Run::report(std::int64_t now, bool force)
{
    if (!force && now - m_reported < kReportEveryNs)
        return;
    m_reported = now;
    m_report.seconds = static_cast<double>(now) / kSecondNs;
    const std::uint64_t answered = m_report.ok + m_report.failed;
    m_answeredAt.emplace_back(now, answered);
    while (m_answeredAt.size() > 2 && now - m_answeredAt.front().first > kSecondNs)
        m_answeredAt.pop_front();
    const auto [since, before] =
        m_report.finished ? std::pair{std::int64_t{0}, std::uint64_t{0}} : m_answeredAt.front();
    const double span = static_cast<double>(now - since) / kSecondNs;
    m_report.achievedRate = span > 0 ? static_cast<double>(answered - before) / span : 0;
    m_report.latencyP50Ms = m_latencies.quantileMs(0.5);
    m_report.latencyP99Ms = m_latencies.quantileMs(0.99);
    if (m_listener)
        m_listener(m_report);
}

SimulatorReport Run::run(const std::stop_token &stop)
{
    const std::stop_callback wake(stop, [this] { curl_multi_wakeup(m_multi.get()); });
    m_start = m_clock.monotonicNs();
    m_answeredAt.emplace_back(0, 0);
    while (!stop.stop_requested()) {
        const std::int64_t now = sinceStart();
        fillSlots(now);
        const bool allSent = (m_options.count > 0 && m_report.sent >= m_options.count) ||
                             (m_options.duration > 0 && now >= m_options.duration * 1'000'000);
        if (allSent && m_busy == 0)
            break;
        int running = 0;
        curl_multi_perform(m_multi.get(), &running);
        const std::size_t busy = m_busy;
        collect();
        report(sinceStart(), false);
        // A connection that has become free is used at once.
        if (m_busy == busy)
            curl_multi_poll(m_multi.get(), nullptr, 0, waitMs(sinceStart()), nullptr);
    }
    m_report.finished = true;
    m_report.stopped = stop.stop_requested();
    const std::int64_t end = sinceStart();
    if (m_options.rate > 0) {
        const std::uint64_t due = dueBy(end);
        m_report.unsent = due > m_report.sent ? due - m_report.sent : 0;
    }
    report(end, true);
    return m_report;
}

Result<std::string> check(const SimulatorOptions &options)
{
    auto base = baseUrl(options.url);
    if (!base)
        return base;
    if (!(options.rate >= 0 && options.rate <= 1e6))
        return fail(ErrorCode::InvalidArgument,
                    "the rate is not between 0 and 1,000,000 per second",
                    "give requests per second, or 0 for as fast as possible");
    if (options.connections < 1 || options.connections > 256)
        return fail(ErrorCode::InvalidArgument, "the number of connections is not 1 to 256",
                    "8 are enough for a local endpoint");
    if (options.duration < 0 || !(options.changeAt >= 0 && options.changeAt <= 1))
        return fail(ErrorCode::InvalidArgument,
                    "the duration is negative or the share is not between 0 and 1",
                    "give a duration such as 60s and a share such as 0.5");
    return base;
}

} // namespace

Result<SimulatorReport> simulate(const SimulatorOptions &options, SimulatorListener listener,
                                 std::stop_token stop)
{
    auto base = check(options);
    if (!base)
        return tl::unexpected(base.error());
    return Run(options, *base, std::move(listener)).run(stop);
}

struct Simulator::Impl
{
    mutable std::mutex mutex;
    SimulatorReport last;
    std::jthread thread; // last: it uses the rest
};

Result<std::unique_ptr<Simulator>> Simulator::start(const SimulatorOptions &options,
                                                    SimulatorListener listener)
{
    auto base = check(options);
    if (!base)
        return tl::unexpected(base.error());
    auto impl = std::make_unique<Impl>();
    impl->thread = std::jthread([impl = impl.get(), options, base = *base,
                                 listener = std::move(listener)](const std::stop_token &stop) {
        const auto note = [&](const SimulatorReport &report) {
            {
                const std::lock_guard guard(impl->mutex);
                impl->last = report;
            }
            if (listener)
                listener(report);
        };
        Run(options, base, note).run(stop);
    });
    return std::unique_ptr<Simulator>(new Simulator(std::move(impl)));
}

Simulator::Simulator(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{}

Simulator::~Simulator() = default;

void Simulator::requestStop()
{
    m_impl->thread.request_stop();
}

SimulatorReport Simulator::wait()
{
    if (m_impl->thread.joinable())
        m_impl->thread.join();
    return report();
}

SimulatorReport Simulator::report() const
{
    const std::lock_guard guard(m_impl->mutex);
    return m_impl->last;
}

bool Simulator::running() const
{
    return !report().finished;
}

} // namespace tepal::traffic
