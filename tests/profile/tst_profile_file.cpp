// The file format beyond the golden files: merging, segments, damage, and an independent decoder.

#include "test_support.h"

#include <tepal/base/random.h>
#include <tepal/base/wire.h>
#include <tepal/profile/file.h>

#include <QProcess>
#include <QStandardPaths>
#include <QTest>

#include <algorithm>
#include <cmath>

using namespace tepal;
using namespace tepal::test;

namespace {

DatasetProfile sample(int rows, std::uint64_t seed)
{
    SplitMix64 random(seed);
    DatasetProfile profile;
    profile.datasetTimestamp = 1'767'225'600'000;
    profile.creationTimestamp = 1'767'225'601'234;
    profile.metadata["whylogs.tag.region"] = "eu";
    profile.metadata["name"] = "a test";
    for (int i = 0; i < rows; ++i) {
        profile.track("x", Value::fractional(random.normal()));
        profile.track("count", Value::integral(static_cast<std::int64_t>(random.below(1000))));
        profile.track("class", Value::string(i % 3 == 0 ? "setosa" : "virginica"));
        profile.track("flag", Value::boolean(i % 2 == 0));
        profile.track("gap", i % 4 == 0 ? Value::null() : Value::fractional(i));
    }
    return profile;
}

} // namespace

class TestProfileFile : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void roundTrip()
    {
        const DatasetProfile profile = sample(3000, 1);
        const std::string bytes = serializeProfile(profile);
        const auto read = parseProfile(bytes);
        QVERIFY(read);
        QCOMPARE(read->datasetTimestamp, profile.datasetTimestamp);
        QCOMPARE(read->creationTimestamp, profile.creationTimestamp);
        QCOMPARE(read->metadata, profile.metadata);
        QCOMPARE(read->rows(), 3000);
        QCOMPARE(serializeProfile(*read), bytes);
    }
    void segmentsRoundTrip()
    {
        DatasetProfile profile = sample(10, 2);
        profile.segment = {{"region", "eu"}, {"tier", "1"}};
        const auto read = parseProfile(serializeProfile(profile));
        QVERIFY(read);
        QVERIFY(read->segment == profile.segment);
    }
    void strayTailIsIgnored()
    {
        const std::string bytes = serializeProfile(sample(10, 2));
        QVERIFY(parseProfile(bytes + std::string("\x08\x01\x02\x03")));
    }
    void mergeIsAssociative()
    {
        const DatasetProfile a = sample(400, 1);
        const DatasetProfile b = sample(300, 2);
        const DatasetProfile c = sample(200, 3);
        DatasetProfile left = a;
        left.merge(b);
        left.merge(c);
        DatasetProfile right = b;
        right.merge(c);
        DatasetProfile all = a;
        all.merge(right);
        for (const auto &[name, column] : left.columns) {
            const ColumnProfile &other = all.columns.find(name)->second;
            QVERIFY(column.counts == other.counts && column.types == other.types);
            if (column.ints)
                QVERIFY(*column.ints == *other.ints);
            if (column.distribution && !column.distribution->kll.empty()) {
                QVERIFY(std::abs(column.distribution->mean - other.distribution->mean) < 1e-9);
                QVERIFY(std::abs(column.distribution->m2 - other.distribution->m2) <
                        1e-9 * (1 + column.distribution->m2));
                // 900 values: all held, so the distribution is the same to the last value.
                QCOMPARE(column.distribution->kll.view().values,
                         other.distribution->kll.view().values);
            }
        }
    }
    void unknownMetricsSurvive()
    {
        DatasetProfile profile = sample(10, 1);
        profile.columns["x"].otherComponents["custom/thing"] = std::string("\x10\x05", 2);
        auto read = parseProfile(serializeProfile(profile)).value();
        DatasetProfile merged = sample(10, 2);
        merged.merge(read);
        const auto again = parseProfile(serializeProfile(merged)).value();
        QCOMPARE(again.columns.find("x")->second.otherComponents.at("custom/thing"),
                 std::string("\x10\x05", 2));
    }
    void unknownFieldsSurvive()
    {
        // A later version of the format: fields that we do not know, everywhere.
        DatasetProfile profile = sample(10, 1);
        const std::string later("\xA2\x06\x03new", 6); // field 100, "new"
        profile.unknownHeaderFields = later;
        profile.unknownProperties = later;
        profile.columns["x"].unknownColumnFields = later;
        profile.columns["x"].unknownFields["distribution/kll"] = later;
        profile.columns["x"].unknownFields["counts/n"] = later;
        const std::string bytes = serializeProfile(profile);
        const auto read = parseProfile(bytes).value();
        QCOMPARE(serializeProfile(read), bytes);
        for (const bool left : {true, false}) {
            DatasetProfile merged = left ? read : sample(10, 2);
            merged.merge(left ? sample(10, 2) : read);
            const auto again = parseProfile(serializeProfile(merged)).value();
            QCOMPARE(again.unknownHeaderFields, later);
            QCOMPARE(again.unknownProperties, later);
            QCOMPARE(again.columns.at("x").unknownFields, read.columns.at("x").unknownFields);
            QCOMPARE(again.columns.at("x").unknownColumnFields, later);
            QCOMPARE(again.columns.at("x").counts.n, 20);
        }
        const ColumnProfile &column = read.columns.at("x");
        QCOMPARE(parseColumn(serializeColumn(column))->unknownFields, column.unknownFields);
    }
    void unknownMetricsAreMerged()
    {
        const auto component = [](std::uint64_t type, std::int64_t n) {
            std::string bytes;
            if (type != 0)
                wire::Writer(bytes).uint64(1, type);
            wire::Writer(bytes).int64(2, n);
            return bytes;
        };
        ColumnProfile a;
        ColumnProfile b;
        a.otherComponents = {{"new/sum", component(0, 3)},
                             {"new/min", component(1, 3)},
                             {"new/max", component(2, 3)},
                             {"new/own", component(101, 3)}};
        b.otherComponents = {{"new/sum", component(0, 5)},
                             {"new/min", component(1, 5)},
                             {"new/max", component(2, 5)},
                             {"new/own", component(101, 5)}};
        a.merge(b);
        QCOMPARE(a.otherComponents["new/sum"], component(0, 8));
        QCOMPARE(a.otherComponents["new/min"], component(1, 3));
        QCOMPARE(a.otherComponents["new/max"], component(2, 5));
        QCOMPARE(a.otherComponents["new/own"], component(101, 3)); // nobody knows how
    }
    void conditionsThatOnlyOneSideCountsAreLeftOut()
    {
        const ConditionCounts parts[] = {{10, {{"big", 3}, {"odd", 4}}},
                                         {5, {{"big", 2}, {"odd", 1}}},
                                         {6, {{"big", 1}, {"small", 2}}}};
        // In every order, however they are put together.
        for (const auto &[i, j, k] : {std::array{0, 1, 2}, {0, 2, 1}, {1, 2, 0}, {2, 1, 0}}) {
            ConditionCounts all = parts[i];
            all.merge(parts[j]);
            all.merge(parts[k]);
            QCOMPARE(all, (ConditionCounts{21, {{"big", 6}}}));
            ConditionCounts tail = parts[j];
            tail.merge(parts[k]);
            ConditionCounts other = parts[i];
            other.merge(tail);
            QCOMPARE(other, all);
        }
        ConditionCounts none = parts[0];
        none.merge({1, {{"other", 1}}});
        QCOMPARE(none, (ConditionCounts{11, {}}));
    }
    /// A year of hours into one: still within the sketches' bounds, and no larger than they are.
    void yearOfHours()
    {
        constexpr int hours = 8760;
        constexpr int rows = 20;
        SplitMix64 random(11);
        std::vector<double> all;
        DatasetProfile year;
        for (int hour = 0; hour < hours; ++hour) {
            DatasetProfile part;
            for (int i = 0; i < rows; ++i) {
                const double value = random.normal() + hour / 1000.0;
                all.push_back(value);
                part.track("x", Value::fractional(value));
                part.track("id", Value::integral(hour * rows + i));
                part.track("class", Value::string(i % 3 == 0 ? "a" : "b"));
            }
            year.merge(part);
        }
        const ColumnProfile &x = year.columns.at("x");
        QCOMPARE(x.counts.n, std::int64_t{hours} * rows);
        std::sort(all.begin(), all.end());
        const KllView view = x.distribution->kll.view();
        double worst = 0;
        for (std::size_t i = 0; i < all.size(); i += 10)
            worst =
                std::max(worst, std::abs(view.rank(all[i]) -
                                         static_cast<double>(i) / static_cast<double>(all.size())));
        QVERIFY2(worst <= KllSketch::rankErrorFor(1024), qPrintable(QString::number(worst)));
        QCOMPARE(view.min, all.front());
        QCOMPARE(view.max, all.back());
        const HllSketch &ids = *year.columns.at("id").cardinality;
        QVERIFY(ids.lower(3) <= hours * rows && ids.upper(3) >= hours * rows);
        QCOMPARE(year.columns.at("class").frequentStrings->lookup("a").estimate,
                 std::uint64_t{hours} * 7);
        QVERIFY(serializeProfile(year).size() < 150'000);
    }
    /// However the rows are split and in whatever order the parts are merged.
    void randomSplits()
    {
        SplitMix64 random(12);
        for (int trial = 0; trial < 10; ++trial) {
            const std::size_t count = 2 + random.below(6);
            std::vector<DatasetProfile> parts(count);
            DatasetProfile whole;
            double sum = 0;
            constexpr int rows = 900; // fewer than k: nothing is approximated
            for (int i = 0; i < rows; ++i) {
                const double value = std::floor(random.normal() * 100);
                sum += value;
                for (DatasetProfile *to : {&whole, &parts[random.below(count)]}) {
                    to->track("x", Value::fractional(value));
                    to->track("s", Value::string(value < 0 ? "low" : "high"));
                    to->track("i", Value::integral(static_cast<std::int64_t>(value)));
                }
            }
            while (parts.size() > 1) {
                const std::size_t from = random.below(parts.size());
                const std::size_t to = random.below(parts.size());
                if (from == to)
                    continue;
                parts[to].merge(parts[from]);
                parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(from));
            }
            for (const auto &[name, column] : whole.columns) {
                const ColumnProfile &merged = parts[0].columns.at(name);
                QVERIFY(column.counts == merged.counts && column.types == merged.types);
                QCOMPARE(merged.distribution->kll.view().values,
                         column.distribution->kll.view().values);
                QVERIFY(std::abs(merged.distribution->m2 - column.distribution->m2) <=
                        1e-9 * (1 + column.distribution->m2));
                QVERIFY(std::abs(merged.cardinality->estimate() - column.cardinality->estimate()) <
                        1e-9);
            }
            QVERIFY(std::abs(parts[0].columns.at("x").distribution->mean - sum / rows) < 1e-9);
            QCOMPARE(parts[0].columns.at("s").frequentStrings->lookup("low").estimate,
                     whole.columns.at("s").frequentStrings->lookup("low").estimate);
        }
    }
    void damage_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("ours") << QByteArray::fromStdString(serializeProfile(sample(50, 1)));
        for (const char *name : {"single_row", "iris_train", "condition_count"})
            QTest::newRow(name) << QByteArray::fromStdString(
                readAll(golden(std::string(name) + "/profile.bin")));
    }
    void damage()
    {
        QFETCH(QByteArray, bytes);
        const std::string whole = bytes.toStdString();
        QVERIFY(parseProfile(whole));
        for (std::size_t cut = 0; cut < whole.size(); ++cut) {
            const auto read = parseProfile(std::string_view(whole).substr(0, cut));
            QVERIFY(!read);
            QVERIFY(!read.error().message.empty());
        }
        SplitMix64 random(5);
        for (int i = 0; i < 3000; ++i) {
            std::string damaged = whole;
            const int flips = 1 + static_cast<int>(random.below(4));
            for (int j = 0; j < flips; ++j)
                damaged[static_cast<std::size_t>(random.below(damaged.size()))] =
                    static_cast<char>(random.next());
            if (auto read = parseProfile(damaged))
                read->merge(sample(5, 1)); // whatever was accepted must be usable
        }
    }
    void countersOutOfRange()
    {
        const auto column = [](std::uint64_t first, std::uint64_t second) {
            std::string bytes;
            for (const std::uint64_t count : {first, second}) {
                std::string component;
                wire::Writer(component).uint64(2, count);
                std::string entry;
                wire::Writer(entry).bytes(1, "counts/n");
                wire::Writer(entry).bytes(2, component);
                wire::Writer(bytes).bytes(1, entry);
            }
            return bytes;
        };
        QCOMPARE(parseColumn(column(2, 3))->counts.n, 5);
        for (const std::uint64_t large : {~std::uint64_t{0} >> 1, ~std::uint64_t{0}}) {
            const auto read = parseColumn(column(large, large));
            QVERIFY(!read);
            QCOMPARE(read.error().code, ErrorCode::Corrupt);
        }
    }
    void foreignFiles()
    {
        const auto csv = parseProfile("a,b\n1,2\n");
        QVERIFY(!csv && csv.error().message.find("WHY1") != std::string::npos);
        const auto v0 = parseProfile(readAll(golden("model_performance/classification.bin")));
        QCOMPARE(v0.error().code, ErrorCode::Unsupported);
        QVERIFY(!parseProfile(""));
    }
    void protocReadsTheHeader()
    {
        // An independent implementation of the encoding agrees on what we wrote.
        const QString protoc = QStandardPaths::findExecutable(QStringLiteral("protoc"));
        if (protoc.isEmpty())
            QSKIP("protoc is not installed");
        const std::string bytes = serializeProfile(sample(20, 1));
        // "WHY1", one zero byte for the empty segment header, then the delimited header.
        std::size_t at = 5;
        std::size_t size = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = static_cast<unsigned char>(bytes[at++]);
            size |= static_cast<std::size_t>(byte & 0x7F) << shift;
            if (byte < 0x80)
                break;
        }
        QProcess process;
        const QString room = qs((sourceDir() / "core" / "profile").string());
        process.start(protoc, {QStringLiteral("--proto_path=") + room,
                               QStringLiteral("--decode=tepal.whylogs.DatasetProfileHeader"),
                               QStringLiteral("whylogs.proto")});
        QVERIFY(process.waitForStarted());
        process.write(bytes.data() + at, static_cast<qint64>(size));
        process.closeWriteChannel();
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitCode(), 0);
        const QByteArray text = process.readAllStandardOutput();
        for (const char *expected :
             {"dataset_timestamp: 1767225600000", "key: \"whylogs.tag.region\"",
              "value: \"distribution/kll\""}) {
            QVERIFY2(text.contains(expected), expected);
        }
        QVERIFY(!text.contains("key: \"no such column\""));
    }
};

QTEST_APPLESS_MAIN(TestProfileFile)
#include "tst_profile_file.moc"
