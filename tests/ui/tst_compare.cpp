/// A against B: the two sides on the Drift and Profiles pages, and references, by clicks and keys.
#include "stage.h"
#include "ui/backend/comparison.h"
#include "ui/backend/windows.h"
#include "ui/charts/heat_map.h"
#include "ui/charts/histogram_chart.h"
#include "ui/charts/timeline_strip.h"
#include "ui/pages/reference_button.h"
#include "ui/pages/reference_dialog.h"
#include "ui/pages/reference_popup.h"
#include "ui/pages/segment_popup.h"
#include "ui/pages/sides_bar.h"
#include "ui/widgets/action_registry.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/format.h"
#include "ui/widgets/state_stack.h"
#include "ui/widgets/verdict.h"

#include <tepal/base/log.h>

#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QSpinBox>
#include <QToolButton>

using namespace tepal;
using namespace tepal::ui;
using tepal::ui::test::DemoBackend;
using tepal::ui::test::DemoData;
using tepal::ui::test::Stage;
using tepal::ui::test::u;

namespace {

/// Of the page that is shown.
template <typename T>
T *onPage(const Stage &stage, const QString &accessibleName = {})
{
    const auto all = stage.window.page(stage.window.currentPage())->findChildren<T *>();
    for (T *widget : all) {
        if (accessibleName.isEmpty() || widget->accessibleName() == accessibleName)
            return widget;
    }
    return nullptr;
}

ReferencePopup *openPopup(const Stage &stage)
{
    QTest::mouseClick(onPage<QToolButton>(stage, u("Against")), Qt::LeftButton);
    Stage::settle();
    auto *popup = onPage<ReferencePopup>(stage);
    return popup->isVisible() ? popup : nullptr;
}

template <typename T>
T *in(const QWidget *parent, const QString &accessibleName)
{
    const auto all = parent->findChildren<T *>();
    for (T *widget : all) {
        if (widget->accessibleName() == accessibleName)
            return widget;
    }
    return nullptr;
}

void click(QWidget *widget)
{
    QVERIFY(widget);
    QVERIFY(widget->isVisible());
    QTest::mouseClick(widget, Qt::LeftButton);
    Stage::settle();
}

QString sideB(const Stage &stage)
{
    return onPage<QToolButton>(stage, u("Against"))->accessibleDescription();
}

QStringList names(Stage &stage)
{
    QStringList all;
    for (const ReferenceInfo &info :
         stage.backend.comparison().references(stage.window.context()->dataset()))
        all << (info.current ? info.name + u("*") : info.name);
    return all;
}

QString errorText(const QWidget *parent)
{
    for (const QLabel *label : parent->findChildren<QLabel *>()) {
        if (label->property("class") == u("error"))
            return label->text();
    }
    return {};
}

/// With the button down; QTest::mouseMove knows no modifiers.
void move(QWidget *widget, QPoint to, Qt::KeyboardModifiers modifiers)
{
    QMouseEvent event(QEvent::MouseMove, to, widget->mapToGlobal(to), Qt::NoButton, Qt::LeftButton,
                      modifiers);
    QApplication::sendEvent(widget, &event);
}

/// The list of the popup that is open.
QListWidget *openSegments(const Stage &stage)
{
    for (auto *popup : onPage<SidesBar>(stage)->findChildren<SegmentPopup *>()) {
        if (popup->isVisible())
            return popup->findChild<QListWidget *>();
    }
    return nullptr;
}

bool findLabel(const Stage &stage, const QString &text)
{
    const QWidget *page = stage.window.page(stage.window.currentPage());
    for (const StateLabel *label : page->findChildren<StateLabel *>()) {
        if (label->isVisible() && label->text() == text)
            return true;
    }
    return false;
}

QStringList legend(const Stage &stage)
{
    QStringList all;
    for (const LegendEntry &entry : onPage<HistogramChart>(stage)->legend())
        all << entry.name;
    return all;
}

} // namespace

class CompareTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        setLogToStderr(false);
        Theme::instance().install(ThemeMode::Light);
    }

    void segmentsAsSides()
    {
        Stage stage("drift");
        Context *context = stage.window.context();
        auto *segmentA = onPage<QToolButton>(stage, u("Segment on side A"));
        QVERIFY(!segmentA->isVisible()); // Nothing is profiled apart.
        const Segment ch{{"country", "CH"}};
        const Segment de{{"country", "DE;x"}};
        stage.backend.windows().setSegments({de, ch});
        Stage::settle();
        QVERIFY(segmentA->isVisible());
        QCOMPARE(segmentA->text(), u("all segments"));
        click(segmentA);
        auto *list = openSegments(stage);
        QVERIFY(list);
        QCOMPARE(list->count(), 3);
        QCOMPARE(list->item(1)->text(), u("country=CH"));
        QTest::keyClick(list, Qt::Key_Down);
        QTest::keyClick(list, Qt::Key_Return);
        Stage::settle();
        QCOMPARE(segmentA->text(), u("country=CH"));
        QCOMPARE(stage.backend.driftQueries.last().segment.value(), ch);
        QVERIFY(legend(stage).first().startsWith(u("A: country=CH")));

        // Side B: another segment of the same time, chosen where all of side B is.
        auto *popup = openPopup(stage);
        for (auto *button : popup->findChildren<QPushButton *>()) {
            if (button->text() == u("Segment…"))
                click(button);
        }
        list = openSegments(stage);
        QVERIFY(list);
        QCOMPARE(list->item(2)->text(), u("country=DE\\;x"));
        QTest::mouseClick(list->viewport(), Qt::LeftButton, {},
                          list->visualItemRect(list->item(2)).center());
        Stage::settle();
        QCOMPARE(sideB(stage), u("country=DE\\;x"));
        QCOMPARE(stage.backend.driftQueries.last().against.segment.value(), de);
        QCOMPARE(stage.backend.driftQueries.last().against.range.value(), context->range());
        QVERIFY(!findLabel(stage, u("sides overlap")));
        // It moves with A while it has no range of its own.
        const TimeRange day{context->range().end - kDayMs, context->range().end};
        context->setCustomRange(day);
        Stage::settle();
        QCOMPARE(stage.backend.driftQueries.last().against.range.value(), day);

        click(onPage<QToolButton>(stage, u("Swap the sides")));
        QCOMPARE(context->segment().value(), de);
        QCOMPARE(context->against().segment.value(), ch);
        QCOMPARE(context->range(), day);
        context->goBack();
        Stage::settle();
        QCOMPARE(context->segment().value(), ch);
        QCOMPARE(sideB(stage), u("country=DE\\;x"));
        context->goBack(); // The range,
        context->goBack(); // side B,
        context->goBack(); // the segment.
        Stage::settle();
        QVERIFY(!context->segment());
        QVERIFY(context->against() == Against{});
        QVERIFY(!stage.backend.driftQueries.last().segment);
        context->goForward();
        Stage::settle();
        QCOMPARE(context->segment().value(), ch);
        // Profiles asks for the same rows.
        stage.window.showPage(u("profiles"));
        Stage::settle();
        QCOMPARE(stage.backend.slices.last().segment.value(), ch);
        QCOMPARE(stage.backend.columnQueries.last().segment.value(), ch);
    }

    void tabGoesFromTopToBottom()
    {
        Stage stage("drift");
        onPage<QToolButton>(stage, u("Against"))->setFocus();
        QStringList order;
        for (int i = 0; i < 4; ++i) {
            QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
            order << QApplication::focusWidget()->accessibleName();
        }
        // What can be swapped and pinned is left out while B is a reference.
        QCOMPARE(order.first(), u("Rules of"));
        QCOMPARE(order.at(1), u("Time line of profile windows"));
    }

    // ------------------------------------------------------------ references

    void anotherReferenceIsChosen()
    {
        Stage stage("drift");
        ReferencePopup *popup = openPopup(stage);
        QVERIFY(popup);
        const auto rows = popup->findChildren<ReferenceButton *>();
        QCOMPARE(rows.size(), qsizetype{2});
        QVERIFY(rows[0]->isChosen());
        QVERIFY(rows[0]->accessibleDescription().startsWith(u("current · 150 rows")));
        QVERIFY(rows[1]->accessibleDescription().contains(u("14,210 rows")));
        QVERIFY(rows[0]->hasFocus()); // arrows and Tab go on from here
        click(rows[1]);
        QVERIFY(!popup->isVisible());
        QCOMPARE(sideB(stage), u("first week of March"));
        QCOMPARE(stage.backend.driftQueries.last().against.reference, u("first week of March"));
        QVERIFY(!stage.backend.verbs.contains(u("setReference"))); // only looked at
        QTRY_VERIFY(legend(stage).contains(u("B: first week of March")));
        // The same side on the other page.
        stage.window.showPage(u("profiles"));
        Stage::settle();
        QCOMPARE(sideB(stage), u("first week of March"));
        QCOMPARE(stage.backend.columnQueries.last().against.reference, u("first week of March"));
        QTRY_VERIFY(legend(stage).last().startsWith(u("B: first week of March (n = ")));
        QVERIFY(legend(stage).first().startsWith(u("A: this range")));
    }

    void theCurrentOneIsFollowed()
    {
        Stage stage("drift");
        click(in<QPushButton>(openPopup(stage), u("Make reference first week of March current")));
        QCOMPARE(names(stage), QStringList({u("training"), u("first week of March*")}));
        QCOMPARE(sideB(stage), u("first week of March"));
        QVERIFY(stage.window.context()->against() == Against{});
        // Chosen, not named: it goes along when another becomes the current one.
        click(openPopup(stage)->findChildren<ReferenceButton *>().at(1));
        QVERIFY(stage.window.context()->against() == Against{});
        stage.backend.comparison().setReference(stage.window.context()->dataset(), u("training"));
        Stage::settle();
        QCOMPARE(sideB(stage), u("training"));
    }

    void renamingRefusesATakenName()
    {
        Stage stage("drift");
        ReferencePopup *popup = openPopup(stage);
        click(popup->findChildren<ReferenceButton *>().at(1));
        popup = openPopup(stage);
        click(in<QToolButton>(popup, u("Rename reference first week of March")));
        auto *edit = in<QLineEdit>(popup, u("New name of reference first week of March"));
        QVERIFY(edit && edit->hasFocus());
        QTest::keyClicks(edit, u("training")); // what was there is selected
        QCOMPARE(errorText(popup), u("There is a reference of this name already"));
        QTest::keyClick(edit, Qt::Key_Return);
        QVERIFY(!stage.backend.verbs.contains(u("renameReference")));
        QTest::keyClick(edit, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClicks(edit, u("  "));
        QCOMPARE(errorText(popup), u("A reference needs a name"));
        QTest::keyClick(edit, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClicks(edit, u("a/b \"c\" <i>%1"));
        // A name that comes meanwhile does not take the words out of one's hand.
        stage.backend.comparison().makeReference(stage.window.context()->focus(), u("new"));
        Stage::settle();
        QVERIFY(in<QLineEdit>(popup, u("New name of reference first week of March")));
        QTest::keyClick(edit, Qt::Key_Return);
        Stage::settle();
        QVERIFY(stage.backend.verbs.contains(
            u("renameReference first week of March > a/b \"c\" <i>%1")));
        // The comparison goes along, without a warning that something is gone.
        QCOMPARE(sideB(stage), u("a/b \"c\" <i>%1"));
        QVERIFY(!stage.find<BannerArea>()->banner(u("reference.lost")));
        QVERIFY(popup->isVisible());
        QTest::keyClick(popup, Qt::Key_Escape);
        QVERIFY(!popup->isVisible());
    }

    void deletingComesBackByUndo()
    {
        Stage stage("drift");
        click(in<QToolButton>(openPopup(stage), u("Delete reference training")));
        QCOMPARE(names(stage), QStringList{u("first week of March*")});
        QCOMPARE(sideB(stage), u("first week of March"));
        const Banner *banner = stage.find<BannerArea>()->banner(u("reference"));
        QVERIFY(banner);
        QCOMPARE(banner->notice().text, u("Reference “training” deleted"));
        QCOMPARE(banner->notice().next, u("Verdicts are against “first week of March” now"));
        click(stage.button(u("Undo")));
        QCOMPARE(names(stage), QStringList({u("first week of March"), u("training*")}));
        QCOMPARE(sideB(stage), u("training"));
    }

    void deletingTheLastOneSaysWhatFollows()
    {
        Stage stage("drift");
        stage.backend.comparison().setReferences({{u("a:b/c%20"), 5, 0, u("file"), true}});
        click(in<QToolButton>(openPopup(stage), u("Delete reference a:b/c%20")));
        QCOMPARE(sideB(stage), u("no reference"));
        QVERIFY(stage.find<BannerArea>()
                    ->banner(u("reference"))
                    ->notice()
                    .next.contains(u("has nothing to be compared with")));
        QVERIFY(stage.window.page(u("drift"))
                    ->findChild<StateStack *>()
                    ->shownText()
                    .contains(u("There is no reference")));
        click(stage.button(u("Undo")));
        QCOMPARE(names(stage), QStringList{u("a:b/c%20*")});
    }

    void aReferenceThatIsGoneIsTold()
    {
        Stage stage("drift");
        click(openPopup(stage)->findChildren<ReferenceButton *>().at(1));
        // Deleted by the command line, say.
        stage.backend.comparison().setReferences(
            {{u("training"), 150, 0, u("training data"), true}});
        Stage::settle();
        QCOMPARE(sideB(stage), u("training"));
        const Banner *banner = stage.find<BannerArea>()->banner(u("reference.lost"));
        QVERIFY(banner);
        QVERIFY(banner->notice().text.contains(u("first week of March")));
        QVERIFY(stage.backend.driftQueries.last().against == Against{});
    }

    void longNamesGiveWay()
    {
        Stage stage("drift");
        const QString name = QString(300, QLatin1Char('w'));
        stage.backend.comparison().setReferences({{name, 5, 0, u("file ") + name, true}});
        Stage::settle();
        QVERIFY(onPage<QToolButton>(stage, u("Against"))->width() < 360);
        QVERIFY(openPopup(stage)->width() < 600);
        QVERIFY(stage.window.width() <= 1440);
    }

    void aTrailingRangeMovesAlong()
    {
        Stage stage("drift");
        Context *context = stage.window.context();
        context->setTimeSelection({TimeSelection::Preset::LastDay, {}});
        Stage::settle();
        ReferencePopup *popup = openPopup(stage);
        click(stage.button(u("Trailing…")));
        auto *size = in<QSpinBox>(popup, u("Length of the trailing range"));
        QVERIFY(size->isVisible());
        size->setValue(2);
        in<QSpinBox>(popup, u("Offset of the trailing range"))->setValue(6);
        in<QComboBox>(popup, u("Unit of the offset"))->setCurrentIndex(0); // hours
        click(in<QPushButton>(popup, u("Compare with the trailing range")));
        const auto asked = [&] { return *stage.backend.driftQueries.last().against.range; };
        QCOMPARE(asked().end, context->range().start - 6 * kHourMs);
        QCOMPARE(asked().end - asked().start, 2 * kDayMs);
        const TimeRange before = asked();
        const TimeRange a = context->range();
        context->setCustomRange({a.start - kDayMs, a.end - kDayMs});
        Stage::settle();
        QCOMPARE(asked().start, before.start - kDayMs);
        // Pinned it stays, and let go it moves again.
        click(onPage<QToolButton>(stage, u("Pin side B")));
        const TimeRange pinned = asked();
        context->setCustomRange(a);
        Stage::settle();
        QCOMPARE(asked(), pinned);
        click(onPage<QToolButton>(stage, u("Pin side B")));
        context->setCustomRange({a.start - kHourMs, a.end - kHourMs});
        Stage::settle();
        QCOMPARE(asked().start, pinned.start - kHourMs);
        // A reference has nothing to be pinned.
        click(openPopup(stage)->findChildren<ReferenceButton *>().first());
        QVERIFY(!onPage<QToolButton>(stage, u("Pin side B"))->isEnabled());
        QVERIFY(!onPage<QToolButton>(stage, u("Swap the sides"))->isEnabled());
    }

    void theSidesSwap()
    {
        Stage stage("profiles");
        Context *context = stage.window.context();
        context->setTimeSelection({TimeSelection::Preset::LastDay, {}});
        Stage::settle();
        const TimeRange a = context->range();
        openPopup(stage);
        click(stage.button(u("Previous period")));
        const TimeRange b = *context->rangeB();
        click(onPage<QToolButton>(stage, u("Swap the sides")));
        QCOMPARE(context->range(), b);
        QCOMPARE(*context->rangeB(), a);
        QCOMPARE(*stage.backend.columnQueries.last().against.range, a);
        QCOMPARE(stage.backend.columnQueries.last().range, b);
    }

    void aSideWithoutRowsLeavesAWayOut()
    {
        Stage stage("drift");
        stage.window.context()->setTimeSelection({TimeSelection::Preset::All, {}});
        openPopup(stage);
        click(stage.button(u("Previous period"))); // before all rows
        auto *stack = stage.window.page(u("drift"))->findChild<StateStack *>();
        QTRY_VERIFY(stack->shownText().contains(u("no records on side B")));
        click(openPopup(stage)->findChildren<ReferenceButton *>().first());
        QTRY_VERIFY(stack->isContentShown());
    }

    void theSameRangeTwiceIsSaid()
    {
        Stage stage("drift");
        Context *context = stage.window.context();
        const auto note = [&] {
            for (const StateLabel *label : onPage<SidesBar>(stage)->findChildren<StateLabel *>()) {
                if (label->isVisible())
                    return label->text();
            }
            return QString();
        };
        QCOMPARE(note(), QString());
        Against against;
        against.range = context->range();
        context->setAgainst(against);
        Stage::settle();
        QCOMPARE(note(), u("same range on both sides"));
        QVERIFY(!onPage<QToolButton>(stage, u("Swap the sides"))->isEnabled());
        against.range->end -= kDayMs;
        context->setAgainst(against);
        Stage::settle();
        QCOMPARE(note(), u("sides overlap"));
    }

    void aFileThatIsNoProfileIsSaid()
    {
        Stage stage("drift");
        Against against;
        against.file = u("/tmp/holiday.jpg");
        stage.window.context()->setAgainst(against);
        Stage::settle();
        QCOMPARE(sideB(stage), u("holiday.jpg"));
        auto *stack = stage.window.page(u("drift"))->findChild<StateStack *>();
        QTRY_VERIFY(stack->shownText().contains(u("no profile")));
        against.file = u("/tmp/march.bin");
        stage.window.context()->setAgainst(against);
        Stage::settle();
        QTRY_VERIFY(legend(stage).contains(u("B: march.bin")));
    }

    // ------------------------------------------------------------ a range becomes the reference

    void theNewReferenceIsNamedToldAndUndone()
    {
        Stage stage("drift");
        click(openPopup(stage)->findChildren<ReferenceButton *>().at(1));
        openPopup(stage);
        click(stage.button(u("New reference…")));
        auto *dialog = stage.find<ReferenceDialog>();
        QVERIFY(dialog && dialog->isVisible());
        QVERIFY(!stage.backend.verbs.contains(u("makeReference"))); // nothing happened yet
        auto *name = in<QLineEdit>(dialog, u("Name of the reference"));
        QCOMPARE(name->text(), format::range(stage.window.context()->range()));
        QString told;
        for (const QLabel *label : dialog->findChildren<QLabel *>())
            told += label->text() + QLatin1Char('\n');
        QVERIFY2(told.contains(u(" rows in ")), qPrintable(told));
        QVERIFY2(told.contains(u("no longer against “training”")), qPrintable(told));
        name->setFocus();
        name->selectAll();
        QTest::keyClicks(name, u("training"));
        QCOMPARE(errorText(dialog), u("There is a reference of this name already"));
        QTest::keyClick(name, Qt::Key_Return);
        QVERIFY(!stage.backend.verbs.contains(u("makeReference")));
        name->selectAll();
        QTest::keyClicks(name, u("after the move: 50 %/day"));
        click(stage.button(u("Make it the reference")));
        QTRY_VERIFY(!stage.find<ReferenceDialog>());
        QCOMPARE(names(stage), QStringList({u("training"), u("first week of March"),
                                            u("after the move: 50 %/day*")}));
        QCOMPARE(sideB(stage), u("after the move: 50 %/day"));
        const Banner *banner = stage.find<BannerArea>()->banner(u("reference"));
        QVERIFY(banner);
        QVERIFY(banner->notice().text.contains(u("after the move: 50 %/day")));
        QCOMPARE(banner->notice().next, u("Before it was “training”"));
        click(stage.button(u("Undo")));
        QCOMPARE(names(stage), QStringList({u("training*"), u("first week of March")}));
        QCOMPARE(sideB(stage), u("training"));
    }

    void theSuggestedNameIsFree()
    {
        Stage stage("drift");
        const QString name = format::range(stage.window.context()->range());
        stage.backend.comparison().setReferences({{name, 5, 0, u("windows"), true}});
        stage.window.actionRegistry()->trigger(u("reference.make"));
        Stage::settle();
        QCOMPARE(in<QLineEdit>(stage.find<ReferenceDialog>(), u("Name of the reference"))->text(),
                 name + u(" (2)"));
    }

    void anEmptyRangeIsNoReference()
    {
        Stage stage("profiles");
        const TimeMs now = stage.backend.now();
        stage.window.context()->setCustomRange({now + kDayMs, now + 2 * kDayMs});
        stage.window.actionRegistry()->trigger(u("reference.make"));
        Stage::settle();
        QVERIFY(!stage.button(u("Make it the reference"))->isEnabled());
        QTest::keyClick(stage.find<ReferenceDialog>(), Qt::Key_Escape);
        QTRY_VERIFY(!stage.find<ReferenceDialog>());
        QVERIFY(!stage.backend.verbs.contains(u("makeReference")));
    }

    // ------------------------------------------------------------ the two brushes

    void theSecondBrushIsSideB_data()
    {
        QTest::addColumn<QString>("page");
        QTest::newRow("profiles") << u("profiles");
        QTest::newRow("drift") << u("drift");
    }
    void theSecondBrushIsSideB()
    {
        QFETCH(QString, page);
        Stage stage(qPrintable(page));
        Context *context = stage.window.context();
        auto *strip = onPage<TimelineStrip>(stage);
        const TimeRange a = context->range();
        const int y = strip->height() / 3;
        QTest::mousePress(strip, Qt::LeftButton, Qt::ControlModifier, {200, y});
        move(strip, {300, y}, Qt::ControlModifier);
        QTest::qWait(60); // everything follows before the button is let go
        QVERIFY(context->isDragging());
        QCOMPARE(context->range(), a);
        const TimeRange first = *context->rangeB();
        QTRY_COMPARE(*stage.backend.driftQueries.last().against.range, first);
        if (page == u("profiles"))
            QTRY_COMPARE(*stage.backend.columnQueries.last().against.range, first);
        QTRY_VERIFY(legend(stage).last().startsWith(u("B: ") + format::range(first)));
        move(strip, {400, y}, Qt::ControlModifier);
        QTest::mouseRelease(strip, Qt::LeftButton, Qt::ControlModifier, {400, y});
        Stage::settle();
        QVERIFY(!context->isDragging());
        const TimeRange whole = *context->rangeB();
        QCOMPARE(whole.start, first.start);
        QVERIFY(whole.end > first.end);
        QTRY_COMPARE(*stage.backend.driftQueries.last().against.range, whole);
        QCOMPARE(sideB(stage), format::range(whole));
        QVERIFY(strip->describe().contains(format::range(whole)));
        // The same range on the other page, and its brush.
        stage.window.showPage(page == u("drift") ? u("profiles") : u("drift"));
        Stage::settle();
        QVERIFY(onPage<TimelineStrip>(stage)->rangeB() == whole);
    }

    void aDragAsksNoMoreThanIsAnswered()
    {
        Stage stage("profiles");
        Context *context = stage.window.context();
        auto *strip = onPage<TimelineStrip>(stage);
        const int y = strip->height() / 3;
        const qsizetype drift = stage.backend.driftQueries.size();
        const qsizetype columns = stage.backend.columnQueries.size();
        stage.backend.hold = true; // a slow backend
        QTest::mousePress(strip, Qt::LeftButton, Qt::ControlModifier, {200, y});
        for (int x = 210; x < 600; x += 10) {
            move(strip, {x, y}, Qt::ControlModifier);
            QTest::qWait(10);
        }
        QCOMPARE(stage.backend.driftQueries.size(), drift + 1);
        QVERIFY(stage.backend.driftQueries.last().passing); // nothing of it is kept
        QCOMPARE(stage.backend.columnQueries.size(), columns + 1);
        // The answer is shown, and the place of now asked for.
        stage.backend.release();
        QTRY_COMPARE(*stage.backend.columnQueries.last().against.range, *context->rangeB());
        QTRY_COMPARE(*stage.backend.driftQueries.last().against.range, *context->rangeB());
        QTest::mouseRelease(strip, Qt::LeftButton, Qt::ControlModifier, {600, y});
        Stage::settle();
        QVERIFY(!stage.backend.driftQueries.last().passing);
        QTRY_COMPARE(*stage.backend.columnQueries.last().against.range, *context->rangeB());
    }

    void aDragIsOneStepBack()
    {
        Stage stage("profiles");
        Context *context = stage.window.context();
        auto *strip = onPage<TimelineStrip>(stage);
        const int y = strip->height() / 3;
        QTest::mousePress(strip, Qt::LeftButton, {}, {500, y});
        for (int x = 510; x <= 800; x += 10) {
            move(strip, {x, y}, {});
            QTest::qWait(4);
        }
        const TimeRange moving = context->range();
        QTRY_COMPARE(stage.backend.columnQueries.last().range, moving);
        QTest::mouseRelease(strip, Qt::LeftButton, {}, {800, y});
        Stage::settle();
        QCOMPARE(context->range(), moving);
        context->goBack();
        QCOMPARE(context->timeSelection().preset, TimeSelection::Preset::Last7Days);
    }

    void escapeTakesADragBackAndClearsB()
    {
        Stage stage("profiles");
        Context *context = stage.window.context();
        click(openPopup(stage)->findChildren<ReferenceButton *>().at(1));
        auto *strip = onPage<TimelineStrip>(stage);
        strip->setFocus();
        const int y = strip->height() / 3;
        for (const Qt::KeyboardModifier side : {Qt::ControlModifier, Qt::NoModifier}) {
            QTest::mousePress(strip, Qt::LeftButton, side, {500, y});
            move(strip, {600, y}, side);
            QTest::qWait(60);
            QVERIFY(context->isDragging());
            QTest::keyClick(strip, Qt::Key_Escape);
            Stage::settle();
            QVERIFY(!context->isDragging());
            QCOMPARE(sideB(stage), u("first week of March"));
            QCOMPARE(context->timeSelection().preset, TimeSelection::Preset::Last7Days);
            QTest::mouseRelease(strip, Qt::LeftButton, side, {600, y});
            Stage::settle();
            QCOMPARE(sideB(stage), u("first week of March"));
            QCOMPARE(context->timeSelection().preset, TimeSelection::Preset::Last7Days);
        }
        QTest::mousePress(strip, Qt::LeftButton, Qt::ControlModifier, {500, y});
        move(strip, {600, y}, Qt::ControlModifier);
        QTest::mouseRelease(strip, Qt::LeftButton, Qt::ControlModifier, {600, y});
        Stage::settle();
        QVERIFY(context->rangeB());
        QTest::keyClick(strip, Qt::Key_Escape);
        Stage::settle();
        QVERIFY(!context->rangeB());
        QCOMPARE(sideB(stage), u("first week of March")); // what was there before
    }

    void theSecondBrushByKeys()
    {
        Stage stage("profiles");
        Context *context = stage.window.context();
        context->setTimeSelection({TimeSelection::Preset::LastDay, {}});
        Stage::settle();
        auto *strip = onPage<TimelineStrip>(stage);
        strip->setFocus();
        const TimeRange a = context->range();
        QTest::keyClick(strip, Qt::Key_Left, Qt::ControlModifier);
        QCOMPARE(*context->rangeB(), (TimeRange{a.start - (a.end - a.start), a.start}));
        const TimeRange b = *context->rangeB();
        QTest::keyClick(strip, Qt::Key_Left, Qt::ControlModifier);
        QCOMPARE(*context->rangeB(), (TimeRange{b.start - kHourMs, b.end - kHourMs}));
        QTest::keyClick(strip, Qt::Key_Right, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(*context->rangeB(), (TimeRange{b.start - kHourMs, b.end}));
        QCOMPARE(context->range(), a);
        QTest::keyClick(strip, Qt::Key_Left);
        QCOMPARE(context->range(), (TimeRange{a.start - kHourMs, a.end - kHourMs}));
        QCOMPARE(*context->rangeB(), (TimeRange{b.start - kHourMs, b.end})); // it stays
    }

    // ------------------------------------------------------------ selection

    void theChosenWindowIsToldAndLeft()
    {
        Stage stage("drift");
        auto *heat = stage.find<HeatMap>();
        QTest::mouseClick(heat->viewport(), Qt::LeftButton, {},
                          QPoint(heat->viewport()->width() - 60, 13));
        Stage::settle();
        QVERIFY(stage.window.context()->window());
        const TimeRange window = *stage.window.context()->window();
        stage.window.showPage(u("profiles"));
        Stage::settle();
        const auto chip = [&]() -> QToolButton * {
            for (QToolButton *button : onPage<SidesBar>(stage)->findChildren<QToolButton *>()) {
                if (button->accessibleName().startsWith(u("Leave the window")) &&
                    button->isVisible())
                    return button;
            }
            return nullptr;
        };
        QVERIFY(chip());
        QVERIFY2(chip()->text().contains(format::timeShort(window.start)),
                 qPrintable(chip()->text()));
        QCOMPARE(stage.backend.columnQueries.last().range, window);
        click(chip());
        QVERIFY(!stage.window.context()->window());
        QVERIFY(!chip());
        QCOMPARE(stage.backend.columnQueries.last().range, stage.window.context()->range());
    }

    void aWindowOutsideANewRangeIsDropped()
    {
        Stage stage("drift");
        Context *context = stage.window.context();
        const TimeRange whole = context->range();
        const TimeRange window{whole.start + kDayMs, whole.start + kDayMs + kHourMs};
        context->select(context->feature(), window);
        context->setCustomRange({whole.start + 2 * kDayMs, whole.end});
        QVERIFY(!context->window());
        context->setCustomRange(whole);
        context->select(context->feature(), window);
        context->setCustomRange({whole.start, whole.end - kDayMs});
        QVERIFY(context->window()); // it lies inside
    }

    void aRangeIsNotKeptForADatasetWithoutRowsInIt()
    {
        Stage stage("profiles");
        stage.backend.windows().addOldDataset();
        Context *context = stage.window.context();
        context->setCustomRange({stage.backend.now() - kDayMs, stage.backend.now()});
        context->select(u("petal width"), context->range());
        context->setDataset(u("long ago"));
        Stage::settle();
        QCOMPARE(context->timeSelection().preset, TimeSelection::Preset::All);
        QCOMPARE(context->range(), context->datasetInfo().range);
        QVERIFY(!context->window());
        // Where it has rows it is kept.
        context->setDataset(QLatin1String(DemoData::kDataset));
        const TimeRange day{stage.backend.now() - kDayMs, stage.backend.now()};
        context->setCustomRange(day);
        context->setDataset(u("long ago"));
        context->setDataset(QLatin1String(DemoData::kDataset));
        QVERIFY(context->range().end > day.start);
    }
};

QTEST_MAIN(CompareTest)
#include "tst_compare.moc"
