// Cells and records of delimited text: every short text over the characters that matter, against a
// reader of a few lines that shares nothing with the real one.

#include "collector.h"

#include <QTest>

using namespace tepal;
using namespace tepal::table;
using namespace tepal::test;

namespace {

/// Rows of cells, or nothing where a quote is in the wrong place. RFC 4180 with blanks allowed
/// around quoted cells and LF or CR LF as line ends.
std::optional<std::vector<std::vector<std::string>>> reference(const std::string &text)
{
    std::vector<std::vector<std::string>> rows;
    for (std::size_t at = 0; at < text.size();) {
        std::vector<std::string> row;
        bool quoted = false;
        for (;;) {
            std::size_t quote = at;
            while (quote < text.size() && text[quote] == ' ')
                ++quote;
            std::string cell;
            quoted = quote < text.size() && text[quote] == '"';
            if (quoted) {
                for (at = quote + 1;; ++at) {
                    if (at >= text.size())
                        return std::nullopt;
                    if (text[at] != '"')
                        cell += text[at];
                    else if (at + 1 < text.size() && text[at + 1] == '"')
                        cell += text[at++];
                    else
                        break;
                }
                ++at;
                while (at < text.size() && text[at] == ' ')
                    ++at;
                if (at < text.size() && text[at] == '\r' &&
                    (at + 1 == text.size() || text[at + 1] == '\n'))
                    ++at;
                if (at < text.size() && text[at] != ',' && text[at] != '\n')
                    return std::nullopt;
            } else {
                for (; at < text.size() && text[at] != ',' && text[at] != '\n'; ++at)
                    cell += text[at];
                if (cell.ends_with('\r') && (at == text.size() || text[at] == '\n'))
                    cell.pop_back();
                if (cell.find('\r') != cell.npos)
                    return std::nullopt;
            }
            row.push_back(cell);
            if (at >= text.size() || text[at] == '\n')
                break;
            ++at;
        }
        ++at;
        if (row.size() > 1 || quoted || row[0].find_first_not_of(' ') != std::string::npos)
            rows.push_back(row);
    }
    return rows;
}

} // namespace

class TestRecords : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void everyShortText()
    {
        const std::string alphabet = "a,\" \n\r";
        ReadOptions options;
        options.cellByCell = true;
        options.threads = 1;
        options.missing.clear();
        options.dialect.format = Format::Delimited;
        options.dialect.delimiter = ',';
        options.dialect.quote = '"';
        options.dialect.escape = '\0';
        options.dialect.decimal = '.';
        options.dialect.thousands = '\0';
        options.dialect.header = true;
        options.dialect.encoding = Encoding::Utf8;
        options.dialect.skippedLines = 0;
        for (const char *name : {"x", "y", "z"})
            options.types[name] = ColumnType::Texts;
        std::size_t compared = 0;
        std::string text;
        const auto check = [&] {
            const auto rows = reference(text);
            // A header of three columns, LF before anything else.
            const std::string table = "x,y,z\n" + text;
            for (const std::size_t block : {std::size_t{1}, std::size_t{1} << 20}) {
                options.blockBytes = block;
                Collected collected;
                const auto read = readBytes(table, options, collected);
                // Empty cells beyond the header say nothing.
                const bool wide =
                    rows && std::any_of(rows->begin(), rows->end(), [](const auto &r) {
                        return r.size() > 3 &&
                               std::any_of(r.begin() + 3, r.end(),
                                           [](const auto &cell) { return !cell.empty(); });
                    });
                QVERIFY2(static_cast<bool>(read) == (rows && !wide),
                         qPrintable(QString::fromStdString(table).toHtmlEscaped() + u' ' +
                                    (read ? QStringLiteral("read")
                                          : QString::fromStdString(read.error().text()))));
                if (!read)
                    continue;
                QCOMPARE(collected.rows, rows->size());
                for (std::size_t r = 0; r < rows->size(); ++r) {
                    for (std::size_t c = 0; c < 3; ++c) {
                        const std::string cell = c < (*rows)[r].size() ? (*rows)[r][c] : "";
                        QCOMPARE(collected.cells[c == 0   ? "x"
                                                 : c == 1 ? "y"
                                                          : "z"][r],
                                 cell.empty() ? "-" : "s" + cell);
                    }
                }
                ++compared;
            }
        };
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        constexpr std::size_t kLongest = 5; // six take minutes then
#else
        constexpr std::size_t kLongest = 6;
#endif
        for (std::size_t length = 0; length <= kLongest; ++length) {
            std::vector<std::size_t> digits(length, 0);
            for (;;) {
                text.clear();
                for (const std::size_t digit : digits)
                    text += alphabet[digit];
                check();
                if (QTest::currentTestFailed())
                    return;
                std::size_t i = 0;
                while (i < length && ++digits[i] == alphabet.size())
                    digits[i++] = 0;
                if (i == length)
                    break;
            }
        }
        QVERIFY(compared > (kLongest == 6 ? 10'000 : 1'000));
    }
    /// Cells of every length, so that every edge of the readers' strides is crossed.
    void everyLength()
    {
        ReadOptions options;
        options.cellByCell = true;
        for (std::size_t length = 1; length < 200; ++length) {
            const std::string cell(length, 'x');
            for (const bool quoted : {false, true}) {
                const std::string shown = quoted ? "\"" + cell + "\"\"\"" : cell;
                const std::string value = quoted ? cell + "\"" : cell;
                Collected collected;
                const auto read =
                    readBytes("a,b\n1," + shown + "\n2," + shown + "\n", options, collected);
                QVERIFY2(read, read ? "" : read.error().text().c_str());
                QCOMPARE(collected.cells["b"],
                         (std::vector<std::string>{"s" + value, "s" + value}));
            }
            Collected json;
            QVERIFY(readBytes("{\"" + cell + "\":\"" + cell + "\\n\"}\n", options, json));
            QCOMPARE(json.cells[cell][0], "s" + cell + "\n");
        }
    }
};

QTEST_APPLESS_MAIN(TestRecords)
#include "tst_records.moc"
