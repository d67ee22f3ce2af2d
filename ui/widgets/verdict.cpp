#include "ui/widgets/verdict.h"

#include <QCoreApplication>
#include <QFontMetrics>
#include <QPainter>
#include <QPainterPath>

#include <cmath>

namespace tepal::ui {

namespace {

constexpr int kSymbol = 10;
constexpr int kSpace = 6;

QString tr(const char *text)
{
    return QCoreApplication::translate("verdict", text);
}

} // namespace

QString verdictWord(Verdict verdict)
{
    switch (verdict) {
    case Verdict::NoData:
        return tr("No data");
    case Verdict::NoDrift:
        return tr("No drift");
    case Verdict::Negligible:
        return tr("Negligible");
    case Verdict::LowEvidence:
        return tr("Low evidence");
    case Verdict::Undecided:
        return tr("Undecided");
    case Verdict::PossibleDrift:
        return tr("Possible drift");
    case Verdict::Drift:
        return tr("Drift");
    case Verdict::SchemaChange:
        return tr("Schema change");
    case Verdict::TypeChange:
        return tr("Type change");
    }
    return {};
}

Role verdictRole(Verdict verdict)
{
    switch (verdict) {
    case Verdict::NoDrift:
    case Verdict::Negligible:
        return Role::Ok;
    case Verdict::PossibleDrift:
        return Role::Warn;
    case Verdict::Drift:
    case Verdict::SchemaChange:
    case Verdict::TypeChange:
        return Role::Alarm;
    case Verdict::NoData:
    case Verdict::LowEvidence:
    case Verdict::Undecided:
        break;
    }
    return Role::Muted;
}

Role verdictSoftRole(Verdict verdict)
{
    switch (verdictRole(verdict)) {
    case Role::Ok:
        return Role::OkSoft;
    case Role::Warn:
        return Role::WarnSoft;
    case Role::Alarm:
        return Role::AlarmSoft;
    default:
        return Role::Surface2;
    }
}

Symbol verdictSymbol(Verdict verdict)
{
    switch (verdict) {
    case Verdict::NoDrift:
        return Symbol::Disc;
    case Verdict::Negligible:
        return Symbol::Ring;
    case Verdict::PossibleDrift:
        return Symbol::Triangle;
    case Verdict::Drift:
    case Verdict::SchemaChange:
    case Verdict::TypeChange:
        return Symbol::Octagon;
    case Verdict::Undecided:
    case Verdict::LowEvidence:
        return Symbol::Half;
    case Verdict::NoData:
        break;
    }
    return Symbol::Dash;
}

bool isAlarming(Verdict verdict)
{
    return verdict == Verdict::Drift || verdict == Verdict::SchemaChange ||
           verdict == Verdict::TypeChange;
}

void paintSymbol(QPainter &painter, const QRectF &rect, Symbol shape, const QColor &color)
{
    const double side = std::min(rect.width(), rect.height());
    const QRectF box(rect.center().x() - side / 2, rect.center().y() - side / 2, side, side);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    switch (shape) {
    case Symbol::Disc:
        painter.drawEllipse(box);
        break;
    case Symbol::Ring:
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(color, 1.6));
        painter.drawEllipse(box.adjusted(0.8, 0.8, -0.8, -0.8));
        break;
    case Symbol::Half:
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(color, 1.6));
        painter.drawEllipse(box.adjusted(0.8, 0.8, -0.8, -0.8));
        painter.setPen(Qt::NoPen);
        painter.setBrush(color);
        painter.drawChord(box.adjusted(0.8, 0.8, -0.8, -0.8), 90 * 16, 180 * 16);
        break;
    case Symbol::Triangle: {
        QPolygonF points;
        points << QPointF(box.center().x(), box.top()) << QPointF(box.right(), box.bottom() - 0.5)
               << QPointF(box.left(), box.bottom() - 0.5);
        painter.drawPolygon(points);
        break;
    }
    case Symbol::Octagon: {
        QPolygonF points;
        for (int i = 0; i < 8; ++i) {
            const double angle = (i + 0.5) * 3.14159265358979 / 4;
            points << QPointF(box.center().x() + std::cos(angle) * side / 1.85,
                              box.center().y() + std::sin(angle) * side / 1.85);
        }
        painter.drawPolygon(points);
        break;
    }
    case Symbol::Dash:
        painter.drawRect(QRectF(box.left() + side * 0.1, box.center().y() - 1, side * 0.8, 2));
        break;
    }
    painter.restore();
}

StateLabel::StateLabel(QWidget *parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Minimum, QSizePolicy::Fixed);
}

void StateLabel::setState(Symbol shape, Role role, const QString &text)
{
    m_shape = shape;
    m_role = role;
    if (m_text != text) {
        m_text = text;
        setAccessibleName(text);
        updateGeometry();
    }
    update();
}

void StateLabel::setVerdict(Verdict verdict)
{
    setState(verdictSymbol(verdict), verdictRole(verdict), verdictWord(verdict));
}

void StateLabel::setStrong(bool strong)
{
    m_strong = strong;
    updateGeometry();
    update();
}

QSize StateLabel::sizeHint() const
{
    const QFontMetrics metrics(themeFont(m_strong ? Type::Strong : Type::Body));
    return {kSymbol + kSpace + metrics.horizontalAdvance(m_text) + 2, metrics.height() + 4};
}

QSize StateLabel::minimumSizeHint() const
{
    return sizeHint();
}

void StateLabel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    paintSymbol(painter, QRectF(0, (height() - kSymbol) / 2.0, kSymbol, kSymbol), m_shape,
                themeColor(m_role));
    painter.setFont(themeFont(m_strong ? Type::Strong : Type::Body));
    painter.setPen(themeColor(m_role == Role::Muted ? Role::Muted : Role::Text));
    painter.drawText(rect().adjusted(kSymbol + kSpace, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft,
                     m_text);
}

} // namespace tepal::ui
