/// What charts draw of ordinary and of nasty data. Set TEPAL_SHOTS to a directory to keep pictures.
#include "ui/charts/bin_axis.h"
#include "ui/charts/chart_frame.h"
#include "ui/charts/heat_map.h"
#include "ui/charts/histogram_chart.h"
#include "ui/charts/history_chart.h"
#include "ui/charts/legend.h"
#include "ui/charts/row_scale.h"
#include "ui/charts/score_chart.h"
#include "ui/charts/timeline_strip.h"
#include "ui/charts/traffic_charts.h"
#include "ui/widgets/format.h"

#include <QAbstractButton>
#include <QDir>
#include <QHelpEvent>
#include <QImage>
#include <QLayout>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QToolTip>

#include <cmath>
#include <ctime>
#include <functional>
#include <numeric>

using namespace tepal;
using namespace tepal::ui;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
// 2026-03-12T00:00:00Z, a Thursday.
constexpr TimeMs kDay = 1'773'273'600'000;

QString u(const char *text)
{
    return QString::fromUtf8(text);
}

double after(double value)
{
    return std::nextafter(value, kInf);
}

QImage picture(QWidget &widget, const char *name = nullptr)
{
    QImage image(widget.size(), QImage::Format_RGB32);
    image.fill(themeColor(Role::Surface1));
    widget.render(&image, QPoint(), QRegion(), QWidget::DrawChildren);
    const QString shots = qEnvironmentVariable("TEPAL_SHOTS");
    if (name && !shots.isEmpty()) {
        QDir().mkpath(shots);
        image.save(shots + u("/chart-") + u(name) + u(".png"));
    }
    return image;
}

/// Pixels within `box` that a predicate accepts.
int count(const QImage &image, const QRect &box, const std::function<bool(QColor)> &accept)
{
    int n = 0;
    for (int y = std::max(0, box.top()); y <= std::min(box.bottom(), image.height() - 1); ++y) {
        for (int x = std::max(0, box.left()); x <= std::min(box.right(), image.width() - 1); ++x)
            n += accept(image.pixelColor(x, y)) ? 1 : 0;
    }
    return n;
}

bool isLike(QColor a, QColor b, int by = 24)
{
    return std::abs(a.red() - b.red()) < by && std::abs(a.green() - b.green()) < by &&
           std::abs(a.blue() - b.blue()) < by;
}

/// What a half transparent colour looks like on a card.
QColor onCard(Role role, double alpha)
{
    const QColor top = themeColor(role);
    const QColor ground = themeColor(Role::Surface1);
    const auto mix = [alpha](int a, int b) {
        return static_cast<int>(a * alpha + b * (1 - alpha));
    };
    return {mix(top.red(), ground.red()), mix(top.green(), ground.green()),
            mix(top.blue(), ground.blue())};
}

Histogram bins(const QList<double> &edges, const QList<double> &target,
               const QList<double> &reference = {})
{
    Histogram h;
    h.edges = edges;
    h.target = target;
    h.reference = reference;
    return h;
}

/// The texts of a chart as it is read with the arrow keys, point by point.
QStringList read(QWidget &chart, int points)
{
    QStringList out;
    QTest::keyClick(&chart, Qt::Key_Home);
    for (int i = 0; i < points; ++i) {
        out << chart.accessibleDescription();
        QTest::keyClick(&chart, Qt::Key_Right);
    }
    return out;
}

/// One feature over windows of an hour from kDay; verdict NoData leaves a gap.
FeatureDrift featureOf(const QList<Verdict> &verdicts, const QString &name = u("width"))
{
    FeatureDrift f;
    f.name = name;
    f.measureLabel = u("W₁/σ");
    f.threshold = 0.25;
    for (qsizetype i = 0; i < verdicts.size(); ++i) {
        if (verdicts[i] == Verdict::NoData)
            continue;
        DriftScore s;
        s.window = {kDay + i * kHourMs, kDay + (i + 1) * kHourMs};
        s.value = verdicts[i] == Verdict::Drift ? 0.4 : 0.12;
        s.bandLow = s.value - 0.03;
        s.bandHigh = s.value + 0.03;
        s.floor = 0.08;
        s.p = 0.5;
        s.n = 100;
        s.verdict = verdicts[i];
        f.scores.append(s);
    }
    return f;
}

std::shared_ptr<DriftOverview> overviewOf(const QList<FeatureDrift> &features, TimeRange range,
                                          Granularity granularity = Granularity::Hour)
{
    auto overview = std::make_shared<DriftOverview>();
    overview->query.range = range;
    overview->granularity = granularity;
    overview->features = features;
    return overview;
}

class LegendSource final : public ChartSource
{
public:
    QStringList names;
    QWidget *widget() override { return nullptr; }
    ChartTable table() const override { return {}; }
    QString describe() const override { return {}; }
    bool isEmpty() const override { return names.isEmpty(); }
    QList<LegendEntry> legend() const override
    {
        QList<LegendEntry> entries;
        for (qsizetype i = 0; i < names.size(); ++i)
            entries.append({static_cast<int>(i), names[i], themeColor(Role::Accent),
                            LegendEntry::Mark::Line, true});
        return entries;
    }
};

} // namespace

class ChartsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { Theme::instance().install(ThemeMode::Light); }
    void init() { format::setUtc(true); }

    // ------------------------------------------------------------ bins

    void binsStandWhereTheyAre()
    {
        const BinAxis axis = layBins({-kInf, 1, 2, after(2), 5, kInf}, 0, 9);
        QVERIFY(axis.isValid());
        QVERIFY(axis.byArea);
        QCOMPARE(axis.bins[1].left, 1.0);
        QCOMPARE(axis.bins[1].right, 2.0);
        QVERIFY(axis.bins[2].point);
        QVERIFY(!axis.bins[3].point);
        QCOMPARE(axis.bins[0].left, 0.0); // as far as the data go
        QVERIFY(axis.bins[0].openLeft && !axis.bins[0].cut);
        QCOMPARE(axis.bins[4].right, 7.0); // no further than half the closed bins together …
        QVERIFY(axis.bins[4].openRight && axis.bins[4].cut); // … and that is told
        QCOMPARE(axis.at(1.99), 1);
        QCOMPARE(axis.at(2), 2);
        QCOMPARE(axis.at(2.001), 3);
        QCOMPARE(axis.at(2.001, 0.01), 2); // nobody hits a value without width
        QCOMPARE(axis.at(7), 4);
        QCOMPARE(axis.at(7.1), -1);
        for (qsizetype i = 1; i < axis.bins.size(); ++i)
            QVERIFY(axis.middle(i) > axis.middle(i - 1));
        QVERIFY(!layBins({0, 1, 2, 3}, 0, 3).byArea);
    }

    void crowdedBinsStandOnALogarithmicAxis()
    {
        // Deciles of something skewed: most would share a few pixels of a plain axis.
        const QList<double> edges{-kInf, 0.08, 0.2, 0.4, 0.6, 1, 1.7, 2.9, 5.4, 130, kInf};
        const BinAxis axis = layBins(edges, 0.001, 900);
        QVERIFY(axis.logarithmic && axis.byArea);
        QCOMPARE(axis.bins[5].left, 0.0);
        QCOMPARE(axis.place(100), 2.0);
        QVERIFY(std::isnan(axis.place(-1)));
        QCOMPARE(axis.bins.last().right, std::log10(900));
        QVERIFY(axis.bins.first().cut); // 0.001 is further than half the closed bins together
        // Values below zero have no place, so the open end says that there is more.
        QVERIFY(layBins(edges, -5, 900).bins.first().cut);
        // Where it does not help, or cannot be, the axis is a plain one.
        QVERIFY(!layBins({-kInf, 0.2, 0.3, 0.4, 0.5, kInf}, 0.1, 900).logarithmic);
        QVERIFY(!layBins({-kInf, -9, 0.01, 0.02, 0.03, 50, kInf}, -10, 60).logarithmic);
        QVERIFY(!layBins({0, 0.01, 0.02, 0.03, 50}, 0, 50).logarithmic);
        const QList<Tick> ticks = powerTicks(-2, 3, 5);
        QCOMPARE(ticks.size(), 6);
        QCOMPARE(ticks.first().label, u("0.01"));
        QCOMPARE(ticks.last().label, u("1000"));
        QCOMPARE(powerTicks(0, 1.5, 6)[1].label, u("2"));
        QCOMPARE(powerTicks(0, 0.5, 4).first().label, u("1"));
        QVERIFY(powerTicks(-300, 300, 6).size() <= 8);
        HistogramChart chart;
        chart.resize(420, 260);
        chart.setDataRange(0.001, 900);
        const QList<double> tenth(10, 0.1);
        chart.setHistogram(
            bins(edges, {0.02, 0.05, 0.1, 0.1, 0.15, 0.2, 0.15, 0.1, 0.1, 0.03}, tenth),
            u("amount"), u("now"), u("training"));
        chart.setMarker(20);
        chart.show();
        picture(chart, "logarithmic");
        const QStringList texts = read(chart, 10);
        QVERIFY2(texts[5].startsWith(u("[1.000, 1.700)")), qPrintable(texts[5]));
        QVERIFY2(texts[0].contains(u("0.00100")), qPrintable(texts[0]));
    }

    void binsHaveNames()
    {
        const QList<double> edges{-kInf, 1, 2, after(2), 5, kInf};
        QCOMPARE(binName(edges, 0), u("below 1.000"));
        QCOMPARE(binName(edges, 1), u("[1.000, 2.000)"));
        QCOMPARE(binName(edges, 2), u("exactly 2.000"));
        QCOMPARE(binName(edges, 3), u("(2.000, 5.000)")); // 2 itself is not in it
        QCOMPARE(binName(edges, 4), u("5.000 and above"));
        QCOMPARE(binName({1, 2}, 0), u("[1.000, 2.000]"));
        QCOMPARE(binName({-kInf, kInf}, 0), u("all values"));
        // Close edges are not told as the same number.
        QCOMPARE(binName({1.23456, 1.23457, 2}, 0), u("[1.234560, 1.234570)"));
        QCOMPARE(binName({1, 2}, 7), u("bin 8"));
    }

    void nastyBins_data()
    {
        QTest::addColumn<QList<double>>("edges");
        QTest::addColumn<QList<double>>("target");
        QTest::addColumn<double>("low");
        QTest::addColumn<double>("high");
        using L = QList<double>;
        const double no = kMissing;
        QTest::newRow("one bin") << L{1, 2} << L{1} << 1.0 << 2.0;
        QTest::newRow("one value") << L{5, 5} << L{1} << 5.0 << 5.0;
        QTest::newRow("one value, half open") << L{5, after(5)} << L{1} << 5.0 << 5.0;
        QTest::newRow("zero alone") << L{0, after(0)} << L{1} << 0.0 << 0.0;
        QTest::newRow("everything") << L{-kInf, kInf} << L{1} << 0.0 << 1.0;
        QTest::newRow("one edge") << L{-kInf, 3, kInf} << L{0.5, 0.5} << 0.0 << 1e9;
        QTest::newRow("one edge, no range") << L{-kInf, 0, kInf} << L{0.5, 0.5} << no << no;
        QTest::newRow("a value between") << L{-kInf, 3, after(3), kInf} << L{0, 1, 0} << 3.0 << 3.0;
        QTest::newRow("all in one") << L{-kInf, 1, 2, kInf} << L{0, 1, 0} << 1.0 << 2.0;
        QTest::newRow("none") << L{-kInf, 1, 2, kInf} << L{0, 0, 0} << no << no;
        QTest::newRow("negative") << L{-9, -3, -2, -1} << L{0.2, 0.3, 0.5} << -9.0 << -1.0;
        QTest::newRow("huge") << L{-kInf, 1e300, 2e300, kInf} << L{0.2, 0.3, 0.5} << -1e307
                              << 1e308;
        QTest::newRow("from end to end") << L{-1.7e308, 0, 1.7e308} << L{0.5, 0.5} << no << no;
        QTest::newRow("tiny") << L{0, 1e-300, 3e-300} << L{0.5, 0.5} << 0.0 << 3e-300;
        QTest::newRow("far from zero") << L{1e15, 1e15 + 1, 1e15 + 4} << L{0.5, 0.5} << no << no;
        QTest::newRow("times") << L{-kInf, 1.7e15, 1.7e15 + 8, 1.7e15 + 9, kInf}
                               << L{0.1, 0.5, 0.3, 0.1} << 1.7e15 - 3 << 1.7e15 + 20;
        QTest::newRow("NaN edge") << L{0, kMissing, 2} << L{0.5, 0.5} << 0.0 << 2.0;
        QTest::newRow("NaN share") << L{0, 1, 3} << L{kMissing, 0.5} << 0.0 << 3.0;
        QTest::newRow("descending") << L{3, 2, 1} << L{0.5, 0.5} << 1.0 << 3.0;
        QTest::newRow("edges missing") << L{0, 1} << L{0.2, 0.3, 0.5} << 0.0 << 1.0;
        QTest::newRow("skewed") << L{-kInf, 0.001, 0.01, 0.1, 10, kInf}
                                << L{0.2, 0.2, 0.2, 0.2, 0.2} << 0.0 << 1e6;
    }

    void nastyBins()
    {
        QFETCH(QList<double>, edges);
        QFETCH(QList<double>, target);
        QFETCH(double, low);
        QFETCH(double, high);
        for (const bool withReference : {false, true}) {
            HistogramChart chart;
            chart.resize(420, 260);
            chart.setContributions(QList<double>(target.size(), 0.1), u("PSI"));
            chart.setDataRange(low, high);
            chart.setHistogram(bins(edges, target, withReference ? target : QList<double>()),
                               u("x"), u("now"), u("then"));
            chart.show();
            const auto [from, to] = chart.xView();
            QVERIFY(std::isfinite(from) && std::isfinite(to) && to > from);
            picture(chart, withReference
                               ? qPrintable(u("bins-") + QLatin1String(QTest::currentDataTag()))
                               : nullptr);
            QTest::keyClick(&chart, Qt::Key_Plus);
            picture(chart);
            // Each bin is reached and has another name.
            QTest::keyClick(&chart, Qt::Key_0);
            const QStringList texts = read(chart, static_cast<int>(target.size()));
            QCOMPARE(QSet<QString>(texts.begin(), texts.end()).size(), target.size());
            QVERIFY(!chart.describe().isEmpty());
            QCOMPARE(chart.table().rows.size(), target.size());
        }
    }

    void theAreaIsTheShare()
    {
        HistogramChart chart;
        chart.resize(600, 300);
        chart.setHistogram(bins({0, 1, 2, 6}, {0.25, 0.25, 0.5}), u("x"), u("now"), {});
        chart.show();
        const QImage image = picture(chart, "area");
        const QColor bar = onCard(Role::Accent, 0.55);
        const auto accept = [&](QColor c) { return isLike(c, bar, 12); };
        // 1/4, 1/4 and 1/2 of the rows on widths 1, 1 and 4: heights 2 : 2 : 1.
        const int left = 40;
        const int each = (600 - 12 - left) / 6;
        const int first = count(image, {left, 0, each * 2, 300}, accept);
        const int second = count(image, {left + each * 2 + 8, 0, 600, 300}, accept);
        QVERIFY2(std::abs(first - second) < 0.06 * first,
                 qPrintable(u("%1 and %2").arg(first).arg(second)));
        // Equal ones keep the share as height.
        chart.setHistogram(bins({0, 1, 2, 3}, {0.25, 0.25, 0.5}), u("x"), u("now"), {});
        QCOMPARE(count(picture(chart), {0, 0, 600, 20}, accept), 0);
    }

    void openAndSingleValuesAreSeen()
    {
        HistogramChart chart;
        chart.resize(420, 260);
        const QList<double> edges{-kInf, 0.2, after(0.2), 0.4, 1.1, 1.4, 1.8, 2.2, kInf};
        chart.setContributions({0.01, 0.3, 0.2, 0.02, 0.05, 0.01, 0.02, 0.03}, u("PSI"));
        chart.setDataRange(0.1, 9);
        chart.setHistogram(bins(edges, {0.02, 0.06, 0.12, 0.15, 0.2, 0.15, 0.2, 0.1},
                                {0.03, 0.2, 0.1, 0.12, 0.15, 0.13, 0.15, 0.12}),
                           u("petal width"), u("now"), u("training"));
        chart.show();
        const QImage image = picture(chart, "quantile-bins");
        // The pin of 0.2 is stronger than a bar.
        const QColor pin = onCard(Role::Accent, 0.8);
        QVERIFY(count(image, image.rect(), [&](QColor c) { return isLike(c, pin, 8); }) > 60);
        const QStringList texts = read(chart, 8);
        QVERIFY2(texts[1].contains(u("exactly 0.2")), qPrintable(texts[1]));
        QVERIFY(texts[1].contains(u("6.0")) && texts[1].contains(u("20"))); // both shares
        QVERIFY2(texts[7].contains(u("9.000")), qPrintable(texts[7])); // how far it really goes
        QVERIFY(!texts[0].contains(u("Values")));
        Theme::instance().setMode(ThemeMode::Dark);
        picture(chart, "quantile-bins-dark");
        Theme::instance().setMode(ThemeMode::Light);
    }

    void thePointerMeansTheBinItIsIn()
    {
        HistogramChart chart;
        chart.resize(612, 300);
        chart.setHistogram(bins({0, 0.1, 10}, {0.5, 0.5}), u("x"), u("now"), {});
        chart.show();
        QSignalSpy moved(&chart, &Plot::crosshairMoved);
        // A fifth of the way: nearer to the middle of the narrow bin, but within the wide one.
        QTest::mouseMove(chart.viewport(), QPoint(160, 150));
        QVERIFY(!moved.isEmpty());
        QVERIFY(moved.last().first().toDouble() > 4);
    }

    // ------------------------------------------------------------ what stands alone

    void aLoneWindowIsSeen_data()
    {
        QTest::addColumn<Verdict>("verdict");
        QTest::newRow("steady") << Verdict::NoDrift;
        QTest::newRow("undecided") << Verdict::Undecided;
        QTest::newRow("low evidence") << Verdict::LowEvidence;
        QTest::newRow("drift") << Verdict::Drift;
    }

    void aLoneWindowIsSeen()
    {
        QFETCH(Verdict, verdict);
        ScoreChart chart;
        chart.resize(600, 240);
        QList<Verdict> verdicts(48, Verdict::NoData);
        chart.setFeature(featureOf(verdicts), u("then"), {kDay, kDay + 2 * kDayMs}, {});
        chart.show();
        // The window stands between windows that are not in the list at all.
        verdicts[2] = verdicts[3] = verdicts[40] = verdicts[41] = Verdict::NoDrift;
        verdicts[24] = verdict;
        chart.setFeature(featureOf(verdicts), u("then"), {kDay, kDay + 2 * kDayMs}, {});
        const QImage image =
            picture(chart, qPrintable(u("lone-") + QLatin1String(QTest::currentDataTag())));
        const int middle = 40 + (600 - 52) / 2;
        // Between the threshold's line above and the axis below.
        const QColor mark = themeColor(verdict == Verdict::NoDrift ? Role::Ok
                                       : verdict == Verdict::Drift ? Role::Alarm
                                                                   : Role::Muted);
        const QRect box(middle - 16, 24, 40, 180);
        QVERIFY(count(image, box, [&](QColor c) { return isLike(c, mark, 40); }) > 15);
        // Its band and its noise floor as well.
        const QColor band = onCard(Role::Accent, 0.2);
        QVERIFY(count(image, box, [&](QColor c) { return isLike(c, band, 5); }) > 100);
        const QColor floor = themeColor(Role::Reference);
        QVERIFY(count(image, box, [&](QColor c) { return isLike(c, floor, 12); }) > 8);
    }

    void aLoneWindowAmongThousandsIsSeen()
    {
        QList<Verdict> verdicts(2400, Verdict::NoDrift);
        for (int i = 1000; i < 1400; ++i)
            verdicts[i] = i == 1200 ? Verdict::NoDrift : Verdict::NoData;
        ScoreChart chart;
        chart.resize(600, 240);
        chart.show();
        chart.setFeature(featureOf(verdicts), u("then"), {kDay, kDay + 2400 * kHourMs}, {});
        QCOMPARE(chart.legend().size(), 1); // names nothing that is not drawn
        const QImage image = picture(chart, "lone-dense");
        const auto line = [](QColor c) { return isLike(c, themeColor(Role::Accent), 40); };
        QVERIFY(count(image, {290, 20, 50, 190}, line) >= 9);
        chart.setFeature(featureOf(verdicts.mid(0, 900)), u("then"), {kDay, kDay + 900 * kHourMs},
                         {});
        QCOMPARE(chart.legend().size(), 3);
    }

    void aLonePointOfAHistoryIsSeen()
    {
        HistoryChart chart;
        chart.resize(600, 240);
        QList<ColumnPoint> history;
        const auto add = [&](int hour, double median) {
            ColumnPoint p;
            p.window = {kDay + hour * kHourMs, kDay + (hour + 1) * kHourMs};
            p.n = 10;
            p.q05 = median - 2;
            p.q25 = median - 1;
            p.q50 = median;
            p.q75 = median + 1;
            p.q95 = median + 2;
            history.append(p);
        };
        add(12, 5);
        chart.setHistory(history, u("x"), {kDay, kDay + kDayMs});
        chart.show();
        const QImage image = picture(chart, "lone-history");
        const auto strong = [](QColor c) { return isLike(c, themeColor(Role::Accent), 30); };
        const auto pale = [](QColor c) { return isLike(c, onCard(Role::Accent, 0.13), 4); };
        QVERIFY(count(image, image.rect(), strong) > 20);
        QVERIFY(count(image, image.rect(), pale) > 800);
    }

    void aLoneSecondIsSeen()
    {
        const auto stats = std::make_shared<LiveStats>();
        stats->classes = {u("a"), u("b")};
        for (int i = 0; i < 120; ++i) {
            if (i > 40 && i < 80 && i != 60)
                continue; // down, but for one second
            StatsSecond s;
            s.second = kDay + i * kSecondMs;
            if (i == 60) {
                s.requests = 100;
                s.p50Ms = 0.02;
                s.p95Ms = 0.03;
                s.p99Ms = 0.04;
                s.byClass = {60, 40};
            }
            stats->seconds.append(s);
        }
        RateChart rate;
        LatencyChart latency;
        ClassChart classes;
        for (TrafficPlot *chart :
             {static_cast<TrafficPlot *>(&rate), static_cast<TrafficPlot *>(&latency),
              static_cast<TrafficPlot *>(&classes)}) {
            chart->resize(700, 200);
            chart->show();
            chart->setStats(stats);
            const QImage image = picture(*chart, qPrintable(u("lone-") + chart->accessibleName()));
            const auto colourful = [](QColor c) { return c.hsvSaturation() > 60; };
            QVERIFY2(count(image, {60, 16, 620, 148}, colourful) > 12,
                     qPrintable(chart->accessibleName()));
        }
    }

    // ------------------------------------------------------------ latency

    void latenciesOfMicrosecondsFillTheAxis()
    {
        const auto stats = std::make_shared<LiveStats>();
        LatencyChart chart;
        chart.resize(420, 200);
        chart.show();
        chart.setStats(stats); // nothing yet: must not decide how high the axis is later
        for (int i = 0; i < 60; ++i) {
            StatsSecond s;
            s.second = kDay + i * kSecondMs;
            s.requests = 10;
            s.p50Ms = 0.020;
            s.p95Ms = 0.0215;
            s.p99Ms = 0.0240;
            stats->seconds.append(s);
        }
        stats->p50Ms = 0.0201;
        stats->p95Ms = 0.0215;
        stats->p99Ms = 0.0240;
        chart.setStats(std::make_shared<LiveStats>(*stats));
        const QImage image = picture(chart, "latency-us");
        // The line is in the upper half, and all texts are in one unit.
        const auto line = [](QColor c) { return isLike(c, themeColor(Role::Accent), 40); };
        QVERIFY(count(image, {30, 22, 380, 75}, line) > 30);
        QCOMPARE(chart.table().headers[1], u("p50 µs"));
        QCOMPARE(chart.table().rows.first()[1].toDouble(), 20.0);
        QVERIFY2(chart.describe().contains(u("20.1\u00a0µs")), qPrintable(chart.describe()));
        QVERIFY(read(chart, 1).first().contains(u("µs")));
        QCOMPARE(format::latencyUnit(largestLatencyMs(*stats)), format::LatencyUnit::Microseconds);
        // One slow second, and everything is told in its unit.
        stats->seconds.last().p99Ms = 3;
        chart.setStats(std::make_shared<LiveStats>(*stats));
        QCOMPARE(chart.table().headers[1], u("p50 ms"));
        QVERIFY2(chart.describe().contains(u("0.020\u00a0ms")), qPrintable(chart.describe()));
        QVERIFY(std::isnan(largestLatencyMs(LiveStats())));
    }

    // ------------------------------------------------------------ rows

    void oneLargeWindowLeavesTheOthersTheirHeight()
    {
        QList<qint64> rows(20, 100);
        rows << 50'000;
        const RowScale scale = rowScale(rows);
        QVERIFY(scale.share(100) > 0.6);
        QVERIFY(scale.isCut(50'000) && !scale.isCut(100));
        QCOMPARE(scale.share(50'000), 1.0);
        // Nights and days are not cut, nor is what is alone, nor steady growth.
        QList<qint64> days;
        for (int i = 0; i < 48; ++i)
            days << (i % 24 < 8 ? 14 : 190);
        QVERIFY(!rowScale(days).cuts);
        QVERIFY(!rowScale({7}).cuts);
        QVERIFY(!rowScale({}).cuts);
        QVERIFY(!rowScale({0, 0}).cuts);
        QVERIFY(!rowScale({10, 20, 40, 80, 160}).cuts);
        QVERIFY(rowScale({100, 50'000}).cuts);
        QVERIFY(rowScale({1, 1, 1'000'000'000'000}).share(1) > 0.5);
    }

    void theTimeLineShowsTheCutAndTheWorst()
    {
        auto windows = std::make_shared<WindowList>();
        for (int i = 0; i < 2000; ++i) {
            WindowInfo w;
            w.range = {kDay + i * kHourMs, kDay + (i + 1) * kHourMs};
            w.rows = 100;
            w.worst = i == 1000 ? Verdict::Drift : Verdict::NoDrift;
            windows->windows.append(w);
        }
        windows->windows.last().rows = 80'000;
        windows->windows.last().open = true;
        TimelineStrip strip;
        strip.resize(500, 104);
        strip.setWindows(windows);
        strip.setRange({kDay, kDay + 2000 * kHourMs});
        strip.show();
        const QImage image = picture(strip, "time-line");
        const auto bar = [](QColor c) { return isLike(c, onCard(Role::Accent, 0.75), 60); };
        QVERIFY(count(image, {100, 0, 200, 60}, bar) > 200 * 20); // not one pixel high
        // Four windows share a pixel: the one that drifts is not painted over by the next.
        const auto alarm = [](QColor c) { return isLike(c, themeColor(Role::Alarm), 30); };
        QVERIFY(count(image, {230, 60, 40, 20}, alarm) > 0);
        // Two brushes, each in its colour; where they overlap A is in front.
        const auto grey = [](QColor c) { return isLike(c, themeColor(Role::Reference), 20); };
        const int none = count(image, {0, 0, 500, 60}, grey); // of letters
        strip.setRange({kDay + 1000 * kHourMs, kDay + 2000 * kHourMs});
        strip.setRangeB(TimeRange{kDay + 200 * kHourMs, kDay + 1200 * kHourMs});
        const QImage both = picture(strip, "time-line-both");
        QVERIFY(count(both, {60, 0, 180, 60}, grey) > 180 * 20);
        QVERIFY(count(both, {320, 0, 150, 60}, bar) > 150 * 20);
        QVERIFY(count(both, {256, 20, 36, 40}, bar) > 30 * 20);
        // The letter of each side stands at its brush, also where there are no bars.
        auto bare = std::make_shared<WindowList>(*windows);
        for (WindowInfo &w : bare->windows)
            w.rows = 0;
        strip.setWindows(bare);
        const QImage letters = picture(strip, "time-line-letters");
        QVERIFY(count(letters, {50, 0, 25, 25}, grey) > 100);
        const auto accent = [](QColor c) { return isLike(c, themeColor(Role::Accent), 20); };
        QVERIFY(count(letters, {248, 0, 25, 25}, accent) > 100);
        strip.setRangeB(std::nullopt); // one brush needs no letter
        QVERIFY(count(picture(strip), {254, 0, 25, 25}, accent) < 60);
        strip.setWindows(windows);
        // A side that lies before all windows has no brush.
        strip.setRangeB(TimeRange{0, kDay - kHourMs});
        QVERIFY(count(picture(strip, "time-line-before"), {0, 0, 500, 60}, grey) <= none + 20);
        strip.setRangeB(std::nullopt);
        // A few wide ones, too.
        windows->windows = windows->windows.mid(1988);
        auto few = std::make_shared<WindowList>(*windows);
        strip.setWindows(few);
        strip.setRange({few->windows.first().range.start, few->windows.last().range.end});
        picture(strip, "time-line-few");
    }

    // ------------------------------------------------------------ legend

    void noEntryIsLeftOut()
    {
        LegendSource source;
        source.names = {u("this range"),
                        u("training data of the spring campaign, cleaned twice (n = 150,000)"),
                        u("± 0.27 %")};
        Legend legend(&source);
        for (const int width : {600, 300, 160, 100}) {
            legend.resize(width, 24);
            legend.update();
            legend.show();
            const auto items = legend.findChildren<QAbstractButton *>();
            QCOMPARE(items.size(), 3);
            int right = 0;
            for (const QAbstractButton *item : items) {
                QVERIFY(item->isVisible());
                QVERIFY(item->geometry().left() >= right);
                QVERIFY2(item->geometry().right() <= width,
                         qPrintable(u("%1 of %2").arg(item->geometry().right()).arg(width)));
                right = item->geometry().right();
            }
            // The long name gives way, and is still to be read.
            QVERIFY(items[1]->toolTip().startsWith(source.names[1]));
            if (width >= 300) {
                QVERIFY(!items[0]->toolTip().startsWith(source.names[0]));
                QVERIFY(items[1]->width() > items[0]->width());
            }
            picture(legend, qPrintable(u("legend-%1").arg(width)));
        }
        QVERIFY(legend.minimumSizeHint().width() >= 3 * 24);
    }

    void theLegendTakesALineOfItsOwn()
    {
        auto *chart = new HistogramChart;
        ChartFrame frame(u("Distribution"), chart);
        chart->setHistogram(bins({0, 1, 2}, {0.5, 0.5}, {0.4, 0.6}), u("x"), u("this range"),
                            u("training data of the spring (n = 150,000)"));
        frame.resize(700, 260);
        frame.show();
        frame.refresh();
        frame.layout()->activate();
        const auto *legend = frame.findChild<Legend *>();
        QVERIFY(legend->geometry().top() < 20);
        const auto shown = [&] {
            int n = 0;
            for (const QAbstractButton *item : legend->findChildren<QAbstractButton *>())
                n += item->isVisible() && frame.rect().contains(
                                              QRect(item->mapTo(&frame, QPoint()), item->size()))
                         ? 1
                         : 0;
            return n;
        };
        QCOMPARE(shown(), 2);
        for (const int width : {300, 200}) {
            frame.resize(width, 260);
            frame.layout()->activate();
            QVERIFY2(legend->geometry().top() > 20, qPrintable(QString::number(width)));
            QCOMPARE(shown(), 2);
        }
        frame.showTable(true);
        frame.showTable(false);
        frame.resize(700, 260);
        frame.layout()->activate();
        QVERIFY(legend->geometry().top() < 20);
        QCOMPARE(shown(), 2);
    }

    // ------------------------------------------------------------ heat map

    void windowsShareACellWhereTheyWouldBeTooNarrow()
    {
        const TimeRange days{kDay, kDay + 100 * kDayMs};
        const HeatColumns each = heatColumns({kDay, kDay + 2 * kDayMs}, Granularity::Hour, 800);
        QCOMPARE(each.size(), 48);
        QVERIFY(!each.united);
        const HeatColumns day = heatColumns(days, Granularity::Hour, 700);
        QVERIFY(day.united);
        QCOMPARE(day.unit, u("day"));
        QCOMPARE(day.size(), 100);
        QCOMPARE(heatColumns(days, Granularity::Hour, 1000).unit, u("12 hours"));
        QCOMPARE(heatColumns(days, Granularity::Hour, 300).unit, u("week"));
        QCOMPARE(heatColumns(days, Granularity::Hour, 20).unit, u("month"));
        QCOMPARE(heatColumns(days, Granularity::Day, 1000).size(), 100);
        // Whatever the width: no column narrower than asked, save at the ends; all in order.
        for (const auto g : {Granularity::Minute, Granularity::Hour, Granularity::Day,
                             Granularity::Month, Granularity::Year}) {
            for (const double width : {20.0, 333.0, 1000.0, 4000.0}) {
                const TimeRange range{kDay - 17 * kHourMs, kDay + 400 * kDayMs};
                const HeatColumns c = heatColumns(range, g, width);
                QVERIFY(static_cast<double>(c.size()) <= width / 4 + 3);
                QCOMPARE(c.edges.first(), range.start);
                QCOMPARE(c.edges.last(), range.end);
                QVERIFY(std::is_sorted(c.edges.begin(), c.edges.end()));
                for (qsizetype i = 0; i < c.size(); ++i) {
                    QCOMPARE(c.at(c.edges[i]), i);
                    QCOMPARE(c.at(c.edges[i + 1] - 1), i);
                }
            }
        }
        QCOMPARE(heatColumns({kDay, kDay}, Granularity::Hour, 700).size(), 0);
        // Days are those of the shown zone: Berlin's begin at 23:00 UTC, and one has 23 hours.
        format::setUtc(false);
        const HeatColumns local = heatColumns({kDay, kDay + 60 * kDayMs}, Granularity::Hour, 300);
        QCOMPARE(local.unit, u("day"));
        QCOMPARE(local.edges[1], kDay + 23 * kHourMs);
        DurationMs shortest = 2 * kDayMs;
        for (qsizetype i = 1; i + 2 < local.edges.size(); ++i)
            shortest = std::min(shortest, local.edges[i + 1] - local.edges[i]);
        QCOMPARE(shortest, 23 * kHourMs);
    }

    void aCellShowsTheWorstOfItsWindows()
    {
        QList<Verdict> verdicts(48, Verdict::NoDrift);
        verdicts[5] = Verdict::Undecided;
        verdicts[7] = Verdict::Drift;
        for (int i = 30; i < 34; ++i)
            verdicts[i] = Verdict::NoData; // a gap within the second day
        const FeatureDrift feature = featureOf(verdicts);
        HeatColumns columns;
        columns.edges = {kDay, kDay + kDayMs, kDay + 2 * kDayMs, kDay + 3 * kDayMs};
        columns.united = true;
        const QList<HeatCell> cells = heatCells(feature, columns);
        QCOMPARE(cells.size(), 3);
        QCOMPARE(cells[0].worst, Verdict::Drift);
        QCOMPARE(cells[0].windows, 24);
        QCOMPARE(feature.scores[cells[0].worstScore].window.start, kDay + 7 * kHourMs);
        QCOMPARE(cells[0].verdicts[static_cast<std::size_t>(Verdict::NoDrift)], 22);
        QCOMPARE(cells[1].worst, Verdict::NoDrift);
        QCOMPARE(cells[1].windows, 20);
        QVERIFY(cells[2].isGap());
        QCOMPARE(std::accumulate(cells[0].verdicts.begin(), cells[0].verdicts.end(), 0), 24);
        // A window that is longer than the columns is in all of them.
        FeatureDrift longer = featureOf({Verdict::Drift});
        longer.scores[0].window.end = kDay + 2 * kDayMs;
        QCOMPARE(heatCells(longer, columns)[1].worst, Verdict::Drift);
    }

    void aSharedCellIsHitAndSelectsItsSpan()
    {
        QList<Verdict> verdicts(2401, Verdict::NoDrift);
        verdicts[1000] = Verdict::Drift;
        HeatMap heat;
        heat.resize(900, 200);
        const auto overview = overviewOf({featureOf(verdicts), featureOf(verdicts, u("length"))},
                                         {kDay, kDay + 2401 * kHourMs});
        heat.setOverview(overview);
        heat.show();
        const QImage image = picture(heat, "heat-days");
        QSignalSpy cell(&heat, &HeatMap::cellActivated);
        const int left = image.width() - 8;
        // Where window 1000 is: the second half of the grid's first half.
        QList<TimeRange> spans;
        for (int x = 250; x < left; x += 2) {
            QTest::mousePress(heat.viewport(), Qt::LeftButton, {}, QPoint(x, 12));
            if (!cell.isEmpty())
                spans.append(cell.last()[1].value<TimeRange>());
        }
        QVERIFY(!spans.isEmpty());
        const TimeMs drift = kDay + 1000 * kHourMs;
        bool found = false;
        for (const TimeRange &span : spans) {
            QVERIFY(span.end - span.start >= kDayMs || span.end == overview->query.range.end);
            QCOMPARE(span.start % kHourMs, 0);
            found = found || span.contains(drift);
        }
        QVERIFY(found); // half a pixel of 2,401 was hit by one in two hundred clicks at best
        // By keys too, cell by cell, and what is said counts the windows.
        heat.setSelection(u("width"), TimeRange{kDay, kDay + kDayMs});
        QTest::keyClick(&heat, Qt::Key_Right);
        const TimeRange next = cell.last()[1].value<TimeRange>();
        QCOMPARE(next, (TimeRange{kDay + kDayMs, kDay + 2 * kDayMs}));
        QVERIFY2(heat.accessibleDescription().contains(u("24 windows: 24 × No drift")),
                 qPrintable(heat.accessibleDescription()));
        // The strong colour of the one window is there to be seen, four pixels wide and more.
        const QColor strong = Theme::instance().sequential(0.8);
        QVERIFY(count(image, {0, 0, 900, 26}, [&](QColor c) { return isLike(c, strong, 8); }) >=
                4 * 20);
    }

    void manyFeaturesArePaintedInAFrame()
    {
        QList<FeatureDrift> features;
        for (int f = 0; f < 200; ++f) {
            QList<Verdict> verdicts;
            for (int i = 0; i < 1000; ++i)
                verdicts << ((i * 7 + f * 13) % 11 == 0 ? Verdict::Drift
                             : (i + f) % 5 == 0         ? Verdict::Undecided
                             : (i * 3 + f) % 17 == 0    ? Verdict::NoData
                                                        : Verdict::NoDrift);
            features << featureOf(verdicts, u("feature %1").arg(f));
        }
        const auto overview = overviewOf(features, {kDay, kDay + 1000 * kHourMs});
        const auto best = [&](const char *what, QSize size) {
            HeatMap heat;
            heat.resize(size);
            heat.setOverview(overview);
            heat.show();
            QImage image(size, QImage::Format_RGB32);
            heat.render(&image); // the first time counts the cells of the rows
            double fastest = 1e9;
            for (int i = 0; i < 12; ++i) {
                // Of this process, so that a busy machine does not count.
                const std::clock_t begin = std::clock();
                heat.render(&image);
                fastest = std::min(fastest, static_cast<double>(std::clock() - begin) * 1e3 /
                                                CLOCKS_PER_SEC);
            }
            qInfo("200 x 1000 heat map, %s: %.1f ms a repaint", what, fastest);
            return fastest;
        };
        QVERIFY(best("on a page", {1200, 300}) < 16);
        QVERIFY(best("on a screen of 2160 lines", {1200, 2160}) < 16);
        best("all rows at once, for the record", {1200, 200 * 26 + 40});
    }
};

QTEST_MAIN(ChartsTest)
#include "tst_charts.moc"
