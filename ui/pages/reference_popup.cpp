#include "ui/pages/reference_popup.h"

#include "ui/backend/comparison.h"
#include "ui/pages/context.h"
#include "ui/pages/reference_button.h"
#include "ui/pages/segment_popup.h"
#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/file_dialogs.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QSpinBox>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace tepal::ui {

namespace {

constexpr int kWidth = 580;
constexpr int kMostHeight = 300; ///< Of the list; more references scroll.
constexpr int kLongestName = 200;

QToolButton *iconButton(const QString &name, const QString &toolTip, const QString &accessible,
                        QWidget *parent)
{
    auto *button = new QToolButton(parent);
    button->setIcon(icon(name, Role::Muted));
    button->setProperty("class", QStringLiteral("icon"));
    button->setToolTip(toolTip);
    button->setAccessibleName(accessible);
    return button;
}

QPushButton *quietButton(const QString &text, bool chosen, QWidget *parent)
{
    auto *button = new QPushButton(text, parent);
    button->setProperty("class", QStringLiteral("quiet"));
    button->setAutoDefault(false);
    if (chosen)
        button->setIcon(icon(QStringLiteral("check"), Role::Accent));
    return button;
}

} // namespace

ReferencePopup::ReferencePopup(Context *context, QWidget *parent)
    : QFrame(parent, Qt::Popup)
    , m_context(context)
    , m_rows(nullptr)
    , m_list(nullptr)
    , m_scroll(nullptr)
    , m_trailing(nullptr)
    , m_segments(new SegmentPopup(parent))
{
    connect(m_segments, &SegmentPopup::picked, this, &ReferencePopup::chooseSegment);
    setProperty("class", QStringLiteral("card"));
    setAccessibleName(tr("Compare with"));
    setFixedWidth(kWidth);
    connect(&context->backend()->comparison(), &Comparison::referencesChanged, this, [this] {
        // Whoever is writing a name is not interrupted.
        if (isVisible() && m_renaming.isEmpty() &&
            m_context->backend()->comparison().references(m_context->dataset()) != m_shown)
            fill();
    });
}

void ReferencePopup::openAt(const QWidget *anchor)
{
    m_renaming.clear();
    m_at = anchor->mapToGlobal(QPoint(0, anchor->height() + 4));
    fill();
    show();
    if (auto *first = findChild<ReferenceButton *>())
        first->setFocus();
}

void ReferencePopup::fill()
{
    m_shown = m_context->backend()->comparison().references(m_context->dataset());
    const auto old = findChildren<QWidget *>(QString(), Qt::FindDirectChildrenOnly);
    for (QWidget *widget : old) {
        widget->hide();
        widget->setParent(nullptr); // It may be the sender.
        widget->deleteLater();
    }
    delete layout();
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(kGap, kGap, kGap, kGap);
    column->setSpacing(4);
    auto *scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    m_list = new QWidget(scroll);
    m_list->setProperty("class", QStringLiteral("page"));
    m_rows = new QVBoxLayout(m_list);
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_rows->setSpacing(2);
    for (const ReferenceInfo &reference : std::as_const(m_shown))
        m_rows->addWidget(reference.name == m_renaming ? makeRename(reference.name)
                                                       : makeRow(reference));
    if (m_shown.isEmpty()) {
        auto *none = new QLabel(tr("This dataset has no reference yet"), m_list);
        none->setProperty("class", QStringLiteral("muted"));
        none->setContentsMargins(kGap, kGap, kGap, kGap);
        m_rows->addWidget(none);
    }
    m_rows->addStretch();
    scroll->setWidget(m_list);
    m_scroll = scroll;
    column->addWidget(scroll);
    auto *line = new QFrame(this);
    line->setFixedHeight(1);
    line->setAutoFillBackground(true);
    line->setBackgroundRole(QPalette::Mid);
    column->addWidget(line);
    column->addWidget(makeOthers());
    m_trailing = makeTrailing();
    m_trailing->setVisible(m_context->against().trailing &&
                           m_context->against().trailing->size > 0);
    column->addWidget(m_trailing);
    place();
}

void ReferencePopup::place()
{
    m_scroll->setFixedHeight(std::min(kMostHeight, m_list->sizeHint().height()));
    layout()->activate();
    resize(kWidth, layout()->sizeHint().height());
    QPoint at = m_at;
    if (const QScreen *on = screen()) {
        const QRect free = on->availableGeometry();
        at.setX(std::clamp(at.x(), free.left(), std::max(free.left(), free.right() - width())));
        at.setY(std::clamp(at.y(), free.top(), std::max(free.top(), free.bottom() - height())));
    }
    move(at);
}

QWidget *ReferencePopup::makeRow(const ReferenceInfo &reference)
{
    auto *row = new QWidget(m_list);
    const Against &against = m_context->against();
    const bool chosen =
        against.isReference() &&
        (against.reference.isEmpty() ? reference.current : against.reference == reference.name);
    auto *button = new ReferenceButton(reference, chosen, row);
    auto *rename = iconButton(QStringLiteral("pencil"), tr("Rename"),
                              tr("Rename reference %1").arg(reference.name), row);
    auto *remove = iconButton(QStringLiteral("trash-2"), tr("Delete"),
                              tr("Delete reference %1").arg(reference.name), row);
    auto *current = new QPushButton(tr("Make current"), row);
    current->setProperty("class", QStringLiteral("quiet"));
    current->setAutoDefault(false);
    current->setToolTip(
        tr("Judge this dataset against it, here and wherever nothing else is said"));
    current->setAccessibleName(tr("Make reference %1 current").arg(reference.name));
    current->setVisible(!reference.current);
    auto *line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 4, 0);
    line->setSpacing(2);
    line->addWidget(button, 1);
    line->addWidget(current);
    line->addWidget(rename);
    line->addWidget(remove);
    const QString name = reference.name;
    // The current one is followed: when another becomes current, the comparison is against that.
    Against wanted;
    if (!reference.current)
        wanted.reference = name;
    connect(button, &QAbstractButton::clicked, this, [this, wanted] { choose(wanted); });
    connect(current, &QPushButton::clicked, this, [this, name] {
        hide();
        m_context->setAgainst({});
        m_context->backend()->comparison().setReference(m_context->dataset(), name);
    });
    connect(rename, &QToolButton::clicked, this, [this, name] {
        m_renaming = name;
        fill();
        if (auto *edit = m_list->findChild<QLineEdit *>()) {
            edit->setFocus();
            edit->selectAll();
        }
    });
    connect(remove, &QToolButton::clicked, this, [this, name] {
        hide(); // The way back is a banner.
        if (m_context->against().reference == name)
            m_context->setAgainst({});
        m_context->backend()->comparison().deleteReference(m_context->dataset(), name);
    });
    return row;
}

QWidget *ReferencePopup::makeRename(const QString &name)
{
    auto *row = new QWidget(m_list);
    auto *edit = new QLineEdit(name, row);
    edit->setMaxLength(std::max<int>(kLongestName, static_cast<int>(name.size())));
    edit->setAccessibleName(tr("New name of reference %1").arg(name));
    auto *save = new QPushButton(tr("Rename"), row);
    save->setProperty("class", QStringLiteral("primary"));
    auto *error = new QLabel(row);
    error->setProperty("class", QStringLiteral("error"));
    error->setTextFormat(Qt::PlainText);
    auto *line = new QHBoxLayout;
    line->setSpacing(kGap);
    line->addWidget(edit, 1);
    line->addWidget(save);
    auto *column = new QVBoxLayout(row);
    column->setContentsMargins(4, 4, 4, 4);
    column->setSpacing(2);
    column->addLayout(line);
    column->addWidget(error);
    const auto check = [this, edit, save, error, name] {
        const QString wanted = edit->text().trimmed();
        const bool taken = wanted != name && isTaken(wanted);
        error->setText(wanted.isEmpty() ? tr("A reference needs a name")
                       : taken          ? tr("There is a reference of this name already")
                                        : QString());
        save->setEnabled(!wanted.isEmpty() && !taken);
        edit->setProperty("invalid", !save->isEnabled());
        edit->style()->unpolish(edit);
        edit->style()->polish(edit);
    };
    const auto done = [this, edit, save, name] {
        if (!save->isEnabled())
            return;
        const QString wanted = edit->text().trimmed();
        m_renaming.clear();
        if (wanted != name)
            m_context->renameReference(name, wanted);
        fill();
    };
    connect(edit, &QLineEdit::textChanged, this, check);
    connect(edit, &QLineEdit::returnPressed, this, done);
    connect(save, &QPushButton::clicked, this, done);
    check();
    return row;
}

QWidget *ReferencePopup::makeOthers()
{
    auto *others = new QWidget(this);
    const Against &against = m_context->against();
    const bool previous = against.trailing == Trailing{};
    auto *period = quietButton(tr("Previous period"), previous, others);
    period->setToolTip(tr("The time before the range, as long as the range; it moves with it"));
    auto *trailing = quietButton(tr("Trailing…"), against.trailing && !previous, others);
    trailing->setToolTip(tr("So many days before the range; they move with it"));
    auto *segment = quietButton(tr("Segment…"), against.segment.has_value(), others);
    segment->setToolTip(tr("The rows of one segment, of the same time unless side B is a range"));
    const QList<Segment> segments = m_context->datasetInfo().segments;
    segment->setVisible(!segments.isEmpty() || against.segment);
    auto *file = quietButton(tr("Profile file…"), !against.file.isEmpty(), others);
    auto *make = quietButton(tr("New reference…"), false, others);
    make->setToolTip(tr("Use the chosen range as reference"));
    auto *line = new QHBoxLayout(others);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(2);
    for (QPushButton *button : {period, trailing, segment, file})
        line->addWidget(button);
    line->addStretch();
    line->addWidget(make);
    connect(period, &QPushButton::clicked, this, [this] {
        Against before;
        before.segment = m_context->against().segment;
        before.trailing = Trailing{};
        choose(before);
    });
    connect(trailing, &QPushButton::clicked, this, [this] {
        m_trailing->show();
        place();
        m_trailing->findChild<QSpinBox *>()->setFocus();
    });
    connect(segment, &QPushButton::clicked, this, [this, segments] {
        hide();
        m_segments->openAt(m_at, segments, m_context->against().segment);
    });
    connect(file, &QPushButton::clicked, this, &ReferencePopup::askFile);
    connect(make, &QPushButton::clicked, this, [this] {
        hide();
        Q_EMIT actionWanted(QStringLiteral("reference.make"));
    });
    return others;
}

QWidget *ReferencePopup::makeTrailing()
{
    auto *form = new QWidget(this);
    Trailing now = m_context->against().trailing.value_or(Trailing{7 * kDayMs, 0});
    now.offset = std::max<DurationMs>(0, now.offset); // A brush let go may lie after A.
    const auto number = [&](DurationMs span, int least, const QString &name) {
        auto *box = new QSpinBox(form);
        box->setRange(least, 9999);
        box->setAccessibleName(name);
        const DurationMs unit = span % kDayMs == 0 ? kDayMs : kHourMs;
        box->setValue(static_cast<int>(span / unit));
        return box;
    };
    const auto units = [&](DurationMs span, const QString &name) {
        auto *box = new QComboBox(form);
        box->addItem(tr("hours"), QVariant::fromValue<qlonglong>(kHourMs));
        box->addItem(tr("days"), QVariant::fromValue<qlonglong>(kDayMs));
        box->setCurrentIndex(span % kDayMs == 0 ? 1 : 0);
        box->setAccessibleName(name);
        return box;
    };
    const DurationMs shownSize = now.size > 0 ? now.size : 7 * kDayMs;
    auto *size = number(shownSize, 1, tr("Length of the trailing range"));
    auto *sizeUnit = units(shownSize, tr("Unit of the length"));
    auto *offset = number(now.offset, 0, tr("Offset of the trailing range"));
    auto *offsetUnit = units(now.offset, tr("Unit of the offset"));
    auto *compare = new QPushButton(tr("Compare"), form);
    compare->setProperty("class", QStringLiteral("primary"));
    compare->setAccessibleName(tr("Compare with the trailing range"));
    auto *first = new QHBoxLayout(form);
    first->setContentsMargins(kGap, 0, 4, 4);
    first->setSpacing(4);
    first->addWidget(size);
    first->addWidget(sizeUnit);
    first->addWidget(new QLabel(tr("that end"), form));
    first->addWidget(offset);
    first->addWidget(offsetUnit);
    first->addWidget(new QLabel(tr("before it"), form));
    first->addStretch();
    first->addWidget(compare);
    connect(compare, &QPushButton::clicked, this, [=, this] {
        Against against;
        against.segment = m_context->against().segment;
        against.trailing = Trailing{size->value() * sizeUnit->currentData().toLongLong(),
                                    offset->value() * offsetUnit->currentData().toLongLong()};
        choose(against);
    });
    return form;
}

void ReferencePopup::choose(const Against &against)
{
    hide();
    m_context->setAgainst(against);
}

void ReferencePopup::chooseSegment(const std::optional<Segment> &segment)
{
    Against against = m_context->against();
    if (!against.range && !against.trailing)
        against = {}; // A reference and a file have no segments.
    against.segment = segment;
    if (against.isReference())
        m_context->clearB();
    else
        m_context->setAgainst(against);
}

void ReferencePopup::askFile()
{
    hide();
    askOpenFiles(parentWidget(), tr("Compare with a profile file"), tr("Profile files (*.bin)"),
                 false, [context = m_context](const QStringList &files) {
                     Against against;
                     against.file = files.value(0);
                     if (!against.file.isEmpty())
                         context->setAgainst(against);
                 });
}

bool ReferencePopup::isTaken(const QString &name) const
{
    const QList<ReferenceInfo> all =
        m_context->backend()->comparison().references(m_context->dataset());
    return std::any_of(all.begin(), all.end(),
                       [&](const ReferenceInfo &info) { return info.name == name; });
}

void ReferencePopup::keyPressEvent(QKeyEvent *event)
{
    if (event->key() != Qt::Key_Escape) {
        QFrame::keyPressEvent(event);
        return;
    }
    if (m_renaming.isEmpty()) {
        hide();
        return;
    }
    m_renaming.clear();
    fill();
}

} // namespace tepal::ui
