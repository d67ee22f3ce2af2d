#include "test_support.h"

#include <tepal/base/file.h>
#include <tepal/upload/folder.h>
#include <tepal/upload/settings.h>
#include <tepal/upload/worker.h>

#include <QTemporaryDir>
#include <QTest>

using namespace tepal;
using namespace tepal::test;

namespace {

class NoObserver final : public UploadObserver
{
public:
    Status granted(const std::string &) override { return {}; }
    Status putting() override { return {}; }
};

UploadOutcome sendTo(FolderDestination &folder, const std::string &bytes, const std::string &name)
{
    NoObserver observer;
    UploadItem item;
    item.bytes = bytes;
    item.objectName = name;
    return folder.send(item, observer, {});
}

} // namespace

class TestUploadParts : public QObject
{
    Q_OBJECT

private Q_SLOTS:
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
        const TimeMs start = parseTime("2026-01-31T14:05:09Z").value();
        QCOMPARE(uploadObjectName("model-1", start, {}),
                 std::string("model-1/2026-01-31/profile.2026-01-31_14-05-09Z.bin"));
        QCOMPARE(uploadObjectName("model-1", start, {{"region", "eu"}, {"tier", "gold"}}),
                 std::string("model-1/2026-01-31/"
                             "profile.2026-01-31_14-05-09Z_region-eu_tier-gold.bin"));
        // What had to be replaced is told apart by its hash.
        const auto slash = uploadObjectName("a/b", start, {});
        const auto colon = uploadObjectName("a:b", start, {});
        QVERIFY(slash.starts_with("a_b-") && colon.starts_with("a_b-") && slash != colon);
        // Nothing leads out of the folder.
        for (const char *evil : {"..", "../..", ".hidden", "", "/etc", "C:\\x"}) {
            const auto name = uploadObjectName(evil, start, {{"k", evil}});
            QVERIFY2(name.find("..") == std::string::npos || name.find("/..") == std::string::npos,
                     name.c_str());
            QVERIFY(!name.starts_with("/") && !name.starts_with("."));
            QCOMPARE(std::count(name.begin(), name.end(), '/'), 2);
        }
        QVERIFY(uploadObjectName(std::string(5000, 'x'), start, {{"k", std::string(5000, 'y')}})
                    .size() < 400);
    }
    void folderWritesOnce()
    {
        const QTemporaryDir dir;
        FolderDestination folder(dir.path().toStdString() + "/out");
        const auto first = sendTo(folder, "one", "d/p.bin");
        QCOMPARE(first.kind, UploadOutcome::Kind::Sent);
        // Again: it is there.
        const auto again = sendTo(folder, "one", "d/p.bin");
        QCOMPARE(again.kind, UploadOutcome::Kind::Sent);
        QCOMPARE(again.place, first.place);
        // Other bytes of the same name never overwrite.
        const auto other = sendTo(folder, "two", "d/p.bin");
        QCOMPARE(other.kind, UploadOutcome::Kind::Sent);
        QVERIFY(other.place.ends_with("p_2.bin"));
        QCOMPARE(sendTo(folder, "two", "d/p.bin").place, other.place);
        QCOMPARE(readFile(first.place).value(), std::string("one"));
        int files = 0;
        for (const auto &entry :
             std::filesystem::recursive_directory_iterator(dir.path().toStdString()))
            files += entry.is_regular_file() ? 1 : 0;
        QCOMPARE(files, 2);
    }
    void folderTroubles()
    {
        FolderDestination none({});
        QVERIFY(!none.configured());
        QVERIFY(!none.configured().error().next.empty());
        // A file where the folder should be: no item can be written.
        const QTemporaryDir dir;
        const std::filesystem::path file = dir.path().toStdString() + "/file";
        QVERIFY(writeFileAtomic(file, "x").has_value());
        FolderDestination blocked(file);
        const auto outcome = sendTo(blocked, "one", "d/p.bin");
        QVERIFY(outcome.kind == UploadOutcome::Kind::Stopped ||
                outcome.kind == UploadOutcome::Kind::Retry);
        QVERIFY(outcome.error.has_value());
        QVERIFY(!blocked.test({}));
        FolderDestination fine(dir.path().toStdString());
        QVERIFY(fine.test({}).has_value());
        QVERIFY(std::filesystem::exists(file));
    }
    void settingsRoundTrip()
    {
        const QTemporaryDir dir;
        const std::filesystem::path file = dir.path().toStdString() + "/upload.json";
        QVERIFY(readUploadSettings(file)->whylabs.endpoint.empty());
        UploadSettings settings;
        settings.whylabs.enabled = true;
        settings.whylabs.endpoint = "https://whylabs.example";
        settings.whylabs.organization = "org-1";
        settings.whylabs.datasets["model-2"] = "model-77";
        settings.folder.directory = "/srv/ä";
        QVERIFY(writeUploadSettings(file, settings).has_value());
        const auto back = readUploadSettings(file).value();
        QVERIFY(back.whylabs.enabled && !back.folder.enabled);
        QCOMPARE(back.whylabs.endpoint, settings.whylabs.endpoint);
        QCOMPARE(back.whylabs.datasets, settings.whylabs.datasets);
        QCOMPARE(back.folder.directory, settings.folder.directory);
        for (const char *bad : {"", "[]", "{", "{\"whylabs\":{\"endpoint\":1}}",
                                "{\"whylabs\":{\"datasets\":{\"a\":1}}}", "{\"folder\":[]}"}) {
            QVERIFY(writeFileAtomic(file, bad).has_value());
            const auto read = readUploadSettings(file);
            QVERIFY2(!read, bad);
            QCOMPARE(read.error().code, ErrorCode::Corrupt);
        }
    }
    void environmentWins()
    {
        UploadSettings settings;
        settings.whylabs.endpoint = "https://file.example";
        settings.whylabs.organization = "org-file";
        qputenv("WHYLABS_API_ENDPOINT", "https://public.example");
        qputenv("WHYLABS_DEFAULT_DATASET_ID", "model-9");
        auto merged = withEnvironment(settings);
        QCOMPARE(merged.whylabs.endpoint, std::string("https://public.example"));
        QCOMPARE(merged.whylabs.defaultDataset, std::string("model-9"));
        QCOMPARE(merged.whylabs.organization, std::string("org-file"));
        qputenv("WHYLABS_PRIVATE_API_ENDPOINT", "https://private.example");
        qputenv("WHYLABS_DEFAULT_ORG_ID", "org-env");
        merged = withEnvironment(settings);
        QCOMPARE(merged.whylabs.endpoint, std::string("https://private.example"));
        QCOMPARE(merged.whylabs.organization, std::string("org-env"));
        for (const char *name : {"WHYLABS_API_ENDPOINT", "WHYLABS_DEFAULT_DATASET_ID",
                                 "WHYLABS_PRIVATE_API_ENDPOINT", "WHYLABS_DEFAULT_ORG_ID"})
            qunsetenv(name);
    }
    void keys()
    {
        const std::string good = "abcdefghij." + std::string(53, 'Z');
        QVERIFY(!whylabsKeyProblem(good));
        QVERIFY(!whylabsKeyProblem(good + ":org-1"));
        QCOMPARE(whylabsKeyOrganization(good + ":org-1"), std::string("org-1"));
        QCOMPARE(whylabsKeyOrganization(good), std::string());
        QCOMPARE(whylabsKeyId(good), std::string("abcdefghij"));
        for (const std::string &bad :
             {std::string(), std::string("short"), std::string(64, 'a'),
              "abcde-ghij." + std::string(53, 'Z'), "abcdefghij." + std::string(200, 'Z'),
              "abcdefghij.aaaa\r\nHost: x" + std::string(20, 'Z')})
            QVERIFY2(whylabsKeyProblem(bad).has_value(), bad.c_str());
    }
};

QTEST_APPLESS_MAIN(TestUploadParts)
#include "tst_upload_parts.moc"
