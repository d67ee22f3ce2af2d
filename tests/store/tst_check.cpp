// Faults that a check must find, and which of them it remakes.

#include "store_test.h"
#include "test_support.h"

#include <tepal/store/store_check.h>
#include <tepal/store/window_writer.h>
#include <tepal/store/windows.h>

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <limits>

using namespace tepal;
using namespace tepal::test;

class TestCheck : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<Store> m_store;

    std::filesystem::path path() const { return (m_dir->path() + "/tepal.db").toStdString(); }

    void tamper(const char *sql) { test::tamper(path(), sql); }

private Q_SLOTS:
    /// Two windows, one of them in two closed chunks and with enough values to be compacted.
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_store = Store::open(path()).value();
        for (int part = 0; part < 3; ++part) {
            DatasetProfile profile;
            for (int i = 0; i < 20'000; ++i) {
                profile.track("x", Value::fractional((i * 7919) % 10'007 + part));
                profile.track("class", Value::string(i % 3 == 0 ? "a" : "b"));
            }
            ChunkCommit chunk;
            chunk.dataset = "model-1";
            chunk.start = part == 2 ? kHourMs : 0;
            chunk.end = chunk.start + kHourMs;
            chunk.profile = &profile;
            chunk.rows = profile.rows();
            chunk.close = true;
            DatasetProfile whole = profile;
            if (auto before = Windows(*m_store)
                                  .closedProfile("model-1", {}, Granularity::Hour, chunk.start)
                                  .value())
                whole.merge(*before);
            for (const auto &[name, column] : whole.columns)
                chunk.summaries.push_back(summarize(name, column));
            CommitBatch batch;
            batch.chunks.push_back(std::move(chunk));
            QVERIFY(WindowWriter(*m_store).commit(batch));
        }
    }
    void cleanup() { m_store.reset(); }

    void cleanStore()
    {
        const auto report = StoreCheck(*m_store).run(false);
        QVERIFY(report);
        QVERIFY2(report->findings.empty(),
                 report->findings.empty() ? "" : report->findings[0].what.c_str());
        QCOMPARE(report->windows, 2);
        QCOMPARE(report->chunks, 3);
        QCOMPARE(report->profiles, 6);
        QCOMPARE(report->summaries, 4);
        QCOMPARE(report->rows, 60'000);
    }
    void faults_data()
    {
        QTest::addColumn<QByteArray>("sql");
        QTest::addColumn<QByteArray>("says");
        QTest::addColumn<bool>("canRepair");
        const auto row = [](const char *sql, const char *says, bool canRepair) {
            QTest::newRow(sql) << QByteArray(sql) << QByteArray(says) << canRepair;
        };
        row("UPDATE summary SET n = n + 1 WHERE start = 0 AND kind = 3", "n is 40001", true);
        row("UPDATE summary SET max = max + 1 WHERE kind = 3", "maximum", true);
        row("UPDATE summary SET mean = mean * 1.001 WHERE kind = 3", "mean", true);
        row("UPDATE summary SET median = median * 1.1 WHERE kind = 3", "quantile", true);
        row("UPDATE summary SET distinct_est = 9e9 WHERE kind = 3", "distinct", true);
        row("UPDATE summary SET top_count = top_count + 5 WHERE kind = 4", "frequent", true);
        row("DELETE FROM summary WHERE start = 0", "missing", true);
        row("INSERT INTO summary SELECT column_id, 3, start, segment, end, kind, n, nulls, mean,"
            " stddev, min, q05, q25, median, q75, q95, max, distinct_est, distinct_lower,"
            " distinct_upper, top_value, top_count FROM summary",
            "no window", true);
        row("DELETE FROM outbox WHERE id = 2", "outbox", true);
        row("UPDATE chunk_column SET profile = x'00' WHERE chunk_id = 1 AND column_id = 1",
            "damaged", false);
        row("UPDATE chunk_column SET profile = substr(profile, 1, length(profile) - 9)", "damaged",
            false);
        row("UPDATE chunk SET rows = 7 WHERE id = 1", "counts 7 rows", false);
        row("DELETE FROM chunk_column WHERE chunk_id = 3", "no profile", false);
    }
    void faults()
    {
        QFETCH(QByteArray, sql);
        QFETCH(QByteArray, says);
        QFETCH(bool, canRepair);
        tamper(sql.constData());
        const auto found = StoreCheck(*m_store).run(false);
        QVERIFY(found);
        QVERIFY(!found->findings.empty());
        QVERIFY2(found->findings[0].what.find(says.toStdString()) != std::string::npos,
                 found->findings[0].what.c_str());
        QVERIFY(!found->findings[0].where.empty());
        QVERIFY(found->unrepaired() > 0);
        // Looking changed nothing.
        QCOMPARE(StoreCheck(*m_store).run(false)->findings.size(), found->findings.size());
        const auto repaired = StoreCheck(*m_store).run(true);
        QVERIFY(repaired);
        QCOMPARE(repaired->unrepaired() == 0, canRepair);
        QCOMPARE(StoreCheck(*m_store).run(false)->findings.empty(), canRepair);
    }
    /// Nothing that ordinary input can bring is a fault: windows filled piece by piece, rolled up,
    /// with values whose squares overflow or that are infinite.
    void extremesAreNoFaults_data()
    {
        using Values = std::vector<double>;
        constexpr double inf = std::numeric_limits<double>::infinity();
        constexpr double most = std::numeric_limits<double>::max();
        QTest::addColumn<std::vector<double>>("values");
        QTest::newRow("1e200") << Values{1e200, 3e200};
        QTest::newRow("1e153") << Values{1e153, -1e154, 3e153};
        QTest::newRow("1e308") << Values{1e308, 1.5e308, 1};
        QTest::newRow("opposite") << Values{1e308, -1e308};
        QTest::newRow("largest") << Values{most, -most, most};
        QTest::newRow("infinite") << Values{1, inf, 2};
        QTest::newRow("minus infinite") << Values{-inf, 5};
        QTest::newRow("both") << Values{1, inf, -inf};
        QTest::newRow("only infinite") << Values{inf};
        QTest::newRow("mostly infinite") << Values{inf, inf, inf, inf, inf, inf, inf, 1};
        QTest::newRow("infinite and huge") << Values{1e308, inf, 1e308};
        QTest::newRow("not a number") << Values{std::nan(""), 1};
        QTest::newRow("nothing else") << Values{std::nan("")};
        QTest::newRow("denormal") << Values{5e-324, -5e-324, 1e-310};
        QTest::newRow("integers") << Values{9.2e18, -9.2e18};
    }
    void extremesAreNoFaults()
    {
        QFETCH(std::vector<double>, values);
        const std::filesystem::path file = (m_dir->path() + "/extreme.db").toStdString();
        auto store = Store::open(file).value();
        for (int part = 0; part < 6; ++part) {
            DatasetProfile profile;
            auto &column = profile.columns
                               .emplace("x", ColumnProfile::forFirstValue(ValueKind::Fractional,
                                                                          Semantics::Table))
                               .first->second;
            std::vector<double> some(values);
            for (int i = 0; i < part * 300; ++i)
                some.push_back(part == 4 ? i : values[static_cast<std::size_t>(i) % values.size()]);
            column.trackFractionals(some);
            ChunkCommit chunk;
            chunk.dataset = "extreme";
            chunk.start = (part % 2) * kHourMs;
            chunk.end = chunk.start + kHourMs;
            chunk.profile = &profile;
            chunk.rows = profile.rows();
            chunk.close = true;
            DatasetProfile whole = profile;
            if (auto before = Windows(*store)
                                  .closedProfile("extreme", {}, Granularity::Hour, chunk.start)
                                  .value())
                whole.merge(*before);
            for (const auto &[name, tracked] : whole.columns)
                chunk.summaries.push_back(summarize(name, tracked));
            CommitBatch batch;
            batch.chunks.push_back(std::move(chunk));
            QVERIFY(WindowWriter(*store).commit(batch));
        }
        const auto clean = [&] {
            const auto report = StoreCheck(*store).run(false);
            if (!report || report->findings.empty())
                return report.has_value();
            qWarning("%s", report->findings[0].what.c_str());
            return false;
        };
        QVERIFY(clean());
        QVERIFY(WindowWriter(*store).rollUp(400 * kDayMs, 100).value() > 0);
        QVERIFY(clean());
        QVERIFY(WindowWriter(*store).compact(400 * kDayMs, 100));
        QVERIFY(clean());
        // It still finds what is wrong.
        test::tamper(file, "UPDATE summary SET mean = 7, stddev = 3");
        QVERIFY(!StoreCheck(*store).run(false)->findings.empty());
    }
    void indexesAreRemade()
    {
        // The index says something else than the table: written behind SQLite's back.
        tamper("PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql ="
               " 'CREATE INDEX chunk_by_window ON chunk(rows)' WHERE name = 'chunk_by_window'");
        m_store.reset();
        m_store = Store::open(path()).value();
        QVERIFY(!StoreCheck(*m_store).run(false)->findings.empty());
        QCOMPARE(StoreCheck(*m_store).run(true)->unrepaired(), 0);
        QVERIFY(StoreCheck(*m_store).run(false)->findings.empty());
    }
};

QTEST_APPLESS_MAIN(TestCheck)
#include "tst_check.moc"
