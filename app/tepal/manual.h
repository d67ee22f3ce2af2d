/// Manual pages, from the commands and options there are.
#pragma once

#include "command_tree.h"

#include <string>

namespace tepal::cli {

/// The page of the program itself: what it is for, its commands and its environment. `date` may be
/// empty.
std::string programPage(const CommandNode &root, const std::string &date);
/// The page of one command with all that is below it.
std::string commandPage(const CommandNode &root, const CommandNode &command,
                        const std::string &date);

} // namespace tepal::cli
