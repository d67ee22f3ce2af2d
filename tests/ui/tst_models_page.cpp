/// The Models page driven by clicks and keys on made-up data: asking, importing, judging,
/// comparing.
#include "models_stage.h"
#include "ui/backend/endpoint.h"
#include "ui/charts/chart_frame.h"
#include "ui/charts/confusion_chart.h"
#include "ui/charts/reliability_chart.h"
#include "ui/charts/residual_chart.h"
#include "ui/models/text_table_model.h"
#include "ui/pages/ask_panel.h"
#include "ui/pages/kinds_strip.h"
#include "ui/pages/label_bar.h"
#include "ui/pages/models_page.h"
#include "ui/pages/quality_view.h"
#include "ui/pages/rollout_bar.h"
#include "ui/pages/tab_bar.h"
#include "ui/pages/versions_view.h"
#include "ui/widgets/stat_tile.h"
#include "ui/widgets/state_stack.h"
#include "ui/widgets/verdict.h"

#include <tepal/base/log.h>

#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTableView>
#include <QTest>
#include <QToolButton>

using namespace tepal;
using namespace tepal::ui;
using tepal::ui::test::buttonIn;
using tepal::ui::test::DemoBackend;
using tepal::ui::test::DemoData;
using tepal::ui::test::ModelsStage;
using tepal::ui::test::says;
using tepal::ui::test::Stage;
using tepal::ui::test::u;

namespace {

const QString kServed = QString::fromLatin1(DemoData::kTag);
const QString kOlder = QStringLiteral("iris_knn:c2wqnyrgrs3dkk5p");
const QString kChurn = QStringLiteral("churn_xgb:b5ogaicwhg5mdhaz");

} // namespace

class ModelsPageTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        setLogToStderr(false);
        Theme::instance().install(ThemeMode::Light);
    }

    // ------------------------------------------------------------ what is there

    void theListSaysWhatThereIs()
    {
        ModelsStage stage;
        const auto *model = stage.table()->model();
        QStringList cells;
        for (int column = 0; column < model->columnCount(); ++column)
            cells << model->index(2, column).data().toString();
        QCOMPARE(cells[0], kChurn);
        QVERIFY(cells.contains(u("5 features → 2 classes")));
        QVERIFY(cells.contains(u("churn_xgb"))); // where its rows go
        // What cannot be loaded says what to do, and not by colour alone.
        auto *kinds = stage.part<KindsStrip>();
        bool missing = false;
        const auto labels = kinds->findChildren<StateLabel *>();
        QCOMPARE(labels.size(), 4);
        for (const StateLabel *label : labels)
            missing = missing || label->text() == u("ONNX: not here");
        QVERIFY(missing);
        QVERIFY(says(*kinds, u("install onnxruntime")));
    }

    void anEmptyStoreSaysHowToBegin()
    {
        ModelsStage stage(DemoBackend::Start::Empty);
        // The first-start card covers the page; a dropped file still leads to its preview.
        stage.dropOn(&stage.window, u("/tmp/flowers.json"));
        QVERIFY(stage.dialog());
        QCOMPARE(stage.window.currentPage(), u("models"));
    }

    // ------------------------------------------------------------ asking

    void theFormIsMadeFromTheSignature()
    {
        ModelsStage stage;
        Stage::clickRow(stage.table(), 2);
        auto *ask = stage.part<AskPanel>();
        QCOMPARE(ask->cells(), (QStringList{u("49.9"), u("14"), u("basic"), u("0"), u("a")}));
        QCOMPARE(ask->findChildren<QComboBox *>().size(), 1);
        auto *plan = ask->findChild<QComboBox *>();
        QCOMPARE(plan->accessibleName(), u("plan"));
        QCOMPARE(plan->count(), 4); // three, and that it is missing
        QTest::keyClick(plan, Qt::Key_End);
        QCOMPARE(ask->cells().at(2), u("premium"));
        QVERIFY2(ask->curlLine().contains(u("[[49.9, 14, \"premium\", 0, \"a\"]]")),
                 qPrintable(ask->curlLine()));
        QVERIFY(ask->curlLine().endsWith(u("/v1/models/%1/predict").arg(kChurn)));
    }

    void askingSendsWhatIsWrittenAndShowsTheAnswer()
    {
        ModelsStage stage;
        auto *ask = stage.part<AskPanel>();
        QVERIFY(says(*ask, u("recorded in the dataset iris_knn")));
        auto *field = stage.find<QLineEdit>(u("petal width"));
        QVERIFY(field);
        field->setFocus();
        field->selectAll();
        QTest::keyClicks(field, u("0.2"));
        QTest::keyClick(field, Qt::Key_Return);
        Stage::settle();
        QVERIFY(stage.backend.verbs.contains(u("askModel %1 5.8|3|4.3|0.2").arg(kServed)));
        QVERIFY(says(*ask, u("setosa")));
        QVERIFY(says(*ask, u("412")) || says(*ask, u("0.412")));
        stage.press(u("Sample"));
        QCOMPARE(ask->cells().at(3), u("1.3"));
    }

    void whatIsNoValueIsSaidBeforeItIsSent()
    {
        ModelsStage stage;
        auto *ask = stage.part<AskPanel>();
        auto *field = stage.find<QLineEdit>(u("sepal length"));
        field->selectAll();
        QTest::keyClicks(field, u("wide"));
        QVERIFY(!buttonIn(*ask, u("Ask"))->isEnabled());
        QVERIFY(says(*ask, u("sepal length")));
        QVERIFY(ask->curlLine().isEmpty());
        field->clear();
        QVERIFY(says(*ask, u("sepal length must not be missing")));
        QVERIFY(!stage.backend.verbs.contains(u("askModel")));
    }

    void theCurlLineIsCopied()
    {
        ModelsStage stage;
        auto *ask = stage.part<AskPanel>();
        auto *copy = stage.find<QToolButton>(u("Copy the curl command of the form"));
        QTest::mouseClick(copy, Qt::LeftButton);
        QCOMPARE(QApplication::clipboard()->text(), ask->curlLine());
        QVERIFY(ask->curlLine().startsWith(u("curl -H 'Content-Type: application/json' -d '[[")));
    }

    void aStoppedEndpointIsStartedFirst()
    {
        ModelsStage stage;
        stage.backend.endpoint().stopEndpoint();
        Stage::settle();
        auto *ask = stage.part<AskPanel>();
        QVERIFY(says(*ask, u("The endpoint is stopped")));
        QTest::mouseClick(buttonIn(*ask, u("Start endpoint")), Qt::LeftButton);
        Stage::settle();
        QVERIFY(stage.backend.verbs.contains(u("startEndpoint")));
        QVERIFY(!stage.backend.verbs.contains(u("askModel")));
    }

    void anAnswerForAnotherModelIsDropped()
    {
        ModelsStage stage;
        auto *ask = stage.part<AskPanel>();
        stage.backend.hold = true;
        QTest::mouseClick(buttonIn(*ask, u("Ask")), Qt::LeftButton);
        stage.backend.hold = false;
        Stage::clickRow(stage.table(), 2);
        stage.backend.release();
        Stage::settle();
        QVERIFY(!says(*ask, u("versicolor")));
    }

    // ------------------------------------------------------------ how right

    void neighboursAreJudgedByTheirOwnRows()
    {
        ModelsStage stage;
        QVERIFY(stage.backend.verbs.contains(u("evaluate %1  ").arg(kServed)));
        auto *quality = stage.part<QualityView>();
        QVERIFY(says(*quality, u("150 rows answered, each told by all the others")));
        auto *chart = stage.part<ConfusionChart>();
        QVERIFY(!chart->isEmpty());
        chart->setFocus();
        QTest::keyClick(chart, Qt::Key_Right);
        QVERIFY2(chart->accessibleDescription().startsWith(u("setosa, answered right: 50 of 50")),
                 qPrintable(chart->accessibleDescription()));
        QTest::keyClick(chart, Qt::Key_Down);
        QTest::keyClick(chart, Qt::Key_Down);
        QTest::keyClick(chart, Qt::Key_Left);
        QVERIFY(chart->accessibleDescription().startsWith(u("virginica, answered as setosa: ")));
    }

    void otherModelsNeedATable()
    {
        ModelsStage stage;
        Stage::clickRow(stage.table(), 2);
        auto *quality = stage.part<QualityView>();
        QVERIFY(says(*quality, u("How right is it?")));
        QVERIFY(!stage.backend.verbs.contains(u("evaluate ") + kChurn));
        stage.dropOn(stage.window.page(u("models")), u("/tmp/holdout.csv"));
        QVERIFY(stage.backend.verbs.contains(u("requestColumns /tmp/holdout.csv")));
        auto *label = stage.find<QComboBox>(u("Column with the true answers"));
        QCOMPARE(label->currentText(), u("species")); // a usual name, and no feature
        QVERIFY(
            stage.backend.verbs.contains(u("evaluate %1 /tmp/holdout.csv species").arg(kChurn)));
        QVERIFY(says(*quality, u("left out: 2 without a label, 1 not taken by the model")));
        QVERIFY(says(*quality, u("row 17: ")));
        QTest::keyClick(label, Qt::Key_Down);
        Stage::settle();
        QVERIFY(stage.backend.verbs.contains(u("evaluate %1 /tmp/holdout.csv garden").arg(kChurn)));
        // The table stays for the next model; its own rows are one click away.
        Stage::clickRow(stage.table(), 0);
        QVERIFY(stage.backend.verbs.contains(u("evaluate %1 /tmp/holdout.csv").arg(kServed)));
        stage.press(u("Its own rows"));
        QVERIFY(says(*quality, u("each told by all the others")));
    }

    void whatWasJudgedIsNotJudgedAgain()
    {
        ModelsStage stage;
        Stage::clickRow(stage.table(), 1);
        Stage::clickRow(stage.table(), 0);
        QCOMPARE(stage.backend.verbs.calls.count(u("evaluate %1  ").arg(kServed)), 1);
        QTest::keyClick(&stage.window, Qt::Key_F5); // whoever wants it again says so
        Stage::settle();
        QCOMPARE(stage.backend.verbs.calls.count(u("evaluate %1  ").arg(kServed)), 2);
    }

    void aProblemIsSaidAndTriedAgain()
    {
        ModelsStage stage;
        stage.backend.nextProblem = {ErrorCode::NotFound, u("no such file"), u("choose another")};
        stage.part<LabelBar>()->setFile(u("/tmp/gone.csv"));
        Stage::settle();
        QVERIFY(says(*stage.part<LabelBar>(), u("no such file: choose another")));
        Stage::clickRow(stage.table(), 1);
        QVERIFY(!stage.part<ConfusionChart>()->isEmpty());
        stage.backend.nextProblem = {ErrorCode::Corrupt, u("the model is damaged"), u("import it")};
        stage.part<QualityView>()->again();
        Stage::settle();
        QVERIFY(says(*stage.part<QualityView>(), u("the model is damaged")));
    }

    void calibrationIsOfTheAnswerOrOfAClass()
    {
        ModelsStage stage;
        auto *chart = stage.part<ReliabilityChart>();
        QVERIFY(chart->describe().contains(u("the answer is right")));
        const QString before = chart->table().toCsv();
        auto *event = stage.find<QComboBox>(u("Which probability"));
        QCOMPARE(event->count(), 4);
        event->setFocus();
        QTest::keyClick(event, Qt::Key_Down);
        QTest::keyClick(event, Qt::Key_Down);
        QVERIFY(chart->describe().contains(u("a row is versicolor")));
        QVERIFY(chart->table().toCsv() != before);
        // Bins without rows have no share, not 0.
        QVERIFY(chart->table().toCsv().contains(u(",0,,")));
    }

    void aRegressionShowsItsResiduals()
    {
        ModelsStage stage;
        stage.backend.models().classes = 0;
        Stage::clickRow(stage.table(), 1);
        auto *residuals = stage.part<ResidualChart>();
        QVERIFY(residuals->isVisible() && !residuals->isEmpty());
        QCOMPARE(residuals->table().rows.size(), 7);
        QVERIFY(!stage.part<ConfusionChart>()->isVisible());
        int tiles = 0;
        const auto all = stage.part<QualityView>()->findChildren<StatTile *>();
        for (const StatTile *tile : all)
            tiles += tile->isVisible() ? 1 : 0;
        QCOMPARE(tiles, 4);
    }

    void manyClassesAreUnited()
    {
        ModelsStage stage;
        stage.backend.models().classes = 40;
        Stage::clickRow(stage.table(), 1);
        auto *quality = stage.part<QualityView>();
        QVERIFY(says(*quality, u("11 of 40 classes, those with the most errors")));
        auto *chart = stage.part<ConfusionChart>();
        qint64 rows = 0;
        for (const QVariantList &row : chart->table().rows)
            rows += row[2].toLongLong();
        QCOMPARE(rows, 40 * 50); // the table has every row
    }

    // ------------------------------------------------------------ versions

    void twoVersionsStandSideBySide()
    {
        ModelsStage stage;
        stage.tab(u("Versions"));
        QVERIFY(stage.backend.verbs.contains(u("compareModels %1 %2").arg(kServed, kOlder)));
        auto *view = stage.part<VersionsView>();
        QVERIFY(says(*view, u("Each is told by its own training rows")));
        auto *sides = stage.find<QTableView>(u("Two versions side by side"));
        QStringList all;
        for (int row = 0; row < sides->model()->rowCount(); ++row) {
            for (int column = 0; column < 4; ++column)
                all << sides->model()->index(row, column).data().toString();
        }
        QVERIFY(all.contains(u("only A: petal width (number)")));
        QVERIFY(all.contains(u("differs"))); // k
        QVERIFY(all.contains(u("Accuracy")));
        auto *rows = stage.find<QTableView>(u("Rows on which they differ"));
        QVERIFY(!rows->isVisible());
        stage.dropOn(stage.window.page(u("models")), u("/tmp/holdout.csv"));
        QVERIFY(says(*view, u("They differ on 11 of 150 rows that both answered; only A is right "
                              "on 8, only B on 2 (p = 0.11")));
        QVERIFY(rows->isVisible());
        QCOMPARE(rows->model()->rowCount(), 11);
    }

    void aVersionIsTriedBesideAnother()
    {
        ModelsStage stage;
        stage.tab(u("Versions"));
        auto *bar = stage.part<RolloutBar>();
        QVERIFY(bar->isVisible());
        auto *share = stage.find<QSpinBox>(u("Share of the requests that A answers"));
        share->setFocus();
        share->selectAll();
        QTest::keyClicks(share, u("7"));
        stage.press(u("Start"));
        QVERIFY(stage.backend.verbs.contains(
            u("startRollout iris_knn %1 beside %2 0.07")
                .arg(kServed.section(QLatin1Char(':'), 1), kOlder.section(QLatin1Char(':'), 1))));
        QVERIFY(says(*bar, u("%1 answers 93 %, %2 7 % of the requests").arg(kOlder, kServed)));
        QVERIFY(!share->isVisible());
        // The list says it too.
        QStringList states;
        auto *list = stage.find<QTableView>(u("Models in the store"));
        for (int row = 0; row < list->model()->rowCount(); ++row)
            states << list->model()->index(row, 1).data().toString();
        QCOMPARE(states, (QStringList{u("Serving"), u("93 % of requests"), u("Stored")}));
        stage.press(u("End"));
        QVERIFY(stage.backend.verbs.contains(u("endRollout iris_knn")));
        QVERIFY(share->isVisible());
    }

    void inTheShadowThereIsNoShare()
    {
        ModelsStage stage;
        stage.tab(u("Versions"));
        auto *mode = stage.find<QComboBox>(u("How two versions share the requests"));
        mode->setFocus();
        QTest::keyClick(mode, Qt::Key_Down);
        QVERIFY(!stage.find<QSpinBox>(u("Share of the requests that A answers"))->isVisible());
        stage.press(u("Start"));
        auto *bar = stage.part<RolloutBar>();
        QVERIFY(says(*bar, u("%1 is asked too, in its shadow").arg(kServed)));
    }

    void whatTheVersionsWereAskedIsCompared()
    {
        ModelsStage stage;
        stage.tab(u("Versions"));
        stage.press(u("Start"));
        // Nobody asked by the name: said, and no page of nothing.
        stage.press(u("Compare what they were asked"));
        QCOMPARE(stage.window.currentPage(), u("models"));
        QVERIFY(says(stage.window, u("Nobody has asked iris_knn yet")));
        RolloutInfo other;
        other.name = u("model-1");
        other.primary = u("one");
        other.candidate = u("two");
        Q_EMIT stage.part<RolloutBar>()->compareWanted(other);
        Stage::settle();
        QCOMPARE(stage.window.currentPage(), u("drift"));
        Context *context = stage.window.findChild<Context *>();
        QVERIFY(context);
        QCOMPARE(context->dataset(), u("model-1"));
        QCOMPARE(segmentText(context->segment().value()), u("version=two"));
        QCOMPARE(segmentText(context->against().segment.value()), u("version=one"));
    }

    void aRolloutThatCannotBeFollowedSaysWhy()
    {
        ModelsStage stage;
        stage.tab(u("Versions"));
        stage.backend.models().breakRollout(u("churn_xgb"));
        // One version: nothing else is to be seen here.
        Stage::clickRow(stage.find<QTableView>(u("Models in the store")), 2);
        auto *bar = stage.part<RolloutBar>();
        QVERIFY(bar->isVisible());
        QVERIFY2(says(*bar, u("Not followed: churn_xgb:gone is not in the store")),
                 qPrintable(test::texts(*bar).join(QLatin1Char('|'))));
        QVERIFY(!buttonIn(*bar, u("Compare what they were asked")));
        QVERIFY(buttonIn(*bar, u("End")));
    }

    void oneVersionSaysSo()
    {
        ModelsStage stage;
        Stage::clickRow(stage.table(), 2);
        stage.tab(u("Versions"));
        QVERIFY(says(*stage.part<VersionsView>(), u("churn_xgb has one version")));
    }

    void whatItTakes()
    {
        ModelsStage stage;
        Stage::clickRow(stage.table(), 2);
        stage.tab(u("What it takes"));
        auto *features = stage.find<QTableView>(u("Features of the model"));
        QVERIFY(features->isVisible());
        QCOMPARE(features->model()->index(2, 1).data().toString(),
                 u("text, one of 3, may be missing"));
        QCOMPARE(features->model()->index(2, 2).data().toString(), u("basic, family, premium"));
        QVERIFY(says(*stage.window.page(u("models")), u("POST /v1/models/churn_xgb:")));
    }

    void aFileDroppedElsewhereLeadsHere()
    {
        Stage stage("live");
        QVERIFY(stage.window.currentPage() == u("live"));
        stage.window.dropFile(u("/tmp/model.onnx"));
        Stage::settle();
        QCOMPARE(stage.window.currentPage(), u("models"));
        QVERIFY(stage.window.findChild<ImportDialog *>());
        stage.window.dropFile(u("/tmp/profile.bin"));
        QCOMPARE(stage.window.currentPage(), u("uploads"));
    }
};

QTEST_MAIN(ModelsPageTest)
#include "tst_models_page.moc"
