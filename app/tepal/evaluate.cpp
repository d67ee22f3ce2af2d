#include "commands.h"
#include "output.h"
#include "table_arguments.h"

#include <tepal/base/text.h>
#include <tepal/model/evaluate.h>
#include <tepal/model/store.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <memory>

namespace tepal::cli {
namespace {

using Json = nlohmann::ordered_json;

/// More classes than this make a matrix that no terminal shows.
constexpr std::size_t kMostInMatrix = 12;

struct EvaluateArguments
{
    std::string tag;
    std::string other; ///< Of compare.
    std::string input;
    std::string label;
    TableArguments table;
};

struct Loaded
{
    ModelInfo info;
    ModelPtr model;
};

Result<Loaded> load(const Context &context, const std::string &text)
{
    const auto tag = parseModelTag(text);
    if (!tag)
        return tl::unexpected(tag.error());
    const ModelStore store(context.home().models());
    auto info = store.get(*tag);
    if (!info)
        return tl::unexpected(info.error());
    auto model = store.load(info->tag);
    if (!model)
        return tl::unexpected(model.error());
    return Loaded{std::move(*info), std::move(*model)};
}

// ---------------------------------------------------------------- as JSON

Json number(double value)
{
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json toJson(const ShareOfRows &share)
{
    return {{"value", number(share.value)},
            {"band", {number(share.low), number(share.high)}},
            {"hits", share.hits},
            {"rows", share.rows}};
}

Json toJson(const Calibration &calibration)
{
    Json bins = Json::array();
    for (const ReliabilityBin &bin : calibration.bins)
        bins.push_back({{"low", bin.low},
                        {"high", bin.high},
                        {"rows", bin.observed.rows},
                        {"predicted", number(bin.predicted)},
                        {"observed", toJson(bin.observed)}});
    return {{"expected_error", number(calibration.expectedError)}, {"bins", std::move(bins)}};
}

Json toJson(const EvaluatedRows &rows)
{
    return {{"answered", rows.answered},  {"no_label", rows.noLabel},
            {"bad_label", rows.badLabel}, {"no_feature", rows.noFeature},
            {"refused", rows.refused},    {"why_refused", rows.whyRefused},
            {"unread", rows.unread},      {"unknown_categories", rows.unknownCategories}};
}

Json toJson(const ClassificationQuality &quality)
{
    Json classes = Json::array();
    Json confusion = Json::array();
    for (std::size_t i = 0; i < quality.classes.size(); ++i) {
        const ClassQuality &one = quality.classes[i];
        classes.push_back({{"class", one.name},
                           {"known", one.known},
                           {"rows", one.rows},
                           {"answered", one.answered},
                           {"right", one.right},
                           {"precision", number(one.precision)},
                           {"recall", number(one.recall)},
                           {"f1", number(one.f1)}});
        Json line = Json::array();
        for (std::size_t answer = 0; answer < quality.classes.size(); ++answer)
            line.push_back(quality.at(i, answer));
        confusion.push_back(std::move(line));
    }
    Json json{{"accuracy", toJson(quality.accuracy)},
              {"balanced_accuracy", number(quality.balancedAccuracy)},
              {"log_loss", number(quality.logLoss)},
              {"clipped", quality.clipped},
              {"classes", std::move(classes)},
              {"confusion", std::move(confusion)}};
    if (!quality.confidence.bins.empty())
        json["calibration"] = toJson(quality.confidence);
    for (std::size_t i = 0; i < quality.perClass.size(); ++i)
        json["calibration_of"][quality.classes[i].name] = toJson(quality.perClass[i]);
    return json;
}

Json toJson(const RegressionQuality &quality)
{
    Json residuals = Json::array();
    for (const Quantile &one : quality.residuals)
        residuals.push_back({{"share", one.share}, {"value", number(one.value)}});
    return {{"mae", number(quality.mae)},
            {"rmse", number(quality.rmse)},
            {"r2", number(quality.r2)},
            {"bias", number(quality.bias)},
            {"residuals", std::move(residuals)}};
}

Json toJson(const ModelInfo &info, const Evaluation &evaluation)
{
    Json json{{"tag", info.tag.text()},
              {"task", taskName(evaluation.task)},
              {"method", evaluation.leaveOneOut ? "leave-one-out" : "table"},
              {"rows", toJson(evaluation.rows)}};
    json.update(evaluation.task == Task::Regression ? toJson(evaluation.numbers)
                                                    : toJson(evaluation.classes));
    json["notes"] = evaluation.notes;
    return json;
}

// ---------------------------------------------------------------- for people

std::string percentText(double share)
{
    return std::isnan(share) ? "–" : fmt::format("{:.1f} %", share * 100);
}

std::string shareText(const ShareOfRows &share)
{
    return fmt::format("{} (95 %: {} to {})", percentText(share.value), percentText(share.low),
                       percentText(share.high));
}

/// "left out 2 rows without a label, 1 row not taken by the model"; empty when there are none.
std::string leftOutText(const EvaluatedRows &rows)
{
    std::vector<std::string> parts;
    const auto part = [&](std::uint64_t count, const char *what) {
        if (count > 0)
            parts.push_back(fmt::format("{} {}", countText(count, "row"), what));
    };
    part(rows.noLabel, "without a label");
    part(rows.badLabel, "with a label that is no number");
    part(rows.noFeature, "with a value missing");
    part(rows.refused, "not taken by the model");
    part(rows.unread, "not readable");
    return parts.empty() ? std::string() : fmt::format("left out {}", fmt::join(parts, ", "));
}

void showRows(const Evaluation &evaluation)
{
    if (const std::string left = leftOutText(evaluation.rows); !left.empty())
        std::fprintf(stderr, "tepal: %s\n", left.c_str());
    if (!evaluation.rows.whyRefused.empty())
        std::fprintf(stderr, "tepal: %s\n", terminalText(evaluation.rows.whyRefused).c_str());
    if (evaluation.rows.unknownCategories > 0)
        std::fprintf(stderr, "tepal: %s that the model does not know counted as missing\n",
                     countText(evaluation.rows.unknownCategories, "category value").c_str());
    for (const std::string &note : evaluation.notes)
        std::fprintf(stderr, "tepal: %s\n", terminalText(note).c_str());
}

void showConfusion(const ClassificationQuality &quality)
{
    if (quality.classes.size() > kMostInMatrix) {
        printLine(
            fmt::format("The confusion matrix of {} classes is in --json", quality.classes.size()));
        return;
    }
    std::vector<std::vector<std::string>> rows{{"TRUE CLASS, ANSWERED AS"}};
    for (const ClassQuality &one : quality.classes)
        rows.front().push_back(one.name);
    for (std::size_t truth = 0; truth < quality.classes.size(); ++truth) {
        rows.push_back({quality.classes[truth].name});
        for (std::size_t answer = 0; answer < quality.classes.size(); ++answer)
            rows.back().push_back(std::to_string(quality.at(truth, answer)));
    }
    printTable(rows);
}

void showClasses(const ClassificationQuality &quality)
{
    printLine(fmt::format("Accuracy {}, balanced {}", shareText(quality.accuracy),
                          percentText(quality.balancedAccuracy)));
    if (std::isnan(quality.logLoss)) {
        printLine("It gives no probabilities: no log loss, no calibration");
    } else {
        const std::string clipped =
            quality.clipped == 0 ? std::string()
                                 : fmt::format(", {} whose class was given 0 taken as 2.2e-16",
                                               countText(quality.clipped, "row"));
        printLine(fmt::format("Log loss {}{}", numberText(quality.logLoss), clipped));
        printLine(fmt::format("Expected calibration error {} in {} bins",
                              numberText(quality.confidence.expectedError),
                              quality.confidence.bins.size()));
    }
    std::vector<std::vector<std::string>> rows{
        {"CLASS", "ROWS", "ANSWERED", "PRECISION", "RECALL", "F1"}};
    for (const ClassQuality &one : quality.classes)
        rows.push_back({one.known ? one.name : one.name + " (unknown to the model)",
                        std::to_string(one.rows), std::to_string(one.answered),
                        percentText(one.precision), percentText(one.recall), percentText(one.f1)});
    printTable(rows);
    showConfusion(quality);
}

void showNumbers(const RegressionQuality &quality)
{
    printLine(fmt::format("MAE {}, RMSE {}, R² {}, mean of answer − truth {}",
                          numberText(quality.mae), numberText(quality.rmse), numberText(quality.r2),
                          numberText(quality.bias)));
    std::vector<std::vector<std::string>> rows{{"QUANTILE", "ANSWER − TRUTH"}};
    for (const Quantile &one : quality.residuals)
        rows.push_back({numberText(one.share), numberText(one.value)});
    printTable(rows);
}

void show(const Context &context, const Loaded &loaded, const std::string &on,
          const Evaluation &evaluation)
{
    if (context.json) {
        std::printf("%s\n", jsonText(toJson(loaded.info, evaluation)).c_str());
        return;
    }
    showRows(evaluation);
    printLine(fmt::format("{} {}: {} answered", loaded.info.tag.text(), on,
                          countText(evaluation.rows.answered, "row")));
    if (evaluation.rows.answered == 0)
        return;
    if (evaluation.task == Task::Regression)
        showNumbers(evaluation.numbers);
    else
        showClasses(evaluation.classes);
}

// ---------------------------------------------------------------- the commands

/// Reads the table with `ask`, and says what was left out of it.
template <typename T, typename Ask>
Result<T> askTable(const EvaluateArguments &arguments, Ask ask)
{
    auto read = arguments.table.options();
    if (!read)
        return tl::unexpected(read.error());
    RejectedRows rejected(arguments.table.rejectedPath(arguments.input, {}));
    EvaluateOptions options{arguments.label, std::move(*read)};
    options.read.rejected = [&](const table::BadRow &row) { return rejected.add(row); };
    options.read.found = sayDialect;
    auto asked = ask(options);
    if (!asked)
        return tl::unexpected(asked.error());
    if (auto closed = rejected.close(); !closed)
        return tl::unexpected(closed.error());
    return asked;
}

void evaluate(Context &context, const EvaluateArguments &arguments)
{
    const auto loaded = load(context, arguments.tag);
    if (!loaded)
        return context.fail(loaded.error());
    if (arguments.input.empty()) {
        const auto left = evaluateLeaveOneOut(*loaded->model);
        if (!left)
            return context.failRows(left.error());
        return show(context, *loaded, "by leave-one-out", *left);
    }
    const auto evaluation = askTable<Evaluation>(arguments, [&](const EvaluateOptions &options) {
        return evaluateModel(*loaded->model, arguments.input, options);
    });
    if (!evaluation)
        return context.failRows(evaluation.error());
    show(context, *loaded, "on " + arguments.input, *evaluation);
}

Json toJson(const Agreement &agreement, Task task)
{
    Json json{{"rows", agreement.rows}, {"differ", agreement.differ}};
    if (task == Task::Regression) {
        json["nearer_a"] = agreement.nearerA;
        json["nearer_b"] = agreement.nearerB;
        json["mean_difference"] = number(agreement.meanDifference);
        json["max_difference"] = number(agreement.maxDifference);
    } else {
        json["only_a_right"] = agreement.onlyA;
        json["only_b_right"] = agreement.onlyB;
        json["p"] = number(agreement.p);
    }
    for (const Disagreement &one : agreement.first)
        json["first"].push_back(
            {{"row", one.row}, {"truth", one.truth}, {"a", one.a}, {"b", one.b}});
    return json;
}

void compare(Context &context, const EvaluateArguments &arguments)
{
    const auto a = load(context, arguments.tag);
    if (!a)
        return context.fail(a.error());
    const auto b = load(context, arguments.other);
    if (!b)
        return context.fail(b.error());
    const auto both = askTable<ModelComparison>(arguments, [&](const EvaluateOptions &options) {
        return compareModels(*a->model, *b->model, arguments.input, options);
    });
    if (!both)
        return context.failRows(both.error());
    const Agreement &agreement = both->agreement;
    if (context.json) {
        const Json json{{"a", toJson(a->info, both->a)},
                        {"b", toJson(b->info, both->b)},
                        {"agreement", toJson(agreement, both->a.task)}};
        std::printf("%s\n", jsonText(json).c_str());
        return;
    }
    show(context, *a, "on " + arguments.input, both->a);
    show(context, *b, "on " + arguments.input, both->b);
    printLine(fmt::format("They differ on {} of {} that both answered", agreement.differ,
                          countText(agreement.rows, "row")));
    if (both->a.task == Task::Regression)
        printLine(fmt::format("Mean difference {}, largest {}; nearer to the truth: the first on "
                              "{}, the second on {}",
                              numberText(agreement.meanDifference),
                              numberText(agreement.maxDifference),
                              countText(agreement.nearerA, "row"), agreement.nearerB));
    else
        printLine(fmt::format("Only the first is right on {}, only the second on {}: p {} by "
                              "McNemar's exact test",
                              countText(agreement.onlyA, "row"), agreement.onlyB,
                              numberText(agreement.p)));
}

} // namespace

void addEvaluation(CLI::App &models, Context &context)
{
    const char *const table = "FILE.csv, .tsv, .jsonl, .json, also packed; - for standard input";
    auto one = std::make_shared<EvaluateArguments>();
    CLI::App *evaluating =
        addCommand(models, context, "evaluate",
                   "How right a model is on a table with the true answers, or, of nearest "
                   "neighbours, on its own rows",
                   true);
    evaluating->add_option("TAG", one->tag, "name, name:latest or name:version")->required();
    CLI::Option *const input = evaluating->add_option("INPUT", one->input, table);
    CLI::Option *const label =
        evaluating->add_option("--label", one->label, "The column with the true answers");
    input->needs(label);
    label->needs(input);
    one->table.addTo(*evaluating);
    evaluating->callback([&context, one] { evaluate(context, *one); });

    auto two = std::make_shared<EvaluateArguments>();
    CLI::App *comparing =
        addCommand(models, context, "compare",
                   "Two models on the same table: how right, where they differ", true);
    comparing->add_option("TAG", two->tag, "The first: name or name:version")->required();
    comparing->add_option("OTHER", two->other, "The second")->required();
    comparing->add_option("INPUT", two->input, table)->required();
    comparing->add_option("--label", two->label, "The column with the true answers")->required();
    two->table.addTo(*comparing);
    comparing->callback([&context, two] { compare(context, *two); });
}

} // namespace tepal::cli
