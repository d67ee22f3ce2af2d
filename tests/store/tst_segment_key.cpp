// Segments as keys and as people write them: what is written is read again.

#include "test_support.h"

#include <tepal/store/segment_key.h>

#include <QTest>

using namespace tepal;

class TestSegmentKey : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void roundTrip_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("value");
        QTest::addColumn<QString>("label");
        const auto row = [](const char *tag, const char *name, const char *value,
                            const char *label) {
            QTest::newRow(tag) << QString::fromUtf8(name) << QString::fromUtf8(value)
                               << QString::fromUtf8(label);
        };
        row("plain", "country", "CH", "country=CH");
        row("semicolon", "tier", "a;b=c", "tier=a\\;b=c");
        row("backslash", "path", "C:\\x", "path=C:\\\\x");
        row("equals in the name", "a=b", "c", "a\\=b=c");
        row("empty value", "country", "", "country=");
        row("spaces and marks", "état", " \"x\" ", "état= \"x\" ");
    }
    void roundTrip()
    {
        QFETCH(QString, name);
        QFETCH(QString, value);
        QFETCH(QString, label);
        const SegmentTags one{{name.toStdString(), value.toStdString()}};
        SegmentTags two = one;
        two.emplace_back("tier", "gold");
        QCOMPARE(segmentLabel(one), label.toStdString());
        for (const SegmentTags &tags : {one, two}) {
            QCOMPARE(parseSegment(segmentLabel(tags)).value(), tags);
            QCOMPARE(parseSegmentKey(segmentKey(tags)), tags);
        }
    }
    void whatIsNoSegment()
    {
        for (const char *text : {"", "CH", "=CH", "country=CH;", "country=CH;tier", ";", "a\\=b"}) {
            const auto read = parseSegment(text);
            QVERIFY2(!read, text);
            QVERIFY(!read.error().next.empty());
        }
    }
};

QTEST_APPLESS_MAIN(TestSegmentKey)
#include "tst_segment_key.moc"
