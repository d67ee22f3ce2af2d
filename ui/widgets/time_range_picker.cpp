#include "ui/widgets/time_range_picker.h"

#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/format.h"
#include "ui/widgets/utc.h"

#include <tepal/base/recent.h>

#include <QCoreApplication>
#include <QDateTimeEdit>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <array>

namespace tepal::ui {

namespace {

using Preset = TimeSelection::Preset;

constexpr std::array<std::pair<Preset, DurationMs>, 5> kPresets{
    {{Preset::Last15Min, 15 * kMinuteMs},
     {Preset::LastHour, kHourMs},
     {Preset::Last6Hours, 6 * kHourMs},
     {Preset::LastDay, kDayMs},
     {Preset::Last7Days, 7 * kDayMs}}};

QToolButton *iconButton(const QString &name, const QString &text, QWidget *parent)
{
    auto *button = new QToolButton(parent);
    button->setIcon(icon(name, Role::Muted));
    button->setProperty("class", QStringLiteral("icon"));
    button->setToolTip(text);
    button->setAccessibleName(text);
    return button;
}

} // namespace

TimeRange resolve(const TimeSelection &selection, TimeRange data, Granularity granularity,
                  TimeMs now)
{
    if (selection.preset == Preset::Custom)
        return selection.custom;
    if (selection.preset == Preset::All && data.end > data.start)
        return data;
    DurationMs span = 7 * kDayMs;
    for (const auto &[preset, length] : kPresets) {
        if (preset == selection.preset)
            span = length;
    }
    return recentWindows(span, granularity, now, data);
}

QString selectionText(const TimeSelection &selection)
{
    const auto tr = [](const char *text) {
        return QCoreApplication::translate("TimeSelection", text);
    };
    switch (selection.preset) {
    case Preset::Last15Min:
        return tr("Last 15 minutes");
    case Preset::LastHour:
        return tr("Last hour");
    case Preset::Last6Hours:
        return tr("Last 6 hours");
    case Preset::LastDay:
        return tr("Last 24 hours");
    case Preset::Last7Days:
        return tr("Last 7 days");
    case Preset::All:
        return tr("All data");
    case Preset::Custom:
        break;
    }
    return format::range(selection.custom);
}

TimeRangePicker::TimeRangePicker(QWidget *parent)
    : QWidget(parent)
    , m_button(new QToolButton(this))
    , m_popup(nullptr)
{
    m_button->setProperty("class", QStringLiteral("button"));
    m_button->setIcon(icon(QStringLiteral("calendar-range"), Role::Muted));
    m_button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_button->setAccessibleName(tr("Time range"));
    QToolButton *back = iconButton(QStringLiteral("chevron-left"), tr("Earlier"), this);
    QToolButton *forward = iconButton(QStringLiteral("chevron-right"), tr("Later"), this);
    QToolButton *out = iconButton(QStringLiteral("zoom-out"), tr("Zoom out"), this);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(m_button);
    row->addSpacing(2);
    row->addWidget(back);
    row->addWidget(forward);
    row->addWidget(out);
    connect(m_button, &QToolButton::clicked, this, &TimeRangePicker::openPopup);
    connect(back, &QToolButton::clicked, this, [this] { step(-1); });
    connect(forward, &QToolButton::clicked, this, [this] { step(1); });
    connect(out, &QToolButton::clicked, this, &TimeRangePicker::zoomOut);
}

void TimeRangePicker::setSelection(const TimeSelection &selection, TimeRange resolved)
{
    m_selection = selection;
    m_range = resolved;
    m_button->setText(QLatin1Char(' ') + selectionText(selection));
    m_button->setToolTip(format::range(resolved) % QLatin1Char(' ') %
                         format::zoneName(resolved.start));
}

QFrame *TimeRangePicker::makePopup()
{
    auto *popup = new QFrame(this, Qt::Popup);
    popup->setProperty("class", QStringLiteral("card"));
    popup->setAccessibleName(tr("Choose a time range"));
    auto *column = new QVBoxLayout(popup);
    column->setContentsMargins(kMargin, kMargin, kMargin, kMargin);
    auto *grid = new QGridLayout;
    grid->setSpacing(4);
    int i = 0;
    for (const Preset preset : {Preset::Last15Min, Preset::LastHour, Preset::Last6Hours,
                                Preset::LastDay, Preset::Last7Days, Preset::All}) {
        auto *button = new QPushButton(selectionText({preset, {}}), popup);
        connect(button, &QPushButton::clicked, this, [this, preset] { choose({preset, {}}); });
        grid->addWidget(button, i / 2, i % 2);
        ++i;
    }
    column->addLayout(grid);
    column->addSpacing(kGap);
    const auto edit = [&](const QString &name) {
        auto *label = new QLabel(name, popup);
        label->setProperty("class", QStringLiteral("caption"));
        auto *e = new QDateTimeEdit(popup);
        e->setDisplayFormat(QStringLiteral("yyyy-MM-dd HH:mm"));
        e->setCalendarPopup(false);
        setUtc(e, format::isUtc());
        e->setAccessibleName(name);
        label->setBuddy(e);
        column->addWidget(label);
        column->addWidget(e);
        return e;
    };
    m_from = edit(tr("From (%1)").arg(format::zoneName(m_range.start)));
    m_to = edit(tr("To, not included"));
    m_apply = new QPushButton(tr("Show this range"), popup);
    m_apply->setProperty("class", QStringLiteral("primary"));
    column->addSpacing(4);
    column->addWidget(m_apply);
    const auto check = [this] { m_apply->setEnabled(m_from->dateTime() < m_to->dateTime()); };
    connect(m_from, &QDateTimeEdit::dateTimeChanged, this, check);
    connect(m_to, &QDateTimeEdit::dateTimeChanged, this, check);
    connect(m_apply, &QPushButton::clicked, this, [this] {
        choose({Preset::Custom,
                {m_from->dateTime().toMSecsSinceEpoch(), m_to->dateTime().toMSecsSinceEpoch()}});
    });
    return popup;
}

void TimeRangePicker::openPopup()
{
    delete m_popup; // The zone may have changed since it was last open.
    m_popup = makePopup();
    m_from->setDateTime(zonedTime(m_range.start, format::isUtc()));
    m_to->setDateTime(zonedTime(m_range.end, format::isUtc()));
    m_popup->adjustSize();
    m_popup->move(m_button->mapToGlobal(QPoint(0, m_button->height() + 4)));
    m_popup->show();
}

void TimeRangePicker::choose(const TimeSelection &selection)
{
    if (m_popup)
        m_popup->hide();
    Q_EMIT chosen(selection);
}

void TimeRangePicker::step(int direction)
{
    const TimeMs span = m_range.end - m_range.start;
    choose({Preset::Custom, {m_range.start + direction * span, m_range.end + direction * span}});
}

void TimeRangePicker::zoomOut()
{
    const TimeMs half = (m_range.end - m_range.start) / 2;
    choose({Preset::Custom, {m_range.start - half, m_range.end + half}});
}

} // namespace tepal::ui
