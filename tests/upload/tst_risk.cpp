#include "test_support.h"

#include <tepal/upload/risk.h>

#include <QTest>

#include <span>
#include <vector>

using namespace tepal;
using namespace tepal::test;

namespace {

/// "email certain", or "nothing".
QString words(const std::optional<RiskFinding> &finding)
{
    if (!finding)
        return QStringLiteral("nothing");
    return qs(std::string(riskKindName(finding->kind)) + " " +
              std::string(riskLevelName(finding->level)));
}

} // namespace

/// What is taken for a risk, and what is not.
class TestRisk : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void texts_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char *text, const char *expected) {
            QTest::newRow(text) << QString::fromUtf8(text) << QString::fromUtf8(expected);
        };
        // What points to somebody, or opens something.
        row("ada.lovelace@example.org", "email certain");
        row("write to a+b@mail.example.co.uk soon", "email certain");
        row("jürgen@müller.de", "email certain");
        row("+49 170 1234567", "phone likely");
        row("call +1 (555) 123-4567.", "phone likely");
        row("+4915112345678", "phone likely");
        row("(555) 123-4567", "phone likely");
        row("212-555-0187", "phone likely");
        row("030 1234567", "phone likely");
        row("0171/1234567", "phone likely");
        row("01 23 45 67 89", "phone likely");
        row("0044 20 7946 0958", "phone likely");
        row("4111 1111 1111 1111", "payment-card certain");
        row("4111-1111-1111-1111", "payment-card certain");
        row("5500005555555559", "payment-card likely");
        row("3782 822463 10005", "payment-card certain");
        row("paid with 4111111111111111 today", "payment-card likely");
        row("DE89 3704 0044 0532 0130 00", "iban certain");
        row("GB82WEST12345698765432", "iban certain");
        row("de89370400440532013000", "iban certain");
        row("to FR1420041010050500013M02606 please", "iban certain");
        row("078-05-1120", "national-id likely");
        row("811218-9876", "national-id likely");
        row("12345678Z", "national-id likely");
        row("RSSMRA85T10A562S", "national-id likely");
        row("AB123456C", "national-id likely");
        row("86095742719", "national-id possible");
        row("192.168.178.23", "ip-address likely");
        row("from 203.0.113.77:443", "ip-address likely");
        row("2001:db8::ff00:42:8329", "ip-address likely");
        row("2001:0db8:0000:0000:0000:ff00:0042:8329", "ip-address likely");
        row("sk-abcdefghijklmnopqrstuvwx", "secret certain");
        row("ghp_0123456789abcdefghijABCDEFGHIJ012345", "secret certain");
        row("AKIAIOSFODNN7EXAMPLE", "secret certain");
        row("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc", "secret certain");
        row("-----BEGIN RSA PRIVATE KEY-----", "secret certain");
        row("Authorization: Bearer abcdefghijklmnop1234", "secret likely");
        row("https://x.example/cb?token=abcdef123456", "secret likely");
        row("q9XvT3bLw7ZkR2mN8sYdF4hJ", "secret possible");
        row("https://ada:geheim@example.org/", "url-credentials certain");
        row("postgres://ada@db.example/x", "url-credentials likely");
        row("123e4567-e89b-12d3-a456-426614174000", "identifier possible");
        row("d41d8cd98f00b204e9800998ecf8427e", "identifier possible");
        row("3c:22:fb:01:9a:7e", "identifier likely");
        row("Anna Schmidt", "personal-name possible");
        row("Jean-Luc van der Meer", "personal-name possible");
        row("Mustermann, Max", "personal-name possible");
        row("Dr. Anna Meier", "personal-name likely");
        row("Frau Lüdenscheidt", "personal-name likely");
        row("Mary O'Brien", "personal-name possible");
        // What ordinary data has.
        for (const char *text : {"setosa",
                                 "Iris setosa",
                                 "Iris virginica",
                                 "Homo sapiens",
                                 "Canis lupus familiaris",
                                 "New York",
                                 "San Francisco",
                                 "Baden-Württemberg",
                                 "Home Improvement",
                                 "Machine Learning",
                                 "Books & Music",
                                 "Very Satisfied",
                                 "High School",
                                 "Data Scientist",
                                 "United States of America",
                                 "2026-01-31",
                                 "2026-01-31T14:05:09Z",
                                 "31.01.2026",
                                 "01/02/2024",
                                 "01-02-2024",
                                 "2024-01-02 10:11:12",
                                 "12:30:45",
                                 "12:30:45.123",
                                 "+00:00",
                                 "20240131",
                                 "20240131140509",
                                 "1706710000",
                                 "1706710000123",
                                 "1.2.3",
                                 "1.10.0.2",
                                 "v2.14.0",
                                 "10.0.19041.1",
                                 "120.0.6099.71",
                                 "6.1.0.25",
                                 "127.0.0.1",
                                 "0.0.0.0",
                                 "DE",
                                 "USA",
                                 "en-US",
                                 "EUR",
                                 "de_DE.UTF-8",
                                 "#ff8800",
                                 "#FFF",
                                 "ff8800",
                                 "True",
                                 "False",
                                 "nan",
                                 "0.333333",
                                 "-12.5",
                                 "+12345678.12",
                                 "4.111111111111111",
                                 "1e300",
                                 "123456",
                                 "12345678",
                                 "SKU-1234-567",
                                 "100-200-3000",
                                 "A4",
                                 "XL",
                                 "9783161484100",
                                 "4006381333931",
                                 "icon@2x.png",
                                 "pkg@1.2.3",
                                 "@handle",
                                 "a@b",
                                 "git@2.0",
                                 "std::vector",
                                 "a::b::c",
                                 "text/html",
                                 "application/json",
                                 "utf-8",
                                 "/usr/lib/x86_64-linux-gnu/libfoo2.so.3",
                                 "https://example.org/a?page=12",
                                 "ssh://git@example.org/x.git",
                                 "https://example.org/@ada",
                                 "C:\\Users\\Public",
                                 "MyVeryLongClassNameForTests2",
                                 "product-2024-XL-12-Red-A3",
                                 "the quick brown fox",
                                 "snake_case_feature_name_42",
                                 "Martin Luther University",
                                 "Anna Street",
                                 "Paris Hilton",
                                 "YouTube Music",
                                 "iPhone Pro",
                                 "St. Louis",
                                 "A. b. c.",
                                 "$1,234.56",
                                 "100 %",
                                 "3.5 kg",
                                 "Q3 2025",
                                 "ICD-10 E11.9",
                                 "rs7412",
                                 "MIT OR Apache-2.0",
                                 "sk-learn",
                                 "token",
                                 "password",
                                 "Missing",
                                 "—",
                                 "",
                                 " ",
                                 "??",
                                 "000000000",
                                 "Phase 2 (2019-2021)",
                                 "48.2082, 16.3738",
                                 "ENSG00000139618",
                                 "CHEMBL25"})
            row(text, "nothing");
    }
    void texts()
    {
        QFETCH(QString, text);
        QFETCH(QString, expected);
        QCOMPARE(words(riskOfText(text.toStdString())), expected);
    }

    void hintsMakeTheDoubtfulLikely()
    {
        QCOMPARE(words(riskOfText("10.0.0.5")), QStringLiteral("nothing"));
        QCOMPARE(words(riskOfText("10.0.0.5", RiskKind::IpAddress)),
                 QStringLiteral("ip-address likely"));
        QCOMPARE(words(riskOfText("5551234567", RiskKind::Phone)), QStringLiteral("phone likely"));
        QCOMPARE(words(riskOfText("hunter2!", RiskKind::Secret)), QStringLiteral("secret likely"));
        QCOMPARE(words(riskOfText("Nguyen Thi Hoa", RiskKind::PersonalName)),
                 QStringLiteral("personal-name likely"));
    }

    void columnNames_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char *name, const char *expected) {
            QTest::newRow(name) << QString::fromUtf8(name) << QString::fromUtf8(expected);
        };
        row("email", "email likely");
        row("customerEmail", "email likely");
        row("E-Mail", "email likely");
        row("Telefonnummer", "phone likely");
        row("phone_1", "phone likely");
        row("first_name", "personal-name likely");
        row("LastName", "personal-name likely");
        row("Nachname", "personal-name likely");
        row("name", "personal-name possible");
        row("customer_name", "personal-name likely");
        row("Geburtsdatum", "birth-date likely");
        row("date_of_birth", "birth-date likely");
        row("Straße", "address likely");
        row("address_line_1", "address likely");
        row("clientIPAddress", "ip-address likely");
        row("client_ip", "ip-address likely");
        row("credit_card", "payment-card likely");
        row("IBAN", "iban likely");
        row("ssn", "national-id likely");
        row("steuer_id", "national-id likely");
        row("api_key", "secret likely");
        row("user_id", "identifier possible");
        for (const char *name : {"petal_width",
                                 "species",
                                 "sepal_length",
                                 "file_name",
                                 "host.name",
                                 "product name",
                                 "class_name",
                                 "email_count",
                                 "is_email_verified",
                                 "has_phone",
                                 "email_domain",
                                 "phone_type",
                                 "card_type",
                                 "card_brand",
                                 "cardinality",
                                 "mobile",
                                 "shipment",
                                 "tip",
                                 "zip",
                                 "trip_distance",
                                 "memory_address",
                                 "telemetry",
                                 "streets",
                                 "namespace",
                                 "predicted_class",
                                 "probability",
                                 "age",
                                 "country",
                                 "city",
                                 "id",
                                 "row_id",
                                 "username_length",
                                 "mail_subject",
                                 "street_type",
                                 "tip_amount",
                                 "secretary",
                                 "tokens",
                                 "pan"})
            row(name, "nothing");
    }
    void columnNames()
    {
        QFETCH(QString, name);
        QFETCH(QString, expected);
        QCOMPARE(words(riskOfColumnName(name.toStdString())), expected);
    }

    void columnsOfNames()
    {
        const std::vector<std::string_view> people{"Anna Ito",  "Hoa Nguyen", "Max Weber",
                                                   "Priya Rao", "Ole Hansen", "Peter Novak"};
        QCOMPARE(words(riskOfTexts(people)), QStringLiteral("personal-name likely"));
        const std::vector<std::string_view> places{"New York",  "San Diego", "Los Angeles",
                                                   "Las Vegas", "Santa Fe",  "Salt Lake City"};
        QCOMPARE(words(riskOfTexts(places)), QStringLiteral("nothing"));
    }

    void columnsOfNumbers()
    {
        const std::vector<double> cards{4111111111111111, 5500005555555559, 4012888888881881,
                                        5105105105105100, 4222222222222220};
        QCOMPARE(words(riskOfNumbers(std::span(cards).first(4), 4, 4)),
                 QStringLiteral("payment-card likely"));
        const std::vector<double> ids{86095742719, 47036892816, 65929970489,
                                      57549285017, 25768131411, 81872495633};
        QCOMPARE(words(riskOfNumbers(ids, 6, 6)), QStringLiteral("national-id possible"));
        const std::vector<double> times{1706710000, 1706710060, 1706710120, 1706710180, 1706710240};
        QCOMPARE(words(riskOfNumbers(times, 5, 5)), QStringLiteral("nothing"));
        const std::vector<double> widths{0.1, 0.2, 0.3, 1.5, 2.5};
        QCOMPARE(words(riskOfNumbers(widths, 5, 5)), QStringLiteral("nothing"));
        const std::vector<double> incomes{120000, 98000, 45500, 61000, 1.2e6, 3e15 + 0.5};
        QCOMPARE(words(riskOfNumbers(incomes, 6, 6)), QStringLiteral("nothing"));
    }

    void masks_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("masked");
        QTest::newRow("mail") << "ada@example.org"
                              << "a…@…org";
        QTest::newRow("card") << "4111 1111 1111 1111"
                              << "4…11";
        QTest::newRow("name") << "Ada Lovelace"
                              << "A… L…";
        QTest::newRow("word") << "setosa"
                              << "s…";
        QTest::newRow("sentence") << "the quick brown fox jumps"
                                  << "t… q… b… …";
        QTest::newRow("umlaut") << "Ödön"
                                << "Ö…";
        QTest::newRow("short") << "x"
                               << "x…";
        QTest::newRow("date") << "2026-01-31"
                              << "2…";
        QTest::newRow("nothing") << ""
                                 << "";
        QTest::newRow("not utf-8") << QStringLiteral("é") << QStringLiteral("é…");
    }
    void masks()
    {
        QFETCH(QString, text);
        QFETCH(QString, masked);
        QCOMPARE(qs(maskText(text.toStdString())), masked);
        // Bytes that are no text neither crash nor come out whole.
        QVERIFY(maskText("\xff\xfe secret").find("secret") == std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestRisk)
#include "tst_risk.moc"
