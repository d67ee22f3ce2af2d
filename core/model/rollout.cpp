#include "stored_format.h"

#include <tepal/base/file.h>
#include <tepal/base/text.h>
#include <tepal/model/rollout.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace tepal {
namespace fs = std::filesystem;

namespace {

constexpr int kFormat = 1;

std::string textOf(const Rollout &rollout)
{
    nlohmann::ordered_json json{
        {"format", kFormat}, {"primary", rollout.primary}, {"candidate", rollout.candidate}};
    if (rollout.mode == Rollout::Mode::Shadow)
        json["shadow"] = true;
    else
        json["share"] = rollout.share;
    return json.dump(2) + "\n";
}

Result<Rollout> parse(std::string_view text, const fs::path &file)
{
    const auto corrupt = [&] {
        return fail(ErrorCode::Corrupt, fmt::format("{} is damaged", file.string()),
                    "end the rollout with \"tepal models rollout NAME --end\" and begin it again");
    };
    try {
        const auto json = nlohmann::json::parse(text);
        if (json.at("format").get<int>() != kFormat)
            return fail(ErrorCode::Unsupported,
                        fmt::format("{} was written by a newer version", file.string()),
                        "update this program");
        Rollout rollout;
        json.at("primary").get_to(rollout.primary);
        json.at("candidate").get_to(rollout.candidate);
        if (json.value("shadow", false))
            rollout.mode = Rollout::Mode::Shadow;
        else
            json.at("share").get_to(rollout.share);
        const bool split = rollout.mode == Rollout::Mode::Split;
        if (split && !(rollout.share > 0 && rollout.share < 1))
            return corrupt();
        return rollout;
    } catch (const nlohmann::json::exception &) {
        return corrupt();
    }
}

/// Seven of a hundred are "7 %", although 100 × 0.07 is a little more.
std::string percentText(double share)
{
    return formatDouble(std::round(share * 1e10) / 1e8) + " %";
}

/// Whoever asks must not see from the shape of an answer who gave it.
Status checkAlike(const ModelInfo &primary, const ModelInfo &candidate)
{
    if (primary.features != candidate.features)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} and {} do not ask for the same features", primary.tag.text(),
                                candidate.tag.text()),
                    "serve the other one under a name of its own");
    if (primary.task != candidate.task)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("one of {} and {} names classes, the other gives numbers",
                                primary.tag.text(), candidate.tag.text()),
                    "serve the other one under a name of its own");
    return {};
}

} // namespace

std::string rolloutPart(const Rollout &rollout, std::string_view version)
{
    const bool isCandidate = version == rollout.candidate;
    if (!isCandidate && version != rollout.primary)
        return {};
    if (rollout.mode == Rollout::Mode::Shadow)
        return isCandidate ? "in the shadow" : "all requests";
    return fmt::format("{} of requests",
                       percentText(isCandidate ? rollout.share : 1 - rollout.share));
}

std::string rolloutSentence(const std::string &name, const Rollout &rollout)
{
    const std::string primary = ModelTag{name, rollout.primary}.text();
    const std::string candidate = ModelTag{name, rollout.candidate}.text();
    if (rollout.mode == Rollout::Mode::Shadow)
        return fmt::format("{} answers; {} is asked too, in its shadow", primary, candidate);
    return fmt::format("{} answers {}, {} {} of the requests", primary,
                       percentText(1 - rollout.share), candidate, percentText(rollout.share));
}

Rollouts::Rollouts(fs::path root)
    : m_root(std::move(root))
    , m_store(m_root)
{}

fs::path Rollouts::fileOf(const std::string &name) const
{
    return m_root / name / kRolloutFile;
}

Result<std::optional<Rollout>> Rollouts::get(const std::string &name) const
{
    // Names reach this from outside; only a checked one may become a path.
    const auto tag = parseModelTag(name);
    if (!tag || tag->name != name)
        return std::nullopt;
    const fs::path file = fileOf(name);
    std::error_code error;
    if (!fs::exists(file, error))
        return std::nullopt;
    const auto text = readFile(file, 64u << 10);
    if (!text)
        return tl::unexpected(text.error());
    auto rollout = parse(*text, file);
    if (!rollout)
        return tl::unexpected(rollout.error());
    for (const std::string &version : {rollout->primary, rollout->candidate}) {
        const auto info = m_store.get({name, version});
        if (!info)
            return failWith(fmt::format("the rollout of {}", name), info.error());
    }
    return *rollout;
}

std::vector<std::pair<std::string, Result<Rollout>>> Rollouts::all() const
{
    std::vector<std::pair<std::string, Result<Rollout>>> found;
    std::error_code error;
    for (fs::directory_iterator it(m_root, error), end; !error && it != end; it.increment(error)) {
        const std::string name = it->path().filename().string();
        const auto rollout = get(name);
        if (!rollout)
            found.emplace_back(name, tl::unexpected(rollout.error()));
        else if (*rollout)
            found.emplace_back(name, **rollout);
    }
    std::sort(found.begin(), found.end(),
              [](const auto &a, const auto &b) { return a.first < b.first; });
    return found;
}

Result<Rollout> Rollouts::set(const std::string &name, Rollout rollout)
{
    const auto primary = m_store.get({name, rollout.primary});
    const auto candidate = m_store.get({name, rollout.candidate});
    for (const auto *each : {&primary, &candidate}) {
        if (!*each)
            return tl::unexpected(each->error());
    }
    if (primary->tag == candidate->tag)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} cannot stand beside itself", primary->tag.text()),
                    "name another version");
    if (auto alike = checkAlike(*primary, *candidate); !alike)
        return tl::unexpected(alike.error());
    if (rollout.mode == Rollout::Mode::Split && !(rollout.share > 0 && rollout.share < 1))
        return fail(ErrorCode::InvalidArgument,
                    "the candidate's share of the requests must lie between 0 and 100 %",
                    "to send all to it, serve it alone");
    rollout.primary = primary->tag.version;
    rollout.candidate = candidate->tag.version;
    if (auto written = writeFileAtomic(fileOf(primary->tag.name), textOf(rollout)); !written)
        return tl::unexpected(written.error());
    return rollout;
}

Status Rollouts::end(const std::string &name)
{
    const auto tag = parseModelTag(name);
    std::error_code error;
    if (!tag || tag->name != name || !fs::remove(fileOf(name), error) || error)
        return error ? Status(fail(ErrorCode::Io, fmt::format("cannot end the rollout of {}: {}",
                                                              name, error.message())))
                     : Status(fail(ErrorCode::NotFound,
                                   fmt::format("no rollout of {} is under way", name),
                                   "see \"tepal models rollout\""));
    return {};
}

} // namespace tepal
