// The routes on which models of the store are asked by their names.

#include "endpoint.h"

#include <tepal/model/store.h>

#include <fmt/format.h>

namespace tepal::serving {
namespace {

/// A thread keeps what it needs to ask so many models.
constexpr std::size_t kMostAsked = 32;

/// `name`, `name:version`, or both apart; nothing for what no model is called.
std::optional<ModelTag> tagOf(const Resolved &resolved)
{
    auto tag = parseModelTag(resolved.model);
    if (!tag)
        return std::nullopt;
    if (!resolved.version.empty()) {
        const auto whole = parseModelTag(tag->name + ":" + resolved.version);
        if (!whole || !tag->version.empty())
            return std::nullopt;
        return *whole;
    }
    return *tag;
}

Error noSuchModel(const Resolved &resolved)
{
    return {ErrorCode::NotFound, "no model is called \"" + resolved.model + "\"",
            "see GET /v1/models, or \"tepal models list\""};
}

} // namespace

bool Handler::takesLong(const Request &request) const
{
    const std::string_view target = request.target;
    if (target == kPredictPath || target == kLogPath)
        return false;
    if (wantsExplanation(target).value_or(false))
        return true;
    if ((target.find("/v1/models/") == target.npos && target.find("/v2/models/") == target.npos))
        return false;
    const Resolved resolved = resolve(target);
    const auto tag = isNamed(resolved.route) ? tagOf(resolved) : std::nullopt;
    return tag && m_endpoint.models->isCold(tag->name, tag->version);
}

Asking &Handler::askingOf(const NamedModelPtr &named, const std::string &dataset, bool rolled)
{
    const std::string key =
        named->name + ":" + named->version + (rolled ? " beside " : " to ") + dataset;
    auto found = m_named.find(key);
    if (found == m_named.end()) {
        if (m_named.size() >= kMostAsked)
            m_named.clear();
        Journal *journal = m_lane != nullptr ? m_endpoint.parts.journal : nullptr;
        found = m_named
                    .emplace(key, Named{named, Asking(named->model, dataset, journal,
                                                      rolled ? named->version : std::string())})
                    .first;
    }
    return found->second.asking;
}

Result<Handler::Asked> Handler::askedBy(const Resolved &resolved, bool predicts)
{
    Asked asked;
    if (!isNamed(resolved.route)) {
        refreshModel();
        if (!m_default)
            return fail(ErrorCode::NotFound, "no model is being served",
                        "choose one with \"tepal serve --model\"");
        asked.rolled = defaultRollout();
        asked.dataset = m_endpoint.options.predictDataset;
        static const auto kDefault = std::make_shared<const NamedModel>();
        asked.model = kDefault;
        asked.asking = &*m_default;
    } else {
        const auto tag = tagOf(resolved);
        if (!tag)
            return tl::unexpected(noSuchModel(resolved));
        auto found = m_endpoint.models->find(tag->name, tag->version);
        if (!found)
            return tl::unexpected(found.error());
        if (tag->version.empty())
            asked.rolled = m_endpoint.models->rolled(tag->name);
        asked.model = std::move(*found);
        asked.dataset = asked.model->dataset;
    }
    if (asked.rolled)
        asked.model = predicts ? asked.rolled->next() : asked.rolled->primary;
    if (asked.rolled || asked.asking == nullptr)
        asked.asking = &askingOf(asked.model, asked.dataset, asked.rolled != nullptr);
    return asked;
}

/// Why a model answers one row as it does. No prediction: nothing is recorded.
void Handler::explain(const Request &request, Response &response, const Resolved &resolved)
{
    const Form form = formOf(resolved.route);
    if (!canExplain(resolved.route))
        return failed(response, form,
                      {ErrorCode::InvalidArgument,
                       "an explanation is of one answer to one row, which this route does not give",
                       fmt::format("send the row to {} or {} with ?explain=1", kPredictPath,
                                   routeLabel(Route::NamedPredict))});
    auto asked = askedBy(resolved, false);
    if (!asked)
        return failed(response, form, asked.error());
    auto explained = asked->asking->explain(request.body, m_endpoint.parts.ordinary);
    if (!explained)
        return failed(response, form, explained.error());
    asked->asking->fill(m_recent);
    m_recent.explains = 1;
    response.json(200, std::move(*explained));
}

void Handler::askNamed(const Request &request, Response &response, const Resolved &resolved)
{
    const Form form = formOf(resolved.route);
    const auto asked = askedBy(resolved, true);
    if (!asked)
        return failed(response, form, asked.error());
    Asking *const asking = asked->asking;
    FormCall call(form, *asking, *asked->model);
    if (auto done = call.ask({request.body, request.contentType, request.inferenceLength}, m_json);
        !done)
        return failed(response, form, done.error());
    m_recent.time = clock().nowMs();
    asking->fill(m_recent);
    if (m_lane != nullptr &&
        !record(asking->record(*m_lane, m_recent.time), asking->rows(), response))
        return;
    if (form != Form::Text) {
        response.json(200, call.answer(m_json));
        if (call.jsonLength() > 0) {
            response.contentType = "application/octet-stream";
            response.extraHeaders +=
                fmt::format("inference-header-content-length: {}\r\n", call.jsonLength());
        }
    } else {
        response.ownBody = call.answer(m_json);
        response.body = response.ownBody;
    }
    if (asked->rolled)
        answered(*asked, form, request, response);
}

void Handler::readNamed(Response &response, const Resolved &resolved)
{
    const Form form = formOf(resolved.route);
    const auto tag = tagOf(resolved);
    if (!tag)
        return failed(response, form, noSuchModel(resolved));
    const auto found = m_endpoint.models->find(tag->name, tag->version);
    if (!found)
        return failed(response, form, found.error());
    if (resolved.route != Route::V2Model && resolved.route != Route::V2Version) {
        std::string out = "{\"name\":";
        appendJsonString(out, (*found)->name);
        return response.json(200, out + ",\"ready\":true}");
    }
    std::vector<std::string> versions;
    for (const ModelEntry &entry : m_endpoint.models->list()) {
        if (entry.name == (*found)->name)
            versions = entry.versions;
    }
    response.json(200, modelJson(**found, versions));
}

} // namespace tepal::serving
