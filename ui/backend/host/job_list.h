/// The work that is under way, and what lately ended.
#pragma once

#include "ui/backend/values.h"

#include <functional>
#include <map>
#include <stop_token>

namespace tepal::ui {

/// Lives on the UI thread. Finished jobs stay for ten seconds, failed ones until dismissed.
class JobList
{
public:
    explicit JobList(std::function<void()> changed)
        : m_changed(std::move(changed))
    {}

    /// Returns the id; the token is stopped by cancel().
    quint64 add(const QString &title, bool cancellable, TimeMs now);
    std::stop_token token(quint64 id) const;
    void update(quint64 id, double progress, const QString &detail);
    void finish(quint64 id, const Problem &problem, bool cancelled = false);
    void cancel(quint64 id);
    void dismiss(quint64 id);
    void cancelAll();
    QList<JobInfo> list() const;

private:
    struct Entry
    {
        JobInfo info;
        std::stop_source stop;
    };
    std::map<quint64, Entry> m_entries;
    quint64 m_lastId = 0;
    std::function<void()> m_changed;
};

} // namespace tepal::ui
