// `tepal xray`: what exactly leaves the machine with a profile.

#include "commands.h"
#include "output.h"

#include <tepal/base/random.h>
#include <tepal/upload/redaction.h>
#include <tepal/upload/xray.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace tepal::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments
{
    std::vector<std::string> files;
    std::vector<std::string> rules;
    bool reveal = false;
};

/// One file as it would leave.
struct Rayed
{
    std::string file;
    XRay xray;
    std::optional<Redaction> redaction;
};

Result<std::vector<RedactionRule>> rulesOf(const std::vector<std::string> &texts)
{
    std::vector<RedactionRule> rules;
    for (const std::string &text : texts) {
        auto some = parseRedaction(text);
        if (!some)
            return tl::unexpected(some.error());
        rules.insert(rules.end(), some->begin(), some->end());
    }
    return rules;
}

/// The home's secret, so that hashes are those of its uploads. A look at a file does not make one:
/// without, hashes are of this run only.
Result<std::string> saltFor(const Home &home)
{
    auto salt = existingRedactionSalt(home.root);
    if (!salt || !salt->empty())
        return salt;
    std::string once;
    for (int i = 0; i < 4; ++i)
        once += std::to_string(systemEntropy());
    return once;
}

std::string masked(const std::string &text, bool reveal)
{
    return reveal ? text : maskText(text);
}

bool hides(const XRayColumn &column, Risk::Place place, bool reveal)
{
    return !reveal && std::any_of(column.risks.begin(), column.risks.end(),
                                  [&](const Risk &risk) { return risk.place == place; });
}

std::string nameOf(const XRayColumn &column, bool reveal)
{
    return hides(column, Risk::Place::ColumnName, reveal) ? maskText(column.name) : column.name;
}

std::string leavesText(const XRayColumn &column)
{
    std::vector<std::string> words;
    if (column.numbers && column.numbers->n > 0)
        words.push_back(keptText(*column.numbers));
    if (!column.texts.empty())
        words.push_back(countText(column.texts.size(), "raw text"));
    if (column.distinct)
        words.emplace_back(column.distinct->guessable ? "a hash of every value" : "hashes");
    for (const XRayUnknown &part : column.unknown)
        words.push_back(fmt::format("{} not interpreted", sizeText(part.bytes)));
    return words.empty() ? std::string("counts only") : fmt::format("{}", fmt::join(words, "; "));
}

std::string riskWords(const XRayColumn &column)
{
    if (column.risks.empty())
        return "–";
    const Risk &worst = column.risks.front();
    return fmt::format("{} {}", riskLevelName(worst.level), riskKindName(worst.kind));
}

void printColumns(const XRay &xray, bool reveal)
{
    std::vector<std::vector<std::string>> rows{
        {"COLUMN", "N", "MISSING", "DISTINCT", "MIN", "MAX", "RISK", "LEAVES"}};
    for (const XRayColumn &column : xray.columns) {
        const bool numbers = column.numbers && column.numbers->n > 0;
        const bool hidden = hides(column, Risk::Place::Numbers, reveal);
        const auto bound = [&](double value) {
            return !numbers ? std::string("–") : hidden ? std::string("…") : numberText(value);
        };
        rows.push_back({nameOf(column, reveal), std::to_string(column.counts.n),
                        std::to_string(column.counts.null),
                        column.distinct ? numberText(column.distinct->estimate) : "–",
                        bound(numbers ? column.numbers->min : 0),
                        bound(numbers ? column.numbers->max : 0), riskWords(column),
                        leavesText(column)});
    }
    printTable(rows);
}

void printRisks(const XRay &xray, bool reveal)
{
    std::vector<std::vector<std::string>> rows{{"RISK", "LEVEL", "WHERE", "WHY"}};
    const auto add = [&](const Risk &risk, const std::string &where) {
        std::string why = risk.evidence;
        if (reveal && !risk.value.empty())
            why += " = " + risk.value;
        rows.push_back({std::string(riskKindName(risk.kind)),
                        std::string(riskLevelName(risk.level)), where, why});
    };
    for (const Risk &risk : xray.risks)
        add(risk, risk.name);
    for (const XRayColumn &column : xray.columns) {
        for (const Risk &risk : column.risks)
            add(risk, nameOf(column, reveal));
    }
    if (rows.size() > 1) {
        std::printf("\n");
        printTable(rows);
    }
}

/// All of them when they are shown as they are; masked ones tell little, and the first do.
void printTexts(const XRay &xray, bool reveal)
{
    constexpr std::size_t maskedShown = 10;
    std::vector<std::vector<std::string>> rows{{"COLUMN", "RAW TEXT", "COUNT", "RISK"}};
    for (const XRayColumn &column : xray.columns) {
        std::size_t shown = 0;
        for (const XRayText &text : column.texts) {
            if (!reveal && shown++ == maskedShown) {
                rows.push_back({nameOf(column, reveal),
                                fmt::format("… {} more", column.texts.size() - maskedShown), "",
                                ""});
                break;
            }
            rows.push_back({nameOf(column, reveal), masked(text.value, reveal),
                            text.lower == text.upper
                                ? std::to_string(text.upper)
                                : fmt::format("{} to {}", text.lower, text.upper),
                            text.risk ? std::string(riskKindName(text.risk->kind)) : "–"});
        }
    }
    if (rows.size() > 1) {
        std::printf("\n");
        printTable(rows);
    }
    if (rows.size() > 1 && !reveal)
        std::printf("\nTexts are masked; --reveal shows all as they leave.\n");
}

void print(const Rayed &rayed, bool reveal)
{
    const XRay &xray = rayed.xray;
    printLine(
        fmt::format("{}: {}, {}", inputName(rayed.file), xray.summary(), sizeText(xray.bytes)));
    printLine(fmt::format("Dataset time  {}", formatIso(xray.datasetTimestamp)));
    printLine(fmt::format("Created       {}", formatIso(xray.creationTimestamp)));
    for (const XRayPair &pair : xray.segment)
        printLine(fmt::format("Segment       {} = {}", pair.key,
                              masked(pair.value, reveal || !pair.masked)));
    for (const XRayPair &pair : xray.metadata)
        printLine(fmt::format("Metadata      {} = {}", pair.key,
                              masked(pair.value, reveal || !pair.masked)));
    if (rayed.redaction) {
        printLine("Redacted      " + rayed.redaction->summary());
        for (const std::string &rule : rayed.redaction->unmatched)
            printLine("No column     for rule " + rule);
    }
    printColumns(xray, reveal);
    printRisks(xray, reveal);
    printTexts(xray, reveal);
}

Json redactionJson(const Redaction &redaction)
{
    Json columns = Json::array();
    for (const RedactedColumn &column : redaction.columns) {
        Json actions = Json::array();
        for (const RedactionAction action : column.actions)
            actions.push_back(redactionActionName(action));
        columns.push_back({{"name", column.name},
                           {"actions", std::move(actions)},
                           {"texts", column.texts},
                           {"range", column.range},
                           {"segment", column.segment},
                           {"not_interpreted", column.unknown}});
    }
    return {{"columns", std::move(columns)}, {"unmatched", redaction.unmatched}};
}

Json jsonOf(const Rayed &rayed, bool reveal)
{
    Json root{{"file", rayed.file}};
    root.update(xrayJson(rayed.xray, reveal));
    root["redaction"] = rayed.redaction ? redactionJson(*rayed.redaction) : Json();
    return root;
}

void xrayFiles(Context &context, const Arguments &arguments)
{
    const auto rules = rulesOf(arguments.rules);
    if (!rules)
        return context.fail(rules.error());
    const auto salt = rules->empty() ? Result<std::string>(std::string()) : saltFor(context.home());
    if (!salt)
        return context.fail(salt.error());
    // All are read before the first is shown: an answer is whole or none.
    std::vector<Rayed> all;
    for (const std::string &file : arguments.files) {
        auto profile = loadProfile(file);
        if (!profile)
            return context.fail(profile.error());
        Rayed rayed{file, {}, {}};
        if (!rules->empty()) {
            auto redaction = redact(*profile, *rules, *salt);
            if (!redaction)
                return context.fail(redaction.error());
            rayed.redaction = std::move(*redaction);
        }
        rayed.xray = xray(*profile);
        all.push_back(std::move(rayed));
    }
    if (context.json) {
        Json root = Json::array();
        for (const Rayed &rayed : all)
            root.push_back(jsonOf(rayed, arguments.reveal));
        std::printf("%s\n", jsonText(all.size() == 1 ? root[0] : root).c_str());
        return;
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (i > 0)
            std::printf("\n");
        print(all[i], arguments.reveal);
    }
}

} // namespace

void addXray(CLI::App &app, Context &context)
{
    CLI::App *command = addCommand(app, context, "xray",
                                   "Show what exactly leaves the machine with a profile", true);
    auto arguments = std::make_shared<Arguments>();
    command->add_option("FILES", arguments->files, "Profile files, - for standard input")
        ->required();
    command
        ->add_option("--redact", arguments->rules,
                     "Show it as it leaves with this rule, for example email:drop-column or "
                     "*name*:hash (also drop-values, drop-range, drop-distinct); repeatable")
        ->allow_extra_args(false);
    command->add_flag("--reveal", arguments->reveal, "Show raw texts and values unmasked");
    command->callback([&context, arguments] { xrayFiles(context, *arguments); });
}

} // namespace tepal::cli
