/// Answers about what is in the data of a range. Run on a worker thread; each call opens nothing
/// and uses the connection it is given.
#pragma once

#include "ui/backend/profile_values.h"

#include <tepal/profile/dataset.h>
#include <tepal/store/store.h>

#include <optional>

namespace tepal::ui {

/// Windows with segments of the same start put together; verdicts from the scores that are stored.
Result<WindowList> queryWindows(Store &store, const QString &dataset, TimeMs now);
Result<ColumnsSummary> queryColumns(Store &store, const Slice &slice, TimeMs now);
Result<ColumnDetail> queryColumnDetail(Store &store, const ColumnQuery &query);

/// Numbers, text or something else, as the pages show it.
ColumnKind columnKindOf(const ColumnProfile &column);
ColumnKind columnKindOf(ValueKind kind);
/// class_output and proba_output are what the model says, everything else is what it is told.
bool isOutputColumn(const QString &name);

} // namespace tepal::ui
