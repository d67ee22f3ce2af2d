#include "ui/charts/legend.h"

#include "ui/theme/theme.h"

#include <QAbstractButton>
#include <QApplication>
#include <QPainter>

#include <algorithm>

namespace tepal::ui {

namespace {

constexpr int kMark = 14;
constexpr int kGapBetween = 4;
constexpr int kLongest = 220; ///< Of a text; also with room to spare nothing is gained beyond.
constexpr int kReadable = 128; ///< Of a text; a longer name is still told by so much of it.
constexpr int kShortest = 12; ///< A text that gets less is left out, its marker stays.

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
        updateToolTip();
        updateGeometry();
        QAbstractButton::update();
    }
    void setOff(bool off)
    {
        m_off = off;
        QAbstractButton::update();
    }
    const LegendEntry &entry() const { return m_entry; }
    static int around() { return kMark + 6 + 8; }
    int wantedText() const
    {
        return std::min(kLongest,
                        QFontMetrics(themeFont(Type::Caption)).horizontalAdvance(m_entry.name) + 1);
    }
    QSize sizeHint() const override { return {around() + wantedText(), 24}; }
    void setTextWidth(int width)
    {
        m_text = width < kShortest ? QString()
                                   : QFontMetrics(themeFont(Type::Caption))
                                         .elidedText(m_entry.name, Qt::ElideMiddle, width);
        updateToolTip();
        QAbstractButton::update();
    }
    QString shownText() const { return m_text; }
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
                         m_text);
        if (hasFocus()) {
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(themeColor(Role::Accent), 2));
            painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 4, 4);
        }
    }

private:
    void updateToolTip()
    {
        QStringList lines;
        if (m_text != m_entry.name)
            lines << m_entry.name.toHtmlEscaped();
        if (m_entry.canHide)
            lines << Legend::tr("Click: show only this. Ctrl+click: show or hide");
        setToolTip(lines.join(QStringLiteral("<br>")));
    }

    LegendEntry m_entry;
    QString m_text;
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

QSize Legend::minimumSizeHint() const
{
    return {static_cast<int>(m_items.size()) * (Item::around() + kGapBetween), 24};
}

int Legend::readableWidth() const
{
    int width = 0;
    for (const Item *item : m_items)
        width += Item::around() + std::min(item->wantedText(), kReadable) + kGapBetween;
    return width;
}

QList<int> Legend::textWidths(int room) const
{
    QList<int> widths;
    for (const Item *item : m_items)
        widths << item->wantedText();
    // Everybody gets an even share of what those who need less leave over.
    QList<int> order = widths;
    std::sort(order.begin(), order.end());
    int left = room;
    int most = kLongest;
    for (qsizetype i = 0; i < order.size(); ++i) {
        const int share = std::max(0, left) / static_cast<int>(order.size() - i);
        if (order[i] > share) {
            most = share;
            break;
        }
        left -= order[i];
    }
    for (int &width : widths)
        width = std::min(width, most);
    return widths;
}

void Legend::place()
{
    const int fixed = static_cast<int>(m_items.size()) * (Item::around() + kGapBetween);
    const QList<int> texts = textWidths(width() - fixed);
    int used = fixed;
    for (const int text : texts)
        used += text;
    // Right-aligned, beside the menu.
    int x = std::max(0, width() - used) + kGapBetween;
    for (qsizetype i = 0; i < m_items.size(); ++i) {
        Item *item = m_items[i];
        item->setTextWidth(texts[i]);
        item->setGeometry(x, (height() - 24) / 2, Item::around() + texts[i], 24);
        x += Item::around() + texts[i] + kGapBetween;
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
