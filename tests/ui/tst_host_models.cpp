/// Models over the real core: a file is looked at, imported, asked over HTTP, judged and compared.
#include "test_support.h"
#include "ui/backend/asker.h"
#include "ui/backend/backend.h"
#include "ui/backend/endpoint.h"
#include "ui/backend/host_backend.h"
#include "ui/backend/jobs.h"
#include "ui/backend/models.h"
#include "ui/backend/windows.h"

#include <tepal/base/log.h>
#include <tepal/model/iris.h>
#include <tepal/model/rollout.h>
#include <tepal/model/store.h>
#include <tepal/service/host.h>

#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <functional>

using namespace tepal;
using namespace tepal::ui;

namespace {

constexpr int kPatienceMs = 20'000;

QString golden(const char *relative)
{
    return QString::fromStdString(test::golden(relative).string());
}

} // namespace

class TestHostModels : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::unique_ptr<Backend> m_backend;

    Models &models() { return m_backend->models(); }

    /// Asks and waits for the answer to this very question.
    template <typename T>
    Answer<T> ask(void (Models::*signal)(const Answer<T> &),
                  const std::function<void(Generation)> &question)
    {
        Answer<T> got;
        bool there = false;
        const Generation generation = models().nextGeneration();
        const auto connection = connect(&models(), signal, this, [&](const Answer<T> &answer) {
            if (answer.generation != generation)
                return;
            got = answer;
            there = true;
        });
        question(generation);
        [&] { QTRY_VERIFY_WITH_TIMEOUT(there, kPatienceMs); }();
        disconnect(connection);
        return got;
    }

    QString import(const ImportRequest &request)
    {
        const auto made = ask<QString>(&Models::imported,
                                       [&](Generation g) { models().importModel(g, request); });
        return made ? *made.value : QString();
    }

    QString file(const QString &name, const QByteArray &text)
    {
        const QString path = m_dir.filePath(name);
        QFile out(path);
        if (!out.open(QIODevice::WriteOnly) || out.write(text) != text.size())
            return {};
        return path;
    }

private Q_SLOTS:
    void initTestCase()
    {
        setLogToStderr(false);
        HostBackendOptions options;
        options.home = m_dir.filePath(QStringLiteral("home"));
        options.port = 0;
        options.thread = true;
        m_backend = makeHostBackend(options);
        models().trainIris(5);
        QTRY_COMPARE_WITH_TIMEOUT(models().list().size(), qsizetype{1}, kPatienceMs);
    }
    void cleanupTestCase() { m_backend.reset(); }

    void kindsSayWhatIsMissing()
    {
        QTRY_COMPARE_WITH_TIMEOUT(models().kinds().size(), qsizetype{4}, kPatienceMs);
        QCOMPARE(models().kinds().at(1).title, QStringLiteral("XGBoost (trees)"));
        QVERIFY(models().kinds().at(1).missing.isEmpty());
    }

    void aPreviewStoresNothing()
    {
        ImportRequest request{golden("trees/xgboost_iris/model.json"), {}, {}, {}, {}};
        const auto seen = ask<ImportPreview>(
            &Models::importPreviewed, [&](Generation g) { models().previewImport(g, request); });
        QVERIFY2(seen, qPrintable(seen.problem.text));
        QVERIFY(seen.value->answer);
        QVERIFY(!seen.value->fixed);
        QCOMPARE(seen.value->row.size(),
                 static_cast<qsizetype>(seen.value->signature->features.size()));
        QCOMPARE(models().list().size(), qsizetype{1});

        request.row = QStringList(seen.value->row.size(), QStringLiteral("wide"));
        const auto wrong = ask<ImportPreview>(
            &Models::importPreviewed, [&](Generation g) { models().previewImport(g, request); });
        QVERIFY(wrong && !wrong.value->answer && wrong.value->trouble);

        request.row.clear();
        request.classes = {QStringLiteral("only one")};
        const auto refused = ask<ImportPreview>(
            &Models::importPreviewed, [&](Generation g) { models().previewImport(g, request); });
        QVERIFY(!refused && !refused.problem.text.isEmpty());

        const auto none = ask<ImportPreview>(&Models::importPreviewed, [&](Generation g) {
            models().previewImport(
                g, {file(QStringLiteral("x.pkl"), "\x80\x04K\x01."), {}, {}, {}, {}});
        });
        QVERIFY(!none && !none.problem.next.isEmpty());
    }

    void importedAsTheCommandLineDoes()
    {
        ImportRequest request{golden("trees/xgboost_iris/model.json"),
                              QStringLiteral("garden"),
                              {},
                              {QStringLiteral("a"), QStringLiteral("b"), QStringLiteral("c")},
                              {}};
        const QString tag = import(request);
        QVERIFY(tag.startsWith(QStringLiteral("garden:")));
        QTRY_COMPARE_WITH_TIMEOUT(models().list().size(), qsizetype{2}, kPatienceMs);
        QVERIFY(models().list().at(0).takes.contains(QStringLiteral("3 classes")));
        const auto detail = ask<ModelDetail>(&Models::detailReady,
                                             [&](Generation g) { models().requestDetail(g, tag); });
        QVERIFY(detail);
        QCOMPARE(QString::fromStdString(detail.value->signature->classes.at(2)),
                 QStringLiteral("c"));
        QVERIFY(!detail.value->keepsRows);
        QCOMPARE(detail.value->path, QStringLiteral("/v1/models/%1/predict").arg(tag));
        models().deleteModel(tag);
        QCOMPARE(models().list().size(), qsizetype{1});
    }

    void askedByTheRunningEndpoint()
    {
        const QString tag = models().list().at(0).tag;
        const QStringList cells{QStringLiteral("4.9"), QStringLiteral("3"), QStringLiteral("1.4"),
                                QStringLiteral("0.2")};
        const auto stopped = ask<ui::Prediction>(
            &Models::modelAnswered, [&](Generation g) { models().askModel(g, tag, cells); });
        QVERIFY(!stopped && !stopped.problem.next.isEmpty());
        EndpointOptions options;
        options.port = 0;
        m_backend->endpoint().startEndpoint(options);
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->endpoint().state().phase, EndpointPhase::Serving,
                                  kPatienceMs);
        const auto answer = ask<ui::Prediction>(
            &Models::modelAnswered, [&](Generation g) { models().askModel(g, tag, cells); });
        QVERIFY2(answer, qPrintable(answer.problem.text));
        QCOMPARE(answer.value->predictedClass, QStringLiteral("setosa"));
        QCOMPARE(answer.value->probabilities.size(), qsizetype{3});
        QVERIFY(answer.value->durationMs > 0);
        // It went the way of every request, into the dataset that is called as the model is.
        const auto recorded = [this] {
            for (const DatasetInfo &dataset : m_backend->windows().datasets()) {
                if (dataset.id == QStringLiteral("iris_knn"))
                    return dataset.rows;
            }
            return qint64{0};
        };
        QTRY_COMPARE_WITH_TIMEOUT(recorded(), qint64{1}, kPatienceMs);
        const auto refused = ask<ui::Prediction>(&Models::modelAnswered, [&](Generation g) {
            models().askModel(g, tag, {QString(), cells[1], cells[2], cells[3]});
        });
        QVERIFY(!refused && refused.problem.text.contains(QStringLiteral("sepal length")));
    }

    void judgedByItsOwnRowsAndByATable()
    {
        const ui::ModelInfo info = models().list().at(0);
        const auto own = ask<ModelQuality>(
            &Models::evaluated, [&](Generation g) { models().evaluate(g, info.tag, {}); });
        QVERIFY2(own, qPrintable(own.problem.text));
        QVERIFY(own.value->evaluation.leaveOneOut);
        // The list says the same number.
        QCOMPARE(own.value->evaluation.classes.accuracy.value, info.accuracy);

        const QString table = golden("../../resources/iris/iris.csv");
        const auto columns = ask<TableColumns>(
            &Models::columnsReady, [&](Generation g) { models().requestColumns(g, table); });
        QVERIFY(columns);
        QCOMPARE(columns.value->columns.size(), qsizetype{5});
        const auto detail = ask<ModelDetail>(
            &Models::detailReady, [&](Generation g) { models().requestDetail(g, info.tag); });
        QCOMPARE(likelyLabel(columns.value->columns, *detail.value->signature),
                 QStringLiteral("species"));
        const auto told = ask<ModelQuality>(&Models::evaluated, [&](Generation g) {
            models().evaluate(g, info.tag, {table, QStringLiteral("species")});
        });
        QVERIFY2(told, qPrintable(told.problem.text));
        QCOMPARE(told.value->evaluation.rows.answered, 150u);
        QVERIFY(told.value->evaluation.classes.accuracy.value > 0.9);

        // A row that cannot be read is counted, and does not end the whole.
        const QString torn = file(QStringLiteral("torn.csv"),
                                  "sepal length,sepal width,petal length,petal width,species\n"
                                  "5.1,3.5,1.4,0.2,setosa\n5.1,3.5,1.4,0.2,setosa,more\n");
        const auto left = ask<ModelQuality>(&Models::evaluated, [&](Generation g) {
            models().evaluate(g, info.tag, {torn, QStringLiteral("species")});
        });
        QVERIFY2(left, qPrintable(left.problem.text));
        QCOMPARE(left.value->evaluation.rows.answered, 1u);
        QCOMPARE(left.value->evaluation.rows.unread, 1u);

        const auto gone = ask<TableColumns>(&Models::columnsReady, [&](Generation g) {
            models().requestColumns(g, m_dir.filePath(QStringLiteral("gone.csv")));
        });
        QVERIFY(!gone && gone.problem.text.contains(QStringLiteral("gone.csv")));
    }

    void twoVersionsOnOneTable()
    {
        const QString first = models().list().at(0).tag;
        models().trainIris(40);
        QTRY_COMPARE_WITH_TIMEOUT(models().list().size(), qsizetype{2}, kPatienceMs);
        const QString second = models().list().at(0).tag;
        const LabelledTable table{golden("../../resources/iris/iris.csv"),
                                  QStringLiteral("species")};
        const auto both = ask<ModelSides>(&Models::compared, [&](Generation g) {
            models().compareModels(g, first, second, table);
        });
        QVERIFY2(both, qPrintable(both.problem.text));
        QVERIFY(both.value->agreement && both.value->a && both.value->b);
        QCOMPARE(both.value->agreement->rows, 150u);
        QVERIFY(both.value->agreement->differ > 0);
        QCOMPARE(static_cast<qint64>(both.value->agreement->first.size()),
                 static_cast<qint64>(both.value->agreement->differ));
        const auto own = ask<ModelSides>(
            &Models::compared, [&](Generation g) { models().compareModels(g, first, second, {}); });
        QVERIFY(own && own.value->a && own.value->b && !own.value->agreement);
    }

    void versionsBesideEachOther()
    {
        const auto irisVersions = [this] { // newest first
            QStringList versions;
            const auto all = models().list();
            for (const auto &model : all) {
                if (model.tag.startsWith(u"iris_knn:"))
                    versions << model.tag.section(QLatin1Char(':'), 1);
            }
            return versions;
        };
        const qsizetype before = irisVersions().size();
        models().trainIris(3);
        QTRY_COMPARE_WITH_TIMEOUT(irisVersions().size(), before + 1, kPatienceMs);
        const QStringList versions = irisVersions();
        RolloutInfo wanted;
        wanted.name = QStringLiteral("iris_knn");
        wanted.candidate = versions.at(0);
        wanted.primary = versions.at(1);
        wanted.share = 0.07;
        models().startRollout(wanted);
        QTRY_COMPARE_WITH_TIMEOUT(models().rollouts().size(), qsizetype{1}, kPatienceMs);
        QCOMPARE(models().rollouts().first().sentence,
                 QStringLiteral("iris_knn:%1 answers 93 %, iris_knn:%2 7 % of the requests")
                     .arg(versions.at(1), versions.at(0)));
        const auto all = models().list();
        for (const auto &model : all) {
            if (model.tag == QStringLiteral("iris_knn:") + versions.at(0))
                QCOMPARE(model.rollout, QStringLiteral("7 % of requests"));
        }
        // What another program did is seen when one looks again.
        const std::filesystem::path root =
            m_dir.filePath(QStringLiteral("home/models")).toStdString();
        QVERIFY(Rollouts(root).end("iris_knn"));
        models().reload();
        QTRY_VERIFY_WITH_TIMEOUT(models().rollouts().isEmpty(), kPatienceMs);
        QSignalSpy told(m_backend.get(), &Backend::noticed);
        models().endRollout(QStringLiteral("iris_knn"));
        QTRY_VERIFY_WITH_TIMEOUT(!told.isEmpty(), kPatienceMs);
        const auto notice = told.first().first().value<Notice>();
        QCOMPARE(notice.level, NoticeLevel::Error);
    }

    void whatAnEndpointLeavesOpenIsSaid()
    {
        HostOptions options;
        options.home.root = m_dir.filePath(QStringLiteral("open")).toStdString();
        options.server.host = "0.0.0.0";
        options.server.allowRemote = true;
        options.server.port = 0;
        options.loggerThread = true;
        auto host = Host::start(options);
        QVERIFY2(host, host ? "" : host.error().text().c_str());
        HostBackendOptions beside;
        beside.home = m_dir.filePath(QStringLiteral("open"));
        beside.thread = true;
        const auto backend = makeHostBackend(beside);
        QSignalSpy told(backend.get(), &Backend::noticed);
        QTRY_COMPARE_WITH_TIMEOUT(backend->endpoint().state().phase, EndpointPhase::Attached,
                                  kPatienceMs);
        const auto said = [&]() -> QString {
            for (const auto &arguments : told) {
                const auto notice = arguments.first().value<Notice>();
                if (notice.key == QStringLiteral("endpoint.open"))
                    return notice.text % QLatin1Char('\n') % notice.next;
            }
            return QString();
        };
        QTRY_VERIFY_WITH_TIMEOUT(!said().isEmpty(), kPatienceMs);
        QVERIFY2(said().contains(QStringLiteral("start it with --token-file")), qPrintable(said()));
        QVERIFY(said().contains(QStringLiteral("is not encrypted")));
        QVERIFY((*host)->stop());
    }

    void exportedAndShownAgain()
    {
        const QString tag = models().list().at(0).tag;
        const QString path = m_dir.filePath(QStringLiteral("out.tepalmodel"));
        QStringList said;
        const auto connection =
            connect(m_backend.get(), &Backend::noticed, this, [&](const Notice &notice) {
                said << notice.text;
                QVERIFY2(notice.level == NoticeLevel::Success, qPrintable(notice.text));
            });
        models().exportModel(tag, path);
        QTRY_COMPARE_WITH_TIMEOUT(said.size(), qsizetype{1}, kPatienceMs);
        models().exportModel(tag, path); // whoever chose it said that it may be replaced
        QTRY_COMPARE_WITH_TIMEOUT(said.size(), qsizetype{2}, kPatienceMs);
        QCOMPARE(QDir(m_dir.path()).entryList({QStringLiteral("out.*")}).size(), qsizetype{1});
        disconnect(connection);
        const auto seen = ask<ImportPreview>(&Models::importPreviewed, [&](Generation g) {
            models().previewImport(g, {path, {}, {}, {}, {}});
        });
        QVERIFY2(seen, qPrintable(seen.problem.text));
        QVERIFY(seen.value->fixed && seen.value->answer);
        QCOMPARE(seen.value->name, tag);
        // It is there already, and the dialog is told so.
        const auto again = ask<QString>(&Models::imported, [&](Generation g) {
            models().importModel(g, {path, {}, {}, {}, {}});
        });
        QVERIFY(!again);
        QCOMPARE(again.problem.code, ErrorCode::AlreadyExists);
    }

    void anEvaluationCanBeCancelled()
    {
        QByteArray text = "sepal length,sepal width,petal length,petal width,species\n";
        for (int i = 0; i < 400'000; ++i)
            text += "5.1,3.5,1.4,0.2,setosa\n";
        const QString table = file(QStringLiteral("large.csv"), text);
        const QString tag = models().list().at(0).tag;
        const auto answer = ask<ModelQuality>(&Models::evaluated, [&](Generation g) {
            models().evaluate(g, tag, {table, QStringLiteral("species")});
            for (const JobInfo &job : m_backend->jobs().list()) {
                if (job.isActive() && job.cancellable)
                    m_backend->jobs().cancelJob(job.id);
            }
        });
        QVERIFY(!answer);
        QCOMPARE(answer.problem.code, ErrorCode::Cancelled);
    }
};

QTEST_MAIN(TestHostModels)
#include "tst_host_models.moc"
