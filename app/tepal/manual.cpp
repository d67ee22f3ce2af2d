#include "manual.h"

#include "commands.h"
#include "output.h"

#include <tepal/base/text.h>
#include <tepal/base/version.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <utility>

namespace tepal::cli {
namespace {

/// Text in which nothing is a request or an escape, in ASCII.
std::string roff(std::string_view text)
{
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = std::max<std::size_t>(utf8SequenceLength(text, at), 1);
        const auto lead = static_cast<unsigned char>(text[at]);
        std::uint32_t point = length == 1 ? lead : lead & (0xffu >> (length + 1));
        for (std::size_t i = 1; i < length; ++i)
            point = point << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3fu);
        at += length;
        if (point > 0x7e)
            out += fmt::format("\\[u{:04X}]", point);
        else if (point == '\\')
            out += "\\(rs";
        else if (point == '-')
            out += "\\-";
        else if (point == '\'')
            out += "\\(aq";
        else if (point == '"')
            out += "\\(dq";
        else if (point == '~')
            out += "\\(ti";
        else if (point == '^')
            out += "\\(ha";
        else if (point == '`')
            out += "\\(ga";
        else if (point == '\n')
            out += "\n";
        else
            out.push_back(static_cast<char>(point));
    }
    // A full stop in front would begin a request.
    std::string safe;
    bool first = true;
    for (const char c : out) {
        if (first && c == '.')
            safe += "\\&";
        safe.push_back(c);
        first = c == '\n';
    }
    return safe;
}

std::string bold(std::string_view text)
{
    return "\\fB" + roff(text) + "\\fR";
}

std::string italic(std::string_view text)
{
    return "\\fI" + roff(text) + "\\fR";
}

/// A sentence of the help, with the stop that the help leaves out.
std::string sentence(const std::string &text)
{
    if (text.empty())
        return "";
    const bool stopped = text.ends_with('.') || text.ends_with('!') || text.ends_with('?');
    return roff(text) + (stopped ? "" : ".");
}

std::string names(const std::vector<std::string> &list)
{
    std::vector<std::string> all;
    for (const std::string &name : list)
        all.push_back(bold(name));
    return fmt::format("{}", fmt::join(all, ", "));
}

std::string valueOf(const OptionNode &option)
{
    if (option.choices.empty())
        return italic(option.value);
    std::vector<std::string> all;
    for (const std::string &choice : option.choices)
        all.push_back(bold(choice));
    return fmt::format("{}", fmt::join(all, "|"));
}

/// `.TP`, what is written, and what it does.
std::string entry(const OptionNode &option)
{
    std::string out = ".TP\n";
    if (option.names.empty())
        out += italic(option.place);
    else
        out += names(option.names) + (option.value.empty() ? "" : " " + valueOf(option));
    out += option.repeatable ? " ...\n" : "\n";
    std::vector<std::string> sentences;
    if (!option.text.empty())
        sentences.push_back(sentence(option.text));
    if (option.names.empty() && !option.choices.empty())
        sentences.push_back("One of " + valueOf(option) + ".");
    if (!option.preset.empty())
        sentences.push_back("Default: " + bold(option.preset) + ".");
    if (option.required && !option.names.empty())
        sentences.emplace_back("Has to be given.");
    if (!option.needs.empty())
        sentences.push_back("Only with " + names(option.needs) + ".");
    if (!option.excludes.empty())
        sentences.push_back("Not with " + names(option.excludes) + ".");
    if (sentences.empty())
        sentences.emplace_back(option.required ? "Has to be given." : "May be left out.");
    return out + fmt::format("{}\n", fmt::join(sentences, "\n"));
}

std::string heading(const std::string &name, const std::string &date)
{
    std::string upper = name;
    std::ranges::transform(upper, upper.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return fmt::format(".\\\" Written by \"tepal manual\" from the commands of the program.\n"
                       ".TH {} 1 \"{}\" \"Tepal {}\" \"Tepal manual\"\n",
                       roff(upper), date, version());
}

std::string synopsis(const CommandNode &node)
{
    std::string out = bold(node.path);
    if (!node.options.empty())
        out += " [" + italic("OPTION") + "]...";
    if (!node.commands.empty())
        out += " " + italic("COMMAND");
    for (const OptionNode &place : node.places) {
        const std::string one = italic(place.place) + (place.repeatable ? "..." : "");
        out += place.required ? " " + one : " [" + one + "]";
    }
    return out + "\n";
}

/// Places and options of one command, by the groups of its help.
std::string body(const CommandNode &node, std::string_view macro)
{
    std::string out;
    if (!node.places.empty()) {
        out += fmt::format("{} {}\n", macro, macro == ".SH" ? "ARGUMENTS" : "Arguments");
        for (const OptionNode &place : node.places)
            out += entry(place);
    }
    std::vector<std::string> groups;
    for (const OptionNode &option : node.options) {
        if (std::ranges::find(groups, option.group) == groups.end())
            groups.push_back(option.group);
    }
    for (const std::string &group : groups) {
        const bool first = group == groups.front();
        if (first)
            out += fmt::format("{} {}\n", macro, macro == ".SH" ? "OPTIONS" : "Options");
        else
            out += fmt::format(".SS {}\n", roff(group));
        for (const OptionNode &option : node.options) {
            if (option.group == group)
                out += entry(option);
        }
    }
    return out;
}

std::string pageName(const CommandNode &root, const CommandNode &command)
{
    return root.name + "-" + command.name;
}

std::string commonEnd()
{
    return ".SH EXIT STATUS\n"
           ".TP\n0\nDone.\n"
           ".TP\n1\nNot done; one line on standard error says what, why, and the next step.\n"
           ".TP\n2\nUsed wrongly.\n";
}

Status writePages(const CommandNode &root, const std::filesystem::path &folder,
                  const std::string &date)
{
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        return fail(
            ErrorCode::Io,
            fmt::format("the folder {} cannot be made: {}", folder.string(), error.message()),
            "name another one");
    if (auto written = writeOutput(folder / (root.name + ".1"), programPage(root, date)); !written)
        return written;
    for (const CommandNode &command : root.commands) {
        const std::string file = pageName(root, command) + ".1";
        if (auto written = writeOutput(folder / file, commandPage(root, command, date)); !written)
            return written;
    }
    return {};
}

} // namespace

std::string programPage(const CommandNode &root, const std::string &date)
{
    std::string out = heading(root.name, date);
    out += fmt::format(".SH NAME\n{} \\- serve a model, profile its data, tell whether it drifts\n",
                       root.name);
    out += ".SH SYNOPSIS\n" + synopsis(root);
    out += ".SH DESCRIPTION\n" + sentence(root.text) + "\n";
    out += ".PP\nEach command has a page of its own, such as\n.BR tepal\\-serve (1),\nand says the "
           "same with\n.BR \\-\\-help .\n";
    out += body(root, ".SH");
    out += ".SH COMMANDS\n";
    for (const CommandNode &command : root.commands)
        out += fmt::format(".TP\n{}\n{}\n", bold(root.name + " " + command.name),
                           sentence(command.text));
    out += commonEnd();
    out += ".SH ENVIRONMENT\n"
           ".TP\n.B TEPAL_HOME\nThe home directory, where\n.B \\-\\-home\nis not given.\n"
           ".TP\n.B TEPAL_TOKEN\nThe token that an endpoint needs: what it is started with where\n"
           ".B \\-\\-token\\-file\nis not given, and what clients send.\n"
           ".TP\n.B SSL_CERT_FILE\nWhom clients of an endpoint with TLS trust, instead of the "
           "system's "
           "authorities.\n"
           ".SH FILES\n"
           ".TP\n.I ~/.local/share/tepal\nThe home directory, unless another one is named: models, "
           "windows, references and what waits to be sent.\n"
           ".TP\n.I ~/.config/tepal\nSettings of the workbench.\n"
           ".SH EXAMPLES\nA model, an endpoint, and a request to it:\n.PP\n.nf\n.RS\n"
           "tepal train iris\n"
           "tepal serve &\n"
           "curl \\-H \\(dqcontent\\-type: application/json\\(dq \\(rs\n"
           "    \\-\\-data \\(dq[[4.9, 3.0, 1.4, 0.2]]\\(dq \\(rs\n"
           "    http://127.0.0.1:3000/v1/models/iris/predict\n"
           ".RE\n.fi\n";
    std::vector<std::string> pages;
    for (const CommandNode &command : root.commands)
        pages.push_back(fmt::format(".BR {} (1)", roff(pageName(root, command))));
    pages.emplace_back(".BR tepal\\-workbench (1)");
    out += fmt::format(".SH SEE ALSO\n{}\n", fmt::join(pages, ",\n"));
    return out;
}

std::string commandPage(const CommandNode &root, const CommandNode &command,
                        const std::string &date)
{
    const std::string name = pageName(root, command);
    std::string out = heading(name, date);
    out += fmt::format(".SH NAME\n{} \\- {}\n", roff(name), roff(command.text));
    const auto nodes = flattened(command);
    out += ".SH SYNOPSIS\n";
    for (const CommandNode *node : nodes) {
        if (node->commands.empty())
            out += synopsis(*node) + (node == nodes.back() ? "" : ".br\n");
    }
    out += ".SH DESCRIPTION\n" + sentence(command.text) + "\n";
    out += body(command, ".SH");
    if (!command.commands.empty())
        out += ".SH COMMANDS\n";
    for (const CommandNode *node : nodes) {
        if (node == &command)
            continue;
        out += fmt::format(".SS {}\n{}\n", bold(node->path), sentence(node->text));
        for (const OptionNode &place : node->places)
            out += entry(place);
        for (const OptionNode &option : node->options)
            out += entry(option);
    }
    out += commonEnd();
    out += fmt::format(".SH SEE ALSO\n.BR {} (1)\n", roff(root.name));
    return out;
}

void addManual(CLI::App &app, Context &context)
{
    CLI::App *command = app.add_subcommand("manual", "Write the manual pages into a folder");
    command->group(""); // for packages, not for people
    const auto options = std::make_shared<std::pair<std::string, std::string>>();
    command->add_option("FOLDER", options->first)->required();
    command->add_option("--date", options->second, "Date of the pages");
    command->callback([&app, &context, options] {
        const auto written = writePages(commandTree(app), options->first, options->second);
        if (!written)
            context.fail(written.error());
    });
}

} // namespace tepal::cli
