/// --from and --to, the same for every command.
#pragma once

#include "commands.h"

#include <tepal/base/time.h>

#include <string>

namespace tepal::cli {

struct TimeRangeText
{
    std::string from;
    std::string to;

    bool given() const { return !from.empty() || !to.empty(); }
};

void addRange(CLI::App *command, TimeRangeText &text);
/// What is not given is taken from `whole`.
Result<TimeRange> parseRange(const TimeRangeText &text, TimeRange whole);
/// Wide enough for any window, narrow enough not to overflow.
TimeRange allTime();

} // namespace tepal::cli
