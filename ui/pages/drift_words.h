/// The sentences of the Drift page, built from values. Pure functions.
#pragma once

#include "ui/backend/drift_values.h"

namespace tepal::ui {

/// "1 of 6 features drifted since Thu 02:00: petal width. 4 steady, 1 undecided (needs about 240
/// more rows)."
QString overviewSentence(const DriftOverview &overview);
/// The most serious verdict over all features.
Verdict overallVerdict(const DriftOverview &overview);
/// "12 → 38 % of rows now have petal width below 0.4; that explains 72 % of the change."
QString explanationSentence(const DriftDetail &detail);
/// "petal width: W₁/σ 0.42 …, n 4,112 against 150 of training"
QString comparisonLine(const DriftDetail &detail);

} // namespace tepal::ui
