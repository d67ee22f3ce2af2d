#include "crc32c.h"

#include <QtTest>

#include <string>

using namespace tepal::journal;

class TestCrc32c : public QObject
{
    Q_OBJECT
private slots:
    void knownValues();
    void bothVersionsAgree();
};

void TestCrc32c::knownValues()
{
    // RFC 3720, B.4, and the usual check value.
    QCOMPARE(crc32c(0, "123456789", 9), 0xE3069283u);
    QCOMPARE(crc32cPortable(0, "123456789", 9), 0xE3069283u);
    const std::string zeros(32, '\0');
    QCOMPARE(crc32c(0, zeros.data(), zeros.size()), 0x8A9136AAu);
    const std::string ones(32, '\xFF');
    QCOMPARE(crc32cPortable(0, ones.data(), ones.size()), 0x62A8AB43u);
}

void TestCrc32c::bothVersionsAgree()
{
    std::string bytes;
    for (int i = 0; i < 300; ++i) {
        QCOMPARE(crc32c(7, bytes.data(), bytes.size()),
                 crc32cPortable(7, bytes.data(), bytes.size()));
        bytes.push_back(static_cast<char>(i * 37));
    }
    const auto first = crc32c(0, bytes.data(), 100);
    QCOMPARE(crc32c(first, bytes.data() + 100, 200), crc32c(0, bytes.data(), 300));
}

QTEST_APPLESS_MAIN(TestCrc32c)
#include "tst_crc32c.moc"
