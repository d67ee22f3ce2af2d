#include "ui/charts/legend.h"

#include "ui/theme/theme.h"

#include <QAbstractButton>
#include <QApplication>
#include <QPainter>

namespace tepal::ui {

namespace {

constexpr int kMark = 14;
constexpr int kGapBetween = 4;

} // namespace

class Legend::Item final : public QAbstractButton
{
public:
    Item(const LegendEntry &entry, QWidget *parent)
        : QAbstractButton(parent)
    {
        setEntry(entry);
        setCursor(entry.canHide ? Qt::PointingHandCursor : Qt::ArrowCursor);
        setFocusPolicy(entry.canHide ? Qt::StrongFocus : Qt::NoFocus);
        setAttribute(Qt::WA_Hover);
        setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    }
    void setEntry(const LegendEntry &entry)
    {
        m_entry = entry;
        setAccessibleName(Legend::tr("Series %1").arg(entry.name));
        if (entry.canHide)
            setToolTip(Legend::tr("Click: show only this. Ctrl+click: show or hide"));
        updateGeometry();
        QAbstractButton::update();
    }
    void setOff(bool off)
    {
        m_off = off;
        QAbstractButton::update();
    }
    const LegendEntry &entry() const { return m_entry; }
    QSize sizeHint() const override
    {
        const QFontMetrics metrics(themeFont(Type::Caption));
        return {kMark + 6 + metrics.horizontalAdvance(text()) + 8, 24};
    }
    QString text() const
    {
        return QFontMetrics(themeFont(Type::Caption))
            .elidedText(m_entry.name, Qt::ElideMiddle, 160);
    }
    std::function<void(bool)> hovered;

protected:
    void enterEvent(QEnterEvent *event) override
    {
        QAbstractButton::enterEvent(event);
        if (hovered)
            hovered(true);
    }
    void leaveEvent(QEvent *event) override
    {
        QAbstractButton::leaveEvent(event);
        if (hovered)
            hovered(false);
    }
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const QColor color = m_off ? themeColor(Role::Surface3) : m_entry.color;
        const double y = height() / 2.0;
        const QRectF box(2, y - 5, kMark - 2, 10);
        using Mark = LegendEntry::Mark;
        switch (m_entry.mark) {
        case Mark::Line:
        case Mark::ThinLine:
        case Mark::Dashed:
            painter.setPen(QPen(color, m_entry.mark == Mark::Line ? 2.5 : 1.5,
                                m_entry.mark == Mark::Dashed ? Qt::DashLine : Qt::SolidLine));
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y));
            break;
        case Mark::Band:
        case Mark::Bar:
            painter.setPen(Qt::NoPen);
            painter.setBrush(color);
            painter.drawRoundedRect(box, 2, 2);
            break;
        case Mark::Outline:
            painter.setPen(QPen(color, 1.5));
            painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5));
            break;
        }
        painter.setFont(themeFont(Type::Caption));
        painter.setPen(themeColor(m_off ? Role::Faint : Role::Muted));
        painter.drawText(rect().adjusted(kMark + 6, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft,
                         text());
        if (hasFocus()) {
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(themeColor(Role::Accent), 2));
            painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 4, 4);
        }
    }

private:
    LegendEntry m_entry;
    bool m_off = false;
};

Legend::Legend(ChartSource *source, QWidget *parent)
    : QWidget(parent)
    , m_source(source)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    connect(&Theme::instance(), &Theme::changed, this, &Legend::update);
}

void Legend::update()
{
    const QList<LegendEntry> entries = m_source->legend();
    bool same = entries.size() == m_items.size();
    for (qsizetype i = 0; same && i < entries.size(); ++i)
        same = m_items[i]->entry().id == entries[i].id;
    if (same) {
        for (qsizetype i = 0; i < entries.size(); ++i)
            m_items[i]->setEntry(entries[i]);
        updateGeometry();
        place();
        return;
    }
    qDeleteAll(m_items);
    m_items.clear();
    for (const LegendEntry &entry : entries) {
        auto *item = new Item(entry, this);
        item->setOff(m_hidden.contains(entry.id));
        item->show();
        m_items.append(item);
        connect(item, &QAbstractButton::clicked, this,
                [this, id = entry.id] { clicked(id, QApplication::keyboardModifiers()); });
        item->hovered = [this, id = entry.id](bool on) { m_source->emphasize(on ? id : -1); };
    }
    updateGeometry();
    place();
}

QSize Legend::sizeHint() const
{
    int width = 0;
    for (const Item *item : m_items)
        width += item->sizeHint().width() + kGapBetween;
    return {width, 24};
}

void Legend::place()
{
    // Right-aligned; what does not fit is left out from the end, the tooltip of the chart names it.
    int room = width();
    qsizetype shown = 0;
    for (; shown < m_items.size(); ++shown) {
        const int needed = m_items[shown]->sizeHint().width() + kGapBetween;
        if (needed > room)
            break;
        room -= needed;
    }
    int x = room + kGapBetween;
    for (qsizetype i = 0; i < m_items.size(); ++i) {
        Item *item = m_items[i];
        item->setVisible(i < shown);
        const QSize size = item->sizeHint();
        item->setGeometry(x, (height() - size.height()) / 2, size.width(), size.height());
        x += size.width() + kGapBetween;
    }
}

void Legend::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    place();
}

void Legend::clicked(int id, Qt::KeyboardModifiers modifiers)
{
    QList<int> hidden = m_hidden;
    QList<int> others;
    for (const Item *item : std::as_const(m_items)) {
        if (item->entry().id != id && item->entry().canHide)
            others.append(item->entry().id);
    }
    if (modifiers.testFlag(Qt::ControlModifier)) {
        if (!hidden.removeOne(id))
            hidden.append(id);
    } else {
        // Isolate; a second click brings everything back.
        const bool alone = !hidden.contains(id) && hidden.size() == others.size();
        hidden = alone ? QList<int>() : others;
    }
    m_hidden = hidden;
    for (Item *item : std::as_const(m_items)) {
        if (!item->entry().canHide)
            continue;
        const bool off = hidden.contains(item->entry().id);
        item->setOff(off);
        m_source->setEntryVisible(item->entry().id, !off);
    }
}

} // namespace tepal::ui
