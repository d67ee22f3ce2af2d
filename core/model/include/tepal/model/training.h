/// A table with a column to be told from the others, as something that can be learned.
#pragma once

#include <tepal/model/table_knn.h>
#include <tepal/table/reader.h>

#include <filesystem>

namespace tepal {

struct TrainingOptions
{
    std::string label;
    std::optional<Task> task; ///< Nothing: as the label's values say.
    /// Texts become a column for each of their values; else they are refused.
    bool oneHot = false;
    std::vector<std::string> drop; ///< Columns that are not learned from.
    /// Rows that lack a value are left out; else they are refused.
    bool dropMissing = false;
};

struct TrainingRead
{
    TrainingTable table;
    table::ReadReport read;
    std::size_t dropped = 0; ///< Rows that lacked a value.
    /// What was decided or looks odd, as sentences without their full stop.
    std::vector<std::string> notes;
};

/// Reads a table whole: a file, or standard input for "-". Errors as table::readTable();
/// InvalidArgument names the columns that are not there, that are texts, or that lack values.
Result<TrainingRead> readTraining(const std::filesystem::path &path,
                                  const table::ReadOptions &options,
                                  const TrainingOptions &training);

} // namespace tepal
