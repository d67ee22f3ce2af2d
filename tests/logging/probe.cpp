#include "probe.h"

#include "test_support.h"

#include <tepal/logging/logger.h>
#include <tepal/store/store.h>
#include <tepal/store/store_check.h>
#include <tepal/store/windows.h>

#include <QProcess>

#include <limits>

namespace tepal::test {

namespace {
constexpr TimeRange kAll{std::numeric_limits<TimeMs>::min() / 2,
                         std::numeric_limits<TimeMs>::max() / 2};
} // namespace

Answers probe(const QString &home, int first, const QString &sync,
              const QProcessEnvironment &environment)
{
    QProcess process;
    process.setProcessEnvironment(environment);
    process.start(qs((binDir() / "fault_probe").string()),
                  {home, QString::number(first), QString::number(kProbeRecords), sync});
    Answers answers;
    if (!process.waitForFinished(60'000) || process.exitStatus() != QProcess::NormalExit)
        return answers;
    answers.status = process.exitCode();
    answers.err = process.readAllStandardError();
    for (const QByteArray &line : process.readAllStandardOutput().split('\n')) {
        const auto words = line.split(' ');
        if (words.size() == 2 && words[1] == "done")
            answers.done.insert(words[0].toLongLong());
        else if (words.size() == 2 && words[1] == "unknown")
            answers.unknown.insert(words[0].toLongLong());
    }
    return answers;
}

Comparison compare(const Home &home, const Answers &answers, Loss loss)
{
    auto logger = Logger::open(home, {});
    if (!logger)
        return {"no logger afterwards: " + logger.error().text()};
    if (const auto drained = (*logger)->drain(true); !drained)
        return {"not drained: " + drained.error().text()};
    auto store = Store::open(home.database());
    if (!store)
        return {store.error().text()};
    const auto checked = StoreCheck(**store).run(false);
    if (!checked || !checked->findings.empty())
        return {"check: " + (checked ? checked->findings[0].what : checked.error().text())};
    const auto profile = Windows(**store).profile("model-1", kAll).value();
    std::set<std::int64_t> counted;
    if (profile) {
        for (const auto &item : profile->columns.at("id").frequentStrings->listNoFalsePositives()) {
            if (item.estimate != 1)
                return {"counted twice: " + item.value};
            counted.insert(std::stoll(item.value));
        }
    }
    const std::size_t count = counted.size();
    for (const std::int64_t id : answers.done) {
        if (counted.erase(id) == 0 && loss == Loss::None)
            return {"lost: " + std::to_string(id)};
    }
    for (const std::int64_t id : counted) {
        if (answers.unknown.count(id) == 0)
            return {"counted, but refused: " + std::to_string(id)};
    }
    return {{}, count};
}

} // namespace tepal::test
