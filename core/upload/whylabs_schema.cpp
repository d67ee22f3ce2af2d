// What WhyLabs knows of columns: whether they are inputs or outputs, and metrics made of them.

#include "answer.h"
#include "web.h"
#include "whylabs_api.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tepal::whylabs {
namespace {

using nlohmann::ordered_json;

DestinationCheck failed(const std::string &what, const Error &error)
{
    return {false, what + ": " + error.message, error.next};
}

struct Caller
{
    const Settings &settings;
    const Access &access;
    std::string models; ///< `/v0/organizations/…/models/…`
    std::stop_token stop;

    Result<http::Answer> call(const std::string &method, const std::string &path,
                              const ordered_json &body = nullptr) const
    {
        auto request = access.request(method, models + path, settings);
        if (!body.is_null())
            request.body = body.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
        auto reply = http::exchange(request, stop);
        if (!reply)
            return tl::unexpected(reply.error().error);
        if (reply->status >= 300 && reply->status < 400)
            return tl::unexpected(http::redirected(*reply));
        return std::move(*reply);
    }
};

/// Reads what is known, changes the classifier, and sends all of it back: the call replaces.
DestinationCheck tagColumn(const Caller &caller, const std::string &column,
                           std::string_view classifier)
{
    const std::string path = "/schema/column/" + web::percentEncoded(column);
    const auto known = caller.call("GET", path);
    if (!known)
        return failed(column, known.error());
    if (known->status == 404)
        return {false, fmt::format("{}: WhyLabs does not know this column yet", column),
                "it appears once a profile with it has been taken in; try again later"};
    if (known->status != 200)
        return failed(column, refused(*known, caller.access));
    const auto json = nlohmann::json::parse(known->body, nullptr, false);
    if (!json.is_object())
        return failed(column, notWhylabs(caller.access.endpoint, "its answer is not JSON"));
    if (json.value("classifier", std::string()) == classifier)
        return {true, fmt::format("{} is an {} already", column, classifier), ""};
    // What is null there is left out of the answer, but has to be said.
    ordered_json body{{"classifier", classifier}};
    for (const char *kept : {"dataType", "discreteness"})
        body[kept] = json.value(kept, nlohmann::json());
    if (json.contains("tags"))
        body["tags"] = json["tags"];
    const auto put = caller.call("PUT", path, body);
    if (!put)
        return failed(column, put.error());
    if (put->status != 200)
        return failed(column, refused(*put, caller.access));
    return {true, fmt::format("{} is an {} now", column, classifier), ""};
}

DestinationCheck putMetric(const Caller &caller, const std::string &label,
                           const std::string &column)
{
    const auto put = caller.call("PUT", "/schema/metric",
                                 {{"label", label},
                                  {"column", column},
                                  {"defaultMetric", "mean"},
                                  {"builtinMetric", nullptr}});
    if (!put)
        return failed(label, put.error());
    if (put->status != 200)
        return failed(label, refused(*put, caller.access));
    return {true, fmt::format("{} is the mean of {} now", label, column), ""};
}

} // namespace

Result<std::vector<DestinationCheck>> tag(const Settings &settings, const SecretReader &secrets,
                                          const ColumnTags &tags, const std::stop_token &stop)
{
    const auto found = access(settings, secrets);
    if (!found)
        return tl::unexpected(found.error());
    const Caller caller{settings, *found,
                        found->organizationPath() + "/models/" +
                            web::percentEncoded(settings.idOf(tags.dataset)),
                        stop};
    std::vector<DestinationCheck> done;
    for (const auto &[columns, classifier] :
         {std::pair{&tags.inputs, "input"}, std::pair{&tags.outputs, "output"}}) {
        for (const std::string &column : *columns)
            done.push_back(tagColumn(caller, column, classifier));
    }
    for (const auto &[label, column] : tags.metrics)
        done.push_back(putMetric(caller, label, column));
    return done;
}

} // namespace tepal::whylabs
