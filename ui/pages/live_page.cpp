#include "ui/pages/live_page.h"

#include "ui/backend/endpoint.h"
#include "ui/charts/chart_frame.h"
#include "ui/charts/traffic_charts.h"
#include "ui/models/requests_model.h"
#include "ui/pages/drift_words.h"
#include "ui/pages/try_it_panel.h"
#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/format.h"
#include "ui/widgets/stat_tile.h"
#include "ui/widgets/state_stack.h"
#include "ui/widgets/table_helpers.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QScrollBar>
#include <QSplitter>
#include <QStyle>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace tepal::ui {

namespace {

constexpr int kFlushMs = 125;
constexpr qsizetype kMostPending = 5000;

} // namespace

LivePage::LivePage(Context *context, QWidget *parent)
    : Page(context, parent)
    , m_endpoint(context->backend()->endpoint())
{
    auto *content = new QWidget;
    content->setProperty("class", QStringLiteral("page"));
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(kPageMargin, kMargin, kPageMargin, kPageMargin);
    column->setSpacing(kMargin);
    column->addWidget(makeTiles());
    column->addWidget(makeCharts(), 2);
    column->addWidget(makeRequests(), 3);
    auto *scroll = new QScrollArea(this);
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(scroll);

    m_flush.setSingleShot(true);
    m_flush.setInterval(kFlushMs);
    connect(&m_flush, &QTimer::timeout, this, &LivePage::flushRequests);
    m_debounce.setSingleShot(true);
    m_debounce.setInterval(150);
    connect(&m_debounce, &QTimer::timeout, this, &LivePage::applyFilter);

    connect(&m_endpoint, &Endpoint::liveStatsChanged, this, &LivePage::updateStats);
    connect(&m_endpoint, &Endpoint::endpointChanged, this, &LivePage::updateEndpoint);
    connect(context, &Context::judgementChanged, this, &LivePage::updateDrift);
    connect(&m_endpoint, &Endpoint::schemaChanged, this, [this] {
        m_requests->setSchema(m_endpoint.schema());
        updateColumns();
    });
    connect(&m_endpoint, &Endpoint::requestsAdded, this, [this](const QList<RequestRow> &rows) {
        m_pending.append(rows);
        if (m_pending.size() > kMostPending)
            m_pending.remove(0, m_pending.size() - kMostPending);
        if (isVisible() && !m_pause->isChecked() && !m_flush.isActive())
            m_flush.start();
    });
    connect(&m_endpoint, &Endpoint::requestsReset, this, [this] {
        m_pending.clear();
        m_requests->setRows(m_endpoint.recentRequests());
        updateRequestsState();
    });
    m_requests->setSchema(m_endpoint.schema());
    m_requests->setRows(m_endpoint.recentRequests());
    updateColumns();
    updateStats();
    updateEndpoint();
    updateDrift();
}

QWidget *LivePage::makeTiles()
{
    auto *strip = new QWidget(this);
    auto *row = new QHBoxLayout(strip);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kMargin);
    m_rate = new StatTile(tr("Requests per second"), strip);
    m_latency = new StatTile(tr("Latency p50 · p95 · p99"), strip);
    m_errors = new StatTile(tr("Errors, last 5 min"), strip);
    m_window = new StatTile(tr("Rows in this window"), strip);
    m_drift = new StatTile(tr("Drifting columns"), strip);
    row->addWidget(m_rate, 3);
    row->addWidget(m_latency, 4);
    row->addWidget(m_errors, 3);
    row->addWidget(m_window, 3);
    row->addWidget(m_drift, 3);
    return strip;
}

QWidget *LivePage::makeCharts()
{
    auto *strip = new QWidget(this);
    strip->setMinimumHeight(190); // A legend may need a line of its own.
    auto *row = new QHBoxLayout(strip);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kMargin);
    m_rateChart = new RateChart(strip);
    m_latencyChart = new LatencyChart(strip);
    m_classChart = new ClassChart(strip);
    m_frames = {new ChartFrame(tr("Throughput"), m_rateChart, strip),
                new ChartFrame(tr("Latency"), m_latencyChart, strip),
                new ChartFrame(tr("Predictions"), m_classChart, strip)};
    const QList<TrafficPlot *> plots{m_rateChart, m_latencyChart, m_classChart};
    for (ChartFrame *frame : std::as_const(m_frames)) {
        row->addWidget(frame, 1);
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
    // One crosshair for the three: the same second.
    for (TrafficPlot *from : plots) {
        for (TrafficPlot *to : plots) {
            if (from == to)
                continue;
            connect(from, &Plot::crosshairMoved, to, &Plot::showCrosshair);
            connect(from, &Plot::crosshairLeft, to, &Plot::hideCrosshair);
        }
    }
    return strip;
}

QWidget *LivePage::makeRequests()
{
    auto *splitter = new QSplitter(Qt::Horizontal, this);
    splitter->setHandleWidth(kMargin);
    splitter->setChildrenCollapsible(false);

    auto *card = new QFrame(splitter);
    card->setProperty("class", QStringLiteral("card"));
    auto *title = new QLabel(tr("Requests"), card);
    title->setProperty("class", QStringLiteral("strong"));
    m_filter = new QLineEdit(card);
    m_filter->setPlaceholderText(tr("Filter, e.g. class = virginica and p < 0.8"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setAccessibleName(tr("Filter requests"));
    m_filterError = new QLabel(card);
    m_filterError->setProperty("class", QStringLiteral("error"));
    m_filterError->setTextFormat(Qt::PlainText);
    m_filterError->hide();
    m_pause = new QToolButton(card);
    m_pause->setCheckable(true);
    m_pause->setIcon(icon(QStringLiteral("pause"), Role::Muted));
    m_pause->setProperty("class", QStringLiteral("icon"));
    m_pause->setToolTip(tr("Hold the list still (Ctrl+Space)"));
    m_pause->setAccessibleName(tr("Pause the request list"));
    auto *head = new QHBoxLayout;
    head->setSpacing(kGap);
    head->addWidget(title);
    head->addSpacing(kGap);
    head->addWidget(m_filter, 1);
    head->addWidget(m_pause);

    m_requests = new RequestsModel(this);
    m_proxy = new RequestsProxy(this);
    m_proxy->setSourceModel(m_requests);
    m_table = new QTableView(card);
    setUpTable(m_table, tr("Requests, newest first"));
    m_table->setModel(m_proxy);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_state = new StateStack(m_table, card);
    auto *column = new QVBoxLayout(card);
    column->setContentsMargins(kMargin, kGap, 1, 1);
    column->setSpacing(4);
    head->setContentsMargins(0, 0, kGap, 0);
    column->addLayout(head);
    column->addWidget(m_filterError);
    column->addWidget(m_state, 1);

    m_tryIt = new TryItPanel(&m_endpoint, splitter);
    splitter->addWidget(card);
    splitter->addWidget(m_tryIt);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    splitter->setSizes({780, 540});

    connect(m_filter, &QLineEdit::textChanged, this, [this] { m_debounce.start(); });
    connect(m_pause, &QToolButton::toggled, this, [this](bool held) {
        if (!held)
            flushRequests();
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex &current) {
                if (current.isValid())
                    m_tryIt->setRequest(m_requests->row(m_proxy->mapToSource(current).row()));
            });
    connect(m_tryIt, &TryItPanel::actionWanted, this, &Page::actionWanted);
    connect(m_state, &StateStack::actionWanted, this, &Page::actionWanted);
    return splitter;
}

void LivePage::updateColumns()
{
    m_table->horizontalHeader()->setMinimumSectionSize(52);
    QList<int> widths{82};
    for (qsizetype i = 0; i < m_endpoint.schema().features.size(); ++i)
        widths << 0;
    widths << 116 << 60 << 66;
    setColumnWidths(m_table, widths);
}

void LivePage::updateStats()
{
    if (!isVisible())
        return;
    const auto stats = m_endpoint.liveStats();
    m_rate->setValues({format::rate(stats->requestsPerSecond)});
    m_rate->setDetail(tr("%1 since start").arg(format::shortCount(double(stats->totalRequests))));
    // One unit for tile, chart, table and status bar.
    const format::LatencyUnit unit = format::latencyUnit(largestLatencyMs(*stats));
    m_latency->setValues({format::latencyValue(stats->p50Ms, unit),
                          format::latencyValue(stats->p95Ms, unit),
                          format::latencyValue(stats->p99Ms, unit)},
                         format::latencyUnitName(unit));
    m_requests->setLatencyUnit(unit);
    m_latency->setDetail(tr("over the last minute"));
    double requests = 0;
    for (const StatsSecond &s : stats->seconds)
        requests += s.requests;
    m_errors->setValues({format::count(std::llround(stats->errors))});
    // A stray bad request is not an alarm.
    m_errors->setRole(stats->errors == 0                ? Role::Text
                      : stats->errors < 0.01 * requests ? Role::Warn
                                                        : Role::Alarm);
    m_errors->setDetail(requests > 0
                            ? tr("%1 of requests").arg(format::percent(stats->errors / requests))
                            : QString());
    m_errors->setToolTip(stats->refused.isEmpty()
                             ? QString()
                             : QStringLiteral("<p>") + tr("Turned away since the start:") +
                                   QStringLiteral("</p><p>") +
                                   stats->refused.join(QLatin1Char('\n'))
                                       .toHtmlEscaped()
                                       .replace(QLatin1Char('\n'), QStringLiteral("<br>")) +
                                   QStringLiteral("</p>"));
    m_window->setValues({format::shortCount(static_cast<double>(stats->windowRows))});
    if (stats->window.end > stats->window.start) {
        const double fill = static_cast<double>(stats->asOf - stats->window.start) /
                            static_cast<double>(stats->window.end - stats->window.start);
        m_window->setDetail(tr("%1–%2, %3 passed")
                                .arg(format::timeShort(stats->window.start),
                                     format::timeShort(stats->window.end),
                                     format::percent(std::clamp(fill, 0.0, 1.0))));
        m_window->setProgress(fill);
    } else {
        m_window->setDetail(tr("no window is open"));
        m_window->setProgress(-1);
    }
    m_rateChart->setStats(stats);
    m_latencyChart->setStats(stats);
    m_classChart->setStats(stats);
    for (ChartFrame *frame : std::as_const(m_frames))
        frame->refresh();
}

/// The same judgement as the Drift page shows, in the same words.
void LivePage::updateDrift()
{
    const auto &judgement = context()->judgement();
    if (!judgement || judgement->features.isEmpty()) {
        m_drift->setValues({format::missing()}, QString());
        m_drift->setRole(Role::Text);
        m_drift->setDetail(context()->canJudge() ? tr("no rows in the time range")
                                                 : tr("no reference to compare with"));
        m_drift->setToolTip({});
        return;
    }
    const monitor::Tally tally = tallyOf(*judgement);
    m_drift->setValues({format::count(tally.drifting)}, tr("of %1").arg(tally.all));
    m_drift->setRole(tally.drifting > 0 ? Role::Alarm : Role::Text);
    m_drift->setDetail(
        tr("%1 · %2").arg(selectionText(context()->timeSelection()), rowsText(*judgement)));
    m_drift->setToolTip(overviewSentence(*judgement));
}

void LivePage::updateEndpoint()
{
    const bool stale = !m_endpoint.state().isAnswering();
    for (StatTile *tile : {m_rate, m_latency, m_errors, m_window})
        tile->setStale(stale);
    for (TrafficPlot *plot :
         {static_cast<TrafficPlot *>(m_rateChart), static_cast<TrafficPlot *>(m_latencyChart),
          static_cast<TrafficPlot *>(m_classChart)})
        plot->setStale(stale);
    updateRequestsState();
}

void LivePage::updateRequestsState()
{
    if (m_proxy->rowCount() > 0) {
        m_state->showContent();
    } else if (m_requests->rowCount() > 0) {
        m_state->showEmpty(QStringLiteral("search"), tr("No request matches the filter"),
                           tr("%1 requests are hidden").arg(format::count(m_requests->rowCount())));
    } else if (m_endpoint.state().isAnswering()) {
        m_state->showEmpty(QStringLiteral("inbox"), tr("No requests yet"),
                           tr("Send one from “Try it”, with curl, or let the simulator play"),
                           tr("Simulate traffic"), QStringLiteral("simulate.open"));
    } else {
        m_state->showEmpty(QStringLiteral("server"), tr("The endpoint is stopped"),
                           tr("Start it to see requests here"), tr("Start endpoint"),
                           QStringLiteral("endpoint.start"));
    }
}

void LivePage::flushRequests()
{
    if (m_pending.isEmpty() || m_pause->isChecked())
        return;
    // Newest on top: whoever scrolled down keeps reading what is there.
    QScrollBar *bar = m_table->verticalScrollBar();
    const bool follow = bar->value() == 0;
    const int before = m_proxy->rowCount();
    m_requests->append(m_pending);
    m_pending.clear();
    if (!follow)
        bar->setValue(bar->value() + (m_proxy->rowCount() - before) * kRowHeight);
    updateRequestsState();
}

void LivePage::applyFilter()
{
    QStringList names;
    const ModelSchema schema = m_endpoint.schema();
    for (const FeatureSpec &feature : schema.features)
        names << feature.name;
    QString error;
    const RequestFilter filter = RequestFilter::parse(m_filter->text(), names, &error);
    m_filterError->setText(error);
    m_filterError->setVisible(!error.isEmpty());
    m_filter->setProperty("invalid", !error.isEmpty());
    m_filter->style()->polish(m_filter);
    if (error.isEmpty())
        m_proxy->setFilter(filter);
    updateRequestsState();
}

void LivePage::focusFilter()
{
    m_filter->setFocus();
    m_filter->selectAll();
}

void LivePage::togglePause()
{
    m_pause->toggle();
}

void LivePage::exportShown()
{
    m_frames.first()->saveCsv();
}

void LivePage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    updateStats();
    flushRequests();
}

} // namespace tepal::ui
