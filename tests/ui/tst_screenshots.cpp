/// Every page in light and dark, at one and two device pixels. Set TEPAL_SHOTS to a directory to
/// keep the pictures.
#include "demo_backend.h"
#include "ui/backend/comparison.h"
#include "ui/backend/endpoint.h"
#include "ui/backend/jobs.h"
#include "ui/backend/simulation.h"
#include "ui/backend/uploads.h"
#include "ui/pages/main_window.h"
#include "ui/pages/models_page.h"
#include "ui/pages/page.h"
#include "ui/pages/planned_dialog.h"
#include "ui/pages/preferences.h"
#include "ui/pages/xray_dialog.h"
#include "ui/widgets/action_registry.h"
#include "ui/widgets/elided_label.h"

#include <tepal/base/log.h>

#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QLabel>
#include <QListWidget>
#include <QPainter>
#include <QPushButton>
#include <QTableView>
#include <QTest>

using namespace tepal;
using namespace tepal::ui;
using tepal::ui::test::DemoBackend;

namespace {

QImage grab(QWidget &widget, int ratio)
{
    QImage image(widget.size() * ratio, QImage::Format_RGB32);
    image.setDevicePixelRatio(ratio);
    image.fill(Qt::magenta); // What nobody paints would show.
    widget.render(&image);
    return image;
}

int distinctColors(const QImage &image)
{
    QSet<QRgb> colors;
    for (int y = 0; y < image.height(); y += 3) {
        for (int x = 0; x < image.width(); x += 3)
            colors.insert(image.pixel(x, y));
    }
    return static_cast<int>(colors.size());
}

/// Labels and buttons whose text does not fit although they are not meant to elide.
QStringList clipped(const QWidget &window)
{
    QStringList out;
    const auto labels = window.findChildren<QLabel *>();
    for (const QLabel *label : labels) {
        if (!label->isVisible() || label->wordWrap() || label->text().isEmpty())
            continue;
        if (label->sizeHint().width() > label->width() + 1)
            out << label->text();
    }
    const auto buttons = window.findChildren<QPushButton *>();
    for (const QPushButton *button : buttons) {
        if (button->isVisible() && !button->text().isEmpty() &&
            button->fontMetrics().horizontalAdvance(button->text()) > button->width())
            out << button->text();
    }
    return out;
}

} // namespace

class ScreenshotTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        setLogToStderr(false);
        Theme::instance().install(ThemeMode::Light);
        logInfo("app", "Tepal workbench started, home /home/ada/.local/share/tepal");
        logInfo("endpoint", "Serving on http://127.0.0.1:3000, model iris_knn:fhfsvifgrsrtjlg6");
        logInfo("logger", "Logger process 4711 started, 0 records to catch up");
        logWarning("upload", "whylabs.example.org did not answer in 10 s; next try in 40 s");
        logError("upload", "Upload 398 failed 3 times; it stays in the outbox");
        for (int i = 0; i < 30; ++i)
            logInfo("logger", "Window 2026-03-12T" + std::to_string(10 + i % 4) +
                                  ":00:00Z committed, 212 rows, 6 columns, 1.2 ms");
    }

    void pages_data()
    {
        QTest::addColumn<QString>("page");
        QTest::addColumn<bool>("dark");
        QTest::addColumn<int>("ratio");
        QTest::addColumn<QSize>("size");
        for (const QString &page : MainWindow::pageIds()) {
            for (const bool dark : {false, true}) {
                for (const int ratio : {1, 2}) {
                    const QString name =
                        QStringLiteral("%1-%2-%3x")
                            .arg(page, dark ? QStringLiteral("dark") : QStringLiteral("light"),
                                 QString::number(ratio));
                    QTest::newRow(qPrintable(name)) << page << dark << ratio << QSize(1440, 900);
                }
            }
            QTest::newRow(qPrintable(page + QStringLiteral("-small-1x")))
                << page << false << 1 << QSize(1024, 640);
        }
        QTest::newRow("first-light-1x") << QString() << false << 1 << QSize(1440, 900);
        QTest::newRow("first-dark-1x") << QString() << true << 1 << QSize(1440, 900);
    }

    void pages()
    {
        QFETCH(QString, page);
        QFETCH(bool, dark);
        QFETCH(int, ratio);
        QFETCH(QSize, size);
        DemoBackend backend(page.isEmpty() ? DemoBackend::Start::Empty : DemoBackend::Start::Full);
        Preferences preferences{QString()};
        PreferenceValues values;
        values.theme = dark ? ThemeMode::Dark : ThemeMode::Light;
        preferences.change(values);
        MainWindow window(&backend, &preferences);
        window.resize(size);
        window.show();
        if (!page.isEmpty())
            window.showPage(page);
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        for (int i = 0; i < 12; ++i)
            QTest::qWait(10);
        const QImage image = grab(window, ratio);
        const QString shots = qEnvironmentVariable("TEPAL_SHOTS");
        if (!shots.isEmpty()) {
            QDir().mkpath(shots);
            image.save(shots + QLatin1Char('/') + QLatin1String(QTest::currentDataTag()) +
                       QStringLiteral(".png"));
        }
        QVERIFY2(distinctColors(image) > 40, "the page is empty");
        bool unpainted = false;
        for (int y = 0; y < image.height(); y += 2) {
            for (int x = 0; x < image.width(); x += 2)
                unpainted = unpainted || image.pixel(x, y) == qRgb(255, 0, 255);
        }
        QVERIFY2(!unpainted, "some part of the window is not painted");
        const QStringList cut = clipped(window);
        QVERIFY2(cut.isEmpty(), qPrintable(cut.join(QStringLiteral(" | "))));
    }

    void states_data()
    {
        QTest::addColumn<QString>("state");
        QTest::addColumn<bool>("dark");
        for (const char *state : {"simulate",       "palette",     "trouble",
                                  "form",           "window",      "cdf",
                                  "history",        "top",         "stopped",
                                  "references",     "rename",      "trailing",
                                  "make-reference", "sides",       "segments",
                                  "time",           "about",       "dataset",
                                  "guide-tables",   "guide-pipes", "dry-run",
                                  "xray",           "model-form",  "model-table",
                                  "model-number",   "model-many",  "versions",
                                  "signature",      "import",      "import-refused",
                                  "rollout"}) {
            for (const bool dark : {false, true}) {
                const QString name = QStringLiteral("state-%1-%2")
                                         .arg(QLatin1String(state), dark ? QStringLiteral("dark")
                                                                         : QStringLiteral("light"));
                QTest::newRow(qPrintable(name)) << QString::fromLatin1(state) << dark;
            }
        }
    }

    void states()
    {
        QFETCH(QString, state);
        QFETCH(bool, dark);
        DemoBackend backend;
        Preferences preferences{QString()};
        PreferenceValues values;
        values.theme = dark ? ThemeMode::Dark : ThemeMode::Light;
        preferences.change(values);
        MainWindow window(&backend, &preferences);
        window.show();
        const auto settle = [] {
            for (int i = 0; i < 10; ++i)
                QTest::qWait(10);
        };
        const auto click = [&](const QString &text) {
            const auto buttons = window.findChildren<QPushButton *>();
            for (QPushButton *b : buttons) {
                if (b->isVisible() && b->text().trimmed() == text) {
                    b->click();
                    return;
                }
            }
            QFAIL(qPrintable(text));
        };
        QWidget *shown = &window;
        if (state == QStringLiteral("simulate")) {
            window.actionRegistry()->trigger(QStringLiteral("simulate.open"));
            backend.simulation().startSimulation({QStringLiteral("sensor-offset"), 200, 1, 0});
        } else if (state == QStringLiteral("palette")) {
            window.actionRegistry()->trigger(QStringLiteral("app.palette"));
        } else if (state == QStringLiteral("trouble")) {
            window.showPage(QStringLiteral("drift"));
            LoggerState logger = backend.endpoint().logger();
            logger.phase = LoggerPhase::Restarting;
            logger.restarts = 2;
            logger.dropped = 41;
            backend.endpoint().setLogger(logger);
            backend.uploads().addOutboxFailure();
            JobInfo job;
            job.id = 1;
            job.title = QStringLiteral("Filling the last 7 days");
            job.progress = 0.43;
            job.detail = QStringLiteral("61,200 rows a second, 4 s left");
            job.cancellable = true;
            JobInfo failed;
            failed.id = 2;
            failed.title = QStringLiteral("Import profiles");
            failed.phase = JobPhase::Failed;
            failed.problem = {ErrorCode::Corrupt, QStringLiteral("a.bin is not a profile"),
                              QStringLiteral("Choose files that whylogs wrote")};
            backend.jobs().setJobs({job, failed});
            Q_EMIT backend.noticed({QStringLiteral("logger"),
                                    NoticeLevel::Warning,
                                    QStringLiteral("The logger stopped and was started again"),
                                    QStringLiteral("Nothing is lost; it catches up by itself"),
                                    {},
                                    {},
                                    false});
            Q_EMIT backend.noticed({QStringLiteral("port"), NoticeLevel::Error,
                                    QStringLiteral("Port 3000 is in use by another program"),
                                    QStringLiteral("Use another port, or stop that program"),
                                    QStringLiteral("endpoint.port:3001"),
                                    QStringLiteral("Use 3001"), false});
            const auto items = window.findChildren<QAbstractButton *>();
            for (QAbstractButton *item : items) {
                if (item->accessibleName() == QStringLiteral("Jobs"))
                    item->click();
            }
        } else if (state == QStringLiteral("form")) {
            window.showPage(QStringLiteral("uploads"));
            settle();
            click(QStringLiteral("Settings"));
        } else if (state == QStringLiteral("window")) {
            window.showPage(QStringLiteral("drift"));
            settle();
            const TimeMs start = windowStart(backend.now() - 3 * kHourMs, Granularity::Hour);
            window.context()->select(QStringLiteral("petal width"),
                                     TimeRange{start, start + kHourMs});
        } else if (state == QStringLiteral("cdf") || state == QStringLiteral("history") ||
                   state == QStringLiteral("top")) {
            window.showPage(QStringLiteral("profiles"));
            settle();
            window.context()->select(QStringLiteral("petal width"), std::nullopt);
            settle();
            click(state == QStringLiteral("cdf")       ? QStringLiteral("Cumulative")
                  : state == QStringLiteral("history") ? QStringLiteral("Over time")
                                                       : QStringLiteral("Top values"));
        } else if (state == QStringLiteral("stopped")) {
            backend.endpoint().stopEndpoint();
        } else if (state == QStringLiteral("references") || state == QStringLiteral("rename") ||
                   state == QStringLiteral("trailing")) {
            window.showPage(QStringLiteral("drift"));
            settle();
            backend.comparison().setReferences(
                backend.comparison().references(window.context()->dataset()) +
                QList<ReferenceInfo>{
                    {QStringLiteral("before the sensors of hall 3 were exchanged, without Sunday"),
                     812, backend.now() - kDayMs, QStringLiteral("file hall3.bin"), false}});
            const auto press = [&](const QString &name) {
                const auto buttons =
                    window.page(QStringLiteral("drift"))->findChildren<QAbstractButton *>();
                for (QAbstractButton *button : buttons) {
                    if (button->accessibleName() == name || button->text() == name) {
                        button->click();
                        return;
                    }
                }
                QFAIL(qPrintable(name));
            };
            press(QStringLiteral("Against"));
            settle();
            if (state == QStringLiteral("rename"))
                press(QStringLiteral("Rename reference training"));
            else if (state == QStringLiteral("trailing"))
                press(QStringLiteral("Trailing…"));
            settle();
            shown = QApplication::activePopupWidget();
        } else if (state == QStringLiteral("make-reference")) {
            window.actionRegistry()->trigger(QStringLiteral("reference.make"));
            settle();
            shown = window.findChild<QDialog *>();
        } else if (state == QStringLiteral("sides")) {
            window.showPage(QStringLiteral("profiles"));
            const TimeMs start = windowStart(backend.now() - 2 * kDayMs, Granularity::Hour);
            window.context()->setCustomRange({start, start + kDayMs});
            Against before;
            before.range = TimeRange{start - 3 * kDayMs, start - 36 * kHourMs};
            window.context()->setAgainst(before);
            window.context()->select(QStringLiteral("petal width"),
                                     TimeRange{start + kHourMs, start + 2 * kHourMs});
        } else if (state == QStringLiteral("segments")) {
            window.showPage(QStringLiteral("drift"));
            backend.windows().setSegments({{{"country", "CH"}, {"tier", "gold"}},
                                           {{"country", "CH"}, {"tier", "silver"}},
                                           {{"country", "DE"}, {"tier", "gold"}}});
            window.context()->setSegment(Segment{{"country", "CH"}, {"tier", "gold"}});
            Against other;
            other.segment = Segment{{"country", "DE"}, {"tier", "gold"}};
            window.context()->setAgainst(other);
        } else if (state == QStringLiteral("time")) {
            window.actionRegistry()->trigger(QStringLiteral("time.open"));
            settle();
            shown = QApplication::activePopupWidget();
        } else if (state == QStringLiteral("dataset")) {
            window.showPage(QStringLiteral("settings"));
            window.actionRegistry()->trigger(QStringLiteral("windows.delete"));
            settle();
            click(QStringLiteral("Change…"));
            settle();
            shown = window.findChild<QDialog *>();
        } else if (state.startsWith(QStringLiteral("guide-"))) {
            window.actionRegistry()->trigger(QStringLiteral("app.guide"));
            settle();
            shown = window.findChild<QDialog *>();
            QVERIFY(shown);
            auto *pages = shown->findChild<QListWidget *>();
            pages->setCurrentRow(state == QStringLiteral("guide-tables") ? 5 : 6);
        } else if (state == QStringLiteral("dry-run")) {
            window.showPage(QStringLiteral("uploads"));
            settle();
            click(QStringLiteral("Dry run"));
            settle();
            shown = window.findChild<PlannedDialog *>();
        } else if (state == QStringLiteral("xray")) {
            window.showPage(QStringLiteral("uploads"));
            settle();
            window.page(QStringLiteral("uploads"))->findChild<QTableView *>()->selectRow(4);
            click(QStringLiteral("X-ray"));
            settle();
            shown = window.findChild<XrayDialog *>();
        } else if (state.startsWith(QStringLiteral("model-")) ||
                   state == QStringLiteral("versions") || state == QStringLiteral("rollout") ||
                   state == QStringLiteral("signature")) {
            window.showPage(QStringLiteral("models"));
            settle();
            auto *page = static_cast<ModelsPage *>(window.page(QStringLiteral("models")));
            QTableView *table = nullptr;
            const auto tables = page->findChildren<QTableView *>();
            for (QTableView *one : tables) {
                if (one->accessibleName() == QStringLiteral("Models in the store"))
                    table = one;
            }
            QVERIFY(table);
            if (state == QStringLiteral("model-form") || state == QStringLiteral("signature")) {
                table->selectRow(2);
            } else if (state == QStringLiteral("model-number") ||
                       state == QStringLiteral("model-many")) {
                backend.models().classes = state == QStringLiteral("model-many") ? 40 : 0;
                table->selectRow(1);
            } else {
                page->takeFile(QStringLiteral("/home/ada/iris holdout.csv"));
            }
            settle();
            if (state == QStringLiteral("versions") || state == QStringLiteral("rollout"))
                click(QStringLiteral("Versions"));
            if (state == QStringLiteral("rollout"))
                click(QStringLiteral("Start"));
            if (state == QStringLiteral("signature"))
                click(QStringLiteral("What it takes"));
            else if (state == QStringLiteral("model-table"))
                click(QStringLiteral("Ask"));
        } else if (state.startsWith(QStringLiteral("import"))) {
            window.dropFile(state == QStringLiteral("import")
                                ? QStringLiteral("/home/ada/flowers.json")
                                : QStringLiteral("/home/ada/broken.json"));
            settle();
            shown = window.findChild<QDialog *>();
        } else if (state == QStringLiteral("about")) {
            window.actionRegistry()->trigger(QStringLiteral("app.about"));
            settle();
            shown = window.findChild<QDialog *>();
        }
        settle();
        QVERIFY(shown);
        const QImage image = grab(*shown, 1);
        const QString shots = qEnvironmentVariable("TEPAL_SHOTS");
        if (!shots.isEmpty())
            image.save(shots + QLatin1Char('/') + QLatin1String(QTest::currentDataTag()) +
                       QStringLiteral(".png"));
        QVERIFY(distinctColors(image) > 20);
        const QStringList cut = clipped(*shown);
        QVERIFY2(cut.isEmpty(), qPrintable(cut.join(QStringLiteral(" | "))));
        if (shown != &window)
            shown->close();
    }
};

QTEST_MAIN(ScreenshotTest)
#include "tst_screenshots.moc"
