#include "test_support.h"

#include <tepal/base/file.h>

#include <QtGlobal>

namespace tepal::test {

std::filesystem::path sourceDir()
{
    return TEPAL_SOURCE_DIR;
}

std::filesystem::path golden(const std::string &relative)
{
    return sourceDir() / "tests" / "golden" / relative;
}

std::filesystem::path binDir()
{
    return TEPAL_BIN_DIR;
}

std::string readAll(const std::filesystem::path &path)
{
    auto bytes = readFile(path);
    if (!bytes)
        qFatal("%s", bytes.error().text().c_str());
    return std::move(*bytes);
}

} // namespace tepal::test
