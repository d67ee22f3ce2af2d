/// The current thing in words, then what runs in the background; each item leads to its page.
#pragma once

#include "ui/pages/context.h"

#include <QTimer>
#include <QWidget>

namespace tepal::ui {

class StatusButton;

class StatusBar final : public QWidget
{
    Q_OBJECT

public:
    explicit StatusBar(Context *context, QWidget *parent = nullptr);
    StatusButton *jobsButton() const { return m_jobs; }

Q_SIGNALS:
    void pageWanted(const QString &page);
    void jobsWanted();
    void zoneWanted();

private:
    void updateAll();
    void updateEndpoint();
    void updateLogger();
    void updateOutbox();
    void updateJobs();

    Context *m_context;
    StatusButton *m_endpoint;
    StatusButton *m_logger;
    StatusButton *m_dropped;
    StatusButton *m_outbox;
    StatusButton *m_jobs;
    StatusButton *m_store;
    StatusButton *m_zone;
    QTimer m_tick; ///< Ages grow although nothing changes.
};

} // namespace tepal::ui
