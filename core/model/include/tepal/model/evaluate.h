/// What a model says on rows whose answers are known: how right it is, and where two differ.
#pragma once

#include <tepal/model/model.h>
#include <tepal/model/quality.h>
#include <tepal/table/reader.h>

#include <filesystem>
#include <optional>
#include <stop_token>

namespace tepal {

/// Every row of the table is counted in one of these, but for `unknownCategories`.
struct EvaluatedRows
{
    std::uint64_t answered = 0;
    std::uint64_t noLabel = 0;   ///< Their label is missing.
    std::uint64_t badLabel = 0;  ///< Of a regression: it is no finite number.
    std::uint64_t noFeature = 0; ///< They lack a value that the model does not do without.
    std::uint64_t refused = 0;   ///< The model does not take them, e.g. an unknown category.
    std::uint64_t unread = 0;    ///< Bad rows of the file, where they are left out.
    std::string whyRefused;      ///< Of the first that was refused: "row 17: …".
    /// Values that were none of their feature's categories and counted as missing.
    std::uint64_t unknownCategories = 0;

    std::uint64_t leftOut() const { return noLabel + badLabel + noFeature + refused + unread; }
};

struct Evaluation
{
    Task task = Task::Classification;
    bool leaveOneOut = false; ///< On its own training rows, each told by all the others.
    EvaluatedRows rows;
    ClassificationQuality classes; ///< Of a classification.
    RegressionQuality numbers;     ///< Of a regression.
    /// What may surprise, as sentences without their full stop.
    std::vector<std::string> notes;
};

struct EvaluateOptions
{
    std::string label; ///< The column with what was so.
    table::ReadOptions read;
};

/// Asks a model about every row of a file, or standard input for "-"; features by their names. A
/// label is the class it is written like, else the one whose number it is. Errors as
/// table::readTable(); InvalidArgument for columns that are not there, and for a label with more
/// than 1,000 texts that are no class of the model; what the model's predict() says where that is
/// not about the row.
Result<Evaluation> evaluateModel(const Model &model, const std::filesystem::path &path,
                                 const EvaluateOptions &options);

/// Leave-one-out over a nearest-neighbours model's own rows, at most `most` of them, evenly spread.
/// Unsupported for models that do not keep their rows, InvalidArgument for too few of them,
/// Cancelled.
Result<Evaluation> evaluateLeaveOneOut(const Model &model, std::size_t most = 20'000,
                                       std::stop_token stop = {});
/// Whether it keeps them.
bool keepsItsRows(const Model &model);

/// A row on which two models differ.
struct Disagreement
{
    std::uint64_t row = 0; ///< Of the table, from 1.
    std::string truth;
    std::string a;
    std::string b;
};

/// Over the rows that both answered.
struct Agreement
{
    std::uint64_t rows = 0;
    std::uint64_t differ = 0; ///< Another class, or another number.
    // Of classifications:
    std::uint64_t onlyA = 0; ///< A is right, B is not.
    std::uint64_t onlyB = 0; ///< B is right, A is not.
    double p = kNoNumber;    ///< McNemar's exact test of the two.
    // Of regressions:
    std::uint64_t nearerA = 0;
    std::uint64_t nearerB = 0;
    double meanDifference = kNoNumber; ///< Of |a − b|.
    double maxDifference = kNoNumber;
    std::vector<Disagreement> first; ///< At most 200.
};

struct ModelComparison
{
    Evaluation a;
    Evaluation b;
    Agreement agreement;
};

/// The same for two models of one task in one reading. Errors name the model's part.
Result<ModelComparison> compareModels(const Model &a, const Model &b,
                                      const std::filesystem::path &path,
                                      const EvaluateOptions &options);

} // namespace tepal
