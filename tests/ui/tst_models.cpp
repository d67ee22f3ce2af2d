#include "ui/charts/chart_source.h"
#include "ui/models/chart_table_model.h"
#include "ui/models/columns_model.h"
#include "ui/models/log_model.h"
#include "ui/models/measures_model.h"
#include "ui/models/models_model.h"
#include "ui/models/outbox_model.h"
#include "ui/models/requests_model.h"
#include "ui/widgets/format.h"
#include "ui/widgets/table_helpers.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace tepal;
using namespace tepal::ui;

namespace {

QAbstractItemModelTester *watch(QAbstractItemModel *model)
{
    return new QAbstractItemModelTester(
        model, QAbstractItemModelTester::FailureReportingMode::QtTest, model);
}

RequestRow request(int i, const char *cls, double p)
{
    RequestRow r;
    r.id = QString::number(i);
    r.time = i * 1000;
    r.features = {5.1, 0.1 * i};
    r.predictedClass = QLatin1String(cls);
    r.probability = p;
    r.durationMs = 0.2;
    return r;
}

ModelSchema schema()
{
    ModelSchema s;
    FeatureSpec a;
    a.name = QStringLiteral("sepal length");
    FeatureSpec b;
    b.name = QStringLiteral("petal width");
    s.features = {a, b};
    s.classes = {QStringLiteral("setosa"), QStringLiteral("virginica")};
    return s;
}

ColumnSummary column(const char *name, qint64 rows, double mean)
{
    ColumnSummary c;
    c.name = QLatin1String(name);
    c.rows = rows;
    c.mean = mean;
    c.kind = ColumnKind::Fractional;
    return c;
}

std::vector<LogEntry> entries(std::uint64_t first, int n, const std::string &text = "hello")
{
    std::vector<LogEntry> out;
    for (int i = 0; i < n; ++i)
        out.push_back({first + static_cast<std::uint64_t>(i), 1000 * i,
                       i % 3 == 0 ? LogLevel::Warning : LogLevel::Info,
                       i % 2 == 0 ? "logger" : "upload", text});
    return out;
}

} // namespace

class ModelsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void requestsAreNewestFirstAndBounded()
    {
        RequestsModel model;
        watch(&model);
        model.setSchema(schema());
        QCOMPARE(model.columnCount(), 6);
        model.append({request(1, "setosa", 1), request(2, "virginica", 0.6)});
        QCOMPARE(model.row(0).id, QStringLiteral("2"));
        QList<RequestRow> many;
        for (int i = 3; i < 3 + RequestsModel::kKept + 50; ++i)
            many.append(request(i, "setosa", 1));
        model.append(many);
        QCOMPARE(model.rowCount(), RequestsModel::kKept);
        QCOMPARE(model.row(0).id, QString::number(2 + RequestsModel::kKept + 50));
    }

    void aFailedRequestSaysSo()
    {
        RequestsModel model;
        model.setSchema(schema());
        RequestRow bad = request(1, "", kMissing);
        bad.status = 400;
        model.append({bad});
        QCOMPARE(model.index(0, model.classColumn()).data().toString(),
                 QStringLiteral("error 400"));
        QCOMPARE(model.index(0, model.probabilityColumn()).data().toString(), format::missing());
    }

    void columnsShareTheirDecimals()
    {
        RequestsModel model;
        model.setSchema(schema());
        RequestRow fine = request(1, "setosa", 1);
        fine.features = {5.125, 1};
        model.append({request(2, "setosa", 1), fine});
        QCOMPARE(model.index(1, 1).data().toString(), QStringLiteral("5.100"));
        QCOMPARE(model.index(0, 2).data().toString(), QStringLiteral("1.0"));
    }

    void latenciesFollowTheUnitOfTheCharts()
    {
        RequestsModel model;
        watch(&model);
        model.setSchema(schema());
        model.append({request(1, "setosa", 1)}); // 0.2 ms
        const int last = model.durationColumn();
        const auto head = [&] { return model.headerData(last, Qt::Horizontal).toString(); };
        QCOMPARE(head(), QStringLiteral("ms"));
        QCOMPARE(model.index(0, last).data().toString(), QStringLiteral("0.200"));
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.setLatencyUnit(format::LatencyUnit::Microseconds);
        QCOMPARE(head(), QStringLiteral("µs"));
        QCOMPARE(model.index(0, last).data().toString(), QStringLiteral("200"));
        QCOMPARE(changed.size(), 1);
        QCOMPARE(model.index(0, last).data(SortRole).toDouble(), 0.2); // sorted by the same number
        // What the head says can be typed, with either µ and with u.
        QString error;
        for (const char *text : {"µs > 150", "\u03bcs > 150", "us > 150", "ms > 0.15"}) {
            const RequestFilter filter =
                RequestFilter::parse(QString::fromUtf8(text), {QStringLiteral("width")}, &error);
            QVERIFY2(error.isEmpty(), qPrintable(error));
            QVERIFY2(filter.matches(request(1, "x", 1)), text);
        }
        QVERIFY(!RequestFilter::parse(QStringLiteral("us > 250"), {}, &error)
                     .matches(request(1, "x", 1)));
        // A feature of that name is that feature.
        QVERIFY(RequestFilter::parse(QStringLiteral("us < 6"), {QStringLiteral("us")}, &error)
                    .matches(request(1, "x", 1)));
    }

    void filterUnderstandsTheExample()
    {
        const QStringList names{QStringLiteral("sepal length"), QStringLiteral("petal width")};
        QString error;
        const RequestFilter filter =
            RequestFilter::parse(QStringLiteral("class = virginica and p < 0.8"), names, &error);
        QVERIFY2(error.isEmpty(), qPrintable(error));
        QVERIFY(filter.matches(request(1, "virginica", 0.6)));
        QVERIFY(!filter.matches(request(1, "virginica", 0.8)));
        QVERIFY(!filter.matches(request(1, "setosa", 0.6)));
        QVERIFY(RequestFilter::parse(QStringLiteral("petal width >= 0.5"), names, &error)
                    .matches(request(5, "setosa", 1)));
        QVERIFY(!RequestFilter::parse(QStringLiteral("p != 1"), names, &error)
                     .matches(request(5, "setosa", 1)));
        QVERIFY(RequestFilter::parse(QStringLiteral("virg"), names, &error)
                    .matches(request(5, "virginica", 1)));
        QVERIFY(RequestFilter::parse(QString(), names, &error).matches(request(1, "x", 1)));
        RequestFilter::parse(QStringLiteral("colour = red"), names, &error);
        QVERIFY(error.contains(QStringLiteral("colour")));
        RequestFilter::parse(QStringLiteral("p < many"), names, &error);
        QVERIFY(error.contains(QStringLiteral("many")));
    }

    void filterWorksInTheView()
    {
        RequestsModel model;
        RequestsProxy proxy;
        proxy.setSourceModel(&model);
        watch(&proxy);
        model.setSchema(schema());
        model.append({request(1, "setosa", 1), request(2, "virginica", 0.6)});
        QString error;
        proxy.setFilter(RequestFilter::parse(QStringLiteral("class: virg"), {}, &error));
        QCOMPARE(proxy.rowCount(), 1);
        model.append({request(3, "virginica", 1)});
        QCOMPARE(proxy.rowCount(), 2);
    }

    void refreshKeepsRowsThatStay()
    {
        ColumnsModel model;
        watch(&model);
        model.setRows({column("a", 10, 1), column("b", 10, 2), column("c", 10, 3)});
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        QSignalSpy removed(&model, &QAbstractItemModel::rowsRemoved);
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
        // Only b changed: one row is announced, nothing is rebuilt.
        model.setRows({column("a", 10, 1), column("b", 20, 2), column("c", 10, 3)});
        QCOMPARE(changed.size(), 1);
        QCOMPARE(changed.first().first().toModelIndex().row(), 1);
        model.setRows({column("a", 10, 1), column("d", 5, 4), column("c", 10, 3)});
        QCOMPARE(removed.size(), 1);
        QCOMPARE(inserted.size(), 1);
        QCOMPARE(reset.size(), 0);
        QCOMPARE(model.row(1).name, QStringLiteral("d"));
        // A new order is honoured.
        model.setRows({column("c", 10, 3), column("a", 10, 1)});
        QCOMPARE(model.row(0).name, QStringLiteral("c"));
        model.setRows({});
        QCOMPARE(model.rowCount(), 0);
    }

    void missingValuesSortLast()
    {
        ColumnsModel model;
        model.setRows({column("a", 1, kMissing), column("b", 1, 2), column("c", 1, 1)});
        SortProxy proxy;
        proxy.setSourceModel(&model);
        watch(&proxy);
        proxy.sort(ColumnsModel::Typical, Qt::AscendingOrder);
        QCOMPARE(proxy.index(0, 0).data().toString(), QStringLiteral("c"));
        QCOMPARE(proxy.index(2, 0).data().toString(), QStringLiteral("a"));
        proxy.sort(ColumnsModel::Typical, Qt::DescendingOrder);
        QCOMPARE(proxy.index(0, 0).data().toString(), QStringLiteral("b"));
        QCOMPARE(proxy.index(2, 0).data().toString(), QStringLiteral("a"));
    }

    void namesFromDataAreEscapedInToolTips()
    {
        ColumnsModel model;
        model.setRows({column("<img src=x>", 1, 1)});
        QCOMPARE(model.index(0, 0).data(Qt::ToolTipRole).toString(),
                 QStringLiteral("&lt;img src=x&gt;"));
    }

    void outboxTellsTheNextTry()
    {
        OutboxModel model;
        watch(&model);
        OutboxItem item;
        item.id = 7;
        item.phase = OutboxPhase::Retrying;
        item.attempts = 3;
        item.nextTry = 140'000;
        item.problem = {ErrorCode::Unavailable, QStringLiteral("no answer"),
                        QStringLiteral("wait")};
        model.setNow(100'000);
        model.setRows({item});
        QCOMPARE(model.index(0, OutboxModel::Message).data().toString(),
                 QStringLiteral("no answer, next try in 40\u00a0s"));
        item.phase = OutboxPhase::Failed;
        model.setRows({item});
        QCOMPARE(model.index(0, OutboxModel::Message).data().toString(),
                 QStringLiteral("no answer. wait"));
    }

    void modelsAndMeasures()
    {
        ModelsModel models;
        watch(&models);
        ModelInfo m;
        m.tag = QStringLiteral("a:b");
        m.serving = true;
        models.setRows({m});
        QCOMPARE(models.index(0, ModelsModel::State).data().toString(), QStringLiteral("Serving"));
        QCOMPARE(models.index(0, ModelsModel::Accuracy).data().toString(), format::missing());

        MeasuresModel measures;
        watch(&measures);
        MeasureResult ks;
        ks.key = QStringLiteral("ks");
        ks.label = QStringLiteral("KS");
        ks.value = 0.31;
        ks.p = 1e-9;
        ks.exact = true;
        MeasureResult none;
        none.key = QStringLiteral("psi");
        none.label = QStringLiteral("PSI");
        none.note = QStringLiteral("needs two bins");
        measures.setRows({ks, none});
        measures.setDeciders(QString(), QStringLiteral("ks"));
        QCOMPARE(measures.index(0, MeasuresModel::Name).data().toString(),
                 QStringLiteral("KS · evidence"));
        QCOMPARE(measures.index(0, MeasuresModel::Band).data().toString(), QStringLiteral("exact"));
        QCOMPARE(measures.index(0, MeasuresModel::P).data().toString(), QStringLiteral("< 0.001"));
        QCOMPARE(measures.index(1, MeasuresModel::Value).data().toString(), format::missing());
        QCOMPARE(measures.index(1, MeasuresModel::Method).data().toString(),
                 QStringLiteral("needs two bins"));
    }

    void logIsBoundedAndCountsWhatItDropped()
    {
        LogModel model(nullptr, 100);
        watch(&model);
        model.append(entries(1, 60));
        QCOMPARE(model.rowCount(), 60);
        model.append(entries(61, 60));
        QCOMPARE(model.rowCount(), 100);
        QCOMPARE(model.dropped(), 20);
        // The ring ran over us: five numbers are missing.
        model.append(entries(126, 1));
        QCOMPARE(model.dropped(), 26);
        QCOMPARE(model.sources(),
                 (QStringList{QStringLiteral("logger"), QStringLiteral("upload")}));
        LogModel small(nullptr, 1000, 50'000);
        watch(&small);
        small.append(entries(1, 200, std::string(1000, 'x')));
        QVERIFY(small.rowCount() < 60);
        QCOMPARE(small.rowCount() + small.dropped(), 200);
    }

    void logFilters()
    {
        LogModel model;
        LogProxy proxy;
        proxy.setSourceModel(&model);
        watch(&proxy);
        model.append(entries(1, 30));
        proxy.setLevel(LogLevel::Warning);
        QCOMPARE(proxy.rowCount(), 10);
        proxy.setSource(QStringLiteral("logger"));
        QCOMPARE(proxy.rowCount(), 5);
        proxy.setPattern(QRegularExpression(QStringLiteral("^bye")));
        QCOMPARE(proxy.rowCount(), 0);
        proxy.setPattern(QRegularExpression(QStringLiteral("h.l+o")));
        QCOMPARE(proxy.rowCount(), 5);
    }

    void aLongLineIsCut()
    {
        LogModel model;
        model.append(entries(1, 1, std::string(10'000, 'a')));
        QVERIFY(model.index(0, LogModel::Text).data().toString().size() <= 4097);
    }

    void csvIsQuotedAndLocaleFree()
    {
        ChartTable table{{QStringLiteral("name, unit"), QStringLiteral("value")},
                         {{QStringLiteral("say \"x\""), -1.5}, {QStringLiteral("b"), kMissing}}};
        QCOMPARE(table.toCsv(), QStringLiteral("\"name, unit\",value\r\n\"say \"\"x\"\"\",-1.5\r\n"
                                               "b,\r\n"));
        ChartTableModel model;
        watch(&model);
        model.setTable(table);
        QCOMPARE(model.index(1, 1).data().toString(), format::missing());
    }
};

QTEST_MAIN(ModelsTest)
#include "tst_models.moc"
