/// What the user is looking at: dataset, time range, feature, window, comparison. Global and typed;
/// every page reads and writes the same one. Back and forward walk its history.
#pragma once

#include "ui/backend/backend.h"
#include "ui/widgets/time_range_picker.h"

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

    Backend *m_backend;
    QString m_dataset;
    Place m_now;
    TimeRange m_range;
    Against m_against;
    QString m_preset = QStringLiteral("tepal");
    QList<Place> m_back;
    QList<Place> m_forward;
};

} // namespace tepal::ui
