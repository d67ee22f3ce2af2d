/// What the serving threads share, and what each handler needs.
#pragma once

#include "access.h"
#include "access_log.h"
#include "asking.h"
#include "http_parser.h"
#include "model_forms.h"
#include "model_table.h"
#include "request.h"
#include "tls.h"
#include "token.h"
#include "worker_stats.h"

#include <tepal/base/random.h>
#include <tepal/serving/bodies.h>
#include <tepal/serving/server.h>

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace tepal::serving {

/// The machines that refused requests named, in order of their first coming. Thread-safe.
class RefusedHosts
{
public:
    void add(std::string_view host);
    std::vector<std::string> names() const;

private:
    mutable std::mutex m_mutex;
    std::vector<std::string> m_names; ///< The first few: whoever tries many is not to fill memory.
};

class LargeWorker;

/// Set up before the threads start, constant afterwards, except where noted.
struct Endpoint
{
    ServerOptions options;
    ServerParts parts;
    AccessRules access;
    TokenRule token;
    std::unique_ptr<TlsContext> tls;      ///< Null: HTTP without it.
    std::unique_ptr<AccessLog> accessLog; ///< Null: none.
    HttpLimits limits;
    std::string index; ///< /
    std::string lastModified;
    RecentRing recent;
    RefusedHosts refusedHosts;
    std::vector<std::unique_ptr<WorkerStats>> stats; ///< One per thread, that of `large` last.
    LargeWorker *large = nullptr;                    ///< Null: every thread answers what it reads.

    std::unique_ptr<ModelTable> models; ///< Those of the store.
    /// Under modelMutex; the generation tells the threads when to look.
    std::shared_ptr<const Model> model;
    ModelTag modelTag;                       ///< Empty: it is not from the store.
    std::shared_ptr<const std::string> docs; ///< /docs.json
    mutable std::mutex modelMutex;
    std::atomic<std::uint64_t> modelGeneration{1};

    std::mutex etagMutex;
    std::unordered_map<std::string, std::string> etags;

    void setModel(std::shared_ptr<const Model> next, ModelTag tag = {});
    std::string etag(std::string_view name, std::string_view bytes);
    std::shared_ptr<const std::string> currentDocs() const;
    ServerStats snapshot() const;
    std::string metrics() const;
};

std::string makeDocs(const ServerOptions &options, const Model *model, const ModelTag &served);
std::string makeIndexPage(const ServerOptions &options);
std::string httpDate(TimeMs time);

/// Answers requests for one thread. Not thread-safe.
class Handler
{
public:
    Handler(Endpoint &endpoint, std::uint32_t index);

    /// A compressed body is unpacked in its place. `startNs` is when the whole request had arrived.
    void handle(Request &request, Response &response, std::int64_t startNs);
    /// Whether it would have to load a model first, or ask one often: for another thread.
    bool takesLong(const Request &request) const;
    /// Counts an answer that did not come from a handler.
    void count(Route route, int status, std::int64_t startNs);
    /// What large bodies needed.
    void releaseMemory();
    /// What was put off until clients have their answers.
    void runShadows();
    /// Is to have runShadows() called soon. Unset: that is done before the answer.
    std::function<void()> later;
    std::uint64_t nextRequestId() { return m_ids.next(); }
    WorkerStats &stats() { return m_stats; }
    const Clock &clock() const { return *m_endpoint.options.clock; }

private:
    void route(Request &request, Response &response, const Resolved &resolved);
    bool admitted(const Request &request, Response &response);
    /// False when the body's content encoding is refused, with the answer in `response`.
    bool unpack(Request &request, Response &response) const;
    bool tooBusy() const;
    void preflight(const Request &request, Response &response) const;
    void builtIn(const Request &request, Response &response, const Resolved &resolved);
    void asset(const Request &request, Response &response, const std::string &path);
    void predict(const Request &request, Response &response);
    /// One row of the predict route, recorded. False: the response is a refusal.
    bool answerRow(Asking &asking, const Request &request, Response &response);
    /// A model of the store in one of the forms that clients know.
    void askNamed(const Request &request, Response &response, const Resolved &resolved);
    struct Asked
    {
        NamedModelPtr model; ///< Without a name where it is that of the predict route.
        Asking *asking = nullptr;
        RolledPtr rolled; ///< Null: it is alone.
        std::string dataset;
    };
    /// `predicts`: it counts where requests are dealt to two versions.
    Result<Asked> askedBy(const Resolved &resolved, bool predicts);
    void explain(const Request &request, Response &response, const Resolved &resolved);
    void readNamed(Response &response, const Resolved &resolved);
    /// `rolled`: what it records is a segment of its version.
    Asking &askingOf(const NamedModelPtr &named, const std::string &dataset, bool rolled);
    /// Counts what one of two versions has answered, and sees to the shadow.
    void answered(const Asked &asked, Form form, const Request &request, Response &response);
    void askShadow(const Asked &asked, Form form, const Request &request);
    struct Shadow
    {
        RolledPtr rolled;
        Form form = Form::Text;
        std::string dataset;
        std::string body;
        std::string contentType;
        std::string inferenceLength;
        TimeMs time = 0;
        std::vector<std::string> answers; ///< The primary's.
    };
    void runShadow(const Shadow &shadow);
    void predictBeside(const RolledPtr &rolled, const Request &request, Response &response);
    /// The rollout of which the model of the predict route is the primary.
    const RolledPtr &defaultRollout();
    void failed(Response &response, Form form, const Error &error);
    void frame(const Request &request, Response &response);
    Result<LogRequest> readLog(const Request &request);
    void log(const Request &request, Response &response);
    void refreshModel();
    /// One newline, and a line for each destination that finished profiles go to.
    std::string readyText() const;
    /// False when the answer must be a refusal, which is in `response` then.
    bool record(Append result, std::uint64_t rows, Response &response);

    Endpoint &m_endpoint;
    WorkerStats &m_stats;
    Lane *m_lane = nullptr;
    SplitMix64 m_ids;
    JsonDocument m_json;
    RecentData m_recent;

    std::uint64_t m_modelGeneration = 0;
    std::optional<Asking> m_default; ///< The model of the predict route.
    struct Named
    {
        NamedModelPtr model;
        Asking asking;
    };
    std::map<std::string, Named> m_named; ///< By tag, dataset, and whether it is part of a rollout.
    ModelTag m_defaultTag;
    RolledPtr m_defaultRollout;
    std::int64_t m_rolloutSeenNs = 0;
    std::int64_t m_startNs = 0; ///< Of the present request.
    std::deque<Shadow> m_shadows;
    std::size_t m_shadowBytes = 0;
};

} // namespace tepal::serving
