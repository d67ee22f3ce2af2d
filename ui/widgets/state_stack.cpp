#include "ui/widgets/state_stack.h"

#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"

#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QStackedLayout>
#include <QVBoxLayout>

namespace tepal::ui {

namespace {

constexpr int kBeforeShowing = 150;
constexpr int kAtLeast = 400;
constexpr QLatin1String kRetry("state.retry");

} // namespace

StateStack::StateStack(QWidget *content, QWidget *parent)
    : QWidget(parent)
    , m_content(content)
    , m_message(new QWidget(this))
    , m_icon(new QLabel(m_message))
    , m_title(new QLabel(m_message))
    , m_text(new QLabel(m_message))
    , m_action(new QPushButton(m_message))
    , m_stack(new QStackedLayout(this))
    , m_bar(new QProgressBar(this))
{
    m_icon->setAlignment(Qt::AlignCenter);
    m_title->setAlignment(Qt::AlignCenter);
    m_title->setProperty("class", QStringLiteral("section"));
    m_title->setTextFormat(Qt::PlainText);
    m_title->setWordWrap(true);
    m_text->setAlignment(Qt::AlignCenter);
    m_text->setProperty("class", QStringLiteral("muted"));
    m_text->setTextFormat(Qt::PlainText);
    m_text->setWordWrap(true);
    auto *column = new QVBoxLayout(m_message);
    column->addStretch(2);
    column->addWidget(m_icon);
    column->addSpacing(4);
    column->addWidget(m_title);
    column->addWidget(m_text); // over the whole width: only so is its height that of its lines
    column->addSpacing(kGap);
    column->addWidget(m_action, 0, Qt::AlignCenter);
    column->addStretch(3);
    m_stack->addWidget(content);
    m_stack->addWidget(m_message);
    m_bar->setRange(0, 0);
    m_bar->setTextVisible(false);
    m_bar->hide();
    m_showBar.setSingleShot(true);
    m_showBar.setInterval(kBeforeShowing);
    m_hideBar.setSingleShot(true);
    m_hideBar.setInterval(kAtLeast);
    connect(&m_showBar, &QTimer::timeout, this, [this] {
        m_bar->show();
        m_bar->raise();
        m_hideBar.setProperty("wanted", false);
        m_hideBar.start();
    });
    connect(&m_hideBar, &QTimer::timeout, this, [this] {
        if (m_hideBar.property("wanted").toBool())
            m_bar->hide();
    });
    connect(m_action, &QPushButton::clicked, this, [this] {
        if (m_actionId == kRetry)
            Q_EMIT retryWanted();
        else
            Q_EMIT actionWanted(m_actionId);
    });
    connect(&Theme::instance(), &Theme::changed, this, [this] {
        if (!m_iconName.isEmpty())
            m_icon->setPixmap(
                iconPixmap(m_iconName, 32, static_cast<Role>(m_iconRole), devicePixelRatioF()));
    });
}

void StateStack::showContent()
{
    m_stack->setCurrentWidget(m_content);
}

bool StateStack::isContentShown() const
{
    return m_stack->currentWidget() == m_content;
}

QString StateStack::shownText() const
{
    return isContentShown() ? QString() : m_title->text() + QLatin1Char('\n') + m_text->text();
}

void StateStack::showMessage(const QString &icon, int role, const QString &title,
                             const QString &text)
{
    m_iconName = icon;
    m_iconRole = role;
    m_icon->setPixmap(iconPixmap(icon, 32, static_cast<Role>(role), devicePixelRatioF()));
    m_title->setText(title);
    m_text->setText(text);
    m_text->setVisible(!text.isEmpty());
    m_message->setAccessibleName(title);
    m_stack->setCurrentWidget(m_message);
}

void StateStack::showEmpty(const QString &icon, const QString &title, const QString &text,
                           const QString &actionText, const QString &actionId)
{
    m_actionId = actionId;
    m_action->setText(actionText);
    m_action->setVisible(!actionText.isEmpty());
    m_action->setProperty("class", QStringLiteral("primary"));
    showMessage(icon, static_cast<int>(Role::Faint), title, text);
}

void StateStack::showProblem(const Problem &problem)
{
    m_actionId = kRetry;
    m_action->setText(tr("Try again"));
    m_action->setVisible(true);
    showMessage(QStringLiteral("octagon-alert"), static_cast<int>(Role::Alarm), problem.text,
                problem.next);
}

void StateStack::setLoading(bool loading)
{
    if (loading) {
        m_hideBar.setProperty("wanted", false);
        if (!m_bar->isVisible() && !m_showBar.isActive())
            m_showBar.start();
        return;
    }
    m_showBar.stop();
    if (m_hideBar.isActive())
        m_hideBar.setProperty("wanted", true);
    else
        m_bar->hide();
}

void StateStack::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    m_bar->setGeometry(0, 0, width(), 4);
}

} // namespace tepal::ui
