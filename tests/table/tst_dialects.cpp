// Tables with one oddity each, against what pandas reads from them when it is told the right
// dialect. Here nothing is told.

#include "collector.h"
#include "test_support.h"

#include <tepal/base/text.h>

#include <QTest>

#include <nlohmann/json.hpp>

#include <cmath>
#include <set>

using namespace tepal;
using namespace tepal::table;
using namespace tepal::test;
using nlohmann::json;

namespace {

/// Where this reader parts ways with pandas on purpose, and why.
const std::map<std::string, std::string> kDifferent{
    {"huge_and_tiny", "1e400 is infinite, as in JSON and in every door; pandas keeps it as text"},
    {"uint64_negative", "integers of 64 bits stay numbers beside negative ones"},
    {"uint64_missing", "integers of 64 bits stay numbers beside missing ones"},
    {"long_ids_missing", "the empty cell is missing, not a text"},
    {"nul_bytes", "a byte of value 0 is a bad row; pandas cuts the cell there"},
    {"quote_text_behind", "text behind a closing quote is a bad row; pandas puts both together"},
    {"missing_near_numbers", "None is missing, as in pandas 2"},
    {"missing_words_case", "None is missing, as in pandas 2"},
    {"lone_column_decimal_comma",
     "could be a header that lacks a name: refused until --delimiter none is said"},
};

const json &answers()
{
    static const json all = json::parse(readAll(golden("tables/answers.json")));
    return all;
}

double numberOf(const json &value)
{
    if (value.is_string()) {
        const std::string text = value.get<std::string>();
        return parseDouble(text).value_or(NAN);
    }
    return value.get<double>();
}

double numberOf(const std::string &cell)
{
    return parseDouble(std::string_view(cell).substr(1)).value_or(NAN);
}

} // namespace

class TestDialects : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void tables_data()
    {
        QTest::addColumn<QString>("file");
        for (const auto &[file, answer] : answers().at("cases").items())
            QTest::newRow(file.c_str()) << QString::fromStdString(file);
    }
    void tables()
    {
        QFETCH(QString, file);
        const json &answer = answers().at("cases").at(file.toStdString());
        const json &pandas = answer.at("pandas");
        const std::string stem = file.section(QLatin1Char('.'), 0, 0).toStdString();
        if (kDifferent.contains(stem))
            QSKIP(kDifferent.at(stem).c_str());
        ReadOptions options;
        options.cellByCell = true;
        Dialect dialect;
        options.found = [&](const Dialect &found, std::size_t, const std::string &) {
            dialect = found;
        };
        Collected collected;
        const auto read = readTable(golden("tables/" + file.toStdString()), options, collected);
        if (pandas.contains("error")) {
            QVERIFY2(!read, "pandas refuses this");
            QVERIFY(!read.error().next.empty());
            return;
        }
        QVERIFY2(read, read ? "" : read.error().text().c_str());
        const json &right = answer.at("dialect");
        const std::size_t width = pandas.at("columns").size();
        if (width > 1)
            QCOMPARE(std::string(1, dialect.delimiter), right.at("delimiter").get<std::string>());
        QCOMPARE(dialect.header, right.at("header").get<bool>());
        QCOMPARE(read->rows, pandas.at("rows").get<std::size_t>());
        QCOMPARE(read->columns.size(), width);
        for (std::size_t i = 0; i < width; ++i) {
            const json &column = pandas.at("columns").at(i);
            QCOMPARE(read->columns[i], column.at("name").get<std::string>());
            compare(column, read->types.at(read->columns[i]), collected.cells[read->columns[i]]);
        }
        // The same table once more with all that was found out told: nothing changes.
        ReadOptions told = options;
        told.dialect = optionsOf(dialect);
        Collected again;
        const auto second = readTable(golden("tables/" + file.toStdString()), told, again);
        QVERIFY2(second, second ? "" : second.error().text().c_str());
        QVERIFY(again.cells == collected.cells);
    }

private:
    static void compare(const json &column, ColumnType type, const std::vector<std::string> &cells)
    {
        const std::string dtype = column.at("dtype").get<std::string>();
        const auto missing = std::count(cells.begin(), cells.end(), "-");
        QCOMPARE(missing, column.at("missing").get<std::ptrdiff_t>());
        std::set<std::string> distinct(cells.begin(), cells.end());
        distinct.erase("-");
        const bool numbers = dtype != "object" && dtype != "bool";
        if (numbers && type != ColumnType::Nothing) {
            QVERIFY(isNumeric(type));
            if (dtype == "int64")
                QCOMPARE(type, ColumnType::Integers);
            double least = HUGE_VAL;
            double most = -HUGE_VAL;
            std::set<double> values;
            for (const std::string &cell : cells) {
                if (cell == "-")
                    continue;
                least = std::min(least, numberOf(cell));
                most = std::max(most, numberOf(cell));
                values.insert(numberOf(cell));
            }
            if (column.contains("min")) {
                QCOMPARE(least, numberOf(column.at("min")));
                QCOMPARE(most, numberOf(column.at("max")));
            }
            if (dtype == "float64")
                QCOMPARE(values.size(), column.at("distinct").get<std::size_t>());
        }
        if (dtype == "bool")
            QCOMPARE(type, ColumnType::Booleans);
        if (dtype == "object" && type != ColumnType::Nothing) {
            const bool booleans = column.contains("holds") && column["holds"].contains("bool") &&
                                  !column["holds"].contains("str");
            QCOMPARE(type == ColumnType::Booleans, booleans);
            QVERIFY(booleans || type == ColumnType::Texts || type == ColumnType::BigIntegers);
        }
        if (dtype != "float64")
            QCOMPARE(distinct.size(), column.at("distinct").get<std::size_t>());
    }
};

QTEST_APPLESS_MAIN(TestDialects)
#include "tst_dialects.moc"
