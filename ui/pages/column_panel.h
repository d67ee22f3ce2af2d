/// One column in full: distribution, cumulative, over time, top values, numbers.
#pragma once

#include "ui/backend/asker.h"
#include "ui/backend/profile_values.h"

#include <QFrame>
#include <QTimer>

class QLabel;
class QSlider;
class QStackedLayout;
class QTableView;

namespace tepal::ui {

class CdfChart;
class ChartFrame;
class ChartTableModel;
class Context;
class ElidedLabel;
class HistogramChart;
class HistoryChart;
class StateStack;
class TabBar;

class ColumnPanel final : public QFrame
{
    Q_OBJECT

public:
    explicit ColumnPanel(Context *context, QWidget *parent = nullptr);
    void refresh();
    ChartFrame *currentFrame() const;

Q_SIGNALS:
    void saved(const QString &file);
    void failed(const QString &text);

protected:
    void showEvent(QShowEvent *event) override;

private:
    enum Tab { HistogramTab, CdfTab, HistoryTab, TopTab, NumbersTab };

    void ask();
    void show(const std::shared_ptr<const ColumnDetail> &detail);
    void fillTop(const ColumnDetail &detail);
    void fillNumbers(const ColumnDetail &detail);
    QString errorSentence(const ColumnDetail &detail) const;

    Context *m_context;
    Asker m_asker;
    QString m_column;
    ElidedLabel *m_title;
    QLabel *m_subtitle;
    TabBar *m_tabs;
    HistogramChart *m_histogram;
    CdfChart *m_cdf;
    HistoryChart *m_history;
    QList<ChartFrame *> m_frames;
    ChartTableModel *m_topModel;
    ChartTableModel *m_numbersModel;
    QStackedLayout *m_stack;
    StateStack *m_state;
    QWidget *m_binsRow;
    QSlider *m_bins;
    QLabel *m_binsLabel;
    QLabel *m_summary;
    QLabel *m_error;
    QTimer m_debounce;
    bool m_askAgain = false; ///< Something moved since the question.
    bool m_stale = true;
};

} // namespace tepal::ui
