/// One model as a thread asks it: rows from bodies, answers, and what is recorded of both.
#pragma once

#include "worker_stats.h"

#include <tepal/journal/journal.h>
#include <tepal/model/model.h>
#include <tepal/serving/row.h>
#include <tepal/serving/server.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tepal::serving {

/// Reuses its buffers from request to request. Not thread-safe.
class Asking
{
public:
    /// `journal` may be null: nothing is recorded then.
    /// With a version what it records is a segment of the dataset.
    Asking(std::shared_ptr<const Model> model, const std::string &dataset, Journal *journal,
           const std::string &version = {});

    const Model &model() const { return *m_model; }
    const std::shared_ptr<const Model> &shared() const { return m_model; }

    /// One row, typed unless it is plain numbers, and its answer.
    Status ask(std::string_view body);
    /// Any number of rows: `read` fills in cells and their number.
    using ReadRows =
        std::function<Status(RowParser &parser, std::vector<Value> &cells, std::size_t &rows)>;
    Status askRows(const ReadRows &read);
    std::size_t rows() const { return m_rowCount; }
    /// One row, its answer and why, as JSON. Nothing of it is recorded. Compared is with `ordinary`
    /// or, where that knows no reference, with what the model learned from. InvalidArgument where
    /// there is neither.
    Result<std::string> explain(std::string_view body, const OrdinaryRows &ordinary);

    /// What was answered: a label, or the number of a regression, several as a
    /// JSON array. Lives until the next call of any
    /// kind.
    std::string_view answer(std::size_t row = 0);
    /// Of a regression: one number for each of its outputs.
    std::span<const double> numbers(std::size_t row) const;
    /// As JSON: `"setosa"`, `3.5`, `[3.5,-1.0]` of a model that answers several numbers.
    void appendAnswer(std::size_t row, std::string &out);
    /// One per class, empty where the model only names one.
    std::span<const double> probabilities(std::size_t row) const;

    /// All rows of the request with their answers, as one record.
    Append record(Lane &lane, TimeMs time);
    /// The first row, for the list of recent requests.
    void fill(RecentData &recent);

private:
    Result<OrdinaryRow> ordinaryRow(const OrdinaryRows &rows) const;

    std::shared_ptr<const Model> m_model;
    std::string m_dataset;
    SchemaHandle m_schema;
    bool m_plainModel = false; ///< Every feature is any number.
    bool m_plainRow = false;   ///< The row of this request is in m_features alone.
    RowParser m_parser;
    std::vector<double> m_features; ///< Of a plain row.
    std::vector<Value> m_row;       ///< Of all rows of any other request, as they were sent.
    std::vector<Value> m_cells;
    std::size_t m_rowCount = 0;
    Prediction m_prediction;   ///< Of one row …
    Predictions m_predictions; ///< … or of many.
    std::string m_text;
};

} // namespace tepal::serving
