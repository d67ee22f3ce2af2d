#include "http.h"

#include <tepal/base/paths.h>
#include <tepal/base/text.h>
#include <tepal/base/version.h>

#include <fmt/format.h>

#include <mutex>

namespace tepal::traffic {
namespace {

std::size_t keepSome(char *data, std::size_t size, std::size_t count, void *user)
{
    // Enough for an error text; what lies beyond is not needed.
    constexpr std::size_t kKept = 1024;
    if (auto *text = static_cast<std::string *>(user); text && text->size() < kKept)
        text->append(data, std::min(size * count, kKept - text->size()));
    return size * count;
}

} // namespace

void initCurl()
{
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

Result<std::string> baseUrl(const std::string &url)
{
    std::string base = url;
    while (base.ends_with('/'))
        base.pop_back();
    const std::size_t scheme = base.starts_with("http://")    ? 7
                               : base.starts_with("https://") ? 8
                                                              : 0;
    if (scheme == 0 || base.size() == scheme ||
        base.find_first_of("/?#@ \t\r\n", scheme) != std::string::npos)
        return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" is not an endpoint", url),
                    "give an address such as http://127.0.0.1:3000");
    return base;
}

HeaderList jsonHeaders()
{
    HeaderList list(curl_slist_append(nullptr, "Content-Type: application/json"));
    curl_slist_append(list.get(), "Expect:");
    return list;
}

Easy postHandle(const std::string &url, curl_slist *headers, std::string *answer)
{
    initCurl();
    Easy easy(curl_easy_init());
    CURL *handle = easy.get();
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, 10'000L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, 30'000L);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, userAgent().c_str());
    // What an endpoint with a token or a certificate of its own needs; both are copied.
    if (const std::string token = environment("TEPAL_TOKEN"); !token.empty()) {
        curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        curl_easy_setopt(handle, CURLOPT_XOAUTH2_BEARER, token.c_str());
    }
    if (const std::string roots = environment("SSL_CERT_FILE"); !roots.empty())
        curl_easy_setopt(handle, CURLOPT_CAINFO, roots.c_str());
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, keepSome);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, answer);
    return easy;
}

void appendQuoted(std::string &out, std::string_view text)
{
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\')
            (out += '\\') += c;
        else if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            out += c;
    }
    out += '"';
}

void appendFraction(std::string &out, double value)
{
    const std::string text = formatDouble(value);
    out += text;
    if (text.find_first_of(".e") == std::string::npos)
        out += ".0";
}

std::string refusalText(long status, const std::string &answer)
{
    // The first text that looks like a message; answers of strangers need not be JSON.
    std::string detail;
    for (const std::string_view key : {"\"msg\"", "\"message\"", "\"error\""}) {
        const std::size_t at = answer.find(key);
        if (at == std::string::npos)
            continue;
        const std::size_t open = answer.find('"', at + key.size());
        const std::size_t close = open == std::string::npos ? open : answer.find('"', open + 1);
        if (close != std::string::npos) {
            detail = ": " + toUtf8(answer.substr(open + 1, close - open - 1));
            break;
        }
    }
    return fmt::format("the endpoint answered {}{}", status, detail);
}

} // namespace tepal::traffic
