#include <tepal/monitor/words.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace tepal::monitor {
namespace {

using drift::Verdict;

constexpr std::size_t kNamed = 3;

std::string counted(std::int64_t count, std::string_view one, std::string_view many)
{
    return count == 1 ? std::string(one) : fmt::format("{} {}", grouped(count), many);
}

/// "a, b, c and 2 more"
std::string named(const std::vector<std::string> &names)
{
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < kNamed; ++i)
        text += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > kNamed)
        text += fmt::format(" and {} more", names.size() - kNamed);
    return text;
}

/// Columns that drift alike: since the same time, now, or over the range.
struct Group
{
    std::string when;
    std::vector<std::string> names;
};

std::vector<Group> groupsOf(std::span<const Finding> findings, std::int64_t openRows,
                            const TimeText &time)
{
    // The longest run first, then what drifts right now, then what only the range shows.
    std::map<std::pair<int, TimeMs>, Group> groups;
    for (const Finding &finding : findings) {
        if (!isAlarming(finding.verdict))
            continue;
        const bool now = finding.basis == Basis::Now;
        const bool run = !now && finding.since != 0;
        Group &group = groups[{run ? 0 : now ? 1 : 2, run ? finding.since : 0}];
        group.when = run   ? "since " + time(finding.since)
                     : now ? basisText(Basis::Now, openRows)
                           : basisText(Basis::Range, openRows);
        group.names.push_back(finding.name);
    }
    std::vector<Group> result;
    for (auto &[key, group] : groups)
        result.push_back(std::move(group));
    return result;
}

std::string driftingText(std::span<const Finding> findings, std::int64_t openRows,
                         const Tally &count, const TimeText &time)
{
    const std::vector<Group> groups = groupsOf(findings, openRows, time);
    const std::string head =
        fmt::format("{} of {} {}", count.drifting, counted(count.all, "1 column", "columns"),
                    count.drifting == 1 ? "drifts" : "drift");
    if (groups.size() == 1)
        return fmt::format("{} {}: {}.", head, groups[0].when, named(groups[0].names));
    std::string text;
    int told = 0;
    for (std::size_t i = 0; i < groups.size() && i < kNamed; ++i) {
        text += fmt::format("{}{} {}", i == 0 ? "" : "; ", named(groups[i].names), groups[i].when);
        told += static_cast<int>(groups[i].names.size());
    }
    if (told < count.drifting)
        text += fmt::format("; {} more", count.drifting - told);
    return fmt::format("{}: {}.", head, text);
}

} // namespace

std::string grouped(std::int64_t number)
{
    std::string digits = std::to_string(number);
    const std::size_t first = number < 0 ? 1 : 0;
    for (std::size_t at = digits.size(); at > first + 3; at -= 3)
        digits.insert(at - 3, 1, ',');
    return digits;
}

std::string weekdayTime(TimeMs time)
{
    constexpr std::array kDays{"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"}; // from 1970-01-01
    const TimeMs day = time >= 0 ? time / kDayMs : (time - kDayMs + 1) / kDayMs;
    const std::string iso = formatIso(time);
    return fmt::format("{} {} {}", kDays[static_cast<std::size_t>((day % 7 + 7) % 7)],
                       iso.substr(0, 10), iso.substr(11, 5));
}

bool isAlarming(Verdict verdict)
{
    return verdict >= Verdict::Drift;
}

Tally tally(std::span<const Finding> findings)
{
    Tally result;
    for (const Finding &finding : findings) {
        ++result.all;
        switch (finding.verdict) {
        case Verdict::Drift:
        case Verdict::SchemaChange:
        case Verdict::TypeChange:
            ++result.drifting;
            break;
        case Verdict::PossibleDrift:
            ++result.possible;
            break;
        case Verdict::Undecided:
        case Verdict::LowEvidence:
            ++result.undecided;
            break;
        case Verdict::NoDrift:
        case Verdict::Negligible:
            ++result.steady;
            break;
        case Verdict::NoData:
            ++result.silent;
            break;
        }
    }
    return result;
}

Verdict worst(std::span<const Finding> findings)
{
    Verdict result = Verdict::NoData;
    for (const Finding &finding : findings)
        result = std::max(result, finding.verdict);
    return result;
}

std::string basisText(Basis basis, std::int64_t openRows)
{
    switch (basis) {
    case Basis::Recent:
        return "in two of the last three windows";
    case Basis::Now:
        return fmt::format("now, {}", counted(openRows, "1 row", "rows"));
    case Basis::Range:
        break;
    }
    return "over the range";
}

std::string sentence(std::span<const Finding> findings, std::int64_t openRows, const TimeText &time)
{
    const Tally count = tally(findings);
    if (count.all == 0 || count.silent == count.all)
        return "No rows to compare in this time range.";
    std::string text;
    if (count.drifting > 0)
        text = driftingText(findings, openRows, count, time);
    else if (count.possible > 0 || count.undecided > 0)
        text = "No column drifts.";
    else
        text = count.all == 1 ? "No drift shown in the one column."
                              : fmt::format("No drift shown in {} columns.", count.all);
    std::int64_t needed = 0;
    for (const Finding &finding : findings) {
        if (finding.verdict == Verdict::Undecided)
            needed = std::max(needed, finding.rowsNeeded);
    }
    std::vector<std::string> rest;
    const auto add = [&](int number, std::string_view what) {
        if (number > 0)
            rest.push_back(fmt::format("{} {}", number, what));
    };
    add(count.possible, "possibly drifting");
    if (count.drifting > 0 || count.possible > 0 || count.undecided > 0)
        add(count.steady, "steady");
    add(count.undecided, "undecided");
    if (count.undecided > 0 && needed > 0)
        rest.back() +=
            fmt::format(" (about {} would tell)", counted(needed, "1 more row", "more rows"));
    add(count.silent, "without data");
    for (std::size_t i = 0; i < rest.size(); ++i)
        text += (i == 0 ? " " : ", ") + rest[i];
    if (!rest.empty())
        text += ".";
    return text;
}

} // namespace tepal::monitor
