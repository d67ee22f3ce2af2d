// A server of each kind, as strict as the real ones where it matters.

#include "contract.h"
#include "whylabs_receiver.h"

#include <tepal/base/file.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <set>

namespace tepal::test {
namespace {

// Neither is in the other, nor in anything else that is said.
const std::string kPassword("correct-horse/battery+staple");
const std::string kBasic("dXBsb2FkZXI6Y29ycmVjdC1ob3JzZS9iYXR0ZXJ5K3N0YXBsZQ=="); // uploader:…

std::string bytesOf(const std::string &hex)
{
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return bytes;
}

/// RFC 2104, as bytes.
std::string hmac(std::string key, const std::string &text)
{
    key.resize(64, '\0');
    std::string inner = key;
    std::string outer = key;
    for (std::size_t i = 0; i < key.size(); ++i) {
        inner[i] = static_cast<char>(inner[i] ^ 0x36);
        outer[i] = static_cast<char>(outer[i] ^ 0x5C);
    }
    return bytesOf(sha256Hex(outer + bytesOf(sha256Hex(inner + text))));
}

std::string decoded(const std::string &text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

class FakeFolder final : public FakePlace
{
public:
    FieldValues values() const override { return {{"directory", m_dir.path().toStdString()}}; }
    std::vector<std::string> stored() const override
    {
        std::vector<std::string> all;
        for (const auto &entry :
             std::filesystem::recursive_directory_iterator(m_dir.path().toStdString())) {
            if (entry.is_regular_file())
                all.push_back(readFile(entry.path()).value());
        }
        return all;
    }

private:
    QTemporaryDir m_dir;
};

class FakeWhylabs final : public FakePlace
{
public:
    FieldValues values() const override { return {{"endpoint", m_receiver.url()}}; }
    Secrets secrets() const override { return {{"key", kKey}}; }
    Secrets wrongSecrets() const override
    {
        return {{"key", "abcdefghij." + std::string(53, 'w') + ":org-7"}};
    }
    std::vector<std::string> hidden() const override { return {kKey.substr(11, 53)}; }
    std::vector<std::string> stored() const override
    {
        std::vector<std::string> all;
        for (const ReceivedUpload &upload : m_receiver.uploads()) {
            if (upload.puts > 0)
                all.push_back(upload.bytes);
        }
        return all;
    }
    HttpServer *server() override { return &m_receiver.server(); }

private:
    static inline const std::string kKey =
        "abcdefghij.kGq3vXw8ZpL2mN5bR7tY9uJ4hF6dS1aQ0eC8xV3zB6nM4kT7wP2:org-7";
    WhylabsReceiver m_receiver{[] {
        WhylabsReceiver::Options options;
        options.key = kKey;
        return options;
    }()};
};

/// Checks every signature, as AWS' documentation of version 4 says.
class FakeS3 final : public FakePlace
{
public:
    FieldValues values() const override
    {
        return {{"endpoint", m_server.url()},
                {"region", "eu-north-1"},
                {"bucket", "profiles"},
                {"prefix", "a=b/c d"},
                {"access-key", "AK:ID"}};
    }
    Secrets secrets() const override
    {
        return {{"secret-key", kSecret}, {"session-token", kSession}};
    }
    Secrets wrongSecrets() const override { return {{"secret-key", "not-the-secret-at-all"}}; }
    std::vector<std::string> stored() const override
    {
        const std::lock_guard guard(m_mutex);
        std::vector<std::string> all;
        for (const auto &[name, bytes] : m_objects)
            all.push_back(bytes);
        return all;
    }
    HttpServer *server() override { return &m_server; }

private:
    static inline const std::string kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzzSECRETKEY";
    static inline const std::string kSession = "FwoGZXIvYXdzEJr//////////wEaDLONGsessionTOKEN==";

    static ServerAnswer error(int status, const std::string &code, const std::string &message)
    {
        return {status,
                "<?xml version=\"1.0\"?>\n<Error><Code>" + code + "</Code><Message>" + message +
                    "</Message></Error>",
                "application/xml", ""};
    }
    static std::string signatureOf(const ReceivedRequest &request, const std::string &scope,
                                   const std::string &names)
    {
        const std::size_t mark = request.target.find('?');
        std::string canonical = request.method + "\n" + request.target.substr(0, mark) + "\n";
        if (mark != std::string::npos) {
            auto parts = split(request.target.substr(mark + 1), '&');
            std::sort(parts.begin(), parts.end());
            for (std::size_t i = 0; i < parts.size(); ++i)
                canonical += (i == 0 ? "" : "&") + parts[i];
        }
        canonical += "\n";
        for (const std::string &name : split(names, ';'))
            canonical += name + ":" + request.header(name) + "\n";
        canonical += "\n" + names + "\n" + request.header("x-amz-content-sha256");
        const auto parts = split(scope, '/'); // date, region, service, request
        std::string key = "AWS4" + kSecret;
        for (const std::string &part : parts)
            key = hmac(key, part);
        const std::string text = "AWS4-HMAC-SHA256\n" + request.header("x-amz-date") + "\n" +
                                 scope + "\n" + sha256Hex(canonical);
        std::string hex;
        for (const unsigned char byte : hmac(key, text)) {
            constexpr std::string_view kDigits = "0123456789abcdef";
            hex += kDigits[byte >> 4];
            hex += kDigits[byte & 15];
        }
        return hex;
    }
    static std::string part(const std::string &text, const std::string &name)
    {
        const std::size_t at = text.find(name + "=");
        if (at == std::string::npos)
            return {};
        const std::size_t first = at + name.size() + 1;
        return text.substr(first, text.find(',', first) - first);
    }
    ServerAnswer answer(const ReceivedRequest &request)
    {
        const std::string authorization = request.header("authorization");
        const std::string credential = part(authorization, "Credential");
        if (!credential.starts_with("AK:ID/"))
            return error(403, "InvalidAccessKeyId", "unknown key");
        const std::string scope = credential.substr(6);
        if (split(scope, '/')[1] != "eu-north-1")
            return error(400, "AuthorizationHeaderMalformed",
                         "the region is wrong; expecting 'eu-north-1'");
        if (signatureOf(request, scope, part(authorization, "SignedHeaders")) !=
            part(authorization, "Signature"))
            return error(403, "SignatureDoesNotMatch", "it does not match");
        if (request.header("x-amz-content-sha256") != sha256Hex(request.body))
            return error(400, "XAmzContentSHA256Mismatch", "other bytes");
        if (request.header("x-amz-security-token") != kSession)
            return error(403, "InvalidToken", "the token is wrong");
        return act(request);
    }
    ServerAnswer act(const ReceivedRequest &request)
    {
        const std::lock_guard guard(m_mutex);
        const std::string path = request.target.substr(0, request.target.find('?'));
        if (request.method == "GET")
            return {200, "<ListBucketResult></ListBucketResult>", "application/xml", ""};
        if (!path.starts_with("/profiles/"))
            return error(404, "NoSuchBucket", "there is none");
        if (request.method == "DELETE") {
            m_objects.erase(path);
            return {204, "", "application/xml", ""};
        }
        if (request.header("if-none-match") == "*" && m_objects.count(path) != 0)
            return error(412, "PreconditionFailed", "it is there");
        m_objects[path] = request.body;
        return {200, "", "text/html; charset=UTF-8", "ETag: \"1\"\r\n"}; // as Swift does
    }

    mutable std::mutex m_mutex;
    std::map<std::string, std::string> m_objects;
    HttpServer m_server{[this](const ReceivedRequest &request) { return answer(request); }};
};

/// WebDAV, with folders that have to be made.
class FakeDav final : public FakePlace
{
public:
    FieldValues values() const override
    {
        return {{"url", m_server.url() + "/base"}, {"user", "uploader"}};
    }
    Secrets secrets() const override { return {{"password", kPassword}}; }
    Secrets wrongSecrets() const override { return {{"password", "quite another password"}}; }
    std::vector<std::string> hidden() const override { return {kPassword, kBasic}; }
    std::vector<std::string> stored() const override
    {
        const std::lock_guard guard(m_mutex);
        std::vector<std::string> all;
        for (const auto &[name, bytes] : m_files)
            all.push_back(bytes);
        return all;
    }
    HttpServer *server() override { return &m_server; }

private:
    ServerAnswer answer(const ReceivedRequest &request)
    {
        const std::lock_guard guard(m_mutex);
        if (request.header("authorization") != "Basic " + kBasic)
            return {401, "who are you", "text/plain", "WWW-Authenticate: Basic realm=\"x\"\r\n"};
        const std::string path = decoded(request.target);
        const std::size_t from = path.ends_with('/') ? path.size() - 2 : path.size() - 1;
        const std::string parent = path.substr(0, path.rfind('/', from) + 1);
        if (request.method == "PROPFIND")
            return {m_folders.count(path) != 0 ? 207 : 404, "<multistatus/>", "application/xml",
                    ""};
        if (request.method == "DELETE")
            return {m_files.erase(path) != 0 ? 204 : 404, "", "text/plain", ""};
        if (m_folders.count(parent) == 0)
            return {409, "no parent", "text/plain", ""};
        if (request.method == "MKCOL")
            return {m_folders.insert(path).second ? 201 : 405, "", "text/plain", ""};
        const bool first = m_files.insert_or_assign(path, request.body).second;
        return {first ? 201 : 204, "", "text/plain", ""};
    }

    mutable std::mutex m_mutex;
    std::set<std::string> m_folders{"/base/"};
    std::map<std::string, std::string> m_files;
    HttpServer m_server{[this](const ReceivedRequest &request) { return answer(request); }};
};

/// A tracking server that takes artifacts for others.
class FakeMlflow final : public FakePlace
{
public:
    FieldValues values() const override
    {
        return {{"tracking-uri", m_server.url()},
                {"experiment", "monitoring of orders"},
                {"file-dir", "whylogs"}};
    }
    Secrets secrets() const override { return {{"token", "eyJhbGciOi.long-token.of-a-service"}}; }
    Secrets wrongSecrets() const override { return {{"token", "another-token-of-nobody"}}; }
    std::vector<std::string> stored() const override
    {
        const std::lock_guard guard(m_mutex);
        std::vector<std::string> all;
        for (const auto &[name, bytes] : m_artifacts)
            all.push_back(bytes);
        return all;
    }
    HttpServer *server() override { return &m_server; }
    std::vector<std::string> complaints() const override
    {
        const std::lock_guard guard(m_mutex);
        std::vector<std::string> all = m_complaints;
        std::set<std::string> days;
        for (const auto &[id, run] : m_runs) {
            if (!days.insert(run.day).second)
                all.push_back("two runs for " + run.day);
            if (run.status != "FINISHED" && !m_artifacts.empty())
                all.push_back("a run is " + run.status);
        }
        return all;
    }

private:
    using Json = nlohmann::json;
    struct Run
    {
        std::string day;
        std::string status;
    };

    static ServerAnswer json(const Json &json)
    {
        return {200, json.dump(), "application/json", ""};
    }
    static ServerAnswer error(int status, const std::string &code)
    {
        return {status, Json{{"error_code", code}, {"message", "it is not so"}}.dump(),
                "application/json", ""};
    }
    Json info(const std::string &id) const
    {
        return {{"info",
                 {{"run_id", id},
                  {"status", m_runs.at(id).status},
                  {"lifecycle_stage", "active"},
                  {"artifact_uri", "mlflow-artifacts:/7/" + id + "/artifacts"}}}};
    }
    ServerAnswer answer(const ReceivedRequest &request)
    {
        const std::lock_guard guard(m_mutex);
        if (request.target == "/health")
            return {200, "OK", "text/html; charset=utf-8", ""};
        if (request.header("authorization") != "Bearer " + secrets().at("token"))
            return error(401, "UNAUTHENTICATED");
        const std::string artifacts = "/api/2.0/mlflow-artifacts/artifacts/7/";
        if (request.method == "PUT" && request.target.starts_with(artifacts)) {
            const std::string path = decoded(request.target.substr(artifacts.size()));
            if (m_runs.count(path.substr(0, path.find('/'))) == 0)
                m_complaints.push_back("an artifact of no run");
            m_artifacts[path] = request.body;
            return json(Json::object());
        }
        const std::string api = "/api/2.0/mlflow/";
        if (!request.target.starts_with(api))
            return {404, "Not Found", "text/plain", ""};
        return act(request.target.substr(api.size()), Json::parse(request.body, nullptr, false));
    }
    ServerAnswer act(const std::string &what, const Json &body)
    {
        if (what == "experiments/get-by-name?experiment_name=monitoring%20of%20orders")
            return m_experiment ? json({{"experiment",
                                         {{"experiment_id", "7"},
                                          {"artifact_location", "mlflow-artifacts:/7"},
                                          {"lifecycle_stage", "active"}}}})
                                : error(404, "RESOURCE_DOES_NOT_EXIST");
        if (what == "experiments/create") {
            if (std::exchange(m_experiment, true))
                return error(400, "RESOURCE_ALREADY_EXISTS");
            return json({{"experiment_id", "7"}});
        }
        if (what == "runs/search") {
            Json runs = Json::array();
            for (const auto &[id, run] : m_runs) {
                if (body.at("filter") == "tags.tepal_profiles = '" + run.day + "'")
                    runs.push_back(info(id));
            }
            return json(runs.empty() ? Json::object() : Json{{"runs", runs}});
        }
        if (what == "runs/create") {
            const std::string id =
                "00000000000000000000000000000" + std::to_string(100 + m_runs.size());
            m_runs[id] = {body.at("tags").at(0).at("value").get<std::string>(), "RUNNING"};
            return json({{"run", info(id)}});
        }
        if (what.starts_with("runs/get?run_id="))
            return m_runs.count(what.substr(16)) != 0 ? json({{"run", info(what.substr(16))}})
                                                      : error(404, "RESOURCE_DOES_NOT_EXIST");
        if (what == "runs/update") {
            m_runs.at(body.at("run_id").get<std::string>()).status =
                body.at("status").get<std::string>();
            return json(Json::object());
        }
        return error(404, "ENDPOINT_NOT_FOUND");
    }

    mutable std::mutex m_mutex;
    bool m_experiment = false;
    std::map<std::string, Run> m_runs;
    std::map<std::string, std::string> m_artifacts;
    std::vector<std::string> m_complaints;
    HttpServer m_server{[this](const ReceivedRequest &request) { return answer(request); }};
};

} // namespace

std::unique_ptr<FakePlace> fakePlace(std::string_view kind)
{
    if (kind == kFolderKind.name)
        return std::make_unique<FakeFolder>();
    if (kind == kWhylabsKind.name)
        return std::make_unique<FakeWhylabs>();
    if (kind == kS3Kind.name)
        return std::make_unique<FakeS3>();
    if (kind == kHttpKind.name)
        return std::make_unique<FakeDav>();
    if (kind == kMlflowKind.name)
        return std::make_unique<FakeMlflow>();
    return nullptr;
}

} // namespace tepal::test
