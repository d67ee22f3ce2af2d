/// The HTTP endpoint: prediction routes, the log route, documentation, health and metrics.
#pragma once

#include <tepal/base/clock.h>
#include <tepal/base/result.h>
#include <tepal/journal/journal.h>
#include <tepal/model/explain.h>
#include <tepal/model/model.h>
#include <tepal/model/rollout.h>
#include <tepal/serving/stats.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

/// Files under /static_content/ (the Swagger UI). find() is called from serving threads at any
/// time.
class AssetProvider
{
public:
    struct Asset
    {
        std::string_view bytes; ///< Must outlive the server.
        std::string_view contentType;
    };
    virtual ~AssetProvider() = default;
    /// `path` is relative, percent-decoded and free of `..`: `swagger-ui.css`.
    virtual std::optional<Asset> find(std::string_view path) const = 0;
};

/// A model that is served under its name.
struct NamedModel
{
    std::string name; ///< In the store.
    std::string version;
    std::string dataset; ///< Where its rows go.
    std::shared_ptr<const Model> model;
};

struct ModelEntry
{
    std::string name;
    std::vector<std::string> versions; ///< Newest first.
};

/// The models of a store. Called from serving threads at any time.
class ModelProvider
{
public:
    virtual ~ModelProvider() = default;
    /// The whole version for a name, empty = the latest, or the beginning of one. Cheap. NotFound.
    virtual Result<std::string> resolve(const std::string &name,
                                        const std::string &version) const = 0;
    /// Takes as long as loading takes.
    virtual Result<NamedModel> load(const std::string &name, const std::string &version) const = 0;
    virtual std::vector<ModelEntry> list() const = 0;
    /// The two versions that requests for a name without a version are dealt to. Cheap.
    virtual Result<std::optional<Rollout>> rollout(const std::string & /*name*/) const
    {
        return std::nullopt;
    }
};

/// What a request gets whose row the journal cannot take.
enum class WhenFull : std::uint8_t {
    Refuse, ///< 503; the client knows that nothing was recorded.
    Drop,   ///< The answer, with the row counted as dropped.
};

/// A line of JSON for every answered request.
struct AccessLogOptions
{
    std::string file;                    ///< Empty: none.
    std::uint64_t maxBytes = 100u << 20; ///< A larger file is put aside as FILE.1.
    std::uint32_t keep = 5;              ///< How many of those are kept.
};

struct ServerOptions
{
    std::string host = "127.0.0.1"; ///< An address or a name that resolves to one.
    std::uint16_t port = 0;         ///< 0 takes a free one.
    std::uint32_t threads = 0;      ///< 0 = min(2, cores).
    /// Without this a host that is not a loopback address is refused at start.
    bool allowRemote = false;

    DurationMs requestTimeout = 30 * kSecondMs; ///< First byte of a request to its last.
    DurationMs keepAlive = 5 * kSecondMs;       ///< Idle time before a connection is closed.
    DurationMs stopGrace = 10 * kSecondMs;      ///< How long stop() lets requests finish.
    std::uint64_t maxBody = 32u << 20;          ///< Bytes; larger bodies get 413.
    std::uint32_t maxHeader = 64u << 10;        ///< Bytes of request line and header fields.
    /// When so many are open the one that has been idle longest makes room for a new one.
    std::uint32_t maxConnections = 4096;
    /// API requests in work at once, those that are arriving included; more get 429. 0 = any.
    std::uint32_t maxConcurrency = 0;

    /// PEM files; both, or neither for HTTP without TLS.
    std::string sslCertificate = {};
    std::string sslKey = {};
    DurationMs handshakeTimeout = 10 * kSecondMs; ///< Of TLS, from connecting to its end.
    /// What requests have to bring as `Authorization: Bearer …`, health aside; empty: nothing.
    std::string token = {};

    /// Origins of web pages elsewhere that may call the endpoint, e.g. `https://app.example`.
    std::vector<std::string> allowedOrigins = {};
    /// Host names besides the loopback ones and the bound one that requests may name.
    std::vector<std::string> allowedHosts = {};

    bool logging = true; ///< Off: nothing is appended to the journal (for measuring).
    WhenFull whenFull = WhenFull::Refuse;
    std::string predictDataset = "model-1";
    std::string frameDataset = "model-2";

    AccessLogOptions accessLog = {};
    bool traceIds = false; ///< Answers carry X-BentoML-Trace-ID.

    std::string serviceName = "iris_classifier";
    /// What the program was built from, for tepal_build_info; empty while that is not known.
    std::string commit = {};
    const Clock *clock = &SystemClock::instance();
};

/// What is ordinary in a dataset, by its reference. NotFound without one. Called from a serving
/// thread for each request that wants an explanation.
using OrdinaryRows =
    std::function<Result<OrdinaryRow>(const std::string &dataset, const Signature &signature)>;

/// What the server uses and does not own. All must outlive it.
struct ServerParts
{
    /// One lane per thread is used: laneCount() must be at least the number of threads. With one
    /// more, large bodies are answered by a thread of their own. May be null when logging is off.
    Journal *journal = nullptr;
    const AssetProvider *assets = nullptr; ///< Null: /static_content/ answers 404.
    const ModelProvider *models = nullptr; ///< Null: only the model of setModel() is served.
    /// Null: explanations compare with what the model itself remembers of its training, if it does.
    OrdinaryRows ordinary;
    /// What the consumer of the journal does, for /metrics; nothing while it is not known. Called
    /// from a serving thread; must not block.
    std::function<std::optional<ConsumerStats>()> consumer;
    /// How uploads stand, for /metrics and /readyz. As consumer.
    std::function<std::vector<UploadStats>()> uploads;
};

/// Starts and stops the serving threads. Public methods may be called from any thread.
class Server
{
public:
    /// Busy when the port is taken, Denied when it may not be used, InvalidArgument for an unusable
    /// option, certificate or key. Answers as soon as this returns.
    static Result<std::unique_ptr<Server>> start(const ServerOptions &options,
                                                 const ServerParts &parts);
    /// Stops if that has not happened.
    ~Server();
    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;

    std::uint16_t port() const;
    std::string url() const; ///< `http://127.0.0.1:3000`, or with https
    /// What is dangerous or wrong about how it is served, as sentences; it stays so while it runs.
    std::vector<std::string> warnings() const;
    std::uint32_t threads() const;

    /// Takes no more connections, answers requests that have begun, closes and returns. Idempotent.
    void stop();

    /// The model behind the predict route from the next request on; null = none is served. With its
    /// name and version in the store it takes part in that name's rollout while it is the primary.
    void setModel(std::shared_ptr<const Model> model, ModelTag tag = {});
    std::shared_ptr<const Model> model() const;

    /// Snapshot; costs some tens of microseconds.
    ServerStats stats() const;
    /// Requests to prediction and log routes with id > `after`, oldest first, at most `limit`. The
    /// ring holds the last 4,096; a gap in the ids means that older ones were overwritten.
    std::vector<RecentRequest> recentRequests(std::uint64_t after, std::size_t limit = 256) const;

private:
    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace tepal
