/// The sentences of the Drift page, built from values. Pure functions.
#pragma once

#include "ui/backend/drift_values.h"

namespace tepal::ui {

/// "1 of 6 columns drifts since Thu 2026-11-26 02:00: petal width. 4 steady, 1 undecided (about 240
/// more rows would tell)." Times are local.
QString overviewSentence(const DriftOverview &overview);
/// "175,560 rows", "90,112 rows of country=CH".
QString rowsText(const DriftOverview &overview);
/// What the judgement is about: "175,560 rows · 23–30 Nov".
QString rangeText(const DriftOverview &overview);
/// "12 → 38 % of rows now have petal width below 0.4; that explains 72 % of the change."
QString explanationSentence(const DriftDetail &detail);
/// "n 4,112 against 150 of training · p = 0.031 after adjusting for all columns"
QString comparisonLine(const DriftDetail &detail, const QString &nameB);

} // namespace tepal::ui
