#include "commands.h"
#include "output.h"

#include <tepal/model/rollout.h>
#include <tepal/store/segment_key.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>
#include <optional>

namespace tepal::cli {
namespace {

struct RolloutOptions
{
    std::string name;
    std::string primary;
    std::string candidate;
    std::optional<double> percent;
    bool shadow = false;
    bool end = false;
};

void print(const std::string &name, const Rollout &rollout)
{
    printLine(rolloutSentence(name, rollout));
    const auto segment = [](const std::string &version) {
        return segmentLabel({{kVersionTag, version}});
    };
    printLine(
        fmt::format("Compare them: tepal drift --dataset {} --segment {} --against-segment {}",
                    name, segment(rollout.candidate), segment(rollout.primary)));
}

void show(Context &context, const std::string &name)
{
    if (const auto known = ModelStore(context.home().models()).get({name, {}}); !known)
        return context.fail(known.error());
    const auto rollout = Rollouts(context.home().models()).get(name);
    if (!rollout)
        return context.fail(rollout.error());
    if (context.json) {
        nlohmann::ordered_json json{{"model", name}, {"rollout", nullptr}};
        if (*rollout) {
            auto &said = json["rollout"];
            said = {{"primary", (*rollout)->primary}, {"candidate", (*rollout)->candidate}};
            if ((*rollout)->mode == Rollout::Mode::Shadow)
                said["shadow"] = true;
            else
                said["share"] = (*rollout)->share;
        }
        std::printf("%s\n", jsonText(json).c_str());
    } else if (*rollout) {
        print(name, **rollout);
    } else {
        printLine(fmt::format("No rollout of {} is under way", name));
    }
}

/// What the candidate is set beside where nobody says: the version that answers now, or the one
/// before where the candidate is that.
Result<std::string> defaultPrimary(const ModelStore &store, const RolloutOptions &options)
{
    const auto candidate = store.get({options.name, options.candidate});
    if (!candidate)
        return tl::unexpected(candidate.error());
    const auto latest = store.get({options.name, {}});
    if (!latest)
        return tl::unexpected(latest.error());
    if (latest->tag != candidate->tag)
        return latest->tag.version;
    const auto all = store.list(options.name);
    if (!all)
        return tl::unexpected(all.error());
    for (const ModelInfo &info : *all) {
        if (info.tag != candidate->tag)
            return info.tag.version;
    }
    return fail(ErrorCode::NotFound,
                fmt::format("{} is the only version of it", candidate->tag.text()),
                "a rollout needs two: train or import another one under this name");
}

void begin(Context &context, const RolloutOptions &options)
{
    Rollout rollout;
    rollout.candidate = options.candidate;
    rollout.primary = options.primary;
    if (rollout.primary.empty()) {
        auto primary = defaultPrimary(ModelStore(context.home().models()), options);
        if (!primary)
            return context.fail(primary.error());
        rollout.primary = std::move(*primary);
    }
    rollout.mode = options.shadow ? Rollout::Mode::Shadow : Rollout::Mode::Split;
    rollout.share = options.percent.value_or(0) / 100;
    const auto kept = Rollouts(context.home().models()).set(options.name, rollout);
    if (!kept)
        return context.fail(kept.error());
    print(options.name, *kept);
    printLine("A running endpoint follows within a second or two");
}

void run(Context &context, const RolloutOptions &options)
{
    const auto tag = parseModelTag(options.name);
    if (!tag)
        return context.fail(tag.error());
    if (!tag->version.empty())
        return context.fail({ErrorCode::InvalidArgument, "a rollout is of a name, not of a version",
                             "write the versions behind --candidate and --primary"});
    RolloutOptions named = options;
    named.name = tag->name;
    if (!options.candidate.empty())
        return begin(context, named);
    if (!options.end)
        return show(context, named.name);
    if (const auto ended = Rollouts(context.home().models()).end(named.name); !ended)
        return context.fail(ended.error());
    printLine(fmt::format("The rollout of {} has ended; its latest version answers", named.name));
}

} // namespace

void addRollout(CLI::App &models, Context &context)
{
    CLI::App *command = addCommand(
        models, context, "rollout",
        "Two versions of a model side by side: a share of the requests, or in the shadow", true);
    auto options = std::make_shared<RolloutOptions>();
    command->add_option("NAME", options->name, "The model; without options: how it stands")
        ->required();
    auto *candidate =
        command->add_option("--candidate", options->candidate, "Version that is tried");
    command
        ->add_option("--primary", options->primary,
                     "Version that it is tried against (default: the latest other one)")
        ->needs(candidate);
    auto *share = command->add_option("--share", options->percent,
                                      "Percent of the requests that the candidate answers");
    share->needs(candidate);
    auto *shadow = command->add_flag("--shadow", options->shadow,
                                     "The candidate is asked too, its answers are only recorded");
    shadow->needs(candidate)->excludes(share);
    command->add_flag("--end", options->end, "The latest version answers alone again")
        ->excludes(candidate);
    command->callback([&context, options] {
        if (!options->candidate.empty() && !options->percent && !options->shadow)
            return context.fail({ErrorCode::InvalidArgument,
                                 "how the candidate is tried is missing",
                                 "add --share PERCENT, or --shadow"});
        run(context, *options);
    });
}

} // namespace tepal::cli
