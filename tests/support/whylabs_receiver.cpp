#include "whylabs_receiver.h"

#include "whylabs_contract.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <mutex>
#include <utility>

namespace tepal::test {
namespace {

ServerAnswer answerText(int status, const std::string &body, const std::string &type,
                        const std::string &headers = {})
{
    return {status, body, type, headers};
}

ServerAnswer jsonAnswer(int status, const nlohmann::json &json)
{
    return {status, json.dump(), "application/json", {}};
}

} // namespace

struct WhylabsReceiver::Impl
{
    explicit Impl(Options given)
        : options(std::move(given))
        , server(std::make_unique<HttpServer>(
              [this](const ReceivedRequest &request) {
                  return request.method == "PUT" ? take(request) : grant(request);
              },
              options.port, options.onRequest))
    {}

    ServerAnswer grant(const ReceivedRequest &request);
    ServerAnswer take(const ReceivedRequest &request);
    void complain(const std::string &text) { complaints.push_back(text); }

    const Options options;
    mutable std::mutex mutex; // guards what follows, but for `server`
    std::vector<ReceivedUpload> uploads;
    std::vector<std::string> complaints;
    int granted = 0;
    std::unique_ptr<HttpServer> server; // last: its threads use all of the above
};

ServerAnswer WhylabsReceiver::Impl::grant(const ReceivedRequest &request)
{
    const std::lock_guard guard(mutex);
    for (const std::string &violation : contractViolations(request))
        complain(violation);
    const auto key = request.headers.find("x-api-key");
    if (key == request.headers.end())
        return answerText(401, "", "application/json");
    if (!options.key.empty() && key->second != options.key)
        return jsonAnswer(403, {{"message", "Forbidden"}});
    if (request.method == "GET" && request.target == "/v1/api-key/validate")
        return jsonAnswer(200, {{"requestId", "r-1"}});
    const auto parts = split(request.target, '/'); // "", v0, organizations, org, log, async, ds
    if (request.method == "GET" && parts.size() == 6 && parts[4] == "models")
        return parts[5] == "unknown"
                   ? jsonAnswer(404, {{"message", "Resource Model with ID unknown not found."}})
                   : jsonAnswer(200, {{"id", parts[5]}, {"orgId", parts[3]}});
    // …, log, async|reference, ds; or: …, dataset-profiles, models, ds, reference-profile
    const bool segments = parts.size() == 8 && parts[4] == "dataset-profiles" &&
                          parts[5] == "models" && parts[7] == "reference-profile";
    const bool reference = segments || (parts.size() == 7 && parts[5] == "reference");
    if (request.method != "POST" || parts.size() < 7 || parts[1] != "v0" ||
        !(segments || (parts.size() == 7 && parts[4] == "log" &&
                       (parts[5] == "async" || parts[5] == "reference"))))
        return answerText(404, "", "text/plain");
    const auto json = nlohmann::json::parse(request.body, nullptr, false);
    if (!json.is_object() ||
        !json.value("datasetTimestamp", nlohmann::json()).is_number_integer() ||
        (reference ? !json.value("alias", nlohmann::json()).is_string()
                   : !json.value("segmentTags", nlohmann::json()).is_array()))
        return jsonAnswer(400, {{"message", "Bad Request"}});
    const auto extension = request.headers.find("x-whylabs-file-extension");
    if (extension == request.headers.end() || extension->second != "BIN")
        complain("the file extension is not BIN");
    if (request.headers.count("x-request-id") == 0)
        complain("there is no request id");
    if (request.headers.count("transfer-encoding") != 0)
        complain("the body of a POST is chunked");

    ReceivedUpload upload;
    upload.organization = parts[3];
    upload.dataset = parts[6];
    upload.timestamp = json["datasetTimestamp"].get<std::int64_t>();
    const std::string id = "log-" + std::to_string(++granted);
    upload.path = "/bucket/daily-log-untrusted/2026-01-01/" + id + ".bin";
    uploads.push_back(upload);
    const std::string storeUrl = options.storeUrl.empty() ? server->url() : options.storeUrl;
    // Encoded and doubled characters that a careless client would change.
    const std::string query = "?X-Amz-Signature=a%2Fb%2fc+d%20e&x=%7E~&X-Amz-Date=2026//01/../01";
    return jsonAnswer(200, {{"id", id},
                            {"modelId", upload.dataset},
                            {"uploadTimestamp", upload.timestamp},
                            {"uploadUrl", storeUrl + upload.path + query},
                            {"tags", {{"tags", nlohmann::json::array()}}}});
}

ServerAnswer WhylabsReceiver::Impl::take(const ReceivedRequest &request)
{
    const std::lock_guard guard(mutex);
    for (const auto &[name, value] : request.headers) {
        if (name == "x-api-key" || name == "authorization" || name == "cookie" ||
            name.starts_with("x-whylabs") || name.starts_with("x-amz"))
            complain("a PUT carries " + name);
    }
    if (request.headers.count("transfer-encoding") != 0) {
        complain("a PUT is chunked");
        return answerText(501,
                          "<Error><Code>NotImplemented</Code><Message>A header you provided "
                          "implies functionality that is not implemented</Message></Error>",
                          "application/xml");
    }
    if (request.headers.count("content-length") == 0)
        complain("a PUT has no length");
    if (request.headers.count("expect") != 0)
        complain("a PUT expects 100-continue");
    const auto type = request.headers.find("content-type");
    if (type == request.headers.end() || type->second != "application/octet-stream")
        complain("a PUT has another content type");
    const std::size_t mark = request.target.find('?');
    const std::string path = request.target.substr(0, mark);
    const auto found = std::find_if(uploads.begin(), uploads.end(),
                                    [&](const ReceivedUpload &u) { return u.path == path; });
    if (found == uploads.end() ||
        request.target.substr(mark) !=
            "?X-Amz-Signature=a%2Fb%2fc+d%20e&x=%7E~&X-Amz-Date=2026//01/../01") {
        complain("a PUT goes to an address that was not granted: " + request.target);
        return answerText(403,
                          "<Error><Code>SignatureDoesNotMatch</Code><Message>The request "
                          "signature does not match</Message></Error>",
                          "application/xml");
    }
    if (!request.body.starts_with("WHY1"))
        complain("a PUT is no profile");
    if (found->puts > 0 && found->bytes != request.body)
        complain("other bytes were put to the same address");
    ++found->puts;
    found->bytes = request.body;
    if (!options.directory.empty()) {
        std::filesystem::create_directories(options.directory);
        std::ofstream file(options.directory / std::filesystem::path(path).filename(),
                           std::ios::binary | std::ios::trunc);
        file << request.body;
    }
    return answerText(200, "", "application/xml", "ETag: \"1\"\r\n");
}

WhylabsReceiver::WhylabsReceiver()
    : WhylabsReceiver(Options{})
{}

WhylabsReceiver::WhylabsReceiver(const Options &options)
    : m_impl(std::make_unique<Impl>(options))
{}

WhylabsReceiver::~WhylabsReceiver() = default;

HttpServer &WhylabsReceiver::server()
{
    return *m_impl->server;
}

std::uint16_t WhylabsReceiver::port() const
{
    return m_impl->server->port();
}

std::string WhylabsReceiver::url() const
{
    return m_impl->server->url();
}

void WhylabsReceiver::failGrants(std::vector<FaultSpec> faults)
{
    m_impl->server->failOthers(std::move(faults));
}

void WhylabsReceiver::failPuts(std::vector<FaultSpec> faults)
{
    m_impl->server->failPuts(std::move(faults));
}

std::vector<ReceivedRequest> WhylabsReceiver::requests() const
{
    return m_impl->server->requests();
}

std::size_t WhylabsReceiver::count(std::string_view method) const
{
    return m_impl->server->count(method);
}

std::vector<ReceivedUpload> WhylabsReceiver::uploads() const
{
    const std::lock_guard guard(m_impl->mutex);
    return m_impl->uploads;
}

std::vector<std::string> WhylabsReceiver::complaints() const
{
    const std::lock_guard guard(m_impl->mutex);
    return m_impl->complaints;
}

} // namespace tepal::test
