/// Profiling of tables in files and pipes, in constant memory.
#pragma once

#include <tepal/profile/dataset.h>
#include <tepal/profile/performance.h>
#include <tepal/table/reader.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tepal {

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
    /// How the table is read: dialect, types, missing words, bad rows, threads, progress.
    table::ReadOptions read;
    Semantics semantics = Semantics::Table;
    /// One profile per distinct combination of these columns' values; empty = one profile. See
    /// segmentText().
    std::vector<std::string> segmentBy;
    TimeMs datasetTimestamp = 0;
    TimeMs creationTimestamp = 0;
    /// What is tracked besides the standard metrics; null for nothing.
    std::shared_ptr<const DatasetSchema> schema;
    /// Also compares predictions with the truth, as a regression or as classes.
    std::optional<PerformanceColumns> performance;
    /// More segments than this are taken for a mistake.
    std::size_t maxSegments = 10'000;
};

struct TableProfile
{
    /// One, or one per segment in order of their keys.
    std::vector<DatasetProfile> profiles;
    /// Of all rows together, when it was asked for.
    std::optional<ModelPerformance> performance;
    table::ReadReport read;
};

/// Profiles a table (a file, or "-" for standard input) in constant memory: about 20 MB per thread,
/// the sketches besides. What is a row and what is a cell is the business of table/reader.h; how a
/// column's type is settled, of profile/growth.h. The same rows give the same profile, whatever
/// they are written in.
///
/// Row semantics: cell by cell in the types that the whole column has; JSON rows in their own
/// types. Errors: those of readTable, with the path; InvalidArgument (too many segments, a column
/// that is not there).
Result<TableProfile> profileTable(const std::filesystem::path &path, const TableOptions &options);
/// The same for bytes in memory.
Result<TableProfile> profileBytes(std::string_view bytes, const TableOptions &options);

} // namespace tepal
