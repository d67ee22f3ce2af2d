#include "commands.h"
#include "output.h"
#include "table_arguments.h"

#include <tepal/base/text.h>
#include <tepal/model/import.h>
#include <tepal/model/training.h>
#include <tepal/service/train.h>

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <memory>

namespace tepal::cli {
namespace {

struct TrainCsvOptions
{
    std::string input;
    std::string name;
    std::string dataset = kPredictDataset;
    std::uint32_t k = 5;
    bool standardize = false;
    bool regression = false;
    bool classification = false;
    TrainingOptions training;
    TableArguments table;
};

/// "leave-one-out: 95.3 % of 150 rows right"
std::string qualityText(const TableKnn &model)
{
    const auto left = model.leaveOneOut();
    if (!left)
        return "leave-one-out: too few rows to say";
    const std::string asked =
        left->rows == model.trainingRows()
            ? countText(left->rows, "row")
            : fmt::format("{} of {} rows, evenly spread,", left->rows, model.trainingRows());
    if (model.signature().task == Task::Classification)
        return fmt::format("leave-one-out: {:.1f} % of {} right", left->accuracy * 100, asked);
    return fmt::format("leave-one-out over {}: RMSE {}, R² {}", asked, numberText(left->rmse),
                       std::isnan(left->r2) ? "–" : fmt::format("{:.3f}", left->r2));
}

/// A scale that differs by orders of magnitude decides alone who is a neighbour.
std::string scaleDoubt(const TrainingTable &table)
{
    const std::size_t width = table.features.size();
    double widest = 0;
    double narrowest = 0;
    std::size_t widestAt = 0;
    std::size_t narrowestAt = 0;
    for (std::size_t i = 0; i < width; ++i) {
        if (!table.features[i].categories.empty())
            continue;
        double low = table.values[i];
        double high = low;
        for (std::size_t at = i; at < table.values.size(); at += width) {
            low = std::min(low, table.values[at]);
            high = std::max(high, table.values[at]);
        }
        const double range = high - low;
        if (range > widest) {
            widest = range;
            widestAt = i;
        }
        if (range > 0 && (narrowest == 0 || range < narrowest)) {
            narrowest = range;
            narrowestAt = i;
        }
    }
    if (narrowest == 0 || widest / narrowest < 100)
        return {};
    return fmt::format("{} ranges over {} and {} over {}: without --standardize the first decides "
                       "nearly alone who is near",
                       table.features[widestAt].name, numberText(widest),
                       table.features[narrowestAt].name, numberText(narrowest));
}

Result<TrainingRead> readRows(const TrainCsvOptions &options, RejectedRows &rejected)
{
    auto read = options.table.options();
    if (!read)
        return tl::unexpected(read.error());
    read->rejected = [&](const table::BadRow &row) { return rejected.add(row); };
    read->found = sayDialect;
    TrainingOptions training = options.training;
    if (options.regression)
        training.task = Task::Regression;
    if (options.classification)
        training.task = Task::Classification;
    return readTraining(options.input, *read, training);
}

void trainCsv(Context &context, const TrainCsvOptions &options)
{
    RejectedRows rejected(options.table.rejectedPath(options.input, {}));
    auto read = readRows(options, rejected);
    if (!read)
        return context.failRows(read.error());
    if (auto closed = rejected.close(); !closed)
        return context.fail(closed.error());
    sayRows(read->read, rejected);
    if (read->dropped > 0)
        std::fprintf(stderr, "tepal: left out %s that lack a value\n",
                     countText(read->dropped, "row").c_str());
    for (const std::string &note : read->notes)
        std::fprintf(stderr, "tepal: %s\n", terminalText(note).c_str());
    if (const std::string doubt = scaleDoubt(read->table); !options.standardize && !doubt.empty())
        std::fprintf(stderr, "tepal: %s\n", terminalText(doubt).c_str());
    const std::string name = !options.name.empty()  ? options.name
                             : options.input == "-" ? "knn"
                                                    : modelNameOf(options.input);
    const auto model =
        TableKnn::train(name, std::move(read->table), options.k, options.standardize);
    if (!model)
        return context.fail(model.error());
    const auto stored = storeTrained(context.home(), **model, options.dataset);
    if (!stored)
        return context.fail(stored.error());
    std::string features;
    for (const std::string &feature : (*model)->featureNames())
        features += (features.empty() ? "" : ", ") + feature;
    printLine(fmt::format("Model saved: Model(tag=\"{}\")", stored->info.tag.text()));
    printLine(fmt::format("Features: {}", features));
    printLine(fmt::format("Trained on {}; {}", countText((*model)->trainingRows(), "row"),
                          qualityText(**model)));
    printLine(fmt::format("Training data stored as reference \"{}\" of {}{}", kTrainingReference,
                          options.dataset,
                          stored->replaced ? ", in place of the one that was there" : ""));
}

void addTrainCsv(CLI::App &train, Context &context)
{
    CLI::App *command = addCommand(train, context, "csv",
                                   "k nearest neighbours on any table with a column to be told");
    auto options = std::make_shared<TrainCsvOptions>();
    command
        ->add_option("INPUT", options->input,
                     "FILE.csv, .tsv, .jsonl, .json, also packed; - for standard input")
        ->required();
    command->add_option("--label", options->training.label, "The column to be told")->required();
    command->add_option("--k", options->k, "Number of neighbours")->capture_default_str();
    command->add_option("--name", options->name, "Name in the store (default: the file's)");
    CLI::Option *const regression = command->add_flag(
        "--regression", options->regression, "The label is a number (default: as its values say)");
    command->add_flag("--classification", options->classification, "Its values are classes")
        ->excludes(regression);
    command->add_flag("--standardize", options->standardize,
                      "Every number by its mean and standard deviation");
    command->add_flag("--one-hot", options->training.oneHot,
                      "Texts become a column for each of their values");
    command->add_option("--drop", options->training.drop, "Columns that are not learned from")
        ->delimiter(',')
        ->allow_extra_args(false);
    command->add_flag("--drop-missing", options->training.dropMissing,
                      "Leave out rows that lack a value");
    command
        ->add_option("--dataset", options->dataset,
                     "Dataset that gets the training data as its reference")
        ->capture_default_str();
    options->table.addTo(*command);
    command->callback([&context, options] { trainCsv(context, *options); });
}

} // namespace

void addTrain(CLI::App &app, Context &context)
{
    CLI::App *train = app.add_subcommand("train", "Train a model");
    train->require_subcommand(1);
    CLI::App *iris = addCommand(*train, context, "iris",
                                "k nearest neighbours on Fisher's iris data (150 rows)");
    auto k = std::make_shared<std::uint32_t>(5);
    iris->add_option("--k", *k, "Number of neighbours")->capture_default_str();
    iris->callback([&context, k] {
        const auto trained = trainIrisInto(context.home(), *k);
        if (!trained)
            return context.fail(trained.error());
        std::printf("Model saved: Model(tag=\"%s\")\n", trained->info.tag.text().c_str());
        std::printf("Training data stored as reference \"%s\" of %s (%llu rows, %.1f %% right)\n",
                    kTrainingReference, kPredictDataset,
                    static_cast<unsigned long long>(trained->info.rows), trained->accuracy * 100);
    });
    addTrainCsv(*train, context);
}

} // namespace tepal::cli
