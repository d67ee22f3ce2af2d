/// Values that say whether something moved, where, since when, and how sure we are.
#pragma once

#include "ui/backend/profile_values.h"

#include <tepal/monitor/words.h>

#include <functional>

namespace tepal::ui {

/// What a verdict rests on: the range, its recent windows, or the one being filled.
using Basis = monitor::Basis;

/// One feature in one window.
struct DriftScore
{
    TimeRange window;
    double value = kMissing; ///< Of FeatureDrift::measure.
    double bandLow = kMissing;
    double bandHigh = kMissing;
    double floor = kMissing; ///< 95 % level of the measure without any drift at these sizes.
    double p = kMissing;     ///< Adjusted over the columns of the window.
    Verdict verdict = Verdict::NoData;
    qint64 n = 0;
    bool open = false;
    drift::Cause cause = drift::Cause::Values; ///< What the verdict rests on.

    bool hasValue() const { return value == value; }
};

struct FeatureDrift
{
    QString name;
    bool isOutput = false;
    QString measure;             ///< Key: "w1_norm", "tvd", "hellinger", …
    QString measureLabel;        ///< "W₁/σ"
    double threshold = kMissing; ///< From here on it is drift …
    double possible = kMissing;  ///< … and from here on possible drift.
    Verdict verdict = Verdict::NoData;
    Basis basis = Basis::Range; ///< What it rests on …
    QString reason;             ///< … in a sentence.
    double worst = kMissing;    ///< Largest value ÷ threshold.
    TimeMs since = 0;           ///< Start of the present run of drift windows, 0: none.
    qint64 rowsNeeded = 0;      ///< When undecided: about so many more rows would decide.
    QList<DriftScore> scores;   ///< Oldest first, one per window that has rows.
};

struct DriftQuery
{
    QString dataset;
    TimeRange range;
    std::optional<Segment> segment; ///< Of side A.
    Against against;
    QString preset = QStringLiteral("tepal");
    bool passing = false; ///< The next one is on its way: a side is being dragged.
};

struct DriftOverview
{
    DriftQuery query;
    Granularity granularity = Granularity::Hour;
    QString referenceName;
    qint64 referenceRows = 0;
    qint64 rows = 0;
    qint64 windows = 0;
    qint64 openRows = 0;          ///< Of the windows that are still being filled.
    QList<FeatureDrift> features; ///< Worst first.

    const FeatureDrift *feature(const QString &name) const;
};

/// How many features drift, are undecided, …: the one count for tile, badge, sentence and tables.
monitor::Tally tallyOf(const DriftOverview &overview);
/// The most serious verdict over all features.
Verdict overallVerdict(const DriftOverview &overview);
/// The judge's sentence, with times as the reader knows them.
QString overviewSentence(const DriftOverview &overview, const std::function<QString(TimeMs)> &time);

struct MeasureResult
{
    QString key;   ///< ks, w1, w1_norm, psi, js, hellinger, kl, tvd, linf, chi2, cramers_v
    QString label; ///< "KS", "W₁/σ"
    double value = kMissing;
    double bandLow = kMissing;
    double bandHigh = kMissing;
    double intervalLow = kMissing; ///< 95 %: what infinitely many rows would read.
    double intervalHigh = kMissing;
    std::optional<double> p;
    double floor = kMissing;
    double threshold = kMissing;
    bool exact = false;         ///< No sketch error: every value or category is held.
    bool bandEstimated = false; ///< The band is simulated, not guaranteed.
    QString method;             ///< One sentence.
    QString binning;            ///< Empty: needs no bins.
    QString note;               ///< Reason when the value is missing, or a caveat.
};

/// "12 → 38 % of requests now have petal width below 0.4; that explains 72 % of the change."
struct DriftExplanation
{
    bool below = true;     ///< Side of the cut; numeric features.
    double cut = kMissing; ///< Numeric cut point.
    QString category;      ///< Categorical features: the category that moved most.
    double referenceShare = kMissing;
    double targetShare = kMissing;
    double explains = kMissing; ///< Share of the whole change, 0–1.

    bool isSet() const { return targetShare == targetShare; }
};

struct DriftDetail
{
    QString dataset;
    QString feature;
    TimeRange range;
    ColumnKind kind = ColumnKind::Unknown;
    QString unit;
    QString referenceName;
    qint64 n = 0; ///< Usable rows of the reference.
    qint64 m = 0; ///< Usable rows of the target.
    Verdict verdict = Verdict::NoData;
    QString reason; ///< Why this verdict: one sentence.
    qint64 rowsNeeded = 0;
    double adjustedP = kMissing;
    QString effectKey;   ///< Which measure says how big …
    QString evidenceKey; ///< … and which one says whether it is real.
    QList<MeasureResult> measures;
    Histogram histogram;
    QList<double> contributions; ///< Per bin, of PSI (numeric) or TVD (categorical); sum = value.
    QString contributionOf;      ///< "PSI"
    Cdf target;
    Cdf reference;
    double ksX = kMissing; ///< Where the largest gap is.
    DriftExplanation explanation;

    const MeasureResult *measure(const QString &key) const
    {
        for (const MeasureResult &m2 : measures) {
            if (m2.key == key)
                return &m2;
        }
        return nullptr;
    }
};

struct DriftDetailQuery
{
    QString dataset;
    QString feature;
    TimeRange range;
    std::optional<Segment> segment; ///< Of side A.
    Against against;
    QString preset = QStringLiteral("tepal");
};

} // namespace tepal::ui
