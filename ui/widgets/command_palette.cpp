#include "ui/widgets/command_palette.h"

#include "ui/theme/metrics.h"
#include "ui/theme/theme.h"
#include "ui/widgets/action_registry.h"

#include <QAction>
#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QStandardItemModel>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>

namespace tepal::ui {

namespace {

constexpr int kGroupRole = Qt::UserRole + 1;
constexpr int kShortcutRole = Qt::UserRole + 2;
constexpr int kIdRole = Qt::UserRole + 3;

/// Text left, group muted behind it, shortcut right.
class PaletteDelegate final : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    QSize sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const override
    {
        return {100, 32};
    }
    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override
    {
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        if (option.state.testFlag(QStyle::State_Selected)) {
            painter->setPen(Qt::NoPen);
            painter->setBrush(themeColor(Role::AccentSoft));
            painter->drawRoundedRect(option.rect.adjusted(4, 1, -4, -1), 4, 4);
        }
        const QRect box = option.rect.adjusted(12, 0, -12, 0);
        const auto pic = index.data(Qt::DecorationRole).value<QIcon>();
        if (!pic.isNull())
            pic.paint(painter, QRect(box.left(), box.center().y() - 8, 16, 16));
        QRect textBox = box.adjusted(26, 0, 0, 0);
        painter->setFont(themeFont(Type::Body));
        painter->setPen(themeColor(Role::Text));
        const QString text = index.data().toString();
        painter->drawText(
            textBox, Qt::AlignVCenter | Qt::AlignLeft,
            option.fontMetrics.elidedText(text, Qt::ElideMiddle, textBox.width() - 150));
        const int used = option.fontMetrics.horizontalAdvance(text);
        painter->setFont(themeFont(Type::Caption));
        painter->setPen(themeColor(Role::Muted));
        painter->drawText(textBox.adjusted(used + 10, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft,
                          index.data(kGroupRole).toString());
        painter->drawText(textBox, Qt::AlignVCenter | Qt::AlignRight,
                          index.data(kShortcutRole).toString());
        painter->restore();
    }
};

QString plainText(const QAction *action)
{
    QString text = action->text();
    return text.remove(QLatin1Char('&'));
}

} // namespace

int fuzzyScore(const QString &needle, const QString &text)
{
    if (needle.isEmpty())
        return 0;
    int score = 0;
    qsizetype at = 0;
    qsizetype last = -2;
    for (const QChar wanted : needle) {
        if (wanted.isSpace())
            continue;
        while (at < text.size() && text[at].toLower() != wanted.toLower())
            ++at;
        if (at == text.size())
            return -1;
        const bool wordStart = at == 0 || !text[at - 1].isLetterOrNumber();
        score += 1 + (wordStart ? 4 : 0) + (at == last + 1 ? 3 : 0);
        last = at++;
    }
    return score * 100 - static_cast<int>(text.size());
}

CommandPalette::CommandPalette(ActionRegistry *registry, QWidget *window)
    : QFrame(window)
    , m_registry(registry)
    , m_window(window)
    , m_edit(new QLineEdit(this))
    , m_list(new QListView(this))
    , m_model(new QStandardItemModel(this))
{
    setProperty("class", QStringLiteral("card"));
    setAccessibleName(tr("Command palette"));
    m_edit->setAccessibleName(tr("Search"));
    m_edit->setMinimumHeight(36);
    m_list->setAccessibleName(tr("Matches"));
    m_list->setModel(m_model);
    m_list->setItemDelegate(new PaletteDelegate(m_list));
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setUniformItemSizes(true);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(kGap, kGap, kGap, kGap);
    column->setSpacing(kGap);
    column->addWidget(m_edit);
    column->addWidget(m_list);
    m_edit->installEventFilter(this);
    connect(m_edit, &QLineEdit::textChanged, this, &CommandPalette::filter);
    connect(m_list, &QListView::clicked, this, &CommandPalette::run);
    hide();
}

void CommandPalette::openCommands()
{
    m_commands = true;
    open(tr("Type a command"));
}

void CommandPalette::openNames(const QString &placeholder, const QStringList &names)
{
    m_commands = false;
    m_names = names;
    open(placeholder);
}

void CommandPalette::open(const QString &placeholder)
{
    m_focusBefore = QApplication::focusWidget();
    m_edit->setPlaceholderText(placeholder);
    m_edit->clear();
    filter({});
    const int width = std::min(640, m_window->width() - 80);
    setGeometry((m_window->width() - width) / 2, 72, width,
                std::min(420, m_window->height() - 140));
    show();
    raise();
    m_edit->setFocus();
}

QString CommandPalette::currentText() const
{
    return m_list->currentIndex().data().toString();
}

int CommandPalette::matches() const
{
    return m_model->rowCount();
}

void CommandPalette::filter(const QString &text)
{
    struct Match
    {
        int score;
        QStandardItem *item;
    };
    QList<Match> found;
    if (m_commands) {
        for (const QAction *action : m_registry->all()) {
            if (!action->isEnabled() || !action->isVisible())
                continue;
            const QString group = m_registry->group(action);
            const int score =
                std::max(fuzzyScore(text, plainText(action)),
                         fuzzyScore(text, group + QLatin1Char(' ') + plainText(action)) - 50);
            if (score < 0 && !text.isEmpty())
                continue;
            auto *item = new QStandardItem(action->icon(), plainText(action));
            item->setData(group, kGroupRole);
            item->setData(action->shortcut().toString(QKeySequence::NativeText), kShortcutRole);
            item->setData(action->objectName(), kIdRole);
            found.append({score, item});
        }
    } else {
        for (const QString &name : std::as_const(m_names)) {
            const int score = fuzzyScore(text, name);
            if (score >= 0 || text.isEmpty())
                found.append({score, new QStandardItem(name)});
        }
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const Match &a, const Match &b) { return a.score > b.score; });
    m_model->clear();
    for (const Match &match : std::as_const(found))
        m_model->appendRow(match.item);
    m_list->setCurrentIndex(m_model->index(0, 0));
}

void CommandPalette::run()
{
    const QModelIndex index = m_list->currentIndex();
    const QString id = index.data(kIdRole).toString();
    const QString name = index.data().toString();
    hide();
    if (m_focusBefore)
        m_focusBefore->setFocus();
    if (!index.isValid())
        return;
    if (m_commands)
        m_registry->trigger(id);
    else
        Q_EMIT jumpWanted(name);
}

bool CommandPalette::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_edit && event->type() == QEvent::KeyPress) {
        const auto *key = static_cast<QKeyEvent *>(event);
        const int row = m_list->currentIndex().row();
        const auto go = [&](int to) {
            m_list->setCurrentIndex(m_model->index(std::clamp(to, 0, m_model->rowCount() - 1), 0));
        };
        switch (key->key()) {
        case Qt::Key_Down:
            go(row + 1);
            return true;
        case Qt::Key_Up:
            go(row - 1);
            return true;
        case Qt::Key_PageDown:
            go(row + 10);
            return true;
        case Qt::Key_PageUp:
            go(row - 10);
            return true;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            run();
            return true;
        case Qt::Key_Escape:
            hide();
            if (m_focusBefore)
                m_focusBefore->setFocus();
            return true;
        default:
            break;
        }
    }
    if (watched == m_edit && event->type() == QEvent::FocusOut && isVisible() &&
        !isAncestorOf(QApplication::focusWidget()))
        hide();
    return QFrame::eventFilter(watched, event);
}

void CommandPalette::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Escape)
        hide();
    else
        QFrame::keyPressEvent(event);
}

} // namespace tepal::ui
