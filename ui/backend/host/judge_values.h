/// The judge's answers as the pages take them.
#pragma once

#include "ui/backend/drift_values.h"

#include <tepal/monitor/judge.h>
#include <tepal/monitor/views.h>

namespace tepal::ui {

QString qs(std::string_view text);

/// Reads the profile file that the query compares with, if it does.
Result<monitor::Question> questionOf(const DriftQuery &query);
/// Corrupt and told by its name when it is no profile.
Result<std::shared_ptr<const DatasetProfile>> loadProfileFile(const QString &file);
DriftOverview toOverview(const DriftQuery &query, const monitor::Judgement &judgement);
DriftDetail toDetail(const DriftDetailQuery &query, const monitor::ColumnDetail &detail);
Histogram toHistogram(const monitor::Histogram &histogram);
Cdf toCdf(const monitor::Cdf &cdf);

} // namespace tepal::ui
