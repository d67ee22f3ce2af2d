// Options as texts: what the host passes to the logger process, and what a person may write.

#include <tepal/logging/logger.h>

#include <fmt/format.h>

namespace tepal {

std::vector<std::string> loggerArguments(const LoggerOptions &options)
{
    std::vector<std::string> arguments{
        "--aggregate-by", std::string(granularityName(options.defaults.aggregateBy)),
        "--write-every",  formatDuration(options.writeEvery),
        "--commit-every", formatDuration(options.commitEvery)};
    for (const std::string &column : options.defaults.segmentBy) {
        arguments.push_back("--segment-by");
        arguments.push_back(column);
    }
    for (const auto &[name, dataset] : options.datasets) {
        arguments.push_back("--dataset");
        arguments.push_back(name);
        arguments.push_back("--aggregate-by");
        arguments.emplace_back(granularityName(dataset.aggregateBy));
        for (const std::string &column : dataset.segmentBy) {
            arguments.push_back("--segment-by");
            arguments.push_back(column);
        }
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
        if (name == "--aggregate-by") {
            const auto granularity = parseGranularity(value);
            if (!granularity)
                return tl::unexpected(granularity.error());
            dataset->aggregateBy = *granularity;
        } else if (name == "--segment-by") {
            dataset->segmentBy.push_back(value);
        } else if (name == "--dataset") {
            dataset = &options.datasets[value];
        } else if (name == "--write-every" || name == "--commit-every") {
            const auto duration = parseDuration(value);
            if (!duration)
                return tl::unexpected(duration.error());
            (name == "--write-every" ? options.writeEvery : options.commitEvery) = *duration;
        } else {
            return fail(ErrorCode::InvalidArgument, fmt::format("unknown option {}", name));
        }
    }
    if (arguments.size() % 2 != 0)
        return fail(ErrorCode::InvalidArgument, fmt::format("{} needs a value", arguments.back()));
    return options;
}

} // namespace tepal
