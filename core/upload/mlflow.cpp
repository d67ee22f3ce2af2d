// An MLflow tracking server: a run is found or made, the profile becomes one of its artifacts.
//
// Files belong to runs, and a run for every profile would bury a list of experiments. So there is
// one for each dataset and day of windows, marked by a tag, by which every try and every home finds
// it again: a run whose making was not confirmed is found, not made twice. Two homes that begin a
// day in the same instant may make two; nothing is counted twice by that, since a profile is put
// into the run that is kept with it and nowhere else.

#include "mlflow_delivery.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>

namespace tepal {
namespace {

using mlflow::Settings;
using web::Login;

class MlflowDestination final : public Destination
{
public:
    MlflowDestination(Settings settings, SecretReader secrets)
        : m_settings(std::move(settings))
        , m_secrets(std::move(secrets))
    {}
    std::string target() const override
    {
        return fmt::format("{}, {}", m_settings.uri,
                           m_settings.runId.empty() ? "experiment " + m_settings.experiment
                                                    : "run " + m_settings.runId);
    }
    Status configured() const override
    {
        const auto login = mlflow::readAccess(m_settings, m_secrets);
        return login ? Status() : Status(tl::unexpected(login.error()));
    }
    std::unique_ptr<Delivery> deliver(const UploadItem &item) const override
    {
        return mlflow::makeDelivery(m_settings, mlflow::readAccess(m_settings, m_secrets), item,
                                    m_book);
    }
    std::vector<DestinationCheck> test(std::stop_token stop) const override;
    std::string scrub(std::string_view text) const override
    {
        return web::scrubLogin(text, m_settings.values, m_secrets);
    }

private:
    DestinationCheck checkHealth(const Login &login, const std::stop_token &stop) const;
    std::vector<DestinationCheck> checkRuns(const Login &login, const std::stop_token &stop) const;
    DestinationCheck checkArtifacts(const std::string &artifacts) const;

    Settings m_settings;
    SecretReader m_secrets;
    std::shared_ptr<mlflow::RunBook> m_book = std::make_shared<mlflow::RunBook>();
};

DestinationCheck MlflowDestination::checkHealth(const Login &login,
                                                const std::stop_token &stop) const
{
    auto request =
        web::request("GET", m_settings.uri + "/health", m_settings.caFile, m_settings.timeouts);
    login.apply(request);
    const http::Reply reply = http::exchange(request, stop);
    // Some hosted ones have no such page.
    if (reply && reply->status == 404)
        return {true, m_settings.uri + " answers", ""};
    // It says so as if it were a web page.
    if (reply && reply->status == 200 && trimmed(reply->body) == "OK")
        return {true, m_settings.uri + " is up", ""};
    if (const auto outcome = mlflow::trouble({}, reply, m_settings))
        return web::failed(outcome->error.value_or(Error{}));
    return {true, m_settings.uri + " answers", ""};
}

DestinationCheck MlflowDestination::checkArtifacts(const std::string &artifacts) const
{
    const auto place = mlflow::placeOf(m_settings, artifacts, "x");
    if (!place)
        return web::failed(place.error());
    return {true, "its artifacts can be reached from here; writing was not tried", ""};
}

std::vector<DestinationCheck> MlflowDestination::checkRuns(const Login &login,
                                                           const std::stop_token &stop) const
{
    const bool given = !m_settings.runId.empty();
    const std::string what =
        given ? "the run " + m_settings.runId : "the experiment " + m_settings.experiment;
    const http::Reply reply = http::exchange(
        m_settings.get(given ? "/runs/get?run_id=" + web::percentEncoded(m_settings.runId)
                             : "/experiments/get-by-name?experiment_name=" +
                                   web::percentEncoded(m_settings.experiment),
                       login),
        stop);
    if (reply && mlflow::errorCode(*reply) == "RESOURCE_DOES_NOT_EXIST") {
        if (given)
            return {{false, what + " is not there", "give another run, or none"}};
        return {{true, what + " will be made with the first profile", ""}};
    }
    if (const auto outcome = mlflow::trouble({}, reply, m_settings))
        return {web::failed(outcome->error.value_or(Error{}))};
    const auto json = nlohmann::json::parse(reply->body, nullptr, false);
    const auto text = [&json](const char *pointer) {
        const auto found = json.is_object()
                               ? json.value(nlohmann::json::json_pointer(pointer), nlohmann::json())
                               : nlohmann::json();
        return found.is_string() ? found.get<std::string>() : std::string();
    };
    const std::string artifacts =
        text(given ? "/run/info/artifact_uri" : "/experiment/artifact_location");
    if (artifacts.empty())
        return {
            web::failed(*mlflow::notMlflow({}, m_settings, "its answer names no artifacts").error)};
    if (text(given ? "/run/info/lifecycle_stage" : "/experiment/lifecycle_stage") == "deleted")
        return {{false, what + " was deleted there", "restore it, or choose another one"}};
    return {{true, what + " is there", ""}, checkArtifacts(artifacts)};
}

std::vector<DestinationCheck> MlflowDestination::test(std::stop_token stop) const
{
    const auto login = mlflow::readAccess(m_settings, m_secrets);
    if (!login)
        return {web::failed(login.error())};
    std::vector<DestinationCheck> checks{{true, "address and log-in are complete", ""}};
    checks.push_back(checkHealth(*login, stop));
    if (checks.back().ok) {
        for (DestinationCheck &check : checkRuns(*login, stop))
            checks.push_back(std::move(check));
    }
    return web::scrubbed(std::move(checks), *this);
}

constexpr std::array<std::string_view, 1> kUriVariables{"MLFLOW_TRACKING_URI"};
constexpr std::array<std::string_view, 1> kExperimentVariables{"MLFLOW_EXPERIMENT_NAME"};
constexpr std::array<std::string_view, 1> kRunVariables{"MLFLOW_RUN_ID"};
constexpr std::array<std::string_view, 1> kUserVariables{"MLFLOW_TRACKING_USERNAME"};
constexpr std::array<std::string_view, 1> kPasswordVariables{"MLFLOW_TRACKING_PASSWORD"};
constexpr std::array<std::string_view, 1> kTokenVariables{"MLFLOW_TRACKING_TOKEN"};
constexpr std::array<std::string_view, 1> kCertVariables{"MLFLOW_TRACKING_SERVER_CERT_PATH"};

constexpr std::array kFields{
    DestinationField{.key = "tracking-uri",
                     .label = "Tracking server",
                     .help = "Address of the MLflow server",
                     .type = FieldType::Url,
                     .required = true,
                     .environment = kUriVariables,
                     .placeholder = "https://mlflow.example"},
    DestinationField{.key = "experiment",
                     .label = "Experiment",
                     .help = "Made if it is not there",
                     .environment = kExperimentVariables,
                     .fallback = "Default",
                     .placeholder = "monitoring"},
    DestinationField{.key = "run-id",
                     .label = "Run",
                     .help = "Takes all profiles and is not ended; empty = a run for each dataset "
                             "and day",
                     .environment = kRunVariables},
    DestinationField{.key = "file-dir",
                     .label = "Folder in the run",
                     .help = "Among the run's artifacts",
                     .fallback = "whylogs"},
    DestinationField{.key = "user",
                     .label = "User",
                     .help = "Empty when none is asked for",
                     .environment = kUserVariables},
    DestinationField{.key = "password",
                     .label = "Password",
                     .help = "Kept in the system keychain, or read from the environment",
                     .type = FieldType::Secret,
                     .environment = kPasswordVariables},
    DestinationField{.key = "token",
                     .label = "Token",
                     .help = "Sent as a bearer token, in place of user and password",
                     .type = FieldType::Secret,
                     .environment = kTokenVariables},
    DestinationField{.key = "ca-file",
                     .label = "Certificate authorities",
                     .help = "PEM file; empty = the system's",
                     .type = FieldType::File,
                     .environment = kCertVariables},
};

std::unique_ptr<Destination> make(const FieldValues &values, const SecretReader &secrets)
{
    return std::make_unique<MlflowDestination>(Settings::from(values), secrets);
}

} // namespace

const DestinationKind kMlflowKind{
    .name = "mlflow",
    .title = "MLflow tracking server",
    .summary = "Artifacts of MLflow runs, one run for each dataset and day.",
    .fields = kFields,
    .idempotency = Idempotency::SameName,
    .make = make,
};

} // namespace tepal
