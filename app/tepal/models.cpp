#include "commands.h"
#include "output.h"

#include <tepal/base/text.h>
#include <tepal/model/import.h>
#include <tepal/model/onnx.h>
#include <tepal/model/store.h>
#include <tepal/service/host.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>

namespace tepal::cli {
namespace {

nlohmann::ordered_json toJson(const ModelInfo &info)
{
    return {{"tag", info.tag.text()},
            {"kind", info.kind},
            {"task", taskName(info.task)},
            {"created", formatIso(info.created)},
            {"bytes", info.bytes}};
}

void list(Context &context, const std::string &name)
{
    const auto models = ModelStore(context.home().models()).list(name);
    if (!models)
        return context.fail(models.error());
    if (context.json) {
        auto json = nlohmann::ordered_json::array();
        for (const ModelInfo &info : *models)
            json.push_back(toJson(info));
        std::printf("%s\n", jsonText(json).c_str());
        return;
    }
    if (models->empty()) {
        std::printf("No models. Train one with \"tepal train iris\" or import one.\n");
        return;
    }
    std::vector<std::vector<std::string>> rows{{"TAG", "KIND", "TASK", "SIZE", "CREATED"}};
    for (const ModelInfo &info : *models)
        rows.push_back({info.tag.text(), info.kind, std::string(taskName(info.task)),
                        sizeText(info.bytes), formatIso(info.created)});
    printTable(rows);
}

void get(Context &context, const ModelTag &tag)
{
    const auto info = ModelStore(context.home().models()).get(tag);
    if (!info)
        return context.fail(info.error());
    auto json = toJson(*info);
    json["rows"] = info->rows;
    json["features"] = info->features;
    json["classes"] = info->classes;
    for (const auto &[key, value] : info->parameters)
        json["parameters"][key] = value;
    std::printf("%s\n", jsonText(json).c_str());
}

/// "number", "text (red, green and 3 more)", "integer, may be missing"
std::string typeText(const Feature &feature)
{
    constexpr std::size_t kMost = 6;
    std::string text(featureTypeName(feature.type));
    if (!feature.categories.empty()) {
        text += " (";
        for (std::size_t i = 0; i < std::min(kMost, feature.categories.size()); ++i)
            text += fmt::format("{}\"{}\"", i > 0 ? ", " : "", feature.categories[i]);
        if (feature.categories.size() > kMost)
            text += fmt::format(" and {} more", feature.categories.size() - kMost);
        text += ")";
    }
    return text + (feature.missing ? ", may be missing" : "");
}

/// Where the sample request goes: to the endpoint that runs on this home, or would, by the model's
/// name.
std::string predictUrl(const Context &context, const ModelTag &tag)
{
    const auto running = runningHost(context.home());
    return (running ? running->url : std::string("http://127.0.0.1:3000")) + predictPath(tag);
}

void showSignature(const Context &context, const ModelTag &tag, const Signature &signature)
{
    std::vector<std::vector<std::string>> rows{{"FEATURE", "TYPE"}};
    for (const Feature &feature : signature.features)
        rows.push_back({feature.name, typeText(feature)});
    printTable(rows);
    if (!signature.classes.empty())
        printLine(fmt::format("Classes: {}", fmt::join(signature.classes, ", ")));
    printLine(fmt::format("Logged as: the features and {}", fmt::join(signature.outputs, ", ")));
    printLine("Ask for a prediction, once an endpoint runs:");
    printLine("  " + sampleRequest(signature, predictUrl(context, tag)));
}

void show(Context &context, const ModelTag &tag)
{
    const ModelStore store(context.home().models());
    const auto info = store.get(tag);
    if (!info)
        return context.fail(info.error());
    const auto model = store.load(info->tag);
    if (!model)
        return context.fail(model.error());
    const Signature &signature = (*model)->signature();
    if (context.json) {
        auto json = toJson(*info);
        json["features"] = nlohmann::ordered_json::array();
        for (const Feature &feature : signature.features)
            json["features"].push_back({{"name", feature.name},
                                        {"type", featureTypeName(feature.type)},
                                        {"missing", feature.missing},
                                        {"categories", feature.categories}});
        json["classes"] = signature.classes;
        json["outputs"] = signature.outputs;
        json["sample"] = nlohmann::ordered_json::parse(sampleRow(signature));
        json["request"] = sampleRequest(signature, predictUrl(context, info->tag));
        std::printf("%s\n", jsonText(json).c_str());
        return;
    }
    std::string facts;
    for (const auto &[key, value] : info->parameters)
        facts += fmt::format(", {} {}", key, value);
    printLine(
        fmt::format("{}: {}, {}{}", info->tag.text(), info->kind, taskName(info->task), facts));
    showSignature(context, info->tag, signature);
}

void kinds(const Context &context)
{
    auto json = nlohmann::ordered_json::array();
    std::vector<std::vector<std::string>> rows{{"KIND", "WHAT", "FROM", "READY"}};
    for (const ModelKind *kind : modelKinds()) {
        const std::string missing = kind->missing();
        json.push_back({{"kind", kind->name},
                        {"title", kind->title},
                        {"files", kind->files},
                        {"ready", missing.empty()},
                        {"missing", missing}});
        rows.push_back({std::string(kind->name), std::string(kind->title), std::string(kind->files),
                        missing.empty() ? "yes" : "no: " + missing});
    }
    if (context.json)
        std::printf("%s\n", jsonText(json).c_str());
    else
        printTable(rows);
}

void runtime(Context &context)
{
    const OnnxRuntimeReport report = onnxRuntimeReport();
    if (context.json) {
        nlohmann::ordered_json json{{"file", report.file.string()},
                                    {"version", report.version},
                                    {"missing", report.missing},
                                    {"places", nlohmann::ordered_json::array()}};
        for (const OnnxRuntimePlace &place : report.places)
            json["places"].push_back(
                {{"where", place.where}, {"what", place.what}, {"why", place.why}});
        std::printf("%s\n", jsonText(json).c_str());
    } else if (report.missing.empty()) {
        printLine(fmt::format("ONNX Runtime {}: {}", report.version, report.file.string()));
    } else {
        printLine("ONNX Runtime, which computes ONNX models, was not found. Looked at:");
        std::vector<std::vector<std::string>> rows{{"WHERE", "WHAT", "WHY NOT"}};
        for (const OnnxRuntimePlace &place : report.places)
            rows.push_back({place.where, place.what, place.why});
        printTable(rows);
        printLine("Next: " + report.missing);
    }
    if (!report.missing.empty())
        context.exitStatus = 1;
}

struct ImportOptions
{
    std::string file;
    ImportNames names;
};

void import(Context &context, const ImportOptions &options)
{
    ModelStore store(context.home().models());
    const auto imported = importModel(store, options.file, options.names);
    if (!imported)
        return context.fail(imported.error());
    std::printf("Imported %s\n", imported->info.tag.text().c_str());
    for (const std::string &note : imported->notes)
        std::fprintf(stderr, "tepal: %s\n", terminalText(note).c_str());
    printLine(fmt::format("Read as: {}, {} with {}", imported->from, taskName(imported->info.task),
                          countText(imported->info.features.size(), "feature")));
    showSignature(context, imported->info.tag, imported->model->signature());
}

} // namespace

void addModels(CLI::App &app, Context &context)
{
    CLI::App *models = app.add_subcommand("models", "The models in the store");
    models->require_subcommand(1);
    auto text = std::make_shared<std::string>();
    auto file = std::make_shared<std::string>();
    // Runs `action` with the parsed tag.
    const auto withTag = [&context, text](auto action) {
        return [&context, text, action] {
            const auto tag = parseModelTag(*text);
            if (!tag)
                return context.fail(tag.error());
            action(*tag);
        };
    };

    CLI::App *listing = addCommand(*models, context, "list", "All models, newest first", true);
    listing->add_option("NAME", *text, "Only versions of this model");
    listing->callback([&context, text] { list(context, *text); });

    CLI::App *getting = addCommand(*models, context, "get", "What is known about one model", true);
    getting->add_option("TAG", *text, "name, name:latest or name:version")->required();
    getting->callback(withTag([&context](const ModelTag &tag) { get(context, tag); }));

    CLI::App *deleting = addCommand(*models, context, "delete", "Delete one version");
    deleting->add_option("TAG", *text, "name:version")->required();
    deleting->callback(withTag([&context](const ModelTag &tag) {
        ModelStore store(context.home().models());
        const auto info = store.get(tag);
        if (!info)
            return context.fail(info.error());
        if (const auto removed = store.remove(info->tag); !removed)
            return context.fail(removed.error());
        std::printf("Deleted %s\n", info->tag.text().c_str());
    }));

    CLI::App *exporting = addCommand(*models, context, "export", "Write a model to one file");
    exporting->add_option("TAG", *text)->required();
    exporting->add_option("FILE", *file, "File or directory (default: the current one)");
    exporting->callback(withTag([&context, file](const ModelTag &tag) {
        const auto path = ModelStore(context.home().models()).exportTo(tag, *file);
        if (!path)
            return context.fail(path.error());
        printLine("Wrote " + path->string());
    }));

    CLI::App *importing = addCommand(
        *models, context, "import",
        "Add a model from a file: ONNX, XGBoost, LightGBM, an exported one, or MLflow's folder");
    auto imported = std::make_shared<ImportOptions>();
    importing->add_option("FILE", imported->file, "File, or folder with an MLmodel")->required();
    importing->add_option("--name", imported->names.model,
                          "Name in the store (default: the file's)");
    importing
        ->add_option("--features", imported->names.features, "Names in the model's order: a,b,c")
        ->delimiter(',')
        ->allow_extra_args(false);
    importing
        ->add_option("--classes", imported->names.classes,
                     "Names of the classes in the order of their codes: a,b,c")
        ->delimiter(',')
        ->allow_extra_args(false);
    importing->add_option("--label", imported->names.label,
                          "ONNX: the output that is the label (default: the first that can be)");
    importing->add_option("--scores", imported->names.scores,
                          "ONNX: the output with the scores, or the number of a regression");
    importing
        ->add_option("--outputs", imported->names.targets,
                     "ONNX: names of the numbers, where a model answers several: a,b,c")
        ->delimiter(',')
        ->allow_extra_args(false);
    importing->callback([&context, imported] { import(context, *imported); });

    CLI::App *showing = addCommand(*models, context, "show",
                                   "What a model takes and answers, and a request to try", true);
    showing->add_option("TAG", *text, "name, name:latest or name:version")->required();
    showing->callback(withTag([&context](const ModelTag &tag) { show(context, tag); }));

    CLI::App *catalogue = addCommand(*models, context, "kinds",
                                     "The kinds of models, and what each is made of", true);
    catalogue->callback([&context] { kinds(context); });

    CLI::App *library =
        addCommand(*models, context, "runtime",
                   "Which ONNX Runtime computes ONNX models, or where it was looked for", true);
    library->callback([&context] { runtime(context); });

    addEvaluation(*models, context);
    addRollout(*models, context);

    // What import starts for itself: a file from elsewhere is loaded there first.
    CLI::App *trial = models->add_subcommand("try-onnx", "")->group("");
    auto bounds = std::make_shared<std::vector<std::uint64_t>>();
    trial->add_option("LIMITS", *bounds)->required()->expected(3);
    trial->callback([bounds] {
        OnnxLimits limits;
        limits.run = std::chrono::milliseconds((*bounds)[0]);
        limits.trial = std::chrono::milliseconds((*bounds)[1]);
        limits.trialBytes = (*bounds)[2];
        answerOnnxTrial(limits);
    });
}

} // namespace tepal::cli
