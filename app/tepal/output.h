/// Tables, sizes and progress on a terminal.
#pragma once

#include <tepal/base/result.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tepal::cli {

/// One line on stdout. Whatever it holds, it is one line and does not steer the terminal.
void printLine(std::string_view text);
/// Prints rows in aligned columns, the first row as the heading. Cells as in printLine.
void printTable(const std::vector<std::vector<std::string>> &rows);
/// `14.20 KiB`
std::string sizeText(std::uint64_t bytes);
/// `1 row`, `2 rows`
std::string countText(std::uint64_t count, std::string_view what);
/// A number for people: up to six significant digits, `inf` or `-inf`, "–" when it is not one.
std::string numberText(double value);
/// `2 rows of dataset shop lie ahead (2099-01-01T00:00:00Z)`; `last` is named where it is another
/// time.
std::string aheadText(std::string_view dataset, std::int64_t rows, std::string_view first,
                      std::string_view last);
/// JSON for people and programs; bytes that are no UTF-8 become U+FFFD.
template <typename Json>
std::string jsonText(const Json &json, int indent = 2)
{
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}
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
/// That the folder of an output is there: a mistyped one is not to be created. Asked before the
/// work, not behind it.
Status checkFolder(const std::filesystem::path &output);
/// Atomically to a file in a folder that exists, or to standard output for "-".
Status writeOutput(const std::filesystem::path &path, std::string_view bytes);
bool stderrIsTerminal();
bool stdinIsTerminal();

} // namespace tepal::cli
