/// What the judge says, for the pages. Run on a worker thread with its own connection, which must
/// be able to write: scores are kept in the store so that a window is compared only once.
#pragma once

#include "ui/backend/drift_values.h"

#include <tepal/store/store.h>

#include <stop_token>

namespace tepal::ui {

Result<DriftOverview> queryDriftOverview(Store &store, const DriftQuery &query, TimeMs now,
                                         const std::stop_token &stop = {});
Result<DriftDetail> queryDriftDetail(Store &store, const DriftDetailQuery &query);

} // namespace tepal::ui
