#include "mlflow_delivery.h"

#include <tepal/base/clock.h>
#include <tepal/base/file.h>
#include <tepal/base/log.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>

namespace tepal::mlflow {
namespace {

using web::Login;
using Json = nlohmann::ordered_json;
using Kind = UploadOutcome::Kind;

/// Without dots and quotes, so that it needs no escaping in a filter.
constexpr const char *kTag = "tepal_profiles";

class MlflowDelivery final : public Delivery
{
public:
    MlflowDelivery(const Settings &settings, Result<Login> login, const UploadItem &item,
                   std::shared_ptr<RunBook> book)
        : m_settings(settings)
        , m_login(std::move(login))
        , m_item(item)
        , m_book(std::move(book))
        , m_day(web::encodedPath(item.objectName.substr(0, item.objectName.rfind('/'))))
        , m_name(item.objectName)
        , m_runId(settings.runId)
    {
        // A ticket is the run's id, a space, and the name.
        if (const std::size_t space = item.ticket.find(' '); space != std::string::npos) {
            m_runId = item.ticket.substr(0, space);
            m_name = item.ticket.substr(space + 1);
            m_outcome.ticket = item.ticket;
            m_outcome.mayHaveArrived = item.mayHaveArrived;
        }
    }
    ~MlflowDelivery() override { endTurn(); }

    UploadStep next(StepResult result) override
    {
        UploadStep step = advance(std::move(result));
        if (std::holds_alternative<UploadOutcome>(step))
            endTurn();
        return step;
    }

private:
    UploadStep advance(StepResult result)
    {
        if (m_at == At::Start)
            return start();
        if (m_at == At::Waiting) {
            const Status &waited = std::get<Status>(result);
            return waited ? takeTurn() : web::ended(m_outcome, Kind::Cancelled, waited.error());
        }
        if (m_at == At::Keeping)
            return put();
        if (m_at == At::Writing)
            return wasWritten(std::get<Status>(result));
        const auto &reply = std::get<http::Reply>(result);
        switch (m_at) {
        case At::LookingUp:
            return lookedUp(reply);
        case At::FindingExperiment:
            return foundExperiment(reply);
        case At::MakingExperiment:
            return madeExperiment(reply);
        case At::Searching:
            return searched(reply);
        case At::MakingRun:
            return madeRun(reply);
        case At::Putting:
            return wasPut(reply);
        default:
            return updated(reply);
        }
    }

    enum class At : std::uint8_t {
        Start,
        LookingUp, ///< The run of a ticket, or the one that is given.
        Waiting,   ///< Another delivery finds out.
        FindingExperiment,
        MakingExperiment,
        Searching,
        MakingRun,
        Keeping,
        Putting,
        Writing,
        Updating,
    };

    UploadStep start();
    UploadStep takeTurn();
    void endTurn();
    UploadStep lookedUp(const http::Reply &reply);
    UploadStep findExperiment();
    UploadStep foundExperiment(const http::Reply &reply);
    UploadStep madeExperiment(const http::Reply &reply);
    UploadStep search();
    UploadStep searched(const http::Reply &reply);
    UploadStep makeRun();
    UploadStep madeRun(const http::Reply &reply);
    UploadStep use(Run run);
    UploadStep put();
    UploadStep wasPut(const http::Reply &reply);
    UploadStep wasWritten(const Status &written);
    UploadStep arrived();
    UploadStep update(UploadOutcome then);
    UploadStep updated(const http::Reply &reply);

    HttpCall call(At at, http::Request request)
    {
        m_at = at;
        return {std::move(request)};
    }
    HttpCall post(At at, std::string_view path, const Json &body)
    {
        return call(at, m_settings.post(path, body, *m_login));
    }
    /// The run of a try that does not go on is not left as if it still ran.
    UploadStep giveUp(UploadOutcome outcome)
    {
        const bool final = outcome.kind == Kind::Failed || outcome.kind == Kind::Stopped;
        if (final && !outcome.mayHaveArrived)
            outcome.ticket.clear();
        if (final && m_made)
            return update(std::move(outcome));
        return outcome;
    }

    const Settings &m_settings;
    const Result<Login> m_login;
    const UploadItem &m_item;
    const std::shared_ptr<RunBook> m_book;
    const std::string m_day; ///< What a run is for: dataset and day.
    std::string m_name;
    std::string m_runId;
    At m_at = At::Start;
    bool m_myTurn = false;
    bool m_made = false; ///< The run, by this delivery.
    int m_experiments = 0;
    std::string m_experiment;
    Run m_run;
    UploadOutcome m_outcome; ///< While updating: how it will have ended.
};

UploadStep MlflowDelivery::start()
{
    if (!m_login)
        return web::ended(m_outcome, Kind::Stopped, m_login.error());
    if (m_runId.empty())
        return takeTurn();
    if (auto run = m_book->find(m_runId))
        return use(std::move(*run));
    return call(At::LookingUp,
                m_settings.get("/runs/get?run_id=" + web::percentEncoded(m_runId), *m_login));
}

UploadStep MlflowDelivery::lookedUp(const http::Reply &reply)
{
    const bool gone =
        reply && reply->status == 404 && errorCode(*reply) == "RESOURCE_DOES_NOT_EXIST";
    if (!gone) {
        if (auto outcome = trouble(m_outcome, reply, m_settings))
            return *outcome;
        const auto json = nlohmann::json::parse(reply->body, nullptr, false);
        if (!json.is_object() || !json.contains("run"))
            return notMlflow(m_outcome, m_settings, "its answer names no run");
        if (auto run = readRun(json["run"]))
            return use(std::move(*run));
    }
    if (m_runId == m_settings.runId) {
        m_outcome.ticket.clear();
        m_outcome.mayHaveArrived = false;
        return web::ended(m_outcome, Kind::Stopped,
                          {ErrorCode::NotFound, fmt::format("there is no run {}", m_runId),
                           "give another run, or none for one per dataset and day"});
    }
    // Somebody deleted it, and the file with it if it had arrived.
    m_outcome = {};
    m_runId = m_settings.runId;
    return start();
}

UploadStep MlflowDelivery::takeTurn()
{
    if (auto run = m_book->find(m_day))
        return use(std::move(*run));
    m_myTurn = m_book->begin(m_day);
    if (m_myTurn)
        return findExperiment();
    m_at = At::Waiting;
    return BlockingWork{[book = m_book, day = m_day](const std::stop_token &stop) {
        return book->wait(day, stop);
    }};
}

void MlflowDelivery::endTurn()
{
    if (std::exchange(m_myTurn, false))
        m_book->end(m_day);
}

UploadStep MlflowDelivery::findExperiment()
{
    m_experiment = m_book->experiment();
    if (!m_experiment.empty())
        return search();
    ++m_experiments;
    return call(At::FindingExperiment,
                m_settings.get("/experiments/get-by-name?experiment_name=" +
                                   web::percentEncoded(m_settings.experiment),
                               *m_login));
}

UploadStep MlflowDelivery::foundExperiment(const http::Reply &reply)
{
    if (reply && reply->status == 404 && errorCode(*reply) == "RESOURCE_DOES_NOT_EXIST" &&
        m_experiments < 3) {
        HttpCall made =
            post(At::MakingExperiment, "/experiments/create", {{"name", m_settings.experiment}});
        made.request.once = true;
        return made;
    }
    if (auto outcome = trouble(m_outcome, reply, m_settings))
        return *outcome;
    const auto json = nlohmann::json::parse(reply->body, nullptr, false);
    const auto experiment = json.is_object() ? json.value("experiment", nlohmann::json()) : json;
    if (!experiment.is_object() || !experiment.value("experiment_id", nlohmann::json()).is_string())
        return notMlflow(m_outcome, m_settings, "its answer names no experiment");
    if (experiment.value("lifecycle_stage", nlohmann::json()) == "deleted")
        return web::ended(
            m_outcome, Kind::Stopped,
            {ErrorCode::NotFound,
             fmt::format("the experiment {} was deleted there", m_settings.experiment),
             "restore it, or choose another one"});
    m_experiment = experiment["experiment_id"].get<std::string>();
    m_book->keepExperiment(m_experiment);
    return search();
}

UploadStep MlflowDelivery::madeExperiment(const http::Reply &reply)
{
    // Somebody else was faster.
    if (reply && errorCode(*reply) == "RESOURCE_ALREADY_EXISTS")
        return findExperiment();
    if (auto outcome = trouble(m_outcome, reply, m_settings))
        return *outcome;
    return findExperiment();
}

UploadStep MlflowDelivery::search()
{
    return post(At::Searching, "/runs/search",
                {{"experiment_ids", Json::array({m_experiment})},
                 {"filter", fmt::format("tags.{} = '{}'", kTag, m_day)},
                 {"run_view_type", "ACTIVE_ONLY"},
                 {"max_results", 1},
                 {"order_by", Json::array({"attributes.start_time ASC"})}});
}

UploadStep MlflowDelivery::searched(const http::Reply &reply)
{
    if (reply && errorCode(*reply) == "RESOURCE_DOES_NOT_EXIST")
        m_book->keepExperiment({}); // it was deleted meanwhile; the next try looks again
    if (auto outcome = trouble(m_outcome, reply, m_settings))
        return *outcome;
    const auto json = nlohmann::json::parse(reply->body, nullptr, false);
    if (!json.is_object())
        return notMlflow(m_outcome, m_settings, "its answer is not JSON");
    const auto runs = json.value("runs", nlohmann::json::array());
    if (runs.is_array() && !runs.empty()) {
        if (auto run = readRun(runs[0]))
            return use(std::move(*run));
    }
    return makeRun();
}

UploadStep MlflowDelivery::makeRun()
{
    const auto tag = [](const char *key, const std::string &value) {
        return Json{{"key", key}, {"value", value}};
    };
    HttpCall made =
        post(At::MakingRun, "/runs/create",
             {{"experiment_id", m_experiment},
              {"start_time", SystemClock::instance().nowMs()},
              {"run_name", "profiles " + m_day},
              {"tags", Json::array({tag(kTag, m_day), tag("mlflow.source.name", "tepal"),
                                    tag("mlflow.runName", "profiles " + m_day)})}});
    made.request.once = true;
    return made;
}

UploadStep MlflowDelivery::madeRun(const http::Reply &reply)
{
    // Without an answer it may be there: the next try finds it by its tag.
    if (auto outcome = trouble(m_outcome, reply, m_settings))
        return *outcome;
    const auto json = nlohmann::json::parse(reply->body, nullptr, false);
    auto run = readRun(json.is_object() ? json.value("run", nlohmann::json()) : json);
    if (!run)
        return notMlflow(m_outcome, m_settings, "its answer names no run");
    m_made = true;
    return use(std::move(*run));
}

UploadStep MlflowDelivery::use(Run run)
{
    m_run = std::move(run);
    m_book->keep(m_run.id, m_run);
    if (m_outcome.ticket.empty() && m_settings.runId.empty())
        m_book->keep(m_day, m_run);
    endTurn();
    m_outcome.ticket = m_run.id + " " + m_name;
    m_at = At::Keeping;
    return KeepTicket{m_outcome.ticket, true};
}

UploadStep MlflowDelivery::put()
{
    const auto place = placeOf(m_settings, m_run.artifacts, m_settings.artifactPath(m_name));
    if (!place)
        return giveUp(web::ended(m_outcome, Kind::Stopped, place.error()));
    m_outcome.place = fmt::format("run {}, {}", m_run.id, m_settings.artifactPath(m_name));
    if (place->file.empty()) {
        auto request =
            web::putRequest(place->address, m_item.bytes, m_settings.caFile, m_settings.timeouts);
        if (place->ours)
            m_login->apply(request);
        return call(At::Putting, std::move(request));
    }
    m_at = At::Writing;
    return BlockingWork{[file = std::filesystem::path(place->file),
                         bytes = std::string(m_item.bytes)](const std::stop_token &) -> Status {
        // The server's own folders stay as it made them, and it has to read what is in them.
        std::error_code error;
        std::filesystem::create_directories(file.parent_path(), error);
        return writeFileNew(file, bytes);
    }};
}

UploadStep MlflowDelivery::wasPut(const http::Reply &reply)
{
    if (auto outcome = trouble(m_outcome, reply, m_settings)) {
        if (outcome->kind != Kind::Retry && outcome->kind != Kind::Cancelled)
            m_book->forget(m_run.id);
        return giveUp(std::move(*outcome));
    }
    return arrived();
}

UploadStep MlflowDelivery::wasWritten(const Status &written)
{
    // The name is this piece's alone: it is there from an earlier try.
    if (written || written.error().code == ErrorCode::AlreadyExists)
        return arrived();
    UploadOutcome outcome = web::ended(
        m_outcome, written.error().code == ErrorCode::Denied ? Kind::Stopped : Kind::Retry,
        written.error());
    outcome.everyItem = true;
    return giveUp(std::move(outcome));
}

UploadStep MlflowDelivery::arrived()
{
    UploadOutcome sent = m_outcome;
    sent.kind = Kind::Sent;
    sent.ticket.clear();
    sent.mayHaveArrived = false;
    // A run that somebody gave is theirs to end.
    if (m_run.finished || m_run.id == m_settings.runId)
        return sent;
    return update(std::move(sent));
}

UploadStep MlflowDelivery::update(UploadOutcome then)
{
    const bool fine = then.kind == Kind::Sent;
    m_outcome = std::move(then);
    return post(At::Updating, "/runs/update",
                {{"run_id", m_run.id},
                 {"status", fine ? "FINISHED" : "FAILED"},
                 {"end_time", SystemClock::instance().nowMs()}});
}

/// Whatever came of it, the file is where it is; the next one of the day ends the run.
UploadStep MlflowDelivery::updated(const http::Reply &reply)
{
    if (const auto outcome = trouble(m_outcome, reply, m_settings)) {
        logDebug("upload", fmt::format("run {} could not be ended", m_run.id));
    } else if (m_outcome.kind == Kind::Sent) {
        m_run.finished = true;
        m_book->keep(m_run.id, m_run);
        if (m_settings.runId.empty() && m_item.ticket.empty())
            m_book->keep(m_day, m_run);
    }
    return m_outcome;
}

} // namespace

std::unique_ptr<Delivery> makeDelivery(const Settings &settings, Result<Login> login,
                                       const UploadItem &item, std::shared_ptr<RunBook> book)
{
    return std::make_unique<MlflowDelivery>(settings, std::move(login), item, std::move(book));
}

} // namespace tepal::mlflow
