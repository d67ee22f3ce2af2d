#include "ui/pages/sides_bar.h"

#include "ui/backend/comparison.h"
#include "ui/backend/windows.h"
#include "ui/pages/context.h"
#include "ui/pages/reference_popup.h"
#include "ui/pages/segment_popup.h"
#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/format.h"
#include "ui/widgets/verdict.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QToolButton>

namespace tepal::ui {

namespace {

constexpr int kWidestB = 300;
constexpr int kWidestSegment = 160;

QToolButton *quietButton(const QString &text, const QString &toolTip, QWidget *parent)
{
    auto *button = new QToolButton(parent);
    button->setText(text);
    button->setProperty("class", QStringLiteral("quiet"));
    button->setToolTip(toolTip);
    return button;
}

/// Opens something; the arrow comes after the text.
void setOpener(QToolButton *button)
{
    button->setProperty("class", QStringLiteral("button"));
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setIcon(icon(QStringLiteral("chevron-down"), Role::Muted));
    button->setLayoutDirection(Qt::RightToLeft);
}

/// "Thu 14:00–15:00" where one window is meant; the tooltip has the date.
QString chipText(TimeRange window, Granularity granularity)
{
    if (nextWindowStart(window.start, granularity) < window.end)
        return SidesBar::tr("windows %1").arg(format::range(window));
    return granularity <= Granularity::Hour
               ? SidesBar::tr("window %1").arg(format::weekdayTime(window.start))
               : SidesBar::tr("window %1").arg(format::date(window.start));
}

} // namespace

SideBadge::SideBadge(Side side, QWidget *parent)
    : QWidget(parent)
    , m_side(side)
{
    setFixedSize(18, 18);
    setAccessibleName(side == Side::A ? tr("Side A") : tr("Side B"));
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void SideBadge::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(themeColor(m_side == Side::A ? Role::Accent : Role::Reference));
    painter.drawRoundedRect(rect(), 4, 4);
    painter.setPen(themeColor(m_side == Side::A ? Role::OnAccent : Role::Surface1));
    painter.setFont(themeFont(Type::Strong));
    painter.drawText(rect(), Qt::AlignCenter,
                     m_side == Side::A ? QStringLiteral("A") : QStringLiteral("B"));
}

SidesBar::SidesBar(Context *context, QWidget *parent)
    : QWidget(parent)
    , m_context(context)
    , m_a(new ElidedLabel(QString(), this))
    , m_window(new QToolButton(this))
    , m_segment(new QToolButton(this))
    , m_b(new QToolButton(this))
    , m_swap(quietButton(tr("Swap"), tr("A becomes B and B becomes A"), this))
    , m_pin(quietButton(tr("Pin"), QString(), this))
    , m_note(new StateLabel(this))
    , m_popup(new ReferencePopup(context, this))
    , m_segments(new SegmentPopup(this))
{
    m_a->setKeepWhole(250);
    m_a->setAccessibleName(tr("Range on side A"));
    m_window->setProperty("class", QStringLiteral("chip"));
    m_window->setLayoutDirection(Qt::RightToLeft); // What it leaves, then the cross.
    m_window->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_window->setIcon(icon(QStringLiteral("x"), Role::Muted));
    setOpener(m_segment);
    m_segment->setAccessibleName(tr("Segment on side A"));
    setOpener(m_b);
    m_b->setAccessibleName(tr("Against"));
    m_swap->setAccessibleName(tr("Swap the sides"));
    m_pin->setCheckable(true);
    m_pin->setAccessibleName(tr("Pin side B"));
    auto *against = new QLabel(tr("Against"), this);
    against->setProperty("class", QStringLiteral("caption"));
    against->setBuddy(m_b);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(6);
    row->addWidget(new SideBadge(SideBadge::Side::A, this));
    row->addWidget(m_a);
    row->addWidget(m_window);
    row->addWidget(m_segment);
    row->addSpacing(6);
    row->addWidget(against);
    row->addWidget(new SideBadge(SideBadge::Side::B, this));
    row->addWidget(m_b);
    row->addWidget(m_swap);
    row->addWidget(m_pin);
    row->addWidget(m_note);
    row->addStretch(1);

    connect(m_b, &QToolButton::clicked, this, [this] { m_popup->openAt(m_b); });
    connect(m_popup, &ReferencePopup::actionWanted, this, &SidesBar::actionWanted);
    connect(m_window, &QToolButton::clicked, context, &Context::clearWindow);
    connect(m_segment, &QToolButton::clicked, this, [this] {
        m_segments->openAt(m_segment->mapToGlobal(QPoint(0, m_segment->height() + 4)),
                           m_context->datasetInfo().segments, m_context->segment());
    });
    connect(m_segments, &SegmentPopup::picked, context, &Context::setSegment);
    connect(&context->backend()->windows(), &Windows::datasetsChanged, this,
            &SidesBar::showSegment);
    connect(m_swap, &QToolButton::clicked, context, &Context::swapSides);
    connect(m_pin, &QToolButton::clicked, context, &Context::pinB);
    for (auto changed : {&Context::datasetChanged, &Context::rangeChanged,
                         &Context::comparisonChanged, &Context::selectionChanged})
        connect(context, changed, this, &SidesBar::showSides);
    connect(&context->backend()->comparison(), &Comparison::referencesChanged, this,
            &SidesBar::showSides);
    showSides();
}

void SidesBar::addWidget(QWidget *widget)
{
    layout()->addWidget(widget);
}

void SidesBar::showSides()
{
    const TimeRange a = m_context->range();
    m_a->setText(format::range(a));
    const auto window = m_context->window();
    m_window->setVisible(window.has_value());
    if (window) {
        m_window->setText(chipText(*window, m_context->datasetInfo().granularity));
        m_window->setToolTip(tr("Charts are about this window: %1. Click for the whole range (Esc)")
                                 .arg(format::window(*window)));
        m_window->setAccessibleName(tr("Leave the %1").arg(m_window->text()));
    }
    showSegment();
    QString name = m_context->nameB();
    if (name.isEmpty())
        name = tr("no reference");
    m_b->setText(
        QFontMetrics(m_b->font()).elidedText(name.simplified(), Qt::ElideMiddle, kWidestB));
    const QString moves = m_context->against().trailing ? tr("<p>It moves with A</p>") : QString();
    m_b->setToolTip(QStringLiteral("<p>") + name.toHtmlEscaped() + QStringLiteral("</p>") + moves);
    m_b->setAccessibleDescription(name);
    const auto b = m_context->rangeB();
    m_swap->setEnabled(m_context->canSwap());
    m_pin->setEnabled(b.has_value());
    m_pin->setChecked(m_context->isPinned());
    m_pin->setToolTip(!b ? tr("A reference and a file stay where they are")
                      : m_context->isPinned()
                          ? tr("B stays while A moves. Click to let it move along")
                          : tr("B moves with A. Click to let it stay"));
    showNote();
}

void SidesBar::showSegment()
{
    const auto &segment = m_context->segment();
    m_segment->setVisible(segment || !m_context->datasetInfo().segments.isEmpty());
    const QString text = segment ? segmentText(*segment) : tr("all segments");
    m_segment->setText(QFontMetrics(m_segment->font())
                           .elidedText(text.simplified(), Qt::ElideMiddle, kWidestSegment));
    m_segment->setToolTip(QStringLiteral("<p>") + tr("Rows on side A") + QStringLiteral("</p><p>") +
                          text.toHtmlEscaped() + QStringLiteral("</p>"));
    m_segment->setAccessibleDescription(text);
}

void SidesBar::showNote()
{
    const TimeRange a = m_context->range();
    const auto b = m_context->rangeB();
    const auto &segmentA = m_context->segment();
    const auto &segmentB = m_context->against().segment;
    const bool apart = segmentA && segmentB && *segmentA != *segmentB;
    const bool overlap = b && !apart && b->start < a.end && a.start < b->end;
    m_note->setVisible(overlap);
    if (!overlap)
        return;
    const bool same = *b == a && segmentA == segmentB;
    m_note->setState(Symbol::Triangle, Role::Warn,
                     same ? tr("same range on both sides") : tr("sides overlap"));
    m_note->setToolTip(same ? tr("A range against itself shows no difference")
                            : tr("Rows in both sides make them look more alike than they are"));
}

} // namespace tepal::ui
