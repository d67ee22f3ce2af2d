/// Clients of the kill test: they send records that carry ids and remember what was answered.
#pragma once

#include <tepal/base/random.h>
#include <tepal/base/time.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace tepal::test {

/// What a client knows about one record.
enum class Fate : std::uint8_t {
    Unknown,  ///< Sent, and the answer never came: counted once or not at all.
    Answered, ///< Confirmed: counted exactly once.
    Refused,  ///< Not sent, or answered with an error: not counted.
};

/// Where a record must be counted. No time = "now" of the server: any window of the dataset.
struct Place
{
    std::string dataset;
    std::optional<TimeMs> time;
    auto operator<=>(const Place &) const = default;
};

/// All records and places of a run. Thread-safe.
class Ledger
{
public:
    /// The frequent-strings sketch is exact for this many different texts (its map takes 768).
    static constexpr int kPlaceLimit = 500;

    struct Record
    {
        Place place;
        Fate fate = Fate::Unknown;
    };

    /// New ids at a place; none when the place is full.
    std::vector<std::int64_t> open(const Place &place, int count);
    void close(const std::vector<std::int64_t> &ids, Fate fate);
    void predicted(Fate fate);
    /// The dataset of live traffic; another one whenever the last is full.
    Place live();
    std::vector<Record> records() const;
    std::int64_t predictions(Fate fate) const;
    std::int64_t answered() const { return m_answered; }

private:
    mutable std::mutex m_mutex;
    std::vector<Record> m_records;
    std::map<Place, int> m_used;
    std::map<Fate, std::int64_t> m_predictions;
    int m_liveNumber = 0;
    std::atomic<std::int64_t> m_answered{0};
};

/// One client, for one thread: sends until `stop`.
class KillClient
{
public:
    KillClient(Ledger &ledger, std::uint16_t port, std::uint64_t seed)
        : m_ledger(ledger)
        , m_port(port)
        , m_random(seed)
    {}
    ~KillClient() { disconnect(); }
    KillClient(const KillClient &) = delete;
    KillClient &operator=(const KillClient &) = delete;

    void run(const std::atomic<bool> &stop);

private:
    void log();
    void predict();
    Fate post(const std::string &path, const std::string &body);
    bool connectTo();
    void disconnect();
    /// The status, 0 when the connection ended first.
    int readAnswer();

    Ledger &m_ledger;
    std::uint16_t m_port;
    SplitMix64 m_random;
    Place m_backfill;
    int m_backfillLeft = 0;
    int m_socket = -1;
};

} // namespace tepal::test
