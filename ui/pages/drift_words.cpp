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

Verdict overallVerdict(const DriftOverview &overview)
{
    Verdict worst = Verdict::NoData;
    for (const FeatureDrift &feature : overview.features)
        worst = std::max(worst, feature.verdict);
    return worst;
}

QString overviewSentence(const DriftOverview &overview)
{
    QStringList drifted;
    qsizetype possible = 0;
    qsizetype undecided = 0;
    qsizetype steady = 0;
    qsizetype silent = 0;
    qint64 needed = 0;
    TimeMs since = 0;
    for (const FeatureDrift &f : overview.features) {
        if (isAlarming(f.verdict)) {
            drifted << f.name;
            if (f.since != 0)
                since = since == 0 ? f.since : std::min(since, f.since);
        } else if (f.verdict == Verdict::PossibleDrift) {
            ++possible;
        } else if (f.verdict == Verdict::Undecided || f.verdict == Verdict::LowEvidence) {
            ++undecided;
            needed = std::max(needed, f.rowsNeeded);
        } else if (f.verdict == Verdict::NoData) {
            ++silent;
        } else {
            ++steady;
        }
    }
    const auto all = overview.features.size();
    if (all == 0 || silent == all)
        return tr("No rows to compare in this time range.");
    QString text;
    if (drifted.isEmpty()) {
        text = possible == 0 && undecided == 0
                   ? format::counted(all, tr("No drift in the one feature."),
                                     tr("No drift in any of %1 features."))
                   : tr("No feature drifted.");
    } else {
        QStringList names = drifted.mid(0, 3);
        if (drifted.size() > 3)
            names << format::counted(drifted.size() - 3, tr("1 more"), tr("%1 more"));
        const QString count =
            tr("%1 of %2 features drifted").arg(format::count(drifted.size()), format::count(all));
        text = since == 0
                   ? tr("%1: %2.").arg(count, names.join(QStringLiteral(", ")))
                   : tr("%1 since %2: %3.")
                         .arg(count, format::weekdayTime(since), names.join(QStringLiteral(", ")));
    }
    QStringList rest;
    if (possible > 0)
        rest << format::counted(possible, tr("1 possibly drifting"), tr("%1 possibly drifting"));
    if (steady > 0 && !(drifted.isEmpty() && possible == 0 && undecided == 0))
        rest << format::counted(steady, tr("1 steady"), tr("%1 steady"));
    if (undecided > 0) {
        QString part = format::counted(undecided, tr("1 undecided"), tr("%1 undecided"));
        if (needed > 0)
            part += tr(" (needs about %1 more rows)").arg(format::count(needed));
        rest << part;
    }
    if (silent > 0)
        rest << format::counted(silent, tr("1 without data"), tr("%1 without data"));
    if (!rest.isEmpty())
        text += QLatin1Char(' ') + rest.join(QStringLiteral(", ")) + QLatin1Char('.');
    return text;
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

QString comparisonLine(const DriftDetail &detail)
{
    QStringList parts{
        tr("n %1 against %2 of %3")
            .arg(format::count(detail.m), format::count(detail.n), detail.referenceName)};
    if (detail.adjustedP == detail.adjustedP)
        parts << tr("%1 after adjusting for all features").arg(format::pValue(detail.adjustedP));
    return parts.join(QStringLiteral(" · "));
}

} // namespace tepal::ui
