/// The global time range: presets, absolute from–to, step back and forward, zoom out.
#pragma once

#include <tepal/base/time.h>

#include <QFrame>
#include <QString>

class QDateTimeEdit;
class QPushButton;
class QToolButton;

namespace tepal::ui {

struct TimeSelection
{
    enum class Preset : std::uint8_t {
        Last15Min,
        LastHour,
        Last6Hours,
        LastDay,
        Last7Days,
        All,
        Custom
    };

    Preset preset = Preset::Last7Days;
    TimeRange custom; ///< Only for Custom.

    bool operator==(const TimeSelection &) const = default;
};

/// The range a selection means now, on whole windows. `data` is what "all" means, and relative
/// ranges begin no earlier than it does, save for a few windows.
TimeRange resolve(const TimeSelection &selection, TimeRange data, Granularity granularity,
                  TimeMs now);
QString selectionText(const TimeSelection &selection);

class TimeRangePicker final : public QWidget
{
    Q_OBJECT

public:
    explicit TimeRangePicker(QWidget *parent = nullptr);
    void setSelection(const TimeSelection &selection, TimeRange resolved);
    const TimeSelection &selection() const { return m_selection; }

public Q_SLOTS:
    void openPopup();
    /// −1 back, +1 forward by the length of the range.
    void step(int direction);
    void zoomOut();

Q_SIGNALS:
    void chosen(const tepal::ui::TimeSelection &selection);

private:
    void choose(const TimeSelection &selection);
    QFrame *makePopup();

    TimeSelection m_selection;
    TimeRange m_range;
    QToolButton *m_button;
    QFrame *m_popup;
    QDateTimeEdit *m_from = nullptr;
    QDateTimeEdit *m_to = nullptr;
    QPushButton *m_apply = nullptr;
};

} // namespace tepal::ui
