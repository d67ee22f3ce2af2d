#include "mlflow_api.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cctype>

namespace tepal::mlflow {

using Kind = UploadOutcome::Kind;

Settings Settings::from(const FieldValues &values)
{
    Settings settings;
    settings.values = values;
    settings.uri = web::addressField(values, "tracking-uri");
    settings.experiment = web::field(values, "experiment");
    if (settings.experiment.empty())
        settings.experiment = std::string("Default");
    settings.runId = web::field(values, "run-id");
    settings.fileDir = web::addressField(values, "file-dir");
    settings.fileDir.erase(0, settings.fileDir.find_first_not_of('/'));
    settings.caFile = web::field(values, "ca-file");
    return settings;
}

http::Request Settings::get(std::string_view path, const web::Login &login) const
{
    auto request =
        web::request("GET", fmt::format("{}/api/2.0/mlflow{}", uri, path), caFile, timeouts);
    login.apply(request);
    return request;
}

http::Request Settings::post(std::string_view path, const nlohmann::ordered_json &body,
                             const web::Login &login) const
{
    auto request = get(path, login);
    request.method = std::string("POST");
    request.headers.emplace_back("Content-Type: application/json");
    request.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return request;
}

Result<web::Login> readAccess(const Settings &settings, const SecretReader &secrets)
{
    if (auto fine = web::checkAddress(settings.uri, "the MLflow server", "https://mlflow.example");
        !fine)
        return tl::unexpected(fine.error());
    const auto odd = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) == 0; };
    if (std::any_of(settings.runId.begin(), settings.runId.end(), odd))
        return fail(ErrorCode::InvalidArgument, "that is not the id of an MLflow run",
                    "give its 32 letters and digits, or leave it empty");
    return web::readLogin(settings.values, secrets);
}

namespace {

std::string text(const nlohmann::json &object, const char *key)
{
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Whether a path leaves where it begins; such a one is refused by MLflow too.
bool climbs(std::string_view path)
{
    return path == ".." || path.starts_with("../") || path.ends_with("/..") ||
           path.find("/../") != std::string_view::npos;
}

bool isThisMachine(std::string_view address)
{
    std::string_view host = web::originOf(address);
    host.remove_prefix(host.find("://") + 3);
    constexpr std::array<std::string_view, 3> kNames{"localhost", "127.0.0.1", "[::1]"};
    return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view name) {
        return host == name || host.starts_with(std::string(name) + ":");
    });
}

std::string percentDecoded(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto hex = [&](std::size_t at) {
            return at < text.size() && std::isxdigit(static_cast<unsigned char>(text[at])) != 0;
        };
        if (text[i] == '%' && hex(i + 1) && hex(i + 2)) {
            out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

/// `mlflow-artifacts:/path` or `mlflow-artifacts://host:port/path`.
Place proxied(const Settings &settings, std::string_view rest, std::string_view path)
{
    std::string origin = settings.uri;
    bool ours = true;
    if (rest.starts_with("//") && !rest.starts_with("///")) {
        const std::size_t end = std::min(rest.find('/', 2), rest.size());
        const std::string_view own = web::originOf(settings.uri);
        const std::string there =
            std::string(own.substr(0, own.find("://") + 3)) + std::string(rest.substr(2, end - 2));
        ours = there == own;
        if (!ours)
            origin = there;
        rest.remove_prefix(end);
    }
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
    const std::string base = rest.empty() ? std::string() : web::encodedPath(rest) + "/";
    return {fmt::format("{}/api/2.0/mlflow-artifacts/artifacts/{}{}", origin, base,
                        web::encodedPath(path)),
            ours,
            {}};
}

} // namespace

std::optional<Run> readRun(const nlohmann::json &run)
{
    const auto info = run.is_object() ? run.find("info") : run.end();
    if (info == run.end() || text(*info, "lifecycle_stage") == "deleted")
        return std::nullopt;
    Run result{text(*info, "run_id"), text(*info, "artifact_uri"),
               text(*info, "status") == "FINISHED"};
    if (result.id.empty())
        return std::nullopt;
    return result;
}

Result<Place> placeOf(const Settings &settings, const std::string &artifacts, std::string_view path)
{
    constexpr std::string_view kProxied = "mlflow-artifacts:";
    if (climbs(artifacts) || climbs(path))
        return fail(ErrorCode::InvalidArgument, "the run's artifacts have a path with \"..\" in it",
                    "correct the experiment's artifact location there");
    if (artifacts.starts_with(kProxied))
        return proxied(settings, std::string_view(artifacts).substr(kProxied.size()), path);
    if (artifacts.starts_with("http://") || artifacts.starts_with("https://")) {
        if (artifacts.find_first_of("?#@") != std::string::npos)
            return fail(ErrorCode::Unsupported,
                        "the run's artifacts are at an address that carries a permission",
                        "start the MLflow server with --serve-artifacts");
        return Place{artifacts + (artifacts.ends_with('/') ? "" : "/") + web::encodedPath(path),
                     web::originOf(artifacts) == web::originOf(settings.uri),
                     {}};
    }
    if (artifacts.starts_with("file:") || artifacts.starts_with('/')) {
        if (!isThisMachine(settings.uri))
            return fail(ErrorCode::Unsupported,
                        fmt::format("the artifacts are files on the machine of {}", settings.uri),
                        "start the MLflow server with --serve-artifacts");
        std::string_view rest = artifacts;
        if (rest.starts_with("file:"))
            rest.remove_prefix(rest.starts_with("file://") ? 7 : 5);
        const std::string file =
            rest.data() == artifacts.data() ? std::string(rest) : percentDecoded(rest);
        if (file.starts_with('/') && !climbs(file))
            return Place{{}, false, file + "/" + std::string(path)};
    }
    const std::string scheme = artifacts.substr(0, std::min(artifacts.find(':'), std::size_t{20}));
    const std::string next =
        scheme == "s3" ? std::string("start the MLflow server with --serve-artifacts, or send to "
                                     "the bucket itself by a destination of kind s3")
                       : std::string("start the MLflow server with --serve-artifacts");
    return fail(ErrorCode::Unsupported,
                fmt::format("the run's artifacts are in a store ({}) that this program does not "
                            "write to by itself",
                            scheme),
                next);
}

std::string errorCode(const http::Answer &answer)
{
    return text(nlohmann::json::parse(answer.body, nullptr, false), "error_code");
}

UploadOutcome notMlflow(const UploadOutcome &before, const Settings &settings, std::string_view why)
{
    return web::ended(
        before, Kind::Stopped,
        {ErrorCode::Unavailable,
         fmt::format("{} does not answer like an MLflow server: {}", settings.uri, why),
         "check the tracking address"});
}

std::optional<UploadOutcome> trouble(const UploadOutcome &before, const http::Reply &reply,
                                     const Settings &settings)
{
    // A server that leaves artifacts to others says "busy" for it.
    if (reply && reply->status >= 400 && reply->body.find("serve-artifacts") != std::string::npos)
        return web::ended(
            before, Kind::Stopped,
            {ErrorCode::Unsupported,
             fmt::format("{} takes no artifacts (status {})", settings.uri, reply->status),
             "start the MLflow server with --serve-artifacts"});
    if (auto outcome = web::trouble(before, reply, settings.uri))
        return outcome;
    if (reply->status < 300)
        return std::nullopt;
    const int status = reply->status;
    const std::string reason = fmt::format("status {}: {}", status, http::errorText(*reply));
    if (status == 401)
        return web::ended(
            before, Kind::Stopped,
            {ErrorCode::Denied,
             fmt::format("{} does not accept user and password, or token ({})", settings.uri,
                         reason),
             "check MLFLOW_TRACKING_USERNAME and _PASSWORD, or MLFLOW_TRACKING_TOKEN"});
    if (status == 403)
        return web::ended(before, Kind::Stopped,
                          {ErrorCode::Denied,
                           fmt::format("{} does not allow us that ({})", settings.uri, reason),
                           "allow the user to write to the experiment, or use another one"});
    const std::string code = errorCode(*reply);
    if (code.empty() || code == "ENDPOINT_NOT_FOUND") {
        if (status == 404 || status == 405)
            return notMlflow(before, settings, reason);
    }
    if (status == 413)
        return web::ended(
            before, Kind::Failed,
            {ErrorCode::InvalidArgument,
             fmt::format("{} does not take files so large ({})", settings.uri, reason),
             "raise the server's limit, then retry the item"});
    return web::ended(
        before, Kind::Failed,
        {ErrorCode::InvalidArgument,
         fmt::format("MLflow refused ({}{}{})", code, code.empty() ? "" : ", ", reason),
         "look at the reason, then retry or drop the item"});
}

} // namespace tepal::mlflow
