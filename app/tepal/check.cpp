#include "commands.h"
#include "output.h"

#include <tepal/base/log.h>
#include <tepal/service/check.h>

#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace tepal::cli {

void addCheck(CLI::App &app, Context &context)
{
    CLI::App *command = addCommand(
        app, context, "check",
        "Verify everything in a home; what follows from the rest is remade with --repair", true);
    auto repair = std::make_shared<bool>(false);
    command->add_flag("--repair", *repair, "Remake indexes, summaries, roll-ups and outbox items");
    command->callback([&context, repair] {
        setLogLevel(LogLevel::Error);
        const Home home = context.home();
        const auto check = checkHome(home, *repair);
        if (!check)
            return context.fail(check.error());
        context.exitStatus = check->clean() ? 0 : 1;
        if (context.json) {
            std::printf("%s\n", checkJson(home, *check).c_str());
            return;
        }
        for (const CheckFinding &finding : check->findings)
            printLine(fmt::format("{}: {}{}", finding.where, finding.what,
                                  finding.repaired ? " (repaired)" : ""));
        std::printf(
            "%s windows, %s rows, %s profiles, %s models; %s unread records in %s journal "
            "files\n",
            std::to_string(check->store.windows).c_str(), std::to_string(check->store.rows).c_str(),
            std::to_string(check->store.profiles).c_str(), std::to_string(check->models).c_str(),
            std::to_string(check->unreadRecords).c_str(),
            std::to_string(check->journalFiles).c_str());
        if (check->skipped > 0 || check->quarantined > 0)
            std::printf("In the past: %lld places of the journal skipped, %lld records set aside\n",
                        static_cast<long long>(check->skipped),
                        static_cast<long long>(check->quarantined));
        if (check->clean())
            std::printf(check->findings.empty() ? "Everything is in order.\n"
                                                : "Everything found was repaired.\n");
        else
            context.fail({ErrorCode::Corrupt, "the home has faults",
                          *repair ? "what is named without \"repaired\" cannot be remade"
                                  : "run \"tepal check --repair\" with the endpoint stopped"});
    });
}

} // namespace tepal::cli
