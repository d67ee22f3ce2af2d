#include "access_log.h"

#include <tepal/base/log.h>
#include <tepal/base/time.h>
#include <tepal/table/json.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

namespace tepal::serving {
namespace {

namespace fs = std::filesystem;

/// Between two looks at the queues: when little came, and when a queue may soon be full.
constexpr std::chrono::milliseconds kCalm{50};
constexpr std::chrono::milliseconds kBusy{2};

std::string_view nameOf(Method method)
{
    constexpr std::array<std::string_view, 8> kNames{"GET",   "HEAD",   "POST",    "PUT",
                                                     "PATCH", "DELETE", "OPTIONS", "-"};
    return kNames[static_cast<std::size_t>(method)];
}

/// As it can stand in a line of UTF-8, whatever bytes a client sent.
std::string printable(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > 0x20 && byte < 0x7F)
            out += c;
        else
            out += fmt::format("%{:02X}", byte);
    }
    return out;
}

void member(std::string &out, std::string_view name, std::string_view text)
{
    out += fmt::format(",\"{}\":", name);
    appendJsonString(out, printable(text));
}

void appendLine(std::string &out, const AccessEntry &entry)
{
    out += fmt::format("{{\"time\":\"{}\"", formatIso(entry.time));
    member(out, "peer", entry.peer.view());
    out += fmt::format(",\"scheme\":\"{}\",\"method\":\"{}\"", entry.encrypted ? "https" : "http",
                       nameOf(entry.method));
    member(out, "target", entry.target.view());
    if (entry.target.cut)
        out += ",\"cut\":true";
    out +=
        fmt::format(",\"status\":{},\"bytes_in\":{},\"bytes_out\":{},\"ms\":{:.3f}", entry.status,
                    entry.bytesIn, entry.bytesOut, static_cast<double>(entry.tookNs) * 1e-6);
    if (entry.requestId != 0)
        out += fmt::format(",\"request_id\":\"{}\"", entry.requestId);
    if (entry.traceId.size > 0)
        member(out, "trace_id", entry.traceId.view());
    if (entry.clientId.size > 0)
        member(out, "x_request_id", entry.clientId.view());
    if (entry.refusal != Refusal::None)
        member(out, "refused", refusalRow(entry.refusal).name);
    out += "}\n";
}

fs::path numbered(const fs::path &file, std::uint32_t number)
{
    fs::path name = file;
    name += fmt::format(".{}", number);
    return name;
}

} // namespace

AccessLog::AccessLog(const AccessLogOptions &options, std::size_t lanes, const Clock &clock)
    : m_options(options)
    , m_clock(&clock)
{
    for (std::size_t i = 0; i < lanes; ++i)
        m_lanes.push_back(std::make_unique<Lane>());
}

Result<std::unique_ptr<AccessLog>> AccessLog::open(const AccessLogOptions &options,
                                                   std::size_t lanes, const Clock &clock)
{
    std::unique_ptr<AccessLog> log(new AccessLog(options, lanes, clock));
    if (auto opened = log->reopen(); !opened)
        return tl::unexpected(opened.error());
    log->m_thread = std::thread([raw = log.get()] { raw->run(); });
    return log;
}

AccessLog::~AccessLog()
{
    if (m_thread.joinable()) {
        {
            const std::lock_guard guard(m_mutex);
            m_stopping = true;
        }
        m_wake.notify_all();
        m_thread.join();
    }
    if (m_file != nullptr)
        std::fclose(m_file);
}

AccessEntry *AccessLog::room(std::size_t lane)
{
    Lane &mine = *m_lanes[lane];
    const std::uint64_t head = mine.head.load(std::memory_order_relaxed);
    if (head - mine.tail.load(std::memory_order_acquire) >= kSlots) {
        mine.dropped.store(mine.dropped.load(std::memory_order_relaxed) + 1,
                           std::memory_order_relaxed);
        return nullptr;
    }
    return &mine.slots[head % kSlots];
}

void AccessLog::add(std::size_t lane)
{
    Lane &mine = *m_lanes[lane];
    mine.head.store(mine.head.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

std::uint64_t AccessLog::dropped() const
{
    std::uint64_t sum = m_lost.load(std::memory_order_relaxed);
    for (const auto &lane : m_lanes)
        sum += lane->dropped.load(std::memory_order_relaxed);
    return sum;
}

void AccessLog::run()
{
    auto pause = kCalm;
    for (bool stopping = false; !stopping;) {
        {
            std::unique_lock guard(m_mutex);
            m_wake.wait_for(guard, pause, [this] { return m_stopping; });
            stopping = m_stopping;
        }
        pause = drain() > kSlots / 4 ? kBusy : kCalm;
    }
}

std::size_t AccessLog::drain()
{
    // By time, whichever thread answered.
    std::vector<const AccessEntry *> entries;
    std::vector<std::uint64_t> heads;
    for (const auto &lane : m_lanes) {
        heads.push_back(lane->head.load(std::memory_order_acquire));
        for (std::uint64_t at = lane->tail.load(std::memory_order_relaxed); at != heads.back();
             ++at)
            entries.push_back(&lane->slots[at % kSlots]);
    }
    std::stable_sort(entries.begin(), entries.end(),
                     [](const auto *a, const auto *b) { return a->time < b->time; });
    std::string out;
    for (const AccessEntry *entry : entries)
        appendLine(out, *entry);
    for (std::size_t i = 0; i < m_lanes.size(); ++i)
        m_lanes[i]->tail.store(heads[i], std::memory_order_release);
    sayDropped(out);
    if (!out.empty())
        write(out, entries.size());
    return entries.size();
}

/// What is missing is said where it is missing, and once a minute in the program's own log.
void AccessLog::sayDropped(std::string &out)
{
    const std::uint64_t all = dropped();
    if (all == m_said)
        return;
    const TimeMs now = m_clock->nowMs();
    out += fmt::format("{{\"time\":\"{}\",\"dropped\":{}}}\n", formatIso(now), all - m_said);
    m_said = all;
    if (now - m_warned >= kMinuteMs) {
        m_warned = now;
        logWarning("endpoint", fmt::format("the access log lacks {} lines so far, because {} could "
                                           "not take them as fast as requests came",
                                           all, m_options.file));
    }
}

Status AccessLog::reopen()
{
    if (m_file != nullptr)
        std::fclose(m_file);
    std::error_code error;
    const bool fresh = !fs::exists(m_options.file, error);
    errno = 0;
    m_file = std::fopen(m_options.file.c_str(), "ab");
    if (m_file == nullptr) {
        const int why = errno;
        return fail(why == EACCES   ? ErrorCode::Denied
                    : why == ENOENT ? ErrorCode::NotFound
                                    : ErrorCode::Io,
                    fmt::format("the access log {} cannot be written: {}", m_options.file,
                                std::generic_category().message(why)),
                    "give --access-log a file in a folder that is there and yours");
    }
    // Whom the endpoint answers is nobody else's business.
    if (fresh)
        fs::permissions(m_options.file, fs::perms::owner_read | fs::perms::owner_write, error);
    m_size = fs::file_size(m_options.file, error);
    if (error)
        m_size = 0;
    return {};
}

void AccessLog::rotate()
{
    std::error_code ignored;
    std::fclose(std::exchange(m_file, nullptr));
    if (m_options.keep == 0) {
        fs::remove(m_options.file, ignored);
    } else {
        for (std::uint32_t i = m_options.keep; i > 1; --i)
            fs::rename(numbered(m_options.file, i - 1), numbered(m_options.file, i), ignored);
        fs::rename(m_options.file, numbered(m_options.file, 1), ignored);
    }
}

void AccessLog::write(std::string_view lines, std::uint64_t count)
{
    std::error_code ignored;
    if (m_file != nullptr && m_size > 0 && m_size + lines.size() > m_options.maxBytes)
        rotate();
    // Somebody else may have moved it away, as logrotate does.
    if (m_file == nullptr || !fs::exists(m_options.file, ignored)) {
        if (auto opened = reopen(); !opened) {
            m_lost.fetch_add(count, std::memory_order_relaxed);
            return;
        }
    }
    const bool done = std::fwrite(lines.data(), 1, lines.size(), m_file) == lines.size() &&
                      std::fflush(m_file) == 0;
    if (!done) {
        m_lost.fetch_add(count, std::memory_order_relaxed);
        std::fclose(std::exchange(m_file, nullptr));
        return;
    }
    m_size += lines.size();
    m_written.fetch_add(count, std::memory_order_relaxed);
}

} // namespace tepal::serving
