// A web server that takes files by PUT, with or without WebDAV's folders. The same name is the same
// file, and nobody else has it.

#include "named_delivery.h"

#include <fmt/format.h>

#include <array>

namespace tepal {
namespace {

using Kind = UploadOutcome::Kind;
using web::Login;

constexpr std::string_view kProbe = ".tepal-writable";

struct Settings
{
    FieldValues values; ///< For the log-in, whose secrets are read at every use.
    std::string url;    ///< Without slashes at its end.
    std::string caFile;
    web::Timeouts timeouts;

    static Settings from(const FieldValues &values)
    {
        return {values, web::addressField(values, "url"), web::field(values, "ca-file"), {}};
    }
    std::string address(std::string_view name) const { return url + "/" + web::encodedPath(name); }
    http::Request request(std::string method, const std::string &address, const Login &login) const
    {
        auto request = web::request(std::move(method), address, caFile, timeouts);
        login.apply(request);
        return request;
    }
    http::Request put(std::string_view name, std::string_view bytes, const Login &login) const
    {
        auto request = web::putRequest(address(name), bytes, caFile, timeouts);
        login.apply(request);
        return request;
    }
};

Result<Login> readAccess(const Settings &settings, const SecretReader &secrets)
{
    if (auto fine = web::checkAddress(settings.url, "the server", "https://files.example/profiles");
        !fine)
        return tl::unexpected(fine.error());
    auto login = web::readLogin(settings.values, secrets);
    if (login && login->token.empty() && !login->user.empty() && login->password.empty())
        return fail(ErrorCode::NotFound,
                    fmt::format("no password is set for the user {}", login->user),
                    "enter it in the settings, or give it by the environment");
    return login;
}

/// What an answer of a server means that does not take a file or folder.
UploadOutcome refused(const UploadOutcome &before, const http::Answer &answer,
                      const Settings &settings)
{
    const auto text = [&](std::string_view what) {
        return fmt::format("{} {} (status {}: {})", settings.url, what, answer.status,
                           http::errorText(answer));
    };
    switch (answer.status) {
    case 401:
        return web::ended(before, Kind::Stopped,
                          {ErrorCode::Denied, text("does not accept user and password, or token"),
                           "check them, and that the server takes Basic or Bearer"});
    case 403:
        return web::ended(before, Kind::Stopped,
                          {ErrorCode::Denied, text("does not allow us to write there"),
                           "allow the user to write, or use another one"});
    case 404:
    case 409:
    case 410:
        return web::ended(before, Kind::Stopped,
                          {ErrorCode::NotFound, text("is not a place that is there"),
                           "create the folder there, or correct the address"});
    case 405:
    case 501:
        return web::ended(before, Kind::Stopped,
                          {ErrorCode::Unsupported, text("does not take files by PUT"),
                           "allow PUT (or WebDAV) there, or correct the address"});
    case 413:
        return web::ended(before, Kind::Failed,
                          {ErrorCode::InvalidArgument, text("does not take files so large"),
                           "raise the server's limit, then retry the item"});
    case 423:
        return web::ended(
            before, Kind::Retry,
            {ErrorCode::Busy, text("says that somebody else holds the file"), "it is tried again"});
    default:
        return web::ended(before, Kind::Failed,
                          {ErrorCode::InvalidArgument, text("refused the file"),
                           "look at the reason, then retry or drop the item"});
    }
}

/// Puts the file; where its folders are missing, makes them from the top and puts it again.
class HttpDelivery final : public web::NamedDelivery
{
public:
    HttpDelivery(const Settings &settings, Result<Login> login, const UploadItem &item)
        : NamedDelivery(item)
        , m_settings(settings)
        , m_login(std::move(login))
    {}

private:
    Status ready() const override
    {
        return m_login ? Status() : Status(tl::unexpected(m_login.error()));
    }
    UploadStep put() override
    {
        m_makingFolder = false;
        return HttpCall{m_settings.put(name(), m_item.bytes, *m_login)};
    }
    UploadStep answered(const http::Reply &reply) override
    {
        return m_makingFolder ? wasMade(reply) : wasPut(reply);
    }
    UploadStep wasPut(const http::Reply &reply);
    UploadStep makeFolder();
    UploadStep wasMade(const http::Reply &reply);

    const Settings &m_settings;
    const Result<Login> m_login;
    bool m_makingFolder = false;
    std::size_t m_folderEnd = 0; ///< Of the folder being made, in the name.
    std::optional<UploadOutcome> m_withoutFolders;
};

UploadStep HttpDelivery::wasPut(const http::Reply &reply)
{
    if (auto outcome = web::trouble(m_outcome, reply, m_settings.url))
        return *outcome;
    const int status = reply->status;
    if (status == 200 || status == 201 || status == 204)
        return stored(m_settings.address(name()));
    if (status < 300) {
        m_outcome.mayHaveArrived = true;
        return web::ended(m_outcome, Kind::Failed,
                          {ErrorCode::Unavailable,
                           fmt::format("{} does not say that the file is stored (status {})",
                                       m_settings.url, status),
                           "look whether it is there, then retry or drop the item"});
    }
    if ((status == 404 || status == 409) && !m_withoutFolders) {
        m_withoutFolders = refused(m_outcome, *reply, m_settings);
        return makeFolder();
    }
    return refused(m_outcome, *reply, m_settings);
}

UploadStep HttpDelivery::makeFolder()
{
    m_folderEnd = name().find('/', m_folderEnd);
    if (m_folderEnd == std::string::npos)
        return put();
    ++m_folderEnd;
    m_makingFolder = true;
    return HttpCall{
        m_settings.request("MKCOL", m_settings.address(name().substr(0, m_folderEnd)), *m_login)};
}

UploadStep HttpDelivery::wasMade(const http::Reply &reply)
{
    // 405: it is there. (A redirect is how some say the same.)
    if (reply && (reply->status == 405 || reply->status == 301))
        return makeFolder();
    if (auto outcome = web::trouble(m_outcome, reply, m_settings.url))
        return *outcome;
    if (reply->status < 300)
        return makeFolder();
    // Without WebDAV the first answer says it best.
    if (reply->status == 404 || reply->status == 409 || reply->status == 501)
        return *m_withoutFolders;
    return refused(m_outcome, *reply, m_settings);
}

class HttpDestination final : public Destination
{
public:
    HttpDestination(Settings settings, SecretReader secrets)
        : m_settings(std::move(settings))
        , m_secrets(std::move(secrets))
    {}
    std::string target() const override { return m_settings.url; }
    Status configured() const override
    {
        const auto login = readAccess(m_settings, m_secrets);
        return login ? Status() : Status(tl::unexpected(login.error()));
    }
    std::unique_ptr<Delivery> deliver(const UploadItem &item) const override
    {
        return std::make_unique<HttpDelivery>(m_settings, readAccess(m_settings, m_secrets), item);
    }
    std::vector<DestinationCheck> test(std::stop_token stop) const override;
    std::string scrub(std::string_view text) const override
    {
        return web::scrubLogin(text, m_settings.values, m_secrets);
    }

private:
    DestinationCheck checkWrite(const Login &login, const std::stop_token &stop) const;

    Settings m_settings;
    SecretReader m_secrets;
};

DestinationCheck HttpDestination::checkWrite(const Login &login, const std::stop_token &stop) const
{
    const http::Reply put =
        http::exchange(m_settings.put(kProbe, "written by a test of a destination\n", login), stop);
    if (auto check = web::failed(put, m_settings.url))
        return *check;
    if (put->status >= 300)
        return web::failed(*refused({}, *put, m_settings).error);
    const http::Reply removed =
        http::exchange(m_settings.request("DELETE", m_settings.address(kProbe), login), stop);
    const bool gone = removed && removed->status < 300;
    return {true,
            fmt::format("it can be written there{}",
                        gone ? std::string()
                             : fmt::format("; {} could not be deleted and stays", kProbe)),
            ""};
}

std::vector<DestinationCheck> HttpDestination::test(std::stop_token stop) const
{
    const auto login = readAccess(m_settings, m_secrets);
    if (!login)
        return {web::failed(login.error())};
    std::vector<DestinationCheck> checks{{true, "address and log-in are complete", ""}};
    auto find = m_settings.request("PROPFIND", m_settings.url + "/", *login);
    find.headers.emplace_back("Depth: 0");
    const http::Reply found = http::exchange(find, stop);
    if (found && (found->status == 405 || found->status == 501 || found->status == 400)) {
        // A file that is put for trial could mean something to a server that is no file server.
        checks.push_back({true,
                          m_settings.url + " answers; it is no WebDAV folder, so writing was not "
                                           "tried",
                          ""});
    } else if (auto check = web::failed(found, m_settings.url)) {
        checks.push_back(*check);
    } else if (found->status >= 300) {
        checks.push_back(web::failed(*refused({}, *found, m_settings).error));
    } else if (found->status != 207) {
        checks.push_back({true, m_settings.url + " answers; writing was not tried", ""});
    } else {
        checks.push_back({true, m_settings.url + " is a WebDAV folder and lets us in", ""});
        checks.push_back(checkWrite(*login, stop));
    }
    return web::scrubbed(std::move(checks), *this);
}

constexpr std::array<std::string_view, 1> kUrlVariables{"TEPAL_HTTP_URL"};
constexpr std::array<std::string_view, 1> kUserVariables{"TEPAL_HTTP_USER"};
constexpr std::array<std::string_view, 1> kPasswordVariables{"TEPAL_HTTP_PASSWORD"};
constexpr std::array<std::string_view, 1> kTokenVariables{"TEPAL_HTTP_TOKEN"};

constexpr std::array kFields{
    DestinationField{.key = "url",
                     .label = "Address",
                     .help = "Folder on a server that takes files by PUT, such as WebDAV",
                     .type = FieldType::Url,
                     .required = true,
                     .environment = kUrlVariables,
                     .placeholder = "https://files.example/profiles"},
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
                     .type = FieldType::File},
};

std::unique_ptr<Destination> make(const FieldValues &values, const SecretReader &secrets)
{
    return std::make_unique<HttpDestination>(Settings::from(values), secrets);
}

} // namespace

const DestinationKind kHttpKind{
    .name = "http",
    .title = "Web server (WebDAV)",
    .summary = "A folder of a server that takes files by HTTP PUT, such as WebDAV.",
    .fields = kFields,
    .idempotency = Idempotency::SameName,
    .make = make,
};

} // namespace tepal
