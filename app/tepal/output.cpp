#include "output.h"

#include <tepal/base/clock.h>
#include <tepal/base/file.h>
#include <tepal/base/text.h>

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <system_error>

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#else
#include <unistd.h>
#endif

namespace tepal::cli {

namespace {

/// Columns a text takes on a terminal: code points, which is right for everything we print.
std::size_t widthOf(const std::string &text)
{
    std::size_t width = 0;
    for (const char c : text)
        width += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    return width;
}

} // namespace

void printLine(std::string_view text)
{
    std::printf("%s\n", terminalText(text).c_str());
}

void printTable(const std::vector<std::vector<std::string>> &table)
{
    std::vector<std::vector<std::string>> rows(table);
    for (auto &row : rows) {
        for (std::string &cell : row)
            cell = terminalText(cell);
    }
    std::vector<std::size_t> widths;
    for (const auto &row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], widthOf(row[i]));
    }
    for (const auto &row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size())
                line.append(widths[i] - widthOf(row[i]) + 2, ' ');
        }
        std::printf("%s\n", line.c_str());
    }
}

std::string sizeText(std::uint64_t bytes)
{
    constexpr const char *units[]{"KiB", "MiB", "GiB", "TiB"};
    if (bytes < 1024)
        return fmt::format("{} B", bytes);
    auto value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    while (value >= 1024 && unit < 3) {
        value /= 1024;
        ++unit;
    }
    return fmt::format("{:.2f} {}", value, units[unit]);
}

std::string countText(std::uint64_t count, std::string_view what)
{
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string numberText(double value)
{
    return std::isnan(value) ? "–" : fmt::format("{:.6g}", value);
}

std::string aheadText(std::string_view dataset, std::int64_t rows, std::string_view first,
                      std::string_view last)
{
    return fmt::format("{} of dataset {} lie{} ahead ({}{}{})",
                       countText(static_cast<std::uint64_t>(rows), "row"), dataset,
                       rows == 1 ? "s" : "", first, first == last ? "" : " to ",
                       first == last ? "" : last);
}

namespace {

Status writeTo(std::FILE *file, std::string_view bytes, const std::string &name)
{
    if (std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size() && std::fflush(file) == 0)
        return {};
    return tepal::fail(
        ErrorCode::Io,
        fmt::format("cannot write to {}: {}", name, std::generic_category().message(errno)),
        "look whether whoever reads it is still there");
}

} // namespace

Status checkFolder(const std::filesystem::path &output)
{
    std::error_code ignored;
    if (output == "-" || !output.has_parent_path() ||
        std::filesystem::is_directory(output.parent_path(), ignored))
        return {};
    return tepal::fail(ErrorCode::NotFound,
                       fmt::format("cannot write {}: there is no folder {}", output.string(),
                                   output.parent_path().string()),
                       "create the folder, or name another one");
}

Status writeOutput(const std::filesystem::path &path, std::string_view bytes)
{
    namespace fs = std::filesystem;
    if (path == "-") {
#ifdef _WIN32
        _setmode(_fileno(stdout), _O_BINARY);
#endif
        return writeTo(stdout, bytes, "standard output");
    }
    if (auto folder = checkFolder(path); !folder)
        return folder;
    std::error_code ignored;
    const auto status = fs::status(path, ignored);
    if (!fs::exists(status))
        return writeFileAtomic(path, bytes);
    if (fs::is_regular_file(status)) {
        // A link stays one; the file that it names is replaced.
        const fs::path target = fs::canonical(path, ignored);
        return writeFileAtomic(target.empty() ? path : target, bytes);
    }
    // A pipe or a device is written to, never replaced.
    std::FILE *const file = std::fopen(path.string().c_str(), "wb");
    if (!file)
        return tepal::fail(ErrorCode::Io,
                           fmt::format("cannot write {}: {}", path.string(),
                                       std::generic_category().message(errno)),
                           "name a file");
    auto written = writeTo(file, bytes, path.string());
    if (std::fclose(file) != 0 && written)
        written = tepal::fail(ErrorCode::Io, fmt::format("cannot write {}", path.string()));
    return written;
}

bool stderrIsTerminal()
{
#ifdef _WIN32
    return _isatty(2) != 0;
#else
    return ::isatty(2) != 0;
#endif
}

bool stdinIsTerminal()
{
#ifdef _WIN32
    return _isatty(0) != 0;
#else
    return ::isatty(0) != 0;
#endif
}

void Progress::show(const std::string &line)
{
    if (!stderrIsTerminal())
        return;
    const std::int64_t now = SystemClock::instance().monotonicNs();
    if (m_shown && now - m_last < 100'000'000)
        return;
    m_last = now;
    m_shown = true;
    std::fprintf(stderr, "\r\033[K%s", terminalText(line).c_str());
    std::fflush(stderr);
}

Progress::~Progress()
{
    if (m_shown)
        std::fprintf(stderr, "\r\033[K");
}

} // namespace tepal::cli
