// The actions of the main window: what can be done, and with which keys.
#include "ui/backend/comparison.h"
#include "ui/backend/endpoint.h"
#include "ui/backend/models.h"
#include "ui/backend/simulation.h"
#include "ui/backend/windows.h"
#include "ui/pages/about_dialog.h"
#include "ui/pages/main_window.h"
#include "ui/pages/models_page.h"
#include "ui/pages/page.h"
#include "ui/pages/preferences.h"
#include "ui/pages/reference_dialog.h"
#include "ui/pages/toolbar.h"
#include "ui/pages/uploads_page.h"
#include "ui/widgets/action_registry.h"
#include "ui/widgets/command_palette.h"
#include "ui/widgets/file_dialogs.h"
#include "ui/widgets/format.h"

#include <QAction>
#include <QApplication>
#include <QDialog>
#include <QHeaderView>
#include <QTableWidget>
#include <QVBoxLayout>

namespace tepal::ui {

void MainWindow::makeActions()
{
    makeEndpointActions();
    makeDataActions();
    makeViewActions();
}

void MainWindow::makeEndpointActions()
{
    const QString group = tr("Endpoint");
    m_actions->add({QStringLiteral("endpoint.start"), group, tr("Start endpoint"),
                    QStringLiteral("play"), QKeySequence(Qt::CTRL | Qt::Key_R), [this] {
                        EndpointOptions options;
                        options.modelTag = m_backend->endpoint().state().modelTag;
                        options.port = m_preferences->values().port;
                        m_backend->endpoint().startEndpoint(options);
                    }});
    m_actions->add({QStringLiteral("endpoint.stop"), group, tr("Stop endpoint"),
                    QStringLiteral("square"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_R),
                    [this] { m_backend->endpoint().stopEndpoint(); }});
    m_actions->add({QStringLiteral("simulate.open"), group, tr("Simulate traffic"),
                    QStringLiteral("waves"), QKeySequence(Qt::CTRL | Qt::Key_T),
                    [this] { toggleSimulate(); }});
    m_actions->add({QStringLiteral("simulate.stop"),
                    group,
                    tr("Stop simulation"),
                    QStringLiteral("square"),
                    {},
                    [this] { m_backend->simulation().stopSimulation(); }});
    m_actions->add({QStringLiteral("start.iris"),
                    group,
                    tr("Try it with iris"),
                    QStringLiteral("flower-2"),
                    {},
                    [this] { m_backend->simulation().tryWithIris(); }});
    m_actions->add({QStringLiteral("models.train"),
                    group,
                    tr("Train iris model"),
                    QStringLiteral("brain"),
                    {},
                    [this] { m_backend->models().trainIris(5); }});
    m_actions->add({QStringLiteral("models.import"),
                    group,
                    tr("Import model…"),
                    QStringLiteral("box"),
                    {},
                    [this] {
                        showPage(QStringLiteral("models"));
                        m_modelsPage->chooseImport();
                    }});
}

void MainWindow::makeDataActions()
{
    const QString group = tr("Data");
    m_actions->add({QStringLiteral("profiles.import"), group, tr("Open profiles…"),
                    QStringLiteral("folder-open"), QKeySequence::Open, [this] {
                        askOpenFiles(this, tr("Open profiles"), tr("Profile files (*.bin)"), true,
                                     [this](const QStringList &files) {
                                         m_backend->windows().importProfiles(m_context->dataset(),
                                                                             files);
                                     });
                    }});
    m_actions->add(
        {QStringLiteral("profiles.export"), group, tr("Export profile of this range…"),
         QStringLiteral("file-down"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_E), [this] {
             if (m_context->dataset().isEmpty())
                 return;
             askSaveFile(this, tr("Export profile"), m_context->dataset() + QStringLiteral(".bin"),
                         tr("Profile file (*.bin)"), [this](const QString &file) {
                             m_backend->windows().exportProfile(m_context->focus(), file);
                         });
         }});
    m_actions->add({QStringLiteral("reference.make"),
                    group,
                    tr("Use this range as reference…"),
                    QStringLiteral("history"),
                    {},
                    [this] { askReference(); }});
    m_actions->add({QStringLiteral("windows.delete"),
                    group,
                    tr("Delete the windows of this range"),
                    QStringLiteral("trash-2"),
                    {},
                    [this] {
                        if (!m_context->dataset().isEmpty())
                            m_backend->windows().deleteWindows(m_context->dataset(),
                                                               m_context->focusRange());
                    }});
    m_actions->add({QStringLiteral("upload.now"), group, tr("Upload"), QStringLiteral("upload"),
                    QKeySequence(Qt::CTRL | Qt::Key_U), [this] {
                        showPage(QStringLiteral("uploads"));
                        m_uploads->uploadNow();
                    }});
    m_actions->add({QStringLiteral("view.export"), group, tr("Export what is shown…"),
                    QStringLiteral("download"), QKeySequence(Qt::CTRL | Qt::Key_E), [this] {
                        if (Page *p = page(m_current))
                            p->exportShown();
                    }});
}

void MainWindow::askReference()
{
    if (m_context->dataset().isEmpty())
        return;
    auto *dialog = new ReferenceDialog(&m_backend->comparison(), &m_backend->windows(),
                                       m_context->focus(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    // What was said is what is seen: verdicts are against the new one, here too.
    connect(dialog, &ReferenceDialog::making, m_context, [this] { m_context->setAgainst({}); });
    dialog->open();
}

void MainWindow::makeViewActions()
{
    const QString view = tr("View");
    m_actions
        ->add({QStringLiteral("view.back"), view, tr("Back"), QStringLiteral("chevron-left"),
               QKeySequence(Qt::ALT | Qt::Key_Left), [this] { m_context->goBack(); }})
        ->setEnabled(false);
    m_actions
        ->add({QStringLiteral("view.forward"), view, tr("Forward"), QStringLiteral("chevron-right"),
               QKeySequence(Qt::ALT | Qt::Key_Right), [this] { m_context->goForward(); }})
        ->setEnabled(false);
    m_actions->add({QStringLiteral("view.refresh"), view, tr("Refresh"),
                    QStringLiteral("refresh-cw"), QKeySequence(Qt::Key_F5), [this] {
                        if (Page *p = page(m_current))
                            p->refresh();
                    }});
    m_actions->add({QStringLiteral("view.filter"), view, tr("Filter"), QStringLiteral("search"),
                    QKeySequence::Find, [this] {
                        if (Page *p = page(m_current))
                            p->focusFilter();
                    }});
    m_actions->add({QStringLiteral("view.pause"), view, tr("Pause or resume live lists"),
                    QStringLiteral("pause"), QKeySequence(Qt::CTRL | Qt::Key_Space), [this] {
                        if (Page *p = page(m_current))
                            p->togglePause();
                    }});
    m_actions->add({QStringLiteral("time.open"), view, tr("Choose time range"),
                    QStringLiteral("calendar-range"), QKeySequence(Qt::CTRL | Qt::Key_D),
                    [this] { m_toolbar->timePicker()->openPopup(); }});
    m_actions->add({QStringLiteral("time.all"),
                    view,
                    tr("Show all data"),
                    QStringLiteral("zoom-out"),
                    {},
                    [this] {
                        m_context->setTimeSelection({TimeSelection::Preset::All, {}});
                    }});
    m_actions->add({QStringLiteral("time.day"),
                    view,
                    tr("Show last 24 hours"),
                    QStringLiteral("clock"),
                    {},
                    [this] {
                        m_context->setTimeSelection({TimeSelection::Preset::LastDay, {}});
                    }});
    m_actions->add({QStringLiteral("time.week"),
                    view,
                    tr("Show last 7 days"),
                    QStringLiteral("clock"),
                    {},
                    [this] {
                        m_context->setTimeSelection({TimeSelection::Preset::Last7Days, {}});
                    }});
    m_actions->add({QStringLiteral("view.theme"), view, tr("Switch light and dark"),
                    QStringLiteral("moon"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_L), [this] {
                        PreferenceValues v = m_preferences->values();
                        v.theme = Theme::instance().isDark() ? ThemeMode::Light : ThemeMode::Dark;
                        m_preferences->change(v);
                    }});
    m_actions->add({QStringLiteral("view.utc"),
                    view,
                    tr("Switch local time and UTC"),
                    QStringLiteral("globe"),
                    {},
                    [this] {
                        PreferenceValues v = m_preferences->values();
                        v.utc = !v.utc;
                        m_preferences->change(v);
                    }});
    const QString app = tr("Tepal");
    m_actions->add({QStringLiteral("app.palette"), app, tr("Command palette"),
                    QStringLiteral("command"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_P),
                    [this] { m_palette->openCommands(); }});
    m_actions->add({QStringLiteral("app.column"), app, tr("Go to column"), QStringLiteral("search"),
                    QKeySequence(Qt::CTRL | Qt::Key_P), [this] {
                        QStringList names;
                        const ModelSchema schema = m_backend->endpoint().schema();
                        for (const FeatureSpec &feature : schema.features)
                            names << feature.name;
                        m_palette->openNames(tr("Type a column's name"), names);
                    }});
    m_actions->add(
        {QStringLiteral("app.areas"), app, tr("Next area"), {}, QKeySequence(Qt::Key_F6), [this] {
             cycleAreas();
         }});
    m_actions->add({QStringLiteral("app.shortcuts"), app, tr("Keyboard shortcuts"),
                    QStringLiteral("keyboard"), QKeySequence(Qt::Key_F1),
                    [this] { showShortcuts(); }});
    if (GuideDialog::hasPages()) {
        m_actions->add({QStringLiteral("app.guide"), app, tr("Guide"), QStringLiteral("book-open"),
                        QKeySequence(Qt::SHIFT | Qt::Key_F1), [this] {
                            auto *dialog = new GuideDialog(this);
                            dialog->setAttribute(Qt::WA_DeleteOnClose);
                            dialog->show();
                        }});
    }
    m_actions->add(
        {QStringLiteral("app.about"), app, tr("About Tepal"), QStringLiteral("info"), {}, [this] {
             auto *dialog = new AboutDialog(this);
             dialog->setAttribute(Qt::WA_DeleteOnClose);
             dialog->show();
         }});
    m_actions->add({QStringLiteral("app.settings"), app, tr("Settings"), QStringLiteral("settings"),
                    QKeySequence(Qt::CTRL | Qt::Key_Comma),
                    [this] { showPage(QStringLiteral("settings")); }});
    m_actions->add({QStringLiteral("app.quit"), app, tr("Quit"), QStringLiteral("x"),
                    QKeySequence::Quit, [this] { close(); }});
}

void MainWindow::showShortcuts()
{
    auto *dialog = new QDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Keyboard shortcuts"));
    dialog->resize(460, 560);
    auto *table = new QTableWidget(0, 2, dialog);
    table->setAccessibleName(tr("Keyboard shortcuts"));
    table->setHorizontalHeaderLabels({tr("What"), tr("Keys")});
    table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    table->verticalHeader()->hide();
    table->setShowGrid(false);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    for (const QAction *action : m_actions->all()) {
        if (action->shortcut().isEmpty())
            continue;
        const int row = table->rowCount();
        table->insertRow(row);
        table->setItem(row, 0, new QTableWidgetItem(action->text()));
        table->setItem(row, 1,
                       new QTableWidgetItem(action->shortcut().toString(QKeySequence::NativeText)));
    }
    auto *column = new QVBoxLayout(dialog);
    column->addWidget(table);
    dialog->show();
}

} // namespace tepal::ui
