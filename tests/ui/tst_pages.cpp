/// Every page driven by clicks and keys on made-up data.
#include "demo_backend.h"
#include "stage.h"
#include "ui/backend/endpoint.h"
#include "ui/backend/jobs.h"
#include "ui/backend/uploads.h"
#include "ui/backend/windows.h"
#include "ui/charts/cdf_chart.h"
#include "ui/charts/chart_frame.h"
#include "ui/charts/heat_map.h"
#include "ui/charts/histogram_chart.h"
#include "ui/charts/score_chart.h"
#include "ui/charts/traffic_charts.h"
#include "ui/models/columns_model.h"
#include "ui/models/requests_model.h"
#include "ui/pages/about_dialog.h"
#include "ui/pages/dataset_dialog.h"
#include "ui/pages/destination_card.h"
#include "ui/pages/drift_words.h"
#include "ui/pages/first_start.h"
#include "ui/pages/live_page.h"
#include "ui/pages/logger_card.h"
#include "ui/pages/main_window.h"
#include "ui/pages/planned_dialog.h"
#include "ui/pages/preferences.h"
#include "ui/pages/reference_slider.h"
#include "ui/pages/simulate_panel.h"
#include "ui/pages/try_it_panel.h"
#include "ui/pages/xray_dialog.h"
#include "ui/widgets/action_registry.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/command_palette.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/format.h"
#include "ui/widgets/nav_rail.h"
#include "ui/widgets/stat_tile.h"
#include "ui/widgets/state_stack.h"
#include "ui/widgets/table_helpers.h"
#include "ui/widgets/verdict.h"

#include <tepal/base/log.h>

#include <QAbstractScrollArea>
#include <QAccessible>
#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFile>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBlock>
#include <QTextBrowser>
#include <QToolButton>

using namespace tepal;
using namespace tepal::ui;
using tepal::ui::test::DemoBackend;
using tepal::ui::test::DemoData;
using tepal::ui::test::Stage;
using tepal::ui::test::u;

class PagesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        setLogToStderr(false);
        Theme::instance().install(ThemeMode::Light);
    }

    void everyFocusableWidgetHasAName()
    {
        for (const auto start : {DemoBackend::Start::Full, DemoBackend::Start::Empty}) {
            Stage stage("live", start);
            stage.window.actionRegistry()->trigger(u("simulate.open"));
            for (const QString &page : MainWindow::pageIds()) {
                stage.window.showPage(page);
                Stage::settle();
                if (page == u("uploads") && start == DemoBackend::Start::Full) {
                    QTest::mouseClick(stage.button(u("Set up")), Qt::LeftButton);
                    Stage::settle();
                }
                const auto widgets = stage.window.findChildren<QWidget *>();
                int checked = 0;
                for (QWidget *w : widgets) {
                    if (!w->isVisible() || !(w->focusPolicy() & Qt::TabFocus) ||
                        w->objectName().startsWith(u("qt_")))
                        continue;
                    // A scroll area is one element for assistive tools; its viewport is not
                    // another.
                    const auto *area = qobject_cast<QAbstractScrollArea *>(w->parentWidget());
                    if (area && area->viewport() == w)
                        continue;
                    ++checked;
                    QAccessibleInterface *face = QAccessible::queryAccessibleInterface(w);
                    QVERIFY2(
                        face && !face->text(QAccessible::Name).trimmed().isEmpty(),
                        qPrintable(page + u(": ") + QLatin1String(w->metaObject()->className()) +
                                   u(" in ") +
                                   QLatin1String(w->parentWidget()->metaObject()->className())));
                }
                QVERIFY(checked > 10);
            }
        }
    }

    void pagesByKeysAndBadge()
    {
        Stage stage("live");
        QTest::keyClick(&stage.window, Qt::Key_3, Qt::ControlModifier);
        QCOMPARE(stage.window.currentPage(), u("drift"));
        QVERIFY(stage.window.windowTitle().contains(u("Drift")));
        QTest::keyClick(&stage.window, Qt::Key_F6);
        QVERIFY(QApplication::focusWidget());
        QWidget *first = QApplication::focusWidget();
        QTest::keyClick(&stage.window, Qt::Key_F6);
        QVERIFY(QApplication::focusWidget() != first);
        QTest::keyClick(&stage.window, Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(stage.window.palette()->isVisible());
        QTest::keyClicks(stage.window.palette()->findChild<QLineEdit *>(), u("models"));
        QTest::keyClick(stage.window.palette()->findChild<QLineEdit *>(), Qt::Key_Return);
        QCOMPARE(stage.window.currentPage(), u("models"));
        stage.backend.uploads().addOutboxFailure();
        QVERIFY(!stage.find<QAbstractButton>(u("Uploads"))->accessibleDescription().isEmpty());
    }

    // ------------------------------------------------------------ first start

    void firstStartLeadsToAChart()
    {
        Stage stage("live", DemoBackend::Start::Empty);
        auto *first = stage.find<FirstStart>();
        QVERIFY(first->isVisible());
        QTest::mouseClick(stage.find<QAbstractButton>(u("Try it with iris")), Qt::LeftButton);
        Stage::settle();
        QVERIFY(stage.backend.verbs.contains(u("tryWithIris")));
        QVERIFY(!first->isVisible());
        QVERIFY(stage.window.page(u("live"))->isVisible());
        QCOMPARE(stage.window.context()->dataset(), QLatin1String(DemoData::kDataset));
    }

    void firstStartShowsProgress()
    {
        Stage stage("live", DemoBackend::Start::Empty);
        JobInfo job;
        job.id = 1;
        job.title = u("Filling a week");
        job.progress = 0.4;
        stage.backend.jobs().setJobs({job});
        QVERIFY(!stage.find<QAbstractButton>(u("Try it with iris"))->isEnabled());
        stage.window.showPage(u("log")); // reachable meanwhile
        QVERIFY(stage.window.page(u("log"))->isVisible());
    }

    // ------------------------------------------------------------ live

    void startAndStop()
    {
        Stage stage("live");
        QTest::mouseClick(stage.button(u("Stop")), Qt::LeftButton);
        QVERIFY(stage.backend.verbs.contains(u("stopEndpoint")));
        QVERIFY(stage.button(u("Start endpoint"))); // offered where one would send
        QTest::mouseClick(stage.button(u("Start")), Qt::LeftButton);
        QVERIFY(stage.backend.verbs.contains(u("startEndpoint 3000")));
        QVERIFY(stage.button(u("Stop")));
    }

    void failureIsABannerWithAWayOut()
    {
        Stage stage("live");
        EndpointState failed;
        failed.phase = EndpointPhase::Failed;
        failed.problem = {ErrorCode::Busy, u("Port 3000 is in use"), u("Use 3001")};
        stage.backend.endpoint().setEndpoint(failed);
        Q_EMIT stage.backend.noticed({u("port"), NoticeLevel::Error, failed.problem.text,
                                      failed.problem.next, u("endpoint.port:3001"), u("Use 3001"),
                                      false});
        QTest::mouseClick(stage.button(u("Use 3001")), Qt::LeftButton);
        QVERIFY(stage.backend.verbs.contains(u("startEndpoint 3001")));
    }

    void requestsArriveOnTopAndDoNotMoveTheReader()
    {
        Stage stage("live");
        QTableView *table = stage.table();
        const int before = table->model()->rowCount();
        QVERIFY(before > 100);
        table->verticalScrollBar()->setValue(280);
        const QString reading = table->model()->index(table->rowAt(0), 0).data(KeyRole).toString();
        stage.backend.endpoint().playSecond(7);
        QTRY_COMPARE(table->model()->rowCount(), before + 7);
        QCOMPARE(table->model()->index(table->rowAt(0), 0).data(KeyRole).toString(), reading);
        QTest::mouseClick(stage.find<QToolButton>(u("Pause the request list")), Qt::LeftButton);
        stage.backend.endpoint().playSecond(5);
        QTest::qWait(200);
        QCOMPARE(table->model()->rowCount(), before + 7);
        QTest::mouseClick(stage.find<QToolButton>(u("Pause the request list")), Qt::LeftButton);
        QTRY_COMPARE(table->model()->rowCount(), before + 12);
    }

    void filterByTyping()
    {
        Stage stage("live");
        QTest::keyClick(&stage.window, Qt::Key_F, Qt::ControlModifier);
        auto *edit = stage.find<QLineEdit>(u("Filter requests"));
        QVERIFY(edit->hasFocus());
        const int all = stage.table()->model()->rowCount();
        QTest::keyClicks(edit, u("class = setosa"));
        QTRY_VERIFY(stage.table()->model()->rowCount() < all);
        QCOMPARE(stage.table()->model()->index(0, 5).data().toString(), u("setosa"));
        edit->clear();
        QTRY_COMPARE(stage.table()->model()->rowCount(), all);
        QTest::keyClicks(edit, u("size = 3"));
        QTRY_VERIFY(edit->property("invalid").toBool());
        QCOMPARE(stage.table()->model()->rowCount(), all); // a wrong filter changes nothing
    }

    void aRequestCanBeEditedAndSentAgain()
    {
        Stage stage("live");
        Stage::clickRow(stage.table(), 3);
        auto *panel = stage.find<TryItPanel>();
        const QModelIndex row = stage.table()->model()->index(3, 1);
        QCOMPARE(panel->values().first(), row.data().toString().toDouble());
        QVERIFY(!stage.backend.verbs.contains(u("predict"))); // looking is not sending
        auto *slider = stage.find<ReferenceSlider>(u("petal width"));
        slider->setFocus();
        QTest::keyClick(slider, Qt::Key_Right);
        QTRY_VERIFY(stage.backend.verbs.contains(u("predict")));
        QTRY_VERIFY(panel->findChild<QLabel *>() != nullptr);
        QVERIFY(panel->curlCommand().contains(u("http://127.0.0.1:3000/classify")));
        QTest::mouseClick(stage.find<QToolButton>(u("Copy the curl command")), Qt::LeftButton);
        QCOMPARE(QGuiApplication::clipboard()->text(), panel->curlCommand());
    }

    void aValueOutsideTheReferenceSaysSo()
    {
        Stage stage("live");
        auto *spin = stage.find<QDoubleSpinBox>(u("Value of sepal length"));
        spin->setValue(12);
        bool told = false;
        const auto labels = stage.find<TryItPanel>()->findChildren<QLabel *>();
        for (const QLabel *label : labels)
            told = told || label->text().startsWith(u("above"));
        QVERIFY(told);
    }

    void lateAnswersAreDropped()
    {
        Stage stage("live");
        auto *panel = stage.find<TryItPanel>();
        stage.backend.hold = true;
        stage.find<QDoubleSpinBox>(u("Value of petal length"))->setValue(1.4);
        panel->send();
        stage.find<QDoubleSpinBox>(u("Value of petal length"))->setValue(6.0);
        stage.find<QDoubleSpinBox>(u("Value of petal width"))->setValue(2.3);
        panel->send();
        stage.backend.release();
        // Only the second answer counts, in whatever order they come.
        QString outcome;
        const auto labels = panel->findChildren<QLabel *>();
        for (const QLabel *label : labels)
            outcome += label->text();
        QVERIFY2(outcome.contains(u("virginica")), qPrintable(outcome));
        QVERIFY(!outcome.contains(u("setosa ·")));
    }

    void latenciesAgreeOnTheirUnit()
    {
        Stage stage("live"); // of a few hundred microseconds
        const auto *tile = stage.find<StatTile>(u("Latency p50 · p95 · p99"));
        const auto *chart = stage.find<LatencyChart>();
        const auto *table = stage.table()->model();
        QVERIFY2(tile->valueText().endsWith(u("\u00a0µs")), qPrintable(tile->valueText()));
        QCOMPARE(chart->table().headers.last(), u("p99 µs"));
        QVERIFY(chart->describe().contains(tile->valueText().section(u(" / "), 0, 0)));
        QCOMPARE(table->headerData(table->columnCount() - 1, Qt::Horizontal).toString(), u("µs"));
        bool inStatusBar = false;
        for (const QWidget *w : stage.window.findChildren<QWidget *>()) {
            const QString text = w->accessibleDescription();
            inStatusBar = inStatusBar || (text.startsWith(u("serving")) && text.contains(u("µs")));
        }
        QVERIFY(inStatusBar);
    }

    void aStoppedEndpointGreysInsteadOfZeroing()
    {
        Stage stage("live");
        StatTile *rate = stage.find<StatTile>(u("Requests per second"));
        const QString shown = rate->valueText();
        QVERIFY(shown != u("0"));
        stage.backend.endpoint().stopEndpoint();
        QCOMPARE(rate->valueText(), shown);
    }

    // ------------------------------------------------------------ profiles

    void aColumnOpensItsPanel()
    {
        Stage stage("profiles");
        QTableView *table = stage.table();
        QCOMPARE(table->model()->rowCount(), test::kColumns);
        QVERIFY(!stage.window.context()->feature().isEmpty()); // the first is chosen by itself
        Stage::clickRow(table, 3);
        QCOMPARE(stage.window.context()->feature(), u("petal width"));
        auto *histogram = stage.window.page(u("profiles"))->findChild<HistogramChart *>();
        QVERIFY(!histogram->isEmpty());
        QVERIFY(histogram->describe().contains(u("petal width")));
        QCOMPARE(histogram->table().rows.size(), 30);
        stage.find<QSlider>(u("Number of bins"))->setValue(12);
        QTRY_COMPARE(histogram->table().rows.size(), 12);
        QTest::mouseClick(stage.button(u("Cumulative")), Qt::LeftButton);
        QVERIFY(stage.window.page(u("profiles"))->findChild<CdfChart *>()->isVisible());
        Stage::clickRow(table, 4); // categorical: no cumulative distribution
        QVERIFY(!stage.button(u("Cumulative"))->isEnabled());
        QVERIFY(histogram->isVisible());
        QCOMPARE(histogram->table().headers.first(), u("Value"));
    }

    void refreshKeepsSelectionAndScroll()
    {
        Stage stage("profiles");
        Stage::clickRow(stage.table(), 2);
        QSignalSpy reset(stage.table()->model(), &QAbstractItemModel::modelReset);
        Q_EMIT stage.backend.windows().windowsChanged(QLatin1String(DemoData::kDataset));
        Stage::settle();
        QCOMPARE(reset.size(), 0);
        QCOMPARE(stage.table()->currentIndex().data(KeyRole).toString(), u("petal length"));
    }

    void theColumnsFilterAndSort()
    {
        Stage stage("profiles");
        QTest::keyClicks(stage.find<QLineEdit>(u("Filter columns")), u("petal"));
        QCOMPARE(stage.table()->model()->rowCount(), 2);
        stage.find<QLineEdit>(u("Filter columns"))->clear();
        stage.table()->sortByColumn(ColumnsModel::Distinct, Qt::DescendingOrder);
        QCOMPARE(stage.table()->model()->index(0, 0).data().toString(), u("petal length"));
    }

    void aProblemOffersToTryAgain()
    {
        Stage stage("profiles");
        stage.backend.nextProblem = {ErrorCode::Corrupt, u("tepal.db is damaged"),
                                     u("Run “tepal check”")};
        // The first of the questions of a refresh fails: the list of windows, a banner.
        QTest::keyClick(&stage.window, Qt::Key_F5);
        Stage::settle();
        QVERIFY(stage.find<BannerArea>()->banner(u("windows")));
        stage.backend.nextProblem = {ErrorCode::Corrupt, u("tepal.db is damaged"), {}};
        stage.window.context()->select(u("proba"), std::nullopt);
        Stage::settle();
        bool shown = false;
        const auto stacks = stage.window.findChildren<StateStack *>();
        for (const StateStack *stack : stacks)
            shown = shown || stack->shownText().contains(u("tepal.db is damaged"));
        QVERIFY(shown);
        QTest::mouseClick(stage.button(u("Try again")), Qt::LeftButton);
        Stage::settle();
        QVERIFY(!stage.button(u("Try again")));
    }

    void noRowsInTheRangeSaysWhatToDo()
    {
        Stage stage("profiles");
        const TimeMs now = stage.backend.now();
        stage.window.context()->setCustomRange({now + kDayMs, now + 2 * kDayMs});
        Stage::settle();
        QTest::mouseClick(stage.button(u("Show all data")), Qt::LeftButton);
        Stage::settle();
        QCOMPARE(stage.table()->model()->rowCount(), test::kColumns);
        QTest::keyClick(&stage.window, Qt::Key_Left, Qt::AltModifier); // and back again
        QCOMPARE(stage.window.context()->range().start, now + kDayMs);
        QTest::keyClick(&stage.window, Qt::Key_Right, Qt::AltModifier);
        QCOMPARE(stage.window.context()->timeSelection().preset, TimeSelection::Preset::All);
    }

    void chartsTurnIntoTablesAndFiles()
    {
        Stage stage("profiles");
        auto *frame =
            stage.window.page(u("profiles"))->findChild<HistogramChart *>()->parentWidget();
        auto *chart = qobject_cast<ChartFrame *>(frame);
        QVERIFY(chart);
        chart->showTable(true);
        QVERIFY(chart->isTableShown());
        QVERIFY(chart->findChild<QTableView *>()->model()->rowCount() > 5);
        chart->showTable(false);
        QTemporaryDir dir;
        QSignalSpy saved(chart, &ChartFrame::saved);
        QSignalSpy failed(chart, &ChartFrame::failed);
        chart->writePng(dir.filePath(u("a.png")));
        chart->writeCsv(dir.filePath(u("a.csv")));
        chart->writeSvg(dir.filePath(u("a.svg")));
        QTRY_COMPARE(saved.size(), 3);
        QImage picture(dir.filePath(u("a.png")));
        QVERIFY(picture.width() > 400);
        QFile csv(dir.filePath(u("a.csv")));
        QVERIFY(csv.open(QIODevice::ReadOnly));
        QVERIFY(csv.readAll().startsWith("Bin,A: this range,B: training"));
        chart->writeCsv(dir.filePath(u("no/such/folder.csv")));
        QTRY_COMPARE(failed.size(), 1);
        chart->copy();
        QVERIFY(!QGuiApplication::clipboard()->text().isEmpty());
    }

    // ------------------------------------------------------------ drift

    void theSentenceNamesTheFeature()
    {
        Stage stage("drift");
        bool told = false;
        const auto labels = stage.window.page(u("drift"))->findChildren<ElidedLabel *>();
        for (const ElidedLabel *label : labels)
            told = told || label->text().startsWith(u("1 of 6 columns drifts since"));
        QVERIFY(told);
        QCOMPARE(stage.window.context()->feature(), u("petal width"));
    }

    void everyPlaceTellsTheSameCount()
    {
        Stage stage("drift");
        const auto &judgement = stage.window.context()->judgement();
        QVERIFY(judgement);
        const int drifting = tallyOf(*judgement).drifting;
        QCOMPARE(drifting, 1);
        const auto badges = stage.window.findChildren<NavRail *>();
        QCOMPARE(badges.size(), qsizetype{1});
        QCOMPARE(badges[0]->badge(u("drift")), drifting);
        bool tile = false;
        for (const StatTile *one : stage.window.page(u("live"))->findChildren<StatTile *>())
            tile = tile || (one->valueText().startsWith(u("1")) &&
                            one->toolTip() == overviewSentence(*judgement));
        QVERIFY(tile);
        stage.window.showPage(u("profiles"));
        const auto *table = stage.find<QTableView>(u("Columns of the dataset"));
        QVERIFY(table);
        QTRY_COMPARE(table->model()->rowCount(), 6);
        for (int row = 0; row < 6; ++row) {
            const QModelIndex name = table->model()->index(row, 0);
            const FeatureDrift *feature = judgement->feature(name.data(KeyRole).toString());
            QVERIFY(feature);
            QCOMPARE(name.siblingAtColumn(ColumnsModel::VerdictColumn).data().toString(),
                     verdictWord(feature->verdict));
        }
    }

    void aCellOfManyWindowsSelectsThemAll()
    {
        Stage stage("drift");
        stage.window.resize(1024, 700); // an hour of the week has no room of its own
        Stage::settle();
        auto *heat = stage.find<HeatMap>();
        QTest::mouseClick(heat->viewport(), Qt::LeftButton, {},
                          QPoint(heat->viewport()->width() - 80, 13));
        Stage::settle();
        const auto window = stage.window.context()->window();
        QVERIFY(window.has_value());
        QCOMPARE(window->end - window->start, 3 * kHourMs);
        const auto names = [&](const ChartSource *chart) { return chart->legend().first().name; };
        QCOMPARE(names(stage.window.page(u("drift"))->findChild<HistogramChart *>()),
                 u("A: selected windows"));
        stage.window.context()->select(u("petal width"),
                                       TimeRange{window->start, window->start + kHourMs});
        Stage::settle();
        QCOMPARE(names(stage.window.page(u("drift"))->findChild<HistogramChart *>()),
                 u("A: window"));
    }

    void aCellSelectsEverywhere()
    {
        Stage stage("drift");
        auto *heat = stage.find<HeatMap>();
        QVERIFY(heat->describe().contains(u("1 drifting")));
        // A cell near the right end, second row.
        QTest::mouseClick(heat->viewport(), Qt::LeftButton, {},
                          QPoint(heat->viewport()->width() - 60, 26 + 13));
        Stage::settle();
        QVERIFY(stage.window.context()->window().has_value());
        QVERIFY(stage.window.context()->feature() != u("petal width"));
        const TimeRange before = *stage.window.context()->window();
        heat->setFocus();
        QTest::keyClick(heat, Qt::Key_Left);
        QCOMPARE(stage.window.context()->window()->end, before.start);
        QTest::keyClick(heat, Qt::Key_Up);
        QCOMPARE(stage.window.context()->feature(), u("petal width"));
        QTest::keyClick(heat, Qt::Key_Escape);
        QVERIFY(!stage.window.context()->window().has_value());
        // The same selection on the Profiles page.
        stage.window.showPage(u("profiles"));
        Stage::settle();
        QCOMPARE(stage.table()->currentIndex().data(KeyRole).toString(), u("petal width"));
    }

    void theLogPageSaysWhatWasNotCounted()
    {
        Stage stage("log");
        LoggerState logger = stage.backend.endpoint().logger();
        logger.restarts = 2;
        logger.quarantined = 3;
        logger.lagRecords = 1200;
        logger.lagSeconds = 42;
        stage.backend.endpoint().setLogger(logger);
        auto *card = stage.window.page(u("log"))->findChild<LoggerCard *>();
        QVERIFY(card);
        const auto value = [card](const QString &name) {
            const auto labels = card->findChildren<QLabel *>();
            for (const QLabel *label : labels) {
                if (label->accessibleName() == name)
                    return label->text();
            }
            return QString();
        };
        QCOMPARE(value(u("in quarantine")), u("3"));
        QCOMPARE(value(u("restarts")), u("2"));
        QCOMPARE(value(u("dropped")), u("0"));
        QVERIFY(value(u("behind")).contains(u("42")));
        QCOMPARE(card->findChild<StateLabel *>()->text(), u("Logger is behind"));
        logger.phase = LoggerPhase::Off;
        stage.backend.endpoint().setLogger(logger);
        QCOMPARE(card->findChild<StateLabel *>()->text(), u("Logger is off"));
    }

    void theSelectionIsTheSameOnEveryPage()
    {
        Stage stage("drift");
        stage.window.showPage(u("profiles"));
        Stage::settle();
        Stage::clickRow(stage.table(), 0);
        stage.window.showPage(u("drift"));
        Stage::settle();
        const auto *cdf = stage.window.page(u("drift"))->findChild<CdfChart *>();
        QVERIFY2(cdf->describe().contains(u("sepal length")), qPrintable(cdf->describe()));
        stage.window.context()->select(u("petal length"), std::nullopt);
        stage.window.showPage(u("profiles"));
        Stage::settle();
        const auto *histogram = stage.window.page(u("profiles"))->findChild<HistogramChart *>();
        QVERIFY(histogram->describe().contains(u("petal length")));
    }

    void theScoreChartIsReadByKeysAndZoomed()
    {
        Stage stage("drift");
        auto *chart = stage.find<ScoreChart>();
        chart->setFocus();
        QSignalSpy activated(chart, &ScoreChart::windowActivated);
        QTest::keyClick(chart, Qt::Key_End);
        QVERIFY(chart->accessibleDescription().contains(u("Noise floor")));
        QTest::keyClick(chart, Qt::Key_Left);
        QTest::keyClick(chart, Qt::Key_Return);
        QCOMPARE(activated.size(), 1);
        QVERIFY(stage.window.context()->window().has_value());
        Stage::settle();
        const auto whole = chart->xView();
        const QPoint from(chart->viewport()->width() / 3, 60);
        const QPoint to(chart->viewport()->width() / 2, 60);
        QTest::mousePress(chart->viewport(), Qt::LeftButton, {}, from);
        QTest::mouseMove(chart->viewport(), to);
        QTest::mouseRelease(chart->viewport(), Qt::LeftButton, {}, to);
        QVERIFY(chart->isZoomed());
        QVERIFY(chart->table().rows.size() < 100);
        // New data must not throw the zoom away.
        stage.window.page(u("drift"));
        QTest::keyClick(&stage.window, Qt::Key_F5);
        Stage::settle();
        QVERIFY(chart->isZoomed());
        QTest::keyClick(chart, Qt::Key_Backspace);
        QCOMPARE(chart->xView(), whole);
    }

    void otherRulesAndOtherReference()
    {
        Stage stage("drift");
        auto *rules = stage.find<QComboBox>(u("Rules of"));
        rules->setFocus();
        QTest::keyClick(rules, Qt::Key_Down);
        Stage::settle();
        QVERIFY(stage.backend.verbs.contains(u("driftOverview whylogs")));
        auto *against = stage.find<QToolButton>(u("Against"));
        QCOMPARE(against->text(), u("training"));
        stage.window.context()->setTimeSelection({TimeSelection::Preset::LastDay, {}});
        Stage::settle();
        QTest::mouseClick(against, Qt::LeftButton);
        QTest::mouseClick(stage.button(u("Previous period")), Qt::LeftButton);
        Stage::settle();
        const auto previous = stage.backend.driftQueries.last().against.range;
        QVERIFY(previous.has_value());
        const TimeRange a = stage.window.context()->range();
        QCOMPARE(previous->end, a.start);
        QCOMPARE(previous->end - previous->start, a.end - a.start);
    }

    void withoutReferenceThePageExplains()
    {
        Stage stage("drift");
        DriftOverview none;
        QCOMPARE(overviewSentence(none), u("No rows to compare in this time range."));
        FeatureDrift undecided;
        undecided.name = u("a");
        undecided.verdict = Verdict::Undecided;
        undecided.rowsNeeded = 240;
        FeatureDrift steady;
        steady.name = u("b");
        steady.verdict = Verdict::NoDrift;
        none.features = {undecided, steady};
        QCOMPARE(overviewSentence(none),
                 u("No column drifts. 1 steady, 1 undecided (about 240 more rows would tell)."));
        none.features = {steady};
        QCOMPARE(overviewSentence(none), u("No drift shown in the one column."));
    }

    void longAndStrangeNamesDoNotBreakThePage()
    {
        Stage stage("drift");
        auto overview = std::make_shared<DriftOverview>();
        overview->query.range = stage.window.context()->range();
        for (int i = 0; i < 2000; ++i) {
            FeatureDrift f;
            f.name = QString(200, QLatin1Char('w')) + QString::number(i) + u("<b>&");
            f.threshold = 0.2;
            f.verdict = Verdict::NoDrift;
            f.scores.append(
                {overview->query.range, 0.1, 0.1, 0.1, 0.05, 0.5, Verdict::NoDrift, 99, false});
            overview->features.append(f);
        }
        auto *heat = stage.find<HeatMap>();
        heat->setOverview(overview);
        heat->viewport()->grab(); // only visible rows are painted: no 2,000 × 200 glyphs
        heat->setFocus();
        for (int i = 0; i < 30; ++i)
            QTest::keyClick(heat, Qt::Key_Down);
    }

    // ------------------------------------------------------------ uploads

    void uploadWithoutDestinationOpensTheFolderForm()
    {
        Stage stage("live", DemoBackend::Start::Empty);
        stage.backend.fill();
        stage.window.actionRegistry()->trigger(u("upload.now"));
        Stage::settle();
        QCOMPARE(stage.window.currentPage(), u("uploads"));
        auto *path = stage.find<QLineEdit>(u("Folder"));
        QVERIFY(path && path->isVisible());
        QVERIFY(!stage.button(u("Save"))->isEnabled()); // a folder is required
        QTest::keyClicks(path, u("/tmp/profiles"));
        QTest::mouseClick(stage.button(u("Save and test")), Qt::LeftButton);
        QTRY_VERIFY(stage.backend.verbs.contains(u("saveDestination folder")));
        Stage::settle();
        bool tested = false;
        const auto labels = stage.window.page(u("uploads"))->findChildren<QLabel *>();
        for (const QLabel *label : labels)
            tested = tested || label->text() == u("It can be written");
        QVERIFY(tested);
    }

    void secretsStayApart()
    {
        Stage stage("uploads");
        const auto cards = stage.window.findChildren<DestinationCard *>();
        QTest::mouseClick(cards.first()->findChild<QPushButton *>(), Qt::LeftButton);
        Stage::settle();
        auto *key = stage.find<QLineEdit>(u("API key"));
        QCOMPARE(key->echoMode(), QLineEdit::Password);
        QTest::keyClicks(stage.find<QLineEdit>(u("Address")), u("https://x"));
        QTest::keyClicks(stage.find<QLineEdit>(u("Organisation")), u("org-0"));
        QTest::keyClicks(key, u("s3cret"));
        QTest::mouseClick(stage.button(u("Save")), Qt::LeftButton);
        QVERIFY(stage.backend.verbs.contains(u("saveDestination whylabs secrets=key")));
    }

    void segmentsAndRulesForEachDataset()
    {
        Stage stage("uploads");
        const auto cards = stage.window.findChildren<DestinationCard *>();
        QTest::mouseClick(cards.at(1)->findChild<QPushButton *>(), Qt::LeftButton);
        Stage::settle();
        QTest::keyClicks(stage.find<QLineEdit>(u("Folder")), u("/tmp/x"));
        QTest::keyClicks(stage.find<QLineEdit>(u("Only these segments")), u("country=CH"));
        auto *rules = stage.find<QLineEdit>(u("Take out before sending"));
        auto *of = stage.find<QComboBox>(u("Dataset that this is taken out of"));
        QTest::keyClicks(rules, u("email:hash"));
        of->setCurrentIndex(of->findData(u("orders")));
        QVERIFY(rules->text().isEmpty());
        QTest::keyClicks(rules, u("name:drop-column"));
        of->setCurrentIndex(0);
        QCOMPARE(rules->text(), u("email:hash"));
        QTest::mouseClick(stage.button(u("Save")), Qt::LeftButton);
        Stage::settle();
        // As it was stored.
        QTest::mouseClick(cards.at(1)->findChild<QPushButton *>(), Qt::LeftButton);
        Stage::settle();
        QCOMPARE(stage.find<QLineEdit>(u("Only these segments"))->text(), u("country=CH"));
        QCOMPARE(rules->text(), u("email:hash"));
        of->setCurrentIndex(of->findData(u("orders")));
        QCOMPARE(rules->text(), u("name:drop-column"));
        QVERIFY(of->currentText().contains(u("has rules")));
    }

    void outboxRetryDropAndDryRun()
    {
        Stage stage("uploads");
        QTest::mouseClick(stage.button(u("Dry run")), Qt::LeftButton);
        Stage::settle();
        QVERIFY(stage.backend.verbs.contains(u("upload  dry")));
        auto *planned = stage.window.findChild<PlannedDialog *>();
        QVERIFY(planned && planned->isVisible());
        auto *list = planned->findChild<QTableView *>();
        QCOMPARE(list->model()->rowCount(), 2);
        const auto words = planned->findChildren<QLabel *>();
        QVERIFY(std::any_of(words.begin(), words.end(), [](const QLabel *label) {
            return label->isVisible() && label->text().contains(u("emial:drop-column"));
        }));
        // Each of them can be looked into, by mouse and by keyboard.
        const QModelIndex look = list->model()->index(1, list->model()->columnCount() - 1);
        QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualRect(look).center());
        QVERIFY(stage.backend.verbs.contains(u("requestPlannedXray 71")));
        list->selectRow(0);
        QTest::keyClick(list, Qt::Key_Return);
        QVERIFY(stage.backend.verbs.contains(u("requestPlannedXray 70")));
        stage.window.findChild<XrayDialog *>()->close();
        planned->close();
        QVERIFY(!stage.button(u("Retry"))->isEnabled());
        Stage::clickRow(stage.table(), 2); // is tried again by itself, and at once by this
        QVERIFY(stage.button(u("Retry"))->isEnabled());
        stage.backend.uploads().addOutboxFailure();
        Stage::settle();
        Stage::clickRow(stage.table(), 0); // refused
        QVERIFY(stage.button(u("Retry"))->isEnabled());
        QTest::mouseClick(stage.button(u("Retry")), Qt::LeftButton);
        QVERIFY(stage.backend.verbs.contains(u("retryOutbox 1")));
        QTest::mouseClick(stage.button(u("X-ray")), Qt::LeftButton);
        Stage::settle();
        QVERIFY(stage.window.findChild<XrayDialog *>()->isVisible());
        QVERIFY(stage.window.findChild<XrayDialog *>()->windowTitle().contains(u("model-1")));
        stage.window.findChild<XrayDialog *>()->close();
        QTest::mouseClick(stage.button(u("Pause")), Qt::LeftButton);
        QVERIFY(stage.backend.verbs.contains(u("setPaused whylabs 1")));
        const int rows = stage.table()->model()->rowCount();
        QTest::mouseClick(stage.button(u("Drop")), Qt::LeftButton);
        QCOMPARE(stage.table()->model()->rowCount(), rows - 1);
    }

    // ------------------------------------------------------------ models, log, settings, simulate

    void serveDeleteAndUndo()
    {
        Stage stage("models");
        QVERIFY(!stage.button(u("Delete"))->isEnabled()); // it is being served
        Stage::clickRow(stage.table(), 1);
        const QString tag = stage.table()->currentIndex().siblingAtColumn(0).data().toString();
        QTest::mouseClick(stage.button(u("Serve")), Qt::LeftButton);
        QVERIFY(stage.backend.verbs.contains(u("serveModel ") + tag));
        Stage::clickRow(stage.table(), 0);
        QTest::mouseClick(stage.button(u("Delete")), Qt::LeftButton);
        QCOMPARE(stage.table()->model()->rowCount(), 2);
        QTest::mouseClick(stage.button(u("Undo")), Qt::LeftButton);
        QCOMPARE(stage.table()->model()->rowCount(), 3);
        QTest::mouseClick(stage.button(u("Train iris")), Qt::LeftButton);
        QVERIFY(stage.backend.verbs.contains(u("trainIris 5")));
    }

    void theLogFollowsAndFilters()
    {
        Stage stage("log");
        logInfo("app", "needle in the log");
        QTRY_VERIFY(stage.table());
        auto *edit = stage.find<QLineEdit>(u("Filter log lines"));
        QTest::keyClicks(edit, u("needle"));
        QTRY_VERIFY(stage.table()->model()->rowCount() >= 1);
        QTRY_VERIFY(stage.table()->model()->index(0, 3).data().toString().contains(u("needle")));
        edit->clear();
        QTest::keyClicks(edit, u("(["));
        QTRY_VERIFY(edit->property("invalid").toBool());
    }

    /// The grounds of code and tables are the theme's, also when that changes under an open guide.
    void guideFollowsTheTheme()
    {
        QVERIFY(GuideDialog::hasPages());
        GuideDialog guide;
        auto *view = guide.findChild<QTextBrowser *>();
        auto *pages = guide.findChild<QListWidget *>();
        QVERIFY(view && pages);
        for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark, ThemeMode::Light}) {
            Theme::instance().setMode(mode);
            for (int page = 0; page < pages->count(); ++page) {
                pages->setCurrentRow(page);
                for (QTextBlock block = view->document()->begin(); block.isValid();
                     block = block.next()) {
                    const QBrush ground = block.blockFormat().background();
                    QVERIFY(ground.style() == Qt::NoBrush ||
                            ground.color() == themeColor(Role::Surface2));
                }
            }
        }
        // In the order of their numbers, also from the tenth on.
        QCOMPARE(pages->item(1)->text(), u("The pages"));
        QCOMPARE(pages->item(pages->count() - 1)->text(), u("The endpoint"));
        pages->setCurrentRow(5);
        const auto grounds = [&] {
            int count = 0;
            for (QTextBlock block = view->document()->begin(); block.isValid();
                 block = block.next())
                count += block.blockFormat().background().color() == themeColor(Role::Surface2);
            return count;
        };
        QVERIFY(grounds() > 20);
        Theme::instance().setMode(ThemeMode::Dark);
        QVERIFY(grounds() > 20);
        Theme::instance().setMode(ThemeMode::Light);
    }
    void settingsApplyLive()
    {
        Stage stage("settings");
        QTest::mouseClick(stage.button(u("Dark")), Qt::LeftButton);
        QVERIFY(Theme::instance().isDark());
        QTest::mouseClick(stage.button(u("Light")), Qt::LeftButton);
        QVERIFY(!Theme::instance().isDark());
        const bool utc = format::isUtc();
        const auto boxes = stage.window.page(u("settings"))->findChildren<QCheckBox *>();
        boxes.first()->click();
        QCOMPARE(format::isUtc(), !utc);
        boxes.first()->click();
        QTest::mouseClick(stage.find<QPushButton>(u("Use reference first week of March")),
                          Qt::LeftButton);
        QVERIFY(stage.backend.verbs.contains(u("setReference first week of March")));
        Stage::settle();
    }

    void datasetsAreLoggedAsTheDialogSays()
    {
        Stage stage("settings");
        stage.find<QPushButton>(u("Change how the dataset is logged"))->click();
        auto *dialog = stage.find<DatasetDialog>();
        QVERIFY(dialog);
        QTRY_VERIFY(dialog->isVisible());
        auto *segments = dialog->findChild<QLineEdit *>();
        QTRY_VERIFY(segments->isEnabled());
        QTest::keyClicks(segments, u("region, tier ,"));
        const auto boxes = dialog->findChildren<QCheckBox *>();
        const auto box = [&](const QString &text) {
            return *std::find_if(boxes.begin(), boxes.end(), [&](const QCheckBox *one) {
                return one->text().startsWith(text);
            });
        };
        box(u("Integer range"))->click();
        box(u("WhyLabs"))->click(); // two of the destinations
        box(u("Folder"))->click();
        QTest::keyClick(dialog, Qt::Key_Return);
        QTRY_VERIFY(stage.backend.verbs.contains(u("saveDatasetSettings ") +
                                                 stage.window.context()->dataset()));
        const auto says = [](QWidget *widget, const QString &words) {
            const auto labels = widget->findChildren<QLabel *>();
            return std::any_of(labels.begin(), labels.end(),
                               [&](const QLabel *label) { return label->text().contains(words); });
        };
        QTRY_VERIFY(says(dialog, u("Saved")));
        QCOMPARE(segments->text(), u("region, tier"));
        QTRY_VERIFY(says(stage.window.page(u("settings")), u("profiled apart by region, tier")));
        QVERIFY(says(stage.window.page(u("settings")), u("sent to whylabs, folder")));
        QVERIFY(box(u("WhyLabs"))->isChecked() && box(u("Folder"))->isChecked());
        stage.button(u("Log as all datasets"))->click();
        QTRY_VERIFY(says(stage.window.page(u("settings")), u("As all datasets")));
        QTest::keyClick(dialog, Qt::Key_Escape);
        QTRY_VERIFY(!stage.find<DatasetDialog>());
    }

    void windowsAreDeletedAndRestored()
    {
        Stage stage("settings");
        auto *keep = stage.find<QComboBox>(u("How long windows are kept"));
        keep->setFocus();
        QTest::keyClick(keep, Qt::Key_Down);
        QVERIFY(stage.backend.verbs.contains(u("setRetention %1").arg(30 * kDayMs)));
        QCOMPARE(keep->currentText(), u("30 days"));
        auto *restore = stage.find<QPushButton>(u("Restore deleted windows"));
        QVERIFY(!restore->isVisible());
        const QString dataset = stage.window.context()->dataset();
        stage.window.actionRegistry()->trigger(u("windows.delete"));
        QVERIFY(stage.backend.verbs.contains(u("deleteWindows ") + dataset));
        QTRY_VERIFY(restore->isVisible());
        stage.backend.verbs.calls.clear();
        restore->click();
        QVERIFY(stage.backend.verbs.contains(u("restoreWindows ")));
        QTRY_VERIFY(!restore->isVisible());
        // The notice of a deletion leads back, whatever the dataset's name.
        Q_EMIT stage.backend.noticed({u("windows"),
                                      NoticeLevel::Info,
                                      u("Windows deleted"),
                                      {},
                                      u("windows.restore:5:6:a:b"),
                                      u("Undo"),
                                      false});
        stage.button(u("Undo"))->click();
        QVERIFY(stage.backend.verbs.contains(u("restoreWindows a:b")));
    }

    void simulateStartsStopsAndFillsThePast()
    {
        Stage stage("live");
        QTest::keyClick(&stage.window, Qt::Key_T, Qt::ControlModifier);
        auto *panel = stage.find<SimulatePanel>();
        QVERIFY(panel->isVisible());
        panel->findChild<QComboBox *>()->setCurrentIndex(1);
        QTest::mouseClick(panel->findChild<QPushButton *>(), Qt::LeftButton);
        QVERIFY(stage.backend.verbs.contains(u("startSimulation sensor-offset 50")));
        QVERIFY(!panel->findChild<QComboBox *>()->isEnabled());
        QTest::mouseClick(panel->findChild<QPushButton *>(), Qt::LeftButton);
        QVERIFY(stage.backend.verbs.contains(u("stopSimulation")));
        const auto buttons = panel->findChildren<QPushButton *>();
        QTest::mouseClick(buttons.last(), Qt::LeftButton);
        QVERIFY(stage.backend.verbs.contains(u("backfill 7 sensor-offset")));
        QVERIFY(!panel->isVisible());
        QTest::keyClick(&stage.window, Qt::Key_T, Qt::ControlModifier);
        QTest::keyClick(&stage.window, Qt::Key_Escape);
        QVERIFY(!panel->isVisible());
    }

    void windowsOpenAndCloseWithoutLeavingAnythingBehind()
    {
        // Answers that arrive after the window is gone must not find it.
        auto backend = std::make_unique<DemoBackend>();
        backend->hold = true;
        Preferences preferences{QString()};
        {
            MainWindow window(backend.get(), &preferences);
            window.show();
            for (const QString &page : MainWindow::pageIds())
                window.showPage(page);
        }
        backend->release();
        Stage::settle();
    }
};

QTEST_MAIN(PagesTest)
#include "tst_pages.moc"
