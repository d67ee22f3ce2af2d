/// A judgement in words: the same sentence in window, command line and exports. Pure.
#pragma once

#include <tepal/base/time.h>
#include <tepal/drift/compare.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace tepal::monitor {

/// What the verdict of a column rests on.
enum class Basis : std::uint8_t {
    Range,  ///< All rows of the range together.
    Recent, ///< Two of its last three finished windows.
    Now,    ///< The window that is still being filled.
};

/// A column as the sentence speaks of it.
struct Finding
{
    std::string name;
    drift::Verdict verdict = drift::Verdict::NoData;
    Basis basis = Basis::Range;
    TimeMs since = 0;
    std::int64_t rowsNeeded = 0;
};

struct Tally
{
    int all = 0;
    int drifting = 0; ///< Drift, another type, a column more or less.
    int possible = 0;
    int undecided = 0; ///< Low evidence, too.
    int steady = 0;
    int silent = 0; ///< Without data.
};

Tally tally(std::span<const Finding> findings);
/// The most serious verdict.
drift::Verdict worst(std::span<const Finding> findings);
/// Drift, or something that makes comparing impossible.
bool isAlarming(drift::Verdict verdict);

/// How a time reads: with its date. UTC by default.
using TimeText = std::function<std::string(TimeMs)>;
/// "Thu 2026-11-26 02:00"
std::string weekdayTime(TimeMs time);

/// "1 of 6 columns drifts since Thu 2026-11-26 02:00: petal width. 4 steady, 1 undecided (about 240
/// more rows would tell)." Where they differ each says when: "2 of 6 columns drift: petal width
/// since Thu 2026-11-26 02:00; petal length now, 567 rows. 4 steady."
std::string sentence(std::span<const Finding> findings, std::int64_t openRows,
                     const TimeText &time = weekdayTime);
/// "in 2 of the last 3 windows", "now, 3,318 rows", "over the range"
std::string basisText(Basis basis, std::int64_t openRows);
/// 3,318
std::string grouped(std::int64_t number);

} // namespace tepal::monitor
