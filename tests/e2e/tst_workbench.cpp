// The main job, whole: the window's own buttons, 2,000 requests from another process, a logger
// killed half way, drifting traffic, a verdict that turns, and an upload whose bytes read back.

#include "test_support.h"
#include "ui/backend/comparison.h"
#include "ui/backend/endpoint.h"
#include "ui/backend/host_backend.h"
#include "ui/backend/models.h"
#include "ui/backend/reference_notices.h"
#include "ui/backend/uploads.h"
#include "ui/backend/windows.h"
#include "ui/pages/main_window.h"
#include "ui/pages/preferences.h"
#include "ui/theme/theme.h"
#include "ui/widgets/elided_label.h"

#include <tepal/base/log.h>
#include <tepal/profile/file.h>
#include <tepal/store/store.h>
#include <tepal/store/window_writer.h>
#include <tepal/store/windows.h>

#include <QDirIterator>
#include <QProcess>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <algorithm>
#include <csignal>
#include <functional>
#include <limits>

using namespace tepal;
using namespace tepal::ui;

namespace {

constexpr TimeRange kAll{std::numeric_limits<TimeMs>::min() / 2,
                         std::numeric_limits<TimeMs>::max() / 2};
constexpr int kPatienceMs = 60'000;

QString program(const char *name)
{
    return tepal::test::qs((tepal::test::binDir() / name).string());
}

} // namespace

class TestWorkbench : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    QProcess m_receiver;
    std::unique_ptr<Preferences> m_preferences;
    std::unique_ptr<Backend> m_backend;
    std::unique_ptr<MainWindow> m_window;

    std::int64_t rows()
    {
        const std::filesystem::path path =
            m_dir.filePath(QStringLiteral("home/tepal.db")).toStdString();
        auto store = Store::open(path, Store::Access::ReadOnly);
        if (!store)
            return -1;
        const auto windows = tepal::Windows(**store).list("model-1", kAll);
        std::int64_t total = 0;
        for (const tepal::WindowInfo &window : windows.value_or(std::vector<tepal::WindowInfo>{}))
            total += window.rows;
        return total;
    }
    std::int64_t loggerPid()
    {
        const std::filesystem::path path =
            m_dir.filePath(QStringLiteral("home/tepal.db")).toStdString();
        auto store = Store::open(path, Store::Access::ReadOnly);
        const auto beat =
            store ? WindowWriter(**store).heartbeat() : Result<std::optional<LoggerHeartbeat>>();
        return beat && *beat ? (*beat)->pid : 0;
    }
    /// Verdict per feature over everything that was logged.
    QHash<QString, Verdict> verdicts()
    {
        QSignalSpy answers(&m_backend->comparison(), &Comparison::driftOverviewReady);
        QHash<QString, Verdict> result;
        DriftQuery query;
        query.dataset = QStringLiteral("model-1");
        query.range = {m_backend->now() - kDayMs, m_backend->now() + kDayMs};
        const Generation generation = m_backend->nextGeneration();
        const auto connection =
            connect(&m_backend->comparison(), &Comparison::driftOverviewReady, this,
                    [&](const Answer<DriftOverview> &answer) {
                        if (answer.generation != generation || !answer)
                            return;
                        for (const FeatureDrift &feature : answer.value->features)
                            result.insert(feature.name, feature.verdict);
                    });
        m_backend->comparison().requestDriftOverview(generation, query);
        // A newer question of the page may overtake ours; then it is asked again by the caller.
        std::ignore = QTest::qWaitFor([&] { return !result.isEmpty(); }, 10'000);
        disconnect(connection);
        return result;
    }
    void simulate(const char *scenario, int seed, QProcess &process)
    {
        process.start(program("tepal"),
                      {QStringLiteral("simulate"), QStringLiteral("--url"),
                       m_backend->endpoint().state().url, QStringLiteral("--scenario"),
                       QString::fromLatin1(scenario), QStringLiteral("--count"),
                       QStringLiteral("1000"), QStringLiteral("--rate"), QStringLiteral("1000"),
                       QStringLiteral("--seed"), QString::number(seed)});
        QVERIFY(process.waitForStarted());
    }
    static void finish(QProcess &process)
    {
        QTRY_COMPARE_WITH_TIMEOUT(process.state(), QProcess::NotRunning, kPatienceMs);
        const QByteArray output = process.readAllStandardOutput() + process.readAllStandardError();
        QVERIFY2(process.exitCode() == 0, output.constData());
        QVERIFY2(output.contains("1000 answered"), output.constData());
    }
    template <typename Button>
    Button *button(const QString &text)
    {
        QWidget *toolbar = m_window->findChild<QWidget *>(QStringLiteral("toolbar"));
        const auto buttons = toolbar->findChildren<Button *>();
        for (Button *candidate : buttons) {
            if (candidate->text().contains(text) || candidate->accessibleName().contains(text))
                return candidate;
        }
        return nullptr;
    }

    bool saveDestination(const DestinationChange &change)
    {
        QSignalSpy saved(&m_backend->uploads(), &Uploads::destinationSaved);
        m_backend->uploads().saveDestination(m_backend->nextGeneration(), change);
        std::ignore = QTest::qWaitFor([&] { return !saved.isEmpty(); }, kPatienceMs);
        return static_cast<bool>(saved.value(0).value(0).value<Answer<Destination>>());
    }
    /// Of all profiles in a folder.
    std::int64_t rowsIn(const QString &folder)
    {
        std::int64_t rows = 0;
        QDirIterator files(m_dir.filePath(folder), QDir::Files, QDirIterator::Subdirectories);
        while (files.hasNext()) {
            const QString file = files.next();
            if (!file.endsWith(QStringLiteral(".bin")))
                continue;
            const auto profile = parseProfile(tepal::test::readAll(file.toStdString()));
            rows += profile ? profile->rows() : 1'000'000;
        }
        return rows;
    }

private Q_SLOTS:
    void initTestCase()
    {
        setLogToStderr(false);
        qputenv("XDG_CONFIG_HOME", m_dir.filePath(QStringLiteral("config")).toUtf8());
        qputenv("TEPAL_LOGGER_PROGRAM", program("tepal").toUtf8());
        m_receiver.start(program("whylabs_receiver"),
                         {QStringLiteral("--port"), QStringLiteral("0"), QStringLiteral("--dir"),
                          m_dir.filePath(QStringLiteral("received"))});
        QVERIFY(m_receiver.waitForStarted());
        QByteArray line;
        while (!line.contains('\n') && m_receiver.waitForReadyRead(10'000))
            line += m_receiver.readAllStandardOutput();
        QVERIFY2(line.startsWith("Receiving on "), line.constData());
        qputenv("WHYLABS_API_ENDPOINT", line.mid(13).trimmed());
        qputenv("WHYLABS_API_KEY",
                "abcdefghij.ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopq:org-1");

        Theme::instance().install(ThemeMode::Light);
        m_preferences = std::make_unique<Preferences>(QString());
        PreferenceValues values;
        values.port = 0;
        m_preferences->change(values);
        HostBackendOptions options;
        options.home = m_dir.filePath(QStringLiteral("home"));
        options.port = 0;
        m_backend = makeHostBackend(options);
        m_window = std::make_unique<MainWindow>(m_backend.get(), m_preferences.get());
        m_window->resize(1440, 900);
        m_window->show();
    }
    void cleanupTestCase()
    {
        m_window.reset();
        m_backend.reset();
        m_receiver.kill();
        m_receiver.waitForFinished();
    }

    void trainAndStart()
    {
        m_backend->models().trainIris(5);
        QTRY_VERIFY_WITH_TIMEOUT(!m_backend->models().list().isEmpty(), kPatienceMs);
        auto *start = button<QPushButton>(QStringLiteral("Start"));
        QVERIFY(start);
        QTest::mouseClick(start, Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->endpoint().state().phase, EndpointPhase::Serving,
                                  kPatienceMs);
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->endpoint().schema().features.size(), qsizetype{4},
                                  kPatienceMs);
    }

    void steadyTrafficWithTheLoggerKilled()
    {
        QProcess traffic;
        simulate("steady", 1, traffic);
        QTRY_VERIFY_WITH_TIMEOUT(rows() > 0, kPatienceMs); // about half way, at 1,000 a second
        const std::int64_t pid = loggerPid();
        QVERIFY(pid > 0);
        QCOMPARE(::kill(static_cast<pid_t>(pid), SIGKILL), 0);
        finish(traffic);
        QTRY_COMPARE_WITH_TIMEOUT(rows(), 1000, kPatienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(m_backend->endpoint().logger().restarts >= 1, kPatienceMs);
        QHash<QString, Verdict> found;
        QTRY_VERIFY_WITH_TIMEOUT(!(found = verdicts()).isEmpty(), kPatienceMs);
        QCOMPARE(found.size(), qsizetype{6});
        for (auto it = found.cbegin(); it != found.cend(); ++it)
            QVERIFY2(it.value() == Verdict::NoDrift || it.value() == Verdict::Negligible,
                     qPrintable(it.key()));
    }

    void driftingTrafficTurnsOneVerdict()
    {
        QProcess traffic;
        simulate("petal-width-shift", 2, traffic);
        finish(traffic);
        QTRY_COMPARE_WITH_TIMEOUT(rows(), 2000, kPatienceMs);
        QHash<QString, Verdict> found;
        QTRY_VERIFY_WITH_TIMEOUT((found = verdicts()).value(QStringLiteral("petal width")) ==
                                     Verdict::Drift,
                                 kPatienceMs);
        for (auto it = found.cbegin(); it != found.cend(); ++it) {
            if (it.key() != QStringLiteral("petal width"))
                QVERIFY2(it.value() < Verdict::PossibleDrift, qPrintable(it.key()));
        }
        // The page says so in words.
        m_window->showPage(QStringLiteral("drift"));
        const auto says = [this](const QString &text) {
            const auto labels = m_window->findChildren<ElidedLabel *>();
            return std::any_of(labels.begin(), labels.end(), [&](const ElidedLabel *label) {
                return label->isVisible() && label->text().startsWith(text);
            });
        };
        QTRY_VERIFY_WITH_TIMEOUT(says(QStringLiteral("1 of 6 columns drifts")), kPatienceMs);
    }

    void uploadReadsBack()
    {
        QSignalSpy finished(&m_backend->uploads(), &Uploads::uploadFinished);
        auto *upload = button<QToolButton>(QStringLiteral("Upload"));
        QVERIFY(upload);
        QTRY_VERIFY_WITH_TIMEOUT(!m_backend->uploads().destinations().isEmpty() &&
                                     m_backend->uploads().destinations().at(0).isConfigured(),
                                 kPatienceMs);
        QTest::mouseClick(upload, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!finished.isEmpty(), kPatienceMs);
        const auto answer = finished.at(0).at(0).value<Answer<UploadReport>>();
        QVERIFY2(answer.value, qPrintable(answer.problem.text));
        QCOMPARE(answer.value->failed, 0);
        QVERIFY(answer.value->items > 0);

        std::int64_t received = 0;
        std::int64_t drifted = 0;
        QDirIterator files(m_dir.filePath(QStringLiteral("received")), QDir::Files,
                           QDirIterator::Subdirectories);
        while (files.hasNext()) {
            const auto profile = parseProfile(tepal::test::readAll(files.next().toStdString()));
            QVERIFY2(profile, profile ? "" : profile.error().text().c_str());
            received += profile->rows();
            const auto width = profile->columns.find("petal width");
            QVERIFY(width != profile->columns.end());
            drifted += width->second.counts.n;
        }
        QCOMPARE(received, 2000);
        QCOMPARE(drifted, 2000);
        // A second upload has nothing to send.
        QTest::mouseClick(upload, Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 2, kPatienceMs);
        QCOMPARE(finished.at(1).at(0).value<Answer<UploadReport>>().value->items, 0);
    }

    void stopLosesNothing()
    {
        auto *stop = button<QPushButton>(QStringLiteral("Stop"));
        QVERIFY(stop);
        QTest::mouseClick(stop, Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->endpoint().state().phase, EndpointPhase::Stopped,
                                  kPatienceMs);
        QCOMPARE(rows(), 2000);
    }

    void deletedWindowsComeBack()
    {
        const QString dataset = QStringLiteral("model-1");
        m_backend->windows().deleteWindows(dataset, kAll);
        QTRY_COMPARE_WITH_TIMEOUT(rows(), 0, kPatienceMs);
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->windows().store().deletedRows, 2000, kPatienceMs);
        m_backend->windows().restoreWindows({}, kAll);
        QTRY_COMPARE_WITH_TIMEOUT(rows(), 2000, kPatienceMs);
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->windows().store().deletedWindows, 0, kPatienceMs);
        m_backend->windows().setRetention(90 * kDayMs);
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->windows().store().keep, 90 * kDayMs, kPatienceMs);
    }

    void referencesComeAndGo()
    {
        const QString dataset = QStringLiteral("model-1");
        const auto names = [&] {
            QStringList all;
            for (const auto &info : m_backend->comparison().references(dataset))
                all << info.name + QLatin1String(info.current ? "*" : "");
            all.sort();
            return all;
        };
        const QStringList before = names();
        QCOMPARE(before.size(), qsizetype{1}); // the training data
        const QString former = before.first().chopped(1);
        // As the undo of a banner, whatever the name.
        QString undo;
        const QObject untilHere;
        connect(m_backend.get(), &Backend::noticed, &untilHere,
                [&](const Notice &notice) { undo = notice.actionId; });
        const TimeRange range{m_backend->now() - kDayMs, m_backend->now() + kDayMs};
        const QString name = QStringLiteral("a:b/c %20 \"d\"");
        m_backend->comparison().makeReference({dataset, range, {}}, name);
        QTRY_COMPARE_WITH_TIMEOUT(names(), QStringList({name + QLatin1Char('*'), former}),
                                  kPatienceMs);
        QTRY_VERIFY(undoReference(m_backend->comparison(), undo));
        QTRY_COMPARE_WITH_TIMEOUT(names(), before, kPatienceMs);
        m_backend->comparison().deleteReference(dataset, former);
        QTRY_COMPARE_WITH_TIMEOUT(names(), QStringList(), kPatienceMs);
        QVERIFY(!m_window->context()->canJudge()); // the last one is told as gone, too
        QTRY_VERIFY(undoReference(m_backend->comparison(), undo));
        QTRY_COMPARE_WITH_TIMEOUT(names(), before, kPatienceMs);
        m_backend->comparison().renameReference(dataset, former, name);
        QTRY_COMPARE_WITH_TIMEOUT(names(), QStringList{name + QLatin1Char('*')}, kPatienceMs);
    }

    void settingsOfADataset()
    {
        DatasetSettings settings;
        settings.dataset = QStringLiteral("model-1");
        settings.own = true;
        settings.granularity = Granularity::Day;
        settings.segmentBy = {QStringLiteral("prediction")};
        settings.ints = false;
        settings.schema = QStringLiteral("{\"columns\": [}");
        const auto save = [&] {
            QSignalSpy saved(&m_backend->windows(), &ui::Windows::datasetSettingsSaved);
            m_backend->windows().saveDatasetSettings(m_backend->nextGeneration(), settings);
            std::ignore = QTest::qWaitFor([&] { return !saved.isEmpty(); }, kPatienceMs);
            return saved.value(0).value(0).value<Answer<DatasetSettings>>();
        };
        const auto refused = save();
        QVERIFY(!refused && !refused.problem.text.isEmpty());
        settings.schema = QStringLiteral(
            "{\"columns\": {\"petal width\": {\"conditions\": {\"wide\": {\"greater\": 1}}}}}");
        const auto saved = save();
        QVERIFY2(saved, qPrintable(saved.problem.text));
        QCOMPARE(saved.value->granularity, Granularity::Day);
        QCOMPARE(saved.value->segmentBy, settings.segmentBy);
        QVERIFY(!saved.value->ints && saved.value->schema.contains(QStringLiteral("wide")));
        settings.own = false;
        const auto reset = save();
        QVERIFY(reset && !reset.value->own && reset.value->schema.isEmpty());
    }

    /// Nothing is pressed but Start: what is finished goes to the folder that is switched on.
    void sendsByItself()
    {
        DestinationChange change;
        change.id = QStringLiteral("folder");
        change.values.insert(QStringLiteral("directory"), m_dir.filePath(QStringLiteral("out")));
        QVERIFY(saveDestination(change));
        DatasetSettings settings;
        settings.dataset = QStringLiteral("model-1");
        settings.own = true;
        settings.writeEvery = kSecondMs;
        QSignalSpy saved(&m_backend->windows(), &ui::Windows::datasetSettingsSaved);
        m_backend->windows().saveDatasetSettings(m_backend->nextGeneration(), settings);
        QTRY_COMPARE_WITH_TIMEOUT(saved.size(), 1, kPatienceMs);
        const std::int64_t elsewhere = rowsIn(QStringLiteral("received"));
        QTest::mouseClick(button<QPushButton>(QStringLiteral("Start")), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->endpoint().state().phase, EndpointPhase::Serving,
                                  kPatienceMs);
        QProcess traffic;
        simulate("steady", 3, traffic);
        finish(traffic);
        QTRY_COMPARE_WITH_TIMEOUT(rowsIn(QStringLiteral("out")), 1000, kPatienceMs);
        // The page knows, and nobody else got anything.
        const auto sent = [this] {
            qint64 rows = 0;
            for (const OutboxItem &item : m_backend->uploads().outbox()) {
                if (item.destination == QStringLiteral("folder") && item.phase == OutboxPhase::Sent)
                    rows += item.rows;
            }
            return rows;
        };
        QTRY_COMPARE_WITH_TIMEOUT(sent(), qint64{1000}, kPatienceMs);
        QCOMPARE(rowsIn(QStringLiteral("received")), elsewhere);
    }

    /// What was sent is not shown as what today's rules make of it.
    void rulesOfTodayAreNotThoseOfThen()
    {
        const auto items = m_backend->uploads().outbox();
        const auto item = std::find_if(items.begin(), items.end(), [](const OutboxItem &one) {
            return one.destination == QStringLiteral("folder") && one.phase == OutboxPhase::Sent;
        });
        QVERIFY(item != items.end());
        const auto look = [&](const std::function<void(Generation)> &ask) {
            QSignalSpy ready(&m_backend->uploads(), &Uploads::xrayReady);
            ask(m_backend->nextGeneration());
            std::ignore = QTest::qWaitFor([&] { return !ready.isEmpty(); }, kPatienceMs);
            return ready.value(0).value(0).value<Answer<XrayReport>>();
        };
        const auto ofItem = [&](Generation generation) {
            m_backend->uploads().requestXray(generation, item->id);
        };
        auto seen = look(ofItem);
        QVERIFY2(seen, qPrintable(seen.problem.text));
        QVERIFY(!seen.value->differsFromSent && seen.value->unmatched.isEmpty());
        DestinationChange change;
        change.id = QStringLiteral("folder");
        change.values.insert(QStringLiteral("directory"), m_dir.filePath(QStringLiteral("out")));
        change.redaction.insert(QString(), QStringLiteral("petal width:drop-column"));
        change.redaction.insert(QStringLiteral("model-1"), QStringLiteral("petla:hash"));
        change.segments = QStringLiteral("prediction=setosa");
        QVERIFY(saveDestination(change));
        seen = look(ofItem);
        QVERIFY(seen && seen.value->differsFromSent);
        QCOMPARE(seen.value->unmatched, QStringList{QStringLiteral("petla:hash")});
        // The form shows all of it again.
        QSignalSpy ready(&m_backend->uploads(), &Uploads::destinationSettingsReady);
        m_backend->uploads().requestDestinationSettings(m_backend->nextGeneration(), change.id);
        QTRY_COMPARE_WITH_TIMEOUT(ready.size(), 1, kPatienceMs);
        const auto settings = ready.at(0).at(0).value<Answer<DestinationSettings>>();
        QVERIFY(settings);
        QCOMPARE(settings.value->redaction, change.redaction);
        QCOMPARE(settings.value->segments, change.segments);
        QVERIFY(settings.value->datasets.contains(QStringLiteral("model-1")));
        // What is not in the outbox yet can be looked into as well.
        QSignalSpy finished(&m_backend->uploads(), &Uploads::uploadFinished);
        m_backend->uploads().upload(m_backend->nextGeneration(),
                                    {QStringLiteral("whylabs"), {}, std::nullopt, true});
        QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, kPatienceMs);
        const auto dry = finished.at(0).at(0).value<Answer<UploadReport>>();
        QVERIFY(dry && !dry.value->planned.isEmpty());
        const PlannedUpload planned = dry.value->planned.last();
        QVERIFY(planned.chunk != 0 && planned.rows > 0 && planned.bytes > 0);
        seen = look([&](Generation generation) {
            m_backend->uploads().requestPlannedXray(generation, planned);
        });
        QVERIFY2(seen, qPrintable(seen.problem.text));
        QCOMPARE(seen.value->bytes, planned.bytes);
        QCOMPARE(seen.value->rows, planned.rows);
    }
};

QTEST_MAIN(TestWorkbench)
#include "tst_workbench.moc"
