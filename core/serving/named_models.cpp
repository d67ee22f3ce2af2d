// The routes on which models of the store are asked by their names.

#include "endpoint.h"

#include <tepal/model/store.h>

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

bool Handler::isCold(const Request &request) const
{
    const std::string_view target = request.target;
    if (target == kPredictPath || target == kLogPath ||
        (target.find("/v1/models/") == target.npos && target.find("/v2/models/") == target.npos))
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

void Handler::askNamed(const Request &request, Response &response, const Resolved &resolved)
{
    const Form form = formOf(resolved.route);
    NamedModelPtr named;
    RolledPtr rolled;
    std::string dataset;
    Asking *asking = nullptr;
    if (resolved.route == Route::Invocations) {
        refreshModel();
        rolled = m_default ? defaultRollout() : nullptr;
        dataset = m_endpoint.options.predictDataset;
        if (rolled) {
            named = rolled->next();
            asking = &askingOf(named, dataset, true);
        } else if (m_default) {
            asking = &*m_default;
            static const auto kDefault = std::make_shared<const NamedModel>();
            named = kDefault;
        }
    } else if (const auto tag = tagOf(resolved)) {
        auto found = m_endpoint.models->find(tag->name, tag->version);
        if (!found)
            return failed(response, form, found.error());
        rolled = tag->version.empty() ? m_endpoint.models->rolled(tag->name) : nullptr;
        named = rolled ? rolled->next() : std::move(*found);
        dataset = named->dataset;
        asking = &askingOf(named, dataset, rolled != nullptr);
    }
    if (asking == nullptr)
        return failed(response, form,
                      resolved.route == Route::Invocations
                          ? Error{ErrorCode::NotFound, "no model is being served",
                                  "choose one with \"tepal serve --model\""}
                          : noSuchModel(resolved));
    FormCall call(form, *asking, *named);
    if (auto done = call.ask(request.body, request.contentType, m_json); !done)
        return failed(response, form, done.error());
    m_recent.time = clock().nowMs();
    asking->fill(m_recent);
    if (m_lane != nullptr &&
        !record(asking->record(*m_lane, m_recent.time), asking->rows(), response))
        return;
    if (form != Form::Text) {
        response.json(200, call.answer(m_json));
    } else {
        response.ownBody = call.answer(m_json);
        response.body = response.ownBody;
    }
    if (rolled)
        answered(rolled, named, {asking, form, dataset}, request, response);
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
