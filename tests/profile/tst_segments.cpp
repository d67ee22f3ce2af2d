// Names of segments' files: whylogs' own where nobody else can have them, never the same twice.

#include "test_support.h"

#include <tepal/profile/segments.h>

#include <QTest>

#include <set>

using namespace tepal;
using namespace tepal::test;

namespace {

std::string name(std::initializer_list<std::pair<std::string, std::string>> tags)
{
    return segmentFileName("out", SegmentTags(tags));
}

std::string plain(const std::vector<std::string> &columns, const std::string &values)
{
    return "out_" + partitionId(columns) + values + ".bin";
}

} // namespace

class TestSegments : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void ordinaryNamesAreWhylogs()
    {
        QCOMPARE(name({{"region", "EU"}}), plain({"region"}, "_EU"));
        QCOMPARE(name({{"region", "EU_N"}}), plain({"region"}, "_EU_N"));
        QCOMPARE(name({{"region", "São Paulo"}}), plain({"region"}, "_São Paulo"));
        QCOMPARE(name({{"region", ""}}), plain({"region"}, "_"));
        QCOMPARE(name({{"region", "."}}), plain({"region"}, "_."));
        QCOMPARE(name({{"region", ".."}}), plain({"region"}, "_.."));
        QCOMPARE(name({{"a", "x"}, {"b", ""}}), plain({"a", "b"}, "_x_"));
    }
    void neverTheSame()
    {
        const std::string longText(300, 'x');
        const std::vector<std::string> values{"EU/N",
                                              "EU_N",
                                              "EU\\N",
                                              "EU:N",
                                              "EU?N",
                                              "EU*N",
                                              std::string("EU\0N", 4),
                                              "EU\x1bN",
                                              "EU\x7fN",
                                              "",
                                              ".",
                                              "..",
                                              "/",
                                              "//",
                                              "../x",
                                              "_",
                                              "~",
                                              "EU~N",
                                              "EU\xffN",
                                              "EU\xfeN",
                                              "EU\xEF\xBF\xBDN",
                                              " ",
                                              "  ",
                                              longText,
                                              longText + "y",
                                              longText + "/",
                                              "NUL",
                                              "a\nb"};
        std::set<std::string> names;
        for (const std::string &value : values)
            names.insert(name({{"region", value}}));
        QCOMPARE(names.size(), values.size());
        // A value that is another one's name.
        const std::string hashed = name({{"region", "EU/N"}});
        const std::string start = plain({"region"}, "_");
        const std::string copy = hashed.substr(start.size() - 4, hashed.size() - start.size());
        QVERIFY(name({{"region", copy}}) != hashed);
    }
    void severalColumns()
    {
        QVERIFY(name({{"a", "x_y"}, {"b", "z"}}) != name({{"a", "x"}, {"b", "y_z"}}));
        QVERIFY(name({{"a", ""}, {"b", "_"}}) != name({{"a", "_"}, {"b", ""}}));
        QVERIFY(name({{"a", "1:b"}, {"b", "/"}}) != name({{"a", "1"}, {"b", "b/"}}));
    }
    /// Also beside other segments, and again tomorrow.
    void namesStay()
    {
        QCOMPARE(name({{"region", "EU/N"}}), name({{"region", "EU/N"}}));
        QVERIFY(name({{"region", "EU/N"}}).find("_EU_N~") != std::string::npos);
        const auto names = segmentFileNames("out", {{{"region", "EU/N"}}, {{"region", "EU_N"}}});
        QCOMPARE(names[0], name({{"region", "EU/N"}}));
        QCOMPARE(names[1], name({{"region", "EU_N"}}));
    }
    void namesFit()
    {
        for (const std::size_t stem : {1u, 20u, 60u, 105u}) {
            for (const std::size_t size : {10u, 99u, 100u, 101u, 5000u}) {
                std::string value;
                while (value.size() < size)
                    value += "é";
                const std::string file =
                    segmentFileName(std::string(stem, 's'), {{"region", value}});
                QVERIFY2(file.size() <= 255, file.c_str());
                QVERIFY2(QString::fromUtf8(file.c_str()).toUtf8() == file.c_str(), file.c_str());
                QVERIFY(file.ends_with(".bin"));
            }
        }
        for (const char c : name({{"region", "a/b\\c\x01\x7f"}}))
            QVERIFY(c != '/' && c != '\\' && static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    }
    /// macOS and Windows take such names for one.
    void caseAndAccents()
    {
        const auto names = segmentFileNames("out", {{{"region", "EU"}},
                                                    {{"region", "eu"}},
                                                    {{"region", "US"}},
                                                    {{"region", "Stra\xC3\x9F"
                                                                "e"}},
                                                    {{"region", "STRASSE"}},
                                                    {{"region", "caf\xC3\xA9"}},
                                                    {{"region", "cafe\xCC\x81"}},
                                                    {{"region", "\xff"}}});
        QCOMPARE(names[2], plain({"region"}, "_US"));
        std::set<QByteArray> lower;
        for (const std::string &one : names)
            lower.insert(QString::fromUtf8(one.c_str())
                             .normalized(QString::NormalizationForm_C)
                             .toCaseFolded()
                             .toUtf8());
        QCOMPARE(lower.size(), names.size());
        QVERIFY(names[0].find("_EU~") != std::string::npos);
        QVERIFY(names[1].find("_eu~") != std::string::npos);
    }
};

QTEST_APPLESS_MAIN(TestSegments)
#include "tst_segments.moc"
