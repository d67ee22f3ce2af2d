#include "ui/pages/profiles_page.h"

#include "ui/backend/windows.h"
#include "ui/charts/chart_frame.h"
#include "ui/charts/timeline_strip.h"
#include "ui/models/columns_model.h"
#include "ui/pages/column_panel.h"
#include "ui/pages/sides_bar.h"
#include "ui/pages/strip_link.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/format.h"
#include "ui/widgets/state_stack.h"
#include "ui/widgets/table_helpers.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

namespace tepal::ui {

ProfilesPage::ProfilesPage(Context *context, QWidget *parent)
    : Page(context, parent)
    , m_windows(context->backend()->windows())
    , m_windowsAsker(&m_windows)
    , m_columnsAsker(&m_windows)
{
    auto *content = new QWidget(this);
    m_sides = new SidesBar(context, content);
    m_strip = new TimelineStrip(content);
    m_stripFrame = new ChartFrame(tr("Rows per window"), m_strip, content);
    m_stripFrame->setFixedHeight(146);
    auto *splitter = new QSplitter(Qt::Horizontal, content);
    splitter->setHandleWidth(kMargin);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(makeColumns());
    m_panel = new ColumnPanel(context, splitter);
    splitter->addWidget(m_panel);
    splitter->setSizes({830, 490});
    splitter->setStretchFactor(0, 4);
    splitter->setStretchFactor(1, 3);
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(kPageMargin, kMargin, kPageMargin, kPageMargin);
    column->setSpacing(kMargin);
    column->addWidget(m_sides);
    column->addWidget(m_stripFrame);
    column->addWidget(splitter, 1);
    m_page = new StateStack(content, this);
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(m_page);

    connect(&m_windows, &Windows::windowsReady, this, [this](const Answer<WindowList> &answer) {
        if (!m_windowsAsker.accepts(answer))
            return;
        if (answer) {
            m_strip->setWindows(answer.value);
            m_stripFrame->setSubtitle(
                (this->context()->datasetInfo().segments.isEmpty()
                     ? tr("one bar per %1")
                     : tr("all segments, one bar per %1"))
                    .arg(format::granularity(answer.value->granularity)) +
                tr(", colour below: worst verdict. Drag for A, Ctrl+drag for B"));
        } else {
            Q_EMIT noticeWanted({QStringLiteral("windows"),
                                 NoticeLevel::Error,
                                 answer.problem.text,
                                 answer.problem.next,
                                 {},
                                 {},
                                 false});
        }
    });
    connect(&m_windows, &Windows::columnsReady, this, [this](const Answer<ColumnsSummary> &answer) {
        if (!m_columnsAsker.accepts(answer))
            return;
        m_state->setLoading(false);
        if (std::exchange(m_askAgain, false))
            askColumns();
        if (answer)
            showColumns(*answer.value);
        else
            m_state->showProblem(answer.problem);
    });
    connect(&m_windows, &Windows::windowsChanged, this, [this](const QString &dataset) {
        if (dataset == this->context()->dataset())
            refresh();
    });
    connect(context, &Context::datasetChanged, this, &ProfilesPage::refresh);
    connect(context, &Context::rangeChanged, this, &ProfilesPage::follow);
    connect(context, &Context::comparisonChanged, this, &ProfilesPage::follow);
    connect(context, &Context::judgementChanged, this, &ProfilesPage::showVerdicts);
    connect(context, &Context::selectionChanged, this, &ProfilesPage::syncSelection);
    linkStrip(m_strip, context);
    connect(m_sides, &SidesBar::actionWanted, this, &Page::actionWanted);
    connect(m_page, &StateStack::actionWanted, this, &Page::actionWanted);
    connect(m_state, &StateStack::actionWanted, this, &Page::actionWanted);
    connect(m_state, &StateStack::retryWanted, this, &ProfilesPage::askColumns);
    const auto savedNotice = [this](const QString &file) {
        Q_EMIT noticeWanted(
            {QString(), NoticeLevel::Success, tr("Saved %1").arg(file), {}, {}, {}, true});
    };
    const auto failedNotice = [this](const QString &text) {
        Q_EMIT noticeWanted({QStringLiteral("save"),
                             NoticeLevel::Error,
                             text,
                             tr("Choose another folder"),
                             {},
                             {},
                             false});
    };
    connect(m_panel, &ColumnPanel::saved, this, savedNotice);
    connect(m_panel, &ColumnPanel::failed, this, failedNotice);
    connect(m_stripFrame, &ChartFrame::saved, this, savedNotice);
    connect(m_stripFrame, &ChartFrame::failed, this, failedNotice);
}

QWidget *ProfilesPage::makeColumns()
{
    auto *card = new QFrame(this);
    card->setProperty("class", QStringLiteral("card"));
    auto *title = new QLabel(tr("Columns"), card);
    title->setProperty("class", QStringLiteral("strong"));
    m_counts = new QLabel(card);
    m_counts->setProperty("class", QStringLiteral("caption"));
    m_counts->setTextFormat(Qt::PlainText);
    m_filter = new QLineEdit(card);
    m_filter->setPlaceholderText(tr("Filter by name"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setAccessibleName(tr("Filter columns"));
    m_filter->setMaximumWidth(220);
    auto *head = new QHBoxLayout;
    head->setContentsMargins(0, 0, kGap, 0);
    head->setSpacing(kGap);
    head->addWidget(title);
    head->addWidget(m_counts, 1);
    head->addWidget(m_filter);

    m_columns = new ColumnsModel(this);
    m_proxy = new SortProxy(this);
    m_proxy->setSourceModel(m_columns);
    m_table = new QTableView(card);
    setUpTable(m_table, tr("Columns of the dataset"));
    m_table->setModel(m_proxy);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setSortingEnabled(true);
    m_table->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    m_table->horizontalHeader()->setSortIndicatorClearable(true);
    m_table->horizontalHeader()->setMinimumSectionSize(64);
    setColumnWidths(m_table, {0, 90, 74, 72, 76, 136, 104, 126});
    m_state = new StateStack(m_table, card);
    auto *column = new QVBoxLayout(card);
    column->setContentsMargins(kMargin, kGap, 1, 1);
    column->setSpacing(4);
    column->addLayout(head);
    column->addWidget(m_state, 1);

    connect(m_filter, &QLineEdit::textChanged, m_proxy,
            &QSortFilterProxyModel::setFilterFixedString);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex &current) {
                if (!current.isValid())
                    return;
                const QString name = current.data(KeyRole).toString();
                if (name != context()->feature())
                    context()->select(name, context()->window());
            });
    return card;
}

void ProfilesPage::refresh()
{
    if (!isVisible()) {
        m_stale = true;
        return;
    }
    m_stale = false;
    if (context()->dataset().isEmpty()) {
        m_page->showEmpty(QStringLiteral("layers"), tr("No data yet"),
                          tr("Profiles fill as requests arrive. Start the endpoint and send some, "
                             "or open profile files"),
                          tr("Open profiles…"), QStringLiteral("profiles.import"));
        return;
    }
    m_page->showContent();
    askWindows();
    askColumns();
    m_panel->refresh();
}

void ProfilesPage::askWindows()
{
    m_windows.requestWindows(m_windowsAsker.next(), context()->dataset());
}

/// The windows themselves stay as they are while the sides move over them.
void ProfilesPage::follow()
{
    if (!isVisible() || !context()->isDragging())
        refresh();
    else
        askColumns();
}

void ProfilesPage::askColumns()
{
    // One question at a time while something is dragged: the last place is asked for in the end.
    if (context()->isDragging() && m_columnsAsker.isWaiting()) {
        m_askAgain = true;
        return;
    }
    m_askAgain = false;
    m_state->setLoading(true);
    m_windows.requestColumns(m_columnsAsker.next(),
                             {context()->dataset(), context()->range(), context()->segment()});
}

void ProfilesPage::showColumns(const ColumnsSummary &summary)
{
    m_shown = summary;
    showVerdicts();
    if (summary.columns.isEmpty()) {
        m_state->showEmpty(QStringLiteral("calendar-range"), tr("No rows in this time range"),
                           tr("Choose a wider range, or drag one on the time line"),
                           tr("Show all data"), QStringLiteral("time.all"));
    } else {
        m_state->showContent();
    }
    if (context()->feature().isEmpty() && !summary.columns.isEmpty())
        context()->select(m_proxy->index(0, 0).data(KeyRole).toString(), context()->window());
    syncSelection();
}

/// Verdicts are the judge's, as on every other page.
void ProfilesPage::showVerdicts()
{
    const auto &judgement = context()->judgement();
    for (ColumnSummary &column : m_shown.columns) {
        const FeatureDrift *feature = judgement ? judgement->feature(column.name) : nullptr;
        column.verdict = feature ? feature->verdict : Verdict::NoData;
    }
    m_columns->setRows(m_shown.columns);
    QStringList facts;
    if (m_shown.slice.segment)
        facts << segmentText(*m_shown.slice.segment);
    facts << QStringList{format::counted(m_shown.rows, tr("1 row"), tr("%1 rows")),
                         format::counted(m_shown.windows, tr("1 window"), tr("%1 windows"))};
    if (judgement)
        facts << tr("against %1").arg(context()->nameB(judgement->referenceName));
    m_counts->setText(facts.join(QStringLiteral(" · ")));
}

void ProfilesPage::syncSelection()
{
    for (int i = 0; i < m_proxy->rowCount(); ++i) {
        const QModelIndex index = m_proxy->index(i, 0);
        if (index.data(KeyRole).toString() != context()->feature())
            continue;
        if (m_table->currentIndex().row() != i)
            m_table->setCurrentIndex(index);
        return;
    }
}

void ProfilesPage::focusFilter()
{
    m_filter->setFocus();
    m_filter->selectAll();
}

void ProfilesPage::exportShown()
{
    if (ChartFrame *frame = m_panel->currentFrame())
        frame->saveCsv();
}

void ProfilesPage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    if (m_stale)
        refresh();
}

} // namespace tepal::ui
