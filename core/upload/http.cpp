#include "http.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>

namespace tepal::http {
namespace {

constexpr std::size_t kMaxBody = 64u << 10;

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

struct Source
{
    std::string_view body;
    std::size_t at = 0;
};

std::size_t readBody(char *buffer, std::size_t size, std::size_t count, void *user)
{
    auto *source = static_cast<Source *>(user);
    const std::size_t n = std::min(size * count, source->body.size() - source->at);
    std::memcpy(buffer, source->body.data() + source->at, n);
    source->at += n;
    return n;
}

int seekBody(void *user, curl_off_t offset, int origin)
{
    auto *source = static_cast<Source *>(user);
    if (origin != SEEK_SET || offset < 0 || static_cast<std::size_t>(offset) > source->body.size())
        return CURL_SEEKFUNC_FAIL;
    source->at = static_cast<std::size_t>(offset);
    return CURL_SEEKFUNC_OK;
}

std::size_t keepBody(char *data, std::size_t size, std::size_t count, void *user)
{
    auto &body = *static_cast<std::string *>(user);
    body.append(data, std::min(size * count, kMaxBody - std::min(kMaxBody, body.size())));
    return size * count;
}

bool startsWithNoCase(std::string_view text, std::string_view prefix)
{
    return text.size() >= prefix.size() &&
           std::equal(prefix.begin(), prefix.end(), text.begin(),
                      [](char a, char b) { return (a | 0x20) == (b | 0x20); });
}

std::size_t keepHeader(char *data, std::size_t size, std::size_t count, void *user)
{
    auto &answer = *static_cast<Answer *>(user);
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
    return size * count;
}

bool isPermanent(CURLcode code)
{
    switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return true;
    default:
        return false;
    }
}

std::string nextStep(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return "check the address and the network";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return "set the certificate file of the server's authority";
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
        return "correct the address";
    default:
        return "check that the server runs and can be reached";
    }
}

/// Scheme and host of a URL: what may be shown of an address that carries its own permission.
std::string hostOf(const std::string &url)
{
    const std::size_t scheme = url.find("://");
    const std::size_t start = scheme == std::string::npos ? 0 : scheme + 3;
    return url.substr(0, url.find_first_of("/?#", start));
}

void configure(CURL *easy, const Request &request, curl_slist *headers, Source &source,
               Answer &answer)
{
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    if (!request.userAgent.empty())
        curl_easy_setopt(easy, CURLOPT_USERAGENT, request.userAgent.c_str());
    if (!request.caFile.empty())
        curl_easy_setopt(easy, CURLOPT_CAINFO, request.caFile.c_str());
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connectTimeout));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout));
    if (request.stall > 0) {
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                         static_cast<long>(std::max<DurationMs>(1, request.stall / 1000)));
    }
    if (request.method != "GET") {
        // The size is given, so nothing is ever sent in chunks.
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                         static_cast<curl_off_t>(request.body.size()));
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, readBody);
        curl_easy_setopt(easy, CURLOPT_READDATA, &source);
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seekBody);
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, &source);
    }
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keepBody);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer.body);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, keepHeader);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &answer);
}

/// Runs the transfer so that a stop request wakes it.
std::optional<CURLcode> perform(CURLM *multi, CURL *easy, const std::stop_token &stop)
{
    const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
    curl_multi_add_handle(multi, easy);
    std::optional<CURLcode> result;
    while (!result && !stop.stop_requested()) {
        int running = 0;
        if (curl_multi_perform(multi, &running) != CURLM_OK) {
            result = CURLE_FAILED_INIT;
            break;
        }
        int left = 0;
        while (const CURLMsg *message = curl_multi_info_read(multi, &left)) {
            if (message->msg == CURLMSG_DONE)
                result = message->data.result;
        }
        if (!result)
            curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
    }
    return result;
}

} // namespace

tl::expected<Answer, Failure> exchange(const Request &request, const std::stop_token &stop)
{
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    const std::unique_ptr<CURLM, MultiDeleter> multi(curl_multi_init());
    const std::unique_ptr<CURL, EasyDeleter> easy(curl_easy_init());
    std::unique_ptr<curl_slist, ListDeleter> headers;
    for (const std::string &header : request.headers)
        headers.reset(curl_slist_append(headers.release(), header.c_str()));
    // An empty one switches it off: some servers never answer it, and the wait costs a second.
    headers.reset(curl_slist_append(headers.release(), "Expect:"));

    Source source{request.body};
    Answer answer;
    configure(easy.get(), request, headers.get(), source, answer);
    const auto code = perform(multi.get(), easy.get(), stop);
    curl_off_t uploaded = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_SIZE_UPLOAD_T, &uploaded);
    long requestSize = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_REQUEST_SIZE, &requestSize);
    long status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(multi.get(), easy.get());

    // A server that was told the length cannot have taken less than that for the whole.
    Failure failure;
    failure.mayHaveArrived =
        requestSize > 0 && uploaded >= static_cast<curl_off_t>(request.body.size());
    if (!code) {
        failure.cancelled = true;
        failure.error = {ErrorCode::Cancelled, "stopped while sending", ""};
        return tl::unexpected(std::move(failure));
    }
    if (*code != CURLE_OK) {
        failure.permanent = isPermanent(*code);
        failure.error = {
            ErrorCode::Unavailable,
            fmt::format("no answer from {}: {}", hostOf(request.url), curl_easy_strerror(*code)),
            nextStep(*code)};
        return tl::unexpected(std::move(failure));
    }
    answer.status = static_cast<int>(status);
    return answer;
}

} // namespace tepal::http
