#include "app/build_info/build_info.h"
#include "commands.h"
#include "output.h"
#include "uploading.h"

#include <tepal/assets.h>
#include <tepal/base/file.h>
#include <tepal/base/log.h>
#include <tepal/base/text.h>
#include <tepal/service/host.h>
#include <tepal/store/settings.h>
#include <tepal/store/store.h>

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <thread>
#include <tuple>

namespace tepal::cli {
namespace {

std::atomic<int> g_signal{0};

class SwaggerAssets final : public AssetProvider
{
public:
    std::optional<Asset> find(std::string_view path) const override
    {
        for (const tepal::Asset &asset : swaggerAssets()) {
            if (asset.path == path)
                return Asset{asset.bytes, asset.contentType};
        }
        return std::nullopt;
    }
};

struct ServeOptions
{
    HostOptions host;
    std::string logger = "process";
    std::string aggregateBy = "hour";
    std::string writeEvery = "10m";
    std::string commitEvery = "1s";
    std::string sync = "1s";
    std::string whenFull = "refuse";
    std::string maxBody = "32MiB";
    std::string maxHeader = "64KiB";
    std::string requestTimeout = "30s";
    std::string keepAlive = "5s";
    std::string handshakeTimeout = "10s";
    std::string tokenFile; ///< Empty: $TEPAL_TOKEN, if that is set.
    std::string accessLogSize = "100MiB";
    std::string keep;   ///< Empty: as it was.
    std::string schema; ///< A file or "none"; empty: as it was.
    std::string uploadOnStop = "10s";
    std::string uploadRate;          ///< Empty: any.
    std::vector<std::string> upload; ///< Destinations to be enabled.
    bool secretsFromInput = false;
    std::vector<std::string> segmentBy;
    std::vector<std::string> datasets;
};

Result<std::uint64_t> parseLimit(std::string_view option, const std::string &text,
                                 std::uint64_t least, std::uint64_t most)
{
    const auto size = parseSize(text);
    if (!size)
        return failWith(std::string(option), size.error());
    if (*size < least || *size > most)
        return fail(ErrorCode::InvalidArgument, fmt::format("{} {} is no limit", option, text),
                    fmt::format("give a size from {} to {}", formatSize(least), formatSize(most)));
    return *size;
}

/// A secret that others can read is none for long.
void warnOfReaders(const std::string &file, std::string_view what)
{
#ifndef _WIN32
    using std::filesystem::perms;
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (!error && (status.permissions() & (perms::group_read | perms::others_read)) != perms::none)
        logWarning("endpoint", fmt::format("other users of this machine can read the {} in {}; "
                                           "chmod 600 {}",
                                           what, file, file));
#else
    std::ignore = std::tie(file, what);
#endif
}

/// The token that requests need: what a file holds, else the environment; never on a command line,
/// which every user of the machine can read. Empty: none.
Result<std::string> readToken(const std::string &file)
{
    constexpr std::size_t kLongest = 8192;
    if (file.empty())
        return environment("TEPAL_TOKEN");
    auto bytes = readFile(file, kLongest);
    if (!bytes)
        return failWith("--token-file", bytes.error());
    const std::size_t end = bytes->find_last_not_of(" \t\r\n");
    bytes->resize(end == bytes->npos ? 0 : end + 1);
    if (bytes->empty())
        return fail(ErrorCode::InvalidArgument, fmt::format("the token file {} is empty", file),
                    "make one: openssl rand -hex 32 > " + file);
    return std::move(*bytes);
}

Status apply(ServeOptions &options)
{
    const auto granularity = parseGranularity(options.aggregateBy);
    if (!granularity)
        return tl::unexpected(granularity.error());
    options.host.logger.defaults.aggregateBy = *granularity;
    options.host.logger.defaults.segmentBy = options.segmentBy;
    for (const auto &[text, to] :
         {std::pair{&options.writeEvery, &options.host.logger.writeEvery},
          {&options.commitEvery, &options.host.logger.commitEvery},
          {&options.uploadOnStop, &options.host.uploadOnStop},
          {&options.requestTimeout, &options.host.server.requestTimeout},
          {&options.keepAlive, &options.host.server.keepAlive},
          {&options.handshakeTimeout, &options.host.server.handshakeTimeout}}) {
        const auto duration = parseDuration(*text);
        if (!duration)
            return tl::unexpected(duration.error());
        *to = *duration;
    }
    for (const std::string &text : options.datasets) {
        const std::size_t colon = text.rfind(':');
        if (colon == 0 || colon == text.npos)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("--dataset \"{}\" has no name or no options", text),
                        "write it as orders:aggregate-by=day,segment-by=region");
        const auto dataset = parseDatasetOptions(std::string_view(text).substr(colon + 1),
                                                 options.host.logger.defaults);
        if (!dataset)
            return tl::unexpected(dataset.error());
        options.host.logger.datasets[text.substr(0, colon)] = *dataset;
    }
    if (options.schema == "none") {
        options.host.schema = "";
    } else if (!options.schema.empty()) {
        const auto schema = readSchema(options.schema);
        const auto text = schema.and_then([](const auto &read) { return formatSchema(read); });
        if (!text)
            return tl::unexpected(text.error());
        options.host.schema = *text;
    }
    if (options.sync == "every") {
        options.host.syncInterval = 0;
    } else {
        const auto duration = parseDuration(options.sync);
        if (!duration)
            return tl::unexpected(duration.error());
        options.host.syncInterval = *duration;
    }
    const auto rate = parseRate(options.uploadRate);
    if (!rate)
        return tl::unexpected(rate.error());
    options.host.uploadBytesPerSecond = *rate;
    // A body is held in memory, as often as there are requests.
    const auto maxBody = parseLimit("--max-body", options.maxBody, 1, 1ull << 30);
    const auto maxHeader = parseLimit("--max-header", options.maxHeader, 1024, 1u << 20);
    if (!maxBody || !maxHeader)
        return tl::unexpected(maxBody ? maxHeader.error() : maxBody.error());
    const auto logSize = parseLimit("--access-log-size", options.accessLogSize, 4096, 1ull << 40);
    if (!logSize)
        return tl::unexpected(logSize.error());
    options.host.server.accessLog.maxBytes = *logSize;
    auto token = readToken(options.tokenFile);
    if (!token)
        return tl::unexpected(token.error());
    options.host.server.token = std::move(*token);
    options.host.server.maxBody = *maxBody;
    options.host.server.maxHeader = static_cast<std::uint32_t>(*maxHeader);
    options.host.loggerThread = options.logger == "thread";
    options.host.server.whenFull = options.whenFull == "drop" ? WhenFull::Drop : WhenFull::Refuse;
    return {};
}

/// Deleting is for good, so that a slip such as "1s" is no retention.
Status checkKeep(const std::string &keep)
{
    if (keep.empty() || keep == "forever")
        return {};
    const auto span = parseDuration(keep);
    if (!span)
        return tl::unexpected(span.error());
    if (*span < kDayMs)
        return fail(ErrorCode::InvalidArgument, "windows are kept for a day at least",
                    "use --keep 1d or longer, or --keep forever");
    return {};
}

Status rememberKeep(const Home &home, const std::string &keep)
{
    if (keep.empty())
        return {};
    auto store = Store::open(home.database());
    if (!store)
        return tl::unexpected(store.error());
    return keep == "forever" ? Settings(**store).remove(Settings::kRetention)
                             : Settings(**store).set(Settings::kRetention, keep);
}

/// Enables what --upload names; a kind that the home does not have is set up by the environment.
Status enableUploads(const Home &home, const std::vector<std::string> &names,
                     const SecretStore &secrets)
{
    if (names.empty())
        return {};
    auto store = Store::open(home.database());
    if (!store)
        return tl::unexpected(store.error());
    const auto records = chooseDestinations(**store, {names, {}}, true);
    if (!records)
        return tl::unexpected(records.error());
    Destinations destinations(**store);
    const TimeMs now = SystemClock::instance().nowMs();
    for (DestinationRecord record : *records) {
        const auto outlet = makeOutlet(record, secrets);
        if (!outlet)
            return tl::unexpected(outlet.error());
        if (auto set = outlet->destination->configured(); !set)
            return set;
        const auto known = destinations.find(record.name);
        const auto last = Outbox(**store).lastChunk();
        if (!known || !last)
            return tl::unexpected(known ? last.error() : known.error());
        if (*known && (*known)->enabled)
            continue;
        record.enabled = true;
        record.sinceChunk = *last;
        if (auto put = destinations.put(record, now); !put)
            return put;
        logInfo("upload", fmt::format("finished pieces go to {} from now on; \"tepal destination "
                                      "disable {}\" ends it",
                                      record.name, record.name));
    }
    return {};
}

void serve(Context &context, ServeOptions &options)
{
    if (const auto kept = checkKeep(options.keep); !kept)
        return context.fail(kept.error());
    if (const auto applied = apply(options); !applied)
        return context.fail(applied.error());
    setLogLevel(LogLevel::Info);
    options.host.home = context.home();
    static const SwaggerAssets assets;
    options.host.assets = &assets;
    options.host.server.commit = buildCommit();
    if (!options.tokenFile.empty())
        warnOfReaders(options.tokenFile, "token");
    if (!options.host.server.sslKey.empty())
        warnOfReaders(options.host.server.sslKey, "key");
    if (const auto ready = prepareHome(options.host.home); !ready)
        return context.fail(ready.error());
    if (const auto started = startLogFile(options.host.home.logs(), "serve"); !started)
        return context.fail(started.error());
    const auto secrets = readSecrets(options.secretsFromInput);
    if (!secrets)
        return context.fail(secrets.error());
    if (const auto enabled = enableUploads(options.host.home, options.upload, **secrets); !enabled)
        return context.fail(enabled.error());
    const LayeredSecrets layered(**secrets);
    options.host.secrets = &layered;
    for (const int signal : {SIGINT, SIGTERM})
        std::signal(signal, [](int number) { g_signal = number; });

    auto host = Host::start(options.host);
    if (!host)
        return context.fail(host.error());
    if (const auto kept = rememberKeep(options.host.home, options.keep); !kept)
        return context.fail(kept.error());
    std::printf("Serving on %s\n", (*host)->url().c_str());
    std::fflush(stdout);
    while (g_signal == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    logInfo("endpoint", "stopping: answering what has begun, then committing");
    if (const auto stopped = (*host)->stop(); !stopped)
        return context.fail(stopped.error());
}

} // namespace

void addServe(CLI::App &app, Context &context)
{
    CLI::App *command =
        addCommand(app, context, "serve", "Serve a model over HTTP and log every prediction");
    auto options = std::make_shared<ServeOptions>();
    ServerOptions &server = options->host.server;
    server.port = 3000;
    command->add_option("--host", server.host, "Address to listen on")->capture_default_str();
    command->add_option("--port", server.port, "Port; 0 takes a free one")->capture_default_str();
    command->add_option("--threads", server.threads,
                        "Serving threads (default: 2, at most the cores)");
    command->add_flag("--allow-remote", server.allowRemote,
                      "Allow an address that other machines can reach");
    CLI::Option *certificate =
        command->add_option("--ssl-certfile", server.sslCertificate,
                            "PEM file with the certificate: the endpoint speaks HTTPS");
    CLI::Option *key =
        command->add_option("--ssl-keyfile", server.sslKey, "PEM file with the certificate's key");
    certificate->needs(key);
    key->needs(certificate);
    command->add_option("--token-file", options->tokenFile,
                        "File with the token that requests have to bring as \"Authorization: "
                        "Bearer …\", health aside; default $TEPAL_TOKEN if that is set");
    command->add_option("--allow-origin", server.allowedOrigins,
                        "Web origins that may call the endpoint");
    command->add_option("--allow-host", server.allowedHosts,
                        "Host names, besides the loopback ones, that requests may use");
    command->add_option("--model", options->host.model, "Tag of the model")->capture_default_str();
    command->add_option("--logger", options->logger, "Run the logger as a process or a thread")
        ->check(CLI::IsMember({"process", "thread"}))
        ->capture_default_str();
    command->add_option("--aggregate-by", options->aggregateBy, "Length of a window")
        ->capture_default_str();
    command->add_option("--segment-by", options->segmentBy, "Columns to profile apart")
        ->delimiter(',');
    command
        ->add_option("--dataset", options->datasets,
                     "Options of one dataset: NAME:aggregate-by=day,segment-by=region+tier,"
                     "write-every=1h,metrics=all (repeatable; see also \"tepal dataset\")")
        ->allow_extra_args(false);
    command
        ->add_option("--write-every", options->writeEvery,
                     "When finished pieces go to the outbox; 0s = at the end only")
        ->capture_default_str();
    command->add_option("--commit-every", options->commitEvery, "How often windows are saved")
        ->capture_default_str();
    command->add_option("--keep", options->keep,
                        "Delete windows older than this, such as 90d, once they were sent where "
                        "they should go; \"forever\" ends it. Remembered by the home");
    command->add_option("--schema", options->schema,
                        "JSON file with conditions, unicode ranges and metrics to leave out, for "
                        "datasets without a schema of their own (\"tepal dataset\"); \"none\" "
                        "ends it. Remembered by the home");
    command->add_option("--upload", options->upload,
                        "Send finished pieces to this destination as they come and at the end, "
                        "from now on; a kind such as whylabs is set up by the environment "
                        "(repeatable; see \"tepal destination\"). Remembered by the home");
    command
        ->add_option("--upload-on-stop", options->uploadOnStop,
                     "How long stopping waits for what is to be sent; the rest goes at the next "
                     "start")
        ->capture_default_str();
    command->add_option("--upload-limit-rate", options->uploadRate,
                        "Bytes a second to each destination, such as 200KiB");
    command->add_flag("--secrets-stdin", options->secretsFromInput,
                      "Read secrets from standard input, a line each: whylabs.key=…");
    command
        ->add_option("--sync", options->sync,
                     "How often the journal is forced to disk, or \"every\" request")
        ->capture_default_str();
    command
        ->add_option("--when-full", options->whenFull,
                     "Disk full: refuse requests (503), or answer and count the drop")
        ->check(CLI::IsMember({"refuse", "drop"}))
        ->capture_default_str();
    command
        ->add_option("--max-body", options->maxBody,
                     "Largest request body, also once it is unpacked")
        ->capture_default_str();
    command->add_option("--max-header", options->maxHeader, "Longest request line and header")
        ->capture_default_str();
    command
        ->add_option("--max-connections", server.maxConnections,
                     "Most open connections; idle ones yield to new ones")
        ->check(CLI::Range(1u, 1'000'000u))
        ->capture_default_str();
    command
        ->add_option("--max-concurrency", server.maxConcurrency,
                     "Most API requests in work at once, more get 429; 0 = any")
        ->capture_default_str();
    command
        ->add_option("--request-timeout", options->requestTimeout,
                     "Longest time from a request's first byte to its last")
        ->capture_default_str();
    command
        ->add_option("--handshake-timeout", options->handshakeTimeout,
                     "Longest time from connecting to the end of a TLS handshake")
        ->capture_default_str();
    command->add_option("--access-log", server.accessLog.file,
                        "File that gets a line of JSON for every answered request");
    command
        ->add_option("--access-log-size", options->accessLogSize,
                     "Size from which on the access log is put aside as FILE.1")
        ->capture_default_str();
    command->add_option("--access-log-keep", server.accessLog.keep, "How many of those are kept")
        ->check(CLI::Range(0u, 1000u))
        ->capture_default_str();
    command->add_flag("--trace-id", server.traceIds,
                      "Answers carry X-BentoML-Trace-ID: that of the request's traceparent, or a "
                      "new one");
    command
        ->add_option("--keep-alive", options->keepAlive, "How long an idle connection is kept open")
        ->capture_default_str();
    command->callback([&context, options] { serve(context, *options); });
}

void addLogger(CLI::App &app, Context &context)
{
    CLI::App *command =
        addCommand(app, context, "logger", "The logger process; started by serve, not by people");
    command->group(""); // not in the help
    command->allow_extras();
    command->callback([&context, command] {
        closeInheritedHandles();
        setLogLevel(LogLevel::Info);
        setLogToStderr(false);
        const auto options = parseLoggerArguments(command->remaining());
        if (!options)
            return context.fail(options.error());
        std::ignore = startLogFile(context.home().logs(), "logger");
        context.exitStatus = runLoggerProcess(context.home(), *options);
    });
}

} // namespace tepal::cli
