#include "test_support.h"

#include <tepal/base/file.h>
#include <tepal/profile/file.h>
#include <tepal/profile/summary.h>
#include <tepal/upload/redaction.h>
#include <tepal/upload/xray.h>

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>

using namespace tepal;
using namespace tepal::test;

namespace {

const std::string kSalt(32, 's');

std::vector<RedactionRule> rules(const std::string &text)
{
    auto parsed = parseRedaction(text);
    if (!parsed)
        qFatal("%s", parsed.error().text().c_str());
    return *parsed;
}

/// Rows `from` to `to` of people: texts, numbers, both in one column.
DatasetProfile people(int from, int to)
{
    DatasetProfile profile;
    for (int i = from; i < to; ++i) {
        const std::string name = "Person " + std::to_string(i % 40);
        profile.track("name", Value::string(name));
        profile.track("Email", Value::string(name + "@example.org"));
        profile.track("age", Value::integral(18 + (i * 7) % 70));
        profile.track("income", Value::fractional(1000.5 + i * 13));
        profile.track("species", Value::string(i % 3 == 0 ? "setosa" : "virginica"));
        profile.track("mixed", i % 2 == 0 ? Value::string("seven") : Value::integral(i));
    }
    return profile;
}

Redaction redacted(DatasetProfile &profile, const std::string &text)
{
    const auto done = redact(profile, rules(text), kSalt);
    if (!done)
        qFatal("%s", done.error().text().c_str());
    return *done;
}

/// What it says about itself, without the bytes of sketches whose order is free.
QString told(const DatasetProfile &profile)
{
    return qs(inspectJson(profile));
}

} // namespace

class TestRedaction : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void patterns_data()
    {
        QTest::addColumn<QString>("pattern");
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("matches");
        const auto row = [](const char *pattern, const char *name, bool matches) {
            QTest::addRow("%s on %s", pattern, name)
                << QString::fromUtf8(pattern) << QString::fromUtf8(name) << matches;
        };
        row("email", "email", true);
        row("email", "Email", true);
        row("email", "email2", false);
        row("email", "my email", false);
        row("*", "anything", true);
        row("*", "", true);
        row("*name*", "last_name_1", true);
        row("*name*", "nam", false);
        row("c?t", "cat", true);
        row("c?t", "c\xc3\xa4t", true);
        row("c?t", "ct", false);
        row("a*b*c", "aXbXbXc", true);
        row("a*b*c", "aXcXb", false);
        row("a\\*", "a*", true);
        row("a\\*", "ab", false);
        row("[a]", "[a]", true);
        row("größe", "größe", true);
        row("a:b", "a:b", true);
        row("*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false);
    }
    void patterns()
    {
        QFETCH(QString, pattern);
        QFETCH(QString, name);
        QFETCH(bool, matches);
        const RedactionRule rule{pattern.toStdString(), RedactionAction::Hash};
        QCOMPARE(rule.matches(name.toStdString()), matches);
        // Written and read it is the same rule.
        QCOMPARE(rules(formatRedaction({rule})), std::vector{rule});
    }

    void textForms()
    {
        const std::vector<RedactionRule> expected{{"email", RedactionAction::DropColumn},
                                                  {"*name*", RedactionAction::Hash}};
        QCOMPARE(rules("email:drop-column, *name*:hash"), expected);
        QCOMPARE(rules("email:drop-column\n*name*:hash\n"), expected);
        QCOMPARE(rules(R"(["email:drop-column", "*name*:hash"])"), expected);
        QCOMPARE(rules(R"([{"columns": "email", "action": "drop-column"},
                           {"action": "hash", "columns": "*name*"}])"),
                 expected);
        QCOMPARE(formatRedaction(expected), std::string("email:drop-column, *name*:hash"));
        QVERIFY(rules("").empty());
        QVERIFY(rules(" \n").empty());
        QVERIFY(rules("[]").empty());
        QCOMPARE(rules("a\\,b:hash")[0].columns, std::string("a\\,b"));
        QVERIFY(rules("a\\,b:hash")[0].matches("a,b"));
        QCOMPARE(rules("ns:col:drop-range")[0].columns, std::string("ns:col"));
        for (const char *wrong :
             {"email", "email:", ":hash", "email:forget", "email:Hash", "[1]",
              R"([{"columns": "a"}])", R"([{"columns": "", "action": "hash"}])",
              R"([{"columns": 1, "action": "hash"}])", "[\"email:hash\"", "a:hash, b"}) {
            const auto parsed = parseRedaction(wrong);
            QVERIFY2(!parsed, wrong);
            QCOMPARE(parsed.error().code, ErrorCode::InvalidArgument);
            QVERIFY(!parsed.error().next.empty());
        }
    }

    void hashesAreKeyed()
    {
        // RFC 4231, test case 2, first eight bytes.
        QCOMPARE(redactedText("what do ya want for nothing?", "Jefe"),
                 std::string("5bdcc146bf60754e"));
        QVERIFY(redactedText("a", "salt one") != redactedText("a", "salt two"));
    }

    void dropValuesEmptiesTheTexts()
    {
        DatasetProfile profile = people(0, 100);
        profile.columns.erase("Email"); // has the names too
        const double distinct = profile.columns.at("name").cardinality->estimate();
        const auto done = redacted(profile, "name:drop-values");
        const ColumnProfile &name = profile.columns.at("name");
        QCOMPARE(name.frequentStrings->tracked(), std::size_t{0});
        QCOMPARE(name.cardinality->estimate(), distinct);
        QCOMPARE(name.counts.n, std::int64_t{100});
        QVERIFY(serializeProfile(profile).find("Person 1") == std::string::npos);
        QCOMPARE(done.columns.size(), std::size_t{1});
        QCOMPARE(done.columns[0].texts, std::size_t{40});
        QCOMPARE(done.summary(), std::string("name: 40 texts dropped"));
    }

    void hashKeepsTheCounts()
    {
        DatasetProfile profile = people(0, 90);
        redacted(profile, "species:hash");
        const auto items = profile.columns.at("species").frequentStrings->listNoFalseNegatives();
        QCOMPARE(items.size(), std::size_t{2});
        QCOMPARE(items[0].value, redactedText("virginica", kSalt));
        QCOMPARE(items[0].estimate, std::uint64_t{60});
        QCOMPARE(items[1].value, redactedText("setosa", kSalt));
        QVERIFY(serializeProfile(profile).find("setosa") == std::string::npos);
        QVERIFY(xray(profile).columns.back().risks.empty());
    }

    void dropRangeTakesNumbersInEveryForm()
    {
        DatasetProfile profile = people(0, 100);
        const auto done = redacted(profile, "age:drop-range, income:drop-range, mixed:drop-range");
        const ColumnProfile &age = profile.columns.at("age");
        QVERIFY(!age.distribution && !age.ints);
        QCOMPARE(age.frequentStrings->tracked(), std::size_t{0}); // digits of integers
        QCOMPARE(age.types.integral, std::int64_t{100});
        QVERIFY(!profile.columns.at("income").distribution);
        const auto mixed = profile.columns.at("mixed").frequentStrings->listNoFalseNegatives();
        QCOMPARE(mixed.size(), std::size_t{1});
        QCOMPARE(mixed[0].value, std::string("seven"));
        QCOMPARE(done.columns.size(), std::size_t{3});
        QVERIFY(done.columns[0].range);
        // Of a column of texts, digits are no range.
        DatasetProfile codes;
        codes.track("plz", Value::string("01234"));
        QVERIFY(redacted(codes, "plz:drop-range").columns.empty() ||
                !codes.columns.at("plz").frequentStrings->empty());
        QCOMPARE(codes.columns.at("plz").frequentStrings->tracked(), std::size_t{1});
    }

    void allRulesApplyInAnyOrder()
    {
        DatasetProfile one = people(0, 50);
        DatasetProfile other = people(0, 50);
        redacted(one, "*:hash, *:drop-range, email:drop-column, name:drop-values");
        redacted(other, "name:drop-values, email:drop-column, *:drop-range, *:hash");
        QCOMPARE(serializeProfile(one), serializeProfile(other));
        QVERIFY(!one.columns.contains("Email"));
        QCOMPARE(one.columns.at("name").frequentStrings->tracked(), std::size_t{0});
        QCOMPARE(one.columns.at("mixed").frequentStrings->listNoFalseNegatives().at(0).value,
                 redactedText("seven", kSalt));
    }

    void distinctSketchAndUnknownParts()
    {
        DatasetProfile profile = people(0, 50);
        profile.columns.at("name").otherComponents["custom/dataclass_param"] = "secret inside";
        profile.columns.at("age").otherComponents["custom/dataclass_param"] = "kept";
        const auto done = redacted(profile, "name:drop-distinct");
        QVERIFY(!profile.columns.at("name").cardinality);
        QVERIFY(profile.columns.at("name").otherComponents.empty());
        QCOMPARE(done.columns[0].unknown, std::size_t{1});
        QVERIFY(!profile.columns.at("age").otherComponents.empty());
    }

    void segmentsAreHashedWhereverTheyStand()
    {
        for (const char *rule : {"customer:drop-column", "customer:hash", "customer:drop-values"}) {
            DatasetProfile profile = people(0, 5);
            profile.segment = {{"customer", "Max Mustermann"}, {"region", "eu"}};
            profile.metadata = {{"whylogs.tag.customer", "Max Mustermann"},
                                {"whylogs.tag.region", "eu"}};
            const auto done = redacted(profile, rule);
            QVERIFY(done.unmatched.empty());
            QVERIFY(done.columns.at(0).segment);
            const std::string hash = redactedText("Max Mustermann", kSalt);
            QCOMPARE(profile.segment[0].second, hash);
            QCOMPARE(profile.metadata["whylogs.tag.customer"], hash);
            QCOMPARE(profile.segment[1].second, std::string("eu"));
            QVERIFY(serializeProfile(profile).find("Mustermann") == std::string::npos);
        }
        // A tag that no segment has is a value all the same.
        DatasetProfile merged = people(0, 5);
        merged.metadata["whylogs.tag.customer"] = "Max Mustermann";
        redacted(merged, "customer:drop-column");
        QVERIFY(serializeProfile(merged).find("Mustermann") == std::string::npos);
    }

    void withoutASecretNothingIsHashed()
    {
        DatasetProfile profile = people(0, 5);
        const std::string before = serializeProfile(profile);
        for (const char *salt : {"", "short"}) {
            const auto done = redact(profile, rules("age:drop-column, name:hash"), salt);
            QVERIFY(!done);
            QCOMPARE(done.error().code, ErrorCode::InvalidArgument);
            QCOMPARE(serializeProfile(profile), before);
        }
        QVERIFY(redact(profile, rules("name:drop-values, nobody:hash"), ""));
    }

    void rulesThatMeetNothingAreTold()
    {
        DatasetProfile profile = people(0, 5);
        const std::string before = serializeProfile(profile);
        const auto done = redacted(profile, "e-mail:drop-column");
        QCOMPARE(done.unmatched, std::vector<std::string>{"e-mail:drop-column"});
        QCOMPARE(done.summary(), std::string("nothing"));
        QCOMPARE(serializeProfile(profile), before);
    }

    void mergedIsTheSameAsRedactedAfterwards_data()
    {
        QTest::addColumn<QString>("rule");
        for (const char *rule : {"*:drop-values", "*:hash", "*:drop-range", "*:drop-distinct",
                                 "email:drop-column", "*name*:hash, age:drop-range"})
            QTest::newRow(rule) << QString::fromUtf8(rule);
    }
    void mergedIsTheSameAsRedactedAfterwards()
    {
        QFETCH(QString, rule);
        DatasetProfile whole = people(0, 300);
        whole.merge(people(300, 900));
        redacted(whole, rule.toStdString());
        DatasetProfile parts = people(0, 300);
        redacted(parts, rule.toStdString());
        DatasetProfile second = people(300, 900);
        redacted(second, rule.toStdString());
        // As it arrives: written and read.
        auto first = parseProfile(serializeProfile(parts));
        QVERIFY(first);
        first->merge(parseProfile(serializeProfile(second)).value());
        QCOMPARE(told(*first), told(whole));
        QCOMPARE(serializeProfile(*first), serializeProfile(whole));
    }

    void fullSketchesMergeHashed()
    {
        // More texts than a sketch holds: what it forgets depends on counts, not on the texts.
        const auto part = [](int seed) {
            DatasetProfile profile;
            for (int i = 0; i < 6000; ++i)
                profile.track("word",
                              Value::string("w" + std::to_string(i * (i % 7 + seed) % 4000)));
            return profile;
        };
        DatasetProfile whole = part(1);
        whole.merge(part(2));
        redacted(whole, "*:hash");
        DatasetProfile parts = part(1);
        redacted(parts, "*:hash");
        DatasetProfile second = part(2);
        redacted(second, "*:hash");
        parts.merge(second);
        QCOMPARE(told(parts), told(whole));
        QVERIFY(parts.columns.at("word").frequentStrings->maximumError() > 0);
    }

    void whylogsFiles_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("rule");
        for (const char *file : {"mixed_dataframe/profile.bin", "skewed_strings/profile.bin",
                                 "segmented_region/seg_eu.bin", "unicode_ranges/profile.bin",
                                 "condition_count/profile.bin", "empty_columns/profile.bin"}) {
            for (const char *rule :
                 {"*:drop-values", "*:hash", "*:drop-range", "*:drop-distinct", "*:drop-column"})
                QTest::addRow("%s %s", file, rule)
                    << QString::fromUtf8(file) << QString::fromUtf8(rule);
        }
    }
    void whylogsFiles()
    {
        QFETCH(QString, file);
        QFETCH(QString, rule);
        auto profile = parseProfile(readAll(golden(file.toStdString())));
        QVERIFY(profile);
        const XRay before = xray(*profile);
        redacted(*profile, rule.toStdString());
        const std::string bytes = serializeProfile(*profile);
        const auto back = parseProfile(bytes);
        QVERIFY2(back, back ? "" : back.error().message.c_str());
        QCOMPARE(serializeProfile(*back), bytes);
        const XRay after = xray(*back);
        if (rule == QStringLiteral("*:drop-column")) {
            QVERIFY(after.columns.empty());
            return;
        }
        QCOMPARE(after.rows, before.rows);
        if (rule == QStringLiteral("*:drop-values"))
            QCOMPARE(after.texts(), std::size_t{0});
        if (rule == QStringLiteral("*:hash")) {
            QCOMPARE(after.texts(), before.texts());
            for (const XRayColumn &column : after.columns) {
                for (const XRayText &text : column.texts)
                    QCOMPARE(text.value.size(), std::size_t{16});
            }
        }
        for (const XRayColumn &column : after.columns) {
            if (rule == QStringLiteral("*:drop-range"))
                QVERIFY(!column.numbers && !column.integers);
            if (rule == QStringLiteral("*:drop-distinct"))
                QVERIFY(!column.distinct);
        }
    }

    void theSecretIsMadeOnce()
    {
        const QTemporaryDir dir;
        const std::filesystem::path home = dir.path().toStdString();
        QVERIFY(existingRedactionSalt(home)->empty());
        QVERIFY(!std::filesystem::exists(home / "redaction.key"));
        const auto salt = redactionSalt(home);
        QVERIFY(salt);
        QCOMPARE(salt->size(), std::size_t{32});
        QCOMPARE(*redactionSalt(home), *salt);
        QCOMPARE(*existingRedactionSalt(home), *salt);
#ifndef _WIN32
        using std::filesystem::perms;
        QCOMPARE(std::filesystem::status(home / "redaction.key").permissions() &
                     (perms::group_all | perms::others_all),
                 perms::none);
#endif
        QVERIFY(writeFileAtomic(home / "redaction.key", "cut"));
        QCOMPARE(redactionSalt(home).error().code, ErrorCode::Corrupt);
        const QTemporaryDir elsewhere;
        QVERIFY(*redactionSalt(elsewhere.path().toStdString()) != *salt);
    }
};

QTEST_GUILESS_MAIN(TestRedaction)
#include "tst_redaction.moc"
