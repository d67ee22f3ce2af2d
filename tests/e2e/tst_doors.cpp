// One table, every door: the same rows as a file, through every form of request, row by row and
// through a pipe give the same profile, column by column. The tables are random; the seed is
// printed and can be given in TEPAL_SEED.

#include "profile_difference.h"
#include "test_support.h"

#include <tepal/base/random.h>
#include <tepal/base/text.h>
#include <tepal/profile/file.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace tepal;
using namespace tepal::test;

namespace {

/// One cell in both spellings; missing when the JSON is null.
struct Cell
{
    std::string csv;
    std::string json = "null";
};

struct RandomTable
{
    std::vector<std::string> names;
    std::vector<std::vector<Cell>> rows;
};

enum class Kind { Integers, Ids, Hashes, Fractions, Far, Booleans, Words, Texts, Nothing };

class TableMaker
{
public:
    explicit TableMaker(std::uint64_t seed)
        : m_random(seed)
    {}

    RandomTable make()
    {
        RandomTable table;
        const std::size_t width = 3 + below(12);
        const std::size_t height = 20 + below(180);
        std::vector<Kind> kinds;
        std::vector<bool> gaps;
        for (std::size_t c = 0; c < width; ++c) {
            kinds.push_back(static_cast<Kind>(below(9)));
            gaps.push_back(below(2) == 0);
            table.names.push_back(name(c));
        }
        for (std::size_t r = 0; r < height; ++r) {
            auto &row = table.rows.emplace_back();
            for (std::size_t c = 0; c < width; ++c) {
                // The first rows always have something, so that a column is of its kind.
                const bool missing =
                    kinds[c] == Kind::Nothing || (gaps[c] && r > 2 && below(5) == 0);
                row.push_back(missing ? missingCell() : cell(kinds[c], r));
            }
        }
        return table;
    }
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(m_random.next() % n); }

private:
    std::string name(std::size_t c)
    {
        static const std::vector<std::string> kNames{
            "a", "name with blanks", "größe", "x,y", "say \"hi\"", "温度", "tab\there"};
        return kNames[below(kNames.size())] + std::to_string(c);
    }
    Cell missingCell()
    {
        static const std::vector<std::string> kWords{"",     "",    "",    "NA",   "NULL",
                                                     "None", "nan", "N/A", "#N/A", "<NA>"};
        return {kWords[below(kWords.size())], "null"};
    }
    static std::string quoted(const std::string &text)
    {
        std::string out = "\"";
        for (const char c : text)
            out += c == '"' ? std::string("\"\"") : std::string(1, c);
        return out + "\"";
    }
    static std::string jsonText(const std::string &text)
    {
        return QJsonDocument(QJsonArray{QString::fromStdString(text)})
            .toJson(QJsonDocument::Compact)
            .mid(1)
            .chopped(1)
            .toStdString();
    }
    Cell fraction(double value)
    {
        std::string text = formatDouble(value);
        if (text.find_first_not_of("-0123456789") == text.npos)
            text += ".0";
        std::string json = text;
        if (std::isinf(value))
            json = value > 0 ? "Infinity" : "-Infinity";
        return {below(4) == 0 ? quoted(text) : text, json};
    }
    Cell cell(Kind kind, std::size_t row)
    {
        switch (kind) {
        case Kind::Integers: {
            const auto value = static_cast<std::int64_t>(m_random.next()) >> (below(3) * 24);
            const std::string text = std::to_string(below(2) == 0 ? value : std::int64_t(row % 7));
            return {text, text};
        }
        case Kind::Ids: { // beyond 64 bits, some of them
            std::string text = std::to_string(1 + below(9));
            for (std::size_t i = below(24); i > 0; --i)
                text += static_cast<char>('0' + below(10));
            if (row == 0)
                text = "123456789012345678901234";
            return {text, text};
        }
        case Kind::Hashes: {
            const std::string text =
                std::to_string(m_random.next() | (row % 2 == 0 ? 1ull << 63 : 0));
            return {text, text};
        }
        case Kind::Fractions:
            return fraction(static_cast<double>(below(1'000'000)) / 1000 - (row == 0 ? 0.5 : 200));
        case Kind::Far: {
            static const std::vector<double> kFar{1e300,     -1e-300, 0.1,    HUGE_VAL,
                                                  -HUGE_VAL, -0.0,    5e-324, 2.0};
            return fraction(row == 0 ? 0.5 : kFar[below(kFar.size())]);
        }
        case Kind::Booleans: {
            const bool value = below(2) == 0;
            static const char *const kTrue[]{"True", "true", "TRUE"};
            static const char *const kFalse[]{"False", "false", "FALSE"};
            return {(value ? kTrue : kFalse)[below(3)], value ? "true" : "false"};
        }
        case Kind::Words: {
            static const std::vector<std::string> kWords{"red", "green", "blue",
                                                         "yes", "0x1F",  "1_0"};
            const std::string &text = kWords[below(kWords.size())];
            return {below(2) == 0 ? text : quoted(text), jsonText(text)};
        }
        default: {
            static const std::vector<std::string> kPieces{
                "a",  ",", "\"", "\n", "\r\n", " ",    "ü", "猫", "😀",  "\t", ";", "|",
                "''", "x", "#",  "\\", "//",   "\x1b", "é", "NA", "12", "e",  "-"};
            std::string text = "t";
            for (std::size_t i = below(12); i > 0; --i)
                text += kPieces[below(kPieces.size())];
            return {quoted(text), jsonText(text)};
        }
        }
    }

    SplitMix64 m_random;
};

std::string csvOf(const RandomTable &table, bool ragged)
{
    std::string out;
    for (std::size_t c = 0; c < table.names.size(); ++c) {
        std::string name;
        for (const char ch : table.names[c])
            name += ch == '"' ? std::string("\"\"") : std::string(1, ch);
        out += (c > 0 ? "," : "") + ("\"" + name + "\"");
    }
    out += "\n";
    for (const auto &row : table.rows) {
        std::size_t size = row.size();
        while (ragged && size > 2 && row[size - 1].json == "null")
            --size;
        for (std::size_t c = 0; c < size; ++c)
            out += (c > 0 ? "," : "") + row[c].csv;
        out += "\n";
    }
    return out;
}

std::string jsonName(const std::string &name)
{
    return QJsonDocument(QJsonArray{QString::fromStdString(name)})
        .toJson(QJsonDocument::Compact)
        .mid(1)
        .chopped(1)
        .toStdString();
}

std::string objectOf(const RandomTable &table, std::size_t r)
{
    std::string out = "{";
    for (std::size_t c = 0; c < table.names.size(); ++c)
        out += (c > 0 ? "," : "") + jsonName(table.names[c]) + ":" + table.rows[r][c].json;
    return out + "}";
}

std::string jsonLinesOf(const RandomTable &table)
{
    std::string out;
    for (std::size_t r = 0; r < table.rows.size(); ++r)
        out += objectOf(table, r) + "\n";
    return out;
}

std::string multipleOf(const RandomTable &table)
{
    std::string out = "{\"columns\":[";
    for (std::size_t c = 0; c < table.names.size(); ++c)
        out += (c > 0 ? "," : "") + jsonName(table.names[c]);
    out += "],\"data\":[";
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
        out += r > 0 ? ",[" : "[";
        for (std::size_t c = 0; c < table.names.size(); ++c)
            out += (c > 0 ? "," : "") + table.rows[r][c].json;
        out += "]";
    }
    return out + "]}";
}

} // namespace

class TestDoors : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    QProcess m_serve;
    quint16 m_port = 0;
    std::uint64_t m_seed = 0;

    QProcessEnvironment environment() const
    {
        QProcessEnvironment values = QProcessEnvironment::systemEnvironment();
        values.insert(QStringLiteral("TEPAL_HOME"), m_dir->filePath(QStringLiteral("home")));
        values.insert(QStringLiteral("XDG_CONFIG_HOME"), m_dir->filePath(QStringLiteral("config")));
        return values;
    }
    QByteArray run(const QStringList &arguments, const QByteArray &input = {})
    {
        QProcess process;
        process.setProcessEnvironment(environment());
        process.start(qs((binDir() / "tepal").string()), arguments);
        process.write(input);
        process.closeWriteChannel();
        process.waitForFinished(60'000);
        if (process.exitCode() != 0)
            qWarning("%s: %s", qPrintable(arguments.join(u' ')),
                     process.readAllStandardError().constData());
        return process.readAllStandardOutput();
    }
    QString write(const char *name, const std::string &text)
    {
        const QString path = m_dir->filePath(QString::fromLatin1(name));
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) ||
            file.write(text.data(), static_cast<qint64>(text.size())) !=
                static_cast<qint64>(text.size()))
            qFatal("cannot write");
        return path;
    }
    /// Status of the answer.
    int post(const QByteArray &target, const QByteArray &type, const std::string &body)
    {
        QTcpSocket socket;
        socket.connectToHost(QStringLiteral("127.0.0.1"), m_port);
        if (!socket.waitForConnected(5000))
            return 0;
        socket.write("POST " + target +
                     " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                     "Content-Type: " +
                     type + "\r\nContent-Length: " + QByteArray::number(qsizetype(body.size())) +
                     "\r\n\r\n");
        socket.write(body.data(), static_cast<qint64>(body.size()));
        QByteArray answer;
        while (socket.waitForReadyRead(10'000))
            answer += socket.readAll();
        if (!answer.startsWith("HTTP/1.1 200"))
            qWarning("%s", answer.right(300).constData());
        return answer.mid(9, 3).toInt();
    }
    qint64 rowsOf(const QString &dataset)
    {
        qint64 rows = 0;
        const QJsonArray windows =
            QJsonDocument::fromJson(run({QStringLiteral("windows"), QStringLiteral("--json"),
                                         QStringLiteral("--dataset"), dataset}))
                .array();
        for (const QJsonValue &window : windows)
            rows += window[QLatin1String("rows")].toInteger();
        return rows;
    }
    /// The profile of a dataset once it holds so many rows.
    DatasetProfile live(const QString &dataset, std::size_t rows)
    {
        for (int i = 0; i < 100 && rowsOf(dataset) != static_cast<qint64>(rows); ++i)
            QTest::qWait(100);
        const QString path = m_dir->filePath(dataset + QStringLiteral(".bin"));
        run({QStringLiteral("export"), QStringLiteral("--dataset"), dataset, QStringLiteral("-o"),
             path});
        return parse(path);
    }
    static DatasetProfile parse(const QString &path)
    {
        auto profile = parseProfile(readAll(path.toStdString()));
        if (!profile)
            qFatal("%s: %s", qPrintable(path), profile.error().text().c_str());
        return std::move(*profile);
    }
    DatasetProfile profiled(const QString &input, const QStringList &more = {})
    {
        const QString path = m_dir->filePath(QStringLiteral("file.bin"));
        run(QStringList{QStringLiteral("profile"), input, QStringLiteral("-o"), path} + more);
        return parse(path);
    }

    void compare(const char *door, const DatasetProfile &profile, const DatasetProfile &expected)
    {
        QCOMPARE(profile.columns.size(), expected.columns.size());
        for (const auto &[name, column] : expected.columns) {
            const auto at = profile.columns.find(name);
            QVERIFY2(at != profile.columns.end(), name.c_str());
            const QString different = difference(at->second, column);
            QVERIFY2(different.isEmpty(),
                     qPrintable(QStringLiteral("%1, column %2: %3 (seed %4)")
                                    .arg(QLatin1String(door), qs(name), different)
                                    .arg(m_seed)));
        }
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        const QByteArray seed = qgetenv("TEPAL_SEED");
        m_seed = seed.isEmpty() ? std::uint64_t{20261130} : seed.toULongLong();
        qInfo("TEPAL_SEED=%llu", static_cast<unsigned long long>(m_seed));
        run({QStringLiteral("train"), QStringLiteral("iris")});
        m_serve.setProcessEnvironment(environment());
        // One piece of a window for all that comes: pieces that have left are not typed again.
        m_serve.start(qs((binDir() / "tepal").string()),
                      {QStringLiteral("serve"), QStringLiteral("--port"), QStringLiteral("0"),
                       QStringLiteral("--aggregate-by"), QStringLiteral("year"),
                       QStringLiteral("--write-every"), QStringLiteral("7d")});
        QByteArray line;
        while (!line.contains('\n') && m_serve.waitForReadyRead(20'000))
            line += m_serve.readAllStandardOutput();
        m_port = static_cast<quint16>(line.mid(line.lastIndexOf(':') + 1).trimmed().toUInt());
        QVERIFY(m_port != 0);
    }
    void cleanupTestCase()
    {
        m_serve.terminate();
        QVERIFY(m_serve.waitForFinished(20'000));
    }
    void everyDoor_data()
    {
        QTest::addColumn<int>("number");
        for (int i = 0; i < 6; ++i)
            QTest::addRow("table %d", i) << i;
    }
    void everyDoor()
    {
        QFETCH(int, number);
        TableMaker maker(m_seed + static_cast<std::uint64_t>(number));
        const RandomTable table = maker.make();
        const std::size_t rows = table.rows.size();
        const std::string csv = csvOf(table, false);
        const std::string lines = jsonLinesOf(table);
        const QString csvFile = write("t.csv", csv);
        const DatasetProfile expected = profiled(csvFile);
        QCOMPARE(expected.rows(), static_cast<std::int64_t>(rows));
        QCOMPARE(expected.columns.size(), table.names.size());

        const auto check = [&](const char *door, const DatasetProfile &profile) {
            compare(door, profile, expected);
        };
        check("ragged file", profiled(write("r.csv", csvOf(table, true))));
        check("JSON lines file", profiled(write("t.jsonl", lines)));
        const QString pipe = m_dir->filePath(QStringLiteral("pipe.bin"));
        for (const std::string &text : {csv, lines}) {
            const QByteArray bytes = run({QStringLiteral("profile"), QStringLiteral("-"),
                                          QStringLiteral("-o"), QStringLiteral("-")},
                                         QByteArray::fromStdString(text));
            QFile file(pipe);
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
            file.close();
            check("pipe", parse(pipe));
        }
        const QString id = QStringLiteral("t%1").arg(number);
        const auto dataset = [&](const char *door) { return id + QLatin1String(door); };
        const auto target = [&](const char *door) {
            return "/v1/log?datasetId=" + dataset(door).toLatin1();
        };
        QCOMPARE(post(target("csv"), "text/csv", csv), 200);
        check("HTTP CSV", live(dataset("csv"), rows));
        QCOMPARE(post(target("lines"), "application/x-ndjson", lines), 200);
        check("HTTP JSON lines", live(dataset("lines"), rows));
        const auto call = [&](const char *door, const char *key, const std::string &body) {
            return post("/v1/log", "application/json",
                        "{\"datasetId\":\"" + dataset(door).toStdString() + "\",\"" + key +
                            "\":" + body + "}");
        };
        QCOMPARE(call("multiple", "multiple", multipleOf(table)), 200);
        check("multiple", live(dataset("multiple"), rows));
        for (std::size_t r = 0; r < rows; ++r)
            QCOMPARE(call("single", "single", objectOf(table, r)), 200);
        check("single", live(dataset("single"), rows));
        run({QStringLiteral("log"), QStringLiteral("--dataset"), dataset("logcsv"), csvFile});
        check("tepal log", live(dataset("logcsv"), rows));
        run({QStringLiteral("log"), QStringLiteral("--dataset"), dataset("logpipe")},
            QByteArray::fromStdString(lines));
        check("tepal log from a pipe", live(dataset("logpipe"), rows));
        if (number == 0) { // frames all go to one dataset
            std::string records = "[";
            for (std::size_t r = 0; r < rows; ++r)
                records += (r > 0 ? "," : "") + objectOf(table, r);
            QCOMPARE(post("/v1/models/custom_model/predict", "application/json", records + "]"),
                     200);
            check("JSON frame", live(QStringLiteral("model-2"), rows));
        }
    }
};

QTEST_GUILESS_MAIN(TestDoors)
#include "tst_doors.moc"
