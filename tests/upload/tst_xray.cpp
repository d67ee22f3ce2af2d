#include "test_support.h"

#include <tepal/profile/file.h>
#include <tepal/upload/xray.h>

#include <QTest>

#include <nlohmann/json.hpp>

#include <algorithm>

using namespace tepal;
using namespace tepal::test;

namespace {

DatasetProfile people()
{
    DatasetProfile profile;
    for (int i = 0; i < 10; ++i) {
        const std::string mail = "user" + std::to_string(i) + "@example.org";
        profile.track("contact", Value::string(mail));
        profile.track("species", Value::string(i % 2 == 0 ? "Iris setosa" : "Iris virginica"));
        profile.track("width", Value::fractional(0.5 + i));
        profile.track("phone", Value::integral(4915112345670 + i));
        profile.track("active", Value::boolean(i % 3 == 0));
    }
    return profile;
}

const XRayColumn &column(const XRay &xray, const std::string &name)
{
    const auto at = std::find_if(xray.columns.begin(), xray.columns.end(),
                                 [&](const XRayColumn &c) { return c.name == name; });
    if (at == xray.columns.end())
        qFatal("no column %s", name.c_str());
    return *at;
}

} // namespace

class TestXray : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everythingInTheFileIsTold()
    {
        DatasetProfile profile = people();
        profile.datasetTimestamp = 1'700'000'000'000;
        profile.segment = {{"customer_email", "max@example.com"}};
        profile.metadata["note"] = "call +49 170 1234567";
        profile.metadata["whylabs.traceId"] = "123e4567-e89b-12d3-a456-426614174000";
        profile.metadata["whylogs.tag.customer_email"] = "max@example.com";
        const XRay ray = xray(profile);
        QCOMPARE(ray.rows, std::int64_t{10});
        QCOMPARE(ray.bytes, serializeProfile(profile).size());
        QCOMPARE(ray.datasetTimestamp, TimeMs{1'700'000'000'000});
        QCOMPARE(ray.metadata.size(), std::size_t{3});
        QCOMPARE(ray.risks.size(), std::size_t{2});
        QCOMPARE(ray.risks[0].kind, RiskKind::Email);
        QCOMPARE(ray.risks[0].place, Risk::Place::Segment);
        QCOMPARE(ray.risks[1].kind, RiskKind::Phone);

        const XRayColumn &contact = column(ray, "contact");
        QCOMPARE(contact.texts.size(), std::size_t{10});
        QCOMPARE(contact.risks.size(), std::size_t{1});
        QCOMPARE(contact.risks[0].level, RiskLevel::Certain);
        QCOMPARE(contact.risks[0].count, std::uint64_t{10});
        QVERIFY(contact.risks[0].evidence.find("user") == std::string::npos);
        QVERIFY(contact.risks[0].value.starts_with("user"));

        QVERIFY(column(ray, "species").risks.empty());
        QVERIFY(column(ray, "active").risks.empty());
        const XRayColumn &width = column(ray, "width");
        QVERIFY(width.risks.empty());
        QCOMPARE(width.numbers->min, 0.5);
        QCOMPARE(width.numbers->max, 9.5);
        QCOMPARE(width.numbers->kept, std::uint64_t{10});
        QVERIFY(width.numbers->all);
        QVERIFY(width.distinct->guessable);

        const XRayColumn &phone = column(ray, "phone");
        QVERIFY(std::any_of(phone.risks.begin(), phone.risks.end(), [](const Risk &risk) {
            return risk.kind == RiskKind::Phone && risk.place == Risk::Place::Numbers;
        }));
        QCOMPARE(phone.integers->max, std::int64_t{4915112345679});
    }

    void wordsBetweenNumbersAreLookedAt()
    {
        DatasetProfile profile;
        for (int i = 0; i < 20; ++i)
            profile.track("amount", Value::integral(i));
        profile.track("amount", Value::string("ada@example.org"));
        const XRay ray = xray(profile);
        QCOMPARE(ray.columns[0].kind, ValueKind::Integral);
        QCOMPARE(ray.columns[0].risks.size(), std::size_t{1});
        QCOMPARE(ray.columns[0].risks[0].kind, RiskKind::Email);
    }

    void everyRawTextIsListed()
    {
        // Also those that may be false positives of a full sketch.
        DatasetProfile profile;
        for (int i = 0; i < 5000; ++i)
            profile.track("word", Value::string("w" + std::to_string(i * i)));
        const XRay ray = xray(profile);
        QCOMPARE(ray.texts(), profile.columns.at("word").frequentStrings->tracked());
        const std::string bytes = serializeProfile(profile);
        for (const XRayText &text : ray.columns[0].texts)
            QVERIFY(bytes.find(text.value) != std::string::npos);
        QVERIFY(ray.columns[0].texts.front().lower < ray.columns[0].texts.front().upper);
        QVERIFY(!ray.columns[0].distinct->guessable);
    }

    void whatIsNotInterpretedIsNamed()
    {
        DatasetProfile profile = people();
        profile.columns.at("width").otherComponents["custom/dataclass_param"] =
            std::string("\x12\x03\x0a\x01x", 5);
        const XRay ray = xray(profile);
        QCOMPARE(column(ray, "width").unknown.size(), std::size_t{1});
        QCOMPARE(column(ray, "width").unknown[0].path, std::string("custom/dataclass_param"));
        QCOMPARE(column(ray, "width").unknown[0].bytes, std::size_t{5});
    }

    void namesThatAreValues()
    {
        DatasetProfile profile;
        profile.track("ada@example.org", Value::fractional(1.5));
        const XRay ray = xray(profile);
        QCOMPARE(ray.columns[0].risks.at(0).place, Risk::Place::ColumnName);
        const std::string masked = xrayJson(ray, false).dump();
        QVERIFY(masked.find("ada@") == std::string::npos);
        QVERIFY(xrayJson(ray, true).dump().find("ada@example.org") != std::string::npos);
    }

    void emptyProfile()
    {
        const XRay ray = xray(DatasetProfile());
        QVERIFY(ray.columns.empty());
        QCOMPARE(ray.summary(), std::string("0 columns, 0 rows, 0 raw texts, no risk found"));
    }

    void jsonIsMaskedUnlessRevealed()
    {
        const XRay ray = xray(people());
        const auto masked = xrayJson(ray, false);
        const std::string text = masked.dump();
        for (const char *raw : {"user1@example.org", "4915112345670", "setosa"})
            QVERIFY2(text.find(raw) == std::string::npos, raw);
        QCOMPARE(masked["rows"].get<int>(), 10);
        QCOMPARE(masked["columns"].size(), std::size_t{5});
        for (const auto &one : masked["columns"]) {
            for (const char *key :
                 {"name", "counts", "types", "min", "max", "raw_strings", "risks"})
                QVERIFY2(one.contains(key), key);
        }
        const auto open = xrayJson(ray, true).dump();
        for (const char *raw : {"user1@example.org", "4915112345670", "Iris setosa"})
            QVERIFY2(open.find(raw) != std::string::npos, raw);
    }

    void whylogsFiles_data()
    {
        QTest::addColumn<QString>("file");
        for (const char *file :
             {"mixed_dataframe/profile.bin", "skewed_strings/profile.bin",
              "segmented_region/seg_eu.bin", "unicode_ranges/profile.bin",
              "condition_count/profile.bin", "normals_1e6/profile.bin", "iris_train/profile.bin"})
            QTest::newRow(file) << QString::fromUtf8(file);
    }
    /// Real files of ordinary data: nothing is missed in them, and nobody is alarmed.
    void whylogsFiles()
    {
        QFETCH(QString, file);
        const std::string bytes = readAll(golden(file.toStdString()));
        const auto profile = parseProfile(bytes);
        QVERIFY(profile);
        const XRay ray = xray(*profile, bytes.size());
        QCOMPARE(ray.columns.size(), profile->columns.size());
        QCOMPARE(ray.rows, profile->rows());
        std::size_t texts = 0;
        for (const auto &[name, one] : profile->columns)
            texts += one.frequentStrings ? one.frequentStrings->tracked() : 0;
        QCOMPARE(ray.texts(), texts);
        for (const XRayColumn &one : ray.columns) {
            for (const Risk &risk : one.risks)
                QFAIL((one.name + ": " + risk.evidence).c_str());
        }
        for (const Risk &risk : ray.risks)
            QFAIL((risk.name + ": " + risk.evidence).c_str());
    }
};

QTEST_GUILESS_MAIN(TestXray)
#include "tst_xray.moc"
