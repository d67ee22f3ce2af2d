#include "table_arguments.h"

#include "output.h"

#include <tepal/base/text.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace tepal::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRejectedHeader = "line,column,reason,row\n";

Result<std::map<std::string, table::ColumnType>> parseTypes(const std::vector<std::string> &texts)
{
    std::map<std::string, table::ColumnType> types;
    for (const std::string &text : texts) {
        const std::size_t equals = text.rfind('=');
        if (equals == text.npos || equals == 0)
            return tepal::fail(
                ErrorCode::InvalidArgument,
                fmt::format("\"{}\" is not a column with its type", terminalText(text)),
                "write it as --types code=text,qty=integer");
        const auto type = table::parseColumnType(std::string_view(text).substr(equals + 1));
        if (!type)
            return tl::unexpected(type.error());
        if (!types.emplace(text.substr(0, equals), *type).second)
            return tepal::fail(
                ErrorCode::InvalidArgument,
                fmt::format("\"{}\" is given two types", terminalText(text.substr(0, equals))),
                "say one");
    }
    return types;
}

std::string csvCell(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"')
            out += '"';
        out += c;
    }
    return out + "\"";
}

} // namespace

void TableArguments::addTo(CLI::App &command)
{
    const char *const group = "How the table is written (default: found out, and said in one line)";
    command.add_option("--format", m_format, "csv, jsonl or json")
        ->check(CLI::IsMember({"csv", "jsonl", "json"}))
        ->group(group);
    command
        .add_option("--delimiter", m_delimiter,
                    "Between cells: a character, tab, space, or none for one column")
        ->group(group);
    command.add_option("--quote", m_quote, "Around cells: a character or none")->group(group);
    command.add_option("--escape", m_escape, "Before a quote inside quotes (default: doubled)")
        ->group(group);
    command.add_option("--decimal", m_decimal, "Decimal mark: . or ,")->group(group);
    command.add_option("--thousands", m_thousands, "Between groups of three digits, or none")
        ->group(group);
    command.add_option("--encoding", m_encoding, "utf-8, utf-16, utf-16be or windows-1252")
        ->group(group);
    CLI::Option *const header =
        command.add_flag("--header", m_header, "The first line names the columns")->group(group);
    command.add_flag("--no-header", m_noHeader, "It does not: columns are named 0, 1, …")
        ->excludes(header)
        ->group(group);
    CLI::Option *const skipBlanks =
        command
            .add_flag("--skip-blanks", m_skipBlanks,
                      "Blanks behind a delimiter do not belong to the cell")
            ->group(group);
    command.add_flag("--keep-blanks", m_keepBlanks, "They do")->excludes(skipBlanks)->group(group);
    command.add_option("--skip", m_skip, "Lines before the header")->group(group);
    command
        .add_option("--types", m_types,
                    "Columns that are not to be guessed: code=text,qty=integer (also fraction, "
                    "boolean)")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->group(group);
    command.add_option("--null", m_missing, "Cell texts that mean missing, in place of pandas'")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->group(group);
    command
        .add_option("--nested", m_nested,
                    "Nested JSON as columns a.b (flatten), as text, or only counted (count)")
        ->check(CLI::IsMember({"flatten", "text", "count"}))
        ->capture_default_str()
        ->group(group);
    command
        .add_flag("--skip-bad-rows", m_skipBadRows,
                  "Leave out rows that cannot be read; they go to FILE.rejected with the reason")
        ->group("Rows");
    // Every reading is strict unless bad rows are left out; scripts that still say so are right.
    command.add_flag("--strict", m_strict)->group("");
    command.add_option("--rejected", m_rejected, "Where such rows go")->group("Rows");
}

Result<table::ReadOptions> TableArguments::options() const
{
    table::ReadOptions options;
    auto &dialect = options.dialect;
    if (!m_format.empty())
        dialect.format = m_format == "csv"     ? table::Format::Delimited
                         : m_format == "jsonl" ? table::Format::JsonLines
                                               : table::Format::Json;
    const std::pair<const std::optional<std::string> &, std::optional<char> &> characters[]{
        {m_delimiter, dialect.delimiter},
        {m_quote, dialect.quote},
        {m_escape, dialect.escape},
        {m_decimal, dialect.decimal},
        {m_thousands, dialect.thousands}};
    for (const auto &[text, to] : characters) {
        if (!text)
            continue;
        const auto character = table::parseSeparator(*text);
        if (!character)
            return tl::unexpected(character.error());
        to = *character;
    }
    if (dialect.decimal && *dialect.decimal != '.' && *dialect.decimal != ',')
        return tepal::fail(ErrorCode::InvalidArgument, "the decimal mark is . or ,",
                           "say --decimal . or --decimal ,");
    for (std::size_t i = 0; i < std::size(characters); ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            const auto &a = characters[i].second;
            const auto &b = characters[k].second;
            if (a && b && *a == *b && *a != 0)
                return tepal::fail(ErrorCode::InvalidArgument,
                                   fmt::format("\"{}\" cannot mean two things in one table", *a),
                                   "say another character for one of them");
        }
    }
    if (m_encoding) {
        const auto encoding = table::parseEncoding(*m_encoding);
        if (!encoding)
            return tl::unexpected(encoding.error());
        dialect.encoding = *encoding;
    }
    if (m_header || m_noHeader)
        dialect.header = m_header;
    dialect.skippedLines = m_skip;
    if (m_skipBlanks || m_keepBlanks)
        dialect.skipBlanks = m_skipBlanks;
    auto types = parseTypes(m_types);
    if (!types)
        return tl::unexpected(types.error());
    options.types = std::move(*types);
    if (!m_missing.empty())
        options.missing = m_missing;
    options.nested = m_nested == "text"    ? table::Nested::Text
                     : m_nested == "count" ? table::Nested::Count
                                           : table::Nested::Flatten;
    options.skipBadRows = m_skipBadRows;
    return options;
}

fs::path TableArguments::rejectedPath(const std::string &input, const std::string &output) const
{
    if (!m_rejected.empty())
        return m_rejected;
    if (input != "-" && !input.empty())
        return input + ".rejected";
    return (output.empty() || output == "-" ? std::string("stdin") : output) + ".rejected";
}

struct RejectedRows::File
{
    std::FILE *handle = nullptr;
    bool failed = false;
};

RejectedRows::RejectedRows(fs::path path)
    : m_path(std::move(path))
    , m_file(std::make_unique<File>())
{}

RejectedRows::~RejectedRows()
{
    if (m_file->handle)
        std::fclose(m_file->handle);
}

Status RejectedRows::add(const table::BadRow &row)
{
    const auto cannot = [&] {
        return tepal::fail(ErrorCode::Io,
                           fmt::format("cannot write {}: {}", terminalText(m_path.string()),
                                       std::generic_category().message(errno)),
                           "say another place with --rejected");
    };
    if (!m_file->handle) {
        m_file->handle = std::fopen(m_path.string().c_str(), "wb");
        if (!m_file->handle)
            return cannot();
        std::fwrite(kRejectedHeader.data(), 1, kRejectedHeader.size(), m_file->handle);
    }
    const std::string line =
        fmt::format("{},{},{},{}\n", row.line, row.column, csvCell(row.reason), csvCell(row.row));
    if (std::fwrite(line.data(), 1, line.size(), m_file->handle) != line.size())
        return cannot();
    return {};
}

Status RejectedRows::close()
{
    std::FILE *const file = std::exchange(m_file->handle, nullptr);
    if (file) {
        if (std::fclose(file) != 0)
            return tepal::fail(ErrorCode::Io,
                               fmt::format("cannot write {}", terminalText(m_path.string())),
                               "look whether the disk is full");
        return {};
    }
    // What an earlier run left there would say that rows are missing now.
    std::FILE *const old = std::fopen(m_path.string().c_str(), "rb");
    if (!old)
        return {};
    std::string head(kRejectedHeader.size(), '\0');
    const bool ours =
        std::fread(head.data(), 1, head.size(), old) == head.size() && head == kRejectedHeader;
    std::fclose(old);
    std::error_code ignored;
    if (ours)
        fs::remove(m_path, ignored);
    return {};
}

Status refuseOverwriting(const std::vector<std::string> &inputs,
                         const std::vector<fs::path> &outputs)
{
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        if (outputs[i] != "-" &&
            std::count(outputs.begin(), outputs.begin() + static_cast<std::ptrdiff_t>(i),
                       outputs[i]) > 0)
            return tepal::fail(
                ErrorCode::InvalidArgument,
                fmt::format("{} is named for two outputs", terminalText(outputs[i].string())),
                "name two files");
    }
    for (const fs::path &output : outputs) {
        for (const std::string &input : inputs) {
            std::error_code ignored;
            if (output != "-" && input != "-" &&
                (fs::path(input) == output || fs::equivalent(input, output, ignored)))
                return tepal::fail(ErrorCode::InvalidArgument,
                                   fmt::format("{} is the input, and would be overwritten",
                                               terminalText(output.string())),
                                   "name another output");
        }
    }
    return {};
}

void sayDialect(const table::Dialect &dialect, std::size_t columns, const std::string &doubt)
{
    std::fprintf(stderr, "Read as: %s\n", terminalText(table::describe(dialect, columns)).c_str());
    if (!doubt.empty())
        std::fprintf(stderr, "tepal: %s\n", doubt.c_str());
}

void sayRows(const table::ReadReport &report, const RejectedRows &rejected)
{
    if (report.emptyLines > 0)
        std::fprintf(stderr,
                     "tepal: left out %s: in a table of one column a missing cell is \"\"\n",
                     countText(report.emptyLines, "empty line").c_str());
    if (report.shortRows > 0)
        std::fprintf(stderr, "tepal: %s with fewer cells than the header: missing at their end\n",
                     countText(report.shortRows, "row").c_str());
    if (report.badRows > 0)
        std::fprintf(stderr, "tepal: left out %s, which are in %s\n",
                     countText(report.badRows, "bad row").c_str(),
                     terminalText(rejected.path().string()).c_str());
}

} // namespace tepal::cli
