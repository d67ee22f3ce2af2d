/// An ordinary HTTP client of the endpoint that sends at a given rate, whatever the answers do.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/traffic/scenario.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace tepal::traffic {

struct SimulatorOptions
{
    std::string url = "http://127.0.0.1:3000"; ///< http or https, no path.
    ScenarioKind scenario = ScenarioKind::Steady;
    double rate = 50;        ///< Requests per second; 0 = as fast as answers come.
    DurationMs duration = 0; ///< 0 = no limit.
    std::uint64_t count = 0; ///< Requests; 0 = no limit.
    std::uint64_t seed = 1;
    std::uint32_t connections = 8; ///< 1–256, all kept alive.
    /// Share of the run after which `mixed` changes; without duration and count, after 30 s.
    double changeAt = 0.5;
    std::string predictPath = "/v1/models/iris/predict";
    std::string logPath = "/v1/log";
    std::string dataset = "model-1"; ///< For rows that go to the log route.
};

struct SimulatorReport
{
    std::uint64_t sent = 0;   ///< Requests begun.
    std::uint64_t ok = 0;     ///< Answered 2xx.
    std::uint64_t failed = 0; ///< Any other answer, or none.
    /// Sent more than 10 ms after they were due, because no connection was free. The schedule does
    /// not wait for slow answers; it catches up.
    std::uint64_t late = 0;
    double maxLateMs = 0;
    std::uint64_t unsent = 0; ///< Due by the end and never sent.
    double seconds = 0;
    double achievedRate =
        0; ///< Answers per second: over the last second, or the whole run at its end.
    double latencyP50Ms = 0; ///< Of answered requests, from when they were sent; 0 without any.
    double latencyP99Ms = 0;
    bool changed = false; ///< The scenario's change has begun.
    bool finished = false;
    bool stopped = false;  ///< Ended by request rather than by its limits.
    std::string lastError; ///< One sentence; empty while all is well.
};

/// Called on the simulator's thread about five times a second, and a last time when it is over
/// (finished = true). Must not block, and must not destroy the simulator.
using SimulatorListener = std::function<void(const SimulatorReport &)>;

/// Runs on a thread of its own. start(), stop() and report() from any thread.
class Simulator
{
public:
    /// InvalidArgument for unusable options. Does not wait for the endpoint: one that cannot be
    /// reached shows as failed requests.
    static Result<std::unique_ptr<Simulator>> start(const SimulatorOptions &options,
                                                    SimulatorListener listener = {});
    /// Stops, if it runs.
    ~Simulator();
    Simulator(const Simulator &) = delete;
    Simulator &operator=(const Simulator &) = delete;

    /// Returns at once; requests under way are given up.
    void requestStop();
    /// Waits for the end and returns the final report.
    SimulatorReport wait();
    SimulatorReport report() const;
    bool running() const;

private:
    struct Impl;
    explicit Simulator(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

/// The same on the calling thread.
Result<SimulatorReport> simulate(const SimulatorOptions &options, SimulatorListener listener,
                                 std::stop_token stop);

} // namespace tepal::traffic
