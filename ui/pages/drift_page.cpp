#include "ui/pages/drift_page.h"

#include "ui/backend/comparison.h"
#include "ui/backend/windows.h"
#include "ui/charts/cdf_chart.h"
#include "ui/charts/chart_frame.h"
#include "ui/charts/heat_map.h"
#include "ui/charts/histogram_chart.h"
#include "ui/charts/score_chart.h"
#include "ui/charts/timeline_strip.h"
#include "ui/models/measures_model.h"
#include "ui/pages/drift_words.h"
#include "ui/pages/sides_bar.h"
#include "ui/pages/strip_link.h"
#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/format.h"
#include "ui/widgets/state_stack.h"
#include "ui/widgets/table_helpers.h"
#include "ui/widgets/verdict.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QScrollArea>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace tepal::ui {

namespace {

constexpr int kStripHeight = 72;

} // namespace

DriftPage::DriftPage(Context *context, QWidget *parent)
    : Page(context, parent)
    , m_comparison(context->backend()->comparison())
    , m_windows(context->backend()->windows())
    , m_detailAsker(&m_comparison)
    , m_windowsAsker(&m_windows)
{
    QWidget *sides = makeSides(); // First: Tab goes from top to bottom.
    auto *content = new QWidget;
    content->setProperty("class", QStringLiteral("page"));
    m_strip = new TimelineStrip(content);
    m_strip->setFixedHeight(kStripHeight);
    linkStrip(m_strip, context);
    m_heat = new HeatMap(content);
    m_heatFrame = new ChartFrame(tr("Drift by column and window"), m_heat, content);
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(kPageMargin, kGap, kPageMargin, kPageMargin);
    column->setSpacing(kMargin);
    column->addWidget(makeHead());
    column->addWidget(m_strip);
    column->addWidget(m_heatFrame, 0);
    column->addWidget(makeCharts(), 5);
    column->addWidget(makeMeasures(), 4);
    auto *scroll = new QScrollArea(this);
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_page = new StateStack(scroll, this);
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    // Outside of what may be replaced by a problem: it is the way out of a side without rows.
    outer->addWidget(sides);
    outer->addWidget(m_page, 1);

    for (ChartFrame *frame : {m_heatFrame, m_scoresFrame, m_binsFrame, m_cdfFrame}) {
        connect(frame, &ChartFrame::saved, this, [this](const QString &file) {
            Q_EMIT noticeWanted(
                {QString(), NoticeLevel::Success, tr("Saved %1").arg(file), {}, {}, {}, true});
        });
        connect(frame, &ChartFrame::failed, this, [this](const QString &text) {
            Q_EMIT noticeWanted({QStringLiteral("save"),
                                 NoticeLevel::Error,
                                 text,
                                 tr("Choose another folder"),
                                 {},
                                 {},
                                 false});
        });
    }
    connect(context, &Context::judgementChanged, this, &DriftPage::showJudgement);
    connect(&m_comparison, &Comparison::driftDetailReady, this,
            [this](const Answer<DriftDetail> &answer) {
                if (!m_detailAsker.accepts(answer))
                    return;
                if (answer) {
                    showDetail(*answer.value);
                } else {
                    m_featureVerdict->setState(Symbol::Dash, Role::Muted, answer.problem.text);
                    m_reason->setText(answer.problem.next);
                }
            });
    connect(&m_windows, &Windows::windowsReady, this, [this](const Answer<WindowList> &answer) {
        if (!m_windowsAsker.accepts(answer) || !answer)
            return;
        m_strip->setWindows(answer.value);
        m_down.clear();
        for (const WindowInfo &w : answer.value->windows) {
            if (w.wasDown)
                m_down.append(w.range);
        }
        showScores();
    });
    connect(context, &Context::selectionChanged, this, [this] {
        if (!isVisible())
            return;
        m_heat->setSelection(this->context()->feature(), this->context()->window());
        showScores();
        askDetail();
    });
    connect(m_heat, &HeatMap::featureActivated, this,
            [this](const QString &name) { this->context()->select(name, std::nullopt); });
    connect(m_heat, &HeatMap::cellActivated, this, [this](const QString &name, TimeRange window) {
        this->context()->select(name, window);
    });
    connect(m_heat, &HeatMap::cleared, context, &Context::clearWindow);
    connect(m_scores, &ScoreChart::windowActivated, this, [this](TimeRange window) {
        this->context()->select(this->context()->feature(), window);
    });
    connect(m_wholeRange, &QToolButton::clicked, context, &Context::clearWindow);
    connect(m_page, &StateStack::retryWanted, context, &Context::judge);
    connect(m_page, &StateStack::actionWanted, this, &Page::actionWanted);
}

QWidget *DriftPage::makeSides()
{
    m_sides = new SidesBar(context(), this);
    m_sides->layout()->setContentsMargins(kPageMargin, kMargin, kPageMargin, 0);
    auto *label = new QLabel(tr("Rules of"), m_sides);
    label->setProperty("class", QStringLiteral("caption"));
    m_presets = new QComboBox(m_sides);
    m_presets->addItems(m_comparison.driftPresets());
    m_presets->setToolTip(tr("Measures, binning and thresholds as another tool uses them"));
    m_presets->setAccessibleName(label->text());
    m_presets->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    label->setBuddy(m_presets);
    m_sides->addWidget(label);
    m_sides->addWidget(m_presets);
    connect(m_presets, &QComboBox::textActivated, context(), &Context::setPreset);
    connect(m_sides, &SidesBar::actionWanted, this, &Page::actionWanted);
    return m_sides;
}

QWidget *DriftPage::makeHead()
{
    auto *strip = new QWidget(this);
    m_verdict = new StateLabel(strip);
    m_verdict->setStrong(true);
    m_sentence = new ElidedLabel(QString(), strip);
    m_sentence->setFontType(Type::Section);
    m_sentence->setLines(2); // Always: the page does not jump with the verdict.
    m_sentence->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    auto *row = new QHBoxLayout(strip);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kGap);
    row->addWidget(m_verdict, 0, Qt::AlignVCenter);
    row->addSpacing(4);
    row->addWidget(m_sentence, 1);
    return strip;
}

QWidget *DriftPage::makeCharts()
{
    auto *strip = new QWidget(this);
    strip->setMinimumHeight(244); // A legend may need a line of its own.
    m_scores = new ScoreChart(strip);
    m_scoresFrame = new ChartFrame(tr("Since when"), m_scores, strip);
    m_bins = new HistogramChart(strip);
    m_binsFrame = new ChartFrame(tr("Where it moved"), m_bins, strip);
    m_cdf = new CdfChart(strip);
    m_cdfFrame = new ChartFrame(tr("Cumulative"), m_cdf, strip);
    m_bins->setEmptyText(tr("Choose a column above"));
    m_cdf->setEmptyText(tr("Only numbers have a cumulative distribution"));
    auto *row = new QHBoxLayout(strip);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kMargin);
    row->addWidget(m_scoresFrame, 5);
    row->addWidget(m_binsFrame, 4);
    row->addWidget(m_cdfFrame, 4);
    return strip;
}

QWidget *DriftPage::makeMeasures()
{
    auto *card = new QFrame(this);
    card->setProperty("class", QStringLiteral("card"));
    card->setMinimumHeight(216);
    m_featureTitle = new QLabel(card);
    m_featureTitle->setProperty("class", QStringLiteral("strong"));
    m_featureTitle->setTextFormat(Qt::PlainText);
    m_featureVerdict = new StateLabel(card);
    m_reason = new ElidedLabel(QString(), card);
    m_reason->setFontType(Type::Caption);
    m_reason->setRole(Role::Muted);
    m_reason->setElideMode(Qt::ElideRight);
    m_explanation = new ElidedLabel(QString(), card);
    m_explanation->setElideMode(Qt::ElideRight);
    m_wholeRange = new QToolButton(card);
    m_wholeRange->setText(tr("Whole range"));
    m_wholeRange->setProperty("class", QStringLiteral("quiet"));
    m_wholeRange->setIcon(icon(QStringLiteral("x"), Role::Muted));
    m_wholeRange->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_wholeRange->setToolTip(tr("Judge the whole time range instead of one window (Esc)"));
    m_wholeRange->setAccessibleName(tr("Judge the whole time range"));
    auto *head = new QHBoxLayout;
    head->setSpacing(kMargin);
    head->addWidget(m_featureTitle);
    head->addWidget(m_featureVerdict);
    head->addStretch();
    head->addWidget(m_wholeRange);

    m_measures = new MeasuresModel(this);
    m_table = new QTableView(card);
    setUpTable(m_table, tr("All measures of the selected column"));
    m_table->setModel(m_measures);
    m_table->verticalHeader()->setDefaultSectionSize(24);
    setColumnWidths(m_table, {160, 84, 130, 122, 76, 88, 84, 0});
    auto *column = new QVBoxLayout(card);
    column->setContentsMargins(kMargin, kGap, 1, 1);
    column->setSpacing(4);
    column->addLayout(head);
    column->addWidget(m_explanation);
    column->addWidget(m_reason);
    column->addWidget(m_table, 1);
    return card;
}

void DriftPage::refresh()
{
    context()->judge();
}

void DriftPage::showJudgement()
{
    if (!isVisible()) {
        m_stale = true;
        return;
    }
    m_stale = false;
    m_page->setLoading(context()->isJudging());
    m_overview = context()->judgement();
    m_sides->setVisible(!context()->dataset().isEmpty());
    if (context()->dataset().isEmpty()) {
        m_page->showEmpty(QStringLiteral("git-compare-arrows"), tr("Nothing to compare yet"),
                          tr("Drift needs profile windows and a reference. Both come with the iris "
                             "example"),
                          tr("Try it with iris"), QStringLiteral("start.iris"));
    } else if (!context()->canJudge()) {
        m_page->showEmpty(
            QStringLiteral("git-compare-arrows"), tr("There is no reference"),
            tr("Keep the data of the present time range as what is normal, or train a "
               "model, which stores its training data"),
            tr("Use this range as reference"), QStringLiteral("reference.make"));
    } else if (context()->judgementProblem()) {
        m_page->showProblem(context()->judgementProblem());
    } else if (m_overview && !context()->isJudging()) {
        showOverview();
        // The windows stay as they are while the sides move over them.
        if (!context()->isDragging())
            m_windows.requestWindows(m_windowsAsker.next(), context()->dataset());
    }
}

void DriftPage::askDetail()
{
    if (context()->feature().isEmpty())
        return;
    m_comparison.requestDriftDetail(
        m_detailAsker.next(), {context()->dataset(), context()->feature(), detailRange(),
                               context()->segment(), context()->sideB(), context()->preset()});
}

TimeRange DriftPage::detailRange() const
{
    if (context()->window())
        return *context()->window();
    // What drifted is judged from when it began: the weeks before would only dilute it.
    const TimeRange range = context()->range();
    const FeatureDrift *feature = selectedFeature();
    return feature && feature->since > range.start && feature->since < range.end
               ? TimeRange{feature->since, range.end}
               : range;
}

const FeatureDrift *DriftPage::selectedFeature() const
{
    if (!m_overview)
        return nullptr;
    return m_overview->feature(context()->feature());
}

void DriftPage::showOverview()
{
    m_page->showContent();
    m_verdict->setVerdict(overallVerdict(*m_overview));
    m_sentence->setText(overviewSentence(*m_overview));
    m_sentence->setToolTip(rangeText(*m_overview));
    m_heat->setOverview(m_overview);
    const int rows = static_cast<int>(std::min<qsizetype>(10, m_overview->features.size()));
    m_heat->setMinimumHeight(std::min(m_heat->sizeHint().height(), 40 + 26 * std::max(3, rows)));
    m_heatFrame->setSubtitle(tr("%1 against %2 (n = %3), one window per %4")
                                 .arg(rowsText(*m_overview),
                                      context()->nameB(m_overview->referenceName),
                                      format::count(m_overview->referenceRows),
                                      format::granularity(m_overview->granularity)));
    m_heatFrame->refresh();
    if (!selectedFeature() && !m_overview->features.isEmpty()) {
        context()->select(m_overview->features.first().name, std::nullopt);
    } else {
        m_heat->setSelection(context()->feature(), context()->window());
        showScores();
        askDetail();
    }
}

void DriftPage::showScores()
{
    const FeatureDrift *feature = selectedFeature();
    if (!feature) {
        m_scores->clear();
        return;
    }
    m_scores->setFeature(*feature, context()->nameB(m_overview->referenceName),
                         m_overview->query.range, m_down);
    m_scores->setSelected(context()->window());
    m_scoresFrame->setSubtitle(feature->name);
    m_scoresFrame->refresh();
}

void DriftPage::showDetail(const DriftDetail &detail)
{
    const bool partly = !context()->window() && detail.range.start > context()->range().start;
    QString target = tr("this range");
    QString title = detail.feature;
    if (context()->window()) {
        const Granularity granularity =
            m_overview ? m_overview->granularity : context()->datasetInfo().granularity;
        // A cell of the heat map may stand for many.
        target = nextWindowStart(detail.range.start, granularity) >= detail.range.end
                     ? tr("window")
                     : tr("selected windows");
        title += QStringLiteral(" · ") + format::window(detail.range);
    } else if (partly) {
        const QString since = tr("since %1").arg(format::weekdayTime(detail.range.start));
        target = tr("since %1").arg(format::dateTime(detail.range.start));
        title += QStringLiteral(" · ") + since;
    }
    target = context()->nameA(target);
    m_featureTitle->setText(title);
    m_wholeRange->setVisible(context()->window().has_value());
    m_featureVerdict->setVerdict(detail.verdict);
    m_explanation->setText(explanationSentence(detail));
    m_explanation->setVisible(!m_explanation->text().isEmpty());
    QString reason = comparisonLine(detail, context()->nameB(detail.referenceName));
    if (!detail.reason.isEmpty())
        reason = detail.reason + QStringLiteral(". ") + reason;
    if (detail.rowsNeeded > 0)
        reason += tr(" · about %1 more rows would decide").arg(format::count(detail.rowsNeeded));
    m_reason->setText(reason);
    m_measures->setDeciders(detail.effectKey, detail.evidenceKey);
    m_measures->setRows(detail.measures);

    const QString reference = tr("B: %1").arg(context()->nameB(detail.referenceName));
    m_bins->setContributions(detail.contributions, detail.contributionOf);
    double low = kMissing;
    double high = kMissing;
    for (const Cdf *cdf : {&detail.target, &detail.reference}) {
        if (cdf->x.isEmpty())
            continue;
        low = std::isnan(low) ? cdf->x.first() : std::min(low, cdf->x.first());
        high = std::isnan(high) ? cdf->x.last() : std::max(high, cdf->x.last());
    }
    m_bins->setDataRange(low, high);
    m_bins->setHistogram(detail.histogram, detail.feature, target, reference);
    m_binsFrame->setSubtitle(detail.feature);
    m_binsFrame->refresh();
    m_cdf->setCdfs(detail.target, detail.reference, detail.feature, target, reference, detail.ksX);
    m_cdfFrame->setVisible(!detail.histogram.isCategorical());
    m_cdfFrame->refresh();
}

void DriftPage::exportShown()
{
    m_heatFrame->saveCsv();
}

void DriftPage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    if (m_stale) {
        showJudgement();
    } else {
        // The selection may have moved on another page.
        m_heat->setSelection(context()->feature(), context()->window());
        showScores();
        askDetail();
    }
}

} // namespace tepal::ui
