/// Filling past windows through the log route, so that charts have a history.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/model/model.h>
#include <tepal/traffic/scenario.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace tepal::traffic {

struct BackfillOptions
{
    std::string url = "http://127.0.0.1:3000";
    std::string dataset = "model-1";
    TimeMs now = 0;               ///< End of the history; the current hour gets its share only.
    DurationMs span = 7 * kDayMs; ///< Its length, up to 400 days.
    double rowsPerHour = 150;     ///< On average over a day: nights have fewer, days have more.
    std::uint64_t seed = 1;
    /// What plays during the last `driftSpan`; the steady scenario before.
    ScenarioKind scenario = ScenarioKind::PetalWidthShift;
    DurationMs driftSpan = 0; ///< 0 = no change.
    std::string logPath = "/v1/log";
};

struct BackfillReport
{
    std::uint64_t hours = 0;      ///< Sent and answered.
    std::uint64_t totalHours = 0; ///< To be sent.
    std::uint64_t rows = 0;
    double seconds = 0;
    bool cancelled = false;
};

using BackfillProgress = std::function<void(const BackfillReport &)>;

/// One request per hour, all rows of it with one timestamp inside the hour. Rows are what the
/// predict route would log for them: features, class_output and proba_output of `model`. Blocks;
/// stops between requests. Stops at the first request that is refused or not answered
/// (Unavailable, Denied, InvalidArgument); hours before it are logged.
Result<BackfillReport> backfill(const BackfillOptions &options,
                                const std::shared_ptr<const Model> &model,
                                const BackfillProgress &progress = {}, std::stop_token stop = {});

} // namespace tepal::traffic
