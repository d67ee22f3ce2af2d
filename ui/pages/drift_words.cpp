#include "ui/pages/drift_words.h"

#include "ui/widgets/format.h"
#include "ui/widgets/verdict.h"

#include <QCoreApplication>

namespace tepal::ui {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("drift", text);
}

} // namespace

QString overviewSentence(const DriftOverview &overview)
{
    return overviewSentence(overview, format::weekdayTime);
}

QString rowsText(const DriftOverview &overview)
{
    const QString rows = format::counted(overview.rows, tr("1 row"), tr("%1 rows"));
    const auto &segment = overview.query.segment;
    return segment ? tr("%1 of %2").arg(rows, segmentText(*segment)) : rows;
}

QString rangeText(const DriftOverview &overview)
{
    return rowsText(overview) + QStringLiteral(" · ") + format::range(overview.query.range);
}

QString explanationSentence(const DriftDetail &detail)
{
    const DriftExplanation &e = detail.explanation;
    if (!e.isSet())
        return {};
    const QString change =
        tr("%1 → %2 of rows")
            .arg(format::percent(e.referenceShare), format::percent(e.targetShare));
    QString text;
    if (!e.category.isEmpty()) {
        text = tr("%1 now have %2 = %3").arg(change, detail.feature, e.category);
    } else {
        const QString cut =
            format::number(e.cut) +
            (detail.unit.isEmpty() ? QString() : QString(QChar(0x00a0)) + detail.unit);
        text = (e.below ? tr("%1 now have %2 below %3") : tr("%1 now have %2 of %3 or more"))
                   .arg(change, detail.feature, cut);
    }
    if (e.explains == e.explains)
        text += tr("; that explains %1 of the change").arg(format::percent(e.explains));
    return text + QLatin1Char('.');
}

QString comparisonLine(const DriftDetail &detail, const QString &nameB)
{
    QStringList parts{
        tr("n %1 against %2 of %3").arg(format::count(detail.m), format::count(detail.n), nameB)};
    if (detail.adjustedP == detail.adjustedP)
        parts << tr("%1 after adjusting for all columns").arg(format::pValue(detail.adjustedP));
    return parts.join(QStringLiteral(" · "));
}

} // namespace tepal::ui
