#include "ui/backend/host/drift_queries.h"

#include "ui/backend/host/profile_queries.h"

#include <tepal/drift/compare.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace tepal::ui {
namespace {

/// Of the last three windows two must agree before a feature is said to have drifted.
constexpr int kRecentWindows = 3;
constexpr int kRecentAgree = 2;

QString qs(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

/// What the stored scores are filed under. Presets other than ours have names of their own.
std::string scoreKey(const DriftQuery &query)
{
    return query.preset.toStdString();
}

/// References that are another range have no name to file scores under.
std::string referenceKey(const ReferenceProfile &reference, const Against &against)
{
    if (against.range)
        return "range:" + std::to_string(against.range->start) + "-" +
               std::to_string(against.range->end);
    return reference.name.toStdString();
}

drift::Options optionsFor(const QString &preset, bool bands)
{
    drift::Options options;
    options.preset = drift::parsePreset(preset.toStdString()).value_or(drift::Preset::Tepal);
    options.simulateBands = bands;
    return options;
}

/// The measure that a score shows: the effect, else whatever the preset computes first.
const drift::Measure *shownMeasure(const drift::ColumnDrift &column)
{
    if (const drift::Measure *effect = column.find(column.effectKey))
        return effect;
    return column.measures.empty() ? nullptr : &column.measures.front();
}

struct ScoredWindow
{
    TimeRange range;
    qint64 rows = 0;
    bool open = false;
    std::map<std::string, Score> byColumn;
};

/// Windows of the range with their scores; those missing or stale are computed and stored.
Result<std::vector<ScoredWindow>> scoreWindows(Store &store, const DriftQuery &query,
                                               const ReferenceProfile &reference, TimeMs now,
                                               const std::stop_token &stop,
                                               bool *anyMissing = nullptr)
{
    const std::string dataset = query.dataset.toStdString();
    const std::string key = referenceKey(reference, query.against);
    const auto windows = store.windows(dataset, query.range);
    if (!windows)
        return tl::unexpected(windows.error());
    std::vector<ScoredWindow> scored;
    for (const tepal::WindowInfo &window : *windows) {
        if (scored.empty() || scored.back().range.start != window.start) {
            scored.push_back({{window.start, window.end}, 0, false, {}});
        }
        scored.back().rows += window.rows;
        scored.back().open = scored.back().open || (window.open && now < window.end);
    }
    const auto stored = store.scores(dataset, key, scoreKey(query), query.range);
    if (!stored)
        return tl::unexpected(stored.error());
    std::map<TimeMs, ScoredWindow *> byStart;
    for (ScoredWindow &window : scored)
        byStart[window.range.start] = &window;
    for (const Score &score : *stored) {
        const auto it = byStart.find(score.start);
        if (it != byStart.end() && score.rowsScored == it->second->rows)
            it->second->byColumn[score.column] = score;
    }
    std::vector<Score> fresh;
    // What was computed is kept even when a newer question ends this one: the newer one starts
    // there.
    const auto keep = [&]() -> Status {
        return fresh.empty() ? Status() : store.putScores(dataset, fresh);
    };
    for (ScoredWindow &window : scored) {
        if (!window.byColumn.empty())
            continue;
        if (stop.stop_requested()) {
            if (auto kept = keep(); !kept)
                return tl::unexpected(kept.error());
            return fail(ErrorCode::Cancelled, "a newer question came");
        }
        const auto profile = store.profile(dataset, window.range);
        if (!profile)
            return tl::unexpected(profile.error());
        if (!*profile)
            continue;
        const auto result =
            drift::compare(reference.profile, **profile, optionsFor(query.preset, false));
        for (const drift::ColumnDrift &column : result.columns) {
            Score score;
            score.column = column.name;
            score.start = window.range.start;
            score.reference = key;
            score.measure = scoreKey(query);
            score.verdict = drift::verdictName(column.verdict);
            score.n = column.m;
            score.p = column.adjustedP;
            score.rowsScored = window.rows;
            score.value = score.bandLow = score.bandHigh = score.floor = kMissing;
            if (const drift::Measure *measure = shownMeasure(column)) {
                score.value = measure->value;
                score.bandLow = measure->bandLow;
                score.bandHigh = measure->bandHigh;
                score.floor = measure->floor;
            }
            window.byColumn[column.name] = score;
            fresh.push_back(std::move(score));
        }
    }
    if (auto kept = keep(); !kept)
        return tl::unexpected(kept.error());
    if (anyMissing)
        *anyMissing = !fresh.empty();
    return scored;
}

DriftScore scoreOf(const ScoredWindow &window, const Score &score)
{
    DriftScore result;
    result.window = window.range;
    result.value = score.value;
    result.bandLow = score.bandLow;
    result.bandHigh = score.bandHigh;
    result.floor = score.floor;
    result.p = score.p;
    result.verdict = verdictFromName(score.verdict);
    result.n = score.n;
    result.open = window.open;
    return result;
}

/// The verdict of a feature over the range: what its latest windows agree on, or, when they do not
/// speak up, what the whole range says.
void judge(FeatureDrift &feature, Verdict whole)
{
    feature.verdict = whole;
    int seen = 0;
    int drifted = 0;
    int possible = 0;
    for (auto it = feature.scores.crbegin(); it != feature.scores.crend() && seen < kRecentWindows;
         ++it) {
        if (it->verdict == Verdict::NoData || it->verdict == Verdict::LowEvidence || it->open)
            continue;
        ++seen;
        drifted += it->verdict == Verdict::Drift ? 1 : 0;
        possible += it->verdict == Verdict::PossibleDrift || it->verdict == Verdict::Drift ? 1 : 0;
    }
    if (drifted >= kRecentAgree)
        feature.verdict = Verdict::Drift;
    else if (possible >= kRecentAgree && feature.verdict < Verdict::PossibleDrift)
        feature.verdict = Verdict::PossibleDrift;
    if (feature.verdict != Verdict::Drift)
        return;
    // The present run: back from the end while windows drift; quiet nights in between do not end
    // it.
    for (auto it = feature.scores.crbegin(); it != feature.scores.crend(); ++it) {
        if (it->verdict == Verdict::Drift)
            feature.since = it->window.start;
        else if (it->verdict == Verdict::NoDrift || it->verdict == Verdict::Negligible)
            break;
    }
}

MeasureResult toResult(const drift::Measure &measure)
{
    MeasureResult result;
    result.key = qs(measure.key);
    result.label = qs(drift::measureLabel(measure.key));
    result.value = measure.value;
    result.bandLow = measure.bandLow;
    result.bandHigh = measure.bandHigh;
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

/// The cells of the comparison as the page's histogram: the contribution strip lies under the same
/// bins that carry it.
Histogram cellsHistogram(const drift::ColumnDrift &column)
{
    Histogram histogram;
    double n = 0;
    double m = 0;
    for (const drift::Cell &cell : column.cells) {
        n += cell.reference;
        m += cell.target;
    }
    for (const drift::Cell &cell : column.cells) {
        if (column.numeric) {
            if (histogram.edges.isEmpty())
                histogram.edges.append(cell.low);
            histogram.edges.append(cell.high);
        } else {
            histogram.labels.append(qs(cell.label));
        }
        histogram.reference.append(n > 0 ? cell.reference / n : 0);
        histogram.target.append(m > 0 ? cell.target / m : 0);
    }
    if (const drift::Measure *psi = column.find("psi"))
        histogram.binning = qs(psi->binning);
    return histogram;
}

DriftExplanation explain(const drift::ColumnDrift &column, const ColumnProfile &reference,
                         const ColumnProfile &target)
{
    DriftExplanation result;
    if (column.numeric && reference.distribution && target.distribution &&
        std::isfinite(column.ksX)) {
        // At the largest gap, which share lies at or below it.
        const double cut = std::nextafter(column.ksX, HUGE_VAL);
        const double r = reference.distribution->kll.view().rank(cut);
        const double t = target.distribution->kll.view().rank(cut);
        result.below = t >= r;
        result.cut = column.ksX;
        result.referenceShare = result.below ? r : 1 - r;
        result.targetShare = result.below ? t : 1 - t;
        const drift::Measure *tvd = column.find("tvd");
        if (tvd && tvd->value > 0)
            result.explains = std::min(1.0, std::abs(t - r) / tvd->value);
        return result;
    }
    const drift::Cell *most = nullptr;
    double n = 0;
    double m = 0;
    double total = 0;
    for (const drift::Cell &cell : column.cells) {
        n += cell.reference;
        m += cell.target;
        total += cell.contribution;
        if (!most || cell.contribution > most->contribution)
            most = &cell;
    }
    if (most && n > 0 && m > 0) {
        result.category = qs(most->label);
        result.referenceShare = most->reference / n;
        result.targetShare = most->target / m;
        result.explains = total > 0 ? most->contribution / total : kMissing;
    }
    return result;
}

} // namespace

Result<DriftOverview> queryDriftOverview(Store &store, const DriftQuery &query, TimeMs now,
                                         const std::stop_token &stop)
{
    const std::string dataset = query.dataset.toStdString();
    DriftOverview overview;
    overview.query = query;
    auto reference = loadReference(store, query.dataset, query.against);
    if (!reference)
        return tl::unexpected(reference.error());
    if (!*reference)
        return fail(ErrorCode::NotFound, "this dataset has no reference to compare with",
                    "make one from a range of windows, or train a model");
    overview.referenceName = (*reference)->name;
    overview.referenceRows = (*reference)->rows;
    const auto windows = store.windows(dataset, query.range);
    if (!windows)
        return tl::unexpected(windows.error());
    if (!windows->empty())
        overview.granularity = windows->back().granularity;
    const auto scored = scoreWindows(store, query, **reference, now, stop);
    if (!scored)
        return tl::unexpected(scored.error());
    for (const ScoredWindow &window : *scored)
        overview.rows += window.rows;
    const auto whole = store.profile(dataset, query.range);
    if (!whole)
        return tl::unexpected(whole.error());
    if (!*whole)
        return overview;
    const auto result =
        drift::compare((*reference)->profile, **whole, optionsFor(query.preset, false));
    for (const drift::ColumnDrift &column : result.columns) {
        FeatureDrift feature;
        feature.name = qs(column.name);
        feature.isOutput = isOutputColumn(feature.name);
        feature.rowsNeeded = column.rowsNeeded;
        if (const drift::Measure *measure = shownMeasure(column)) {
            feature.measure = qs(measure->key);
            feature.measureLabel = qs(drift::measureLabel(measure->key));
            feature.threshold = measure->threshold;
            feature.possible = measure->possible;
        }
        for (const ScoredWindow &window : *scored) {
            const auto it = window.byColumn.find(column.name);
            if (it == window.byColumn.end())
                continue;
            feature.scores.append(scoreOf(window, it->second));
            const double relative = it->second.value / feature.threshold;
            if (std::isfinite(relative) && !(relative <= feature.worst))
                feature.worst = relative;
        }
        judge(feature, verdictFromName(drift::verdictName(column.verdict)));
        overview.features.append(feature);
    }
    std::stable_sort(overview.features.begin(), overview.features.end(),
                     [](const FeatureDrift &a, const FeatureDrift &b) {
                         if (a.verdict != b.verdict)
                             return a.verdict > b.verdict;
                         return a.worst > b.worst;
                     });
    return overview;
}

Result<bool> scoreHistory(Store &store, const QString &dataset, TimeMs now,
                          const std::stop_token &stop)
{
    const auto reference = loadReference(store, dataset, {});
    if (!reference)
        return tl::unexpected(reference.error());
    if (!*reference)
        return false;
    DriftQuery query;
    query.dataset = dataset;
    query.range = {std::numeric_limits<TimeMs>::min() / 2, now};
    bool anyMissing = false;
    const auto scored = scoreWindows(store, query, **reference, now, stop, &anyMissing);
    if (!scored)
        return tl::unexpected(scored.error());
    return anyMissing;
}

Result<DriftDetail> queryDriftDetail(Store &store, const DriftDetailQuery &query)
{
    const std::string dataset = query.dataset.toStdString();
    const std::string name = query.feature.toStdString();
    auto reference = loadReference(store, query.dataset, query.against);
    if (!reference)
        return tl::unexpected(reference.error());
    if (!*reference)
        return fail(ErrorCode::NotFound, "this dataset has no reference to compare with",
                    "make one from a range of windows, or train a model");
    // All columns are compared, because the p-values are adjusted over them.
    const auto profile = store.profile(dataset, query.range);
    if (!profile)
        return tl::unexpected(profile.error());
    if (!*profile)
        return fail(ErrorCode::NotFound, "there are no records in this range",
                    "choose a longer range");
    const auto result =
        drift::compare((*reference)->profile, **profile, optionsFor(query.preset, true));
    const auto found = std::find_if(result.columns.begin(), result.columns.end(),
                                    [&](const auto &column) { return column.name == name; });
    if (found == result.columns.end())
        return fail(ErrorCode::NotFound, "there is no such column on either side");
    const drift::ColumnDrift &column = *found;
    const auto columnOf = [&](const DatasetProfile &from) -> const ColumnProfile * {
        const auto it = from.columns.find(name);
        return it == from.columns.end() ? nullptr : &it->second;
    };
    const ColumnProfile *r = columnOf((*reference)->profile);
    const ColumnProfile *t = columnOf(**profile);

    DriftDetail detail;
    detail.dataset = query.dataset;
    detail.feature = query.feature;
    detail.range = query.range;
    detail.referenceName = (*reference)->name;
    detail.kind = columnKindOf(t ? *t : *r);
    detail.n = column.n;
    detail.m = column.m;
    detail.verdict = verdictFromName(drift::verdictName(column.verdict));
    detail.reason = qs(column.reason);
    detail.rowsNeeded = column.rowsNeeded;
    detail.adjustedP = column.adjustedP;
    detail.effectKey = qs(column.effectKey);
    detail.evidenceKey = qs(column.evidenceKey);
    for (const drift::Measure &measure : column.measures)
        detail.measures.append(toResult(measure));
    if (!column.cells.empty()) {
        detail.histogram = cellsHistogram(column);
        for (const drift::Cell &cell : column.cells)
            detail.contributions.append(cell.contribution);
        detail.contributionOf = column.numeric ? QStringLiteral("PSI") : QStringLiteral("TVD");
    } else if (t) {
        detail.histogram = makeHistogram(*t, r, 30);
    }
    if (t)
        detail.target = makeCdf(*t);
    if (r)
        detail.reference = makeCdf(*r);
    detail.ksX = column.ksX;
    if (r && t)
        detail.explanation = explain(column, *r, *t);
    return detail;
}

} // namespace tepal::ui
