#include "commands.h"
#include "output.h"
#include "table_arguments.h"

#include <tepal/base/random.h>
#include <tepal/base/text.h>
#include <tepal/model/explain.h>
#include <tepal/model/store.h>
#include <tepal/model/table_rows.h>
#include <tepal/service/ordinary.h>
#include <tepal/table/json.h>
#include <tepal/table/reader.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <memory>
#include <system_error>

namespace tepal::cli {
namespace {

namespace fs = std::filesystem;

struct PredictOptions
{
    std::string tag;
    std::string input;
    std::string output = "-";
    bool explain = false;
    std::string
        dataset; ///< Whose reference says what is ordinary; empty: that of the model's name.
    TableArguments table;
};

/// A file that is there whole or not at all, or standard output.
class Sink
{
public:
    explicit Sink(fs::path target)
        : m_target(std::move(target))
    {}
    ~Sink()
    {
        if (m_file != nullptr && m_file != stdout) {
            std::fclose(m_file);
            std::error_code ignored;
            fs::remove(m_part, ignored);
        }
    }
    Sink(const Sink &) = delete;
    Sink &operator=(const Sink &) = delete;

    Status write(std::string_view bytes)
    {
        if (m_file == nullptr) {
            if (m_target == "-") {
                m_file = stdout;
            } else {
                m_part = m_target;
                m_part += fmt::format(".{:016x}.part", systemEntropy());
                m_file = std::fopen(m_part.string().c_str(), "wb");
            }
        }
        // What reads a pipe waits for each row.
        if (m_file == nullptr ||
            std::fwrite(bytes.data(), 1, bytes.size(), m_file) != bytes.size() ||
            (m_file == stdout && std::fflush(stdout) != 0))
            return cannot(std::generic_category().message(errno));
        return {};
    }
    Status finish()
    {
        if (m_file == nullptr) {
            if (auto made = write({}); !made)
                return made;
        }
        if (m_file == stdout) {
            m_file = nullptr;
            return std::fflush(stdout) == 0 ? Status()
                                            : cannot(std::generic_category().message(errno));
        }
        std::error_code error;
        if (std::fclose(std::exchange(m_file, nullptr)) != 0)
            return cannot("look whether the disk is full");
        fs::rename(m_part, m_target, error);
        return error ? cannot(error.message()) : Status();
    }

private:
    Status cannot(const std::string &why) const
    {
        return tepal::fail(ErrorCode::Io,
                           fmt::format("cannot write {}: {}", m_target.string(), why),
                           "say another place with -o");
    }

    fs::path m_target;
    fs::path m_part;
    std::FILE *m_file = nullptr;
};

/// Rows come in, and go out with what the model says about each.
class Predictor final : public table::Consumer
{
public:
    Predictor(const Model &model, Sink &sink)
        : m_model(model)
        , m_signature(model.signature())
        , m_sink(sink)
        , m_columns(m_signature)
    {}

    table::Dialect dialect; ///< As it was found.
    /// What explanations compare with: JSON lines go out then. Nothing: a table with answers.
    std::optional<OrdinaryRow> ordinary;
    std::uint64_t rows = 0;
    std::uint64_t unknown = 0;

    Status begin(const std::vector<std::string> &names) override
    {
        if (auto found = match(names); !found)
            return found;
        if (ordinary)
            return {};
        std::string header;
        for (const std::string &name : names)
            csvCell(header, name);
        for (const std::string &name : m_signature.outputs)
            csvCell(header, name);
        return line(header);
    }
    /// Nothing is kept of a row once it is written.
    bool widen(const std::string &, table::ColumnType, table::ColumnType) override { return true; }
    void restart() override {}

    Status take(table::Block &block) override
    {
        std::vector<std::string> names;
        for (const table::Column &column : block.columns)
            names.push_back(column.name);
        if (auto found = match(names); !found)
            return found;
        std::string out;
        for (std::size_t row = 0; row < block.rows; ++row) {
            if (auto done = ordinary ? explained(out, block, row) : predict(block, row); !done)
                return tl::unexpected(Error{
                    done.error().code, fmt::format("row {}: {}", rows + 1, done.error().message),
                    done.error().next});
            if (!ordinary)
                isCsv() ? writeCsv(out, block, row) : writeJson(out, block, row);
            ++rows;
        }
        return m_sink.write(out);
    }

private:
    bool isCsv() const { return dialect.format == table::Format::Delimited; }

    Status match(const std::vector<std::string> &names)
    {
        if (auto found = m_columns.match(names); !found)
            return found;
        for (const std::string &output : m_signature.outputs) {
            if (std::find(names.begin(), names.end(), output) != names.end())
                return tepal::fail(ErrorCode::InvalidArgument,
                                   fmt::format("the table has a column \"{}\" already", output),
                                   "rename it: that is what the model's answer is called");
        }
        return {};
    }

    /// A line with the answer and why.
    Status explained(std::string &out, const table::Block &block, std::size_t row)
    {
        m_columns.row(block, row, dialect, m_row);
        const auto found = explain(m_model, m_row, *ordinary);
        if (!found)
            return tl::unexpected(found.error());
        unknown += found->answer.unknownCategories;
        out += explanationJson(m_model, m_row, *found) + "\n";
        return {};
    }

    Status predict(const table::Block &block, std::size_t row)
    {
        m_columns.row(block, row, dialect, m_row);
        if (auto done = m_model.predictValues(m_row, m_prediction); !done)
            return done;
        unknown += m_prediction.unknownCategories;
        return {};
    }

    std::string number(double value) const
    {
        std::string text = formatDouble(value);
        if (isCsv() && dialect.decimal != '.')
            std::replace(text.begin(), text.end(), '.', dialect.decimal);
        return text;
    }

    char delimiter() const { return dialect.delimiter != 0 ? dialect.delimiter : ','; }

    /// Appends a cell, behind a delimiter unless it is the first of its line.
    void csvCell(std::string &out, std::string_view text) const
    {
        if (!out.empty() && out.back() != '\n')
            out += delimiter();
        const bool plain = !text.empty() && text.front() != ' ' && text.back() != ' ' &&
                           text.find_first_of("\"\r\n") == text.npos &&
                           text.find(delimiter()) == text.npos;
        if (plain) {
            out += text;
            return;
        }
        out += '"';
        for (const char c : text) {
            out += c;
            if (c == '"')
                out += c;
        }
        out += '"';
    }

    Status line(std::string &text)
    {
        text += '\n';
        return m_sink.write(text);
    }

    void writeCsv(std::string &out, const table::Block &block, std::size_t row) const
    {
        for (const table::Column &column : block.columns) {
            const bool empty = column.cells.empty() || column.cells[row].empty();
            if (!empty)
                csvCell(out, column.cells[row]);
            else if (!out.empty() && out.back() != '\n')
                out += delimiter();
            else
                out += "\"\""; // So that the line is not an empty one.
        }
        if (m_signature.task == Task::Regression) {
            for (const double value : m_prediction.numbers())
                csvCell(out, number(value));
        } else {
            csvCell(out, m_prediction.label);
            if (m_signature.outputs.size() > 1)
                csvCell(out, number(m_prediction.maxProbability()));
        }
        out += '\n';
    }

    void writeJson(std::string &out, const table::Block &block, std::size_t row) const
    {
        out += '{';
        for (const table::Column &column : block.columns) {
            jsonKey(out, column.name);
            jsonValue(out, column.values[row]);
        }
        if (m_signature.task == Task::Regression) {
            for (std::size_t i = 0; i < m_signature.targets(); ++i) {
                jsonKey(out, m_signature.outputs[i]);
                appendJsonFraction(out, m_prediction.numbers()[i]);
            }
            out += "}\n";
            return;
        }
        jsonKey(out, m_signature.outputs[0]);
        appendJsonString(out, m_prediction.label);
        if (m_signature.outputs.size() > 1) {
            jsonKey(out, m_signature.outputs[1]);
            appendJsonFraction(out, m_prediction.maxProbability());
        }
        out += "}\n";
    }

    static void jsonKey(std::string &out, std::string_view name)
    {
        out += out.back() == '{' ? "" : ",";
        appendJsonString(out, name);
        out += ':';
    }

    static void jsonValue(std::string &out, const Value &value)
    {
        switch (value.kind()) {
        case ValueKind::Boolean:
            out += value.asBoolean() ? "true" : "false";
            return;
        case ValueKind::Integral:
            out += std::to_string(value.asIntegral());
            return;
        case ValueKind::Unsigned:
            out += std::to_string(value.asNatural());
            return;
        case ValueKind::Fractional:
            appendJsonFraction(out, value.asFractional());
            return;
        case ValueKind::String:
            appendJsonString(out, value.asString());
            return;
        default:
            out += "null";
        }
    }

    const Model &m_model;
    const Signature &m_signature;
    Sink &m_sink;
    FeatureColumns m_columns;
    std::vector<Value> m_row;
    Prediction m_prediction;
};

Result<ModelPtr> loadTagged(const Context &context, const std::string &text)
{
    const auto tag = parseModelTag(text);
    if (!tag)
        return tl::unexpected(tag.error());
    return ModelStore(context.home().models()).load(*tag);
}

/// As the endpoint has it: by the reference, else by what the model learned from.
Result<OrdinaryRow> ordinaryFor(const Context &context, const Model &model,
                                const PredictOptions &options)
{
    const std::string dataset =
        options.dataset.empty() ? std::string(model.name()) : options.dataset;
    auto found = referenceRow(context.home(), dataset, model.signature());
    if (found || !options.dataset.empty())
        return found;
    if (auto own = trainingRow(model))
        return std::move(*own);
    return tepal::fail(found.error().code, found.error().message,
                       "name the dataset that has one with --dataset, or " + found.error().next);
}

void run(Context &context, const PredictOptions &options)
{
    const auto model = loadTagged(context, options.tag);
    if (!model)
        return context.fail(model.error());
    auto read = options.table.options();
    if (!read)
        return context.fail(read.error());
    const fs::path rejectedPath = options.table.rejectedPath(options.input, options.output);
    if (auto safe = refuseOverwriting({options.input}, {options.output, rejectedPath}); !safe)
        return context.fail(safe.error());
    if (auto folder = checkFolder(options.output); !folder)
        return context.fail(folder.error());
    RejectedRows rejected(rejectedPath);
    Sink sink(options.output);
    Predictor predictor(**model, sink);
    if (options.explain) {
        auto ordinary = ordinaryFor(context, **model, options);
        if (!ordinary)
            return context.fail(ordinary.error());
        predictor.ordinary = std::move(*ordinary);
    }
    read->cellByCell = true;
    read->live = options.input == "-";
    read->rejected = [&](const table::BadRow &row) { return rejected.add(row); };
    read->found = [&](const table::Dialect &dialect, std::size_t columns,
                      const std::string &doubt) {
        predictor.dialect = dialect;
        sayDialect(dialect, columns, doubt);
    };
    const auto report = table::readTable(options.input, *read, predictor);
    if (!report)
        return context.failRows(report.error());
    if (auto closed = rejected.close(); !closed)
        return context.fail(closed.error());
    if (auto written = sink.finish(); !written)
        return context.fail(written.error());
    sayRows(*report, rejected);
    if (predictor.unknown > 0)
        std::fprintf(stderr,
                     "tepal: %s that the model does not know counted as missing, as LightGBM takes "
                     "them\n",
                     countText(predictor.unknown, "category value").c_str());
    std::fprintf(stderr, "Predicted %s%s\n", countText(predictor.rows, "row").c_str(),
                 options.output == "-" ? "" : (" into " + terminalText(options.output)).c_str());
}

} // namespace

void addPredict(CLI::App &app, Context &context)
{
    CLI::App *command =
        addCommand(app, context, "predict", "A table with what a model says about each row");
    auto options = std::make_shared<PredictOptions>();
    command->add_option("TAG", options->tag, "name, name:latest or name:version")->required();
    command
        ->add_option("INPUT", options->input,
                     "FILE.csv, .tsv, .jsonl, .json, also packed; - for standard input")
        ->required();
    command->add_option("-o,--output", options->output, "Where it goes, - for standard output")
        ->capture_default_str();
    CLI::Option *explain = command->add_flag(
        "--explain", options->explain,
        "JSON lines with each row's answer, the effect of each feature on it, and the rows that "
        "voted where neighbours do; a prediction for each feature");
    command
        ->add_option("--dataset", options->dataset,
                     "Whose reference says what is ordinary in a feature; default the model's name")
        ->needs(explain);
    options->table.addTo(*command);
    command->callback([&context, options] { run(context, *options); });
}

} // namespace tepal::cli
