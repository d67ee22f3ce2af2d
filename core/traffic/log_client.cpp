#include "http.h"

#include <tepal/traffic/log_client.h>

#include <fmt/format.h>

namespace tepal::traffic {

struct LogClient::Impl
{
    std::string url;
    std::string dataset;
    std::string answer;
    HeaderList headers;
    Easy easy;
};

LogClient::LogClient(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{}
LogClient::~LogClient() = default;

Result<std::unique_ptr<LogClient>> LogClient::open(const std::string &url,
                                                   const std::string &dataset)
{
    const auto base = baseUrl(url);
    if (!base)
        return tl::unexpected(base.error());
    auto impl = std::make_unique<Impl>();
    impl->url = *base + "/v1/log";
    impl->dataset = dataset;
    impl->easy = postHandle(impl->url, nullptr, &impl->answer);
    return std::unique_ptr<LogClient>(new LogClient(std::move(impl)));
}

Status LogClient::send(const table::Frame &rows, TimeMs time)
{
    Impl &impl = *m_impl;
    impl.answer.clear();
    const std::string body = table::logBody(impl.dataset, rows, time);
    impl.headers.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
    curl_slist_append(impl.headers.get(), "Expect:");
    CURL *easy = impl.easy.get();
    curl_easy_setopt(easy, CURLOPT_URL, impl.url.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, impl.headers.get());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    const CURLcode code = curl_easy_perform(easy);
    if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST)
        return fail(ErrorCode::NotFound,
                    fmt::format("{} does not answer", impl.url.substr(0, impl.url.find("/v1/"))),
                    "start the endpoint with \"tepal serve\"");
    if (code != CURLE_OK)
        return fail(ErrorCode::Unavailable,
                    fmt::format("the endpoint's answer never came ({})", curl_easy_strerror(code)),
                    "the rows of the last request may have been recorded or not");
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200)
        return {};
    return fail(status == 503 ? ErrorCode::Full : ErrorCode::InvalidArgument,
                refusalText(status, impl.answer),
                status == 503 ? "make room on the disk, then send these rows again"
                              : "correct these rows and send them again");
}

} // namespace tepal::traffic
