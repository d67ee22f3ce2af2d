/// Colours and type by role. The one place that knows a literal colour.
#pragma once

#include <QColor>
#include <QFont>
#include <QObject>
#include <QPalette>

#include <cstdint>

namespace tepal::ui {

enum class Role : std::uint8_t {
    Surface0, ///< Behind everything.
    Surface1, ///< Cards, tables, fields.
    Surface2, ///< Hover, headers, quiet fills.
    Surface3, ///< Pressed, tracks, strong fills.
    Border,
    Text,
    Muted,
    Faint, ///< Disabled and decoration only; 3:1.
    Accent,
    AccentSoft, ///< Accent as a background.
    OnAccent,
    Ok,
    Warn,
    Alarm,
    OkSoft,
    WarnSoft,
    AlarmSoft,
    Grid,
    Reference, ///< The reference is always this thin grey.
    Threshold,
    Series1,
    Series2,
    Series3,
    Series4,
    Series5,
    Series6,
    Series7,
    Series8,
    Count,
};

enum class Type : std::uint8_t {
    Axis,    ///< 11 px
    Caption, ///< 12 px
    Body,    ///< 13 px
    Strong,  ///< 13 px, semibold
    Section, ///< 15 px, semibold
    Title,   ///< 20 px, semibold
    Tile,    ///< 24 px, semibold
    Mono,    ///< 12 px, without ligatures
};

enum class ThemeMode : std::uint8_t { System, Light, Dark };

/// Lives as long as the application; UI thread only.
class Theme : public QObject
{
    Q_OBJECT

public:
    static Theme &instance();

    /// Registers fonts, sets style, palette and sheet. Call once, after QApplication exists.
    void install(ThemeMode mode = ThemeMode::System);
    void setMode(ThemeMode mode);
    ThemeMode mode() const { return m_mode; }
    bool isDark() const { return m_dark; }

    QColor color(Role role) const;
    QColor color(Role role, double alpha) const;
    /// Wraps around after eight; callers draw no more than eight colours.
    QColor series(qsizetype index) const;
    /// Perceptually even ramp for 0–1, readable on the present surface (0 is close to it).
    QColor sequential(double share) const;
    QFont font(Type type) const;

Q_SIGNALS:
    /// Colours changed; repaint. Widgets that only use the palette need nothing.
    void changed();

private:
    Theme() = default;
    void apply();
    bool systemIsDark() const;

    ThemeMode m_mode = ThemeMode::System;
    bool m_installed = false;
    bool m_dark = false;
    bool m_startedDark = false;
    QString m_sans;
    QString m_mono;
};

inline QColor themeColor(Role role)
{
    return Theme::instance().color(role);
}
inline QFont themeFont(Type type)
{
    return Theme::instance().font(type);
}

/// WCAG 2 contrast ratio, 1–21.
double contrastRatio(const QColor &a, const QColor &b);

} // namespace tepal::ui
