/// What the user prefers; a small JSON file in the platform's settings directory. Read once at
/// start, written beside the UI thread.
#pragma once

#include "ui/theme/theme.h"

#include <QByteArray>
#include <QObject>

namespace tepal::ui {

struct PreferenceValues
{
    ThemeMode theme = ThemeMode::System;
    bool utc = false;
    int port = 3000;
    QByteArray geometry;
    QString page;
};

class Preferences final : public QObject
{
    Q_OBJECT

public:
    /// `file` empty: nothing is read or written.
    explicit Preferences(QString file, QObject *parent = nullptr);

    const PreferenceValues &values() const { return m_values; }
    /// Stores and announces; writing follows after a moment.
    void change(const PreferenceValues &values);
    /// Blocks until the last change is on disk; for the end of the program.
    void flush();

    static PreferenceValues fromJson(const QByteArray &json);
    static QByteArray toJson(const PreferenceValues &values);
    static QString defaultFile();

Q_SIGNALS:
    void changed();

private:
    void write();

    QString m_file;
    PreferenceValues m_values;
    bool m_dirty = false;
};

} // namespace tepal::ui
