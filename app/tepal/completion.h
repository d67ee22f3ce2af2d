/// Completion scripts for shells, from the commands and options there are.
#pragma once

#include "command_tree.h"

#include <string>

namespace tepal::cli {

std::string bashCompletion(const CommandNode &root);
std::string zshCompletion(const CommandNode &root);
std::string fishCompletion(const CommandNode &root);

} // namespace tepal::cli
