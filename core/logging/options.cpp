// Options as texts: what the host passes to the logger process, and what a person may write.

#include <tepal/logging/logger.h>

#include <fmt/format.h>

namespace tepal {

namespace {

std::vector<std::string> split(std::string_view text, char at)
{
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = text.find(at);
        if (end != 0)
            parts.emplace_back(text.substr(0, end));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    return parts;
}

Result<MetricChoice> parseMetrics(std::string_view text)
{
    if (text == "all")
        return MetricChoice{};
    MetricChoice choice{false, false, false, false};
    for (const std::string &name : split(text, '+')) {
        if (name == "distribution")
            choice.distribution = true;
        else if (name == "cardinality")
            choice.cardinality = true;
        else if (name == "frequent-items")
            choice.frequentItems = true;
        else if (name == "ints")
            choice.ints = true;
        else if (name != "counts")
            return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" is not a metric", name),
                        "use all, counts, distribution, cardinality, frequent-items or ints, "
                        "joined by +");
    }
    return choice;
}

std::string formatMetrics(const MetricChoice &choice)
{
    if (choice == MetricChoice{})
        return "all";
    std::string text = "counts";
    text += choice.distribution ? "+distribution" : "";
    text += choice.cardinality ? "+cardinality" : "";
    text += choice.frequentItems ? "+frequent-items" : "";
    text += choice.ints ? "+ints" : "";
    return text;
}

Status setPart(DatasetOptions &options, std::string_view name, const std::string &value)
{
    if (name == "aggregate-by") {
        const auto granularity = parseGranularity(value);
        if (!granularity)
            return tl::unexpected(granularity.error());
        options.aggregateBy = *granularity;
    } else if (name == "segment-by") {
        options.segmentBy = split(value, '+');
    } else if (name == "write-every") {
        const auto duration = parseDuration(value);
        if (!duration)
            return tl::unexpected(duration.error());
        options.writeEvery = *duration;
    } else if (name == "metrics") {
        const auto metrics = parseMetrics(value);
        if (!metrics)
            return tl::unexpected(metrics.error());
        options.metrics = *metrics;
    } else {
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("\"{}\" is not an option of a dataset", name),
                    "use aggregate-by, segment-by, write-every or metrics");
    }
    return {};
}

} // namespace

Result<DatasetOptions> parseDatasetOptions(std::string_view text, const DatasetOptions &defaults)
{
    DatasetOptions options = defaults;
    for (const std::string &part : split(text, ',')) {
        const std::size_t equals = std::min(part.find('='), part.size());
        const std::string value = part.substr(std::min(equals + 1, part.size()));
        if (auto set = setPart(options, std::string_view(part).substr(0, equals), value); !set)
            return tl::unexpected(set.error());
    }
    return options;
}

std::string formatDatasetOptions(const DatasetOptions &options)
{
    std::string text = fmt::format("aggregate-by={}", granularityName(options.aggregateBy));
    text += ",segment-by=";
    for (std::size_t i = 0; i < options.segmentBy.size(); ++i)
        text += (i > 0 ? "+" : "") + options.segmentBy[i];
    if (options.writeEvery)
        text += ",write-every=" + formatDuration(*options.writeEvery);
    return text + ",metrics=" + formatMetrics(options.metrics);
}

std::vector<std::string> loggerArguments(const LoggerOptions &options)
{
    std::vector<std::string> arguments{"--write-every", formatDuration(options.writeEvery),
                                       "--commit-every", formatDuration(options.commitEvery)};
    const auto add = [&](const DatasetOptions &dataset) {
        arguments.insert(arguments.end(),
                         {"--aggregate-by", std::string(granularityName(dataset.aggregateBy)),
                          "--metrics", formatMetrics(dataset.metrics)});
        if (dataset.writeEvery)
            arguments.insert(arguments.end(),
                             {"--dataset-write-every", formatDuration(*dataset.writeEvery)});
        for (const std::string &column : dataset.segmentBy)
            arguments.insert(arguments.end(), {"--segment-by", column});
    };
    add(options.defaults);
    for (const auto &[name, dataset] : options.datasets) {
        arguments.insert(arguments.end(), {"--dataset", name});
        add(dataset);
    }
    return arguments;
}

Result<LoggerOptions> parseLoggerArguments(const std::vector<std::string> &arguments)
{
    LoggerOptions options;
    DatasetOptions *dataset = &options.defaults; // what follows "--dataset" is about that one
    for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) {
        const std::string &name = arguments[i];
        const std::string &value = arguments[i + 1];
        Status done;
        if (name == "--segment-by") {
            dataset->segmentBy.push_back(value); // verbatim: a name may contain anything
        } else if (name == "--dataset") {
            dataset = &options.datasets[value];
        } else if (name == "--dataset-write-every") {
            done = setPart(*dataset, "write-every", value);
        } else if (name == "--aggregate-by" || name == "--metrics") {
            done = setPart(*dataset, std::string_view(name).substr(2), value);
        } else if (name == "--write-every" || name == "--commit-every") {
            const auto duration = parseDuration(value);
            if (!duration)
                return tl::unexpected(duration.error());
            (name == "--write-every" ? options.writeEvery : options.commitEvery) = *duration;
        } else {
            return fail(ErrorCode::InvalidArgument, fmt::format("unknown option {}", name));
        }
        if (!done)
            return tl::unexpected(done.error());
    }
    if (arguments.size() % 2 != 0)
        return fail(ErrorCode::InvalidArgument, fmt::format("{} needs a value", arguments.back()));
    return options;
}

} // namespace tepal
