#include "test_support.h"

#include <tepal/base/file.h>
#include <tepal/base/log.h>
#include <tepal/base/random.h>
#include <tepal/base/text.h>
#include <tepal/base/wire.h>

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <limits>

using namespace tepal;

class TestBase : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void wireRoundTrip()
    {
        std::string out;
        wire::Writer writer(out);
        writer.uint64(1, 0);
        writer.uint64(2, std::numeric_limits<std::uint64_t>::max());
        writer.sint64(3, -5);
        writer.fixed64(4, 2.5);
        writer.bytes(5, "text");
        wire::Reader reader(out);
        wire::Field field;
        QVERIFY(reader.next(field) && field.number == 1 && field.value == 0);
        QVERIFY(reader.next(field) && field.value == std::numeric_limits<std::uint64_t>::max());
        QVERIFY(reader.next(field) && wire::unzigzag(field.value) == -5);
        QVERIFY(reader.next(field) && field.asDouble() == 2.5);
        QVERIFY(reader.next(field) && field.bytes == "text" && field.whole.size() == 6);
        QVERIFY(!reader.next(field) && !reader.failed());
        // Every truncation is noticed unless it falls between two fields.
        for (std::size_t cut = 0; cut < out.size(); ++cut) {
            wire::Reader partial(std::string_view(out).substr(0, cut));
            std::size_t whole = 0;
            while (partial.next(field))
                whole += field.whole.size();
            QVERIFY(partial.failed() || whole == cut);
        }
    }
    void wireRefusesNonsense()
    {
        wire::Field field;
        for (const std::string &bytes :
             {std::string("\x00", 1), std::string("\x0B"), std::string("\x0A\x7F"),
              std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01")}) {
            wire::Reader reader(bytes);
            QVERIFY(!reader.next(field));
            QVERIFY(reader.failed());
        }
    }
    void doubles()
    {
        QCOMPARE(parseDouble("4.9"), 4.9);
        QCOMPARE(parseDouble("+1e3"), 1000.0);
        QCOMPARE(parseDouble("1e999"), HUGE_VAL);
        QCOMPARE(parseDouble("-1e999"), -HUGE_VAL);
        QCOMPARE(parseDouble("1e-999"), 0.0);
        QVERIFY(!parseDouble("") && !parseDouble("4.9x") && !parseDouble(" 1"));
        QVERIFY(std::isnan(*parseDouble("nan")));
        QCOMPARE(formatDouble(0.1), std::string("0.1"));
        for (const double d : {1e300, -0.0, 5e-324, 1.0 / 3, 123456789.0})
            QCOMPARE(parseDouble(formatDouble(d)), d);
    }
    void utf8()
    {
        QVERIFY(isUtf8("gr\xC3\xBC\xC3\x9F"));
        QVERIFY(!isUtf8("\xC3") && !isUtf8("\xED\xA0\x80") && !isUtf8("\xF5\x80\x80\x80"));
        QVERIFY(!isUtf8("\xC0\xAF"));
        QCOMPARE(toUtf8("a\xFFz"), std::string("a\xEF\xBF\xBDz"));
        QCOMPARE(utf8Prefix("\xC3\xBC\xC3\xBC\xC3\xBC", 2), std::string_view("\xC3\xBC\xC3\xBC"));
    }
    void terminalTexts_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("shown");
        const auto row = [](const char *name, QByteArray text, const char *shown) {
            QTest::newRow(name) << text << QByteArray(shown);
        };
        row("plain", "EU/N – größer \xE2\x82\xAC \\", "EU/N – größer \xE2\x82\xAC \\");
        row("escape", "\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07");
        row("nul", QByteArray("a\0b", 3), "a\\x00b");
        row("delete", "a\x7f", "a\\x7f");
        row("line ends", "a\r\n\tb", "a\\r\\n\\tb");
        row("C1",
            "\xC2\x9B"
            "2J\xC2\x80\xC2\x9F\xC2\xA0",
            "\\u009b2J\\u0080\\u009f\xC2\xA0");
        row("direction",
            "\xE2\x80\xAE"
            "cod\xE2\x81\xA6\xE2\x80\x8E\xD8\x9C",
            "\\u202ecod\\u2066\\u200e\\u061c");
        row("line separator", "\xE2\x80\xA8", "\\u2028");
        row("lone byte",
            "\x9b"
            "2J\xff",
            "\\x9b2J\\xff");
        row("cut sequence", "\xE2\x80", "\\xe2\\x80");
        row("surrogate", "\xED\xA0\x80", "\\xed\\xa0\\x80");
        row("emoji", "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x94\xAC",
            "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x94\xAC");
        row("nothing", "", "");
    }
    void terminalTexts()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, shown);
        QCOMPARE(QByteArray::fromStdString(terminalText(text.toStdString())), shown);
    }
    void sizes()
    {
        QCOMPARE(parseSize("64MiB").value(), 64ull << 20);
        QCOMPARE(parseSize("1 gib").value(), 1ull << 30);
        QCOMPARE(parseSize("512").value(), 512ull);
        QCOMPARE(parseSize("512B").value(), 512ull);
        QCOMPARE(parseSize("10MB").value(), 10'000'000ull);
        QCOMPARE(parseSize("0").value(), 0ull);
        for (const char *text : {"", "MiB", "-1MiB", "+1", "1.5GiB", "1MiBs", "1e3", "64 M",
                                 "99999999999TiB", "99999999999999999999", " 1"}) {
            const auto size = parseSize(text);
            QVERIFY2(!size, text);
            QCOMPARE(size.error().code, ErrorCode::InvalidArgument);
            QVERIFY(!size.error().next.empty());
        }
        QCOMPARE(formatSize(32u << 20), std::string("32 MiB"));
        QCOMPARE(formatSize(1000), std::string("1000 bytes"));
        QCOMPARE(formatSize(0), std::string("0 bytes"));
        for (const std::uint64_t size : {1ull << 10, 3ull << 40, 1025ull, 1ull << 52})
            QVERIFY(formatSize(size).ends_with("bytes") || parseSize(formatSize(size)) == size);
    }
    void files()
    {
        QTemporaryDir dir;
        const std::filesystem::path root = dir.path().toStdString();
        const auto path = root / "sub" / "a.bin";
        QVERIFY(writeFileAtomic(path, "one"));
        QVERIFY(writeFileAtomic(path, "two"));
        QCOMPARE(readFile(path).value(), std::string("two"));
        QVERIFY(!readFile(path, 2));
        QCOMPARE(writeFileNew(path, "three").error().code, ErrorCode::AlreadyExists);
        QCOMPARE(readFile(path).value(), std::string("two"));
        QVERIFY(writeFileNew(root / "b", "x"));
        QCOMPARE(readFile(root / "none").error().code, ErrorCode::NotFound);
        QVERIFY(!readFile(root));
        int files = 0;
        for ([[maybe_unused]] const auto &entry :
             std::filesystem::recursive_directory_iterator(root))
            ++files;
        QCOMPARE(files, 3); // sub, sub/a.bin, b: no temporary file stays behind
    }
    void lockIsExclusive()
    {
        QTemporaryDir dir;
        const std::filesystem::path path = (dir.path() + QStringLiteral("/l")).toStdString();
        auto first = FileLock::acquire(path, "process 7");
        QVERIFY(first);
        const auto second = FileLock::acquire(path, "process 8");
        QCOMPARE(second.error().code, ErrorCode::Busy);
        QVERIFY(second.error().message.find("process 7") != std::string::npos);
        *first = FileLock();
        QVERIFY(FileLock::acquire(path, "process 8"));
    }
    void randomIsTheKnownSequence()
    {
        SplitMix64 rng(1234567);
        QCOMPARE(rng.next(), 6457827717110365317ull); // reference values of the published algorithm
        QCOMPARE(rng.next(), 3203168211198807973ull);
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < 20000; ++i) {
            const double x = rng.normal();
            sum += x;
            squares += x * x;
        }
        QVERIFY(std::abs(sum / 20000) < 0.03);
        QVERIFY(std::abs(squares / 20000 - 1) < 0.05);
    }
    void logRing()
    {
        setLogToStderr(false);
        const auto before = lastLogId();
        logInfo("test", "one\ntwo");
        logDebug("test", "below the level");
        const auto entries = logEntriesAfter(before);
        QCOMPARE(entries.size(), std::size_t{1});
        QCOMPARE(entries[0].text, std::string("one two"));
        QVERIFY(logEntriesAfter(entries[0].id).empty());
    }
};

QTEST_APPLESS_MAIN(TestBase)
#include "tst_base.moc"
