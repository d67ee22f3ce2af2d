#include "ui/theme/style.h"

#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"

#include <QPainter>
#include <QStyleFactory>
#include <QStyleOption>

namespace tepal::ui {

namespace {

constexpr int kArrowRoom = 24;

void drawField(QPainter *painter, const QStyleOption *option)
{
    const bool focus = option->state.testFlag(QStyle::State_HasFocus);
    const bool enabled = option->state.testFlag(QStyle::State_Enabled);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const double width = focus ? 2 : 1;
    painter->setPen(QPen(themeColor(focus     ? Role::Accent
                                    : enabled ? Role::Surface3
                                              : Role::Border),
                         width));
    painter->setBrush(themeColor(enabled ? Role::Surface1 : Role::Surface0));
    painter->drawRoundedRect(
        QRectF(option->rect).adjusted(width / 2, width / 2, -width / 2, -width / 2), kRadius,
        kRadius);
    painter->restore();
}

void drawIcon(QPainter *painter, const QRect &rect, const QString &name, bool enabled, int size)
{
    const qreal ratio = painter->device()->devicePixelRatio();
    const QPixmap picture = iconPixmap(name, size, enabled ? Role::Muted : Role::Faint, ratio);
    painter->drawPixmap(
        QPointF(rect.center().x() + 0.5 - size / 2.0, rect.center().y() + 0.5 - size / 2.0),
        picture);
}

} // namespace

FlatStyle::FlatStyle()
    : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion")))
{}

void FlatStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex *option,
                                   QPainter *painter, const QWidget *widget) const
{
    const bool enabled = option->state.testFlag(State_Enabled);
    if (control == CC_ComboBox) {
        drawField(painter, option);
        drawIcon(painter, subControlRect(control, option, SC_ComboBoxArrow, widget),
                 QStringLiteral("chevron-down"), enabled, 14);
        return;
    }
    if (control == CC_SpinBox) {
        const auto *spin = static_cast<const QStyleOptionSpinBox *>(option);
        drawField(painter, option);
        if (spin->buttonSymbols == QAbstractSpinBox::NoButtons)
            return;
        drawIcon(painter, subControlRect(control, option, SC_SpinBoxUp, widget),
                 QStringLiteral("chevron-up"),
                 enabled && spin->stepEnabled.testFlag(QAbstractSpinBox::StepUpEnabled), 12);
        drawIcon(painter, subControlRect(control, option, SC_SpinBoxDown, widget),
                 QStringLiteral("chevron-down"),
                 enabled && spin->stepEnabled.testFlag(QAbstractSpinBox::StepDownEnabled), 12);
        return;
    }
    QProxyStyle::drawComplexControl(control, option, painter, widget);
}

void FlatStyle::drawPrimitive(PrimitiveElement element, const QStyleOption *option,
                              QPainter *painter, const QWidget *widget) const
{
    if (element != PE_IndicatorCheckBox) {
        QProxyStyle::drawPrimitive(element, option, painter, widget);
        return;
    }
    const bool enabled = option->state.testFlag(State_Enabled);
    const bool checked = option->state.testFlag(State_On);
    const bool partly = option->state.testFlag(State_NoChange);
    const Role edge = !enabled ? Role::Border : checked || partly ? Role::Accent : Role::Muted;
    const QRectF box = QRectF(option->rect).adjusted(0.5, 0.5, -0.5, -0.5);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(themeColor(edge), 1));
    painter->setBrush(themeColor(checked && enabled ? Role::Accent : Role::Surface1));
    painter->drawRoundedRect(box, 3, 3);
    const double unit = box.width() / 12;
    painter->setPen(QPen(themeColor(!enabled  ? Role::Faint
                                    : checked ? Role::OnAccent
                                              : Role::Accent),
                         1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter->setBrush(Qt::NoBrush);
    const auto at = [&](double x, double y) { return box.topLeft() + QPointF(x, y) * unit; };
    if (checked)
        painter->drawPolyline(QPolygonF{at(2.8, 6.3), at(5, 8.5), at(9.3, 3.6)});
    else if (partly)
        painter->drawLine(at(3.5, 6), at(8.5, 6));
    painter->restore();
}

QRect FlatStyle::subControlRect(ComplexControl control, const QStyleOptionComplex *option,
                                SubControl part, const QWidget *widget) const
{
    const QRect box = option->rect;
    QRect rect;
    if (control == CC_ComboBox) {
        switch (part) {
        case SC_ComboBoxArrow:
            rect = QRect(box.right() - kArrowRoom + 1, box.top(), kArrowRoom, box.height());
            break;
        case SC_ComboBoxEditField:
            rect = box.adjusted(6, 2, -kArrowRoom, -2);
            break;
        default:
            return QProxyStyle::subControlRect(control, option, part, widget);
        }
        return visualRect(option->direction, box, rect);
    }
    if (control == CC_SpinBox) {
        const auto *spin = static_cast<const QStyleOptionSpinBox *>(option);
        const int room = spin->buttonSymbols == QAbstractSpinBox::NoButtons ? 6 : 22;
        const int half = box.height() / 2;
        switch (part) {
        case SC_SpinBoxUp:
            rect = QRect(box.right() - room + 1, box.top() + 2, room - 2, half - 2);
            break;
        case SC_SpinBoxDown:
            rect = QRect(box.right() - room + 1, box.top() + half, room - 2, half - 2);
            break;
        case SC_SpinBoxEditField:
            rect = box.adjusted(6, 2, -room, -2);
            break;
        case SC_SpinBoxFrame:
            return box;
        default:
            return {};
        }
        return visualRect(option->direction, box, rect);
    }
    return QProxyStyle::subControlRect(control, option, part, widget);
}

QSize FlatStyle::sizeFromContents(ContentsType type, const QStyleOption *option, const QSize &size,
                                  const QWidget *widget) const
{
    if (type == CT_ComboBox)
        return {size.width() + kArrowRoom + 16, kControlHeight};
    if (type == CT_SpinBox)
        return {size.width() + 36, kControlHeight};
    return QProxyStyle::sizeFromContents(type, option, size, widget);
}

int FlatStyle::styleHint(StyleHint hint, const QStyleOption *option, const QWidget *widget,
                         QStyleHintReturn *data) const
{
    switch (hint) {
    case SH_ComboBox_Popup:
        return 0; // A list below the box, not a menu over it.
    case SH_ToolTip_WakeUpDelay:
        return 400;
    case SH_Slider_AbsoluteSetButtons:
        return Qt::LeftButton;
    default:
        return QProxyStyle::styleHint(hint, option, widget, data);
    }
}

} // namespace tepal::ui
