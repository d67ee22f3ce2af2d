#include "commands.h"
#include "output.h"

#include <tepal/base/text.h>
#include <tepal/store/store.h>
#include <tepal/store/window_writer.h>

#include <nlohmann/json.hpp>

#include <cstdio>

namespace tepal::cli {

void addQuarantine(CLI::App &app, Context &context)
{
    CLI::App *command = addCommand(app, context, "quarantine",
                                   "List records that were set aside, with the reason", true);
    command->callback([&context] {
        auto store = Store::open(context.home().database(), Store::Access::ReadOnly);
        if (!store)
            return context.fail(store.error());
        const auto records = WindowWriter(**store).quarantined();
        if (!records)
            return context.fail(records.error());
        auto json = nlohmann::ordered_json::array();
        std::vector<std::vector<std::string>> table{{"NOTICED", "DATASET", "REASON", "RECORD"}};
        for (const QuarantinedRecord &record : *records) {
            const std::string text = toUtf8(record.payload);
            json.push_back({{"noticed", formatIso(record.noticed)},
                            {"dataset", record.dataset},
                            {"time", formatIso(record.time)},
                            {"lane", record.lane},
                            {"sequence", record.sequence},
                            {"reason", record.reason},
                            {"record", text}});
            table.push_back({formatIso(record.noticed), record.dataset, record.reason,
                             std::string(utf8Prefix(text.substr(0, text.find('\n')), 80))});
        }
        if (context.json)
            std::printf("%s\n", jsonText(json).c_str());
        else if (records->empty())
            std::printf("No record was set aside.\n");
        else
            printTable(table);
    });
}

} // namespace tepal::cli
