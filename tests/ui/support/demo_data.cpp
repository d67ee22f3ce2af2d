#include "demo_data.h"

#include <tepal/base/random.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace tepal::ui::test {

namespace {

struct Species
{
    std::array<double, kFeatures> mean;
    std::array<double, kFeatures> sd;
};

constexpr std::array<Species, 3> kSpecies{{
    {{5.01, 3.43, 1.46, 0.25}, {0.35, 0.38, 0.17, 0.11}},
    {{5.94, 2.77, 4.26, 1.33}, {0.52, 0.31, 0.47, 0.20}},
    {{6.59, 2.97, 5.55, 2.03}, {0.64, 0.32, 0.55, 0.27}},
}};

double rounded(double v)
{
    return std::max(0.1, std::round(v * 10) / 10);
}

std::array<double, kFeatures> draw(SplitMix64 &random, int species)
{
    std::array<double, kFeatures> out{};
    for (std::size_t f = 0; f < kFeatures; ++f)
        out[f] = rounded(kSpecies[static_cast<std::size_t>(species)].mean[f] +
                         kSpecies[static_cast<std::size_t>(species)].sd[f] * random.normal());
    return out;
}

double mean(const std::vector<double> &v)
{
    double sum = 0;
    for (const double x : v)
        sum += x;
    return v.empty() ? kMissing : sum / static_cast<double>(v.size());
}

double stddev(const std::vector<double> &v)
{
    if (v.size() < 2)
        return kMissing;
    const double m = mean(v);
    double sum = 0;
    for (const double x : v)
        sum += (x - m) * (x - m);
    return std::sqrt(sum / static_cast<double>(v.size() - 1));
}

double quantile(const std::vector<double> &sorted, double q)
{
    if (sorted.empty())
        return kMissing;
    return sorted[static_cast<std::size_t>(
        std::min<double>(static_cast<double>(sorted.size() - 1),
                         std::floor(q * static_cast<double>(sorted.size()))))];
}

struct Gap
{
    double ks = 0;
    double at = 0;
    double w1 = 0;
};

/// Both sorted.
Gap compare(const std::vector<double> &a, const std::vector<double> &b)
{
    Gap gap;
    std::size_t i = 0;
    std::size_t j = 0;
    double last = std::min(a.front(), b.front());
    double difference = 0;
    while (i < a.size() || j < b.size()) {
        const double x = i == a.size() ? b[j] : j == b.size() ? a[i] : std::min(a[i], b[j]);
        gap.w1 += std::abs(difference) * (x - last);
        while (i < a.size() && a[i] == x)
            ++i;
        while (j < b.size() && b[j] == x)
            ++j;
        difference = static_cast<double>(i) / static_cast<double>(a.size()) -
                     static_cast<double>(j) / static_cast<double>(b.size());
        if (std::abs(difference) > gap.ks)
            gap = {std::abs(difference), x, gap.w1};
        last = x;
    }
    return gap;
}

double ksP(double d, double n, double m)
{
    const double lambda = d * std::sqrt(n * m / (n + m));
    double p = 0;
    for (int k = 1; k < 50; ++k)
        p += (k % 2 == 1 ? 2 : -2) * std::exp(-2.0 * k * k * lambda * lambda);
    return lambda < 0.4 ? 1 : std::clamp(p, 0.0, 1.0);
}

Verdict judge(double value, double possible, double drift, double p, std::size_t n)
{
    if (n < 5)
        return Verdict::NoData;
    if (n < 30)
        return Verdict::LowEvidence;
    const bool real = p < 0.05;
    if (value >= drift)
        return real ? Verdict::Drift : Verdict::Undecided;
    if (value >= possible)
        return real ? Verdict::PossibleDrift : Verdict::NoDrift;
    return real ? Verdict::Negligible : Verdict::NoDrift;
}

bool isCategorical(int column)
{
    return column == kFeatures;
}

Cdf cdfOf(const std::vector<double> &sorted)
{
    Cdf cdf;
    const double n = static_cast<double>(sorted.size());
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        if (i + 1 < sorted.size() && sorted[i + 1] == sorted[i])
            continue;
        cdf.x.append(sorted[i]);
        cdf.f.append(static_cast<double>(i + 1) / n);
    }
    cdf.rankError = sorted.size() > 1024 ? 0.0027 : 0;
    return cdf;
}

double shareAt(const Cdf &cdf, double x)
{
    const auto after = std::upper_bound(cdf.x.begin(), cdf.x.end(), x);
    return after == cdf.x.begin() ? 0 : cdf.f[after - cdf.x.begin() - 1];
}

/// Deciles of the reference with open ends; a value that fills a bin alone has one of its own. As
/// the real comparison cuts them.
Histogram decileBins(const std::vector<double> &target, const std::vector<double> &reference)
{
    constexpr double kInf = std::numeric_limits<double>::infinity();
    const auto share = [](const std::vector<double> &v, double a, double b) {
        return static_cast<double>(std::lower_bound(v.begin(), v.end(), b) -
                                   std::lower_bound(v.begin(), v.end(), a)) /
               static_cast<double>(v.size());
    };
    Histogram h;
    h.edges = {-kInf};
    for (int i = 1; i < 10; ++i) {
        const double edge = quantile(reference, i / 10.0);
        const double after = std::nextafter(edge, kInf);
        if (edge > h.edges.last())
            h.edges.append(edge);
        if (share(reference, edge, after) > 0.1 && after > h.edges.last())
            h.edges.append(after);
    }
    h.edges.append(kInf);
    for (qsizetype i = 0; i + 1 < h.edges.size(); ++i) {
        h.target.append(share(target, h.edges[i], h.edges[i + 1]));
        h.reference.append(share(reference, h.edges[i], h.edges[i + 1]));
    }
    h.binning = QStringLiteral("%1 quantile bins of the reference").arg(h.target.size());
    return h;
}

double tvd(const Histogram &h)
{
    double sum = 0;
    for (qsizetype i = 0; i < h.size(); ++i)
        sum += std::abs(h.target[i] - h.reference[i]);
    return sum / 2;
}

} // namespace

DemoData::DemoData(TimeMs now)
    : m_now(now)
    , m_shiftStart(windowStart(now, Granularity::Day) - kDayMs + 2 * kHourMs)
{
    const TimeMs first = windowStart(now, Granularity::Hour) - 7 * kDayMs;
    m_outage = {first + 76 * kHourMs, first + 79 * kHourMs};
    SplitMix64 random(20);
    for (int i = 0; i < 150; ++i) {
        Row row = classify(draw(random, i / 50));
        m_reference.push_back(row);
    }
    for (TimeMs start = first; start <= now; start += kHourMs) {
        if (m_outage.contains(start))
            continue;
        const int hour = toCivil(start).hour;
        const double rhythm = 0.5 - 0.5 * std::cos((hour - 2) * 3.14159265 / 12);
        double rows = 14 + 190 * rhythm * (0.9 + 0.2 * random.uniform());
        if (start + kHourMs > now)
            rows *= static_cast<double>(now - start) / kHourMs;
        for (int i = 0; i < static_cast<int>(rows); ++i) {
            auto features = draw(random, static_cast<int>(random.below(3)));
            if (start >= m_shiftStart)
                features[3] = rounded(features[3] + 0.4);
            Row row = classify(features);
            row.time =
                start + static_cast<TimeMs>(
                            static_cast<double>(std::min(now, start + kHourMs) - start) * i / rows);
            m_rows.push_back(row);
        }
    }
    m_windows = makeWindows();
}

QString DemoData::columnName(int column)
{
    static const QStringList names{QStringLiteral("sepal length"), QStringLiteral("sepal width"),
                                   QStringLiteral("petal length"), QStringLiteral("petal width"),
                                   QStringLiteral("class_output"), QStringLiteral("proba")};
    return names.value(column);
}

int DemoData::columnIndex(const QString &name)
{
    for (int c = 0; c < kColumns; ++c) {
        if (columnName(c) == name)
            return c;
    }
    return -1;
}

QStringList DemoData::classes()
{
    return {QStringLiteral("setosa"), QStringLiteral("versicolor"), QStringLiteral("virginica")};
}

Row DemoData::classify(const std::array<double, kFeatures> &features)
{
    Row row;
    row.features = features;
    std::array<double, 3> weight{};
    double sum = 0;
    for (std::size_t s = 0; s < 3; ++s) {
        double distance = 0;
        for (std::size_t f = 0; f < kFeatures; ++f)
            distance += std::pow((features[f] - kSpecies[s].mean[f]) / 0.45, 2);
        weight[s] = std::exp(-distance / 2);
        sum += weight[s];
    }
    const auto best = std::max_element(weight.begin(), weight.end()) - weight.begin();
    row.cls = static_cast<int>(best);
    // Votes of five neighbours.
    const double share = sum > 0 ? weight[static_cast<std::size_t>(best)] / sum : 1;
    row.proba = std::max(0.4, std::round(share * 5) / 5);
    return row;
}

std::vector<Row> DemoData::rowsIn(TimeRange range) const
{
    const auto before = [](const Row &row, TimeMs t) { return row.time < t; };
    return {std::lower_bound(m_rows.begin(), m_rows.end(), range.start, before),
            std::lower_bound(m_rows.begin(), m_rows.end(), range.end, before)};
}

std::vector<double> DemoData::values(const std::vector<Row> &rows, int column) const
{
    std::vector<double> out;
    out.reserve(rows.size());
    for (const Row &row : rows) {
        out.push_back(column < kFeatures    ? row.features[static_cast<std::size_t>(column)]
                      : column == kFeatures ? row.cls
                                            : row.proba);
    }
    std::sort(out.begin(), out.end());
    return out;
}

QString DemoData::nameOf(const Against &against)
{
    if (!against.reference.isEmpty())
        return against.reference;
    if (against.range) // As the judge names it.
        return QString::fromStdString(formatIso(against.range->start)) + QStringLiteral(" – ") +
               QString::fromStdString(formatIso(against.range->end));
    if (!against.file.isEmpty())
        return against.file.section(QLatin1Char('/'), -1);
    return QStringLiteral("training");
}

std::vector<Row> DemoData::referenceFor(const Against &against) const
{
    return against.range ? rowsIn(*against.range) : m_reference;
}

FeatureSpec DemoData::featureSpec(int feature) const
{
    const std::vector<double> v = values(m_reference, feature);
    FeatureSpec spec;
    spec.name = columnName(feature);
    spec.unit = QStringLiteral("cm");
    spec.referenceName = QStringLiteral("training");
    spec.min = v.front();
    spec.max = v.back();
    spec.q05 = quantile(v, 0.05);
    spec.q25 = quantile(v, 0.25);
    spec.q50 = quantile(v, 0.5);
    spec.q75 = quantile(v, 0.75);
    spec.q95 = quantile(v, 0.95);
    spec.mean = mean(v);
    spec.stddev = stddev(v);
    return spec;
}

Histogram DemoData::histogram(int column, const std::vector<double> &target,
                              const std::vector<double> &reference, int bins) const
{
    Histogram h;
    if (target.empty())
        return h;
    const auto count = [](const std::vector<double> &v, double a, double b, bool last) {
        const auto lo = std::lower_bound(v.begin(), v.end(), a);
        const auto hi = last ? std::upper_bound(v.begin(), v.end(), b)
                             : std::lower_bound(v.begin(), v.end(), b);
        return v.empty() ? 0.0 : static_cast<double>(hi - lo) / static_cast<double>(v.size());
    };
    if (isCategorical(column)) {
        h.labels = classes();
        for (int c = 0; c < 3; ++c) {
            h.target.append(count(target, c - 0.5, c + 0.5, false));
            if (!reference.empty())
                h.reference.append(count(reference, c - 0.5, c + 0.5, false));
        }
        return h;
    }
    const double low = std::min(target.front(), reference.empty() ? 1e9 : reference.front());
    const double high = std::max(target.back(), reference.empty() ? -1e9 : reference.back());
    const double width = (std::max(high, low + 0.1) - low) / bins;
    for (int i = 0; i <= bins; ++i)
        h.edges.append(low + i * width);
    for (int i = 0; i < bins; ++i) {
        h.target.append(count(target, h.edges[i], h.edges[i + 1], i + 1 == bins));
        if (!reference.empty())
            h.reference.append(count(reference, h.edges[i], h.edges[i + 1], i + 1 == bins));
    }
    h.binning = QStringLiteral("%1 equal-width bins over the joint range").arg(bins);
    return h;
}

DriftScore DemoData::score(int column, const std::vector<double> &target,
                           const std::vector<double> &reference, TimeRange window) const
{
    DriftScore s;
    s.window = window;
    s.n = static_cast<qint64>(target.size());
    s.open = window.contains(m_now);
    if (target.size() < 5 || reference.size() < 5)
        return s;
    const double n = static_cast<double>(target.size());
    const double m = static_cast<double>(reference.size());
    const double c = 1 / n + 1 / m;
    const Gap gap = compare(target, reference);
    if (isCategorical(column)) {
        s.value = tvd(histogram(column, target, reference, 3));
        s.floor = 0.9 * std::sqrt(c);
        s.p = std::exp(-std::pow(s.value / (0.5 * std::sqrt(c)), 2) / 2);
        s.verdict = judge(s.value, 0.1, 0.2, s.p, target.size());
    } else {
        s.value = gap.w1 / stddev(reference);
        s.floor = 1.22 * std::sqrt(c);
        s.p = std::min(1.0, 3 * ksP(gap.ks, n, m));
        s.verdict = judge(s.value, 0.1, 0.25, s.p, target.size());
    }
    const double error = target.size() > 60 ? 0.012 : 0;
    s.bandLow = std::max(0.0, s.value - error);
    s.bandHigh = s.value + error;
    return s;
}

const WindowList &DemoData::windows() const
{
    return m_windows;
}

WindowList DemoData::makeWindows() const
{
    WindowList list;
    list.dataset = QLatin1String(kDataset);
    std::array<std::vector<double>, kColumns> reference;
    for (int c = 0; c < kColumns; ++c)
        reference[static_cast<std::size_t>(c)] = values(m_reference, c);
    for (TimeMs start = windowStart(m_rows.front().time, Granularity::Hour); start <= m_now;
         start += kHourMs) {
        WindowInfo w;
        w.range = {start, start + kHourMs};
        const std::vector<Row> rows = rowsIn(w.range);
        w.rows = static_cast<qint64>(rows.size());
        w.open = w.range.contains(m_now);
        w.fill = w.open ? static_cast<double>(m_now - start) / kHourMs : 1;
        w.wasDown = rows.empty() && !w.open;
        for (int c = 0; c < kColumns && !w.wasDown; ++c)
            w.worst = std::max(
                w.worst,
                score(c, values(rows, c), reference[static_cast<std::size_t>(c)], w.range).verdict);
        list.windows.append(w);
    }
    return list;
}

ColumnsSummary DemoData::columns(TimeRange range) const
{
    ColumnsSummary summary;
    const std::vector<Row> rows = rowsIn(range);
    summary.rows = static_cast<qint64>(rows.size());
    for (const WindowInfo &w : windows().windows)
        summary.windows += w.rows > 0 && w.range.start >= range.start && w.range.end <= range.end;
    for (int c = 0; c < kColumns && !rows.empty(); ++c) {
        const std::vector<double> v = values(rows, c);
        const std::vector<double> r = values(m_reference, c);
        ColumnSummary column;
        column.name = columnName(c);
        column.isOutput = c >= kFeatures;
        column.kind = isCategorical(c) ? ColumnKind::Text : ColumnKind::Fractional;
        column.rows = static_cast<qint64>(v.size());
        column.missing = c == 1 ? column.rows / 240 : 0;
        std::map<double, int> counts;
        for (const double x : v)
            ++counts[x];
        const double distinct = static_cast<double>(counts.size());
        column.distinct = {distinct, distinct, distinct};
        if (!isCategorical(c)) {
            column.mean = mean(v);
            column.stddev = stddev(v);
            column.min = v.front();
            column.max = v.back();
        }
        int top = 0;
        for (const auto &[value, n] : counts) {
            if (n > top) {
                top = n;
                column.topValue = isCategorical(c) ? classes().value(static_cast<int>(value))
                                                   : QString::number(value);
            }
        }
        column.topShare = top / static_cast<double>(v.size());
        column.shape = histogram(c, v, {}, 16).target;
        column.exact = v.size() <= 1024;
        summary.columns.append(column);
    }
    return summary;
}

ColumnDetail DemoData::columnDetail(const ColumnQuery &query) const
{
    ColumnDetail d;
    const int c = columnIndex(query.column);
    const std::vector<Row> rows = rowsIn(query.range);
    const std::vector<double> v = values(rows, c);
    const std::vector<double> r = values(referenceFor(query.against), c);
    d.name = query.column;
    d.kind = isCategorical(c) ? ColumnKind::Text : ColumnKind::Fractional;
    d.range = query.range;
    d.rows = static_cast<qint64>(v.size());
    d.missing = c == 1 ? d.rows / 240 : 0;
    d.referenceName = nameOf(query.against);
    d.referenceRows = static_cast<qint64>(r.size());
    if (v.empty())
        return d;
    d.histogram = histogram(c, v, r, query.bins);
    if (c == 3)
        d.conditions = {{QStringLiteral("usual"), d.rows * 97 / 100, 0.97, 0.99}};
    std::map<double, int> counts;
    for (const double x : v)
        ++counts[x];
    d.distinct = {double(counts.size()), double(counts.size()), double(counts.size())};
    std::vector<std::pair<int, double>> top;
    for (const auto &[value, n] : counts)
        top.emplace_back(n, value);
    std::sort(top.rbegin(), top.rend());
    for (std::size_t i = 0; i < std::min<std::size_t>(20, top.size()); ++i) {
        TopValue t;
        t.value = isCategorical(c) ? classes().value(static_cast<int>(top[i].second))
                                   : QString::number(top[i].second);
        t.count = {double(top[i].first), double(top[i].first), double(top[i].first)};
        t.share = top[i].first / static_cast<double>(v.size());
        t.referenceShare = static_cast<double>(std::count(r.begin(), r.end(), top[i].second)) /
                           static_cast<double>(std::max<std::size_t>(1, r.size()));
        d.topValues.append(t);
    }
    if (isCategorical(c))
        return d;
    d.target = cdfOf(v);
    d.reference = cdfOf(r);
    d.rankError = d.target.rankError;
    for (const double q : {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99}) {
        d.quantiles.append({q,
                            {quantile(v, q), quantile(v, std::max(0.0, q - d.rankError)),
                             quantile(v, q + d.rankError)},
                            quantile(r, q)});
    }
    d.min = v.front();
    d.max = v.back();
    d.mean = mean(v);
    d.stddev = stddev(v);
    for (const WindowInfo &w : windows().windows) {
        const std::vector<double> x = values(rowsIn(w.range), c);
        if (x.empty())
            continue;
        d.history.append({w.range, static_cast<qint64>(x.size()), c == 1 ? 0.004 : 0.0, mean(x),
                          quantile(x, 0.05), quantile(x, 0.25), quantile(x, 0.5), quantile(x, 0.75),
                          quantile(x, 0.95)});
    }
    return d;
}

DriftOverview DemoData::overview(const DriftQuery &query) const
{
    DriftOverview o;
    o.query = query;
    const std::vector<Row> reference = referenceFor(query.against);
    o.referenceName = nameOf(query.against);
    o.referenceRows = static_cast<qint64>(reference.size());
    const std::vector<Row> all = rowsIn(query.range);
    o.rows = static_cast<qint64>(all.size());
    for (int c = 0; c < kColumns; ++c) {
        const std::vector<double> r = values(reference, c);
        FeatureDrift f;
        f.name = columnName(c);
        f.isOutput = c >= kFeatures;
        f.measure = isCategorical(c) ? QStringLiteral("tvd") : QStringLiteral("w1_norm");
        f.measureLabel = isCategorical(c) ? QStringLiteral("TVD") : QStringLiteral("W₁/σ");
        f.threshold = isCategorical(c) ? 0.2 : 0.25;
        f.possible = 0.1;
        for (const WindowInfo &w : windows().windows) {
            if (w.range.start < query.range.start || w.range.end > query.range.end || w.rows == 0)
                continue;
            const DriftScore s = score(c, values(rowsIn(w.range), c), r, w.range);
            if (s.verdict == Verdict::Drift && f.since == 0)
                f.since = w.range.start;
            else if (s.verdict != Verdict::Drift && s.verdict != Verdict::LowEvidence &&
                     s.verdict != Verdict::Undecided)
                f.since = 0;
            if (s.hasValue())
                f.worst = std::isnan(f.worst) ? s.value / f.threshold
                                              : std::max(f.worst, s.value / f.threshold);
            f.scores.append(s);
        }
        // The verdict over the range follows its recent half: what is true now.
        const TimeMs middle = std::max(query.range.start, query.range.end - 24 * kHourMs);
        const DriftScore recent =
            score(c, values(rowsIn({middle, query.range.end}), c), r, {middle, query.range.end});
        f.verdict = recent.verdict;
        if (f.verdict == Verdict::Undecided)
            f.rowsNeeded = 240;
        if (f.verdict != Verdict::Drift)
            f.since = 0;
        o.features.append(f);
    }
    std::stable_sort(o.features.begin(), o.features.end(),
                     [](const FeatureDrift &a, const FeatureDrift &b) {
                         return a.verdict != b.verdict ? a.verdict > b.verdict : a.worst > b.worst;
                     });
    return o;
}

DriftDetail DemoData::driftDetail(const DriftDetailQuery &query) const
{
    DriftDetail d;
    const int c = columnIndex(query.feature);
    const TimeRange range = query.range.end - query.range.start > 2 * kDayMs
                                ? TimeRange{query.range.end - kDayMs, query.range.end}
                                : query.range;
    const std::vector<double> t = values(rowsIn(range), c);
    const std::vector<double> r = values(referenceFor(query.against), c);
    d.dataset = query.dataset;
    d.feature = query.feature;
    d.range = query.range;
    d.unit = c < kFeatures ? QStringLiteral("cm") : QString();
    d.kind = isCategorical(c) ? ColumnKind::Text : ColumnKind::Fractional;
    d.referenceName = nameOf(query.against);
    d.n = static_cast<qint64>(r.size());
    d.m = static_cast<qint64>(t.size());
    if (t.size() < 5 || r.size() < 5) {
        d.reason = QStringLiteral("Fewer than 5 rows on one side");
        return d;
    }
    const DriftScore s = score(c, t, r, range);
    d.verdict = s.verdict;
    d.adjustedP = s.p;
    d.rowsNeeded = s.verdict == Verdict::Undecided ? 240 : 0;
    d.histogram = isCategorical(c) ? histogram(c, t, r, 10) : decileBins(t, r);
    const double error = t.size() > 1024 ? 0.006 : 0;
    const auto measure = [&](const char *key, const QString &label, double value,
                             std::optional<double> p, double floor, double threshold,
                             const QString &method, const QString &binning, bool estimated) {
        MeasureResult m;
        m.key = QLatin1String(key);
        m.label = label;
        m.value = value;
        m.exact = error == 0;
        m.bandLow = std::max(0.0, value - error);
        m.bandHigh = value + error;
        m.p = p;
        m.floor = floor;
        m.threshold = threshold;
        m.method = method;
        m.binning = binning;
        m.bandEstimated = estimated;
        d.measures.append(m);
    };
    const double size = 1 / static_cast<double>(t.size()) + 1 / static_cast<double>(r.size());
    double psi = 0;
    double hellinger = 0;
    const double half = 0.5 / static_cast<double>(d.histogram.size());
    QList<double> terms;
    for (qsizetype i = 0; i < d.histogram.size(); ++i) {
        const double p = (d.histogram.reference[i] * 150 + 0.5) / (150 + half);
        const double q = (d.histogram.target[i] * 150 + 0.5) / (150 + half);
        terms.append((q - p) * std::log(q / p));
        psi += terms.last();
        hellinger += std::sqrt(d.histogram.reference[i] * d.histogram.target[i]);
    }
    hellinger = std::sqrt(std::max(0.0, 1 - hellinger));
    const QString bins = QStringLiteral("10 quantile bins of the reference");
    if (isCategorical(c)) {
        d.effectKey = QStringLiteral("tvd");
        d.evidenceKey = QStringLiteral("chi2");
        measure("tvd", QStringLiteral("TVD"), s.value, {}, s.floor, 0.2,
                QStringLiteral("Half the sum of share differences"), {}, false);
        measure("chi2", QStringLiteral("χ²"), s.value * 60, s.p, 5.99, kMissing,
                QStringLiteral("Two-sample homogeneity, 2 degrees of freedom"), {}, false);
        for (qsizetype i = 0; i < d.histogram.size(); ++i)
            d.contributions.append(std::abs(d.histogram.target[i] - d.histogram.reference[i]) / 2);
        d.contributionOf = QStringLiteral("TVD");
    } else {
        const Gap gap = compare(t, r);
        d.ksX = gap.at;
        d.target = cdfOf(t);
        d.reference = cdfOf(r);
        d.effectKey = QStringLiteral("w1_norm");
        d.evidenceKey = QStringLiteral("ks");
        measure(
            "w1_norm", QStringLiteral("W₁/σ"), s.value, {}, s.floor, 0.25,
            QStringLiteral("Mean distance a value moved, in standard deviations of the reference"),
            {}, false);
        measure("ks", QStringLiteral("KS"), gap.ks,
                ksP(gap.ks, static_cast<double>(t.size()), static_cast<double>(r.size())),
                1.358 * std::sqrt(size), 0.2,
                QStringLiteral("Largest gap of the cumulative distributions"), {}, false);
        d.contributions = terms;
        d.contributionOf = QStringLiteral("PSI");
        const double before = shareAt(d.reference, gap.at);
        const double after = shareAt(d.target, gap.at);
        d.explanation.below = after > before;
        d.explanation.cut = gap.at + 0.1;
        d.explanation.referenceShare = d.explanation.below ? before : 1 - before;
        d.explanation.targetShare = d.explanation.below ? after : 1 - after;
        d.explanation.explains = 0.72;
        if (!(s.value >= 0.1))
            d.explanation = {};
    }
    measure("psi", QStringLiteral("PSI"), psi, {}, 16.9 * size, 0.25,
            QStringLiteral("Population stability, add-half smoothing"), bins, true);
    measure("hellinger", QStringLiteral("Hellinger"), hellinger, {}, std::sqrt(16.9 * size / 8),
            0.4, QStringLiteral("Distance of the square roots of shares"), bins, true);
    measure("js", QStringLiteral("Jensen-Shannon"), hellinger * 0.97, {},
            std::sqrt(16.9 * size / 8 / 0.693), 0.2, QStringLiteral("Distance, base 2"), bins,
            true);
    d.reason =
        s.verdict == Verdict::Drift
            ? QStringLiteral("The change is big and not explained by chance")
        : s.verdict == Verdict::Undecided
            ? QStringLiteral("The change looks big, but this few rows could show it by chance")
            : QStringLiteral("What differs is within what chance does at this size");
    return d;
}

} // namespace tepal::ui::test
