#include <tepal/upload/http.h>

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

namespace tepal::http {
namespace {

constexpr std::size_t kMaxBody = 64u << 10;
/// No answer of a destination is nearly as long: what sends more would go on until the time is up.
constexpr std::size_t kEndless = 4u << 20;
constexpr std::size_t kEndlessHead = 256u << 10;
/// Results of OpenSSL's check of certificates, as its x509_vfy.h numbers them.
constexpr long kNotYetValid = 9;
constexpr long kExpired = 10;

struct EasyDeleter
{
    void operator()(CURL *easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter
{
    void operator()(CURLM *multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter
{
    void operator()(curl_slist *list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;

/// One exchange under way. libcurl points into it.
struct Transfer
{
    Request request;
    Exchanges::Done done;
    Easy easy;
    std::unique_ptr<curl_slist, ListDeleter> headers;
    std::size_t sent = 0; ///< Of the body.
    Answer answer;
    std::size_t headSize = 0;
    std::size_t bodySize = 0;
    std::array<char, CURL_ERROR_SIZE> trouble{};
};

std::size_t readBody(char *buffer, std::size_t size, std::size_t count, void *user)
{
    auto *transfer = static_cast<Transfer *>(user);
    const std::string &body = transfer->request.body;
    const std::size_t n = std::min(size * count, body.size() - transfer->sent);
    std::memcpy(buffer, body.data() + transfer->sent, n);
    transfer->sent += n;
    return n;
}

int seekBody(void *user, curl_off_t offset, int origin)
{
    auto *transfer = static_cast<Transfer *>(user);
    if (origin != SEEK_SET || offset < 0 ||
        static_cast<std::size_t>(offset) > transfer->request.body.size())
        return CURL_SEEKFUNC_FAIL;
    transfer->sent = static_cast<std::size_t>(offset);
    return CURL_SEEKFUNC_OK;
}

std::size_t keepBody(char *data, std::size_t size, std::size_t count, void *user)
{
    auto &transfer = *static_cast<Transfer *>(user);
    std::string &body = transfer.answer.body;
    body.append(data, std::min(size * count, kMaxBody - std::min(kMaxBody, body.size())));
    transfer.bodySize += size * count;
    return transfer.bodySize > kEndless ? 0 : size * count; // 0 ends it
}

bool startsWithNoCase(std::string_view text, std::string_view prefix)
{
    return text.size() >= prefix.size() &&
           std::equal(prefix.begin(), prefix.end(), text.begin(),
                      [](char a, char b) { return (a | 0x20) == (b | 0x20); });
}

std::size_t keepHeader(char *data, std::size_t size, std::size_t count, void *user)
{
    auto &transfer = *static_cast<Transfer *>(user);
    Answer &answer = transfer.answer;
    transfer.headSize += size * count;
    if (transfer.headSize > kEndlessHead)
        return 0; // ends it
    std::string_view line(data, size * count);
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r'))
        line.remove_suffix(1);
    const auto value = [&](std::string_view name, std::string &into) {
        if (!startsWithNoCase(line, name))
            return;
        std::string_view rest = line.substr(name.size());
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
        into = rest;
    };
    if (line.starts_with("HTTP/")) {
        // "HTTP/1.1 403 Forbidden"; an interim answer is overwritten by the final one.
        const std::size_t code = line.find(' ');
        const std::size_t reason = code == std::string_view::npos ? code : line.find(' ', code + 1);
        answer.reason =
            reason == std::string_view::npos ? std::string() : std::string(line.substr(reason + 1));
    }
    value("content-type:", answer.contentType);
    value("location:", answer.location);
    value("retry-after:", answer.retryAfter);
    value("etag:", answer.etag);
    value("date:", answer.date);
    value("x-amz-bucket-region:", answer.bucketRegion);
    return size * count;
}

/// Scheme and host of a URL: what may be shown of an address that carries its own permission.
std::string hostOf(const std::string &url)
{
    const std::size_t scheme = url.find("://");
    const std::size_t start = scheme == std::string::npos ? 0 : scheme + 3;
    const std::size_t end = url.find_first_of("/?#", start);
    const std::size_t user = url.rfind('@', end);
    if (user != std::string::npos && user >= start)
        return url.substr(0, start) + url.substr(user + 1, end - user - 1);
    return url.substr(0, end);
}

struct Trouble
{
    std::string text;
    std::string next;
    bool permanent = false;
};

/// What is wrong with a certificate: who sees "expired" needs another answer than who sees a name.
Trouble certificateTrouble(CURL *easy, std::string_view detail)
{
    long result = 0;
    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
    if (result == kExpired)
        return {"its certificate has expired",
                "renew the certificate there, or check this machine's clock", true};
    if (result == kNotYetValid)
        return {"its certificate is not valid yet",
                "check this machine's clock, and the certificate", true};
    if (detail.find("subject name") != std::string_view::npos ||
        detail.find("subjectAltName") != std::string_view::npos ||
        detail.find("not match") != std::string_view::npos)
        return {"its certificate is for another name", "use the name that the certificate is for",
                true};
    return {"its certificate is from an authority that is not known here",
            "set the certificate file of the server's authority", true};
}

/// The variable by which libcurl takes a proxy for this address; empty when there is none.
std::string_view proxyVariable(const std::string &url)
{
    using Names = std::initializer_list<std::string_view>;
    const Names plain{"http_proxy", "all_proxy", "ALL_PROXY"};
    const Names secure{"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    for (const std::string_view name : startsWithNoCase(url, "https://") ? secure : plain) {
        const char *value = std::getenv(name.data());
        if (value && *value)
            return name;
    }
    return {};
}

Trouble troubleOf(CURLcode code, const Transfer &transfer)
{
    const std::string_view detail(transfer.trouble.data());
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
        return certificateTrouble(transfer.easy.get(), detail);
    case CURLE_SSL_CACERT_BADFILE:
        return {"the file of certificate authorities cannot be used",
                "check the path, and that it is a PEM file", true};
    case CURLE_SSL_CONNECT_ERROR:
        return {"it does not speak TLS as this program does",
                "check scheme and port of the address", false};
    case CURLE_COULDNT_RESOLVE_HOST:
        return {"its name is not known", "check the address and the network", false};
    case CURLE_COULDNT_RESOLVE_PROXY:
        return {"the name of its proxy is not known", "check the network", false};
    case CURLE_COULDNT_CONNECT:
        return {"it takes no connection", "check that the server runs and can be reached", false};
    case CURLE_OPERATION_TIMEDOUT:
        return {"it took too long", "check that the server runs and can be reached", false};
    case CURLE_WRITE_ERROR:
        return {"its answer does not end", "check the address: that is no server of this kind",
                false};
    case CURLE_GOT_NOTHING:
        return {"it closed the connection without an answer",
                "check that the server runs and can be reached", false};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
        return {curl_easy_strerror(code), "correct the address", true};
    default:
        return {curl_easy_strerror(code), "check that the server runs and can be reached", false};
    }
}

void configureBody(CURL *easy, Transfer &transfer)
{
    const Request &request = transfer.request;
    if (request.method == "HEAD") {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (request.method == "GET" || request.body.empty()) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    if (request.method == "PUT" || request.method == "POST" || !request.body.empty()) {
        // The size is given, so nothing is ever sent in chunks.
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                         static_cast<curl_off_t>(request.body.size()));
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, readBody);
        curl_easy_setopt(easy, CURLOPT_READDATA, &transfer);
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seekBody);
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, &transfer);
        // Some servers never answer an expectation; that must not cost a second. (An empty header
        // switches it off, but would break signatures.)
        curl_easy_setopt(easy, CURLOPT_EXPECT_100_TIMEOUT_MS, 1L);
    }
}

void configureAccess(CURL *easy, const Request &request)
{
    if (!request.caFile.empty())
        curl_easy_setopt(easy, CURLOPT_CAINFO, request.caFile.c_str());
    if (!request.user.empty() || !request.password.empty()) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, request.user.c_str());
        curl_easy_setopt(easy, CURLOPT_PASSWORD, request.password.c_str());
    }
    if (!request.signature.empty())
        curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, request.signature.c_str());
    else if (!request.user.empty())
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
}

void configure(Transfer &transfer)
{
    CURL *easy = transfer.easy.get();
    const Request &request = transfer.request;
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.trouble.data());
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
    if (!request.userAgent.empty())
        curl_easy_setopt(easy, CURLOPT_USERAGENT, request.userAgent.c_str());
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connectTimeout));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout));
    if (request.stall > 0) {
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                         static_cast<long>(std::max<DurationMs>(1, request.stall / 1000)));
    }
    if (request.bytesPerSecond > 0)
        curl_easy_setopt(easy, CURLOPT_MAX_SEND_SPEED_LARGE,
                         static_cast<curl_off_t>(request.bytesPerSecond));
    if (request.once) {
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    }
    configureAccess(easy, request);
    configureBody(easy, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keepBody);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, keepHeader);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
}

/// What came of a transfer; no code = it was given up.
Reply replyOf(Transfer &transfer, std::optional<CURLcode> code)
{
    CURL *easy = transfer.easy.get();
    curl_off_t uploaded = 0;
    curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    long requestSize = 0;
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &requestSize);
    Failure failure;
    // A server that was told the length cannot have taken less than that for the whole.
    failure.mayHaveArrived =
        requestSize > 0 && uploaded >= static_cast<curl_off_t>(transfer.request.body.size());
    if (!code) {
        failure.cancelled = true;
        failure.error = {ErrorCode::Cancelled, "stopped while sending", ""};
        return tl::unexpected(std::move(failure));
    }
    if (*code != CURLE_OK) {
        Trouble trouble = troubleOf(*code, transfer);
        failure.permanent = trouble.permanent;
        // Whose fault it is cannot be told apart, and nobody looks for a proxy that they forgot.
        if (const auto proxy = proxyVariable(transfer.request.url);
            !proxy.empty() && !trouble.permanent)
            trouble.next += fmt::format("; it is asked through the proxy of {}", proxy);
        failure.error = {
            ErrorCode::Unavailable,
            fmt::format("no answer from {}: {}", hostOf(transfer.request.url), trouble.text),
            trouble.next};
        return tl::unexpected(std::move(failure));
    }
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    transfer.answer.status = static_cast<int>(status);
    if (status == 407) {
        // Not the server's answer: nothing has come there.
        failure.permanent = true;
        failure.mayHaveArrived = false;
        failure.error = {ErrorCode::Denied,
                         fmt::format("no answer from {}: the proxy wants a log-in (status 407)",
                                     hostOf(transfer.request.url)),
                         "put user and password into the proxy's variable"};
        return tl::unexpected(std::move(failure));
    }
    return std::move(transfer.answer);
}

} // namespace

struct Exchanges::Impl
{
    std::unique_ptr<CURLM, MultiDeleter> multi;
    std::map<CURL *, std::unique_ptr<Transfer>> transfers;
    std::vector<Easy> spare; ///< To be used again.

    ~Impl()
    {
        for (const auto &[easy, transfer] : transfers)
            curl_multi_remove_handle(multi.get(), easy);
    }
    std::unique_ptr<Transfer> take(CURL *easy)
    {
        const auto found = transfers.find(easy);
        auto transfer = std::move(found->second);
        transfers.erase(found);
        curl_multi_remove_handle(multi.get(), easy);
        return transfer;
    }
    void finish(std::unique_ptr<Transfer> transfer, std::optional<CURLcode> code)
    {
        Reply reply = replyOf(*transfer, code);
        curl_easy_reset(transfer->easy.get());
        spare.push_back(std::move(transfer->easy));
        transfer->done(std::move(reply));
    }
};

Exchanges::Exchanges()
    : m_impl(std::make_unique<Impl>())
{
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    m_impl->multi.reset(curl_multi_init());
}

Exchanges::~Exchanges() = default;

void Exchanges::start(Request request, Done done)
{
    auto transfer = std::make_unique<Transfer>();
    transfer->request = std::move(request);
    transfer->done = std::move(done);
    if (m_impl->spare.empty()) {
        transfer->easy.reset(curl_easy_init());
    } else {
        transfer->easy = std::move(m_impl->spare.back());
        m_impl->spare.pop_back();
    }
    for (const std::string &header : transfer->request.headers)
        transfer->headers.reset(curl_slist_append(transfer->headers.release(), header.c_str()));
    // Nothing is asked before a body is sent: some servers and what stands before them refuse that.
    if (transfer->request.signature.empty())
        transfer->headers.reset(curl_slist_append(transfer->headers.release(), "Expect:"));
    configure(*transfer);
    CURL *easy = transfer->easy.get();
    m_impl->transfers.emplace(easy, std::move(transfer));
    curl_multi_add_handle(m_impl->multi.get(), easy);
}

void Exchanges::poll(DurationMs longest)
{
    CURLM *multi = m_impl->multi.get();
    int running = 0;
    std::vector<std::pair<std::unique_ptr<Transfer>, CURLcode>> done;
    const auto collect = [&] {
        curl_multi_perform(multi, &running);
        int left = 0;
        while (const CURLMsg *message = curl_multi_info_read(multi, &left)) {
            if (message->msg == CURLMSG_DONE) {
                const CURLcode code = message->data.result;
                done.emplace_back(m_impl->take(message->easy_handle), code);
            }
        }
    };
    collect();
    if (done.empty() && longest > 0) {
        curl_multi_poll(multi, nullptr, 0, static_cast<int>(std::min<DurationMs>(longest, 60'000)),
                        nullptr);
        collect();
    }
    for (auto &[transfer, code] : done)
        m_impl->finish(std::move(transfer), code);
}

void Exchanges::cancelAll()
{
    while (!m_impl->transfers.empty())
        m_impl->finish(m_impl->take(m_impl->transfers.begin()->first), std::nullopt);
}

std::size_t Exchanges::running() const
{
    return m_impl->transfers.size();
}

void Exchanges::wake()
{
    curl_multi_wakeup(m_impl->multi.get());
}

Reply exchange(const Request &request, const std::stop_token &stop)
{
    Exchanges exchanges;
    const std::stop_callback wake(stop, [&exchanges] { exchanges.wake(); });
    std::optional<Reply> reply;
    exchanges.start(request, [&reply](Reply got) { reply = std::move(got); });
    while (!reply && !stop.stop_requested())
        exchanges.poll(1000);
    if (!reply)
        exchanges.cancelAll();
    return std::move(*reply);
}

} // namespace tepal::http
