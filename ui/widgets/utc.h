/// UTC as Qt's calls take it: a zone from 6.5 on, where what 6.4 has is deprecated.
#pragma once

#include <QDateTimeEdit>
#include <QTimeZone>
#include <QtGlobal>

namespace tepal::ui {

#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
inline constexpr QTimeZone::Initialization kUtc = QTimeZone::UTC;
#else
inline constexpr Qt::TimeSpec kUtc = Qt::UTC;
#endif

/// Shows and takes times of UTC or of this machine's zone.
inline void setUtc(QDateTimeEdit *edit, bool utc)
{
#if QT_VERSION >= QT_VERSION_CHECK(6, 7, 0)
    edit->setTimeZone(utc ? QTimeZone(QTimeZone::UTC) : QTimeZone(QTimeZone::LocalTime));
#else
    edit->setTimeSpec(utc ? Qt::UTC : Qt::LocalTime);
#endif
}

/// In UTC or in this machine's zone.
inline QDateTime zonedTime(qint64 ms, bool utc)
{
    return utc ? QDateTime::fromMSecsSinceEpoch(ms, kUtc) : QDateTime::fromMSecsSinceEpoch(ms);
}

} // namespace tepal::ui
