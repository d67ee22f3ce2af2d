#include "whylabs_receiver.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <fstream>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace tepal::test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr const char *kExpiredXml =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code>"
    "<Message>Request has expired</Message></Error>";

std::string lower(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return text;
}

std::vector<std::string> split(const std::string &text, char by)
{
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == by)
            parts.emplace_back();
        else
            parts.back() += c;
    }
    return parts;
}

std::string answerText(int status, const std::string &body, const std::string &type,
                       const std::string &headers = {})
{
    return "HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Type: " + type +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n" +
           headers + "\r\n" + body;
}

std::string jsonAnswer(int status, const nlohmann::json &json)
{
    return answerText(status, json.dump(), "application/json");
}

} // namespace

struct WhylabsReceiver::Impl
{
    explicit Impl(Options given)
        : options(std::move(given))
        , acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), options.port))
    {
        thread = std::thread([this] { accept(); });
    }
    ~Impl()
    {
        stopping = true;
        {
            // accept() is blocking: a connection of our own wakes it.
            boost::system::error_code ignored;
            tcp::socket poke(context);
            poke.connect(acceptor.local_endpoint(), ignored);
        }
        thread.join();
        {
            const std::lock_guard guard(mutex);
            for (tcp::socket &socket : sockets) {
                boost::system::error_code ignored;
                socket.shutdown(tcp::socket::shutdown_both, ignored);
            }
        }
        for (std::thread &connection : connections)
            connection.join();
    }
    Impl(const Impl &) = delete;
    Impl &operator=(const Impl &) = delete;

    void accept();
    void serve(tcp::socket &socket);
    bool readRequest(tcp::socket &socket, ReceivedRequest &request);
    /// The answer's bytes; nothing = close without one.
    std::string answer(const ReceivedRequest &request, tcp::socket &socket);
    std::string grant(const ReceivedRequest &request);
    std::string take(const ReceivedRequest &request);
    std::string url() const
    {
        return "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
    }
    void complain(const std::string &text) { complaints.push_back(text); }

    const Options options;
    asio::io_context context;
    tcp::acceptor acceptor;
    std::atomic<bool> stopping{false};
    std::thread thread;
    std::list<tcp::socket> sockets;
    std::vector<std::thread> connections;

    mutable std::mutex mutex; // guards what follows, and `sockets`
    std::deque<FaultSpec> grantFaults;
    std::deque<FaultSpec> putFaults;
    std::vector<ReceivedRequest> requests;
    std::vector<ReceivedUpload> uploads;
    std::vector<std::string> complaints;
    int granted = 0;
};

void WhylabsReceiver::Impl::accept()
{
    while (!stopping) {
        boost::system::error_code error;
        tcp::socket socket = acceptor.accept(error);
        if (error || stopping)
            continue;
        const std::lock_guard guard(mutex);
        tcp::socket &kept = sockets.emplace_back(std::move(socket));
        connections.emplace_back([this, &kept] { serve(kept); });
    }
}

bool WhylabsReceiver::Impl::readRequest(tcp::socket &socket, ReceivedRequest &request)
{
    boost::system::error_code error;
    std::string buffer;
    const std::size_t head =
        asio::read_until(socket, asio::dynamic_buffer(buffer), "\r\n\r\n", error);
    if (error)
        return false;
    const auto lines = split(buffer.substr(0, head), '\n');
    const auto first = split(lines[0], ' ');
    if (first.size() < 3)
        return false;
    request.method = first[0];
    request.target = first[1];
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const std::size_t colon = lines[i].find(':');
        if (colon == std::string::npos)
            continue;
        std::string value = lines[i].substr(colon + 1);
        value.erase(0, value.find_first_not_of(' '));
        while (!value.empty() && value.back() == '\r')
            value.pop_back();
        request.headers[lower(lines[i].substr(0, colon))] = value;
    }
    request.body = buffer.substr(head);
    const auto length = request.headers.find("content-length");
    const std::size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
    if (request.body.size() < size) {
        const std::size_t had = request.body.size();
        request.body.resize(size);
        asio::read(socket, asio::buffer(request.body.data() + had, size - had), error);
    }
    return !error;
}

void WhylabsReceiver::Impl::serve(tcp::socket &socket)
{
    ReceivedRequest request;
    if (readRequest(socket, request)) {
        const std::string bytes = answer(request, socket);
        boost::system::error_code ignored;
        asio::write(socket, asio::buffer(bytes), ignored);
    }
    const std::lock_guard guard(mutex);
    boost::system::error_code ignored;
    socket.shutdown(tcp::socket::shutdown_both, ignored);
    socket.close(ignored);
}

std::string WhylabsReceiver::Impl::answer(const ReceivedRequest &request, tcp::socket &socket)
{
    FaultSpec fault;
    {
        const std::lock_guard guard(mutex);
        requests.push_back(request);
        auto &faults = request.method == "PUT" ? putFaults : grantFaults;
        if (!faults.empty() && request.method != "GET") {
            fault = faults.front();
            faults.pop_front();
        }
    }
    if (options.onRequest)
        options.onRequest(request);
    switch (fault.fault) {
    case Fault::None:
        return request.method == "PUT" ? take(request) : grant(request);
    case Fault::Status:
        return answerText(fault.status, fault.body, fault.contentType, fault.headers);
    case Fault::Expired:
        return answerText(403, kExpiredXml, "application/xml");
    case Fault::LoseAnswer:
        std::ignore = request.method == "PUT" ? take(request) : grant(request);
        return {};
    case Fault::CloseBeforeAnswer:
        return {};
    case Fault::Garbage:
        return answerText(200, "<!DOCTYPE html><html><body>Log in to the network</body></html>",
                          "text/html");
    case Fault::Redirect:
        return answerText(302, "", "text/plain",
                          "Location: http://localhost:9/elsewhere?secret=1\r\n");
    case Fault::Hang: {
        // Until the client or the receiver gives up.
        char byte = 0;
        boost::system::error_code ignored;
        asio::read(socket, asio::buffer(&byte, 1), ignored);
        return {};
    }
    }
    return {};
}

std::string WhylabsReceiver::Impl::grant(const ReceivedRequest &request)
{
    const std::lock_guard guard(mutex);
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
    // Encoded and doubled characters that a careless client would change.
    const std::string query = "?X-Amz-Signature=a%2Fb%2fc+d%20e&x=%7E~&X-Amz-Date=2026//01/../01";
    return jsonAnswer(200, {{"id", id},
                            {"modelId", upload.dataset},
                            {"uploadTimestamp", upload.timestamp},
                            {"uploadUrl", url() + upload.path + query},
                            {"tags", {{"tags", nlohmann::json::array()}}}});
}

std::string WhylabsReceiver::Impl::take(const ReceivedRequest &request)
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

std::uint16_t WhylabsReceiver::port() const
{
    return m_impl->acceptor.local_endpoint().port();
}

std::string WhylabsReceiver::url() const
{
    return m_impl->url();
}

void WhylabsReceiver::failGrants(std::vector<FaultSpec> faults)
{
    const std::lock_guard guard(m_impl->mutex);
    m_impl->grantFaults.assign(faults.begin(), faults.end());
}

void WhylabsReceiver::failPuts(std::vector<FaultSpec> faults)
{
    const std::lock_guard guard(m_impl->mutex);
    m_impl->putFaults.assign(faults.begin(), faults.end());
}

std::vector<ReceivedRequest> WhylabsReceiver::requests() const
{
    const std::lock_guard guard(m_impl->mutex);
    return m_impl->requests;
}

std::size_t WhylabsReceiver::count(std::string_view method) const
{
    const std::lock_guard guard(m_impl->mutex);
    return static_cast<std::size_t>(
        std::count_if(m_impl->requests.begin(), m_impl->requests.end(),
                      [&](const ReceivedRequest &r) { return r.method == method; }));
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
