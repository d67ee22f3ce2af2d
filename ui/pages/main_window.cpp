#include "ui/pages/main_window.h"

#include "ui/backend/comparison.h"
#include "ui/backend/endpoint.h"
#include "ui/backend/jobs.h"
#include "ui/backend/models.h"
#include "ui/backend/reference_notices.h"
#include "ui/backend/simulation.h"
#include "ui/backend/uploads.h"
#include "ui/backend/windows.h"
#include "ui/pages/drift_page.h"
#include "ui/pages/first_start.h"
#include "ui/pages/live_page.h"
#include "ui/pages/log_page.h"
#include "ui/pages/models_page.h"
#include "ui/pages/preferences.h"
#include "ui/pages/profiles_page.h"
#include "ui/pages/settings_page.h"
#include "ui/pages/simulate_panel.h"
#include "ui/pages/status_bar.h"
#include "ui/pages/toolbar.h"
#include "ui/pages/uploads_page.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/action_registry.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/command_palette.h"
#include "ui/widgets/format.h"
#include "ui/widgets/job_popover.h"
#include "ui/widgets/nav_rail.h"
#include "ui/widgets/status_button.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMimeData>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace tepal::ui {

QStringList MainWindow::pageIds()
{
    return {QStringLiteral("live"),    QStringLiteral("profiles"), QStringLiteral("drift"),
            QStringLiteral("uploads"), QStringLiteral("models"),   QStringLiteral("log"),
            QStringLiteral("settings")};
}

MainWindow::MainWindow(Backend *backend, Preferences *preferences)
    : m_backend(backend)
    , m_preferences(preferences)
    , m_context(new Context(backend, this))
    , m_actions(new ActionRegistry(this))
{
    setMinimumSize(1024, 640);
    setAcceptDrops(true);
    resize(1440, 900);
    setWindowIcon(QIcon(QStringLiteral(":/tepal/icons/tepal.svg")));
    makeActions();
    auto *central = new QWidget(this);
    m_rail = new NavRail(central);
    m_toolbar = new Toolbar(m_context, m_actions, central);
    m_banners = new BannerArea(central);
    m_stack = new QStackedWidget(central);
    m_stack->setFocusPolicy(Qt::ClickFocus);
    m_status = new StatusBar(m_context, central);
    auto *right = new QVBoxLayout;
    right->setSpacing(0);
    right->addWidget(m_toolbar);
    right->addWidget(m_banners);
    right->addWidget(m_stack, 1);
    right->addWidget(m_status);
    auto *row = new QHBoxLayout(central);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(m_rail);
    row->addLayout(right, 1);
    setCentralWidget(central);

    m_jobs = new JobPopover(central);
    m_simulate = new SimulatePanel(&backend->simulation(), &backend->endpoint(), central);
    m_palette = new CommandPalette(m_actions, this);
    makePages();
    connectBackend();
    applyPreferences();
    if (!preferences->values().geometry.isEmpty())
        restoreGeometry(preferences->values().geometry);
    const QString last = preferences->values().page;
    showPage(pageIds().contains(last) ? last : QStringLiteral("live"));
    updateFirstStart();
    updateBadges();
    updateActions();
    m_stack->setFocus();
}

MainWindow::~MainWindow() = default;

void MainWindow::makePages()
{
    m_firstStart = new FirstStart(m_stack);
    m_stack->addWidget(m_firstStart);
    connect(m_firstStart, &FirstStart::actionWanted, this, &MainWindow::runAction);
    m_uploads = new UploadsPage(m_context, m_stack);
    m_modelsPage = new ModelsPage(m_context, m_stack);
    auto *settings = new SettingsPage(m_context, m_preferences, m_stack);
    const struct
    {
        const char *id;
        const char *icon;
        QString text;
        Page *page;
    } pages[]{
        {"live", "activity", tr("Live"), new LivePage(m_context, m_stack)},
        {"profiles", "chart-column", tr("Profiles"), new ProfilesPage(m_context, m_stack)},
        {"drift", "git-compare-arrows", tr("Drift"), new DriftPage(m_context, m_stack)},
        {"uploads", "cloud-upload", tr("Uploads"), m_uploads},
        {"models", "box", tr("Models"), m_modelsPage},
        {"log", "scroll-text", tr("Log"), new LogPage(m_context, m_stack)},
        {"settings", "settings", tr("Settings"), settings},
    };
    int number = 1;
    for (const auto &p : pages) {
        const QString id = QLatin1String(p.id);
        const QKeySequence keys(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_0 + number++));
        if (id == QStringLiteral("settings"))
            m_rail->addStretch();
        m_rail->addPage(id, QLatin1String(p.icon), p.text, keys.toString(QKeySequence::NativeText));
        m_stack->addWidget(p.page);
        m_pages.insert(id, p.page);
        p.page->setAccessibleName(p.text);
        m_actions->add({QStringLiteral("page.") + id, tr("Go to"), p.text, QLatin1String(p.icon),
                        keys, [this, id] { showPage(id); }});
        connect(p.page, &Page::actionWanted, this, &MainWindow::runAction);
        connect(p.page, &Page::noticeWanted, this, &MainWindow::notify);
    }
    connect(m_rail, &NavRail::chosen, this, &MainWindow::showPage);
    connect(settings, &SettingsPage::destinationWanted, this, [this](const QString &id) {
        showPage(QStringLiteral("uploads"));
        m_uploads->setUp(id);
    });
    connect(m_simulate, &SimulatePanel::actionWanted, this, &MainWindow::runAction);
}

void MainWindow::connectBackend()
{
    Backend *b = m_backend;
    connect(b, &Backend::noticed, this, &MainWindow::notify);
    connect(b, &Backend::noticeCleared, m_banners, &BannerArea::clear);
    connect(&b->models(), &Models::modelsChanged, this, &MainWindow::updateFirstStart);
    connect(&b->windows(), &Windows::datasetsChanged, this, &MainWindow::updateFirstStart);
    connect(&b->jobs(), &Jobs::jobsChanged, this, [this] {
        const QList<JobInfo> jobs = m_backend->jobs().list();
        m_jobs->setJobs(jobs);
        m_firstStart->setJobs(jobs);
        if (m_jobs->isVisible())
            m_jobs->move(m_rail->width() + kGap,
                         centralWidget()->height() - kStatusHeight - m_jobs->height() - kGap);
    });
    connect(m_context, &Context::judgementChanged, this, &MainWindow::updateBadges);
    connect(&b->uploads(), &Uploads::outboxChanged, this, &MainWindow::updateBadges);
    connect(&b->endpoint(), &Endpoint::endpointChanged, this, &MainWindow::updateActions);
    connect(&b->models(), &Models::modelsChanged, this, &MainWindow::updateActions);
    connect(&b->simulation(), &Simulation::simulationChanged, this, &MainWindow::updateActions);
    connect(m_context, &Context::datasetChanged, this, &MainWindow::updateActions);
    connect(m_context, &Context::datasetChanged, this, &MainWindow::updateTitle);
    connect(m_context, &Context::referenceLost, this, [this](const QString &name) {
        notify({QStringLiteral("reference.lost"),
                NoticeLevel::Warning,
                tr("The reference “%1” is gone").arg(name),
                tr("It is compared with the current one now"),
                {},
                {},
                false});
    });
    connect(m_context, &Context::historyChanged, this, [this] {
        m_actions->setEnabled(QStringLiteral("view.back"), m_context->canGoBack());
        m_actions->setEnabled(QStringLiteral("view.forward"), m_context->canGoForward());
    });
    connect(m_jobs, &JobPopover::cancelWanted, &b->jobs(), &Jobs::cancelJob);
    connect(m_jobs, &JobPopover::dismissWanted, &b->jobs(), &Jobs::dismissJob);
    connect(m_banners, &BannerArea::actionWanted, this, &MainWindow::runAction);
    connect(m_status, &StatusBar::pageWanted, this, &MainWindow::showPage);
    connect(m_status, &StatusBar::jobsWanted, this, &MainWindow::toggleJobs);
    connect(m_status, &StatusBar::zoneWanted, this,
            [this] { m_actions->trigger(QStringLiteral("view.utc")); });
    connect(m_preferences, &Preferences::changed, this, &MainWindow::applyPreferences);
    connect(m_palette, &CommandPalette::jumpWanted, this, [this](const QString &name) {
        m_context->select(name, m_context->window());
        if (m_current != QStringLiteral("drift"))
            showPage(QStringLiteral("profiles"));
    });
}

Page *MainWindow::page(const QString &id) const
{
    return m_pages.value(id);
}

/// Where no page takes it itself: a profile is looked into, everything else is a model's or a table
/// for models.
void MainWindow::dropFile(const QString &path)
{
    if (path.endsWith(QStringLiteral(".bin"), Qt::CaseInsensitive))
        return openFile(path);
    showPage(QStringLiteral("models"));
    m_modelsPage->takeFile(path);
}

void MainWindow::dragEnterEvent(QDragEnterEvent *event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    if (urls.size() == 1 && urls.first().isLocalFile())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent *event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    if (urls.size() != 1 || !urls.first().isLocalFile())
        return;
    event->acceptProposedAction();
    dropFile(urls.first().toLocalFile());
}

void MainWindow::openFile(const QString &path)
{
    showPage(QStringLiteral("uploads"));
    m_uploads->showFile(path);
}

void MainWindow::showPage(const QString &id)
{
    Page *wanted = page(id);
    if (!wanted)
        return;
    m_current = id;
    m_rail->setCurrent(id);
    m_stack->setCurrentWidget(wanted);
    updateFirstStart();
    updateTitle();
}

void MainWindow::updateFirstStart()
{
    // Settings and the log stay reachable on an empty home.
    const bool empty =
        m_backend->models().list().isEmpty() && m_backend->windows().datasets().isEmpty();
    const bool covers = empty && m_current != QStringLiteral("settings") &&
                        m_current != QStringLiteral("log") &&
                        m_current != QStringLiteral("uploads");
    if (covers)
        m_stack->setCurrentWidget(m_firstStart);
    else if (m_stack->currentWidget() == m_firstStart)
        m_stack->setCurrentWidget(page(m_current));
}

void MainWindow::updateBadges()
{
    const auto &judgement = m_context->judgement();
    m_rail->setBadge(QStringLiteral("drift"), judgement ? tallyOf(*judgement).drifting : 0);
    int failed = 0;
    const QList<OutboxItem> items = m_backend->uploads().outbox();
    for (const OutboxItem &item : items)
        failed += item.phase == OutboxPhase::Failed ? 1 : 0;
    m_rail->setBadge(QStringLiteral("uploads"), failed);
}

void MainWindow::updateActions()
{
    // What cannot be done now is not offered by menu, palette or keys.
    const EndpointPhase phase = m_backend->endpoint().state().phase;
    const bool models = !m_backend->models().list().isEmpty();
    const bool hasData = !m_context->dataset().isEmpty();
    m_actions->setEnabled(QStringLiteral("endpoint.start"),
                          models &&
                              (phase == EndpointPhase::Stopped || phase == EndpointPhase::Failed));
    m_actions->setEnabled(QStringLiteral("endpoint.stop"), phase == EndpointPhase::Serving);
    m_actions->setEnabled(QStringLiteral("simulate.open"), models);
    m_actions->setEnabled(QStringLiteral("simulate.stop"), m_backend->simulation().state().running);
    m_actions->setEnabled(QStringLiteral("profiles.export"), hasData);
    m_actions->setEnabled(QStringLiteral("reference.make"), hasData);
    m_actions->setEnabled(QStringLiteral("windows.delete"), hasData);
}

void MainWindow::updateTitle()
{
    const Page *p = page(m_current);
    QStringList parts;
    if (!m_context->dataset().isEmpty())
        parts << m_context->dataset();
    if (p)
        parts << p->accessibleName();
    parts << QStringLiteral("Tepal");
    setWindowTitle(parts.join(QStringLiteral(" – ")));
}

void MainWindow::applyPreferences()
{
    const PreferenceValues &v = m_preferences->values();
    Theme::instance().setMode(v.theme);
    if (format::isUtc() != v.utc) {
        format::setUtc(v.utc);
        // Every text with a time is out of date: ask again and repaint.
        for (Page *p : std::as_const(m_pages))
            p->refresh();
        Q_EMIT m_context->rangeChanged();
        update();
    }
}

void MainWindow::notify(const Notice &notice)
{
    m_banners->show(notice);
}

void MainWindow::runAction(const QString &id)
{
    const QString undo = QStringLiteral("models.undo:");
    const QString setUp = QStringLiteral("uploads.setup:");
    const QString port = QStringLiteral("endpoint.port:");
    const QString restore = QStringLiteral("windows.restore:");
    if (undoReference(m_backend->comparison(), id))
        return;
    if (id.startsWith(undo)) {
        m_backend->models().undoDeleteModel(id.mid(undo.size()));
    } else if (id.startsWith(setUp)) {
        showPage(QStringLiteral("uploads"));
        m_uploads->setUp(id.mid(setUp.size()));
    } else if (id.startsWith(restore)) {
        // Start, end and, as it may contain anything, the dataset last.
        const QString rest = id.mid(restore.size());
        const TimeRange range{rest.section(u':', 0, 0).toLongLong(),
                              rest.section(u':', 1, 1).toLongLong()};
        m_backend->windows().restoreWindows(rest.section(u':', 2), range);
    } else if (id.startsWith(port)) {
        EndpointOptions options;
        options.modelTag = m_backend->endpoint().state().modelTag;
        options.port = id.mid(port.size()).toInt();
        m_backend->endpoint().startEndpoint(options);
    } else {
        m_actions->trigger(id);
    }
}

void MainWindow::toggleSimulate()
{
    if (m_simulate->isVisible()) {
        m_simulate->hide();
    } else {
        m_simulate->adjustSize();
        const QToolButton *button = m_toolbar->simulateButton();
        const QPoint at = button->mapTo(centralWidget(), QPoint(0, button->height() + 6));
        m_simulate->move(std::min(at.x(), centralWidget()->width() - m_simulate->width() - kGap),
                         at.y() + 4);
        m_simulate->show();
        m_simulate->raise();
        m_simulate->setFocus();
        QWidget *first = m_simulate->nextInFocusChain();
        if (first && m_simulate->isAncestorOf(first))
            first->setFocus();
    }
    m_toolbar->simulateButton()->setChecked(m_simulate->isVisible());
}

void MainWindow::toggleJobs()
{
    if (m_jobs->isVisible()) {
        m_jobs->hide();
        return;
    }
    m_jobs->setJobs(m_backend->jobs().list());
    m_jobs->show();
    m_jobs->raise();
    m_jobs->move(m_rail->width() + kGap,
                 centralWidget()->height() - kStatusHeight - m_jobs->height() - kGap);
}

void MainWindow::cycleAreas()
{
    // F6: rail, toolbar, page, status bar, and round.
    const QList<QWidget *> areas{m_rail, m_toolbar, m_stack->currentWidget(), m_status};
    const QWidget *focus = QApplication::focusWidget();
    qsizetype now = -1;
    for (qsizetype i = 0; i < areas.size(); ++i) {
        if (focus && areas[i]->isAncestorOf(focus))
            now = i;
    }
    for (qsizetype step = 1; step <= areas.size(); ++step) {
        QWidget *area = areas[(now + step) % areas.size()];
        const QList<QWidget *> inside = area->findChildren<QWidget *>();
        for (QWidget *w : inside) {
            if ((w->focusPolicy() & Qt::TabFocus) && w->isVisible() && w->isEnabled()) {
                w->setFocus(Qt::TabFocusReason);
                return;
            }
        }
    }
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    PreferenceValues v = m_preferences->values();
    v.geometry = saveGeometry();
    v.page = m_current;
    m_preferences->change(v);
    event->accept();
}

void MainWindow::resizeEvent(QResizeEvent *event)
{
    QMainWindow::resizeEvent(event);
    m_simulate->hide();
    m_toolbar->simulateButton()->setChecked(false);
    m_jobs->hide();
}

void MainWindow::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Escape) {
        if (m_simulate->isVisible())
            toggleSimulate();
        else if (m_jobs->isVisible())
            m_jobs->hide();
        else
            m_context->clearWindow();
        return;
    }
    QMainWindow::keyPressEvent(event);
}

} // namespace tepal::ui
