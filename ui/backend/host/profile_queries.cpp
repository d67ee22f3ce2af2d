#include "ui/backend/host/profile_queries.h"

#include "ui/backend/host/judge_values.h"

#include <tepal/drift/compare.h>
#include <tepal/monitor/judge.h>
#include <tepal/monitor/views.h>
#include <tepal/store/references.h>
#include <tepal/store/windows.h>

#include <QFileInfo>
#include <QLatin1String>

#include <algorithm>
#include <cmath>

namespace tepal::ui {
namespace {

constexpr int kShapeBins = 16;
constexpr std::size_t kTopValues = 50;
/// As many as a chart has pixels; with more, hours or days are drawn in place of windows.
constexpr std::size_t kHistoryPoints = 2000;

bool hasNumbers(const ColumnProfile &column)
{
    return column.distribution && !column.distribution->kll.empty();
}

Estimate distinctOf(const ColumnProfile &column)
{
    if (!column.cardinality)
        return {};
    const double value = column.cardinality->estimate();
    // Up to a few hundred the sketch holds every value's key: the count is exact but for a
    // collision in a hundred million.
    if (column.cardinality->mode() != HllSketch::Mode::Hll) {
        const double whole = std::round(value);
        return {whole, whole, whole};
    }
    return {value, column.cardinality->lower(1), column.cardinality->upper(1)};
}

QList<double> shapeOf(const ColumnProfile &column)
{
    QList<double> shape;
    if (hasNumbers(column)) {
        const KllView view = drift::finiteView(column.distribution->kll.view());
        const auto edges = drift::equalWidthEdges(view, KllView{}, kShapeBins);
        if (edges.size() < 2)
            return shape;
        const auto masses = view.pmf(edges);
        for (std::size_t i = 1; i + 1 < masses.size(); ++i)
            shape.append(masses[i]);
    } else if (column.frequentStrings && column.present() > 0) {
        for (const auto &item : column.frequentStrings->listNoFalsePositives()) {
            shape.append(static_cast<double>(item.estimate) /
                         static_cast<double>(column.present()));
            if (shape.size() == kShapeBins)
                break;
        }
    }
    return shape;
}

bool isExact(const ColumnProfile &column)
{
    return (!column.distribution || column.distribution->kll.isExact()) &&
           (!column.frequentStrings || column.frequentStrings->maximumError() == 0);
}

ColumnSummary summaryOf(const std::string &name, const ColumnProfile &column)
{
    ColumnSummary summary;
    summary.name = qs(name);
    summary.kind = columnKindOf(column);
    summary.isOutput = isOutputColumn(summary.name);
    summary.rows = column.counts.n;
    summary.missing = column.counts.null;
    summary.distinct = distinctOf(column);
    if (hasNumbers(column)) {
        summary.mean = column.distribution->mean;
        summary.stddev = column.distribution->stddev();
        summary.min = column.distribution->kll.min();
        summary.max = column.distribution->kll.max();
    }
    if (column.frequentStrings && column.present() > 0) {
        const auto top = column.frequentStrings->listNoFalsePositives();
        if (!top.empty()) {
            summary.topValue = qs(top.front().value);
            summary.topShare =
                static_cast<double>(top.front().estimate) / static_cast<double>(column.present());
        }
    }
    summary.shape = shapeOf(column);
    summary.exact = isExact(column);
    return summary;
}

QList<QuantileRow> quantilesOf(const ColumnProfile &column, const ColumnProfile *reference)
{
    QList<QuantileRow> rows;
    const KllView view = column.distribution->kll.view();
    const double error = column.distribution->kll.rankError();
    const bool compare = reference && hasNumbers(*reference);
    const KllView other = compare ? reference->distribution->kll.view() : KllView{};
    for (const double q : {0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0}) {
        QuantileRow row;
        row.q = q;
        // Minimum and maximum are exact.
        const bool edge = q == 0 || q == 1;
        row.value = {view.quantile(q), view.quantile(edge ? q : std::max(0.0, q - error)),
                     view.quantile(edge ? q : std::min(1.0, q + error))};
        if (compare)
            row.reference = other.quantile(q);
        rows.append(row);
    }
    return rows;
}

QList<TopValue> topValuesOf(const ColumnProfile &column, const ColumnProfile *reference)
{
    QList<TopValue> values;
    if (!column.frequentStrings || column.present() <= 0)
        return values;
    for (const auto &item : column.frequentStrings->listNoFalsePositives()) {
        TopValue value;
        value.value = qs(item.value);
        value.count = {static_cast<double>(item.estimate), static_cast<double>(item.lower),
                       static_cast<double>(item.upper)};
        value.share = value.count.value / static_cast<double>(column.present());
        if (reference && reference->frequentStrings && reference->present() > 0)
            value.referenceShare =
                static_cast<double>(reference->frequentStrings->lookup(item.value).lower) /
                static_cast<double>(reference->present());
        values.append(value);
        if (values.size() == kTopValues)
            break;
    }
    return values;
}

} // namespace

bool isOutputColumn(const QString &name)
{
    return name == QLatin1String("class_output") || name == QLatin1String("proba_output");
}

ColumnKind columnKindOf(const ColumnProfile &column)
{
    return columnKindOf(column.dominantKind());
}

ColumnKind columnKindOf(ValueKind kind)
{
    switch (kind) {
    case ValueKind::Integral:
        return ColumnKind::Integral;
    case ValueKind::Fractional:
    case ValueKind::Unsigned:
        return ColumnKind::Fractional;
    case ValueKind::Boolean:
        return ColumnKind::Boolean;
    case ValueKind::String:
        return ColumnKind::Text;
    case ValueKind::Object:
    case ValueKind::Tensor:
        return ColumnKind::Object;
    case ValueKind::Null:
        break;
    }
    return ColumnKind::Unknown;
}

Result<WindowList> queryWindows(Store &store, const QString &dataset, TimeMs now)
{
    const std::string name = dataset.toStdString();
    constexpr TimeRange all{std::numeric_limits<TimeMs>::min() / 2,
                            std::numeric_limits<TimeMs>::max() / 2};
    const auto stored = tepal::Windows(store).list(name, all);
    if (!stored)
        return tl::unexpected(stored.error());
    WindowList list;
    list.dataset = dataset;
    const auto worst = monitor::windowVerdicts(store, name);
    if (!worst)
        return tl::unexpected(worst.error());
    for (const tepal::WindowInfo &window : *stored) {
        list.granularity = window.granularity;
        if (list.windows.isEmpty() || list.windows.last().range.start != window.start) {
            WindowInfo info;
            info.range = {window.start, window.end};
            const auto it = worst->find(window.start);
            info.worst = it == worst->end() ? Verdict::NoData : it->second;
            list.windows.append(info);
        }
        WindowInfo &info = list.windows.last();
        info.rows += window.rows;
        // A window whose time is over may still wait for its chunk to be closed; it does not fill.
        if (window.open && now < window.end) {
            info.open = true;
            info.fill = std::clamp(static_cast<double>(now - window.start) /
                                       static_cast<double>(window.end - window.start),
                                   0.0, 1.0);
        }
    }
    return list;
}

Result<ColumnsSummary> queryColumns(Store &store, const Slice &slice, TimeMs now)
{
    const std::string name = slice.dataset.toStdString();
    auto profile = tepal::Windows(store).profile(name, slice.range, {}, slice.segment);
    if (!profile)
        return tl::unexpected(profile.error());
    ColumnsSummary summary;
    summary.slice = slice;
    if (!*profile)
        return summary;
    const auto windows = tepal::Windows(store).list(name, slice.range);
    if (!windows)
        return tl::unexpected(windows.error());
    std::optional<TimeMs> start; // Segments of one start are one window, as everywhere.
    for (const tepal::WindowInfo &window : *windows) {
        if (slice.segment && window.segment != *slice.segment)
            continue;
        summary.rows += window.rows;
        summary.windows += start != window.start ? 1 : 0;
        summary.open = summary.open || (window.open && now < window.end);
        start = window.start;
    }
    const auto order = tepal::Windows(store).columns(name);
    if (!order)
        return tl::unexpected(order.error());
    for (const std::string &column : *order) {
        const auto it = (*profile)->columns.find(column);
        if (it == (*profile)->columns.end())
            continue;
        summary.columns.append(summaryOf(column, it->second));
    }
    return summary;
}

namespace {

QList<ConditionRow> conditionsOf(const ColumnProfile &column, const ColumnProfile *other)
{
    const auto share = [](const ColumnProfile *of, const std::string &name) {
        if (of == nullptr || !of->conditions || of->conditions->total == 0)
            return kMissing;
        const auto it = of->conditions->matches.find(name);
        return it == of->conditions->matches.end()
                   ? kMissing
                   : static_cast<double>(it->second) / static_cast<double>(of->conditions->total);
    };
    QList<ConditionRow> rows;
    if (column.conditions) {
        for (const auto &[name, met] : column.conditions->matches)
            rows.append(
                {QString::fromStdString(name), met, share(&column, name), share(other, name)});
    }
    return rows;
}

/// Nothing where there is nothing to compare with: side A is shown all the same.
Result<std::optional<monitor::Side>> loadSideB(Store &store, const ColumnQuery &query)
{
    const auto question = questionOf({query.dataset, query.range, query.segment, query.against});
    if (!question)
        return tl::unexpected(question.error());
    auto side = monitor::loadAgainst(store, *question);
    if (!side && side.error().code == ErrorCode::NotFound)
        return std::nullopt;
    if (!side)
        return tl::unexpected(side.error());
    return std::move(*side);
}

} // namespace

Result<ColumnDetail> queryColumnDetail(Store &store, const ColumnQuery &query)
{
    const std::string dataset = query.dataset.toStdString();
    const std::string name = query.column.toStdString();
    auto profile = tepal::Windows(store).profile(dataset, query.range, {name}, query.segment);
    if (!profile)
        return tl::unexpected(profile.error());
    if (!*profile || !(*profile)->columns.contains(name))
        return fail(ErrorCode::NotFound, "this column has no values in the range",
                    "choose a longer range");
    const ColumnProfile &column = (*profile)->columns.find(name)->second;
    const auto sideB = loadSideB(store, query);
    if (!sideB)
        return tl::unexpected(sideB.error());
    const ColumnProfile *other = nullptr;
    ColumnDetail detail;
    if (*sideB) {
        const auto it = (*sideB)->profile->columns.find(name);
        if (it != (*sideB)->profile->columns.end()) {
            other = &it->second;
            detail.referenceName = qs((*sideB)->name);
            detail.referenceRows = it->second.counts.n;
        }
    }
    detail.name = query.column;
    detail.kind = columnKindOf(column);
    detail.range = query.range;
    detail.rows = column.counts.n;
    detail.missing = column.counts.null;
    detail.notFinite = column.counts.inf + column.counts.nan;
    detail.histogram = toHistogram(monitor::makeHistogram(column, other, query.bins));
    detail.target = toCdf(monitor::makeCdf(column));
    if (other)
        detail.reference = toCdf(monitor::makeCdf(*other));
    detail.topValues = topValuesOf(column, other);
    detail.conditions = conditionsOf(column, other);
    detail.distinct = distinctOf(column);
    if (hasNumbers(column)) {
        detail.quantiles = quantilesOf(column, other);
        detail.min = column.distribution->kll.min();
        detail.max = column.distribution->kll.max();
        detail.mean = column.distribution->mean;
        detail.stddev = column.distribution->stddev();
        detail.rankError = column.distribution->kll.rankError();
    }
    const auto history = tepal::Windows(store).history(dataset, name, query.range, kHistoryPoints,
                                                       query.segment.value_or(Segment()));
    if (!history)
        return tl::unexpected(history.error());
    detail.historyGranularity = history->granularity;
    detail.historyRolledUp = history->rolledUp;
    for (const tepal::ColumnSummary &s : history->points) {
        ColumnPoint point;
        point.window = {s.start, s.end};
        point.n = s.n;
        point.missingShare =
            s.n > 0 ? static_cast<double>(s.nulls) / static_cast<double>(s.n) : kMissing;
        point.mean = s.mean;
        point.q05 = s.q05;
        point.q25 = s.q25;
        point.q50 = s.median;
        point.q75 = s.q75;
        point.q95 = s.q95;
        detail.history.append(point);
    }
    return detail;
}

} // namespace tepal::ui
