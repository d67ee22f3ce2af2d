/// What commands that send share: destinations by name, secrets, reports.
#pragma once

#include <tepal/base/result.h>
#include <tepal/store/store.h>
#include <tepal/upload/outlets.h>
#include <tepal/upload/upload_run.h>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace tepal::cli {

/// How destinations are named on a command line.
struct ChosenDestinations
{
    std::vector<std::string> to; ///< Empty: all that are enabled.
    std::string directory;       ///< --dir.
};

/// NotFound with what there is when nothing fits.
Result<std::vector<DestinationRecord>>
chooseDestinations(Store &store, const ChosenDestinations &chosen, bool mayWrite);
/// The environment, and before that what standard input says in lines `NAME.KEY=secret`.
Result<std::unique_ptr<SecretStore>> readSecrets(bool fromStandardInput);

/// Bytes a second, `1MiB` or `1MiB/s`; empty = 0, any.
Result<std::int64_t> parseRate(std::string text);

nlohmann::ordered_json runJson(const UploadRun &run);
void printRun(const UploadRun &run);
/// What the command fails with, if it does.
std::optional<Error> troubleOf(const UploadRun &run);

} // namespace tepal::cli
