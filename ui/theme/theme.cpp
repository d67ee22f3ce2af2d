#include "ui/theme/theme.h"

#include "ui/theme/style.h"
#include "ui/theme/style_sheet.h"
#include "ui/theme/tabular_font.h"

#include <tepal/ui_assets.h>

#include <QApplication>
#include <QFile>
#include <QFontDatabase>
#include <QStyle>
#include <QStyleHints>

#include <array>
#include <cmath>

namespace tepal::ui {

namespace {

constexpr std::size_t kRoles = static_cast<std::size_t>(Role::Count);
using Table = std::array<QRgb, kRoles>;

// Text roles hold 4.5:1 on surfaces 0–2, Faint and the state colours 3:1 (tested).
constexpr Table kLight{
    0xffF5F6F8,
    0xffFFFFFF,
    0xffEDEFF3,
    0xffDFE3E9,
    0xffE1E4EA, // surfaces, border
    0xff1B1F27,
    0xff596171,
    0xff8A92A0, // text, muted, faint
    0xff4353CC,
    0xffE6E8FA,
    0xffFFFFFF, // accent
    0xff18794E,
    0xff946200,
    0xffC03A1B, // ok, warn, alarm
    0xffDFF3E8,
    0xffFAEFD2,
    0xffFBE5DF, // … soft
    0xffECEEF2,
    0xff8A92A0,
    0xffD55E00, // grid, reference, threshold
    // Okabe-Ito, the ones that read on white first; orange and sky darkened to 3:1, no yellow.
    0xff0072B2,
    0xffD55E00,
    0xff009E73,
    0xffB85C92,
    0xffB87A00,
    0xff2F8FC4,
    0xff6B5BC7,
    0xff3A3F4A,
};
constexpr Table kDark{
    0xff14161B, 0xff1B1E25, 0xff252932, 0xff333843, 0xff2B2F39, // surfaces, border
    0xffE7E9EE, 0xffA0A8B6, 0xff727A89,                         // text, muted, faint
    0xff8D9BFF, 0xff2A2F52, 0xff12141C,                         // accent
    0xff4CC38A, 0xffE0A83A, 0xffFF8162,                         // ok, warn, alarm
    0xff17352A, 0xff3A2F16, 0xff422119,                         // … soft
    0xff262A33, 0xff8791A1, 0xffF07A2E,                         // grid, reference, threshold
    0xff56B4E9, 0xffE69F00, 0xff2FBF93, 0xffCC79A7, 0xffF0E442, 0xffE8743B, 0xff9D8CFF, 0xffBBBBBB,
};

double linear(double channel)
{
    return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
}

double luminance(const QColor &c)
{
    return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF());
}

QString loadFont(const QString &path, bool tabular)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    QByteArray data = file.readAll();
    if (tabular)
        data = withTabularDigits(data);
    const int id = QFontDatabase::addApplicationFontFromData(data);
    return id < 0 ? QString() : QFontDatabase::applicationFontFamilies(id).value(0);
}

} // namespace

double contrastRatio(const QColor &a, const QColor &b)
{
    const double la = luminance(a) + 0.05;
    const double lb = luminance(b) + 0.05;
    return la > lb ? la / lb : lb / la;
}

Theme &Theme::instance()
{
    static Theme theme;
    return theme;
}

void Theme::install(ThemeMode mode)
{
    if (!m_installed) {
        m_installed = true;
        registerUiAssets();
        m_startedDark = luminance(QGuiApplication::palette().color(QPalette::Window)) < 0.2;
        const QString fonts = QStringLiteral(":/tepal/fonts/");
        m_sans = loadFont(fonts + QStringLiteral("inter-regular.otf"), true);
        loadFont(fonts + QStringLiteral("inter-medium.otf"), true);
        loadFont(fonts + QStringLiteral("inter-semibold.otf"), true);
        m_mono = loadFont(fonts + QStringLiteral("mono.ttf"), false);
        QApplication::setStyle(new FlatStyle); // The application owns it.
        QApplication::setFont(font(Type::Body));
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
        connect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, this, [this] {
            if (m_mode == ThemeMode::System)
                apply();
        });
#endif
    }
    m_mode = mode;
    apply();
}

void Theme::setMode(ThemeMode mode)
{
    if (mode == m_mode)
        return;
    m_mode = mode;
    apply();
}

bool Theme::systemIsDark() const
{
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    return QGuiApplication::styleHints()->colorScheme() == Qt::ColorScheme::Dark;
#else
    // Before Qt 6.5 the platform tells only through the palette the program started with.
    return m_startedDark;
#endif
}

void Theme::apply()
{
    m_dark = m_mode == ThemeMode::Dark || (m_mode == ThemeMode::System && systemIsDark());
    const auto c = [this](Role role) { return color(role); };
    QPalette p;
    p.setColor(QPalette::Window, c(Role::Surface0));
    p.setColor(QPalette::WindowText, c(Role::Text));
    p.setColor(QPalette::Base, c(Role::Surface1));
    p.setColor(QPalette::AlternateBase, c(Role::Surface0));
    p.setColor(QPalette::Text, c(Role::Text));
    p.setColor(QPalette::Button, c(Role::Surface1));
    p.setColor(QPalette::ButtonText, c(Role::Text));
    p.setColor(QPalette::BrightText, c(Role::Alarm));
    p.setColor(QPalette::ToolTipBase, c(Role::Surface1));
    p.setColor(QPalette::ToolTipText, c(Role::Text));
    p.setColor(QPalette::PlaceholderText, c(Role::Muted));
    p.setColor(QPalette::Highlight, c(Role::AccentSoft));
    p.setColor(QPalette::HighlightedText, c(Role::Text));
    p.setColor(QPalette::Link, c(Role::Accent));
    p.setColor(QPalette::LinkVisited, c(Role::Accent));
    p.setColor(QPalette::Light, c(Role::Surface1));
    p.setColor(QPalette::Midlight, c(Role::Surface2));
    p.setColor(QPalette::Mid, c(Role::Border));
    p.setColor(QPalette::Dark, c(Role::Surface3));
    p.setColor(QPalette::Shadow, c(Role::Surface3));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        p.setColor(QPalette::Disabled, role, c(Role::Faint));
    QApplication::setPalette(p);
    qApp->setStyleSheet(styleSheet(*this));
    Q_EMIT changed();
}

QColor Theme::color(Role role) const
{
    return QColor::fromRgba((m_dark ? kDark : kLight)[static_cast<std::size_t>(role)]);
}

QColor Theme::color(Role role, double alpha) const
{
    QColor c = color(role);
    c.setAlphaF(static_cast<float>(alpha));
    return c;
}

QColor Theme::series(qsizetype index) const
{
    const auto first = static_cast<qsizetype>(Role::Series1);
    return color(static_cast<Role>(first + index % 8));
}

QColor Theme::sequential(double share) const
{
    // Single hue from the surface to vermilion; even steps of lightness in both themes.
    static constexpr std::array<QRgb, 6> light{0xffF1F3F6, 0xffF7E3CF, 0xffF4BF91,
                                               0xffE98E4C, 0xffCF5A17, 0xff94310A};
    static constexpr std::array<QRgb, 6> dark{0xff262A33, 0xff48352C, 0xff7A4A2B,
                                              0xffB1632A, 0xffE68A3F, 0xffFFC27A};
    const auto &ramp = m_dark ? dark : light;
    const double at = std::clamp(std::isnan(share) ? 0.0 : share, 0.0, 1.0) * 5;
    const auto i = static_cast<std::size_t>(std::min(4.0, std::floor(at)));
    const double f = at - static_cast<double>(i);
    const auto mix = [f](int a, int b) { return static_cast<int>(std::lround(a + (b - a) * f)); };
    return QColor(mix(qRed(ramp[i]), qRed(ramp[i + 1])), mix(qGreen(ramp[i]), qGreen(ramp[i + 1])),
                  mix(qBlue(ramp[i]), qBlue(ramp[i + 1])));
}

QFont Theme::font(Type type) const
{
    QFont f;
    if (type == Type::Mono) {
        f.setFamilies({m_mono, QStringLiteral("DejaVu Sans Mono")});
        f.setStyleHint(QFont::Monospace);
        f.setPixelSize(12);
        return f;
    }
    f.setFamilies({m_sans, QStringLiteral("Inter"), QStringLiteral("DejaVu Sans")});
    f.setStyleHint(QFont::SansSerif);
    switch (type) {
    case Type::Axis:
        f.setPixelSize(11);
        break;
    case Type::Caption:
        f.setPixelSize(12);
        break;
    case Type::Body:
    case Type::Mono:
        f.setPixelSize(13);
        break;
    case Type::Strong:
        f.setPixelSize(13);
        f.setWeight(QFont::DemiBold);
        break;
    case Type::Section:
        f.setPixelSize(15);
        f.setWeight(QFont::DemiBold);
        break;
    case Type::Title:
        f.setPixelSize(20);
        f.setWeight(QFont::DemiBold);
        break;
    case Type::Tile:
        f.setPixelSize(24);
        f.setWeight(QFont::DemiBold);
        break;
    }
    return f;
}

} // namespace tepal::ui
