#include "ui/pages/uploads_page.h"

#include "ui/backend/uploads.h"
#include "ui/models/columns_model.h"
#include "ui/models/outbox_model.h"
#include "ui/pages/destination_card.h"
#include "ui/pages/destination_form.h"
#include "ui/pages/planned_dialog.h"
#include "ui/pages/xray_dialog.h"
#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/format.h"
#include "ui/widgets/state_stack.h"
#include "ui/widgets/table_helpers.h"

#include <QDragEnterEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QMimeData>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>

namespace tepal::ui {

UploadsPage::UploadsPage(Context *context, QWidget *parent)
    : Page(context, parent)
    , m_uploads(context->backend()->uploads())
    , m_uploadAsker(&m_uploads)
{
    auto *strip = new QWidget(this);
    m_cards = new QHBoxLayout(strip);
    m_cards->setContentsMargins(0, 0, 0, 0);
    m_cards->setSpacing(kMargin);
    m_cards->addStretch();
    auto *scroll = new QScrollArea(this);
    scroll->setWidget(strip);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFixedHeight(188);
    strip->setProperty("class", QStringLiteral("page"));

    auto *splitter = new QSplitter(Qt::Horizontal, this);
    splitter->setHandleWidth(kMargin);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(makeOutbox());
    splitter->addWidget(makeDetail());
    splitter->setSizes({1010, 320});
    splitter->setStretchFactor(0, 5);
    splitter->setStretchFactor(1, 2);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(kPageMargin, kMargin, kPageMargin, kPageMargin);
    column->setSpacing(kMargin);
    column->addWidget(scroll);
    column->addWidget(splitter, 1);

    connect(&m_uploads, &Uploads::destinationsChanged, this, &UploadsPage::updateDestinations);
    connect(&m_uploads, &Uploads::outboxChanged, this, &UploadsPage::updateOutbox);
    connect(&m_uploads, &Uploads::uploadFinished, this, [this](const Answer<UploadReport> &answer) {
        if (!m_uploadAsker.accepts(answer))
            return;
        if (!answer) {
            Q_EMIT noticeWanted({QStringLiteral("upload"),
                                 NoticeLevel::Error,
                                 answer.problem.text,
                                 answer.problem.next,
                                 {},
                                 {},
                                 false});
            return;
        }
        if (answer.value->dryRun && !answer.value->problem)
            return showPlanned(*answer.value);
        const bool failed = answer.value->failed > 0;
        const Problem &problem = answer.value->problem;
        Q_EMIT noticeWanted(
            {QStringLiteral("upload"),
             failed ? NoticeLevel::Warning : NoticeLevel::Success,
             problem ? tr("%1: %2").arg(answer.value->text, problem.text) : answer.value->text,
             problem.next,
             {},
             {},
             !failed});
    });
    connect(&Theme::instance(), &Theme::changed, this, &UploadsPage::updateDestinations);
    setAcceptDrops(true);
    updateDestinations();
    updateOutbox();
}

QWidget *UploadsPage::makeOutbox()
{
    auto *card = new QFrame(this);
    card->setProperty("class", QStringLiteral("card"));
    auto *title = new QLabel(tr("Outbox"), card);
    title->setProperty("class", QStringLiteral("strong"));
    m_counts = new QLabel(card);
    m_counts->setProperty("class", QStringLiteral("caption"));
    m_counts->setTextFormat(Qt::PlainText);
    auto *dryRun = new QPushButton(tr("Dry run"), card);
    dryRun->setProperty("class", QStringLiteral("quiet"));
    dryRun->setToolTip(tr("Say what would be sent, without sending"));
    m_retry = new QPushButton(tr("Retry"), card);
    m_drop = new QPushButton(tr("Drop"), card);
    m_retry->setProperty("class", QStringLiteral("quiet"));
    m_drop->setProperty("class", QStringLiteral("quiet"));
    m_xray = new QPushButton(tr("X-ray"), card);
    m_xray->setProperty("class", QStringLiteral("quiet"));
    m_xray->setToolTip(tr("What exactly the selected upload contains; a profile file can be "
                          "dropped on this page as well"));
    m_drop->setToolTip(tr("Do not send the selected uploads; the profiles themselves stay"));
    auto *head = new QHBoxLayout;
    head->setContentsMargins(0, 0, kGap, 0);
    head->addWidget(title);
    head->addWidget(m_counts, 1);
    head->addWidget(m_xray);
    head->addWidget(dryRun);
    head->addWidget(m_retry);
    head->addWidget(m_drop);

    m_outbox = new OutboxModel(this);
    m_proxy = new SortProxy(this);
    m_proxy->setSourceModel(m_outbox);
    m_table = new QTableView(card);
    setUpTable(m_table, tr("Uploads"));
    m_table->setModel(m_proxy);
    m_table->setTextElideMode(Qt::ElideRight);
    m_table->setSortingEnabled(true);
    m_table->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    m_table->horizontalHeader()->setSortIndicatorClearable(true);
    setColumnWidths(m_table, {112, 238, 92, 68, 84, 106, 60, 0});
    m_state = new StateStack(m_table, card);
    auto *column = new QVBoxLayout(card);
    column->setContentsMargins(kMargin, kGap, 1, 1);
    column->setSpacing(4);
    column->addLayout(head);
    column->addWidget(m_state, 1);

    connect(dryRun, &QPushButton::clicked, this, [this] { send(QString(), true); });
    connect(m_retry, &QPushButton::clicked, this, [this] { m_uploads.retryOutbox(selectedIds()); });
    connect(m_xray, &QPushButton::clicked, this, &UploadsPage::showXray);
    connect(m_table, &QTableView::activated, this, &UploadsPage::showXray);
    connect(m_drop, &QPushButton::clicked, this, [this] { m_uploads.dropOutbox(selectedIds()); });
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &UploadsPage::updateDetail);
    return card;
}

QWidget *UploadsPage::makeDetail()
{
    auto *card = new QFrame(this);
    card->setProperty("class", QStringLiteral("card"));
    m_side = new QStackedWidget(card);
    auto *detail = new QWidget(m_side);
    m_detailTitle = new QLabel(detail);
    m_detailTitle->setProperty("class", QStringLiteral("section"));
    m_detailTitle->setTextFormat(Qt::PlainText);
    m_detailTitle->setWordWrap(true);
    m_detail = new QLabel(detail);
    m_detail->setTextFormat(Qt::PlainText);
    m_detail->setWordWrap(true);
    m_detail->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_detail->setAccessibleName(tr("Details of the selected upload"));
    m_detail->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    auto *column = new QVBoxLayout(detail);
    column->setContentsMargins(kMargin, kMargin, kMargin, kMargin);
    column->addWidget(m_detailTitle);
    column->addWidget(m_detail, 1);
    m_form = new DestinationForm(&m_uploads, m_side);
    auto *formScroll = new QScrollArea(m_side);
    formScroll->setWidget(m_form);
    formScroll->setWidgetResizable(true);
    formScroll->setFrameShape(QFrame::NoFrame);
    formScroll->setFocusPolicy(Qt::NoFocus);
    m_form->setProperty("class", QStringLiteral("page"));
    m_side->addWidget(detail);
    m_side->addWidget(formScroll);
    auto *outer = new QVBoxLayout(card);
    outer->setContentsMargins(1, 1, 1, 1);
    outer->addWidget(m_side);
    connect(m_form, &DestinationForm::closed, this, [this] { m_side->setCurrentIndex(0); });
    return card;
}

void UploadsPage::refresh()
{
    updateDestinations();
    updateOutbox();
}

void UploadsPage::updateDestinations()
{
    const QList<Destination> all = m_uploads.destinations();
    while (m_cardList.size() > all.size())
        delete m_cardList.takeLast();
    while (m_cardList.size() < all.size()) {
        auto *card = new DestinationCard(this);
        m_cards->insertWidget(static_cast<int>(m_cardList.size()), card, 1);
        m_cardList.append(card);
        connect(card, &DestinationCard::setUpWanted, this, &UploadsPage::setUp);
        connect(card, &DestinationCard::uploadWanted, this,
                [this](const QString &id) { send(id, false); });
        connect(card, &DestinationCard::pauseWanted, this,
                [this](const QString &id, bool paused) { m_uploads.setPaused(id, paused); });
    }
    for (qsizetype i = 0; i < all.size(); ++i)
        m_cardList[i]->setDestination(all[i], backend()->now());
}

void UploadsPage::updateOutbox()
{
    const QList<OutboxItem> items = m_uploads.outbox();
    m_outbox->setNow(backend()->now());
    m_outbox->setRows(items);
    const OutboxTotals totals = m_uploads.totals();
    QString counts = tr("%1 waiting · %2 refused · %3 sent")
                         .arg(format::count(totals.waiting), format::count(totals.failed),
                              format::count(totals.sent));
    if (totals.asks > 0)
        counts += tr(" · %1 for you to decide").arg(format::count(totals.asks));
    if (items.size() >= Uploads::kOutboxShown)
        counts = tr("%1 · the newest %2 are shown").arg(counts, format::count(items.size()));
    m_counts->setText(counts);
    if (items.isEmpty()) {
        const QList<Destination> destinations = m_uploads.destinations();
        const bool ready = std::any_of(destinations.begin(), destinations.end(),
                                       [](const Destination &d) { return d.isConfigured(); });
        m_state->showEmpty(QStringLiteral("cloud-upload"), tr("Nothing has left this machine"),
                           ready ? tr("“Dry run” lists what an upload would send; “Upload” sends "
                                      "the windows that are finished")
                                 : tr("Set up a destination, and finished windows appear here "
                                      "before they are sent"));
    } else {
        m_state->showContent();
    }
    updateDetail();
}

QList<qint64> UploadsPage::selectedIds() const
{
    QList<qint64> ids;
    const auto rows = m_table->selectionModel()->selectedRows();
    for (const QModelIndex &index : rows)
        ids << index.data(KeyRole).toLongLong();
    return ids;
}

void UploadsPage::updateDetail()
{
    const QList<qint64> ids = selectedIds();
    bool canRetry = false;
    bool canDrop = false;
    const OutboxItem *shown = nullptr;
    for (const OutboxItem &item : m_outbox->rows()) {
        if (!ids.contains(item.id))
            continue;
        shown = shown ? shown : &item;
        canRetry = canRetry || item.phase == OutboxPhase::Failed ||
                   item.phase == OutboxPhase::Asks || item.phase == OutboxPhase::Retrying;
        canDrop = canDrop || item.phase != OutboxPhase::Sent;
    }
    m_retry->setEnabled(canRetry);
    m_drop->setEnabled(canDrop);
    m_xray->setEnabled(shown != nullptr);
    if (!shown) {
        m_detailTitle->setText(tr("Upload details"));
        m_detail->setText(tr("Select an upload to see what it holds and what happened to it"));
        return;
    }
    m_detailTitle->setText(format::window(shown->window));
    QStringList lines{
        shown->destinationName.isEmpty()
            ? tr("Waits for a destination")
            : tr("%1 to %2").arg(OutboxModel::phaseWord(shown->phase), shown->destinationName),
        tr("Dataset %1").arg(shown->dataset),
        format::counted(shown->rows, tr("1 row"), tr("%1 rows")) +
            (shown->bytes == 0 ? QString() : QStringLiteral(", ") + format::bytes(shown->bytes)),
        shown->attempts == 0
            ? tr("Not tried yet")
            : tr("Tried %1, last %2")
                  .arg(format::counted(shown->attempts, tr("once"), tr("%1 times")),
                       format::age(shown->updated, backend()->now()))};
    if (!shown->subject.isEmpty())
        lines.insert(2, shown->subject);
    if (!shown->objectName.isEmpty())
        lines << QString() << tr("Stored as") << shown->objectName;
    if (shown->problem)
        lines << QString() << shown->problem.text << shown->problem.next;
    m_detail->setText(lines.join(QLatin1Char('\n')));
    if (!m_table->selectionModel()->selectedRows().isEmpty() && m_table->hasFocus())
        m_side->setCurrentIndex(0);
}

XrayDialog *UploadsPage::xrayDialog()
{
    if (!m_xrayDialog)
        m_xrayDialog = new XrayDialog(&m_uploads, this);
    return m_xrayDialog;
}

void UploadsPage::showPlanned(const UploadReport &report)
{
    if (!m_plannedDialog) {
        m_plannedDialog = new PlannedDialog(this);
        connect(m_plannedDialog, &PlannedDialog::xrayWanted, this,
                [this](const PlannedUpload &planned) { xrayDialog()->showPlanned(planned); });
    }
    m_plannedDialog->showReport(report);
}

void UploadsPage::showXray()
{
    const QList<qint64> ids = selectedIds();
    for (const OutboxItem &item : m_outbox->rows()) {
        if (ids.value(0) == item.id)
            return xrayDialog()->showItem(item);
    }
}

void UploadsPage::dragEnterEvent(QDragEnterEvent *event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    if (urls.size() == 1 && urls.first().isLocalFile())
        event->acceptProposedAction();
}

void UploadsPage::dropEvent(QDropEvent *event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    if (urls.isEmpty())
        return;
    event->acceptProposedAction();
    showFile(urls.first().toLocalFile());
}

void UploadsPage::showFile(const QString &path)
{
    xrayDialog()->showFile(path);
}

void UploadsPage::send(const QString &destination, bool dryRun)
{
    m_uploads.upload(m_uploadAsker.next(),
                     {destination, context()->dataset(), std::nullopt, dryRun});
}

void UploadsPage::setUp(const QString &destination)
{
    m_form->open(destination);
    m_side->setCurrentIndex(1);
}

void UploadsPage::uploadNow()
{
    const QList<Destination> all = m_uploads.destinations();
    for (const Destination &d : all) {
        if (d.isConfigured()) {
            send(QString(), false);
            return;
        }
    }
    // Nothing is set up: a folder is the one-click choice.
    for (const Destination &d : all) {
        if (d.kind == QStringLiteral("folder")) {
            setUp(d.id);
            return;
        }
    }
    if (!all.isEmpty())
        setUp(all.first().id);
}

} // namespace tepal::ui
