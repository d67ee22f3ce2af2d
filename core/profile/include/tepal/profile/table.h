/// Profiling of CSV and JSONL files, plain or gzip'd, in constant memory.
#pragma once

#include <tepal/profile/dataset.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace tepal {

enum class TableFormat : std::uint8_t { Csv, Jsonl };

struct TableOptions
{
    Semantics semantics = Semantics::Table;
    /// One profile per distinct combination of these columns' values; empty = one profile.
    std::vector<std::string> segmentBy;
    /// Cell texts of a CSV that mean "missing", besides the empty cell.
    std::vector<std::string> nullTexts{"NaN", "nan", "null", "NULL", "NA", "N/A", "None", "<NA>"};
    /// Stop at the first bad row instead of skipping it.
    bool strict = false;
    TimeMs datasetTimestamp = 0;
    TimeMs creationTimestamp = 0;
    /// Called about once per chunk with the bytes read and the rows profiled so far.
    std::function<void(std::uint64_t bytes, std::uint64_t rows)> progress;
    std::stop_token stop;
};

struct TableProfile
{
    /// One, or one per segment in order of their keys.
    std::vector<DatasetProfile> profiles;
    std::uint64_t rows = 0;
    std::uint64_t skipped = 0;
    /// "line 17: 5 cells where the header has 6" for the first few skipped rows.
    std::vector<std::string> problems;
};

/// By the name: .csv, .jsonl, .ndjson, each also with .gz.
Result<TableFormat> tableFormatOf(const std::filesystem::path &path);

/// Profiles a file. CSV: RFC 4180 quoting, BOM, CRLF, header required. Types are inferred per
/// column and chunk of 65,536 rows as pandas infers them: all cells integers → integers, all
/// numbers → fractions, all True/False → booleans, else text; missing cells make integers
/// fractions. Unlike pandas, a later chunk of another type does not change what earlier ones were
/// counted as. JSONL: one object per line, types as written; in a column of numbers with fractions
/// or nulls among them integers become fractions (Table semantics).
Result<TableProfile> profileTable(const std::filesystem::path &path, TableFormat format,
                                  const TableOptions &options);

} // namespace tepal
