#include "command_tree.h"

#include <algorithm>

namespace tepal::cli {
namespace {

std::vector<std::string> namesOf(const CLI::Option &option)
{
    std::vector<std::string> names;
    for (const std::string &name : option.get_snames())
        names.push_back("-" + name);
    for (const std::string &name : option.get_lnames())
        names.push_back("--" + name);
    return names;
}

/// In a fixed order: the parser keeps sets of pointers.
std::vector<std::string> namesOf(const std::set<CLI::Option *> &options)
{
    std::vector<std::string> names;
    for (const CLI::Option *option : options)
        names.push_back(option->get_name());
    std::ranges::sort(names);
    return names;
}

/// `TEXT:{process,thread}` is a kind of value and its choices; `FLOAT:FLOAT in [0 - 1]` a kind and
/// a range.
void splitType(const std::string &type, OptionNode &node)
{
    const std::size_t colon = type.find(':');
    node.value = type.substr(0, colon);
    const std::size_t open = type.find('{');
    const std::size_t close = type.rfind('}');
    if (open == type.npos || close == type.npos || close < open)
        return;
    std::string choice;
    for (const char c : type.substr(open + 1, close - open - 1) + ",") {
        if (c != ',') {
            choice.push_back(c);
        } else if (!choice.empty()) {
            node.choices.push_back(choice);
            choice.clear();
        }
    }
}

OptionNode nodeOf(const CLI::Option &option)
{
    OptionNode node;
    node.names = namesOf(option);
    node.place = option.get_positional() ? option.get_name(true) : "";
    node.text = option.get_description();
    node.group = option.get_group();
    if (option.get_type_size() != 0)
        splitType(option.get_type_name(), node);
    node.preset = option.get_default_str();
    node.needs = namesOf(option.get_needs());
    node.excludes = namesOf(option.get_excludes());
    node.repeatable = option.get_expected_max() > 1;
    node.required = option.get_required();
    return node;
}

CommandNode nodeOf(const CLI::App &app, const std::string &above)
{
    CommandNode node;
    node.name = app.get_name();
    node.path = above.empty() ? node.name : above + " " + node.name;
    node.text = app.get_description();
    for (const CLI::Option *option : app.get_options()) {
        if (option->get_group().empty())
            continue;
        OptionNode one = nodeOf(*option);
        (one.names.empty() ? node.places : node.options).push_back(std::move(one));
    }
    for (const CLI::App *command :
         app.get_subcommands([](const CLI::App *one) { return !one->get_group().empty(); }))
        node.commands.push_back(nodeOf(*command, node.path));
    return node;
}

void collect(const CommandNode &node, std::vector<const CommandNode *> &out)
{
    out.push_back(&node);
    for (const CommandNode &command : node.commands)
        collect(command, out);
}

} // namespace

CommandNode commandTree(const CLI::App &app)
{
    return nodeOf(app, "");
}

std::vector<const CommandNode *> flattened(const CommandNode &root)
{
    std::vector<const CommandNode *> all;
    collect(root, all);
    return all;
}

} // namespace tepal::cli
