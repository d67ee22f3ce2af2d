/// The commands of `tepal`. Each adds its options to the parser; the callback runs when it was
/// named.
#pragma once

#include <tepal/base/paths.h>
#include <tepal/base/result.h>
#include <tepal/profile/dataset.h>
#include <tepal/profile/schema.h>

#include <CLI/CLI.hpp>

#include <string>

namespace tepal::cli {

/// What every command shares.
struct Context
{
    std::string homeOption; ///< --home
    bool json = false;      ///< --json
    int exitStatus = 0;

    Home home() const { return resolveHome(homeOption); }
    /// One line on stderr: what, why, next step. Sets the exit status: 2 for wrong usage, else 1.
    void fail(const Error &error);
    /// The same for what is wrong with rows or files, not with how the command was used: status 1.
    void failRows(const Error &error)
    {
        fail(error);
        exitStatus = 1;
    }
};

void addTrain(CLI::App &app, Context &context);
void addModels(CLI::App &app, Context &context);
/// Of "models".
void addRollout(CLI::App &models, Context &context);
/// `evaluate` and `compare`, under `models`.
void addEvaluation(CLI::App &models, Context &context);
void addPredict(CLI::App &app, Context &context);
void addServe(CLI::App &app, Context &context);
void addLogger(CLI::App &app, Context &context);
void addProfile(CLI::App &app, Context &context);
void addInspect(CLI::App &app, Context &context);
void addMerge(CLI::App &app, Context &context);
void addXray(CLI::App &app, Context &context);
void addWindows(CLI::App &app, Context &context);
void addExport(CLI::App &app, Context &context);
void addReference(CLI::App &app, Context &context);
void addDrift(CLI::App &app, Context &context);
void addSimulate(CLI::App &app, Context &context);
void addUpload(CLI::App &app, Context &context);
void addDestination(CLI::App &app, Context &context);
void addOutbox(CLI::App &app, Context &context);
void addStatus(CLI::App &app, Context &context);
void addCheck(CLI::App &app, Context &context);
void addQuarantine(CLI::App &app, Context &context);
void addDataset(CLI::App &app, Context &context);
void addLog(CLI::App &app, Context &context);
void addCompletion(CLI::App &app, Context &context);
void addManual(CLI::App &app, Context &context);

/// What a profile is read from, as errors name it: "-" is standard input.
std::string inputName(const std::string &path);
/// A profile file, or standard input for "-", with a size limit that fits any real one. Nothing in
/// it is an error.
Result<std::string> readProfileBytes(const std::string &path);
/// The one profile in it. Errors of its content name the file.
Result<DatasetProfile> loadProfile(const std::string &path);
/// A file with a schema (see parseSchema). Errors name the file.
Result<DatasetSchema> readSchema(const std::string &path);

/// Adds --home (and --json where wanted) to a command.
CLI::App *addCommand(CLI::App &app, Context &context, const char *name, const char *text,
                     bool withJson = false);

} // namespace tepal::cli
