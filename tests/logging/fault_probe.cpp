// A small life of a host: appends records while a logger works, then leaves. Run under faults.cpp.
//
//   fault_probe HOME FIRST COUNT [every]
//
// Prints one line per record on stdout: the id and `done`, `refused` or `unknown`. Exit status 0,
// or 1 with a sentence on stderr when the home cannot be used.

#include <tepal/base/log.h>
#include <tepal/journal/journal.h>
#include <tepal/logging/logger.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

using namespace tepal;

namespace {

const JournalSchema kSchema{"model-1", {"id", "x"}};

int refuse(const Error &error)
{
    std::fprintf(stderr, "%s\n", error.text().c_str());
    return 1;
}

/// One round of a logger; after a failure the next round begins from the last commit, as the
/// supervisor does it.
class Rounds
{
public:
    explicit Rounds(const Home &home)
        : m_home(home)
    {}
    Status run(bool close)
    {
        if (!m_logger) {
            auto opened = Logger::open(m_home, m_options, m_clock);
            if (!opened)
                return tl::unexpected(opened.error());
            m_logger = std::move(*opened);
        }
        m_clock.advance(10 * kSecondMs);
        auto done = m_logger->drain(close);
        if (!done)
            m_logger.reset();
        return done;
    }

private:
    Home m_home;
    LoggerOptions m_options;
    ManualClock m_clock;
    std::unique_ptr<Logger> m_logger;
};

} // namespace

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    setLogToStderr(false);
    std::setvbuf(stdout, nullptr, _IOLBF, 0); // the program may end at any line
    const Home home{argv[1]};
    const long first = std::atol(argv[2]);
    const long count = std::atol(argv[3]);
    if (const auto ready = prepareHome(home); !ready)
        return refuse(ready.error());
    JournalOptions options;
    options.segmentBytes = 4096;
    options.syncInterval = argc > 4 && std::strcmp(argv[4], "every") == 0 ? 0 : 2;
    auto journal = Journal::open(home.journal(), options);
    if (!journal)
        return refuse(journal.error());
    Rounds logger(home);
    std::string lastTrouble;
    for (long id = first; id < first + count; ++id) {
        const std::string text = std::to_string(id);
        const Value row[]{Value::string(text), Value::fractional(0.5 * static_cast<double>(id))};
        const Append done = (*journal)->lane(0).append(kSchema, (id % 3) * kHourMs, row);
        std::printf("%ld %s\n", id,
                    done == Append::Done     ? "done"
                    : done == Append::Failed ? "unknown"
                                             : "refused");
        if (id % 20 == 19) {
            if (const auto worked = logger.run(id % 40 == 39); !worked)
                lastTrouble = worked.error().text();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
    if (!lastTrouble.empty())
        std::fprintf(stderr, "%s\n", lastTrouble.c_str());
    return 0;
}
