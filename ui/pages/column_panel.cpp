#include "ui/pages/column_panel.h"

#include "ui/backend/comparison.h"
#include "ui/backend/windows.h"
#include "ui/charts/cdf_chart.h"
#include "ui/charts/chart_frame.h"
#include "ui/charts/histogram_chart.h"
#include "ui/charts/history_chart.h"
#include "ui/models/chart_table_model.h"
#include "ui/pages/context.h"
#include "ui/pages/tab_bar.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/format.h"
#include "ui/widgets/state_stack.h"
#include "ui/widgets/table_helpers.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QSlider>
#include <QStackedLayout>
#include <QTableView>
#include <QVBoxLayout>

#include <cmath>

namespace tepal::ui {

namespace {

QTableView *makeTable(const QString &name, ChartTableModel *model, QWidget *parent)
{
    auto *table = new QTableView(parent);
    setUpTable(table, name);
    table->setModel(model);
    table->horizontalHeader()->setStretchLastSection(true);
    return table;
}

/// Facts in a line that breaks between them only.
QString joined(QStringList facts)
{
    for (QString &fact : facts)
        fact.replace(QLatin1Char(' '), QChar(QChar::Nbsp));
    return facts.join(QStringLiteral(" · "));
}

/// The first few, for the line below the chart; the table of numbers has all.
QStringList conditionFacts(const ColumnDetail &detail)
{
    QStringList facts;
    for (const ConditionRow &condition : detail.conditions.mid(0, 3))
        facts << ColumnPanel::tr("%1 meet “%2”")
                     .arg(format::percent(condition.share), condition.name);
    return facts;
}

} // namespace

ColumnPanel::ColumnPanel(Context *context, QWidget *parent)
    : QFrame(parent)
    , m_context(context)
    , m_asker(&context->backend()->windows())
    , m_title(new ElidedLabel(QString(), this))
    , m_subtitle(new QLabel(this))
    , m_tabs(new TabBar(this))
    , m_histogram(new HistogramChart(this))
    , m_cdf(new CdfChart(this))
    , m_history(new HistoryChart(this))
    , m_topModel(new ChartTableModel(this))
    , m_numbersModel(new ChartTableModel(this))
    , m_stack(new QStackedLayout)
    , m_binsRow(new QWidget(this))
    , m_bins(new QSlider(Qt::Horizontal, this))
    , m_binsLabel(new QLabel(this))
    , m_summary(new QLabel(this))
    , m_error(new QLabel(this))
{
    setProperty("class", QStringLiteral("card"));
    m_title->setFontType(Type::Section);
    for (QLabel *label : {m_subtitle, m_binsLabel, m_error}) {
        label->setProperty("class", QStringLiteral("caption"));
        label->setTextFormat(Qt::PlainText);
    }
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setWordWrap(true);
    m_error->setWordWrap(true);
    for (const QString &name :
         {tr("Histogram"), tr("Cumulative"), tr("Over time"), tr("Top values"), tr("Numbers")})
        m_tabs->addTab(name);

    m_frames = {new ChartFrame(tr("Distribution"), m_histogram, this),
                new ChartFrame(tr("Cumulative distribution"), m_cdf, this),
                new ChartFrame(tr("Quantiles per window"), m_history, this)};
    for (ChartFrame *frame : std::as_const(m_frames)) {
        frame->setBare();
        m_stack->addWidget(frame);
        connect(frame, &ChartFrame::saved, this, &ColumnPanel::saved);
        connect(frame, &ChartFrame::failed, this, &ColumnPanel::failed);
    }
    m_stack->addWidget(makeTable(tr("Top values"), m_topModel, this));
    m_stack->addWidget(makeTable(tr("Numbers"), m_numbersModel, this));

    m_bins->setRange(5, 100);
    m_bins->setValue(30);
    m_bins->setAccessibleName(tr("Number of bins"));
    m_bins->setMaximumWidth(220);
    auto *binsRow = new QHBoxLayout(m_binsRow);
    binsRow->setContentsMargins(0, 0, 0, 0);
    binsRow->addWidget(m_binsLabel);
    binsRow->addWidget(m_bins);
    binsRow->addStretch();

    auto *content = new QWidget(this);
    auto *inner = new QVBoxLayout(content);
    inner->setContentsMargins(kMargin, kGap, kMargin, kMargin);
    inner->setSpacing(6);
    inner->addWidget(m_title);
    inner->addWidget(m_subtitle);
    inner->addWidget(m_tabs);
    inner->addLayout(m_stack, 1);
    inner->addWidget(m_binsRow);
    inner->addWidget(m_summary);
    inner->addWidget(m_error);
    m_state = new StateStack(content, this);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(1, 1, 1, 1);
    column->addWidget(m_state);
    m_state->showEmpty(QStringLiteral("chart-column"), tr("No column selected"),
                       tr("Choose a column to see its distribution"));

    m_debounce.setSingleShot(true);
    m_debounce.setInterval(150);
    connect(&m_debounce, &QTimer::timeout, this, &ColumnPanel::ask);
    connect(m_bins, &QSlider::valueChanged, this, [this](int bins) {
        m_binsLabel->setText(tr("%1 bins").arg(bins));
        m_debounce.start();
    });
    m_binsLabel->setText(tr("%1 bins").arg(m_bins->value()));
    m_binsLabel->setMinimumWidth(60);
    connect(m_tabs, &TabBar::currentChanged, this, [this](int index) {
        m_stack->setCurrentIndex(index);
        m_binsRow->setVisible(index == HistogramTab);
    });
    connect(m_state, &StateStack::retryWanted, this, &ColumnPanel::ask);
    Backend *b = context->backend();
    connect(&b->windows(), &Windows::columnDetailReady, this,
            [this](const Answer<ColumnDetail> &answer) {
                if (!m_asker.accepts(answer))
                    return;
                m_state->setLoading(false);
                if (std::exchange(m_askAgain, false))
                    ask();
                if (answer)
                    show(answer.value);
                else
                    m_state->showProblem(answer.problem);
            });
    connect(context, &Context::selectionChanged, this, &ColumnPanel::refresh);
    connect(context, &Context::rangeChanged, this, &ColumnPanel::refresh);
    connect(context, &Context::comparisonChanged, this, &ColumnPanel::refresh);
    connect(&b->comparison(), &Comparison::referencesChanged, this, &ColumnPanel::refresh);
}

void ColumnPanel::refresh()
{
    if (isVisible())
        ask();
    else
        m_stale = true;
}

void ColumnPanel::showEvent(QShowEvent *event)
{
    QFrame::showEvent(event);
    if (m_stale)
        ask();
}

void ColumnPanel::ask()
{
    m_stale = false;
    if (m_context->isDragging() && m_asker.isWaiting()) {
        m_askAgain = true;
        return;
    }
    m_askAgain = false;
    m_column = m_context->feature();
    if (m_column.isEmpty()) {
        m_asker.forget();
        m_state->showEmpty(QStringLiteral("chart-column"), tr("No column selected"),
                           tr("Choose a column to see its distribution"));
        return;
    }
    m_state->setLoading(true);
    m_context->backend()->windows().requestColumnDetail(
        m_asker.next(), {m_context->dataset(), m_column, m_context->focusRange(),
                         m_context->segment(), m_context->sideB(), m_bins->value()});
}

QString ColumnPanel::errorSentence(const ColumnDetail &detail) const
{
    if (detail.rankError <= 0)
        return tr("Exact: the profile holds every value");
    return tr("Sketch error ± %1 in rank, with 99 % confidence")
        .arg(format::percent(detail.rankError));
}

void ColumnPanel::show(const std::shared_ptr<const ColumnDetail> &detail)
{
    const ColumnDetail &d = *detail;
    m_state->showContent();
    m_title->setText(d.name);
    QStringList facts{format::kind(d.kind), format::counted(d.rows, tr("1 row"), tr("%1 rows")),
                      d.missing == 0 ? tr("none missing")
                                     : tr("%1 missing").arg(format::count(d.missing))};
    if (d.notFinite > 0)
        facts << tr("%1 not finite").arg(format::count(d.notFinite));
    facts << tr("%1 distinct").arg(format::estimate(d.distinct));
    if (d.referenceName.isEmpty() && m_context->canJudge())
        facts << tr("nothing on side B");
    m_subtitle->setText(facts.join(QStringLiteral(" · ")));

    const std::optional<TimeRange> window = m_context->window();
    const QString target = m_context->nameA(
        !window ? tr("this range")
        : nextWindowStart(window->start, m_context->datasetInfo().granularity) >= window->end
            ? tr("selected window")
            : tr("selected windows"));
    const QString nameB = m_context->nameB(d.referenceName);
    const QString reference = d.referenceName.isEmpty()
                                  ? QString()
                                  : tr("B: %1 (n = %2)").arg(nameB, format::count(d.referenceRows));
    m_histogram->setHistogram(d.histogram, d.name, target, reference);
    m_cdf->setCdfs(d.target, d.reference, d.name, target, reference, kMissing);
    // Quantiles of several segments cannot be put together window by window.
    m_history->setEmptyText(d.history.isEmpty() && !m_context->segment() &&
                                    !m_context->datasetInfo().segments.isEmpty()
                                ? tr("Choose a segment on side A to see its windows")
                                : tr("No numeric history in this time range"));
    m_history->setHistory(d.history, d.name, m_context->range());
    // Windows that are too many for the picture come united.
    m_frames[HistoryTab]->setTitle(
        d.historyRolledUp ? tr("Quantiles per %1").arg(format::granularity(d.historyGranularity))
                          : tr("Quantiles per window"));
    m_tabs->setTabEnabled(CdfTab, d.isNumeric());
    m_tabs->setTabEnabled(HistoryTab, d.isNumeric());
    if (!d.isNumeric() && (m_tabs->current() == CdfTab || m_tabs->current() == HistoryTab)) {
        m_tabs->setCurrent(HistogramTab);
        m_stack->setCurrentIndex(HistogramTab);
    }
    m_binsRow->setVisible(m_tabs->current() == HistogramTab && !d.histogram.isCategorical());
    for (ChartFrame *frame : std::as_const(m_frames))
        frame->refresh();
    fillTop(d);
    fillNumbers(d);

    if (d.isNumeric()) {
        QStringList line{tr("min %1").arg(format::number(d.min))};
        for (const QuantileRow &q : d.quantiles) {
            if (q.q == 0.05 || q.q == 0.5 || q.q == 0.95)
                line << tr("q%1 %2").arg(
                    QString::number(std::lround(q.q * 100)).rightJustified(2, QLatin1Char('0')),
                    format::number(q.value.value));
        }
        line << tr("max %1").arg(format::number(d.max))
             << tr("mean %1").arg(format::meanSd(d.mean, d.stddev));
        line << conditionFacts(d);
        m_summary->setText(joined(line));
        m_error->setText(errorSentence(d));
    } else if (!d.topValues.isEmpty()) {
        QStringList line{
            tr("Most frequent: %1, %2 of rows")
                .arg(d.topValues.first().value, format::percent(d.topValues.first().share))};
        // A value may be long, so this one may break anywhere.
        m_summary->setText((line << conditionFacts(d)).join(QStringLiteral(" · ")));
        m_error->setText(d.topValues.first().count.isExact()
                             ? tr("Exact: the profile holds every value")
                             : tr("Counts are estimates; the table shows their bounds"));
    } else {
        m_summary->clear();
        m_error->clear();
    }
}

void ColumnPanel::fillTop(const ColumnDetail &d)
{
    bool exact = true;
    for (const TopValue &v : d.topValues)
        exact = exact && v.count.isExact();
    ChartTable table;
    table.headers << tr("Value") << tr("Count");
    if (!exact)
        table.headers << tr("At least") << tr("At most");
    table.headers << tr("Share") << tr("Share in B");
    for (const TopValue &v : d.topValues) {
        const auto whole = [](double value) {
            return std::isnan(value) ? QVariant(value)
                                     : QVariant::fromValue<qint64>(std::llround(value));
        };
        QVariantList row{v.value, whole(v.count.value)};
        if (!exact)
            row << whole(v.count.low) << whole(v.count.high);
        row << format::percent(v.share) << format::percent(v.referenceShare);
        table.rows.append(row);
    }
    m_topModel->setTable(table);
}

void ColumnPanel::fillNumbers(const ColumnDetail &d)
{
    ChartTable table{{tr("Statistic"), tr("Value"), tr("At least"), tr("At most"), tr("Side B")},
                     {}};
    const auto row = [&](const QString &name, const Estimate &e, double reference) {
        table.rows.append({name, e.value, e.low, e.high, reference});
    };
    const auto exact = [](double v) { return Estimate{v, v, v}; };
    row(tr("Rows"), exact(static_cast<double>(d.rows)), static_cast<double>(d.referenceRows));
    row(tr("Missing"), exact(static_cast<double>(d.missing)), kMissing);
    row(tr("Distinct"), d.distinct, kMissing);
    if (d.isNumeric()) {
        row(tr("Mean"), exact(d.mean), kMissing);
        row(tr("Standard deviation"), exact(d.stddev), kMissing);
        row(tr("Minimum"), exact(d.min), kMissing);
        for (const QuantileRow &q : d.quantiles)
            row(tr("Quantile %1").arg(format::number(q.q)), q.value, q.reference);
        row(tr("Maximum"), exact(d.max), kMissing);
    }
    for (const ConditionRow &condition : d.conditions) {
        row(tr("Meet “%1”").arg(condition.name), exact(static_cast<double>(condition.met)),
            kMissing);
        row(tr("Share that meets “%1”").arg(condition.name), exact(condition.share),
            condition.referenceShare);
    }
    m_numbersModel->setTable(table);
}

ChartFrame *ColumnPanel::currentFrame() const
{
    return m_frames.value(m_tabs->current());
}

} // namespace tepal::ui
