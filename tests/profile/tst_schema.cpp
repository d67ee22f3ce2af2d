// What is chosen for columns: conditions, leaving metrics out, and the schema as a text.

#include "golden_input.h"
#include "golden_support.h"

#include <tepal/profile/file.h>
#include <tepal/profile/schema.h>
#include <tepal/profile/table.h>

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>
#include <limits>

using namespace tepal;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

/// One condition "c" for the column "x".
DatasetSchema asking(const std::string &question)
{
    return parseSchema(R"({"columns": {"x": {"conditions": {"c": )" + question + "}}}}").value();
}

struct Met
{
    std::int64_t met = 0;
    std::int64_t total = 0;
    bool operator==(const Met &) const = default;
};

/// The counts of "c" after the values, which must not depend on the way they come in.
Met count(const std::string &question, const std::vector<Value> &values)
{
    const DatasetSchema schema = asking(question);
    const auto first = values.empty() ? ValueKind::Null : values[0].kind();
    const auto fresh = [&] {
        return ColumnProfile::forFirstValue(first, Semantics::Table, schema.find("x", first));
    };
    ColumnProfile single = fresh();
    for (const Value &value : values)
        single.track(value);
    ColumnProfile batch = fresh();
    batch.trackBatch(values);
    // Many equal values, so that they are counted before they are asked.
    ColumnProfile many = fresh();
    std::vector<Value> repeated;
    constexpr int times = 500;
    for (int i = 0; i < times; ++i)
        repeated.insert(repeated.end(), values.begin(), values.end());
    many.trackBatch(repeated);
    // Stored in the middle and taken up again.
    ColumnProfile resumed = fresh();
    const std::size_t half = values.size() / 2;
    resumed.trackBatch(std::span(values).first(half));
    resumed = parseColumn(serializeColumn(resumed)).value();
    resumed.continueWith(schema.findFor("x", resumed));
    resumed.trackBatch(std::span(values).subspan(half));
    const auto of = [](const ColumnProfile &column) {
        return Met{column.conditions->matches.at("c"), column.conditions->total};
    };
    const Met met = of(single);
    if (of(batch) != met || of(resumed) != met || of(many).met != times * met.met ||
        of(many).total != times * met.total)
        qFatal("%s: the ways in disagree", question.c_str());
    return met;
}

} // namespace

class SchemaTest : public QObject
{
    Q_OBJECT

private slots:
    void conditions_data()
    {
        QTest::addColumn<QString>("question");
        QTest::addColumn<QString>("met"); // which of the values below, by their letters
        // clang-format off
        QTest::newRow("less") << R"({"less": 1})" << "aeg";
        QTest::newRow("at most") << R"({"at-most": 1})" << "abdeg";
        QTest::newRow("equal") << R"({"equal": 1})" << "bd";
        QTest::newRow("not equal") << R"({"not-equal": 1})" << "acefg";
        QTest::newRow("at least") << R"({"at-least": 1})" << "bcdf";
        QTest::newRow("greater") << R"({"greater": 1})" << "cf";
        QTest::newRow("between") << R"({"between": [-3, 1]})" << "abde";
        QTest::newRow("between one") << R"({"between": [1, 1]})" << "bd";
        QTest::newRow("among") << R"({"among": ["one", 1, "2.50", ""]})" << "bcdhij";
        QTest::newRow("among, as text") << R"({"among": ["1"]})" << "bdj";
        QTest::newRow("equal to a text") << R"({"equal": "one"})" << "h";
        QTest::newRow("not equal to a text") << R"({"not-equal": "one"})" << "ijk";
        QTest::newRow("expression") << R"({"regex": "o"})" << "h";
        QTest::newRow("expression, whole") << R"({"regex": "[a-z]*$"})" << "hi";
        QTest::newRow("expression, only from the beginning") << R"({"regex": "ne"})" << "";
        QTest::newRow("expression, UTF-8") << R"({"regex": "^.ß.$"})" << "k";
        QTest::newRow("several") << R"({"greater": -3, "less": 2.5, "not-equal": 0.5})" << "bd";
        QTest::newRow("several that exclude each other") << R"({"less": 0, "regex": "a"})" << "";
        // clang-format on
    }
    void conditions()
    {
        QFETCH(const QString, question);
        QFETCH(const QString, met);
        const std::vector<std::pair<char, Value>> values{
            {'a', Value::fractional(-3)},    {'b', Value::integral(1)},
            {'c', Value::fractional(2.5)},   {'d', Value::fractional(1)},
            {'e', Value::fractional(0.5)},   {'f', Value::fractional(kInf)},
            {'g', Value::fractional(-kInf)}, {'h', Value::string("one")},
            {'i', Value::string("")},        {'j', Value::string("1")},
            {'k', Value::string("aßc")},     {'t', Value::tensor()},
            {'o', Value::object()}};
        for (const auto &[name, value] : values) {
            const Met expected{met.contains(name) ? 1 : 0, 1};
            QVERIFY2(count(question.toStdString(), {value}) == expected, &name);
        }
        // Not asked at all.
        for (const Value value :
             {Value::null(), Value::fractional(kNan), Value::boolean(true), Value::boolean(false)})
            QCOMPARE(count(question.toStdString(), {value}).total, 0);
        QCOMPARE(count(question.toStdString(), {}).total, 0);
        std::vector<Value> all{Value::null(), Value::boolean(true), Value::fractional(kNan)};
        for (const auto &[name, value] : values)
            all.push_back(value);
        QVERIFY(count(question.toStdString(), all) == (Met{met.size(), 13}));
    }
    void largeIntegersAreToldApart()
    {
        QCOMPARE(count(R"({"among": [9007199254740993]})",
                       {Value::integral(9007199254740992), Value::integral(9007199254740993)})
                     .met,
                 1);
        QCOMPARE(count(R"({"among": [1e3]})", {Value::integral(1000)}).met, 1);
    }
    void expressionsTakeLinearTime()
    {
        // What brings a matcher with backtracking or recursion down.
        const std::string text(3'000'000, 'a');
        for (const char *expression : {"(a*)*b", "(a|aa)+$", "(a|b|ab)*c", "(.|\\\\n)*x"})
            QCOMPARE(
                count(std::string(R"({"regex": ")") + expression + "\"}", {Value::string(text)})
                    .total,
                1);
        // Cut between characters: never judged by half of one.
        std::string wide;
        while (wide.size() < 200'000)
            wide += "€";
        QCOMPARE(count(R"({"regex": "€*$"})", {Value::string(wide)}).met, 1);
        QCOMPARE(count(R"({"regex": ".*$"})", {Value::string("\xff\xfe")}).met, 0);
    }
    void resolvers()
    {
        const DatasetSchema schema =
            parseSchema(R"({"columns": {"s": {"conditions": {"by-name": {"less": 0}}}, "t": {}},
                "types": {"string": {"unicode": true}, "integral": {"without": ["ints"]}}})")
                .value();
        // The name goes before the type, and nothing of the type is added to it.
        for (const ValueKind kind : {ValueKind::String, ValueKind::Integral, ValueKind::Object}) {
            QCOMPARE(schema.find("s", kind)->conditions.size(), std::size_t{1});
            QVERIFY(!schema.find("s", kind)->unicodeRanges);
            QVERIFY(!schema.find("t", kind)->unicodeRanges && schema.find("t", kind)->ints);
        }
        QVERIFY(schema.find("other", ValueKind::String)->unicodeRanges);
        QVERIFY(schema.find("other", ValueKind::Null)->unicodeRanges);
        QVERIFY(!schema.find("other", ValueKind::Integral)->ints);
        QVERIFY(!schema.find("other", ValueKind::Fractional));
        QVERIFY(!DatasetSchema{}.find("other", ValueKind::String));
    }
    void readBackColumnsAreFoundAgain()
    {
        const DatasetSchema schema =
            parseSchema(R"({"types": {"string": {"conditions": {"a": {"equal": "a"}}},
                                      "integral": {"conditions": {"b": {"less": 0}}}}})")
                .value();
        // It began with an integer, though most of it were texts.
        auto column = ColumnProfile::forFirstValue(ValueKind::Integral, Semantics::Table,
                                                   schema.find("x", ValueKind::Integral));
        column.track(Value::integral(-1));
        column.track(Value::string("a"));
        column.track(Value::string("a"));
        auto read = parseColumn(serializeColumn(column)).value();
        read.continueWith(schema.findFor("x", read));
        read.track(Value::integral(-2));
        QCOMPARE(*read.conditions, (ConditionCounts{4, {{"b", 2}}}));
    }
    void changedConditionsInTheMiddle()
    {
        const DatasetSchema before = parseSchema(R"({"columns": {"x": {"conditions":
            {"kept": {"less": 0}, "gone": {"less": 1}}}}})")
                                         .value();
        const DatasetSchema after = parseSchema(R"({"columns": {"x": {"conditions":
            {"kept": {"less": 0}, "new": {"less": 2}}}}})")
                                        .value();
        const auto one = [](const DatasetSchema &schema, double value) {
            auto column = ColumnProfile::forFirstValue(ValueKind::Fractional, Semantics::Table,
                                                       schema.find("x", ValueKind::Fractional));
            column.track(Value::fractional(value));
            return column;
        };
        const ConditionCounts both{2, {{"kept", 1}}};
        ColumnProfile left = one(before, -1);
        left.merge(one(after, 1));
        QCOMPARE(*left.conditions, both);
        ColumnProfile right = one(after, 1);
        right.merge(one(before, -1));
        QCOMPARE(*right.conditions, both);
        ColumnProfile resumed = parseColumn(serializeColumn(one(before, -1))).value();
        resumed.continueWith(after.find("x", ValueKind::Fractional));
        resumed.track(Value::fractional(1));
        QCOMPARE(*resumed.conditions, both);
        // Nobody knows what is asked: nothing moves, so that the shares stay true.
        ColumnProfile unknown = parseColumn(serializeColumn(one(before, -1))).value();
        unknown.track(Value::fractional(-5));
        QCOMPARE(*unknown.conditions, (ConditionCounts{1, {{"gone", 1}, {"kept", 1}}}));
        // None before: they begin now.
        ColumnProfile none = one(DatasetSchema{}, -1);
        none.continueWith(before.find("x", ValueKind::Fractional));
        none.track(Value::fractional(0.5));
        QCOMPARE(*none.conditions, (ConditionCounts{1, {{"gone", 1}, {"kept", 0}}}));
    }
    void rowsAreAskedAsTablesAre()
    {
        DatasetProfile profile;
        profile.schema = std::make_shared<const DatasetSchema>(asking(R"({"not-equal": 0})"));
        for (const Value value : {Value::fractional(1), Value::fractional(kNan), Value::null(),
                                  Value::boolean(true), Value::string(""), Value::integral(0)})
            profile.track("x", value, Semantics::Row);
        profile.track("other", Value::integral(1), Semantics::Row); // a row without x
        QCOMPARE(*profile.columns.at("x").conditions, (ConditionCounts{3, {{"c", 1}}}));
        QVERIFY(!profile.columns.at("other").conditions);
        // A column that begins with a missing value has no sketches, but it is asked.
        DatasetProfile late;
        late.schema = profile.schema;
        for (const Value value : {Value::null(), Value::fractional(1)})
            late.track("x", value, Semantics::Row);
        QVERIFY(!late.columns.at("x").distribution);
        QCOMPARE(*late.columns.at("x").conditions, (ConditionCounts{1, {{"c", 1}}}));
    }
    void metricsLeftOut()
    {
        const DatasetSchema schema = parseSchema(R"({"types": {"integral": {"without":
                ["distribution", "cardinality", "frequent-items", "ints"]},
                "string": {"unicode": true, "without": ["frequent-items"]}}})")
                                         .value();
        const auto column = [&](ValueKind kind) {
            return ColumnProfile::forFirstValue(kind, Semantics::Table, schema.find("x", kind));
        };
        const ColumnProfile whole = column(ValueKind::Integral);
        QVERIFY(!whole.distribution && !whole.cardinality && !whole.frequentStrings && !whole.ints);
        const ColumnProfile text = column(ValueKind::String);
        QVERIFY(text.cardinality && !text.frequentStrings && text.unicodeRanges.size() == 9);
        // Ranges are for texts.
        QVERIFY(column(ValueKind::Boolean).unicodeRanges.empty());
    }
    void countedTextsFillTheRangesAsSingleOnesDo()
    {
        const DatasetSchema schema =
            parseSchema(R"({"types": {"string": {"unicode": true}}})").value();
        ColumnProfile single = ColumnProfile::forFirstValue(ValueKind::String, Semantics::Table,
                                                            schema.find("x", ValueKind::String));
        ColumnProfile counted = single;
        const std::vector<CountedText> texts{{"a1", 3}, {"ÄÖ", 2}, {"", 4}};
        for (const CountedText &text : texts) {
            for (std::uint64_t i = 0; i < text.count; ++i)
                single.track(Value::string(text.value));
        }
        counted.trackCounted(texts);
        for (std::size_t i = 0; i < single.unicodeRanges.size(); ++i) {
            const ColumnProfile &a = single.unicodeRanges[i].profile;
            const ColumnProfile &b = counted.unicodeRanges[i].profile;
            QVERIFY(a.counts == b.counts && a.types == b.types && a.ints == b.ints);
            QCOMPARE(a.distribution->kll.view().values, b.distribution->kll.view().values);
            QVERIFY(std::abs(a.distribution->mean - b.distribution->mean) < 1e-12);
            QVERIFY(std::abs(a.distribution->m2 - b.distribution->m2) < 1e-9);
        }
    }
    void textForm()
    {
        const std::string text =
            R"({"columns":{"a":{"conditions":{"c":{"among":["x",1,2.5]},"r":{"regex":"a+$"}},)"
            R"("unicode":true,"without":["distribution","ints"]},"ö b":{}},)"
            R"("types":{"string":{"conditions":{"c":{"at-least":0,"less":5}}}}})";
        const DatasetSchema schema = parseSchema(text).value();
        QCOMPARE(formatSchema(schema).value(), text);
        QCOMPARE(formatSchema(parseSchema(formatSchema(schema, 2).value()).value()).value(), text);
        QCOMPARE(formatSchema(parseSchema("{}").value()).value(), std::string("{}"));
        QCOMPARE(formatSchema(parseSchema(R"( {"columns": {}, "types": {"object": {}}} )").value())
                     .value(),
                 std::string(R"({"types":{"object":{}}})"));
    }
    void conditionsOfTheLibraryHaveATextToo()
    {
        auto choices = std::make_shared<ColumnSchema>();
        choices->conditions = {
            Condition::compare("a", Condition::Comparison::GreaterEqual, 0.5),
            Condition::compare("b", Condition::Comparison::NotEqual, 3),
            Condition::between("c", -1, 1e300),
            Condition::among("d", {"x", "\xff"}),
            Condition::regex("e", "x{2}").value(),
        };
        DatasetSchema schema;
        schema.byName["col"] = choices;
        const std::string text = formatSchema(schema).value();
        QCOMPARE(text, std::string(R"({"columns":{"col":{"conditions":{"a":{"at-least":0.5},)"
                                   R"("b":{"not-equal":3},"c":{"between":[-1,1e+300]},)"
                                   R"("d":{"among":["x","�"]},"e":{"regex":"x{2}"}}}}})"));
        QCOMPARE(formatSchema(parseSchema(text).value()).value(), text);
        for (Condition without : {Condition{"own", [](Value) { return true; }, {}},
                                  Condition::compare("own", Condition::Comparison::Less, kInf),
                                  Condition{"own", [](Value) { return true; }, "{nonsense"}}) {
            auto own = std::make_shared<ColumnSchema>();
            own->conditions = {without};
            schema.byName["col"] = own;
            QCOMPARE(formatSchema(schema).error().code, ErrorCode::Unsupported);
        }
    }
    void unusableTexts_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("says");
        const auto column = [](const QByteArray &inside) {
            return R"({"columns": {"w": )" + inside + "}}";
        };
        const auto question = [&](const QByteArray &inside) {
            return column(R"({"conditions": {"q": )" + inside + "}}");
        };
        // clang-format off
        QTest::newRow("empty") << QByteArray() << QByteArray("line 1, column 1");
        QTest::newRow("no JSON") << QByteArray("{\n  \"columns\": {,}\n}") << QByteArray("line 2, column 15");
        QTest::newRow("cut short") << QByteArray("{\"columns\": {") << QByteArray("line 1");
        QTest::newRow("not UTF-8") << QByteArray("{\"\xff\": 1}") << QByteArray("not JSON");
        QTest::newRow("number too large") << question(R"({"less": 1e999})") << QByteArray("number");
        QTest::newRow("list") << QByteArray("[]") << QByteArray("not an object");
        QTest::newRow("unknown part") << QByteArray(R"({"colums": {}})") << QByteArray("colums: this is not a part");
        QTest::newRow("columns are no object") << QByteArray(R"({"columns": []})") << QByteArray("columns: ");
        QTest::newRow("unknown type") << QByteArray(R"({"types": {"text": {}}})") << QByteArray("types.text: this is not a type");
        QTest::newRow("column is no object") << column("3") << QByteArray("columns.w: ");
        QTest::newRow("unknown choice") << column(R"({"unicod": true})") << QByteArray("columns.w.unicod: ");
        QTest::newRow("unicode") << column(R"({"unicode": 1})") << QByteArray("columns.w.unicode: ");
        QTest::newRow("without") << column(R"({"without": "ints"})") << QByteArray("columns.w.without: this is not a list");
        QTest::newRow("without counts") << column(R"({"without": ["counts"]})") << QByteArray("\"counts\" is not a metric");
        QTest::newRow("without a number") << column(R"({"without": [3]})") << QByteArray("3 is not a metric");
        QTest::newRow("conditions") << column(R"({"conditions": ["q"]})") << QByteArray("columns.w.conditions: ");
        QTest::newRow("named total") << column(R"({"conditions": {"total": {"less": 1}}})") << QByteArray("columns.w.conditions.total: a condition cannot");
        QTest::newRow("no name") << column(R"({"conditions": {"": {"less": 1}}})") << QByteArray("cannot be called");
        QTest::newRow("name with a slash") << column(R"({"conditions": {"a/b": {"less": 1}}})") << QByteArray("cannot be called");
        QTest::newRow("question is no object") << question("3") << QByteArray("columns.w.conditions.q: this is not a question");
        QTest::newRow("empty question") << question("{}") << QByteArray("columns.w.conditions.q: ");
        QTest::newRow("unknown question") << question(R"({"grater": 0})") << QByteArray("columns.w.conditions.q.grater: this is not a question");
        QTest::newRow("less than a text") << question(R"({"less": "a"})") << QByteArray("q.less: this is not a number");
        QTest::newRow("equal to a boolean") << question(R"({"equal": true})") << QByteArray("q.equal: this is neither");
        QTest::newRow("between one") << question(R"({"between": [1]})") << QByteArray("q.between: ");
        QTest::newRow("between turned round") << question(R"({"between": [2, 1]})") << QByteArray("q.between: ");
        QTest::newRow("between texts") << question(R"({"between": ["a", "b"]})") << QByteArray("q.between: ");
        QTest::newRow("among nothing") << question(R"({"among": []})") << QByteArray("q.among: ");
        QTest::newRow("among lists") << question(R"({"among": [[1]]})") << QByteArray("[1] is neither");
        QTest::newRow("expression") << question(R"({"regex": "(a"})") << QByteArray("q.regex: \"(a\" is not a regular expression");
        QTest::newRow("expression is a number") << question(R"({"regex": 1})") << QByteArray("q.regex: ");
        QTest::newRow("back reference") << question(R"({"regex": "(a)\\1"})") << QByteArray("q.regex: ");
        QTest::newRow("huge expression") << question(R"({"regex": "((a{100}){100}){100}"})") << QByteArray("q.regex: ");
        QTest::newRow("long expression") << question("{\"regex\": \"" + QByteArray(1001, 'a') + "\"}") << QByteArray("longer than");
        QTest::newRow("column twice") << QByteArray(R"({"columns": {"a": {}, "a": {"unicode": true}}})") << QByteArray("\"a\" twice");
        QTest::newRow("condition twice") << column(R"({"conditions": {"q": {"less": 1}, "q": {"less": 2}}})") << QByteArray("\"q\" twice");
        QTest::newRow("deep") << QByteArray(200'000, '[') << QByteArray("not JSON");
        QTest::newRow("large") << QByteArray(300'000, ' ') << QByteArray("larger than 256 KiB");
        // clang-format on
        QByteArray many = R"({"columns": {"w": {"conditions": {)";
        for (int i = 0; i <= 1000; ++i)
            many += (i > 0 ? ", \"" : "\"") + QByteArray::number(i) + R"(": {"less": 1})";
        QTest::newRow("many conditions") << many + "}}}}" << QByteArray("more than 1000");
    }
    void unusableTexts()
    {
        QFETCH(const QByteArray, text);
        QFETCH(const QByteArray, says);
        const auto schema = parseSchema(text.toStdString());
        QVERIFY(!schema);
        QCOMPARE(schema.error().code, ErrorCode::InvalidArgument);
        QVERIFY2(schema.error().message.find(says.toStdString()) != std::string::npos,
                 schema.error().text().c_str());
        QVERIFY(!schema.error().next.empty());
    }
    /// The golden case with conditions, by the schema as a text, from a file.
    void goldenConditions_data()
    {
        QTest::addColumn<bool>("jsonl");
        QTest::addColumn<bool>("segmented");
        QTest::newRow("CSV, columns") << false << false;
        QTest::newRow("CSV, segments") << false << true;
        QTest::newRow("JSONL") << true << false;
    }
    void goldenConditions()
    {
        QFETCH(const bool, jsonl);
        QFETCH(const bool, segmented);
        const auto golden =
            parseProfile(test::readMaybeGzip(test::golden() / "condition_count/profile.bin"))
                .value();
        const ColumnProfile &theirs = golden.columns.at("v");
        QTemporaryDir dir;
        const std::filesystem::path path =
            dir.path().toStdString() + (jsonl ? "/v.jsonl" : "/v.csv");
        {
            std::ofstream out(path);
            std::istringstream lines(
                test::readMaybeGzip(test::golden() / "condition_count/input.jsonl"));
            if (!jsonl)
                out << "v,s\n";
            for (std::string line; std::getline(lines, line);) {
                const auto value = test::Json::parse(line)["v"];
                const std::string text = value.is_number() ? value.dump() : std::string("null");
                out << (jsonl ? "{\"v\": " + text + ", \"s\": 1}" : text + ",1") << '\n';
            }
        }
        TableOptions options;
        if (segmented)
            options.segmentBy = {"s"};
        options.schema = std::make_shared<DatasetSchema>(
            parseSchema(R"({"columns": {"v": {"conditions": {"in_unit": {"between": [0, 1]},
                                                             "gt1": {"greater": 1}}}}})")
                .value());
        const auto ours =
            profileTable(path, options).value();
        const ColumnProfile &column = ours.profiles.at(0).columns.at("v");
        QCOMPARE(*column.conditions, *theirs.conditions);
        QCOMPARE(column.counts.n, theirs.counts.n);
        QVERIFY(!ours.profiles[0].columns.at("s").conditions);
    }
};

QTEST_APPLESS_MAIN(SchemaTest)
#include "tst_schema.moc"
