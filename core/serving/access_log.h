/// A line in a file for every answered request, written by a thread of its own: serving threads put
/// entries into bounded queues and never wait for the disk.
#pragma once

#include "request.h"

#include <tepal/base/clock.h>
#include <tepal/base/result.h>
#include <tepal/serving/server.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace tepal::serving {

/// One answered request. Texts that are too long are cut.
struct AccessEntry
{
    template <std::size_t Size>
    struct Text
    {
        std::array<char, Size> bytes;
        std::uint16_t size = 0;
        bool cut = false;

        void set(std::string_view text)
        {
            cut = text.size() > Size;
            size = static_cast<std::uint16_t>(text.copy(bytes.data(), Size));
        }
        std::string_view view() const { return {bytes.data(), size}; }
    };
    TimeMs time = 0;             ///< When it was answered.
    std::uint64_t tookNs = 0;    ///< Since all of the request had arrived.
    std::uint64_t bytesIn = 0;   ///< Of the body, unpacked.
    std::uint64_t bytesOut = 0;  ///< Of the body.
    std::uint64_t requestId = 0; ///< X-BentoML-Request-ID; 0 where there is none.
    std::uint16_t status = 0;
    Method method = Method::Other;
    Refusal refusal = Refusal::None;
    bool encrypted = false;
    Text<56> peer; ///< `127.0.0.1:50412`
    Text<32> traceId;
    Text<128> clientId; ///< X-Request-Id
    Text<256> target;
};

class AccessLog
{
public:
    /// `lanes`: as many threads as will add entries. Denied, NotFound or Io with the file where it
    /// cannot be written.
    static Result<std::unique_ptr<AccessLog>> open(const AccessLogOptions &options,
                                                   std::size_t lanes, const Clock &clock);
    /// Writes what is left.
    ~AccessLog();
    AccessLog(const AccessLog &) = delete;
    AccessLog &operator=(const AccessLog &) = delete;

    /// Room for the next entry of a lane, for its one thread; null when the writer is too far
    /// behind, which is counted as a dropped line. add() hands it over.
    AccessEntry *room(std::size_t lane);
    void add(std::size_t lane);

    std::uint64_t written() const { return m_written.load(std::memory_order_relaxed); }
    /// Lines that no file has: the queue was full, or the disk refused them.
    std::uint64_t dropped() const;

private:
    static constexpr std::size_t kSlots = 4096;
    struct Lane
    {
        std::vector<AccessEntry> slots = std::vector<AccessEntry>(kSlots);
        alignas(64) std::atomic<std::uint64_t> head{0}; ///< Entries added.
        alignas(64) std::atomic<std::uint64_t> tail{0}; ///< Entries taken.
        std::atomic<std::uint64_t> dropped{0};
    };

    AccessLog(const AccessLogOptions &options, std::size_t lanes, const Clock &clock);
    void run();
    /// How many entries there were.
    std::size_t drain();
    void sayDropped(std::string &out);
    void write(std::string_view lines, std::uint64_t count);
    Status reopen();
    void rotate();

    AccessLogOptions m_options;
    const Clock *m_clock;
    std::vector<std::unique_ptr<Lane>> m_lanes;
    std::atomic<std::uint64_t> m_written{0};
    std::atomic<std::uint64_t> m_lost{0}; ///< That the disk refused.
    std::uint64_t m_said = 0;             ///< Dropped lines that the file speaks of.
    TimeMs m_warned = 0;
    std::FILE *m_file = nullptr;
    std::uint64_t m_size = 0;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    bool m_stopping = false;
    std::thread m_thread;
};

} // namespace tepal::serving
