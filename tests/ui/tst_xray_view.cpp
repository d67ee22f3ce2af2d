/// What leaves with a profile, from the core's value to the screen. Set TEPAL_SHOTS to a directory
/// to keep pictures.
#include "ui/backend/host/xray_report.h"
#include "ui/models/xray_models.h"
#include "ui/pages/xray_view.h"
#include "ui/theme/theme.h"
#include "ui/widgets/state_stack.h"
#include "ui/widgets/table_helpers.h"
#include "ui/widgets/verdict.h"

#include <QAbstractItemModelTester>
#include <QDir>
#include <QLabel>
#include <QPushButton>
#include <QTableView>
#include <QTest>

using namespace tepal;
using namespace tepal::ui;

namespace {

DatasetProfile people()
{
    DatasetProfile profile;
    profile.segment = {{"region", "eu-west"}};
    profile.metadata["contact"] = "ada@example.org";
    for (int i = 0; i < 1234; ++i) {
        const int person = i % 40;
        profile.track("customer_email",
                      Value::string("user" + std::to_string(person) + "@example.org"));
        profile.track("phone", Value::integral(491511234000 + 7 * person));
        profile.track("species", Value::string(i % 3 == 0   ? "Iris setosa"
                                               : i % 3 == 1 ? "Iris virginica"
                                                            : "Iris versicolor"));
        profile.track("petal_width", Value::fractional(0.1 + 0.002 * i));
        profile.track("active", Value::boolean(i % 4 != 0));
        if (i % 5 != 0)
            profile.track("name", Value::string(person % 2 == 0 ? "Anna Weber" : "Ole Hansen"));
        else
            profile.track("name", Value::null());
    }
    return profile;
}

std::shared_ptr<const XrayReport> report(const DatasetProfile &profile)
{
    return std::make_shared<const XrayReport>(xrayReport(xray(profile)));
}

QTableView *table(const QWidget &view, const char *name)
{
    for (QTableView *one : view.findChildren<QTableView *>()) {
        if (one->accessibleName() == QLatin1String(name))
            return one;
    }
    qFatal("no table");
}

QPushButton *revealButton(const QWidget &view)
{
    for (QPushButton *button : view.findChildren<QPushButton *>()) {
        if (button->isCheckable())
            return button;
    }
    qFatal("no button");
}

/// All words that the widget shows.
QString shown(const QWidget &view)
{
    QString text;
    for (const QTableView *one : view.findChildren<QTableView *>()) {
        for (int row = 0; row < one->model()->rowCount(); ++row) {
            for (int column = 0; column < one->model()->columnCount(); ++column)
                text += one->model()->index(row, column).data().toString() + QLatin1Char('\n');
        }
    }
    for (const QLabel *label : view.findChildren<QLabel *>())
        text += label->text() + QLatin1Char('\n');
    return text;
}

} // namespace

class XrayViewTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { Theme::instance().install(ThemeMode::Light); }

    void gravestFirstAndMasked()
    {
        XrayView view;
        view.resize(1100, 600);
        view.setReport(report(people()));
        view.show();
        QCOMPARE(view.summary(), QStringLiteral("6 columns, 1,234 rows, 87 raw texts, 4 risks"));
        auto *columns = table(view, "Columns that leave");
        QCOMPARE(columns->model()->rowCount(), 7);
        QCOMPARE(columns->currentIndex().row(), 0);
        QCOMPARE(columns->model()->index(0, XrayColumnsModel::Risk).data().toString(),
                 QStringLiteral("E-mail address, certain"));
        const QString masked = shown(view);
        for (const char *raw : {"user1@", "ada@", "Anna Weber", "eu-west", "491511234000"})
            QVERIFY2(!masked.contains(QLatin1String(raw)), raw);
    }

    void revealIsAChoiceOfTheMoment()
    {
        XrayView view;
        view.setReport(report(people()));
        view.show();
        revealButton(view)->click();
        QVERIFY(view.isRevealed());
        auto *columns = table(view, "Columns that leave");
        for (int row = 0; row < columns->model()->rowCount(); ++row) {
            if (columns->model()->index(row, 0).data().toString() ==
                QLatin1String("customer_email"))
                columns->setCurrentIndex(columns->model()->index(row, 0));
        }
        QVERIFY(shown(view).contains(QStringLiteral("user1@example.org")));
        view.setReport(report(people()));
        QVERIFY(!view.isRevealed());
        QVERIFY(!shown(view).contains(QStringLiteral("user1@example.org")));
    }

    void keysWalkThroughTheColumns()
    {
        XrayView view;
        view.resize(1100, 600);
        view.setReport(report(people()));
        view.show();
        auto *columns = table(view, "Columns that leave");
        auto *texts = table(view, "Raw texts of the column");
        columns->setFocus();
        for (int row = 1; row < columns->model()->rowCount(); ++row) {
            QTest::keyClick(columns, Qt::Key_Down);
            QCOMPARE(columns->currentIndex().row(), row);
            const auto count =
                columns->model()->index(row, XrayColumnsModel::Texts).data(SortRole).toInt();
            QCOMPARE(texts->model()->rowCount(), count);
            QCOMPARE(texts->isVisible(), count > 0);
        }
        // From the tables to the button by key, too.
        revealButton(view)->setFocus();
        QTest::keyClick(revealButton(view), Qt::Key_Space);
        QVERIFY(view.isRevealed());
    }

    void statesWithoutContent()
    {
        XrayView view;
        auto *state = view.findChild<StateStack *>();
        QVERIFY(!state->isContentShown());
        QVERIFY(state->shownText().contains(QStringLiteral("No profile chosen")));
        view.setReport(report(DatasetProfile()));
        QVERIFY(state->shownText().contains(QStringLiteral("Nothing leaves")));
        view.setReport(report(people()));
        QVERIFY(state->isContentShown());
        view.setProblem({ErrorCode::Corrupt, QStringLiteral("The profile is damaged"), {}});
        QVERIFY(state->shownText().contains(QStringLiteral("damaged")));
        view.setReport({});
        QVERIFY(!state->isContentShown());
    }

    void redactionIsTold()
    {
        DatasetProfile profile = people();
        const auto done =
            redact(profile, parseRedaction("*email:drop-column, *:drop-values").value(),
                   std::string(32, 's'));
        QVERIFY(done);
        const XrayReport told = xrayReport(xray(profile), &*done);
        QVERIFY(told.redacted.contains(QStringLiteral("customer_email: dropped")));
        XrayView view;
        view.setReport(std::make_shared<const XrayReport>(told));
        QVERIFY(view.summary().startsWith(QStringLiteral("5 columns, 1,234 rows, 0 raw texts")));
    }

    void whatIsNotWhatWasSentIsSaid()
    {
        auto told = *report(people());
        XrayView view;
        view.show();
        const auto note = [&view] {
            for (const StateLabel *label : view.findChildren<StateLabel *>()) {
                if (label->text().startsWith(QStringLiteral("Not what was sent")))
                    return label->isVisible();
            }
            return false;
        };
        view.setReport(std::make_shared<const XrayReport>(told));
        QVERIFY(!note());
        told.differsFromSent = true;
        view.setReport(std::make_shared<const XrayReport>(told));
        QVERIFY(note());
    }

    void modelsAreModels()
    {
        const auto whole = report(people());
        XrayColumnsModel columns;
        XrayTextsModel texts;
        const QAbstractItemModelTester columnsTester(&columns);
        const QAbstractItemModelTester textsTester(&texts);
        columns.setRows(whole->columns);
        texts.setRows(whole->columns.first().texts);
        columns.setRevealed(true);
        texts.setRevealed(true);
        texts.setRows({});
        columns.setRows({});
    }

    void pictures()
    {
        const QString folder = qEnvironmentVariable("TEPAL_SHOTS");
        for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
            Theme::instance().setMode(mode);
            const QString theme =
                mode == ThemeMode::Light ? QStringLiteral("light") : QStringLiteral("dark");
            XrayView view;
            view.setAutoFillBackground(true);
            view.resize(1180, 640);
            view.setReport(report(people()));
            view.show();
            view.setFocus();
            for (const char *name : {"gravest", "numbers", "empty"}) {
                if (name == std::string("numbers")) {
                    auto *columns = table(view, "Columns that leave");
                    columns->setCurrentIndex(
                        columns->model()->index(columns->model()->rowCount() - 2, 0));
                    view.setRevealed(true);
                }
                if (name == std::string("empty"))
                    view.setReport({});
                QTest::qWait(10);
                QImage image(view.size(), QImage::Format_RGB32);
                image.fill(Qt::magenta);
                view.render(&image);
                // No text is cut, nothing is left unpainted.
                QVERIFY(image.pixelColor(2, view.height() - 2) != QColor(Qt::magenta));
                if (!folder.isEmpty())
                    image.save(QDir(folder).filePath(
                        QStringLiteral("xray-%1-%2.png").arg(QLatin1String(name), theme)));
            }
        }
        Theme::instance().setMode(ThemeMode::Light);
    }
};

QTEST_MAIN(XrayViewTest)
#include "tst_xray_view.moc"
