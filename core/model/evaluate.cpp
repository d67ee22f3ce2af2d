#include "cell_text.h"

#include <tepal/model/evaluate.h>
#include <tepal/model/knn.h>
#include <tepal/model/table_knn.h>
#include <tepal/model/table_rows.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace tepal {
namespace {

constexpr std::size_t kMostForeignClasses = 1000;
constexpr std::size_t kMostShown = 200;

/// What was so, in one row.
struct Truth
{
    Value value;
    std::string_view written; ///< As it stands in the file; empty where that is not known.
};

/// One model and what is counted of it.
class Asked
{
public:
    explicit Asked(const Model &model)
        : m_model(model)
        , m_signature(model.signature())
        , m_columns(m_signature)
        , m_classes(m_signature.classes)
    {
        for (std::size_t i = 0; i < m_signature.classes.size(); ++i) {
            const std::string &name = m_signature.classes[i];
            m_byText.emplace(name, i);
            if (const auto number = table::fractionOf(name, {}))
                m_byNumber.emplace(*number, i);
        }
    }

    void restart()
    {
        m_rows = {};
        m_classes = ClassificationCount(m_signature.classes);
        m_numbers = {};
        m_ownLabels = false;
    }

    /// False where the row is counted as left out. Errors end the whole.
    Result<bool> ask(const table::Block &block, std::size_t row, std::uint64_t number,
                     const table::Dialect &dialect, const Truth &truth)
    {
        if (!takeTruth(truth, dialect))
            return false;
        m_columns.row(block, row, dialect, m_cells);
        for (std::size_t i = 0; i < m_cells.size(); ++i) {
            if (m_cells[i].isNull() && !m_signature.features[i].missing) {
                ++m_rows.noFeature;
                return false;
            }
        }
        if (auto done = m_model.predictValues(m_cells, m_prediction); !done) {
            if (done.error().code != ErrorCode::InvalidArgument)
                return failWith(fmt::format("row {}", number), done.error());
            if (m_rows.refused++ == 0)
                m_rows.whyRefused = fmt::format("row {}: {}", number, done.error().message);
            return false;
        }
        count();
        return true;
    }

    Status match(const std::vector<std::string> &names)
    {
        if (m_signature.targets() > 1)
            return fail(ErrorCode::Unsupported,
                        fmt::format("the model answers {} numbers for a row, and a table is held "
                                    "against one",
                                    m_signature.targets()),
                        "compare the columns that predict writes, each for itself");
        return m_columns.match(names);
    }
    bool isRegression() const { return m_signature.task == Task::Regression; }
    const Prediction &prediction() const { return m_prediction; }
    std::size_t truthIndex() const { return m_truth; }
    double target() const { return m_target; }
    bool isRight() const { return m_truth == m_prediction.classIndex; }
    std::size_t foreignClasses() const { return m_classes.foreignClasses(); }

    Evaluation result(std::uint64_t unread) const
    {
        Evaluation out;
        out.task = m_signature.task;
        out.rows = m_rows;
        out.rows.unread = unread;
        if (isRegression()) {
            out.numbers = m_numbers.result();
            return out;
        }
        out.classes = m_classes.result();
        if (m_rows.answered > 0 && !m_ownLabels)
            out.notes.push_back(
                fmt::format("no label of the table is one of the model's classes ({}): look "
                            "whether it is the right column",
                            listedNames(m_signature.classes, 8)));
        return out;
    }

private:
    bool takeTruth(const Truth &truth, const table::Dialect &dialect)
    {
        if (!isRegression()) {
            const auto index = classOf(truth);
            m_rows.noLabel += index ? 0 : 1;
            m_truth = index.value_or(0);
            return index.has_value();
        }
        if (table::isMissing(truth.value)) {
            ++m_rows.noLabel;
            return false;
        }
        auto number = numberOf(truth.value);
        if (!number && truth.value.kind() == ValueKind::String)
            number =
                table::fractionOf(truth.value.asString(), {dialect.decimal, dialect.thousands});
        m_target = number.value_or(kNoNumber);
        m_rows.badLabel += std::isfinite(m_target) ? 0 : 1;
        return std::isfinite(m_target);
    }

    /// A class that is called like a missing word is a class all the same.
    std::optional<std::size_t> classOf(const Truth &truth)
    {
        if (const auto found = m_byText.find(truth.written);
            !truth.written.empty() && found != m_byText.end())
            return found->second;
        if (table::isMissing(truth.value))
            return std::nullopt;
        const std::string text = textOf(truth.value);
        if (const auto found = m_byText.find(text); found != m_byText.end())
            return found->second;
        if (const auto number = numberOf(truth.value)) {
            if (const auto found = m_byNumber.find(*number); found != m_byNumber.end())
                return found->second;
        }
        return m_classes.indexOf(text);
    }

    void count()
    {
        ++m_rows.answered;
        m_rows.unknownCategories += m_prediction.unknownCategories;
        if (isRegression())
            return m_numbers.add(m_target, m_prediction.value);
        m_classes.add(m_truth, m_prediction.classIndex, m_prediction.probabilities);
        m_ownLabels = m_ownLabels || m_truth < m_signature.classes.size();
    }

    const Model &m_model;
    const Signature &m_signature;
    FeatureColumns m_columns;
    std::map<std::string, std::size_t, std::less<>> m_byText;
    std::map<double, std::size_t> m_byNumber;
    EvaluatedRows m_rows;
    ClassificationCount m_classes;
    RegressionCount m_numbers;
    bool m_ownLabels = false; ///< Some label was one of the model's classes.
    // Of the last row:
    std::size_t m_truth = 0;
    double m_target = 0;
    std::vector<Value> m_cells;
    Prediction m_prediction;
};

/// Where two models differ.
class Differences
{
public:
    void add(std::uint64_t row, const std::string &truth, const Asked &a, const Asked &b)
    {
        ++m_out.rows;
        const bool regression = a.isRegression();
        const bool differ = regression ? a.prediction().value != b.prediction().value
                                       : a.prediction().label != b.prediction().label;
        if (regression) {
            const double apart = std::fabs(a.prediction().value - b.prediction().value);
            const double fromA = std::fabs(a.prediction().value - a.target());
            const double fromB = std::fabs(b.prediction().value - b.target());
            m_sum += apart;
            m_max = std::max(m_max, apart);
            m_out.nearerA += fromA < fromB ? 1 : 0;
            m_out.nearerB += fromB < fromA ? 1 : 0;
        } else {
            m_out.onlyA += a.isRight() && !b.isRight() ? 1 : 0;
            m_out.onlyB += b.isRight() && !a.isRight() ? 1 : 0;
        }
        if (!differ)
            return;
        ++m_out.differ;
        if (m_out.first.size() < kMostShown)
            m_out.first.push_back({row, truth, answerOf(a), answerOf(b)});
    }

    void restart() { *this = {}; }

    Agreement result(bool regression) const
    {
        Agreement out = m_out;
        if (!regression)
            out.p = mcnemar(out.onlyA, out.onlyB);
        else if (out.rows > 0)
            out.meanDifference = m_sum / static_cast<double>(out.rows);
        if (regression && out.rows > 0)
            out.maxDifference = m_max;
        return out;
    }

private:
    static std::string answerOf(const Asked &asked)
    {
        return asked.isRegression() ? textOf(Value::fractional(asked.prediction().value))
                                    : std::string(asked.prediction().label);
    }

    Agreement m_out;
    double m_sum = 0;
    double m_max = 0;
};

/// Hands every row of a table to one model or to two.
class Reading final : public table::Consumer
{
public:
    Reading(std::string label, const Model &a, const Model *b)
        : m_label(std::move(label))
        , m_a(a)
    {
        if (b != nullptr)
            m_b.emplace(*b);
    }

    table::Dialect dialect; ///< As it was found.

    Status begin(const std::vector<std::string> &names) override { return match(names); }

    /// Nothing is kept of a feature's cell; a label that was a number is not known as it was
    /// written.
    bool widen(const std::string &column, table::ColumnType from, table::ColumnType to) override
    {
        return column != m_label || m_rows == 0 || from == table::ColumnType::Nothing ||
               table::isNumeric(to);
    }

    void restart() override
    {
        m_rows = 0;
        m_a.restart();
        if (m_b)
            m_b->restart();
        m_differences.restart();
    }

    Status take(table::Block &block) override
    {
        std::vector<std::string> names;
        for (const table::Column &column : block.columns)
            names.push_back(column.name);
        if (auto found = match(names); !found)
            return found;
        for (std::size_t row = 0; row < block.rows; ++row) {
            ++m_rows;
            if (auto done = ask(block, row); !done)
                return done;
        }
        if (std::max(m_a.foreignClasses(), m_b ? m_b->foreignClasses() : 0) > kMostForeignClasses)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("{} has more than {} different values that are no class of "
                                    "the model",
                                    m_label, kMostForeignClasses),
                        "choose the column with the classes as the label");
        return {};
    }

    Evaluation first(const table::ReadReport &report) const { return m_a.result(report.badRows); }
    Evaluation second(const table::ReadReport &report) const { return m_b->result(report.badRows); }
    Agreement agreement() const { return m_differences.result(m_a.isRegression()); }

private:
    Status match(const std::vector<std::string> &names)
    {
        const auto at = std::find(names.begin(), names.end(), m_label);
        if (at == names.end())
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("there is no column \"{}\"", m_label),
                        fmt::format("the table has {}", listedNames(names)));
        m_labelAt = static_cast<std::size_t>(at - names.begin());
        if (auto found = m_a.match(names); !found)
            return found;
        return m_b ? m_b->match(names) : Status();
    }

    Status ask(const table::Block &block, std::size_t row)
    {
        const table::Column &labels = block.columns[m_labelAt];
        Truth truth{labels.values[row], {}};
        if (row < labels.cells.size())
            truth.written = labels.cells[row];
        else if (truth.value.kind() == ValueKind::String)
            truth.written = truth.value.asString();
        const auto a = m_a.ask(block, row, m_rows, dialect, truth);
        if (!a)
            return tl::unexpected(a.error());
        if (!m_b)
            return {};
        const auto b = m_b->ask(block, row, m_rows, dialect, truth);
        if (!b)
            return tl::unexpected(b.error());
        if (*a && *b)
            m_differences.add(
                m_rows, truth.written.empty() ? textOf(truth.value) : std::string(truth.written),
                m_a, *m_b);
        return {};
    }

    std::string m_label;
    Asked m_a;
    std::optional<Asked> m_b;
    Differences m_differences;
    std::size_t m_labelAt = 0;
    std::uint64_t m_rows = 0;
};

Result<table::ReadReport> readInto(Reading &reading, const std::filesystem::path &path,
                                   const EvaluateOptions &options)
{
    if (options.label.empty())
        return fail(ErrorCode::InvalidArgument, "no column was named as the label",
                    "name the one with the true answers");
    table::ReadOptions read = options.read;
    read.cellByCell = true;
    read.found = [&](const table::Dialect &dialect, std::size_t columns, const std::string &doubt) {
        reading.dialect = dialect;
        if (options.read.found)
            options.read.found(dialect, columns, doubt);
    };
    return table::readTable(path, read, reading);
}

// ---------------------------------------------------------------- leave one out

/// A model that has its rows, whichever of the two it is.
struct OwnRows
{
    const KnnModel *plain = nullptr;
    const TableKnn *table = nullptr;

    explicit OwnRows(const Model &model)
        : plain(dynamic_cast<const KnnModel *>(&model))
        , table(dynamic_cast<const TableKnn *>(&model))
    {}
    bool any() const { return plain != nullptr || table != nullptr; }
    std::uint32_t k() const { return plain != nullptr ? plain->k() : table->k(); }
    Status predictWithout(std::uint32_t row, Prediction &out) const
    {
        return plain != nullptr ? plain->predictWithout(row, out) : table->predictWithout(row, out);
    }
    std::uint32_t label(std::size_t row) const
    {
        return plain != nullptr ? plain->data().labels[row] : table->table().labels[row];
    }
};

} // namespace

Result<Evaluation> evaluateModel(const Model &model, const std::filesystem::path &path,
                                 const EvaluateOptions &options)
{
    Reading reading(options.label, model, nullptr);
    const auto report = readInto(reading, path, options);
    if (!report)
        return tl::unexpected(report.error());
    return reading.first(*report);
}

bool keepsItsRows(const Model &model)
{
    return OwnRows(model).any();
}

Result<Evaluation> evaluateLeaveOneOut(const Model &model, std::size_t most, std::stop_token stop)
{
    const OwnRows own(model);
    if (!own.any())
        return fail(ErrorCode::Unsupported,
                    fmt::format("a model of kind {} does not keep the rows it was trained on",
                                model.kind()),
                    "evaluate it on a table with the true answers");
    const std::size_t rows = model.trainingRows();
    if (rows <= own.k())
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("without one of its {} rows there are fewer than {} neighbours",
                                rows, own.k()),
                    "evaluate it on a table with the true answers");
    Evaluation out;
    out.task = model.signature().task;
    out.leaveOneOut = true;
    ClassificationCount classes(model.classNames());
    RegressionCount numbers;
    Prediction prediction;
    const std::size_t step = std::max<std::size_t>(1, (rows + most - 1) / most);
    for (std::size_t row = 0; row < rows; row += step) {
        if (stop.stop_requested())
            return fail(ErrorCode::Cancelled, "stopped");
        if (auto done = own.predictWithout(static_cast<std::uint32_t>(row), prediction); !done)
            return tl::unexpected(done.error());
        ++out.rows.answered;
        if (out.task == Task::Regression)
            numbers.add(own.table->table().targets[row], prediction.value);
        else
            classes.add(own.label(row), prediction.classIndex, prediction.probabilities);
    }
    if (out.task == Task::Regression)
        out.numbers = numbers.result();
    else
        out.classes = classes.result();
    if (step > 1)
        out.notes.push_back(
            fmt::format("asked about {} of {} rows, evenly spread", out.rows.answered, rows));
    return out;
}

Result<ModelComparison> compareModels(const Model &a, const Model &b,
                                      const std::filesystem::path &path,
                                      const EvaluateOptions &options)
{
    if (a.signature().task != b.signature().task)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("one is a {}, the other a {}", taskName(a.signature().task),
                                taskName(b.signature().task)),
                    "compare models that answer the same question");
    Reading reading(options.label, a, &b);
    const auto report = readInto(reading, path, options);
    if (!report)
        return tl::unexpected(report.error());
    return ModelComparison{reading.first(*report), reading.second(*report), reading.agreement()};
}

} // namespace tepal
