/// Pieces of libcurl that simulator and backfill share. Internal.
#pragma once

#include <tepal/base/result.h>

#include <curl/curl.h>

#include <memory>
#include <string>
#include <string_view>

namespace tepal::traffic {

struct EasyDeleter
{
    void operator()(CURL *easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;

struct ListDeleter
{
    void operator()(curl_slist *list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

/// Once per process; safe from several threads.
void initCurl();
/// `http://host:port` without a path. InvalidArgument otherwise.
Result<std::string> baseUrl(const std::string &url);
/// Headers of a JSON request, without `Expect`.
HeaderList jsonHeaders();
/// A handle for POSTs that goes straight to the host named: no proxy, no redirects. The endpoint's
/// token is that of $TEPAL_TOKEN; whom to trust over HTTPS may be said with $SSL_CERT_FILE.
Easy postHandle(const std::string &url, curl_slist *headers, std::string *answer);
void appendQuoted(std::string &out, std::string_view text);
/// A number with a decimal point or exponent, so that it is logged as a fraction.
void appendFraction(std::string &out, double value);
/// The answer's "message" or "error" text if it has one, else the status alone.
std::string refusalText(long status, const std::string &answer);

} // namespace tepal::traffic
