#include "app/build_info/build_info.h"
#include "commands.h"

#include <tepal/base/log.h>
#include <tepal/base/text.h>
#include <tepal/base/version.h>

#include <cstdio>
#include <sstream>

using namespace tepal;
using namespace tepal::cli;

void Context::fail(const Error &error)
{
    std::fprintf(stderr, "tepal: %s\n", terminalText(error.text()).c_str());
    exitStatus = error.code == ErrorCode::InvalidArgument ? 2 : 1;
}

CLI::App *tepal::cli::addCommand(CLI::App &app, Context &context, const char *name,
                                 const char *text, bool withJson)
{
    CLI::App *command = app.add_subcommand(name, text);
    command->add_option(
        "--home", context.homeOption,
        "Home directory (default: $TEPAL_HOME, else the platform's data directory)");
    if (withJson)
        command->add_flag("--json", context.json, "Print JSON");
    return command;
}

namespace {

/// What the parser says names what it was given, which may be names of files.
int say(const CLI::App &app, const CLI::ParseError &error)
{
    std::ostringstream out;
    std::ostringstream err;
    const int status = app.exit(error, out, err);
    std::fputs(out.str().c_str(), stdout);
    std::istringstream lines(err.str());
    for (std::string line; std::getline(lines, line);)
        std::fprintf(stderr, "%s\n", terminalText(line).c_str());
    return status;
}

} // namespace

int main(int argc, char **argv)
{
    CLI::App app{
        "Serves a model, profiles every prediction in the whylogs format, and tells whether "
        "live data has drifted from a reference."};
    app.name("tepal");
    app.set_version_flag("--version", "tepal " + versionText(buildCommit()));
    app.require_subcommand(1);
    // A command that ends says what it did itself; only those that stay write a log.
    setLogLevel(LogLevel::Warning);
    Context context;
    addTrain(app, context);
    addModels(app, context);
    addPredict(app, context);
    addServe(app, context);
    addLogger(app, context);
    addProfile(app, context);
    addInspect(app, context);
    addMerge(app, context);
    addXray(app, context);
    addDrift(app, context);
    addWindows(app, context);
    addExport(app, context);
    addReference(app, context);
    addSimulate(app, context);
    addUpload(app, context);
    addDestination(app, context);
    addOutbox(app, context);
    addStatus(app, context);
    addCheck(app, context);
    addQuarantine(app, context);
    addDataset(app, context);
    addLog(app, context);
    addCompletion(app, context);
    addManual(app, context);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        const int status = say(app, error);
        return status == 0 ? 0 : 2;
    }
    return context.exitStatus;
}
