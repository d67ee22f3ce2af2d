#include "whylabs_api.h"

#include "answer.h"

#include <tepal/base/text.h>
#include <tepal/base/version.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace tepal::whylabs {
namespace {

using web::percentEncoded;

/// The dataset that the endpoint's predict route logs to.
constexpr const char *kDefaultDataset = "model-1";

/// `orders=model-4, clicks=model-5`.
std::map<std::string, std::string> parseDatasets(std::string_view text)
{
    std::map<std::string, std::string> datasets;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view pair = text.substr(0, comma);
        const std::size_t equals = pair.find('=');
        if (equals != std::string_view::npos)
            datasets[std::string(trimmed(pair.substr(0, equals)))] =
                trimmed(pair.substr(equals + 1));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return datasets;
}

bool isLetterOrDigit(char c)
{
    return static_cast<unsigned char>(c) < 0x80 && std::isalnum(static_cast<unsigned char>(c)) != 0;
}

Status checkEndpoint(const std::string &endpoint)
{
    if (endpoint.empty())
        return fail(ErrorCode::NotFound,
                    "no endpoint is set for WhyLabs, whose hosted service is closed",
                    "enter the address of your own WhyLabs server, or set WHYLABS_API_ENDPOINT");
    if (endpoint.find('@') != std::string::npos)
        return fail(ErrorCode::InvalidArgument,
                    "the address of the WhyLabs server has a user or password in it",
                    "leave them out: only the API key is sent");
    const std::size_t scheme = endpoint.starts_with("https://")  ? 8
                               : endpoint.starts_with("http://") ? 7
                                                                 : 0;
    if (scheme == 0 || endpoint.size() == scheme ||
        std::any_of(endpoint.begin(), endpoint.end(),
                    [](char c) { return c <= ' ' || c == '?' || c == '#'; }))
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("\"{}\" is not the address of a WhyLabs server", endpoint),
                    "give one such as https://whylabs.example");
    return {};
}

} // namespace

Settings Settings::from(const FieldValues &values)
{
    Settings settings;
    settings.endpoint = web::addressField(values, "endpoint");
    settings.organization = web::field(values, "organization");
    settings.defaultDataset = web::field(values, "dataset");
    settings.datasets = parseDatasets(web::field(values, "datasets"));
    settings.caFile = web::field(values, "ca-file");
    settings.timeouts.put = 300 * kSecondMs; // the only one of a try that goes through
    return settings;
}

std::string Settings::idOf(const std::string &dataset) const
{
    if (const auto found = datasets.find(dataset);
        found != datasets.end() && !found->second.empty())
        return found->second;
    return dataset == kDefaultDataset && !defaultDataset.empty() ? defaultDataset : dataset;
}

std::string Access::organizationPath() const
{
    return "/v0/organizations/" + percentEncoded(organization);
}

http::Request Access::request(const std::string &method, const std::string &path,
                              const Settings &settings) const
{
    http::Request request;
    request.method = method;
    request.url = endpoint + path;
    request.headers = {"X-API-Key: " + key, "Content-Type: application/json",
                       "Accept: application/json"};
    request.userAgent = userAgent();
    request.caFile = settings.caFile;
    request.connectTimeout = settings.timeouts.connect;
    request.timeout = settings.timeouts.api;
    return request;
}

Result<Access> access(const Settings &settings, const SecretReader &secrets)
{
    if (auto fine = checkEndpoint(settings.endpoint); !fine)
        return tl::unexpected(fine.error());
    const auto key = secrets("key");
    if (!key)
        return tl::unexpected(key.error());
    if (key->empty())
        return fail(ErrorCode::NotFound, "no key is set for WhyLabs",
                    "set WHYLABS_API_KEY, or enter the key in the settings");
    if (const auto problem = keyProblem(*key))
        return fail(ErrorCode::Denied, "the key for WhyLabs " + *problem,
                    "copy it again from WhyLabs");
    const std::size_t colon = key->find(':');
    Access access{*key, colon == std::string::npos ? std::string() : key->substr(colon + 1),
                  settings.endpoint};
    if (access.organization.empty())
        access.organization = settings.organization;
    if (access.organization.empty())
        return fail(ErrorCode::NotFound, "no organisation is set for WhyLabs",
                    "set WHYLABS_DEFAULT_ORG_ID, or use a key that ends in a colon and its id");
    if (!std::all_of(access.organization.begin(), access.organization.end(),
                     [](char c) { return isLetterOrDigit(c) || c == '_' || c == '-'; }))
        return fail(ErrorCode::InvalidArgument, "the organisation's id has unusual characters",
                    "copy it again from WhyLabs");
    return access;
}

std::optional<std::string> keyProblem(std::string_view key)
{
    constexpr std::size_t kIdSize = 10;
    const std::string_view secret = key.substr(0, key.find(':'));
    if (secret.size() < 12 || secret.size() > 80)
        return "does not have the length of a WhyLabs key (64 characters)";
    if (secret[kIdSize] != '.')
        return "has no dot after its first ten characters";
    if (!std::all_of(secret.begin(), secret.begin() + kIdSize, isLetterOrDigit))
        return "does not begin with ten letters and digits";
    // Also what would end an HTTP header.
    if (std::any_of(key.begin(), key.end(), [](char c) { return c <= ' ' || c >= 0x7F; }))
        return "contains a space or a character that is not ASCII";
    return std::nullopt;
}

std::string keyId(std::string_view key)
{
    return std::string(key.substr(0, std::min<std::size_t>(10, key.find('.'))));
}

Error notWhylabs(const std::string &endpoint, const std::string &why)
{
    return {ErrorCode::Unavailable,
            fmt::format("{} does not answer like a WhyLabs server: {}", endpoint, why),
            "check the endpoint, and whether a network log-in page stands in between"};
}

Error refused(const http::Answer &answer, const Access &access)
{
    const std::string text = http::errorText(answer);
    switch (answer.status) {
    case 401:
        return {ErrorCode::Denied, fmt::format("WhyLabs got no key it understands (401: {})", text),
                "check WHYLABS_API_KEY"};
    case 403:
        return {ErrorCode::Denied,
                fmt::format("WhyLabs refuses the key {}… for this organisation (403: {})",
                            keyId(access.key), text),
                "check the key, its organisation and its role"};
    case 404:
        return {ErrorCode::NotFound, fmt::format("WhyLabs does not know it (404: {})", text),
                "create the dataset there, or set the id that it has there"};
    default:
        return {ErrorCode::InvalidArgument,
                fmt::format("WhyLabs refused (status {}: {})", answer.status, text),
                "look at the reason, then retry or drop the item"};
    }
}

namespace {

DestinationCheck failed(const Error &error)
{
    return {false, error.message, error.next};
}

/// Whether the key is accepted; nothing when this server has no way to say so.
std::optional<DestinationCheck> checkKey(const Access &access, const Settings &settings,
                                         const std::stop_token &stop)
{
    const auto answer =
        http::exchange(access.request("GET", "/v1/api-key/validate", settings), stop);
    if (!answer)
        return failed(answer.error().error);
    if (answer->status >= 300 && answer->status < 400)
        return failed(http::redirected(*answer));
    if (answer->status == 401 || answer->status == 403)
        return failed(refused(*answer, access));
    if (answer->status == 404)
        return std::nullopt;
    if (answer->status != 200)
        return DestinationCheck{false,
                                fmt::format("{} answered {}: {}", access.endpoint, answer->status,
                                            http::errorText(*answer)),
                                "try again later"};
    if (!nlohmann::json::parse(answer->body, nullptr, false).is_object())
        return failed(notWhylabs(access.endpoint, "its answer is not JSON"));
    return DestinationCheck{
        true, fmt::format("{} accepts the key {}…", access.endpoint, keyId(access.key)), ""};
}

} // namespace

std::vector<DestinationCheck> test(const Settings &settings, const SecretReader &secrets,
                                   const std::stop_token &stop)
{
    const auto found = access(settings, secrets);
    if (!found)
        return {failed(found.error())};
    std::vector<DestinationCheck> checks{{true, "address, key and organisation are complete", ""}};
    const auto key = checkKey(*found, settings, stop);
    if (key)
        checks.push_back(*key);
    if (key && !key->ok)
        return checks;
    const std::string dataset = settings.idOf(kDefaultDataset);
    const auto answer = http::exchange(
        found->request("GET", found->organizationPath() + "/models/" + percentEncoded(dataset),
                       settings),
        stop);
    if (!answer)
        checks.push_back(failed(answer.error().error));
    else if (answer->status == 200)
        checks.push_back({true, fmt::format("it knows the dataset {}", dataset), ""});
    else if (!key)
        checks.push_back({false,
                          fmt::format("{} knows neither way to check a key (status {})",
                                      found->endpoint, answer->status),
                          "check the endpoint; an upload may still work"});
    else if (answer->status == 404)
        checks.push_back({false,
                          fmt::format("WhyLabs accepts the key but has no dataset {}", dataset),
                          "create it there, or set the id that it has there"});
    else // A key that may only write cannot look at datasets.
        checks.push_back(
            {true, fmt::format("whether the dataset {} exists, this key may not see", dataset),
             ""});
    return checks;
}

} // namespace tepal::whylabs
