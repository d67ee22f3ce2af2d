// Models on the command line: trained, imported, shown, asked about whole tables, and served.

#include "test_support.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace tepal::test;

class TestModelCommands : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;

    struct Output
    {
        int status = -1;
        QByteArray out;
        QByteArray err;
    };
    Output run(const QStringList &arguments, const QByteArray &input = {}) const
    {
        QProcess process;
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("TEPAL_HOME"), m_dir->filePath(QStringLiteral("home")));
        process.setProcessEnvironment(environment);
        process.start(qs((binDir() / "tepal").string()), arguments);
        process.write(input);
        process.closeWriteChannel();
        process.waitForFinished(60'000);
        return {process.exitCode(), process.readAllStandardOutput(),
                process.readAllStandardError()};
    }
    Output run(const QString &arguments, const QByteArray &input = {}) const
    {
        return run(arguments.split(QLatin1Char(' '), Qt::SkipEmptyParts), input);
    }
    QString file(const QString &name, const QByteArray &text) const
    {
        const QString path = m_dir->filePath(name);
        QFile out(path);
        if (!out.open(QIODevice::WriteOnly) || out.write(text) != text.size())
            qFatal("cannot write");
        return path;
    }
    static QString goldenFile(const char *path) { return qs(golden(path).string()); }
    static QByteArray read(const QString &path)
    {
        return QByteArray::fromStdString(readAll(path.toStdString()));
    }

private Q_SLOTS:
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }

    void onnxRuntimeIsToldOf()
    {
        // Found or not depends on the machine; one that is named and absent is said to be.
        qputenv("TEPAL_ONNXRUNTIME", "/absent/runtime");
        const Output named = run(QStringLiteral("models runtime"));
        const Output kinds = run(QStringLiteral("models kinds"));
        const Output imported =
            run(QStringLiteral("models import %1")
                    .arg(file(QStringLiteral("m.onnx"), QByteArray("\x08\x07\x3a\x00", 4))));
        qunsetenv("TEPAL_ONNXRUNTIME");
        QCOMPARE(named.status, 1);
        QVERIFY(named.out.contains("TEPAL_ONNXRUNTIME names /absent/runtime, which is not there"));
        QVERIFY(kinds.status == 0 && kinds.out.contains("no: TEPAL_ONNXRUNTIME names"));
        QCOMPARE(imported.status, 1);
        QVERIFY2(imported.err.contains("is a model of kind ONNX, which cannot be loaded here"),
                 imported.err.constData());
        QVERIFY(run(QStringLiteral("models --help")).out.contains("runtime"));
        QVERIFY(!run(QStringLiteral("models --help")).out.contains("try-onnx"));
    }

    void trainedShownAndAsked()
    {
        const Output trained = run(QStringLiteral("train csv %1 --label sold --one-hot --name shop")
                                       .arg(goldenFile("knn/goods.csv")));
        QVERIFY2(trained.status == 0, trained.err.constData());
        QVERIFY(trained.out.startsWith("Model saved: Model(tag=\"shop:"));
        QVERIFY(trained.out.contains("Features: colour, price, size\n"));
        QVERIFY(trained.out.contains("leave-one-out: "));
        QVERIFY(trained.out.contains("reference \"training\" of model-1\n"));
        QVERIFY(trained.err.contains("sold is text with 2 different values: classification"));
        const auto references =
            QJsonDocument::fromJson(run(QStringLiteral("reference list --json")).out).array();
        QCOMPARE(references.size(), 1);

        const auto shown =
            QJsonDocument::fromJson(run(QStringLiteral("models show shop --json")).out).object();
        QCOMPARE(shown[QLatin1String("task")].toString(), QStringLiteral("classification"));
        QCOMPARE(shown[QLatin1String("features")].toArray().size(), 3);
        QVERIFY(shown[QLatin1String("request")].toString().contains(QLatin1String("curl ")));
        QVERIFY(run(QStringLiteral("models list")).out.contains("knn   classification"));

        // By names, whatever the order; what is not a feature goes along; nothing is renumbered.
        const QString in =
            file(QStringLiteral("in.csv"),
                 "size,id,price,colour\nL,007,\"0.50\",\"blue, dark\"\nS,008,2,red\n");
        const QString to = m_dir->filePath(QStringLiteral("out.csv"));
        const Output asked =
            run({QStringLiteral("predict"), QStringLiteral("shop"), in, QStringLiteral("-o"), to});
        QVERIFY2(asked.status == 0, asked.err.constData());
        const QByteArray out = read(to);
        QVERIFY2(out.startsWith("size,id,price,colour,class_output,proba_output\n"
                                "L,007,0.50,\"blue, dark\",no,"),
                 out.constData());
        QVERIFY2(out.contains("\nS,008,2,red,yes,"), out.constData());
        QVERIFY(asked.err.contains("Predicted 2 rows into"));
        const Output lines = run(QStringLiteral("predict shop - --format jsonl"),
                                 "{\"size\":\"S\",\"price\":2,\"colour\":\"red\",\"id\":7}\n");
        QVERIFY2(lines.out.startsWith("{\"size\":\"S\",\"price\":2,\"colour\":\"red\",\"id\":7,"
                                      "\"class_output\":\"yes\",\"proba_output\":"),
                 lines.out.constData());
    }

    void explained()
    {
        QVERIFY(run(QStringLiteral("train csv %1 --label sold --one-hot --name shop")
                        .arg(goldenFile("knn/goods.csv")))
                    .status == 0);
        const QByteArray table = "size,id,price,colour\nS,7,2,red\nL,8,0.5,red\n";
        const auto lines = [&](const QString &more) {
            const Output asked = run(QStringLiteral("predict shop - --explain ") + more, table);
            if (asked.status != 0)
                qWarning("%s", asked.err.constData());
            QList<QJsonObject> found;
            for (const QByteArray &line : asked.out.split('\n')) {
                if (!line.isEmpty())
                    found << QJsonDocument::fromJson(line).object();
            }
            return found;
        };
        const auto own = lines({});
        QCOMPARE(own.size(), 2);
        QCOMPARE(own[0][QLatin1String("answer")].toString(), QStringLiteral("yes"));
        QCOMPARE(own[0][QLatin1String("effects")].toArray().size(), 3);
        QVERIFY(own[0][QLatin1String("neighbours")].toArray().size() > 0);
        QVERIFY(own[0][QLatin1String("replaced_from")].toString().contains(
            QLatin1String("rows that the model learned from")));
        // The reference of the same rows says the same, under its own name.
        const auto reference = lines(QStringLiteral("--dataset model-1"));
        QCOMPARE(reference.size(), 2);
        QCOMPARE(reference[0][QLatin1String("replaced_from")].toString(),
                 QStringLiteral("reference \"training\" of dataset \"model-1\""));
        QCOMPARE(reference[0][QLatin1String("effects")], own[0][QLatin1String("effects")]);
        QCOMPARE(reference[1][QLatin1String("effects")], own[1][QLatin1String("effects")]);
        const Output none = run(QStringLiteral("predict shop - --explain --dataset other"), table);
        QCOMPARE(none.status, 1);
        QVERIFY2(none.err.contains("dataset \"other\" has no reference"), none.err.constData());
        QCOMPARE(run(QStringLiteral("predict shop - --dataset model-1"), table).status, 2);
    }

    void tablesThatCannotBeAsked()
    {
        QVERIFY(run(QStringLiteral("train csv %1 --label sold --one-hot --name shop")
                        .arg(goldenFile("knn/goods.csv")))
                    .status == 0);
        const QString to = m_dir->filePath(QStringLiteral("out.csv"));
        const auto refused = [&](const QByteArray &table, const QByteArray &why) {
            const Output asked =
                run({QStringLiteral("predict"), QStringLiteral("shop"),
                     file(QStringLiteral("in.csv"), table), QStringLiteral("-o"), to});
            const bool said = asked.status == 1 && asked.err.contains(why);
            if (!said)
                qWarning("%d %s", asked.status, asked.err.constData());
            return said && !QFile::exists(to);
        };
        QVERIFY(refused("size,prize,color\nL,1,red\n",
                        "the table lacks 2 of the model's columns: colour, price; it has size, "
                        "prize, color"));
        QVERIFY(refused("size,price,colour\nL,1,red\nL,,red\n",
                        "row 2: the value of price is missing"));
        QVERIFY(refused("size,price,colour\nL,1,red\nL,2,pink\n",
                        "row 2: the value of colour is \"pink\", which the model does not know"));
        QVERIFY(refused("size,price,colour\nL,1,red\nL,x,red\n",
                        "row 2: the value of price is the text \"x\""));
        QVERIFY(refused("size,price,colour,class_output\nL,1,red,yes\n",
                        "the table has a column \"class_output\" already"));
        const Output nobody = run(QStringLiteral("predict nobody -"), "a\n1\n");
        QCOMPARE(nobody.status, 1);
        QVERIFY(nobody.err.contains("there is no model nobody"));
    }

    void trainingThatCannotBe()
    {
        const Output texts =
            run(QStringLiteral("train csv %1 --label sold").arg(goldenFile("knn/goods.csv")));
        QCOMPARE(texts.status, 1);
        QVERIFY(texts.err.contains("2 of the columns are not all numbers: colour, size"));
        QVERIFY(texts.err.contains("--drop \"colour,size\""));
        QVERIFY(run(QStringLiteral("models list")).out.startsWith("No models."));
        const QString gaps = file(QStringLiteral("gaps.csv"), "a,b,y\n1,,u\n2,3,v\n4,5,\n6,7,u\n"
                                                              "8,9,v\n");
        QVERIFY(run({QStringLiteral("train"), QStringLiteral("csv"), gaps,
                     QStringLiteral("--label"), QStringLiteral("y")})
                    .err.contains("2 of 5 rows lack a value: b in 1 (first in row 1), y in 1"));
        const Output dropped =
            run({QStringLiteral("train"), QStringLiteral("csv"), gaps, QStringLiteral("--label"),
                 QStringLiteral("y"), QStringLiteral("--drop-missing"), QStringLiteral("--k"),
                 QStringLiteral("1")});
        QCOMPARE(dropped.status, 0);
        QVERIFY(dropped.err.contains("left out 2 rows that lack a value"));
        const Output many =
            run({QStringLiteral("train"), QStringLiteral("csv"), gaps, QStringLiteral("--label"),
                 QStringLiteral("y"), QStringLiteral("--drop-missing")});
        QVERIFY(many.err.contains("k is 5, but the training data has 3 rows"));
    }

    void importedAndServed()
    {
        const Output imported =
            run(QStringLiteral("models import %1 --name rent --features size,rooms,km,built")
                    .arg(goldenFile("trees/xgboost_made_gamma/model.ubj")));
        QVERIFY2(imported.status == 0, imported.err.constData());
        QVERIFY(imported.out.startsWith("Imported rent:"));
        QVERIFY(imported.out.contains("Read as: XGBoost (trees), regression with 4 features"));
        QVERIFY(imported.err.isEmpty());
        QVERIFY(run(QStringLiteral("models kinds")).out.contains("lightgbm"));
        const Output asked =
            run(QStringLiteral("predict rent -"), "built,km,rooms,size\n1,-0.25,3,0.5\n,,,\n");
        QVERIFY2(asked.status == 0, asked.err.constData());
        const QByteArray value = asked.out.split('\n')[1].split(',').last();

        QProcess server;
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("TEPAL_HOME"), m_dir->filePath(QStringLiteral("home")));
        server.setProcessEnvironment(environment);
        server.setProcessChannelMode(QProcess::MergedChannels);
        server.start(qs((binDir() / "tepal").string()),
                     {QStringLiteral("serve"), QStringLiteral("--port"), QStringLiteral("0"),
                      QStringLiteral("--model"), QStringLiteral("rent")});
        QString url;
        const auto status = [this] {
            return QJsonDocument::fromJson(run(QStringLiteral("status --json")).out).object();
        };
        QTRY_VERIFY_WITH_TIMEOUT(!(url = status()[QLatin1String("endpoint")].toString()).isEmpty(),
                                 20'000);
        QNetworkAccessManager network;
        QNetworkRequest request(QUrl(url + QStringLiteral("/v1/models/iris/predict")));
        request.setHeader(QNetworkRequest::ContentTypeHeader, QStringLiteral("application/json"));
        QNetworkReply *const reply =
            network.post(request, R"({"size": 0.5, "rooms": 3, "km": -0.25, "built": 1})");
        QTRY_VERIFY_WITH_TIMEOUT(reply->isFinished(), 20'000);
        QCOMPARE(reply->readAll(), value);
        reply->deleteLater();
        server.terminate();
        QVERIFY(server.waitForFinished(30'000));
        const auto windows = run(QStringLiteral("windows --dataset model-1 --json")).out;
        QVERIFY2(windows.contains("\"rows\": 1"), windows.constData());
    }

    void howRightAModelIs()
    {
        const QString goods = goldenFile("knn/goods.csv");
        const auto train = [&](const char *k) {
            const Output trained =
                run(QStringLiteral("train csv %1 --label sold --one-hot --name shop --k %2")
                        .arg(goods, QLatin1String(k)));
            QVERIFY2(trained.status == 0, trained.err.constData());
        };
        train("5");
        const Output own = run(QStringLiteral("models evaluate shop"));
        QVERIFY2(own.status == 0, own.err.constData());
        QVERIFY(own.out.contains(" by leave-one-out: "));
        QVERIFY2(own.out.contains("TRUE CLASS, ANSWERED AS"), own.out.constData());

        const QString table = file(QStringLiteral("held.csv"),
                                   "size,price,colour,sold\nL,0.5,red,no\nS,2,red,yes\n"
                                   "S,2,red,\nS,,red,yes\nS,2,plaid,yes\nS,2,red,maybe\n");
        const Output told =
            run(QStringLiteral("models evaluate shop %1 --label sold --json").arg(table));
        QVERIFY2(told.status == 0, told.err.constData());
        const QJsonObject json = QJsonDocument::fromJson(told.out).object();
        const QJsonObject rows = json[QLatin1String("rows")].toObject();
        QCOMPARE(rows[QLatin1String("answered")].toInt(), 3);
        QCOMPARE(rows[QLatin1String("no_label")].toInt(), 1);
        QCOMPARE(rows[QLatin1String("no_feature")].toInt(), 1);
        QCOMPARE(rows[QLatin1String("refused")].toInt(), 1);
        QVERIFY(rows[QLatin1String("why_refused")].toString().startsWith(QLatin1String("row 5: ")));
        QCOMPARE(json[QLatin1String("confusion")].toArray().size(), 3); // "maybe" is a class too
        QCOMPARE(json[QLatin1String("accuracy")][QLatin1String("rows")].toInt(), 3);
        const Output words = run(QStringLiteral("models evaluate shop %1 --label sold").arg(table));
        QVERIFY(words.out.contains("maybe (unknown to the model)"));
        QVERIFY2(words.err.contains("left out 1 row without a label, 1 row with a value missing"),
                 words.err.constData());

        train("1");
        const QJsonArray list =
            QJsonDocument::fromJson(run(QStringLiteral("models list --json")).out).array();
        const QString older = list[1][QLatin1String("tag")].toString();
        const Output both =
            run(QStringLiteral("models compare shop %1 %2 --label sold --json").arg(older, goods));
        QVERIFY2(both.status == 0, both.err.constData());
        const QJsonObject sides = QJsonDocument::fromJson(both.out).object();
        const QJsonObject agreement = sides[QLatin1String("agreement")].toObject();
        QCOMPARE(sides[QLatin1String("a")][QLatin1String("rows")][QLatin1String("answered")],
                 agreement[QLatin1String("rows")]);
        QVERIFY(agreement[QLatin1String("p")].toDouble() <= 1);

        // Wrong usage is told apart from rows that are wrong.
        QCOMPARE(run(QStringLiteral("models evaluate shop %1").arg(table)).status, 2);
        const Output column =
            run(QStringLiteral("models evaluate shop %1 --label nosuch").arg(table));
        QCOMPARE(column.status, 1);
        QVERIFY2(column.err.contains("the table has size, price, colour, sold"),
                 column.err.constData());
        QVERIFY(run(QStringLiteral("models import %1 --name rent")
                        .arg(goldenFile("trees/xgboost_made_gamma/model.ubj")))
                    .status == 0);
        const Output kept = run(QStringLiteral("models evaluate rent"));
        QCOMPARE(kept.status, 1);
        QVERIFY(kept.err.contains("does not keep the rows"));
    }
};

QTEST_GUILESS_MAIN(TestModelCommands)
#include "tst_model_commands.moc"
