/// Values about how a dataset is logged and how long its windows are kept.
#pragma once

#include "ui/backend/values.h"

#include <QStringList>

namespace tepal::ui {

/// The choices for one dataset; see the logger's DatasetOptions.
struct DatasetSettings
{
    QString dataset;
    bool own = false; ///< False: logged as all datasets, what follows says how.
    Granularity granularity = Granularity::Hour;
    QStringList segmentBy;
    DurationMs writeEvery = 0; ///< 0: as all datasets.
    bool distribution = true;
    bool cardinality = true;
    bool frequentItems = true;
    bool ints = true;
    QString destination; ///< Ids, separated by commas; empty: all that are switched on.
    QString schema;      ///< JSON text; empty: as all datasets.

    bool operator==(const DatasetSettings &) const = default;
};

} // namespace tepal::ui
