/// How an MLflow tracking server is asked, and what its answers mean. Internal.
#pragma once

#include "web.h"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace tepal::mlflow {

struct Settings
{
    FieldValues values; ///< For the log-in, whose secrets are read at every use.
    std::string uri;    ///< Of the tracking server, without slashes at its end.
    std::string experiment;
    std::string runId;   ///< Empty = a run for each dataset and day.
    std::string fileDir; ///< Among a run's artifacts; empty = at their top.
    std::string caFile;
    web::Timeouts timeouts;

    static Settings from(const FieldValues &values);
    /// `path`: `/runs/get?run_id=…`.
    http::Request get(std::string_view path, const web::Login &login) const;
    http::Request post(std::string_view path, const nlohmann::ordered_json &body,
                       const web::Login &login) const;
    /// Of an object, below `fileDir`.
    std::string artifactPath(std::string_view name) const
    {
        return fileDir.empty() ? std::string(name) : fileDir + "/" + std::string(name);
    }
};
/// NotFound, InvalidArgument or Denied with what is missing, and the next step.
Result<web::Login> readAccess(const Settings &settings, const SecretReader &secrets);

struct Run
{
    std::string id;
    std::string artifacts; ///< Its artifact_uri.
    bool finished = false;
};
/// Of `{"info": {…}}`; nothing when it is none, or a deleted one.
std::optional<Run> readRun(const nlohmann::json &run);

/// Where an artifact goes.
struct Place
{
    std::string address; ///< Of a web server.
    bool ours = false;   ///< … which is the tracking server itself: it alone gets the log-in.
    std::string file;    ///< Or a file of this machine.
};
/// `artifacts` is the run's or the experiment's artifact_uri. Unsupported with the reason for
/// stores that only their own programs can write to, and for files of another machine.
Result<Place> placeOf(const Settings &settings, const std::string &artifacts,
                      std::string_view path);

/// `RESOURCE_DOES_NOT_EXIST`; empty when the server gives none.
std::string errorCode(const http::Answer &answer);
UploadOutcome notMlflow(const UploadOutcome &before, const Settings &settings,
                        std::string_view why);
/// What any reply but 2xx means; nothing = it was done.
std::optional<UploadOutcome> trouble(const UploadOutcome &before, const http::Reply &reply,
                                     const Settings &settings);

} // namespace tepal::mlflow
