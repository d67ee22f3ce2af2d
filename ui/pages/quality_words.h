/// How evaluations are said. Pure functions.
#pragma once

#include "ui/backend/model_values.h"

namespace tepal::ui {

/// "96.7 %"; "–" for what is no number.
QString qualityPercent(double share);
/// "92.4 to 98.6 %, 95 %"; empty without rows.
QString bandText(const ShareOfRows &share);
/// "On 150 of 152 rows; left out: 1 without a label, 1 with a value missing".
QString rowsText(const Evaluation &evaluation);
/// What may surprise: refused rows with the first reason, notes. One a line; empty: nothing.
QString doubtText(const Evaluation &evaluation);

/// Two evaluations and what else there is to say of both, as a table: what, A, B, difference.
struct SideRow
{
    QString what;
    QString a;
    QString b;
    QString difference; ///< Empty: none.
};
QList<SideRow> sideRows(const ModelSides &sides, const ModelInfo &a, const ModelInfo &b);
/// One sentence about where two models differ; empty when that is not known.
QString agreementText(const ModelSides &sides);

} // namespace tepal::ui
