#include "test_support.h"
#include "upload_test.h"

#include <tepal/base/file.h>
#include <tepal/store/settings.h>
#include <tepal/upload/kinds.h>

#include <QTemporaryDir>
#include <QTest>

#include <set>

using namespace tepal;
using namespace tepal::test;

namespace {

const MemorySecrets kNoSecrets;

std::unique_ptr<Destination> folderAt(const std::filesystem::path &directory)
{
    return std::move(outletOf(folderRecord(directory), kNoSecrets)[0].destination);
}

UploadOutcome sendTo(const Destination &folder, const std::string &bytes, const std::string &name)
{
    UploadItem item;
    item.bytes = bytes;
    item.objectName = name;
    return Driver()(*folder.deliver(item));
}

std::string nameOf(const std::string &dataset, const std::string &home = "0123456789abcdef",
                   std::int64_t chunk = 7, const std::string &sha256 = "fedcba9876543210")
{
    return uploadObjectName(
        {dataset, parseTime("2026-01-31T14:05:09Z").value(), home, chunk, "", sha256});
}

std::string problemOf(const std::string &key)
{
    const FixedSecrets secrets(key);
    auto record = whylabsRecord("https://whylabs.example");
    record.settings["organization"] = "org-1";
    const auto set = outletOf(record, secrets)[0].destination->configured();
    return set ? std::string() : set.error().text();
}

} // namespace

class TestUploadParts : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void segmentsAsTheyAreTyped()
    {
        const auto kept = [](const char *text) { return parseSegmentList(text).value(); };
        QCOMPARE(kept(""), std::string());
        QCOMPARE(kept(" , "), std::string());
        for (const char *text : {"country=CH", "country=CH, country=DE", "country=CH;tier=gold",
                                 "name=Muster\\, Eva", "a=1;b=2;c=3"})
            QCOMPARE(formatSegmentList(kept(text)), std::string(text));
        // In whatever order the columns are named, it is the same segment.
        QCOMPARE(kept("tier=gold;country=CH"), kept("country=CH;tier=gold"));
        QVERIFY(kept("tier=gold;country=CH").find("4:tier=4:gold;7:country=2:CH;") !=
                std::string::npos);
        QVERIFY(kept("tier=gold;country=CH").find("7:country=2:CH;4:tier=4:gold;") !=
                std::string::npos);
        for (const char *text : {"CH", "=CH", "country", "country=CH;tier"})
            QVERIFY2(!parseSegmentList(text), text);
    }
    void sha256()
    {
        // FIPS 180-4 examples, and lengths around the padding's edges against known digests.
        QCOMPARE(sha256Hex(""),
                 std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        QCOMPARE(sha256Hex("abc"),
                 std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        QCOMPARE(sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                 std::string("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
        QCOMPARE(sha256Hex(std::string(1'000'000, 'a')),
                 std::string("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
    }
    void objectNames()
    {
        QCOMPARE(nameOf("model-1"),
                 std::string("model-1/2026-01-31/2026-01-31T14-05-09Z_01234567_7_fedcba98.bin"));
        // A repeat has the same name; another home, piece or content has another one.
        QCOMPARE(nameOf("model-1"), nameOf("model-1"));
        const std::set<std::string> names{nameOf("model-1"), nameOf("model-2"),
                                          nameOf("model-1", "1123456789abcdef"),
                                          nameOf("model-1", "0123456789abcdef", 8),
                                          nameOf("model-1", "0123456789abcdef", 7, "0edcba98")};
        QCOMPARE(names.size(), std::size_t{5});
        // A reference or file in place of the piece.
        const TimeMs start = parseTime("2026-01-31T14:05:09Z").value();
        QCOMPARE(uploadObjectName({"d", start, "01234567", 0, "training", "fedcba98"}),
                 std::string("d/2026-01-31/2026-01-31T14-05-09Z_01234567_training_fedcba98.bin"));
        // What had to be replaced is told apart by its hash.
        const auto slash = nameOf("a/b");
        const auto colon = nameOf("a:b");
        QVERIFY(slash.starts_with("a_b-") && colon.starts_with("a_b-") && slash != colon);
        // Nothing leads out of the folder.
        for (const char *evil : {"..", "../..", ".hidden", "", "/etc", "C:\\x"}) {
            const auto name = uploadObjectName({evil, start, "h", 0, evil, "s"});
            QVERIFY2(name.find("..") == std::string::npos || name.find("/..") == std::string::npos,
                     name.c_str());
            QVERIFY(!name.starts_with("/") && !name.starts_with("."));
            QCOMPARE(std::count(name.begin(), name.end(), '/'), 2);
        }
        QVERIFY(
            uploadObjectName({std::string(5000, 'x'), start, "h", 0, std::string(5000, 'y'), "s"})
                .size() < 400);
    }
    void folderWritesOnce()
    {
        const QTemporaryDir dir;
        const auto folder = folderAt(dir.path().toStdString() + "/out");
        const auto first = sendTo(*folder, "one", "d/p.bin");
        QCOMPARE(first.kind, UploadOutcome::Kind::Sent);
        // Again: it is there.
        const auto again = sendTo(*folder, "one", "d/p.bin");
        QCOMPARE(again.kind, UploadOutcome::Kind::Sent);
        QCOMPARE(again.place, first.place);
        // Other bytes of the same name never overwrite: somebody else wrote them.
        const auto other = sendTo(*folder, "two", "d/p.bin");
        QCOMPARE(other.kind, UploadOutcome::Kind::Failed);
        QVERIFY(other.error && !other.error->next.empty());
        QCOMPARE(readFile(first.place).value(), std::string("one"));
        int files = 0;
        for (const auto &entry :
             std::filesystem::recursive_directory_iterator(dir.path().toStdString()))
            files += entry.is_regular_file() ? 1 : 0;
        QCOMPARE(files, 1);
    }
    void folderTroubles()
    {
        const auto none = folderAt({});
        QVERIFY(!none->configured());
        QVERIFY(!none->configured().error().next.empty());
        // A file where the folder should be: no item can be written.
        const QTemporaryDir dir;
        const std::filesystem::path file = dir.path().toStdString() + "/file";
        QVERIFY(writeFileAtomic(file, "x").has_value());
        const auto blocked = folderAt(file);
        const auto outcome = sendTo(*blocked, "one", "d/p.bin");
        QVERIFY(outcome.kind == UploadOutcome::Kind::Stopped || outcome.everyItem);
        QVERIFY(outcome.error.has_value());
        QVERIFY(!blocked->test({}).back().ok);
        const auto fine = folderAt(dir.path().toStdString());
        QVERIFY(fine->test({}).back().ok);
        QVERIFY(std::filesystem::exists(file));
        QVERIFY(!std::filesystem::exists(dir.path().toStdString() + "/.tepal-writable"));
    }
    void environmentWins()
    {
        DestinationRecord record = whylabsRecord("https://file.example");
        record.settings["organization"] = "org-file";
        qputenv("WHYLABS_API_ENDPOINT", "https://public.example");
        qputenv("WHYLABS_DEFAULT_DATASET_ID", "model-9");
        auto values = effectiveValues(record);
        QCOMPARE(values.at("endpoint"), std::string("https://public.example"));
        QCOMPARE(values.at("dataset"), std::string("model-9"));
        QCOMPARE(values.at("organization"), std::string("org-file"));
        qputenv("WHYLABS_PRIVATE_API_ENDPOINT", "https://private.example");
        qputenv("WHYLABS_DEFAULT_ORG_ID", "org-env");
        values = effectiveValues(record);
        QCOMPARE(values.at("endpoint"), std::string("https://private.example"));
        QCOMPARE(values.at("organization"), std::string("org-env"));
        // One with a name of its own has variables of its own: no key goes to two servers.
        record.name = "my-lab";
        QCOMPARE(effectiveValues(record).at("endpoint"), std::string("https://file.example"));
        qputenv("TEPAL_MY_LAB_ENDPOINT", "https://mine.example");
        QCOMPARE(effectiveValues(record).at("endpoint"), std::string("https://mine.example"));
        qunsetenv("TEPAL_MY_LAB_ENDPOINT");
        qputenv("WHYLABS_API_KEY", "k1");
        QCOMPARE(secretReader(record, kNoSecrets)("key").value(), std::string());
        record.name = "whylabs";
        QCOMPARE(secretReader(record, kNoSecrets)("key").value(), std::string("k1"));
        forgetEnvironment();
        // As versions before kept it.
        MemorySecrets former;
        QVERIFY(former.write("WHYLABS_API_KEY", "k2"));
        QCOMPARE(secretReader(record, former)("key").value(), std::string("k2"));
        QVERIFY(former.write("whylabs/key", "k3"));
        QCOMPARE(secretReader(record, former)("key").value(), std::string("k3"));
    }
    void keys()
    {
        const std::string good = "abcdefghij." + std::string(53, 'Z');
        QCOMPARE(problemOf(good), std::string());
        QCOMPARE(problemOf(good + ":org-1"), std::string());
        for (const std::string &bad :
             {std::string("short"), std::string(64, 'a'), "abcde-ghij." + std::string(53, 'Z'),
              "abcdefghij." + std::string(200, 'Z'),
              "abcdefghij.aaaa\r\nHost: x" + std::string(20, 'Z')}) {
            const std::string said = problemOf(bad);
            QVERIFY2(said.find("the key for WhyLabs") != std::string::npos, bad.c_str());
            QVERIFY(said.find(bad) == std::string::npos);
        }
        QVERIFY(problemOf("").find("no key") != std::string::npos);
    }
    void checkedSettings_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("value");
        QTest::addColumn<QString>("says"); // empty: it is fine
        const auto row = [](const char *name, const char *kind, const char *key, const char *value,
                            const char *says) {
            QTest::addRow("%s %s %s", name, key, value) << name << kind << key << value << says;
        };
        row("lab", "whylabs", "endpoint", "https://whylabs.example", "");
        row("folder:/srv", "folder", "directory", "/srv", "");
        row("lab", "mars", "endpoint", "https://whylabs.example", "no kind of destination");
        row("a b", "whylabs", "endpoint", "https://whylabs.example", "not a name");
        row("lab", "whylabs", "colour", "red", "no setting");
        row("lab", "whylabs", "key", "secret", "is a secret");
        row("lab", "whylabs", "endpoint", "whylabs.example", "not an address");
        row("lab", "whylabs", "endpoint", "https://me:pass@whylabs.example", "user or password");
        row("lab", "folder", "directory", "", "needs directory");
    }
    void checkedSettings()
    {
        QFETCH(QString, name);
        QFETCH(QString, kind);
        QFETCH(QString, key);
        QFETCH(QString, value);
        QFETCH(QString, says);
        DestinationRecord record;
        record.name = name.toStdString();
        record.kind = kind.toStdString();
        record.settings[key.toStdString()] = value.toStdString();
        const auto fine = checkDestination(record, true);
        QCOMPARE(fine.has_value(), says.isEmpty());
        if (fine)
            return;
        const std::string text = fine.error().text();
        QVERIFY2(text.find(says.toStdString()) != std::string::npos, text.c_str());
        QVERIFY(text.find("pass") == std::string::npos || key != QStringLiteral("endpoint") ||
                text.find("me:pass") == std::string::npos);
        QVERIFY(!fine.error().next.empty());
    }
    void scrubbed()
    {
        Scrubber scrub;
        scrub.add("abcdefghijklmnop");
        QCOMPARE(scrub("x abcdefghijklmnop y"), std::string("x … y"));
        QCOMPARE(scrub("x abcdefghij"), std::string("x …"));
        QVERIFY(scrub("a%62cdefghijk").find("cdefgh") == std::string::npos);
        QCOMPARE(scrub("abcdefg"), std::string("abcdefg")); // shorter than any part
        QCOMPARE(scrub(""), std::string());
    }
};

QTEST_APPLESS_MAIN(TestUploadParts)
#include "tst_upload_parts.moc"
