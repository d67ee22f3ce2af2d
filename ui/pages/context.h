/// What the user is looking at: dataset, time range, feature, window, comparison. Global and typed;
/// every page reads and writes the same one. Back and forward walk its history.
#pragma once

#include "ui/backend/asker.h"
#include "ui/backend/backend.h"
#include "ui/widgets/time_range_picker.h"

#include <QTimer>

namespace tepal::ui {

class Context final : public QObject
{
    Q_OBJECT

public:
    explicit Context(Backend *backend, QObject *parent = nullptr);

    Backend *backend() const { return m_backend; }

    const QString &dataset() const { return m_dataset; }
    void setDataset(const QString &dataset);
    /// Of the current dataset; default-constructed while there is none.
    DatasetInfo datasetInfo() const;

    const TimeSelection &timeSelection() const { return m_now.time; }
    void setTimeSelection(const TimeSelection &selection);
    void setCustomRange(TimeRange range);
    TimeRange range() const { return m_range; }

    const QString &feature() const { return m_now.feature; }
    std::optional<TimeRange> window() const { return m_now.window; }
    /// The selected window, or the whole range.
    TimeRange focusRange() const { return m_now.window.value_or(m_range); }
    void select(const QString &feature, std::optional<TimeRange> window);
    void clearWindow();

    const Against &against() const { return m_against; }
    void setAgainst(const Against &against);
    const QString &preset() const { return m_preset; }
    void setPreset(const QString &preset);

    /// What the judge says to dataset, range, comparison and rules as they are now: the one answer
    /// that every page, tile and badge shows. Null before the first one and where there is nothing
    /// to compare; it stays while a newer one is asked for.
    const std::shared_ptr<const DriftOverview> &judgement() const { return m_judgement; }
    /// Why there is none; empty while there is one or nothing was asked.
    const Problem &judgementProblem() const { return m_judgementProblem; }
    bool isJudging() const { return m_judgementAsker.isWaiting(); }
    /// Is there anything to compare with?
    bool canJudge() const;
    /// Asks again, with everything else that changes in the same turn of the event loop.
    void judge();

    bool canGoBack() const { return !m_back.isEmpty(); }
    bool canGoForward() const { return !m_forward.isEmpty(); }

public Q_SLOTS:
    void goBack();
    void goForward();

Q_SIGNALS:
    void datasetChanged();
    void rangeChanged();
    void selectionChanged();
    void comparisonChanged();
    /// Judgement, problem or the wait for them.
    void judgementChanged();
    void historyChanged();

private:
    struct Place
    {
        TimeSelection time;
        QString feature;
        std::optional<TimeRange> window;
        bool operator==(const Place &) const = default;
    };
    void remember();
    void go(const Place &place);
    void pickDataset();
    void updateRange();
    void askJudgement();
    void forgetJudgement();

    Backend *m_backend;
    QString m_dataset;
    Place m_now;
    TimeRange m_range;
    Against m_against;
    QString m_preset = QStringLiteral("tepal");
    std::shared_ptr<const DriftOverview> m_judgement;
    Problem m_judgementProblem;
    Asker m_judgementAsker;
    QTimer m_judgeTimer;
    QList<Place> m_back;
    QList<Place> m_forward;
};

} // namespace tepal::ui
