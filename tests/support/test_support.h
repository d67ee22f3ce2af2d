/// What tests share: where things are, and reading them.
#pragma once

#include <QString>

#include <filesystem>
#include <string>

namespace tepal::test {

/// Root of the source tree.
std::filesystem::path sourceDir();
/// tests/golden, or a file in it.
std::filesystem::path golden(const std::string &relative = {});
/// Where the built programs lie.
std::filesystem::path binDir();
/// Whole file; fails the test program (abort with message) when it cannot be read.
std::string readAll(const std::filesystem::path &path);
/// For QVERIFY2 and QCOMPARE messages.
inline QString qs(const std::string &text)
{
    return QString::fromStdString(text);
}

} // namespace tepal::test
