// Destinations against servers that others wrote: OpenStack Swift with its S3 interface, which
// checks signatures, and rclone's WebDAV. Skipped where these are not installed.

#include "contract.h"
#include "test_support.h"

#include <tepal/base/file.h>
#include <tepal/base/log.h>
#include <tepal/profile/file.h>

#include <QProcess>
#include <QStandardPaths>
#include <QTcpServer>
#include <QTest>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <thread>

using namespace tepal;
using namespace tepal::test;
using Kind = UploadOutcome::Kind;

namespace {

constexpr const char *kAccess = "test:writer";
constexpr const char *kSecret = "secretofthewriter";
/// What has to be encoded in an address, and sorts differently before and after.
const std::string kPrefix = "team=a+b: c/\xC3\xA9t\xC3\xA9";
const std::string kEncodedPrefix = "team%3Da%2Bb%3A%20c/%C3%A9t%C3%A9";

quint16 freePorts(int count)
{
    for (quint16 port = 21000; port < 60000; port = static_cast<quint16>(port + 7)) {
        std::vector<std::unique_ptr<QTcpServer>> servers;
        for (int i = 0; i < count; ++i) {
            servers.push_back(std::make_unique<QTcpServer>());
            if (!servers.back()->listen(QHostAddress::LocalHost, static_cast<quint16>(port + i)))
                break;
        }
        if (static_cast<int>(servers.size()) == count && servers.back()->isListening())
            return port;
    }
    return 0;
}

/// Something that is asked to sign a request as a destination does.
http::Request signedRequest(const std::string &method, const std::string &url)
{
    http::Request request;
    request.method = method;
    request.url = url;
    request.signature = std::string("aws:amz:us-east-1:s3");
    request.user = std::string(kAccess);
    request.password = std::string(kSecret);
    request.headers = {"x-amz-content-sha256: " + sha256Hex("")};
    return request;
}

std::vector<std::string> valuesOf(const std::string &xml, const std::string &tag)
{
    std::vector<std::string> values;
    const std::string open = "<" + tag + ">";
    for (std::size_t at = xml.find(open); at != std::string::npos; at = xml.find(open, at)) {
        at += open.size();
        values.push_back(xml.substr(at, xml.find("</" + tag + ">", at) - at));
    }
    return values;
}

/// Somebody elsewhere who lists a bucket and takes what is new.
class Reader
{
public:
    Reader(std::string bucket)
        : m_bucket(std::move(bucket))
    {}
    /// One walk over the whole list, a few names at a time.
    void read()
    {
        std::string after;
        for (;;) {
            std::string query = "?list-type=2&max-keys=7&prefix=team";
            if (!after.empty())
                query += "&start-after=" + encoded(after, false);
            const auto list = http::exchange(signedRequest("GET", m_bucket + query), {});
            if (!list || list->status != 200)
                return fail(list ? list->body : list.error().error.text());
            const auto keys = valuesOf(list->body, "Key");
            for (const std::string &key : keys)
                take(key);
            if (keys.empty())
                return;
            after = keys.back();
        }
    }
    std::int64_t rows() const
    {
        std::int64_t rows = 0;
        for (const auto &[dataset, profile] : m_merged)
            rows += profile.rows();
        return rows;
    }
    std::size_t objects() const { return m_seen.size(); }
    std::size_t datasets() const { return m_merged.size(); }
    const std::string &trouble() const { return m_trouble; }
    /// Each dataset's sum of `x`, by its place.
    std::map<std::string, std::int64_t> counts() const
    {
        std::map<std::string, std::int64_t> counts;
        for (const auto &[dataset, profile] : m_merged)
            counts[dataset] = profile.rows();
        return counts;
    }

private:
    static std::string encoded(const std::string &text, bool slashes)
    {
        std::string out;
        for (const char c : text) {
            const bool plain = (static_cast<unsigned char>(c) < 0x80 &&
                                std::isalnum(static_cast<unsigned char>(c)) != 0) ||
                               std::string_view("-._~").find(c) != std::string_view::npos ||
                               (slashes && c == '/');
            char hex[4];
            std::snprintf(hex, sizeof hex, "%%%02X", static_cast<unsigned char>(c));
            out += plain ? std::string(1, c) : std::string(hex);
        }
        return out;
    }
    void fail(const std::string &why)
    {
        if (m_trouble.empty())
            m_trouble = "reading: " + why;
    }
    void take(const std::string &key)
    {
        if (!key.ends_with(".bin") || m_seen.count(key) != 0)
            return;
        const auto object =
            http::exchange(signedRequest("GET", m_bucket + "/" + encoded(key, true)), {});
        if (!object || object->status != 200)
            return fail(key);
        const auto profile = parseProfile(object->body);
        if (!profile)
            return fail(key + ": " + profile.error().text());
        m_seen.insert(key);
        const std::string dataset = key.substr(kPrefix.size() + 1);
        const std::string name = dataset.substr(0, dataset.find('/'));
        const auto found = m_merged.find(name);
        if (found == m_merged.end())
            m_merged.emplace(name, *profile);
        else
            found->second.merge(*profile);
    }

    std::string m_bucket;
    std::string m_trouble;
    std::set<std::string> m_seen;
    std::map<std::string, DatasetProfile> m_merged;
};

} // namespace

class TestStores : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    QProcess m_swift;
    std::string m_endpoint;
    std::string m_missing; ///< Why there is no Swift.

    FieldValues bucket(const std::string &name, const std::string &region = "us-east-1") const
    {
        return {{"endpoint", m_endpoint},
                {"region", region},
                {"bucket", name},
                {"prefix", kPrefix},
                {"access-key", kAccess}};
    }
    std::unique_ptr<Destination> s3(const FieldValues &values,
                                    const std::string &secret = kSecret) const
    {
        return kS3Kind.make(values, readerOf({{"secret-key", secret}}));
    }
    void makeBucket(const std::string &name) const
    {
        const auto made = http::exchange(signedRequest("PUT", m_endpoint + "/" + name), {});
        QVERIFY2(made && (made->status == 200 || made->status == 409),
                 made ? made->body.c_str() : "no answer");
    }
    static void upload(QProcess &process, const Home &home, const std::string &kind,
                       const std::map<QString, std::string> &variables)
    {
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert("TEPAL_HOME", home.dir.path());
        environment.insert("XDG_CONFIG_HOME", home.dir.path() + "/settings");
        for (const auto &[name, value] : variables)
            environment.insert(name, qs(value));
        process.setProcessEnvironment(environment);
        process.start(qs((binDir() / "tepal").string()), {"upload", "--to", qs(kind)});
    }

private Q_SLOTS:
    void initTestCase()
    {
        setLogLevel(LogLevel::Error);
        const quint16 port = freePorts(4);
        const auto script = sourceDir() / "tests/e2e/stores/swift_server.py";
        QStringList arguments{qs(script.string()), m_dir.path() + "/swift", QString::number(port)};
        if (const QString root = qEnvironmentVariable("TEPAL_SWIFT_ROOT"); !root.isEmpty())
            arguments << root;
        m_swift.start("/usr/bin/python3", arguments);
        if (!m_swift.waitForStarted() || !m_swift.waitForReadyRead(60'000)) {
            m_missing = "needs Debian's swift-proxy, swift-account, swift-container, swift-object "
                        "and python3-lxml, installed or unpacked in TEPAL_SWIFT_ROOT: " +
                        m_swift.readAllStandardError().trimmed().toStdString();
            return;
        }
        m_endpoint = "http://127.0.0.1:" + std::to_string(port);
    }
    void cleanupTestCase()
    {
        m_swift.closeWriteChannel();
        if (m_swift.state() != QProcess::NotRunning && !m_swift.waitForFinished(20'000))
            m_swift.kill();
    }

    void swiftTakesWhatIsSigned()
    {
        if (m_endpoint.empty())
            QSKIP(m_missing.c_str());
        makeBucket("profiles");
        const auto destination = s3(bucket("profiles"));
        for (const auto &check : destination->test({}))
            QVERIFY2(check.ok, (check.text + "; " + check.next).c_str());
        Piece piece;
        const auto done = attempt(*destination, piece);
        QVERIFY2(done.outcome.kind == Kind::Sent,
                 done.outcome.error ? done.outcome.error->text().c_str() : "");
        QCOMPARE(done.outcome.place, "s3://profiles/" + kPrefix + "/" + piece.item.objectName);
        // Again, which changes nothing.
        QCOMPARE(attempt(*destination, piece).outcome.kind, Kind::Sent);
        // A large one, before which libcurl asks whether it may: that is not signed.
        Piece large;
        large.bytes.append(std::size_t{3} << 20, 'x');
        large.item.bytes = large.bytes;
        large.item.sha256 = sha256Hex(large.bytes);
        large.item.objectName = std::string("large.bin");
        const auto big = attempt(*destination, large);
        QVERIFY2(big.outcome.kind == Kind::Sent,
                 big.outcome.error ? big.outcome.error->text().c_str() : "");
        const auto there =
            http::exchange(signedRequest("GET", m_endpoint + "/profiles/" + kEncodedPrefix + "/" +
                                                    piece.item.objectName),
                           {});
        QVERIFY(there && there->status == 200);
        QVERIFY(there->body == piece.bytes);
    }
    void swiftRefusesWhatIsWrong_data()
    {
        QTest::addColumn<QString>("bucketName");
        QTest::addColumn<QString>("region");
        QTest::addColumn<QString>("access");
        QTest::addColumn<QString>("secret");
        QTest::addColumn<QString>("says");
        QTest::newRow("secret") << "refusing"
                                << "us-east-1" << kAccess << "another"
                                << "SignatureDoesNotMatch";
        QTest::newRow("access key")
            << "refusing"
            << "us-east-1"
            << "test:nobody" << kSecret
            << "SignatureDoesNotMatch"; // it tells nobody which keys there are
        QTest::newRow("region") << "refusing"
                                << "eu-north-1" << kAccess << kSecret
                                << "set the region to us-east-1";
        QTest::newRow("bucket") << "missing"
                                << "us-east-1" << kAccess << kSecret << "NoSuchBucket";
    }
    void swiftRefusesWhatIsWrong()
    {
        if (m_endpoint.empty())
            QSKIP(m_missing.c_str());
        QFETCH(QString, bucketName);
        QFETCH(QString, region);
        QFETCH(QString, access);
        QFETCH(QString, secret);
        QFETCH(QString, says);
        makeBucket("refusing");
        auto values = bucket(bucketName.toStdString(), region.toStdString());
        values["access-key"] = access.toStdString();
        const auto destination = s3(values, secret.toStdString());
        Piece piece;
        const auto done = attempt(*destination, piece);
        QCOMPARE(done.outcome.kind, Kind::Stopped);
        const QString text = qs(done.outcome.error->text());
        QVERIFY2(text.contains(says), qPrintable(text));
        const auto checks = destination->test({});
        QVERIFY(!checks.back().ok);
        QVERIFY(qs(checks.back().text + checks.back().next).contains(says));
    }
    void threeHomesAndTwoReaders()
    {
        if (m_endpoint.empty())
            QSKIP(m_missing.c_str());
        makeBucket("meeting-point");
        const std::string address = m_endpoint + "/meeting-point";
        constexpr int kPieces = 24;
        constexpr int kHomes = 3;
        // The same datasets and windows in each home, as behind a load balancer.
        std::vector<std::unique_ptr<Home>> homes;
        for (int i = 0; i < kHomes; ++i)
            homes.push_back(std::make_unique<Home>(kPieces, 3, "orders=a+b: \xC3\xA9-"));
        std::atomic<bool> written{false};
        std::vector<Reader> readers(2, Reader(address));
        std::vector<std::thread> threads;
        for (Reader &reader : readers)
            threads.emplace_back([&reader, &written] {
                while (!written)
                    reader.read();
                reader.read();
            });
        std::vector<std::unique_ptr<QProcess>> writers;
        for (const auto &home : homes) {
            writers.push_back(std::make_unique<QProcess>());
            upload(*writers.back(), *home, "s3",
                   {{"AWS_ENDPOINT_URL_S3", m_endpoint},
                    {"AWS_ACCESS_KEY_ID", kAccess},
                    {"AWS_SECRET_ACCESS_KEY", kSecret},
                    {"AWS_REGION", "us-east-1"},
                    {"TEPAL_S3_BUCKET", "meeting-point"},
                    {"TEPAL_S3_PREFIX", kPrefix}});
        }
        std::vector<std::string> said;
        for (const auto &writer : writers) {
            const bool fine = writer->waitForFinished(120'000) && writer->exitCode() == 0;
            said.push_back(fine ? "" : writer->readAllStandardError().toStdString());
        }
        written = true;
        for (std::thread &thread : threads)
            thread.join();
        for (const std::string &text : said)
            QVERIFY2(text.empty(), text.c_str());
        // Piece i has 10 + i rows.
        std::int64_t rows = 0;
        for (int i = 0; i < kPieces; ++i)
            rows += kHomes * (10 + i);
        for (const Reader &reader : readers) {
            QVERIFY2(reader.trouble().empty(), reader.trouble().c_str());
            QCOMPARE(reader.objects(), std::size_t{kPieces} * kHomes);
            QCOMPARE(reader.datasets(), std::size_t{3});
            QCOMPARE(reader.rows(), rows);
        }
        QVERIFY(readers[0].counts() == readers[1].counts());
        for (const auto &home : homes)
            QCOMPARE(home->sent(), kPieces);
    }

    void webdav()
    {
        QString rclone = qEnvironmentVariable("TEPAL_RCLONE");
        if (rclone.isEmpty())
            rclone = QStandardPaths::findExecutable("rclone");
        if (rclone.isEmpty())
            QSKIP("needs rclone, in the path or named by TEPAL_RCLONE");
        const quint16 port = freePorts(1);
        const QString files = m_dir.path() + "/webdav";
        std::filesystem::create_directories(files.toStdString());
        QProcess server;
        server.start(rclone, {"serve", "webdav", files, "--addr",
                              "127.0.0.1:" + QString::number(port), "--user", "uploader", "--pass",
                              "s3same-open", "--config", m_dir.path() + "/rclone.conf"});
        QVERIFY(server.waitForStarted());
        const FieldValues values{{"url", "http://127.0.0.1:" + std::to_string(port)},
                                 {"user", "uploader"}};
        const auto destination = kHttpKind.make(values, readerOf({{"password", "s3same-open"}}));
        std::vector<DestinationCheck> checks;
        QTRY_VERIFY_WITH_TIMEOUT((checks = destination->test({})).back().ok, 20'000);
        QCOMPARE(checks.size(), std::size_t{3});
        QVERIFY2(checks[1].text.find("is a WebDAV folder") != std::string::npos,
                 checks[1].text.c_str());
        const auto wrong = kHttpKind.make(values, readerOf({{"password", "another-password"}}));
        Piece piece;
        QCOMPARE(attempt(*wrong, piece).outcome.kind, Kind::Stopped);
        // Its folders are not there yet.
        Piece first;
        const auto done = attempt(*destination, first);
        QVERIFY2(done.outcome.kind == Kind::Sent,
                 done.outcome.error ? done.outcome.error->text().c_str() : "");
        QCOMPARE(attempt(*destination, first).outcome.kind, Kind::Sent);
        QVERIFY(readAll(std::filesystem::path(files.toStdString()) / first.item.objectName) ==
                first.bytes);
        // The program itself, with many at once.
        const Home home(30, 3);
        QProcess writer;
        upload(writer, home, "http",
               {{"TEPAL_HTTP_URL", values.at("url")},
                {"TEPAL_HTTP_USER", "uploader"},
                {"TEPAL_HTTP_PASSWORD", "s3same-open"}});
        QVERIFY(writer.waitForFinished(60'000));
        QVERIFY2(writer.exitCode() == 0, writer.readAllStandardError().constData());
        std::int64_t rows = 0;
        int objects = 0;
        for (const auto &entry :
             std::filesystem::recursive_directory_iterator(files.toStdString())) {
            if (!entry.is_regular_file())
                continue;
            ++objects;
            rows += parseProfile(readAll(entry.path()))->rows();
        }
        QCOMPARE(objects, 31);
        QCOMPARE(rows, std::int64_t{25 + 30 * 10 + 29 * 15});
        server.terminate();
        if (!server.waitForFinished(10'000))
            server.kill();
        // Nobody is there any more: it is tried again, all of it later.
        Piece late(27);
        const auto gone = attempt(*destination, late);
        QVERIFY(gone.outcome.kind == Kind::Retry && gone.outcome.everyItem);
    }
};

QTEST_GUILESS_MAIN(TestStores)
#include "tst_stores.moc"
