/// What all parts of the backend over the real core work with: the home directory, the threads, the
/// jobs, and the way to tell people something.
///
/// Threads: lives on the UI thread. `control` is one thread on which the host is started and
/// stopped and models and settings are written, in order. `queries` reads the store. Results come
/// back by queued calls; a call that arrives after this object is gone is dropped by Qt.
#pragma once

#include "ui/backend/backend_part.h"
#include "ui/backend/host/job_list.h"
#include "ui/backend/host/store_pool.h"
#include "ui/backend/host_backend.h"

#include <tepal/service/host.h>

#include <QThreadPool>

#include <functional>
#include <memory>
#include <type_traits>

namespace tepal::ui {

class HostCore final : public QObject
{
    Q_OBJECT

public:
    explicit HostCore(const HostBackendOptions &chosen);

    static TimeMs now() { return SystemClock::instance().nowMs(); }

    /// Runs `work` on a pool and then `done(result)` on the UI thread.
    template <typename Work, typename Done>
    void runOn(QThreadPool &pool, Work work, Done done)
    {
        pool.start([this, work = std::move(work), done = std::move(done)]() mutable {
            auto result = std::make_shared<decltype(work())>(work());
            QMetaObject::invokeMethod(
                this, [done = std::move(done), result]() mutable { done(std::move(*result)); },
                Qt::QueuedConnection);
        });
    }
    /// Answers a question: `query(store)` gives Result<T>, `answer` is the signal of `part`.
    template <typename T, typename Part, typename Query>
    void ask(Generation generation, std::type_identity_t<Part> *part,
             void (Part::*answer)(const Answer<T> &), Query query)
    {
        runOn(
            queries, [pool = stores, query = std::move(query)] { return pool->with<T>(query); },
            [part, generation, answer](Result<T> result) {
                Answer<T> value;
                value.generation = generation;
                if (result)
                    value.value = std::make_shared<const T>(std::move(*result));
                else
                    value.problem = Problem::fromError(result.error());
                (part->*answer)(value);
            });
    }
    /// A verb that changes the store: a failure becomes a notice.
    void change(const QString &key, std::function<Status(Store &)> work,
                std::function<void()> done = {});

    void notify(NoticeLevel level, const QString &key, const QString &text,
                const QString &next = {}, bool passing = false);
    void fail(const QString &key, const Error &error);

    const HostBackendOptions options;
    const Home home;
    const std::shared_ptr<StorePool> stores;
    QThreadPool control;
    QThreadPool queries;
    std::shared_ptr<Host> host; ///< Null unless this process serves.
    JobList jobs{[this] { Q_EMIT jobsChanged(); }};
    bool closing = false; ///< Nothing that comes in now is shown any more.

Q_SIGNALS:
    void noticed(const tepal::ui::Notice &notice);
    void noticeCleared(const QString &key);
    void jobsChanged();
    /// Something wrote into the store: what is shown of it as a whole is out of date.
    void storeWritten();
};

} // namespace tepal::ui
