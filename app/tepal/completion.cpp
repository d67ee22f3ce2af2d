#include "completion.h"

#include "commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string_view>

namespace tepal::cli {
namespace {

std::string joined(const std::vector<std::string> &words, std::string_view between = " ")
{
    return fmt::format("{}", fmt::join(words, between));
}

/// Inside single quotes of bash and zsh.
std::string shellQuoted(std::string_view text)
{
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'')
            out += "'\\''";
        else
            out.push_back(c);
    }
    return out + "'";
}

/// fish has escapes inside single quotes.
std::string fishQuoted(std::string_view text)
{
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\')
            out.push_back('\\');
        out.push_back(c);
    }
    return out + "'";
}

/// The first clause: what fits behind a word in a list.
std::string shortText(const std::string &text)
{
    const std::size_t end = text.find_first_of(";\n");
    return text.substr(0, end);
}

bool isFolder(const OptionNode &option)
{
    return std::ranges::any_of(option.names, [](const std::string &name) {
        return name == "--home" || name == "--directory" || name == "--dir";
    });
}

std::vector<std::string> commandNames(const CommandNode &node)
{
    std::vector<std::string> names;
    for (const CommandNode &command : node.commands)
        names.push_back(command.name);
    return names;
}

/// Every path below the first word, as patterns of a case.
std::string pathPatterns(const std::vector<const CommandNode *> &nodes, std::string_view before)
{
    std::vector<std::string> patterns;
    for (const CommandNode *node : nodes) {
        if (node != nodes.front())
            patterns.push_back(shellQuoted(node->path));
    }
    return joined(patterns, before);
}

// ---------------------------------------------------------------- zsh

/// In the text of an _arguments specification brackets and colons have a meaning.
std::string zshText(const std::string &text)
{
    std::string out;
    for (const char c : shortText(text)) {
        if (c == '[' || c == ']' || c == ':' || c == '\\')
            out.push_back('\\');
        out.push_back(c);
    }
    return out;
}

std::string zshAction(const OptionNode &option)
{
    if (!option.choices.empty())
        return "(" + joined(option.choices) + ")";
    return isFolder(option) ? "_files -/" : "_files";
}

std::string zshFunction(const CommandNode &node)
{
    std::string name = "_" + node.path;
    std::ranges::replace(name, ' ', '_');
    return name;
}

void zshCommand(const CommandNode &node, std::string &out)
{
    out += fmt::format("{}() {{\n    local curcontext=$curcontext state line\n", zshFunction(node));
    out += "    _arguments -C";
    for (const OptionNode &option : node.options) {
        const std::string value =
            option.value.empty() ? ""
                                 : fmt::format(":{}:{}", zshText(option.value), zshAction(option));
        const std::string others =
            option.repeatable ? "*" : fmt::format("({})", joined(option.names));
        for (const std::string &word : option.names)
            out += " \\\n        " + shellQuoted(fmt::format("{}{}[{}]{}", others, word,
                                                             zshText(option.text), value));
    }
    if (node.commands.empty()) {
        out += " \\\n        '*:file:_files'\n}\n\n";
        return;
    }
    out += " \\\n        '1:command:->command' \\\n        '*::argument:->argument'\n";
    out += "    case $state in\n    command)\n        local -a commands=(\n";
    for (const CommandNode &command : node.commands)
        out += "            " +
               shellQuoted(fmt::format("{}:{}", command.name, zshText(command.text))) + "\n";
    out += "        )\n        _describe command commands\n        ;;\n    argument)\n"
           "        case $words[1] in\n";
    for (const CommandNode &command : node.commands)
        out += fmt::format("        {}) {} ;;\n", command.name, zshFunction(command));
    out += "        esac\n        ;;\n    esac\n}\n\n";
}

} // namespace

std::string bashCompletion(const CommandNode &root)
{
    const auto nodes = flattened(root);
    std::string out = fmt::format(R"(# Completion of {0} for bash. Written by "{0} completion bash".
_{0}() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}
    local path={0} index words='' commands='' choices='' kind=''
    # "--option=value" comes as three words.
    if [ "$current" = "=" ]; then
        current=''
    elif [ "$before" = "=" ] && [ "$COMP_CWORD" -ge 2 ]; then
        before=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    for ((index = 1; index < COMP_CWORD; index++)); do
        case "$path ${{COMP_WORDS[index]}}" in
        {1})
            path="$path ${{COMP_WORDS[index]}}"
            ;;
        esac
    done
    case $path in
)",
                                  root.name, pathPatterns(nodes, " | \\\n        "));
    for (const CommandNode *node : nodes) {
        std::vector<std::string> words;
        for (const OptionNode &option : node->options)
            words.insert(words.end(), option.names.begin(), option.names.end());
        out += fmt::format("    {}) words={} commands={} ;;\n", shellQuoted(node->path),
                           shellQuoted(joined(words)), shellQuoted(joined(commandNames(*node))));
    }
    out += "    esac\n    case \"$path $before\" in\n";
    for (const CommandNode *node : nodes) {
        for (const OptionNode &option : node->options) {
            if (option.value.empty())
                continue;
            std::vector<std::string> patterns;
            for (const std::string &name : option.names)
                patterns.push_back(shellQuoted(node->path + " " + name));
            out += fmt::format("    {}) ", joined(patterns, " | "));
            if (!option.choices.empty())
                out += fmt::format("kind='choices' choices={} ;;\n",
                                   shellQuoted(joined(option.choices)));
            else
                out += isFolder(option) ? "kind='folder' ;;\n" : "kind='file' ;;\n";
        }
    }
    out += fmt::format(R"(    esac
    if [ -z "$kind" ]; then
        case $current in
        -*) kind='choices' choices=$words ;;
        *)
            kind='file'
            [ -z "$commands" ] || kind='choices' choices=$commands
            ;;
        esac
    fi
    case $kind in
    choices) mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current") ;;
    folder) compopt -o filenames && mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    file) compopt -o filenames && mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    esac
}}
complete -F _{0} {0}
)",
                       root.name);
    return out;
}

std::string zshCompletion(const CommandNode &root)
{
    std::string out = fmt::format("#compdef {0}\n# Completion of {0} for zsh. Written by \"{0} "
                                  "completion zsh\".\n\n",
                                  root.name);
    for (const CommandNode *node : flattened(root))
        zshCommand(*node, out);
    // Loaded by its name it runs at once; read by "source" it registers itself.
    out += fmt::format("if [[ $funcstack[1] == _{0} ]]; then\n    _{0} \"$@\"\nelse\n"
                       "    compdef _{0} {0}\nfi\n",
                       root.name);
    return out;
}

std::string fishCompletion(const CommandNode &root)
{
    const auto nodes = flattened(root);
    std::string out = fmt::format(R"(# Completion of {0} for fish. Written by "{0} completion fish".
function __{0}_is
    set -l path {0}
    for word in (commandline -opc)[2..-1]
        switch "$path $word"
            case {1}
                set path "$path $word"
        end
    end
    test "$path" = "$argv[1]"
end
)",
                                  root.name, pathPatterns(nodes, " "));
    for (const CommandNode *node : nodes) {
        const std::string start =
            fmt::format("complete -c {} -n {}", root.name,
                        fishQuoted(fmt::format("__{}_is '{}'", root.name, node->path)));
        for (const CommandNode &command : node->commands)
            out += fmt::format("{} -f -a {} -d {}\n", start, command.name,
                               fishQuoted(shortText(command.text)));
        for (const OptionNode &option : node->options) {
            out += start;
            for (const std::string &name : option.names)
                out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
            if (!option.value.empty()) {
                out += " -r";
                if (!option.choices.empty())
                    out += " -f -a " + fishQuoted(joined(option.choices));
                else if (isFolder(option))
                    out += " -f -a '(__fish_complete_directories)'";
                else
                    out += " -F";
            }
            out += fmt::format(" -d {}\n", fishQuoted(shortText(option.text)));
        }
    }
    return out;
}

void addCompletion(CLI::App &app, Context &context)
{
    static_cast<void>(context);
    CLI::App *command =
        app.add_subcommand("completion", "Print a script that lets a shell complete commands");
    const auto shell = std::make_shared<std::string>();
    command->add_option("SHELL", *shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    command->callback([&app, shell] {
        const CommandNode root = commandTree(app);
        const std::string script = *shell == "bash"  ? bashCompletion(root)
                                   : *shell == "zsh" ? zshCompletion(root)
                                                     : fishCompletion(root);
        std::fwrite(script.data(), 1, script.size(), stdout);
    });
}

} // namespace tepal::cli
