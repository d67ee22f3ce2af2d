/// Answers about whether something moved. Run on a worker thread with its own connection, which
/// must be able to write: scores are kept in the store so that a window is compared only once.
#pragma once

#include "ui/backend/drift_values.h"

#include <tepal/store/store.h>

#include <stop_token>

namespace tepal::ui {

Result<DriftOverview> queryDriftOverview(Store &store, const DriftQuery &query, TimeMs now,
                                         const std::stop_token &stop = {});
/// Scores every finished window of the dataset that has no score yet, by the current reference and
/// this project's own rules, and keeps them. Returns whether any was missing. Cancelled by `stop`
/// between two windows; what is done stays.
Result<bool> scoreHistory(Store &store, const QString &dataset, TimeMs now,
                          const std::stop_token &stop);
Result<DriftDetail> queryDriftDetail(Store &store, const DriftDetailQuery &query);

} // namespace tepal::ui
