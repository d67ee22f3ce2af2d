/// Rail, toolbar, banners, pages, status bar; wiring between them and the action registry.
#pragma once

#include "ui/pages/context.h"

#include <QMainWindow>

class QStackedWidget;

namespace tepal::ui {

class ActionRegistry;
class BannerArea;
class CommandPalette;
class FirstStart;
class JobPopover;
class LivePage;
class ModelsPage;
class NavRail;
class Page;
class Preferences;
class SimulatePanel;
class StatusBar;
class Toolbar;
class UploadsPage;

class MainWindow final : public QMainWindow
{
    Q_OBJECT

public:
    MainWindow(Backend *backend, Preferences *preferences);
    ~MainWindow() override;

    static QStringList pageIds();
    QString currentPage() const { return m_current; }
    Page *page(const QString &id) const;
    Context *context() const { return m_context; }
    ActionRegistry *actionRegistry() const { return m_actions; }
    CommandPalette *palette() const { return m_palette; }

public Q_SLOTS:
    void showPage(const QString &id);
    /// A profile that another program hands over, such as a file manager.
    void openFile(const QString &path);
    /// A file or folder that was dropped on the window.
    void dropFile(const QString &path);

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void closeEvent(QCloseEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    void makeActions();
    void makeEndpointActions();
    void makeDataActions();
    void makeViewActions();
    void makePages();
    void connectBackend();
    void runAction(const QString &id);
    void notify(const Notice &notice);
    void updateFirstStart();
    void updateBadges();
    void updateActions();
    void updateTitle();
    void applyPreferences();
    void toggleSimulate();
    void toggleJobs();
    void cycleAreas();
    void showShortcuts();
    void askReference();

    Backend *m_backend;
    Preferences *m_preferences;
    Context *m_context;
    ActionRegistry *m_actions;
    NavRail *m_rail;
    Toolbar *m_toolbar;
    BannerArea *m_banners;
    QStackedWidget *m_stack;
    FirstStart *m_firstStart;
    StatusBar *m_status;
    JobPopover *m_jobs;
    SimulatePanel *m_simulate;
    CommandPalette *m_palette;
    QHash<QString, Page *> m_pages;
    UploadsPage *m_uploads = nullptr;
    ModelsPage *m_modelsPage = nullptr;
    QString m_current;
};

} // namespace tepal::ui
