// The endpoint with TLS and with a token, asked by curl, by OpenSSL and by raw sockets.

#include "certificate.h"
#include "http_client.h"

#include <tepal/base/log.h>

#include <QFile>
#include <QProcess>
#include <QtTest>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

using namespace tepal;
using namespace tepal::test;

namespace {

const std::string kRow = "[[4.9,3,1.4,0.2]]";
const std::string kSecret = "correct-horse-battery-staple";

/// Files of a certificate in a folder of their own.
struct Files
{
    explicit Files(const Certificate &made)
    {
        write("cert.pem", made.certificate);
        write("key.pem", made.key);
    }
    std::string path(const char *name) const { return dir.filePath(name).toStdString(); }
    void write(const char *name, const std::string &bytes) const
    {
        QFile file(dir.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes.data(), qint64(bytes.size())) < 0)
            qFatal("cannot write %s", name);
    }
    ServerOptions options() const
    {
        ServerOptions options;
        options.sslCertificate = path("cert.pem");
        options.sslKey = path("key.pem");
        return options;
    }
    QTemporaryDir dir;
};

/// A connection of OpenSSL's own, over the raw client's socket.
class Secure
{
public:
    explicit Secure(std::uint16_t port, int most = 0, const std::string &protocols = {})
        : m_client(port)
        , m_context(SSL_CTX_new(TLS_client_method()))
        , m_ssl(nullptr)
    {
        if (most != 0) {
            SSL_CTX_set_security_level(m_context, 0);
            SSL_CTX_set_min_proto_version(m_context, TLS1_VERSION);
            SSL_CTX_set_max_proto_version(m_context, most);
        }
        if (!protocols.empty())
            SSL_CTX_set_alpn_protos(m_context,
                                    reinterpret_cast<const unsigned char *>(protocols.data()),
                                    static_cast<unsigned>(protocols.size()));
        m_ssl = SSL_new(m_context);
        SSL_set_fd(m_ssl, m_client.socket());
        m_connected = SSL_connect(m_ssl) == 1;
    }
    ~Secure()
    {
        SSL_free(m_ssl);
        SSL_CTX_free(m_context);
    }
    Secure(const Secure &) = delete;
    Secure &operator=(const Secure &) = delete;

    bool connected() const { return m_connected; }
    Client &raw() { return m_client; }
    void send(const std::string &bytes) { SSL_write(m_ssl, bytes.data(), int(bytes.size())); }
    /// What comes until `end` bytes are there, or the connection's end.
    std::string receive(std::size_t end = std::string::npos)
    {
        std::string all;
        char bytes[16384];
        while (all.size() < end) {
            const int got = SSL_read(m_ssl, bytes, sizeof bytes);
            if (got <= 0)
                break;
            all.append(bytes, std::size_t(got));
        }
        return all;
    }
    std::string protocol() const
    {
        const unsigned char *name = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(m_ssl, &name, &size);
        return std::string(name, name + size);
    }
    bool saidEnd() const { return (SSL_get_shutdown(m_ssl) & SSL_RECEIVED_SHUTDOWN) != 0; }

private:
    Client m_client;
    SSL_CTX *m_context;
    SSL *m_ssl;
    bool m_connected = false;
};

std::uint64_t countOf(const Fixture &fixture, Refusal reason)
{
    for (const RefusalCount &one : fixture.server->stats().refused) {
        if (one.reason == reason)
            return one.count;
    }
    return 0;
}

std::string why(ServerOptions options)
{
    options.logging = false;
    const auto started = Server::start(options, {});
    return started ? "started" : started.error().text();
}

bool says(const std::string &text, const std::string &part)
{
    if (text.find(part) != std::string::npos)
        return true;
    qWarning("\"%s\" lacks \"%s\"", text.c_str(), part.c_str());
    return false;
}

} // namespace

class TestTls : public QObject
{
    Q_OBJECT

    std::unique_ptr<Files> m_files;
    std::unique_ptr<Fixture> m_fixture;

    std::string curl(const QStringList &arguments, const Fixture &fixture) const
    {
        QProcess process;
        QStringList all{
            "-s",        "-S", "--max-time", "20",
            "--noproxy", "*",  "--cacert",   QString::fromStdString(m_files->path("cert.pem"))};
        for (QString one : arguments)
            all << one.replace("@URL", QString::fromStdString(fixture.server->url()));
        process.start("curl", all);
        if (!process.waitForFinished(30'000))
            return "curl did not end";
        return (process.readAllStandardOutput() + process.readAllStandardError()).toStdString();
    }

private Q_SLOTS:
    void initTestCase()
    {
        setLogLevel(LogLevel::Error);
        m_files = std::make_unique<Files>(makeCertificate("IP:127.0.0.1"));
        m_fixture = std::make_unique<Fixture>(m_files->options());
    }

    void curlAsks()
    {
        QCOMPARE(m_fixture->server->url().substr(0, 8), std::string("https://"));
        QVERIFY(m_fixture->server->warnings().empty());
        const QString url = "@URL" + QString::fromStdString(kPredict);
        const auto rows = m_fixture->rows().size();
        QCOMPARE(curl({"-d", QString::fromStdString(kRow), url}, *m_fixture),
                 std::string("setosa"));
        // Twice on one connection, which curl says how many it made of.
        QCOMPARE(curl({"-d", QString::fromStdString(kRow), "-w", " %{num_connects} ", url, url},
                      *m_fixture),
                 std::string("setosa 1 setosa 0 "));
        QCOMPARE(curl({"--tlsv1.2", "--tls-max", "1.2", "@URL/healthz"}, *m_fixture),
                 std::string("\n"));
        QCOMPARE(m_fixture->rows().size(), rows + 3);
        QVERIFY(says(curl({"-i", "@URL/healthz/"}, *m_fixture),
                     "location: " + m_fixture->server->url() + "/healthz"));
    }

    void largeBodies()
    {
        std::string sent = "[[1]";
        for (int i = 0; i < 300'000; ++i)
            sent += ",[1]";
        m_files->write("large.json", sent + "]");
        const std::string got =
            curl({"--data-binary", "@" + QString::fromStdString(m_files->path("large.json")),
                  "@URL/v1/models/custom_model/predict"},
                 *m_fixture);
        QCOMPARE(got.size(), std::size_t{300'001 * 8 + 1});
        // A reader that takes its time: the server waits for it and loses nothing.
        Secure slow(m_fixture->server->port());
        QVERIFY(slow.connected());
        slow.send("POST /v1/models/custom_model/predict HTTP/1.1\r\nHost: localhost\r\n"
                  "Connection: close\r\nContent-Length: " +
                  std::to_string(sent.size() + 1) + "\r\n\r\n" + sent + "]");
        std::string all = slow.receive(1);
        QTest::qWait(300);
        QCOMPARE(m_fixture->server->stats().byStatus.at(200) > 0, true);
        all += slow.receive();
        QVERIFY(all.ends_with("{\"0\":1}]"));
        QCOMPARE(all.size() - all.find("\r\n\r\n") - 4, std::size_t{300'001 * 8 + 1});
        QVERIFY(slow.saidEnd());
    }

    void pipelinedAndInPieces()
    {
        Secure client(m_fixture->server->port());
        const std::string one = request("POST", kPredict, kRow);
        std::string many;
        for (int i = 0; i < 50; ++i)
            many += one;
        client.send(many);
        const std::string answers = client.receive(50 * 150);
        std::size_t found = 0;
        for (std::size_t at = 0; (at = answers.find("\r\n\r\nsetosa", at)) != answers.npos; ++at)
            ++found;
        QVERIFY(found >= 30);
        Secure pieces(m_fixture->server->port());
        for (const char c : request("POST", kPredict, kRow, "Connection: close\r\n"))
            pieces.send(std::string(1, c));
        QVERIFY(pieces.receive().ends_with("\r\n\r\nsetosa"));
        QVERIFY(pieces.saidEnd());
    }

    void protocols()
    {
        Secure both(m_fixture->server->port(), 0, std::string("\x02h2\x08http/1.1"));
        QVERIFY(both.connected());
        QCOMPARE(both.protocol(), std::string("http/1.1"));
        const auto before = countOf(*m_fixture, Refusal::Handshake);
        Secure newer(m_fixture->server->port(), 0, std::string("\x02h2"));
        QVERIFY(!newer.connected());
        QTRY_COMPARE(countOf(*m_fixture, Refusal::Handshake), before + 1);
        Secure old(m_fixture->server->port(), TLS1_1_VERSION);
        QVERIFY(!old.connected());
        QTRY_COMPARE(countOf(*m_fixture, Refusal::Handshake), before + 2);
        Secure fine(m_fixture->server->port(), TLS1_2_VERSION);
        QVERIFY(fine.connected());
    }

    void plainHttpIsToldSo()
    {
        const auto before = countOf(*m_fixture, Refusal::Handshake);
        const auto answer = m_fixture->post(kPredict, kRow);
        QCOMPARE(answer.status, 400);
        QVERIFY(says(answer.body, "https://"));
        QCOMPARE(answer.header("connection"), std::string("close"));
        QCOMPARE(m_fixture->get("/healthz").status, 400);
        QTRY_COMPARE(countOf(*m_fixture, Refusal::Handshake), before + 2);
        Client noise(m_fixture->server->port());
        noise.send(std::string("\x16\x03\x01\xff\xff") + std::string(100'000, 'x'));
        QCOMPARE(noise.receive().status, 0); // An alert at most.
        QTRY_COMPARE(countOf(*m_fixture, Refusal::Handshake), before + 3);
        // Whoever only looks is no refusal.
        for (int i = 0; i < 10; ++i)
            Client looks(m_fixture->server->port());
        QTRY_COMPARE_WITH_TIMEOUT(m_fixture->server->stats().connections, std::uint64_t{0}, 15'000);
        QCOMPARE(countOf(*m_fixture, Refusal::Handshake), before + 3);
    }

    void slowHandshakes()
    {
        ServerOptions options = m_files->options();
        options.handshakeTimeout = 100;
        options.requestTimeout = options.keepAlive = 60'000;
        options.keepAlive = 400; // The clock ticks by it.
        Fixture fixture(options);
        Client silent(fixture.server->port());
        Client half(fixture.server->port());
        half.send(std::string("\x16\x03\x01\x02", 4));
        QVERIFY(silent.closed());
        QVERIFY(half.closed());
        QCOMPARE(countOf(fixture, Refusal::Slow), std::uint64_t{2});
    }

    void clientsThatGoAway()
    {
        for (int i = 0; i < 20; ++i) {
            Secure client(m_fixture->server->port());
            std::string rows = "[[1]";
            for (int row = 0; row < 20'000; ++row)
                rows += ",[1]";
            rows += "]";
            client.send(request("POST", "/v1/models/custom_model/predict", rows));
            const linger now{1, 0};
            ::setsockopt(client.raw().socket(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
            if (i % 2 == 0)
                client.receive(1);
        }
        QTRY_COMPARE_WITH_TIMEOUT(m_fixture->server->stats().connections, std::uint64_t{0}, 15'000);
        QCOMPARE(curl({"@URL/healthz"}, *m_fixture), std::string("\n"));
    }

    void tooManyConnections()
    {
        ServerOptions options = m_files->options();
        options.threads = 1;
        options.maxConnections = 1;
        options.requestTimeout = options.keepAlive = 60'000;
        Fixture fixture(options);
        Secure busy(fixture.server->port());
        busy.send("POST " + kPredict);
        QTRY_COMPARE(fixture.server->stats().inFlight, std::uint64_t{1});
        // No words in clear where a handshake is expected.
        Client other(fixture.server->port());
        QVERIFY(other.closed());
        QCOMPARE(countOf(fixture, Refusal::Connections), std::uint64_t{1});
    }

    void stops()
    {
        auto fixture = std::make_unique<Fixture>(m_files->options());
        Secure idle(fixture->server->port());
        Secure busy(fixture->server->port());
        const std::string one = request("POST", kPredict, kRow);
        busy.send(one.substr(0, 70));
        QTRY_COMPARE(fixture->server->stats().inFlight, std::uint64_t{1});
        Client handshaking(fixture->server->port());
        std::thread stopping([&] { fixture->server->stop(); });
        QCOMPARE(idle.receive(), std::string());
        QVERIFY(idle.saidEnd());
        busy.send(one.substr(70));
        QVERIFY(says(busy.receive(), "setosa"));
        handshaking.finishSending();
        stopping.join();
        QCOMPARE(fixture->rows().size(), std::size_t{1});
    }

    void wrongFiles()
    {
        const auto other = makeCertificate("IP:127.0.0.1");
        m_files->write("other.pem", other.key);
        m_files->write("noise.pem", "this is no key\n");
        {
            // The same key, locked.
            BIO *in = BIO_new_mem_buf(other.key.data(), int(other.key.size()));
            EVP_PKEY *key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
            BIO *out = BIO_new(BIO_s_mem());
            char password[] = "secret";
            PEM_write_bio_PKCS8PrivateKey(out, key, EVP_aes_128_cbc(), password, 6, nullptr,
                                          nullptr);
            char *bytes = nullptr;
            const long size = BIO_get_mem_data(out, &bytes);
            m_files->write("locked.pem", std::string(bytes, std::size_t(size)));
            BIO_free(in);
            BIO_free(out);
            EVP_PKEY_free(key);
        }
        const auto with = [&](const char *certificate, const char *key) {
            ServerOptions options;
            options.sslCertificate = certificate == nullptr ? "" : m_files->path(certificate);
            options.sslKey = key == nullptr ? "" : m_files->path(key);
            return why(options);
        };
        QCOMPARE(with("cert.pem", "key.pem"), std::string("started"));
        QVERIFY(says(with("none.pem", "key.pem"), "none.pem cannot be read: No such file"));
        QVERIFY(says(with("cert.pem", "none.pem"), "--ssl-keyfile"));
        QVERIFY(says(with("noise.pem", "key.pem"), "holds no certificate in PEM form"));
        QVERIFY(says(with("cert.pem", "noise.pem"), "holds no private key in PEM form"));
        QVERIFY(says(with("cert.pem", "cert.pem"), "holds no private key"));
        QVERIFY(says(with("cert.pem", "other.pem"), "does not belong to the certificate"));
        QVERIFY(says(with("cert.pem", "locked.pem"), "is locked with a password"));
        QProcess weak; // Skipped where there is no openssl.
        weak.start("openssl", {"req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=weak",
                               "-keyout", QString::fromStdString(m_files->path("weak-key.pem")),
                               "-out", QString::fromStdString(m_files->path("weak.pem"))});
        if (weak.waitForFinished() && weak.exitCode() == 0)
            QVERIFY(says(with("weak.pem", "weak-key.pem"), "cannot be used: ee key too small"));
        QVERIFY(says(with("cert.pem", nullptr), "give both"));
        QVERIFY(says(with(nullptr, "key.pem"), "give both"));
    }

    void warnings()
    {
        const auto about = [&](const ServerOptions &options) {
            Fixture fixture(options);
            std::string all;
            for (const std::string &one : fixture.server->warnings())
                all += one + "\n";
            return all;
        };
        const Files expired(makeCertificate("IP:127.0.0.1", -10, -2));
        QVERIFY(says(about(expired.options()), "the certificate expired on "));
        const Files early(makeCertificate("IP:127.0.0.1", 2, 10));
        QVERIFY(says(about(early.options()), "the certificate is not valid before "));
        ServerOptions open = m_files->options();
        open.host = "0.0.0.0";
        open.allowRemote = true;
        QVERIFY(says(about(open), "no token is needed; start it with --token-file"));
        open.token = kSecret;
        QCOMPARE(about(open), std::string());
        open.sslCertificate = open.sslKey = "";
        QVERIFY(says(about(open), "can be read on its way, the token too"));
        QVERIFY(about(open).find(kSecret) == std::string::npos);
    }

    void token()
    {
        ServerOptions options;
        options.token = kSecret;
        options.allowedOrigins = {"https://app.example"};
        Fixture fixture(options);
        const auto with = [&](const std::string &header) {
            return fixture.post(kPredict, kRow,
                                header.empty() ? "" : "Authorization: " + header + "\r\n");
        };
        QCOMPARE(with("Bearer " + kSecret).body, std::string("setosa"));
        QCOMPARE(with("bearer  " + kSecret).body, std::string("setosa"));
        QCOMPARE(fixture.rows().size(), std::size_t{2});
        const std::string before = kSecret.substr(0, kSecret.size() - 1);
        for (const std::string &wrong :
             {std::string(), "Bearer " + before, "Bearer " + kSecret + "x", "Bearer" + kSecret,
              "Basic " + kSecret, kSecret, std::string("Bearer"), std::string("Bearer ")}) {
            const auto answer = with(wrong);
            QCOMPARE(answer.status, 401);
            QCOMPARE(answer.header("www-authenticate"), std::string("Bearer"));
            QVERIFY(answer.body.find(kSecret.substr(0, 8)) == std::string::npos);
        }
        QCOMPARE(countOf(fixture, Refusal::NoToken), std::uint64_t{8});
        QCOMPARE(fixture.rows().size(), std::size_t{2});
        QCOMPARE(fixture
                     .post(kPredict, kRow,
                           "Authorization: Bearer " + kSecret + "\r\nAuthorization: Bearer x\r\n")
                     .status,
                 400);
        for (const char *health : {"/healthz", "/livez", "/readyz", "/ping", "/health",
                                   "/v2/health/live", "/v2/health/ready"})
            QCOMPARE(fixture.get(health).status, 200);
        for (const char *closed : {"/metrics", "/docs.json", "/", "/v1/models", "/nothing"})
            QCOMPARE(fixture.get(closed).status, 401);
        // A preflight cannot carry one.
        QCOMPARE(fixture
                     .ask("OPTIONS " + kPredict +
                          " HTTP/1.1\r\nHost: localhost\r\nOrigin: https://app.example\r\n"
                          "Access-Control-Request-Method: POST\r\n\r\n")
                     .status,
                 200);
        const auto metrics =
            fixture.get("/metrics", "Authorization: Bearer " + kSecret + "\r\n").body;
        QVERIFY(says(metrics, "tepal_refused_requests_total{reason=\"no_token\"} 13.0"));
        QVERIFY(says(metrics, "http_response_code=\"401\""));
        QVERIFY(metrics.find(kSecret) == std::string::npos);
    }

    void unusableTokens()
    {
        const auto with = [](const std::string &token) {
            ServerOptions options;
            options.token = token;
            return why(options);
        };
        QVERIFY(says(with("short"), "the token has 5 characters"));
        QVERIFY(says(with("sixteen letters and spaces"), "no header can carry"));
        QVERIFY(with("sixteen letters and spaces").find("letters and") == std::string::npos);
        QCOMPARE(with(kSecret), std::string("started"));
    }
};

QTEST_GUILESS_MAIN(TestTls)
#include "tst_tls.moc"
