/// The last five minutes of traffic, second by second, from the server's counters and its ring of
/// recent requests.
#pragma once

#include "ui/backend/values.h"

#include <tepal/serving/server.h>

#include <QHash>

#include <deque>

namespace tepal::ui {

/// Used on the UI thread; feeding it costs microseconds.
class LiveMonitor
{
public:
    /// A new server: its counters begin at zero.
    void reset(const QStringList &classes);
    /// Requests in the order in which they ended; returns those that asked for a prediction.
    QList<RequestRow> add(const std::vector<RecentRequest> &requests);
    /// Counters of now. True when a second was completed, so that the snapshot is worth replacing.
    bool tick(TimeMs now, const ServerStats &stats);
    LiveStats snapshot(TimeMs now) const;

private:
    struct Second
    {
        TimeMs start = 0;
        double requests = 0; ///< By the counters, exact.
        double errors = 0;
        std::vector<float> latenciesMs; ///< Of the requests seen; a sample under heavy load.
        QList<double> byClass;
    };
    Second &secondOf(TimeMs time);

    QStringList m_classes;
    std::deque<Second> m_seconds;
    quint64 m_lastTotal = 0;
    qint64 m_errors = 0;
    TimeMs m_lastSecond = 0;
    bool m_primed = false;
};

} // namespace tepal::ui
