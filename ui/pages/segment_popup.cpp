#include "ui/pages/segment_popup.h"

#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QScreen>
#include <QVBoxLayout>

#include <algorithm>

namespace tepal::ui {

namespace {

constexpr int kWidth = 300;
constexpr int kMostRows = 10;

} // namespace

SegmentPopup::SegmentPopup(QWidget *parent)
    : QFrame(parent, Qt::Popup)
    , m_filter(new QLineEdit(this))
    , m_list(new QListWidget(this))
{
    setProperty("class", QStringLiteral("card"));
    setAccessibleName(tr("Segments"));
    setFixedWidth(kWidth);
    m_filter->setPlaceholderText(tr("Find a segment"));
    m_filter->setAccessibleName(tr("Find a segment"));
    m_filter->setClearButtonEnabled(true);
    m_filter->installEventFilter(this);
    m_list->setAccessibleName(tr("Segments"));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setTextElideMode(Qt::ElideMiddle);
    m_list->setUniformItemSizes(true);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(kGap, kGap, kGap, kGap);
    column->setSpacing(4);
    column->addWidget(m_filter);
    column->addWidget(m_list);
    connect(m_filter, &QLineEdit::textChanged, this, &SegmentPopup::filter);
    connect(m_filter, &QLineEdit::returnPressed, this, [this] { pick(m_list->currentRow()); });
    connect(m_list, &QListWidget::itemActivated, this,
            [this](QListWidgetItem *item) { pick(m_list->row(item)); });
    connect(m_list, &QListWidget::itemClicked, this,
            [this](QListWidgetItem *item) { pick(m_list->row(item)); });
}

void SegmentPopup::openAt(QPoint corner, const QList<Segment> &segments,
                          const std::optional<Segment> &chosen)
{
    m_segments = segments;
    std::sort(m_segments.begin(), m_segments.end());
    m_list->clear();
    const auto add = [this](const QString &text, bool marked) {
        auto *item = new QListWidgetItem(text, m_list);
        item->setToolTip(QStringLiteral("<p>") + text.toHtmlEscaped() + QStringLiteral("</p>"));
        item->setIcon(marked ? icon(QStringLiteral("check"), Role::Accent) : QIcon());
        if (marked)
            m_list->setCurrentItem(item);
    };
    add(tr("All segments"), !chosen);
    for (const Segment &segment : std::as_const(m_segments))
        add(segment.empty() ? tr("Rows without a segment") : segmentText(segment),
            chosen == segment);
    m_filter->setVisible(m_segments.size() > kMostRows);
    m_filter->clear();
    const int rows = std::min<int>(kMostRows, m_list->count());
    m_list->setFixedHeight(rows * m_list->sizeHintForRow(0) + 2 * m_list->frameWidth());
    layout()->activate();
    resize(kWidth, layout()->sizeHint().height());
    if (const QScreen *on = screen()) {
        const QRect free = on->availableGeometry();
        corner.setX(
            std::clamp(corner.x(), free.left(), std::max(free.left(), free.right() - width())));
        corner.setY(
            std::clamp(corner.y(), free.top(), std::max(free.top(), free.bottom() - height())));
    }
    move(corner);
    show();
    (m_filter->isVisible() ? static_cast<QWidget *>(m_filter) : m_list)->setFocus();
}

void SegmentPopup::filter(const QString &text)
{
    int first = -1;
    for (int row = 0; row < m_list->count(); ++row) {
        const bool shown = m_list->item(row)->text().contains(text, Qt::CaseInsensitive);
        m_list->setRowHidden(row, !shown);
        if (shown && first < 0)
            first = row;
    }
    if (!text.isEmpty())
        m_list->setCurrentRow(first);
}

void SegmentPopup::pick(int row)
{
    if (row < 0)
        return;
    hide();
    Q_EMIT picked(row == 0 ? std::nullopt : std::optional(m_segments.at(row - 1)));
}

/// The arrows lead from the field into the list.
bool SegmentPopup::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::KeyPress) {
        const auto *key = static_cast<QKeyEvent *>(event);
        if (key->key() == Qt::Key_Down || key->key() == Qt::Key_Up) {
            m_list->setFocus();
            return true;
        }
    }
    return QFrame::eventFilter(watched, event);
}

} // namespace tepal::ui
