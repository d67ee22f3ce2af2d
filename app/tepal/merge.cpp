// `tepal merge`: profiles into one, from files or from a stream of profiles one after the other.

#include "commands.h"
#include "output.h"
#include "table_arguments.h"

#include <tepal/base/file.h>
#include <tepal/base/text.h>
#include <tepal/profile/file.h>
#include <tepal/profile/performance.h>

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>

namespace tepal::cli {
namespace {

/// What the files hold, merged.
struct Merged
{
    std::optional<DatasetProfile> profile;
    std::optional<ModelPerformance> performance;
    std::size_t parts = 0;
};

template <typename T>
void add(std::optional<T> &all, T part)
{
    if (all)
        all->merge(part);
    else
        all = std::move(part);
}

/// One file, or on a stream as many profiles as follow each other. A file may end with a few bytes
/// that belong to nothing (whylogs writes such); on a stream they would be a part that got damaged.
Status addBytes(Merged &merged, std::string_view bytes, bool stream)
{
    do {
        if (looksLikeModelPerformance(bytes)) {
            auto performance = parseModelPerformance(bytes);
            if (!performance)
                return tl::unexpected(performance.error());
            add(merged.performance, std::move(*performance));
            ++merged.parts;
            return {};
        }
        std::size_t size = 0;
        auto profile = parseProfile(bytes, &size);
        if (!profile)
            return merged.parts == 0
                       ? Status(tl::unexpected(profile.error()))
                       : Status(failWith(fmt::format("behind profile {}", merged.parts),
                                         profile.error()));
        add(merged.profile, std::move(*profile));
        ++merged.parts;
        bytes.remove_prefix(size);
    } while (!bytes.empty() && (stream || bytes.starts_with(kProfileMagic)));
    return {};
}

void merge(Context &context, const std::vector<std::string> &files, const std::string &output)
{
    if (auto safe = refuseOverwriting(files, {output}); !safe)
        return context.fail(safe.error());
    if (auto folder = checkFolder(output); !folder)
        return context.fail(folder.error());
    Merged merged;
    for (const std::string &file : files) {
        const auto bytes = readProfileBytes(file);
        if (!bytes)
            return context.fail(bytes.error());
        if (auto added = addBytes(merged, *bytes, file == "-"); !added)
            return context.fail(failWith(inputName(file), added.error()).value());
    }
    if (merged.profile && merged.performance)
        return context.fail({ErrorCode::InvalidArgument,
                             "profiles and model performance cannot be merged into one file",
                             "merge them apart"});
    const std::string bytes = merged.profile ? serializeProfile(*merged.profile)
                                             : serializeModelPerformance(*merged.performance);
    if (const auto written = writeOutput(output, bytes); !written)
        return context.fail(written.error());
    std::fprintf(output == "-" ? stderr : stdout, "Wrote %s (%s from %s)\n",
                 output == "-" ? "to standard output" : terminalText(output).c_str(),
                 (merged.profile
                      ? countText(static_cast<std::uint64_t>(merged.profile->rows()), "row")
                      : std::string("model performance"))
                     .c_str(),
                 countText(merged.parts, "profile").c_str());
}

} // namespace

void addMerge(CLI::App &app, Context &context)
{
    CLI::App *command = addCommand(app, context, "merge", "Merge profiles into one");
    auto files = std::make_shared<std::vector<std::string>>();
    auto output = std::make_shared<std::string>();
    command
        ->add_option("FILES", *files,
                     "Profile files; - for profiles one after the other on standard input")
        ->required();
    command->add_option("-o,--output", *output, "Profile to write, - for standard output")
        ->required();
    command->callback([&context, files, output] { merge(context, *files, *output); });
}

} // namespace tepal::cli
