// Files on the command line: profile, inspect and merge, with a schema and with the truth beside
// the predictions.

#include "test_support.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace tepal::test;

class TestProfileCommands : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    struct Output
    {
        int status = -1;
        QByteArray out;
        QByteArray err;
    };
    /// Arguments by spaces.
    static Output run(const QString &arguments, const QByteArray &input = {})
    {
        QProcess process;
        process.start(qs((binDir() / "tepal").string()),
                      arguments.split(QLatin1Char(' '), Qt::SkipEmptyParts));
        process.write(input);
        process.closeWriteChannel();
        process.waitForFinished(60'000);
        return {process.exitCode(), process.readAllStandardOutput(),
                process.readAllStandardError()};
    }
    static QJsonObject inspect(const QString &file)
    {
        return QJsonDocument::fromJson(run(QStringLiteral("inspect --json ") + file).out).object();
    }
    QString file(const QString &name, const QByteArray &text = {})
    {
        const QString path = m_dir.filePath(name);
        if (!text.isEmpty()) {
            QFile out(path);
            if (!out.open(QIODevice::WriteOnly) || out.write(text) != text.size())
                qFatal("cannot write");
        }
        return path;
    }
    static QString goldenInput() { return qs(golden("model_performance/input.jsonl").string()); }
    static QJsonObject goldenAnswers()
    {
        return QJsonDocument::fromJson(
                   QByteArray::fromStdString(readAll(golden("model_performance/case.json"))))
            .object();
    }

private Q_SLOTS:
    void classesBesideTheTruth()
    {
        const QString out = file(QStringLiteral("classes.bin"));
        const Output done = run(QStringLiteral("profile %1 -o %2 --prediction prediction --truth "
                                               "target --score score")
                                    .arg(goldenInput(), out));
        QVERIFY2(done.status == 0, done.err.constData());
        const QString performance = file(QStringLiteral("classes_performance.bin"));
        const QJsonObject ours = inspect(performance)[QLatin1String("model_performance")]
                                     .toObject()[QLatin1String("classification")]
                                     .toObject();
        const QJsonObject theirs = goldenAnswers()[QLatin1String("classification")].toObject();
        QCOMPARE(ours[QLatin1String("labels")], theirs[QLatin1String("labels")]);
        std::map<QString, qint64> cells;
        std::map<QString, qint64> predicted;
        std::map<QString, qint64> real;
        const QJsonArray golden = theirs[QLatin1String("cells")].toArray();
        for (const QJsonValue &cell : golden) {
            const QString p = cell[QLatin1String("prediction")].toString();
            const QString t = cell[QLatin1String("target")].toString();
            const qint64 n = cell[QLatin1String("n")].toInteger();
            if (n > 0)
                cells[p + t] = n;
            predicted[p] += n;
            real[t] += n;
        }
        const QJsonArray found = ours[QLatin1String("cells")].toArray();
        QCOMPARE(static_cast<std::size_t>(found.size()), cells.size());
        for (const QJsonValue &cell : found) {
            QCOMPARE(cell[QLatin1String("n")].toInteger(),
                     cells[cell[QLatin1String("prediction")].toString() +
                           cell[QLatin1String("target")].toString()]);
        }
        qint64 right = 0;
        for (const auto &[label, support] : real) {
            const QJsonValue quality = ours[QLatin1String("classes")][label];
            const auto hits = static_cast<double>(cells[label + label]);
            right += cells[label + label];
            QCOMPARE(quality[QLatin1String("support")].toInteger(), support);
            QCOMPARE(quality[QLatin1String("precision")].toDouble(),
                     hits / static_cast<double>(predicted[label]));
            QCOMPARE(quality[QLatin1String("recall")].toDouble(),
                     hits / static_cast<double>(support));
        }
        QCOMPARE(ours[QLatin1String("accuracy")].toDouble(), static_cast<double>(right) / 150);
        const QByteArray shown = run(QStringLiteral("inspect ") + performance).out;
        QVERIFY2(shown.contains("Records 150, accuracy") && shown.contains("PRECISION"),
                 shown.constData());
        // The profile of the columns is there as well, and two files of performance add up.
        QCOMPARE(inspect(out)[QLatin1String("columns")].toObject().size(), 5);
        const QString both = file(QStringLiteral("both.bin"));
        QCOMPARE(run(QStringLiteral("merge %1 %1 -o %2").arg(performance, both)).status, 0);
        QCOMPARE(inspect(both)[QLatin1String("model_performance")]
                     .toObject()[QLatin1String("classification")][QLatin1String("n")]
                     .toInteger(),
                 300);
    }
    void numbersBesideTheTruth()
    {
        const QString out = file(QStringLiteral("numbers.bin"));
        const Output done = run(
            QStringLiteral("profile %1 -o %2 --prediction yhat --truth y").arg(goldenInput(), out));
        QVERIFY2(done.status == 0, done.err.constData());
        const QJsonObject ours = inspect(file(
            QStringLiteral("numbers_performance.bin")))[QLatin1String("model_performance")]
                                     .toObject()[QLatin1String("regression")]
                                     .toObject();
        const QJsonObject theirs = goldenAnswers()[QLatin1String("regression")].toObject();
        QCOMPARE(ours[QLatin1String("n")], theirs[QLatin1String("count")]);
        for (const char *name : {"mae", "mse", "rmse"}) {
            const double a = ours[QLatin1String(name)].toDouble();
            const double b = theirs[QLatin1String(name)].toDouble();
            QVERIFY2(std::abs(a - b) <= 1e-9 * b, name);
        }
    }
    /// Whole numbers are classes unless it is said that they are amounts.
    void wholeNumbers()
    {
        const QString in = file(QStringLiteral("whole.csv"), "p,t\n1,2\n3,3\n5,x\n2,6\n");
        const auto kinds = [&](const QString &more) {
            run(QStringLiteral("profile %1 -o %2 --prediction p --truth t %3")
                    .arg(in, file(QStringLiteral("whole.bin")), more));
            return inspect(file(
                QStringLiteral("whole_performance.bin")))[QLatin1String("model_performance")]
                .toObject();
        };
        QCOMPARE(kinds({})[QLatin1String("classification")][QLatin1String("n")].toInteger(), 4);
        const QString same = file(QStringLiteral("whole.csv"), "p,t\n1,2\n3,3\n2,6\n");
        QVERIFY(kinds({}).contains(QLatin1String("classification")));
        const QJsonObject numbers = kinds(QStringLiteral("--truth-as numbers"));
        QVERIFY(!numbers.contains(QLatin1String("classification")));
        QCOMPARE(numbers[QLatin1String("regression")][QLatin1String("n")].toInteger(), 3);
        QCOMPARE(numbers[QLatin1String("regression")][QLatin1String("bias")].toDouble(), -5.0 / 3);
        file(QStringLiteral("whole.csv"), "p,t\n1.5,2.5\n");
        QVERIFY(
            kinds(QStringLiteral("--truth-as classes")).contains(QLatin1String("classification")));
    }
    void schema()
    {
        const QString in = file(QStringLiteral("in.csv"), "x,c\n1,a\n2,bb\n3,a\n,\n");
        const QString schema = file(QStringLiteral("schema.json"),
                                    R"({"columns": {"x": {"conditions": {"big": {"greater": 1}}}},
                "types": {"string": {"unicode": true, "without": ["frequent-items"]}}})");
        for (const char *way : {"", "--rows-as records"}) {
            const QString out = file(QStringLiteral("out.bin"));
            const Output done = run(QStringLiteral("profile %1 -o %2 --schema %3 %4")
                                        .arg(in, out, schema, QString::fromLatin1(way)));
            QVERIFY2(done.status == 0, done.err.constData());
            const QJsonObject columns = inspect(out)[QLatin1String("columns")].toObject();
            const QJsonValue x = columns[QLatin1String("x")][QLatin1String("summary")];
            QCOMPARE(x[QLatin1String("condition_count/big")].toInteger(), 2);
            QCOMPARE(x[QLatin1String("condition_count/total")].toInteger(), 3);
            const QJsonValue c = columns[QLatin1String("c")][QLatin1String("summary")];
            QCOMPARE(c[QLatin1String("unicode_range/string_length:ints/max")].toInteger(), 2);
            QVERIFY(c[QLatin1String("frequent_items/frequent_strings")].isUndefined());
            const QByteArray shown = run(QStringLiteral("inspect ") + out).out;
            QVERIFY2(shown.contains("66.67 %") && shown.contains("string_length"),
                     shown.constData());
        }
    }
    void profilesFromPipes()
    {
        const QString in = file(QStringLiteral("one.csv"), "x\n1\n");
        const QString out = file(QStringLiteral("one.bin"));
        const Output done = run(QStringLiteral("profile %1 -o %2").arg(in, out));
        QVERIFY2(done.out.contains("(1 row, 1 column, "), done.out.constData());
        QVERIFY(run(QStringLiteral("merge %1 -o %1.merged").arg(out))
                    .out.contains("(1 row from 1 profile)"));
        const QByteArray profile = QByteArray::fromStdString(readAll(out.toStdString()));
        const Output shown = run(QStringLiteral("inspect --json -"), profile);
        QVERIFY2(shown.status == 0, shown.err.constData());
        QCOMPARE(QJsonDocument::fromJson(shown.out).object(), inspect(out));
        QVERIFY(run(QStringLiteral("inspect -"), profile + profile).err.contains("merge - -o"));
        const Output nothing = run(QStringLiteral("inspect -"), {});
        QCOMPARE(nothing.status, 1);
        QVERIFY2(nothing.err.contains("standard input is empty"), nothing.err.constData());
        // Another profile command that reads one takes it from a pipe as well.
        QCOMPARE(run(QStringLiteral("drift - ") + out, profile).status, 0);
    }
    /// A mistyped folder is not created, and is told before the table is read.
    void folderThatIsNotThere()
    {
        const QString in = file(QStringLiteral("one.csv"), "x\n1\n");
        const QString out = file(QStringLiteral("one.bin"));
        QCOMPARE(run(QStringLiteral("profile %1 -o %2").arg(in, out)).status, 0);
        const QString missing = file(QStringLiteral("no/such.bin"));
        for (const QString &command :
             {QStringLiteral("profile ") + in, QStringLiteral("merge ") + out}) {
            const Output done = run(command + QStringLiteral(" -o ") + missing);
            QCOMPARE(done.status, 1);
            QVERIFY2(done.err.contains("there is no folder") && !done.err.contains("Read as"),
                     done.err.constData());
            QVERIFY(!QDir(m_dir.filePath(QStringLiteral("no"))).exists());
        }
    }
    void wrongUse_data()
    {
        QTest::addColumn<QString>("options");
        QTest::newRow("truth alone") << QStringLiteral("--truth y");
        QTest::newRow("score alone") << QStringLiteral("--score score");
        QTest::newRow("prediction alone") << QStringLiteral("--prediction yhat");
        QTest::newRow("as what") << QStringLiteral("--truth y --prediction yhat --truth-as dates");
        QTest::newRow("schema and flag") << QStringLiteral("--schema %1 --unicode-ranges");
        QTest::newRow("wrong schema") << QStringLiteral("--schema %1");
    }
    void wrongUse()
    {
        QFETCH(QString, options);
        const QString wrong = file(QStringLiteral("wrong.json"), R"({"column": {}})");
        if (options.contains(QLatin1String("%1")))
            options = options.arg(wrong);
        const QString out = file(QStringLiteral("never.bin"));
        const Output done =
            run(QStringLiteral("profile %1 -o %2 %3").arg(goldenInput(), out, options));
        QCOMPARE(done.status, 2);
        QVERIFY(!QFile::exists(out));
    }
};

QTEST_GUILESS_MAIN(TestProfileCommands)
#include "tst_profile_commands.moc"
