#include "ui/backend/host/judge_values.h"

#include "ui/backend/host/profile_queries.h"

#include <tepal/base/file.h>
#include <tepal/profile/file.h>

#include <QFileInfo>

namespace tepal::ui {

namespace {

QList<double> toList(const std::vector<double> &values)
{
    return QList<double>(values.begin(), values.end());
}

DriftScore toScore(const monitor::Point &point)
{
    DriftScore score;
    score.window = point.window;
    score.value = point.value;
    score.bandLow = point.bandLow;
    score.bandHigh = point.bandHigh;
    score.floor = point.floor;
    score.p = point.p;
    score.verdict = point.verdict;
    score.cause = point.cause;
    score.n = point.n;
    score.open = point.open;
    return score;
}

FeatureDrift toFeature(const monitor::ColumnJudgement &column)
{
    FeatureDrift feature;
    feature.name = qs(column.name);
    feature.isOutput = isOutputColumn(feature.name);
    feature.measure = qs(column.measure);
    feature.measureLabel = qs(drift::measureLabel(column.measure));
    feature.threshold = column.threshold;
    feature.possible = column.possible;
    feature.verdict = column.verdict;
    feature.basis = column.basis;
    feature.reason = qs(column.reason);
    feature.worst = column.worst;
    feature.since = column.since;
    feature.rowsNeeded = column.rowsNeeded;
    for (const monitor::Point &point : column.points)
        feature.scores.append(toScore(point));
    return feature;
}

MeasureResult toResult(const drift::Measure &measure)
{
    MeasureResult result;
    result.key = qs(measure.key);
    result.label = qs(drift::measureLabel(measure.key));
    result.value = measure.value;
    result.bandLow = measure.bandLow;
    result.bandHigh = measure.bandHigh;
    result.intervalLow = measure.intervalLow;
    result.intervalHigh = measure.intervalHigh;
    result.p = measure.p;
    result.floor = measure.floor;
    result.threshold = measure.threshold;
    result.exact = measure.exact;
    result.bandEstimated = measure.bandEstimated;
    result.method = qs(measure.method);
    result.binning = qs(measure.binning);
    result.note = qs(measure.note);
    return result;
}

DriftExplanation toExplanation(const monitor::Explanation &explanation)
{
    return {explanation.below,          explanation.cut,         qs(explanation.category),
            explanation.referenceShare, explanation.targetShare, explanation.explains};
}

} // namespace

QString qs(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

Result<std::shared_ptr<const DatasetProfile>> loadProfileFile(const QString &file)
{
    constexpr std::uint64_t kLargest = 1ull << 30;
    const std::string path = file.toStdString();
    const std::string name = QFileInfo(file).fileName().toStdString();
    const auto bytes = readFile(path, kLargest);
    if (!bytes)
        return tl::unexpected(bytes.error());
    auto profile = parseProfile(*bytes);
    if (!profile)
        return fail(profile.error().code, "\"" + name + "\": " + profile.error().message,
                    "choose another profile file");
    if (profile->columns.empty())
        return fail(ErrorCode::NotFound, "the profile \"" + name + "\" has no columns",
                    "choose another profile file");
    return std::make_shared<const DatasetProfile>(std::move(*profile));
}

Result<monitor::Question> questionOf(const DriftQuery &query)
{
    monitor::Question question;
    if (!query.against.file.isEmpty() && !query.against.range) {
        auto profile = loadProfileFile(query.against.file);
        if (!profile)
            return tl::unexpected(profile.error());
        question.against.profile = std::move(*profile);
        question.against.name = QFileInfo(query.against.file).fileName().toStdString();
    } else {
        question.against.range = query.against.range;
        question.against.segment = query.against.segment;
        question.against.name = query.against.reference.toStdString();
    }
    question.dataset = query.dataset.toStdString();
    question.range = query.range;
    question.segment = query.segment;
    question.passing = query.passing;
    question.preset = drift::parsePreset(query.preset.toStdString()).value_or(drift::Preset::Tepal);
    return question;
}

DriftOverview toOverview(const DriftQuery &query, const monitor::Judgement &judgement)
{
    DriftOverview overview;
    overview.query = query;
    overview.granularity = judgement.granularity;
    overview.referenceName = qs(judgement.reference);
    overview.referenceRows = judgement.referenceRows;
    overview.rows = judgement.rows;
    overview.windows = static_cast<qint64>(judgement.windows);
    overview.openRows = judgement.openRows;
    for (const monitor::ColumnJudgement &column : judgement.columns)
        overview.features.append(toFeature(column));
    return overview;
}

Histogram toHistogram(const monitor::Histogram &histogram)
{
    Histogram result;
    result.edges = toList(histogram.edges);
    for (const std::string &label : histogram.labels)
        result.labels.append(qs(label));
    result.target = toList(histogram.target);
    result.reference = toList(histogram.reference);
    result.binning = qs(histogram.binning);
    return result;
}

Cdf toCdf(const monitor::Cdf &cdf)
{
    return {toList(cdf.x), toList(cdf.f), cdf.rankError};
}

DriftDetail toDetail(const DriftDetailQuery &query, const monitor::ColumnDetail &found)
{
    const drift::ColumnDrift &column = found.drift;
    const ColumnProfile *r = found.referenceColumn();
    const ColumnProfile *t = found.targetColumn();
    DriftDetail detail;
    detail.dataset = query.dataset;
    detail.feature = query.feature;
    detail.range = query.range;
    detail.referenceName = qs(found.reference);
    detail.kind = columnKindOf(t ? *t : *r);
    detail.n = column.n;
    detail.m = column.m;
    detail.verdict = column.verdict;
    detail.reason = qs(column.reason);
    detail.rowsNeeded = column.rowsNeeded;
    detail.adjustedP = column.adjustedP;
    detail.effectKey = qs(column.effectKey);
    detail.evidenceKey = qs(column.evidenceKey);
    for (const drift::Measure &measure : column.measures)
        detail.measures.append(toResult(measure));
    if (!column.cells.empty()) {
        detail.histogram = toHistogram(monitor::cellHistogram(column));
        for (const drift::Cell &cell : column.cells)
            detail.contributions.append(cell.contribution);
        detail.contributionOf = column.numeric ? QStringLiteral("PSI") : QStringLiteral("TVD");
    } else if (t) {
        constexpr int kBins = 30;
        detail.histogram = toHistogram(monitor::makeHistogram(*t, r, kBins));
    }
    if (t)
        detail.target = toCdf(monitor::makeCdf(*t));
    if (r)
        detail.reference = toCdf(monitor::makeCdf(*r));
    detail.ksX = column.ksX;
    if (r && t)
        detail.explanation = toExplanation(monitor::explain(column, *r, *t));
    return detail;
}

} // namespace tepal::ui
