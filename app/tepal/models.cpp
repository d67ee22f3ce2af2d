#include "commands.h"
#include "output.h"

#include <tepal/model/store.h>

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
        std::printf("No models. Train one with \"tepal train iris\".\n");
        return;
    }
    std::vector<std::vector<std::string>> rows{{"TAG", "KIND", "SIZE", "CREATED"}};
    for (const ModelInfo &info : *models)
        rows.push_back({info.tag.text(), info.kind, sizeText(info.bytes), formatIso(info.created)});
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

    CLI::App *importing = addCommand(*models, context, "import", "Add a model from a file");
    importing->add_option("FILE", *file)->required();
    importing->callback([&context, file] {
        const auto info = ModelStore(context.home().models()).importFrom(*file);
        if (!info)
            return context.fail(info.error());
        std::printf("Imported %s\n", info->tag.text().c_str());
    });
}

} // namespace tepal::cli
