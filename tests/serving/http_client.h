/// A raw HTTP client and a running server for the tests of serving.
#pragma once

#include <tepal/journal/reader.h>
#include <tepal/model/iris.h>
#include <tepal/serving/server.h>

#include <QTemporaryDir>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace tepal::test {

struct Answer
{
    int status = 0;                             ///< 0 = the connection ended before an answer.
    std::map<std::string, std::string> headers; ///< Names in lower case.
    std::string body;

    std::string header(const std::string &name) const
    {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string() : found->second;
    }
};

/// One blocking connection. Reads give up after ten seconds.
class Client
{
public:
    explicit Client(std::uint16_t port)
        : m_socket(::socket(AF_INET, SOCK_STREAM, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval limit{10, 0};
        ::setsockopt(m_socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        m_connected =
            ::connect(m_socket, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0;
    }
    ~Client() { ::close(m_socket); }
    Client(const Client &) = delete;
    Client &operator=(const Client &) = delete;

    bool connected() const { return m_connected; }
    int socket() const { return m_socket; }
    bool send(const std::string &bytes)
    {
        std::size_t sent = 0;
        while (sent < bytes.size()) {
            const auto size =
                ::send(m_socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            if (size <= 0)
                return false;
            sent += static_cast<std::size_t>(size);
        }
        return true;
    }
    void finishSending() { ::shutdown(m_socket, SHUT_WR); }
    /// The next answer; `head` = one without a body.
    Answer receive(bool head = false)
    {
        Answer answer;
        std::size_t end = 0;
        while ((end = m_buffer.find("\r\n\r\n")) == std::string::npos) {
            if (!more())
                return answer;
        }
        const std::string top = m_buffer.substr(0, end + 2);
        m_buffer.erase(0, end + 4);
        answer.status = std::atoi(top.c_str() + 9);
        std::size_t line = top.find("\r\n") + 2;
        while (line < top.size()) {
            const std::size_t next = top.find("\r\n", line);
            const std::string field = top.substr(line, next - line);
            const std::size_t colon = field.find(": ");
            std::string name = field.substr(0, colon);
            std::transform(name.begin(), name.end(), name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
            answer.headers[name] = field.substr(colon + 2);
            line = next + 2;
        }
        const std::string length = answer.header("content-length");
        const std::size_t size =
            head || answer.status == 100 || length.empty() ? 0 : std::stoul(length);
        while (m_buffer.size() < size && more()) {
        }
        answer.body = m_buffer.substr(0, size);
        m_buffer.erase(0, answer.body.size());
        return answer;
    }
    /// True when the server has closed and nothing is left to read.
    bool closed()
    {
        while (more()) {
        }
        return m_ended && m_buffer.empty();
    }

private:
    bool more()
    {
        char bytes[65536];
        const auto size = ::recv(m_socket, bytes, sizeof bytes, 0);
        if (size == 0 || (size < 0 && errno == ECONNRESET))
            m_ended = true;
        if (size <= 0)
            return false;
        m_buffer.append(bytes, static_cast<std::size_t>(size));
        return true;
    }

    int m_socket;
    bool m_connected = false;
    bool m_ended = false;
    std::string m_buffer;
};

inline std::string request(const std::string &method, const std::string &target,
                           const std::string &body = {}, const std::string &headers = {})
{
    std::string text = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers;
    if (!body.empty() || method == "POST")
        text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return text + "\r\n" + body;
}

inline const std::string kPredict = "/v1/models/iris/predict";

/// A journal, a server on a free port, and a served model.
struct Fixture
{
    explicit Fixture(ServerOptions options = {}, JournalOptions journalOptions = {},
                     ServerParts parts = {}, bool withModel = true, std::uint32_t lanes = 0)
    {
        if (options.threads == 0)
            options.threads = 2;
        journalOptions.lanes = lanes != 0 ? lanes : options.threads;
        auto opened = Journal::open(directory(), journalOptions);
        if (!opened)
            qFatal("%s", opened.error().text().c_str());
        journal = std::move(*opened);
        parts.journal = journal.get();
        auto started = Server::start(options, parts);
        if (!started)
            qFatal("%s", started.error().text().c_str());
        server = std::move(*started);
        if (withModel)
            server->setModel(*trainIris());
    }
    std::filesystem::path directory() const { return dir.path().toStdString(); }
    Answer ask(const std::string &bytes, bool head = false) const
    {
        Client client(server->port());
        client.send(bytes);
        return client.receive(head);
    }
    Answer post(const std::string &target, const std::string &body,
                const std::string &headers = {}) const
    {
        return ask(request("POST", target, body, headers));
    }
    Answer get(const std::string &target, const std::string &headers = {}) const
    {
        return ask(request("GET", target, {}, headers));
    }
    /// Every row of the journal as text, "dataset[segment]|column=value|…", sorted.
    std::vector<std::string> rows() const;

    QTemporaryDir dir;
    std::unique_ptr<Journal> journal;
    std::unique_ptr<Server> server;
};

inline std::string cellText(const Value &cell)
{
    switch (cell.kind()) {
    case ValueKind::Null:
        return "null";
    case ValueKind::Boolean:
        return cell.asBoolean() ? "true" : "false";
    case ValueKind::Integral:
        return "i" + std::to_string(cell.asIntegral());
    case ValueKind::Unsigned:
        return "u" + std::to_string(cell.asNatural());
    case ValueKind::Fractional:
        return "f" + QString::number(cell.asFractional(), 'g', 17).toStdString();
    case ValueKind::String:
        return "'" + std::string(cell.asString()) + "'";
    case ValueKind::Tensor:
        return "tensor";
    case ValueKind::Object:
        return "object";
    }
    return "?";
}

inline std::vector<std::string> Fixture::rows() const
{
    std::vector<std::string> found;
    auto reader = JournalReader::open(directory());
    while ((*reader)->poll(1000, [&](const RowsView &view) {
        for (std::size_t row = 0; row < view.rows; ++row) {
            std::string text = view.schema->dataset;
            for (const auto &[name, value] : view.schema->segment)
                text += "[" + name + "=" + value + "]";
            for (std::size_t i = 0; i < view.schema->columns.size(); ++i)
                text += "|" + view.schema->columns[i] + "=" + cellText(view.row(row)[i]);
            found.push_back(text);
        }
    }) != 0) {
    }
    std::sort(found.begin(), found.end());
    return found;
}

} // namespace tepal::test
