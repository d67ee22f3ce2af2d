/// The options with which every command reads tables, and where rows go that cannot be read.
#pragma once

#include <tepal/table/reader.h>

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tepal::cli {

class TableArguments
{
public:
    void addTo(CLI::App &command);
    /// InvalidArgument names the option.
    Result<table::ReadOptions> options() const;

    bool skipBadRows() const { return m_skipBadRows; }
    /// Where bad rows go: what was said, else `FILE.rejected` beside the input, or beside the
    /// output when the input is a pipe.
    std::filesystem::path rejectedPath(const std::string &input, const std::string &output) const;

private:
    std::string m_format;
    std::optional<std::string> m_delimiter;
    std::optional<std::string> m_quote;
    std::optional<std::string> m_escape;
    std::optional<std::string> m_decimal;
    std::optional<std::string> m_thousands;
    std::optional<std::string> m_encoding;
    std::string m_rejected;
    std::string m_nested = "flatten";
    bool m_header = false;
    bool m_noHeader = false;
    bool m_skipBadRows = false;
    bool m_strict = false;
    bool m_skipBlanks = false;
    bool m_keepBlanks = false;
    std::optional<std::uint32_t> m_skip;
    std::vector<std::string> m_types;
    std::vector<std::string> m_missing;
};

/// Rows that are left out, as a table: line, column, reason, row. The file appears with the first
/// one; one that an earlier run left is removed when there is none.
class RejectedRows
{
public:
    explicit RejectedRows(std::filesystem::path path);
    ~RejectedRows();
    RejectedRows(const RejectedRows &) = delete;
    RejectedRows &operator=(const RejectedRows &) = delete;

    Status add(const table::BadRow &row);
    /// Io when not all of it could be written.
    Status close();
    const std::filesystem::path &path() const { return m_path; }

private:
    struct File;
    std::filesystem::path m_path;
    std::unique_ptr<File> m_file;
};

/// InvalidArgument when one of the outputs is one of the inputs, under whatever name.
Status refuseOverwriting(const std::vector<std::string> &inputs,
                         const std::vector<std::filesystem::path> &outputs);

/// "read as: UTF-8, ",", header, 4 columns" on stderr, with what was left in doubt.
void sayDialect(const table::Dialect &dialect, std::size_t columns, const std::string &doubt);
/// The last lines on stderr: short rows, empty lines, and how many rows were left out.
void sayRows(const table::ReadReport &report, const RejectedRows &rejected);

} // namespace tepal::cli
