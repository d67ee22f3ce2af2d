#include "ui/backend/host/job_list.h"

namespace tepal::ui {

quint64 JobList::add(const QString &title, bool cancellable, TimeMs now)
{
    Entry entry;
    entry.info.id = ++m_lastId;
    entry.info.title = title;
    entry.info.cancellable = cancellable;
    entry.info.started = now;
    m_entries.emplace(m_lastId, std::move(entry));
    m_changed();
    return m_lastId;
}

std::stop_token JobList::token(quint64 id) const
{
    const auto it = m_entries.find(id);
    return it == m_entries.end() ? std::stop_token() : it->second.stop.get_token();
}

void JobList::update(quint64 id, double progress, const QString &detail)
{
    const auto it = m_entries.find(id);
    if (it == m_entries.end())
        return;
    it->second.info.progress = progress;
    it->second.info.detail = detail;
    m_changed();
}

void JobList::finish(quint64 id, const Problem &problem, bool cancelled)
{
    const auto it = m_entries.find(id);
    if (it == m_entries.end())
        return;
    JobInfo &info = it->second.info;
    info.problem = problem;
    info.cancellable = false;
    info.phase = cancelled ? JobPhase::Cancelled : problem ? JobPhase::Failed : JobPhase::Done;
    if (info.phase == JobPhase::Done)
        info.progress = 1;
    m_changed();
}

void JobList::cancel(quint64 id)
{
    const auto it = m_entries.find(id);
    if (it == m_entries.end() || !it->second.info.cancellable)
        return;
    it->second.info.phase = JobPhase::Cancelling;
    it->second.stop.request_stop();
    m_changed();
}

void JobList::cancelAll()
{
    for (auto &[id, entry] : m_entries)
        entry.stop.request_stop();
}

void JobList::dismiss(quint64 id)
{
    const auto it = m_entries.find(id);
    if (it != m_entries.end() && !it->second.info.isActive()) {
        m_entries.erase(it);
        m_changed();
    }
}

QList<JobInfo> JobList::list() const
{
    QList<JobInfo> jobs;
    for (const bool active : {true, false}) {
        for (auto it = m_entries.rbegin(); it != m_entries.rend(); ++it) {
            if (it->second.info.isActive() == active)
                jobs.append(it->second.info);
        }
    }
    return jobs;
}

} // namespace tepal::ui
