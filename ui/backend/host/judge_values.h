/// The judge's answers as the pages take them.
#pragma once

#include "ui/backend/drift_values.h"

#include <tepal/monitor/judge.h>
#include <tepal/monitor/views.h>

namespace tepal::ui {

QString qs(std::string_view text);

monitor::Question questionOf(const DriftQuery &query);
DriftOverview toOverview(const DriftQuery &query, const monitor::Judgement &judgement);
DriftDetail toDetail(const DriftDetailQuery &query, const monitor::ColumnDetail &detail);
Histogram toHistogram(const monitor::Histogram &histogram);
Cdf toCdf(const monitor::Cdf &cdf);

} // namespace tepal::ui
