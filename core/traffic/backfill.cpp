#include "http.h"

#include <tepal/base/clock.h>
#include <tepal/traffic/backfill.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tepal::traffic {
namespace {

/// Rows of an hour that starts at `start`: a sine over the day with its top at 15:00 UTC and its
/// bottom, a third of the mean, at 3:00; and some noise of the size that counts have.
std::size_t rowsOf(TimeMs start, double mean, SplitMix64 &random)
{
    const double hour = static_cast<double>(start - windowStart(start, Granularity::Day)) / kHourMs;
    const double daily = 1 + 2.0 / 3 * std::sin((hour - 9) / 12 * std::numbers::pi);
    const double expected = mean * daily;
    const double noisy = expected + std::sqrt(expected) * random.normal();
    return static_cast<std::size_t>(std::max(0.0, std::round(noisy)));
}

Status appendRows(std::string &body, std::size_t rows, Scenario &scenario, bool changed,
                  const Model &model)
{
    Prediction prediction;
    std::array<double, Row::kFeatures> features{};
    for (std::size_t i = 0; i < rows; ++i) {
        const Row row = scenario.next(changed);
        body += i > 0 ? ",[" : "[";
        for (std::size_t f = 0; f < Row::kFeatures; ++f) {
            features[f] = row.values[f].value_or(0);
            if (row.values[f])
                appendFraction(body, *row.values[f]);
            else
                body += "null";
            body += ',';
        }
        if (!row.complete()) {
            body += "null,null]";
            continue;
        }
        if (auto done = model.predict(features, prediction); !done)
            return done;
        appendQuoted(body, prediction.label);
        body += ',';
        appendFraction(body, prediction.maxProbability());
        body += ']';
    }
    return {};
}

/// What goes before the rows.
std::string bodyHead(const BackfillOptions &options, TimeMs timestamp)
{
    std::string body = "{\"datasetId\":";
    appendQuoted(body, options.dataset);
    body += fmt::format(",\"timestamp\":{},\"multiple\":{{\"columns\":[", timestamp);
    for (const std::string &name : featureNames()) {
        appendQuoted(body, name);
        body += ',';
    }
    body += "\"class_output\",\"proba_output\"],\"data\":[";
    return body;
}

Status check(const BackfillOptions &options, const std::shared_ptr<const Model> &model)
{
    if (!model)
        return fail(ErrorCode::NotFound, "there is no model to predict with",
                    "train one with \"tepal train iris\"");
    if (model->featureNames().size() != Row::kFeatures || !model->signature().isPlain() ||
        model->signature().task != Task::Classification)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("the model \"{}\" is not one for iris", model->name()),
                    "choose one of classification with four features that are numbers");
    if (options.span <= 0 || options.span > 400 * kDayMs)
        return fail(ErrorCode::InvalidArgument, "the span is not between one hour and 400 days",
                    "give a span such as 7d");
    if (!(options.rowsPerHour > 0 && options.rowsPerHour <= 100'000))
        return fail(ErrorCode::InvalidArgument, "rows per hour are not between 1 and 100,000",
                    "150 are a good size");
    if (options.driftSpan < 0 || options.driftSpan > options.span)
        return fail(ErrorCode::InvalidArgument, "the drift is longer than the whole history",
                    "give fewer days of drift");
    return {};
}

int stopCurl(void *token, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    return static_cast<std::stop_token *>(token)->stop_requested() ? 1 : 0;
}

Status refusal(long status, const std::string &answer)
{
    const auto code = status == 503 || status == 429   ? ErrorCode::Unavailable
                      : status == 401 || status == 403 ? ErrorCode::Denied
                                                       : ErrorCode::InvalidArgument;
    return fail(code, refusalText(status, answer),
                code == ErrorCode::Unavailable ? "wait until it has caught up, then try again"
                                               : "check that the address is a Tepal endpoint");
}

} // namespace

Result<BackfillReport> backfill(const BackfillOptions &options,
                                const std::shared_ptr<const Model> &model,
                                const BackfillProgress &progress, std::stop_token stop)
{
    const auto base = baseUrl(options.url);
    if (!base)
        return tl::unexpected(base.error());
    if (auto fine = check(options, model); !fine)
        return tl::unexpected(fine.error());

    std::string answer;
    const HeaderList headers = jsonHeaders();
    const Easy easy = postHandle(*base + options.logPath, headers.get(), &answer);
    curl_easy_setopt(easy.get(), CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy.get(), CURLOPT_XFERINFOFUNCTION, stopCurl);
    curl_easy_setopt(easy.get(), CURLOPT_XFERINFODATA, &stop);

    const SystemClock clock;
    const std::int64_t started = clock.monotonicNs();
    SplitMix64 volume(options.seed);
    Scenario scenario(options.scenario, volume.next());
    const TimeMs first = windowStart(options.now - options.span, Granularity::Hour);
    const TimeMs driftFrom = options.now - options.driftSpan;
    BackfillReport report;
    report.totalHours = static_cast<std::uint64_t>((options.now - first + kHourMs - 1) / kHourMs);
    for (TimeMs hour = first; hour < options.now; hour += kHourMs) {
        if (stop.stop_requested()) {
            report.cancelled = true;
            break;
        }
        const DurationMs length = std::min(kHourMs, options.now - hour);
        const std::size_t rows =
            rowsOf(hour, options.rowsPerHour * static_cast<double>(length) / kHourMs, volume);
        const TimeMs timestamp = hour + length / 2;
        std::string body = bodyHead(options, timestamp);
        const bool changed = options.driftSpan > 0 && timestamp >= driftFrom;
        if (auto done = appendRows(body, rows, scenario, changed, *model); !done)
            return tl::unexpected(done.error());
        body += "]}}";
        if (rows > 0) {
            answer.clear();
            curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, body.c_str());
            curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE_LARGE,
                             static_cast<curl_off_t>(body.size()));
            const CURLcode code = curl_easy_perform(easy.get());
            if (code == CURLE_ABORTED_BY_CALLBACK) {
                report.cancelled = true;
                break;
            }
            if (code != CURLE_OK)
                return fail(ErrorCode::Unavailable,
                            fmt::format("no answer from {}: {}", *base, curl_easy_strerror(code)),
                            "start the endpoint with \"tepal serve\"");
            long status = 0;
            curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
            if (status < 200 || status >= 300)
                return tl::unexpected(refusal(status, answer).error());
        }
        ++report.hours;
        report.rows += rows;
        report.seconds = static_cast<double>(clock.monotonicNs() - started) / 1e9;
        if (progress)
            progress(report);
    }
    return report;
}

} // namespace tepal::traffic
