/// What the parser knows, as plain values: manual pages and completion are written from it, so that
/// they cannot say something else than the program does.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace tepal::cli {

struct OptionNode
{
    std::vector<std::string> names;   ///< `-o`, `--output`, short ones first; none: by its place.
    std::string place;                ///< `FILE` where it is given by its place.
    std::string text;                 ///< One sentence or more, no final full stop.
    std::string group;                ///< Heading in the help.
    std::string value;                ///< `TEXT`, `UINT`; empty for a flag.
    std::vector<std::string> choices; ///< All the values there are; empty: any.
    std::string preset;               ///< The default, where one is told.
    std::vector<std::string> needs;   ///< Options that have to be there, too.
    std::vector<std::string> excludes;
    bool repeatable = false;
    bool required = false;
};

struct CommandNode
{
    std::string path; ///< `tepal models export`
    std::string name; ///< `export`
    std::string text;
    std::vector<OptionNode> options;
    std::vector<OptionNode> places; ///< What is given by its place, in order.
    std::vector<CommandNode> commands;
};

/// Without what the help hides.
CommandNode commandTree(const CLI::App &app);

/// The node and everything below it, from the top.
std::vector<const CommandNode *> flattened(const CommandNode &root);

} // namespace tepal::cli
