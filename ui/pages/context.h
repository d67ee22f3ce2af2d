/// What the user is looking at: dataset, time range, segment, feature, window, comparison. Global
/// and typed; every page reads and writes the same one. Back and forward walk its history.
#pragma once

#include "ui/backend/asker.h"
#include "ui/backend/backend.h"
#include "ui/backend/drift_values.h"
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
    /// Side A while it is dragged: one step of the history for all of it. Everything that follows
    /// hears of it at most some thirty times a second; setCustomRange() ends it.
    void dragRange(TimeRange range);
    TimeRange range() const { return m_range; } ///< Side A.
    /// Of side A; nothing: the rows of all segments.
    const std::optional<Segment> &segment() const { return m_now.segment; }
    void setSegment(const std::optional<Segment> &segment);

    const QString &feature() const { return m_now.feature; }
    std::optional<TimeRange> window() const { return m_now.window; }
    /// The selected window, or the whole range.
    TimeRange focusRange() const { return m_now.window.value_or(m_range); }
    Slice focus() const { return {m_dataset, focusRange(), m_now.segment}; }
    void select(const QString &feature, std::optional<TimeRange> window);
    void clearWindow();

    /// Side B as it was chosen; questions are asked with sideB().
    const Against &against() const { return m_now.against; }
    void setAgainst(const Against &against);
    /// Another range on side B, of the segment that is there; the second is a step of dragging it.
    void setRangeB(TimeRange range);
    void dragRangeB(TimeRange range);
    /// Both sides as they were before the drag.
    void cancelDrag();
    /// A range or a file on side B gives way to the reference that was there before.
    void clearB();
    /// While something is dragged, views ask the next question when the last one was answered.
    bool isDragging() const { return m_dragging; }
    /// Side B to the present side A: nothing in it moves any more.
    Against sideB() const;
    /// Where side B is windows of the dataset: their range.
    std::optional<TimeRange> rangeB() const;
    /// What side A is called in a legend, `what` being "this range", "since Thu 14:00", ….
    QString nameA(const QString &what) const;
    /// What side B is called; `told` is what the answer said.
    QString nameB(const QString &told = {}) const;
    /// A becomes B and B becomes A, where both are windows of the dataset and differ.
    bool canSwap() const;
    void swapSides();
    /// A range that moves with A stays where it is, or the other way round.
    void pinB(bool pinned);
    bool isPinned() const { return against().range.has_value(); }
    /// Side B keeps its reference when that gets another name.
    void renameReference(const QString &from, const QString &to);
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
    /// The reference on side B is gone; the current one took its place.
    void referenceLost(const QString &name);

private:
    struct Place
    {
        TimeSelection time;
        QString feature;
        std::optional<TimeRange> window;
        std::optional<Segment> segment;
        Against against;
        bool operator==(const Place &) const = default;
    };
    void remember();
    void checkReference();
    void dropWindow();
    void beginDrag();
    void endDrag();
    void go(const Place &place);
    void pickDataset();
    void updateRange();
    void askJudgement();
    void forgetJudgement();

    Backend *m_backend;
    QString m_dataset;
    Place m_now;
    TimeRange m_range;
    QString m_lastReference; ///< That side B was before it was something else.
    Place m_before;          ///< The drag.
    bool m_dragging = false;
    bool m_judgeAgain = false; ///< Something moved while the judge was thinking.
    QTimer m_dragTimer;        ///< Until the next step of a drag is told.
    bool m_draggedA = false;   ///< What it tells then.
    bool m_draggedB = false;
    QPair<QString, QString> m_renaming;
    QString m_preset = QStringLiteral("tepal");
    std::shared_ptr<const DriftOverview> m_judgement;
    Problem m_judgementProblem;
    Asker m_judgementAsker;
    QTimer m_judgeTimer;
    QList<Place> m_back;
    QList<Place> m_forward;
};

} // namespace tepal::ui
