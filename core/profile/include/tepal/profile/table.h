/// Profiling of CSV and JSONL files, plain or gzip'd, in constant memory.
#pragma once

#include <tepal/profile/dataset.h>
#include <tepal/profile/performance.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace tepal {

enum class TableFormat : std::uint8_t { Csv, Jsonl };

/// Columns that say how good a model was. Rows without a prediction or a truth are left out.
struct PerformanceColumns
{
    enum class As : std::uint8_t {
        ByFirstRow, ///< Numbers if one of the first row's two has a fraction, else classes.
        Classes,
        Numbers, ///< Rows in which one of the two is not a number are left out.
    };

    std::string prediction;
    std::string truth;
    std::string score; ///< Of the model for its prediction, in [0, 1]; empty for none.
    As as = As::ByFirstRow;
};

struct TableOptions
{
    Semantics semantics = Semantics::Table;
    /// One profile per distinct combination of these columns' values; empty = one profile.
    std::vector<std::string> segmentBy;
    /// Cell texts of a CSV that mean "missing", besides the empty cell: those of pandas.
    std::vector<std::string> nullTexts{
        "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
        "<NA>", "N/A",      "NA",  "NULL",    "NaN",      "None", "n/a",  "nan",    "null"};
    /// Stop at the first bad row instead of skipping it.
    bool strict = false;
    TimeMs datasetTimestamp = 0;
    TimeMs creationTimestamp = 0;
    /// What is tracked besides the standard metrics; null for nothing.
    std::shared_ptr<const DatasetSchema> schema;
    /// Threads that read and parse; 0 = as many as there are processors, at most eight. The result
    /// does not depend on it.
    unsigned threads = 0;
    /// Also compares predictions with the truth, as a regression or as classes.
    std::optional<PerformanceColumns> performance;
    /// More segments than this are taken for a mistake.
    std::size_t maxSegments = 10'000;
    /// Called about once per chunk with the bytes read and the rows profiled so far, from one of
    /// the threads at a time.
    std::function<void(std::uint64_t bytes, std::uint64_t rows)> progress;
    std::stop_token stop;
};

struct TableProfile
{
    /// One, or one per segment in order of their keys.
    std::vector<DatasetProfile> profiles;
    /// Of all rows together, when it was asked for.
    std::optional<ModelPerformance> performance;
    std::uint64_t rows = 0;
    std::uint64_t skipped = 0;
    /// "line 17: 5 cells where the header has 6" for the first few skipped rows.
    std::vector<std::string> problems;
};

/// By the name: .csv, .jsonl, .ndjson, each also with .gz.
Result<TableFormat> tableFormatOf(const std::filesystem::path &path);

/// Profiles a file in constant memory: about 20 MB per thread, the sketches besides.
///
/// CSV: RFC 4180 quoting, byte order mark, CRLF, header required, empty lines left out. Types are
/// inferred per column and chunk of 2 MiB as pandas infers them: all cells integers → integers, all
/// numbers → fractions, all True/False → booleans, else text; missing cells are NaN and make
/// integers fractions. A column that was once seen as fractions or text stays so. Unlike pandas, a
/// later chunk of a wider type does not change what earlier chunks were counted as. JSONL: one
/// object per line, types as written; in a column of numbers with fractions or nulls among them
/// integers become fractions (Table semantics). A bad row is skipped and noted with its line and,
/// where there is one, its column; with `strict` it is the end. Errors: NotFound, Io, Corrupt,
/// InvalidArgument (too many segments, a column that is not there), Cancelled.
Result<TableProfile> profileTable(const std::filesystem::path &path, TableFormat format,
                                  const TableOptions &options);

} // namespace tepal
