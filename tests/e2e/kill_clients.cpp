#include "kill_clients.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace tepal::test {

namespace {
constexpr int kBackfillDatasets = 3;
constexpr int kBackfillHours = 400;
constexpr TimeMs kBackfillStart = 1'700'000'000'000 / kHourMs * kHourMs;
} // namespace

std::vector<std::int64_t> Ledger::open(const Place &place, int count)
{
    const std::lock_guard lock(m_mutex);
    int &used = m_used[place];
    std::vector<std::int64_t> ids;
    if (used + count > kPlaceLimit)
        return ids;
    used += count;
    for (int i = 0; i < count; ++i) {
        ids.push_back(static_cast<std::int64_t>(m_records.size()));
        m_records.push_back({place, Fate::Unknown});
    }
    return ids;
}

void Ledger::close(const std::vector<std::int64_t> &ids, Fate fate)
{
    const std::lock_guard lock(m_mutex);
    for (const std::int64_t id : ids)
        m_records[static_cast<std::size_t>(id)].fate = fate;
    if (fate == Fate::Answered)
        m_answered += static_cast<std::int64_t>(ids.size());
}

void Ledger::predicted(Fate fate)
{
    const std::lock_guard lock(m_mutex);
    ++m_predictions[fate];
}

Place Ledger::live()
{
    const std::lock_guard lock(m_mutex);
    Place place{fmt::format("live-{}", m_liveNumber), std::nullopt};
    if (m_used[place] + 10 > kPlaceLimit)
        place.dataset = fmt::format("live-{}", ++m_liveNumber);
    return place;
}

std::vector<Ledger::Record> Ledger::records() const
{
    const std::lock_guard lock(m_mutex);
    return m_records;
}

std::int64_t Ledger::predictions(Fate fate) const
{
    const std::lock_guard lock(m_mutex);
    const auto it = m_predictions.find(fate);
    return it == m_predictions.end() ? 0 : it->second;
}

void KillClient::run(const std::atomic<bool> &stop)
{
    while (!stop) {
        if (m_random.below(10) == 0)
            predict();
        else
            log();
        std::this_thread::sleep_for(std::chrono::microseconds(200 + m_random.below(2000)));
    }
}

void KillClient::log()
{
    Place place;
    if (m_random.below(2) == 0) {
        place = m_ledger.live();
    } else {
        // A while in one window, as a backfill does; the same window may be visited again.
        if (m_backfillLeft-- <= 0) {
            m_backfill.dataset = fmt::format("back-{}", m_random.below(kBackfillDatasets));
            m_backfill.time =
                kBackfillStart + static_cast<TimeMs>(m_random.below(kBackfillHours)) * kHourMs;
            m_backfillLeft = static_cast<int>(m_random.below(100));
        }
        place = m_backfill;
    }
    const bool several = m_random.below(4) == 0;
    const auto ids = m_ledger.open(place, several ? 1 + static_cast<int>(m_random.below(5)) : 1);
    if (ids.empty()) {
        m_backfillLeft = 0;
        return;
    }
    std::string body = fmt::format(R"({{"datasetId":"{}",)", place.dataset);
    if (place.time) {
        body += fmt::format(R"("timestamp":{},)",
                            *place.time + static_cast<TimeMs>(m_random.below(kHourMs)));
    }
    if (several) {
        body += R"("multiple":{"columns":["id","x","even"],"data":[)";
        for (const std::int64_t id : ids)
            body += fmt::format(R"({}["{}",{}.5,{}])", id == ids.front() ? "" : ",", id, id % 1000,
                                id % 2 == 0);
        body += "]}}";
    } else {
        body += fmt::format(R"("single":{{"id":"{}","x":{}.5,"even":{}}}}})", ids[0], ids[0] % 1000,
                            ids[0] % 2 == 0);
    }
    m_ledger.close(ids, post("/v1/log", body));
}

void KillClient::predict()
{
    m_ledger.predicted(post("/v1/models/iris/predict", "[[5.1, 3.5, 1.4, 0.2]]"));
}

Fate KillClient::post(const std::string &path, const std::string &body)
{
    if (m_socket < 0 && !connectTo()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5)); // nobody is there
        return Fate::Refused;
    }
    const std::string request =
        fmt::format("POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n"
                    "Content-Length: {}\r\n\r\n{}",
                    path, m_port, body.size(), body);
    const auto sent = ::send(m_socket, request.data(), request.size(), MSG_NOSIGNAL);
    const int status = sent == static_cast<ssize_t>(request.size()) ? readAnswer() : 0;
    if (status == 0)
        disconnect();
    return status == 0 ? Fate::Unknown : status == 200 ? Fate::Answered : Fate::Refused;
}

bool KillClient::connectTo()
{
    m_socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(m_port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{20, 0};
    ::setsockopt(m_socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(m_socket, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0)
        return true;
    disconnect();
    return false;
}

void KillClient::disconnect()
{
    if (m_socket >= 0)
        ::close(m_socket);
    m_socket = -1;
}

int KillClient::readAnswer()
{
    std::string answer;
    char buffer[4096];
    for (;;) {
        const std::size_t end = answer.find("\r\n\r\n");
        if (end != answer.npos) {
            std::size_t length = 0;
            for (const char *name : {"content-length: ", "Content-Length: "}) {
                if (const auto at = answer.find(name); at != answer.npos && at < end)
                    length = std::strtoull(answer.c_str() + at + 16, nullptr, 10);
            }
            if (answer.size() >= end + 4 + length)
                return std::atoi(answer.c_str() + 9);
        }
        const auto got = ::recv(m_socket, buffer, sizeof buffer, 0);
        if (got <= 0)
            return 0;
        answer.append(buffer, static_cast<std::size_t>(got));
    }
}

} // namespace tepal::test
