/// A file becomes a model: what is shown before, what can be changed, what is stored.
#include "models_stage.h"

#include <tepal/base/log.h>

#include <QLineEdit>
#include <QPushButton>
#include <QTableView>
#include <QTest>

using namespace tepal;
using namespace tepal::ui;
using tepal::ui::test::buttonIn;
using tepal::ui::test::ModelsStage;
using tepal::ui::test::says;
using tepal::ui::test::Stage;
using tepal::ui::test::u;

namespace {

/// Writes into a cell as a person does.
void write(QTableView *view, int row, int column, const QString &text)
{
    const QModelIndex index = view->model()->index(row, column);
    view->scrollTo(index);
    view->setCurrentIndex(index);
    view->edit(index);
    auto *editor = view->viewport()->findChild<QLineEdit *>();
    QVERIFY(editor);
    editor->selectAll();
    QTest::keyClicks(editor, text);
    QTest::keyClick(editor, Qt::Key_Return);
    QTRY_VERIFY(!view->viewport()->findChild<QLineEdit *>());
}

} // namespace

class ImportDialogTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        setLogToStderr(false);
        Theme::instance().install(ThemeMode::Light);
    }

    void aDroppedFileIsShownBeforeItIsStored()
    {
        ModelsStage stage;
        stage.dropOn(stage.window.page(u("models")), u("/tmp/flowers.json"));
        ImportDialog *dialog = stage.dialog();
        QVERIFY(dialog && dialog->isVisible());
        QVERIFY(says(*dialog, u("XGBoost (trees) · 4 features → 3 classes")));
        QVERIFY(says(*dialog, u("the file does not name its classes")));
        QVERIFY(says(*dialog, u("versicolor"))); // the trial row's answer
        QVERIFY(!stage.backend.verbs.contains(u("importModel")));
        QTest::mouseClick(buttonIn(*dialog, u("Import")), Qt::LeftButton);
        Stage::settle();
        QVERIFY(stage.backend.verbs.contains(u("importModel /tmp/flowers.json flowers ")));
        // Nothing was changed: the file goes on saying what its classes are called.
        QVERIFY(stage.backend.verbs.calls.contains(u("importModel /tmp/flowers.json flowers ")));
        QCOMPARE(stage.table()->currentIndex().siblingAtColumn(0).data().toString(),
                 u("flowers:n7xzqa5dwhg5mdhb"));
    }

    void namesAndTheTrialRowCanBeChanged()
    {
        ModelsStage stage;
        stage.dropOn(stage.window.page(u("models")), u("/tmp/flowers.json"));
        ImportDialog *dialog = stage.dialog();
        auto *name = dialog->findChild<QLineEdit *>();
        name->selectAll();
        QTest::keyClicks(name, u("garden"));
        QPushButton *import = buttonIn(*dialog, u("Import"));
        QVERIFY(!import->isEnabled()); // until it was read by that name
        const auto views = dialog->findChildren<QTableView *>();
        QTableView *features = nullptr;
        QTableView *classes = nullptr;
        for (QTableView *view : views)
            (view->accessibleName() == u("Classes") ? classes : features) = view;
        write(classes, 2, 0, u("iris virginica"));
        write(features, 3, 2, u("0.1"));
        QTRY_VERIFY(import->isEnabled());
        QVERIFY(says(*dialog, u("setosa")));
        QTest::mouseClick(import, Qt::LeftButton);
        Stage::settle();
        QVERIFY(stage.backend.verbs.contains(
            u("importModel /tmp/flowers.json garden setosa|versicolor|iris virginica")));
    }

    void aTrialRowThatIsNoneIsSaid()
    {
        ModelsStage stage;
        stage.dropOn(stage.window.page(u("models")), u("/tmp/flowers.json"));
        ImportDialog *dialog = stage.dialog();
        const auto views = dialog->findChildren<QTableView *>();
        for (QTableView *view : views) {
            if (view->accessibleName() == u("Features"))
                write(view, 0, 2, u("x"));
        }
        QTRY_VERIFY(says(*dialog, u("the value of sepal length is no number")));
        // The model itself is as good as before.
        QVERIFY(buttonIn(*dialog, u("Import"))->isEnabled());
    }

    void whatIsNoModelIsOneSentence()
    {
        ModelsStage stage;
        stage.dropOn(stage.window.page(u("models")), u("/tmp/broken.json"));
        ImportDialog *dialog = stage.dialog();
        QVERIFY(says(*dialog, u("is a pickle")));
        QVERIFY(says(*dialog, u("export the model as ONNX")));
        QVERIFY(!buttonIn(*dialog, u("Import"))->isEnabled());
        QTest::keyClick(dialog, Qt::Key_Escape);
        Stage::settle();
        QVERIFY(!stage.dialog() || !stage.dialog()->isVisible());
    }

    void anExportedModelKeepsItsNames()
    {
        ModelsStage stage;
        stage.dropOn(stage.window.page(u("models")), u("/tmp/old.tepalmodel"));
        ImportDialog *dialog = stage.dialog();
        QVERIFY(!dialog->findChild<QLineEdit *>()->isEnabled());
        QTest::mouseClick(buttonIn(*dialog, u("Import")), Qt::LeftButton);
        Stage::settle();
        QVERIFY(stage.backend.verbs.calls.contains(u("importModel /tmp/old.tepalmodel  ")));
    }

    void aRefusedImportLeavesTheDialogOpen()
    {
        ModelsStage stage;
        stage.dropOn(stage.window.page(u("models")), u("/tmp/flowers.json"));
        ImportDialog *dialog = stage.dialog();
        stage.backend.nextProblem = {ErrorCode::Full, u("the disk is full"), u("make room")};
        QTest::mouseClick(buttonIn(*dialog, u("Import")), Qt::LeftButton);
        Stage::settle();
        QVERIFY(dialog->isVisible());
        QVERIFY(says(*dialog, u("the disk is full: make room")));
        QVERIFY(buttonIn(*dialog, u("Import"))->isEnabled());
    }
};

QTEST_MAIN(ImportDialogTest)
#include "tst_import_dialog.moc"
