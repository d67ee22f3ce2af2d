/// "Is it answering, what does it say, what does it look like right now?"
#pragma once

#include "ui/pages/page.h"

#include <QTimer>

class QLabel;
class QLineEdit;
class QTableView;
class QToolButton;

namespace tepal::ui {

class ChartFrame;
class ClassChart;
class Endpoint;
class LatencyChart;
class RateChart;
class RequestsModel;
class RequestsProxy;
class StatTile;
class StateStack;
class TryItPanel;

class LivePage final : public Page
{
    Q_OBJECT

public:
    explicit LivePage(Context *context, QWidget *parent = nullptr);
    void focusFilter() override;
    void togglePause() override;
    void exportShown() override;

protected:
    void showEvent(QShowEvent *event) override;

private:
    QWidget *makeTiles();
    QWidget *makeCharts();
    QWidget *makeRequests();
    void updateStats();
    void updateEndpoint();
    void updateDrift();
    void flushRequests();
    void applyFilter();
    void updateRequestsState();
    void updateColumns();

    Endpoint &m_endpoint;
    StatTile *m_rate;
    StatTile *m_latency;
    StatTile *m_errors;
    StatTile *m_window;
    StatTile *m_drift;
    RateChart *m_rateChart;
    LatencyChart *m_latencyChart;
    ClassChart *m_classChart;
    QList<ChartFrame *> m_frames;
    RequestsModel *m_requests;
    RequestsProxy *m_proxy;
    QTableView *m_table;
    StateStack *m_state;
    QLineEdit *m_filter;
    QLabel *m_filterError;
    QToolButton *m_pause;
    TryItPanel *m_tryIt;
    QList<RequestRow> m_pending; ///< Arrived since the last repaint.
    QTimer m_flush;
    QTimer m_debounce;
};

} // namespace tepal::ui
