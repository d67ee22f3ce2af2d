#include "ui/backend/host/host_core.h"

#include <tepal/base/log.h>

namespace tepal::ui {

HostCore::HostCore(const HostBackendOptions &chosen)
    : options(chosen)
    , home(resolveHome(options.home.toStdString()))
    , stores(std::make_shared<StorePool>(home.database()))
{
    control.setMaxThreadCount(1);
    queries.setMaxThreadCount(2);
}

void HostCore::change(const QString &key, std::function<Status(Store &)> work,
                      std::function<void()> done)
{
    runOn(
        control, [pool = stores, work = std::move(work)] { return pool->run(work); },
        [this, key, done = std::move(done)](const Status &changed) {
            if (!changed) {
                fail(key, changed.error());
                return;
            }
            Q_EMIT noticeCleared(key);
            if (done)
                done();
            Q_EMIT storeWritten();
        });
}

void HostCore::notify(NoticeLevel level, const QString &key, const QString &text,
                      const QString &next, bool passing)
{
    Notice notice;
    notice.level = level;
    notice.key = key;
    notice.text = text;
    notice.next = next;
    notice.passing = passing;
    // Errors were logged where they arose; what else a person is told stands in the log too.
    if (level != NoticeLevel::Error)
        logMessage(level == NoticeLevel::Warning ? LogLevel::Warning : LogLevel::Info, "app",
                   text.toStdString());
    Q_EMIT noticed(notice);
}

void HostCore::fail(const QString &key, const Error &error)
{
    logError("app", error.text());
    const Problem problem = Problem::fromError(error);
    notify(NoticeLevel::Error, key, problem.text, problem.next);
}

} // namespace tepal::ui
