#include "ui/widgets/stat_tile.h"

#include "ui/theme/metrics.h"

#include <QFontMetrics>
#include <QPainter>

namespace tepal::ui {

StatTile::StatTile(const QString &name, QWidget *parent)
    : QFrame(parent)
    , m_name(name)
    , m_values{QString(QChar(0x2013))}
{
    setProperty("class", QStringLiteral("card"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(name);
}

QString StatTile::valueText() const
{
    return m_values.join(QStringLiteral(" / ")) +
           (m_unit.isEmpty() ? QString() : QChar(0x00a0) + m_unit);
}

void StatTile::setValues(const QStringList &values, const QString &unit)
{
    if (values == m_values && unit == m_unit)
        return;
    m_values = values;
    m_unit = unit;
    setAccessibleDescription(valueText() + QStringLiteral(", ") + m_detail);
    update();
}

void StatTile::setDetail(const QString &detail)
{
    if (detail == m_detail)
        return;
    m_detail = detail;
    setToolTip(detail.toHtmlEscaped());
    update();
}

void StatTile::setRole(Role role)
{
    m_role = role;
    update();
}

void StatTile::setStale(bool stale)
{
    m_stale = stale;
    update();
}

void StatTile::setProgress(double share)
{
    m_progress = share;
    update();
}

QSize StatTile::sizeHint() const
{
    return {190, 84};
}

QSize StatTile::minimumSizeHint() const
{
    return {120, 84};
}

void StatTile::resizeEvent(QResizeEvent *event)
{
    QFrame::resizeEvent(event);
    update();
}

void StatTile::paintEvent(QPaintEvent *event)
{
    QFrame::paintEvent(event);
    QPainter painter(this);
    const QRect box = rect().adjusted(kMargin, 10, -kMargin, -8);
    const auto line = [&](const QString &text, const QFont &font, Role role, int top) {
        painter.setFont(font);
        painter.setPen(themeColor(role));
        const QFontMetrics metrics(font);
        painter.drawText(QRect(box.left(), top, box.width(), metrics.height()),
                         Qt::AlignLeft | Qt::AlignVCenter,
                         metrics.elidedText(text, Qt::ElideRight, box.width()));
    };
    line(m_name, themeFont(Type::Caption), Role::Muted, box.top());

    // The value shrinks before it is cut: three latencies must fit on a small screen.
    QFont font = themeFont(Type::Tile);
    const QFont unitFont = themeFont(Type::Caption);
    const QString separator = QStringLiteral("  ");
    const QString text = m_values.join(separator);
    const int unitWidth =
        m_unit.isEmpty() ? 0 : QFontMetrics(unitFont).horizontalAdvance(m_unit) + 5;
    while (font.pixelSize() > 15 &&
           QFontMetrics(font).horizontalAdvance(text) + unitWidth > box.width())
        font.setPixelSize(font.pixelSize() - 1);
    const QFontMetrics metrics(font);
    const int baseline = box.top() + 42;
    painter.setFont(font);
    int x = box.left();
    for (qsizetype i = 0; i < m_values.size(); ++i) {
        // Of several, the first is the headline.
        painter.setPen(themeColor(m_stale ? Role::Faint : i == 0 ? m_role : Role::Muted));
        painter.drawText(x, baseline, m_values[i]);
        x += metrics.horizontalAdvance(m_values[i] + separator);
    }
    x -= metrics.horizontalAdvance(separator);
    painter.setFont(unitFont);
    painter.setPen(themeColor(Role::Muted));
    if (!m_unit.isEmpty())
        painter.drawText(x + 5, baseline, m_unit);
    line(m_detail, themeFont(Type::Caption), Role::Muted, box.top() + 48);
    if (m_progress >= 0) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        const QRectF track(box.left(), height() - 7, box.width(), 3);
        painter.setBrush(themeColor(Role::Surface3));
        painter.drawRoundedRect(track, 1.5, 1.5);
        painter.setBrush(themeColor(m_stale ? Role::Faint : Role::Accent));
        painter.drawRoundedRect(
            QRectF(track.left(), track.top(), track.width() * std::clamp(m_progress, 0.0, 1.0), 3),
            1.5, 1.5);
    }
}

} // namespace tepal::ui
