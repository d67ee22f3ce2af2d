#include "demo_data.h"
#include "ui/charts/chart_frame.h"
#include "ui/charts/legend.h"
#include "ui/charts/timeline_strip.h"
#include "ui/pages/preferences.h"
#include "ui/theme/icons.h"
#include "ui/theme/tabular_font.h"
#include "ui/theme/theme.h"
#include "ui/widgets/action_registry.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/command_palette.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/format.h"
#include "ui/widgets/job_popover.h"
#include "ui/widgets/state_stack.h"
#include "ui/widgets/verdict.h"

#include <tepal/assets.h>

#include <QAction>
#include <QDir>
#include <QFile>
#include <QFontInfo>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace tepal;
using namespace tepal::ui;

class WidgetsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { Theme::instance().install(ThemeMode::Light); }

    void contrastHoldsInBothThemes()
    {
        Theme &theme = Theme::instance();
        for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
            theme.setMode(mode);
            for (const Role surface : {Role::Surface0, Role::Surface1, Role::Surface2}) {
                const QColor on = theme.color(surface);
                for (const Role text : {Role::Text, Role::Muted})
                    QVERIFY2(contrastRatio(theme.color(text), on) >= 4.5,
                             qPrintable(QStringLiteral("text role %1").arg(int(text))));
                for (const Role state : {Role::Ok, Role::Warn, Role::Alarm, Role::Accent})
                    QVERIFY2(contrastRatio(theme.color(state), on) >= 3.0,
                             qPrintable(QStringLiteral("state role %1 on %2")
                                            .arg(int(state))
                                            .arg(int(surface))));
            }
            QVERIFY(contrastRatio(theme.color(Role::OnAccent), theme.color(Role::Accent)) >= 4.5);
            for (int i = 0; i < 7; ++i)
                QVERIFY2(contrastRatio(theme.series(i), theme.color(Role::Surface1)) >= 3.0,
                         qPrintable(QStringLiteral("series %1").arg(i)));
        }
        theme.setMode(ThemeMode::Light);
    }

    void everyListedIconIsThere()
    {
        const QStringList names = QDir(QStringLiteral(":/tepal/icons")).entryList(QDir::Files);
        QVERIFY(names.size() > 40);
        for (QString name : names) {
            name.chop(4);
            const QPixmap picture = iconPixmap(name, 16, Role::Text, 2);
            QCOMPARE(picture.size(), QSize(32, 32));
        }
    }

    void figuresHaveOneWidth()
    {
        QFile file(QStringLiteral(":/tepal/fonts/inter-regular.otf"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray original = file.readAll();
        QVERIFY(withTabularDigits(original) != original);
        // Damaged input comes back as it was.
        for (const qsizetype size : {0, 10, 400, 5000, 100'000})
            QCOMPARE(withTabularDigits(original.left(size)), original.left(size));
        const QFontMetrics metrics(themeFont(Type::Tile));
        QCOMPARE(metrics.horizontalAdvance(QStringLiteral("1111")),
                 metrics.horizontalAdvance(QStringLiteral("8888")));
        QVERIFY(QFontInfo(themeFont(Type::Mono)).fixedPitch());
    }

    void assetsForTheEndpoint()
    {
        const auto assets = swaggerAssets();
        QCOMPARE(assets.size(), std::size_t(6));
        for (const Asset &asset : assets)
            QVERIFY(asset.bytes.size() > 20);
        QVERIFY(assets[1].bytes.size() > 1'000'000);
        QVERIFY(assets[0].contentType.starts_with("text/css"));
    }

    void bannersCountUpAndMakeRoom()
    {
        BannerArea area;
        QVERIFY(area.isHidden());
        Notice port{QStringLiteral("port"),
                    NoticeLevel::Error,
                    QStringLiteral("Port 3000 is in use"),
                    QStringLiteral("Use 3001"),
                    QStringLiteral("endpoint.port:3001"),
                    QStringLiteral("Use 3001"),
                    false};
        area.show(port);
        area.show(port);
        QCOMPARE(area.count(), 1);
        QCOMPARE(area.banner(port.key)->count(), 2);
        QVERIFY(!area.isHidden());
        for (int i = 0; i < 6; ++i)
            area.show(
                {QString::number(i), NoticeLevel::Info, QStringLiteral("news"), {}, {}, {}, false});
        QVERIFY(area.count() <= 4);
        QVERIFY(area.banner(port.key)); // the error stayed
        QSignalSpy wanted(&area, &BannerArea::actionWanted);
        QTest::mouseClick(area.banner(port.key)->findChild<QPushButton *>(), Qt::LeftButton);
        QCOMPARE(wanted.first().first().toString(), port.actionId);
        QVERIFY(!area.banner(port.key));
        area.clear(QStringLiteral("nobody"));
    }

    void paletteFindsAndRuns()
    {
        QVERIFY(fuzzyScore(QStringLiteral("stend"), QStringLiteral("Start endpoint")) > 0);
        QCOMPARE(fuzzyScore(QStringLiteral("xyz"), QStringLiteral("Start endpoint")), -1);
        QVERIFY(fuzzyScore(QStringLiteral("up"), QStringLiteral("Upload")) >
                fuzzyScore(QStringLiteral("up"), QStringLiteral("Show group")));
        QWidget window;
        window.resize(900, 600);
        ActionRegistry registry(&window);
        int ran = 0;
        registry.add({QStringLiteral("a"),
                      QStringLiteral("Endpoint"),
                      QStringLiteral("Start"),
                      {},
                      QKeySequence(Qt::CTRL | Qt::Key_R),
                      [&] { ran += 1; }});
        registry.add(
            {QStringLiteral("b"), QStringLiteral("Data"), QStringLiteral("Upload"), {}, {}, [&] {
                 ran += 10;
             }});
        registry.add(
            {QStringLiteral("c"), QStringLiteral("Data"), QStringLiteral("Upgrade"), {}, {}, [&] {
                 ran += 100;
             }});
        registry.setEnabled(QStringLiteral("c"), false);
        CommandPalette palette(&registry, &window);
        window.show();
        palette.openCommands();
        QCOMPARE(palette.matches(), 2); // what cannot be done is not offered
        QTest::keyClicks(palette.findChild<QLineEdit *>(), QStringLiteral("upl"));
        QCOMPARE(palette.currentText(), QStringLiteral("Upload"));
        QTest::keyClick(palette.findChild<QLineEdit *>(), Qt::Key_Return);
        QCOMPARE(ran, 10);
        QVERIFY(!palette.isVisible());
        QVERIFY(!registry.trigger(QStringLiteral("c")));
        QSignalSpy jump(&palette, &CommandPalette::jumpWanted);
        palette.openNames(QStringLiteral("column"), {QStringLiteral("petal width")});
        QTest::keyClick(palette.findChild<QLineEdit *>(), Qt::Key_Return);
        QCOMPARE(jump.size(), 1);
        palette.openCommands();
        QTest::keyClick(palette.findChild<QLineEdit *>(), Qt::Key_Escape);
        QVERIFY(!palette.isVisible());
    }

    void jobsAreSummedUp()
    {
        JobInfo a;
        a.id = 1;
        a.title = QStringLiteral("Backfill");
        a.progress = 0.43;
        a.cancellable = true;
        QCOMPARE(JobPopover::summary({a}), QStringLiteral("1 job 43\u00a0%"));
        JobInfo b = a;
        b.id = 2;
        b.progress = -1;
        QCOMPARE(JobPopover::summary({a, b}), QStringLiteral("2 jobs"));
        b.phase = JobPhase::Failed;
        b.problem = {ErrorCode::Full, QStringLiteral("disk is full"), QStringLiteral("make room")};
        QCOMPARE(JobPopover::summary({b}), QStringLiteral("Backfill failed"));
        JobPopover popover;
        QSignalSpy cancel(&popover, &JobPopover::cancelWanted);
        QSignalSpy dismiss(&popover, &JobPopover::dismissWanted);
        popover.setJobs({a, b});
        const auto buttons = popover.findChildren<QToolButton *>();
        QCOMPARE(buttons.size(), 2);
        buttons[0]->click();
        buttons[1]->click();
        QCOMPARE(cancel.first().first().toULongLong(), quint64(1));
        QCOMPARE(dismiss.first().first().toULongLong(), quint64(2));
        popover.setJobs({});
        QCOMPARE(JobPopover::summary({}), QString());
    }

    void loadingShowsNothingAtFirst()
    {
        auto *content = new QWidget;
        StateStack stack(content);
        stack.resize(300, 200);
        stack.show();
        auto *bar = stack.findChild<QProgressBar *>();
        stack.setLoading(true);
        QVERIFY(!bar->isVisible());
        stack.setLoading(false); // quick answers never flash
        QTest::qWait(200);
        QVERIFY(!bar->isVisible());
        stack.setLoading(true);
        QTRY_VERIFY(bar->isVisible());
        stack.setLoading(false);
        QVERIFY(bar->isVisible()); // once shown it stays a moment
        QTRY_VERIFY(!bar->isVisible());
        stack.showProblem(
            {ErrorCode::Io, QStringLiteral("<b>broken</b>"), QStringLiteral("retry")});
        QVERIFY(!stack.isContentShown());
        QVERIFY(stack.shownText().contains(QStringLiteral("<b>"))); // shown as it is, not as markup
        QSignalSpy retry(&stack, &StateStack::retryWanted);
        stack.findChild<QPushButton *>()->click();
        QCOMPARE(retry.size(), 1);
        stack.showContent();
        QVERIFY(stack.isContentShown());
    }

    void longNamesElideInTheMiddle()
    {
        ElidedLabel label(QString(200, QLatin1Char('x')) + QStringLiteral("<b>"));
        label.resize(120, 20);
        label.show();
        QVERIFY(label.isElided());
        QVERIFY(label.toolTip().contains(QStringLiteral("&lt;b&gt;")));
        QVERIFY(label.minimumSizeHint().width() <= 60);
    }

    void timeLineIsDrivenByMouseAndKeys()
    {
        const tepal::ui::test::DemoData data(1'773'325'350'000);
        TimelineStrip strip;
        strip.resize(700, 104);
        QVERIFY(strip.isEmpty());
        QTest::mouseClick(&strip, Qt::LeftButton); // nothing there, nothing happens
        const auto windows = std::make_shared<WindowList>(data.windows());
        strip.setWindows(windows);
        const TimeRange all{windows->windows.first().range.start,
                            windows->windows.last().range.end};
        strip.setRange(all);
        strip.show();
        QSignalSpy chosen(&strip, &TimelineStrip::rangeChosen);
        QTest::mousePress(&strip, Qt::LeftButton, {}, QPoint(200, 30));
        QTest::mouseMove(&strip, QPoint(300, 30));
        QTest::mouseRelease(&strip, Qt::LeftButton, {}, QPoint(300, 30));
        QCOMPARE(chosen.size(), 1);
        const TimeRange drawn = strip.range();
        QVERIFY(drawn.start > all.start && drawn.end < all.end);
        QCOMPARE(drawn.start % kHourMs, 0);
        QCOMPARE(drawn.end % kHourMs, 0);
        QTest::keyClick(&strip, Qt::Key_Right);
        QCOMPARE(strip.range().start, drawn.start + kHourMs);
        QCOMPARE(strip.range().end, drawn.end + kHourMs);
        QTest::keyClick(&strip, Qt::Key_Left, Qt::ShiftModifier);
        QCOMPARE(strip.range().end, drawn.end);
        for (int i = 0; i < 300; ++i)
            QTest::keyClick(&strip, Qt::Key_Left, Qt::ShiftModifier);
        QCOMPARE(strip.range().end - strip.range().start, kHourMs); // never empty
        QTest::keyClick(&strip, Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(strip.range(), all);
    }

    void preferencesSurviveStrangeFiles()
    {
        PreferenceValues v;
        v.theme = ThemeMode::Dark;
        v.utc = true;
        v.port = 4000;
        v.page = QStringLiteral("drift");
        v.geometry = QByteArray("\x01\x02", 2);
        const PreferenceValues back = Preferences::fromJson(Preferences::toJson(v));
        QCOMPARE(back.theme, v.theme);
        QCOMPARE(back.port, v.port);
        QCOMPARE(back.geometry, v.geometry);
        QCOMPARE(Preferences::fromJson("not json").port, 3000);
        QCOMPARE(Preferences::fromJson(R"({"port": 99999, "theme": "neon"})").port, 3000);
        QTemporaryDir dir;
        const QString file = dir.filePath(QStringLiteral("deep/workbench.json"));
        Preferences p(file);
        p.change(v);
        p.flush();
        QCOMPARE(Preferences(file).values().page, v.page);
    }
};

QTEST_MAIN(WidgetsTest)
#include "tst_widgets.moc"
