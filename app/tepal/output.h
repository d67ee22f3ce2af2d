/// Tables, sizes and progress on a terminal.
#pragma once

#include <tepal/base/result.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tepal::cli {

/// Prints rows in aligned columns, the first row as the heading.
void printTable(const std::vector<std::vector<std::string>> &rows);
/// `14.20 KiB`
std::string sizeText(std::uint64_t bytes);
/// A number for people: up to six significant digits, "–" when it is not one.
std::string numberText(double value);
/// Rewrites one line on stderr when that is a terminal, at most ten times a second; nothing
/// otherwise.
class Progress
{
public:
    ~Progress();
    void show(const std::string &line);

private:
    std::int64_t m_last = 0;
    bool m_shown = false;
};
/// Atomically to a file, or to standard output for "-".
Status writeOutput(const std::filesystem::path &path, std::string_view bytes);
bool stderrIsTerminal();
bool stdinIsTerminal();

} // namespace tepal::cli
