#include "ui/pages/first_start.h"

#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"

#include <QAbstractButton>
#include <QLabel>
#include <QPainter>
#include <QProgressBar>
#include <QSvgRenderer>
#include <QVBoxLayout>

#include <cmath>

namespace tepal::ui {

namespace {

/// A wide button: picture, title, one line of text. The first is the primary one.
class ChoiceButton final : public QAbstractButton
{
public:
    ChoiceButton(QString picture, QString title, QString text, bool primary, QWidget *parent)
        : QAbstractButton(parent)
        , m_picture(std::move(picture))
        , m_title(std::move(title))
        , m_text(std::move(text))
        , m_primary(primary)
    {
        setFixedHeight(64);
        setFocusPolicy(Qt::StrongFocus);
        setText(m_title);
        setCursor(Qt::PointingHandCursor);
        setAttribute(Qt::WA_Hover);
        setAccessibleName(m_title);
        setAccessibleDescription(m_text);
    }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const Theme &theme = Theme::instance();
        const bool hover = underMouse() && isEnabled();
        const QRectF box = QRectF(rect()).adjusted(1, 1, -1, -1);
        painter.setPen(hasFocus()
                           ? QPen(theme.color(Role::Accent), 2)
                           : QPen(theme.color(m_primary ? Role::Accent : Role::Surface3), 1));
        painter.setBrush(theme.color(m_primary ? Role::AccentSoft
                                     : hover   ? Role::Surface2
                                               : Role::Surface1));
        painter.drawRoundedRect(box, kCardRadius, kCardRadius);
        const Role tone = !isEnabled()         ? Role::Faint
                          : m_primary || hover ? Role::Accent
                                               : Role::Muted;
        painter.drawPixmap(QPointF(20, height() / 2.0 - 12),
                           iconPixmap(m_picture, 24, tone, devicePixelRatioF()));
        painter.setFont(themeFont(Type::Strong));
        painter.setPen(theme.color(isEnabled() ? Role::Text : Role::Faint));
        painter.drawText(QRect(60, 12, width() - 72, 20), Qt::AlignVCenter | Qt::AlignLeft,
                         m_title);
        painter.setFont(themeFont(Type::Caption));
        painter.setPen(theme.color(isEnabled() ? Role::Muted : Role::Faint));
        painter.drawText(QRect(60, 32, width() - 72, 20), Qt::AlignVCenter | Qt::AlignLeft, m_text);
    }

private:
    QString m_picture;
    QString m_title;
    QString m_text;
    bool m_primary;
};

} // namespace

FirstStart::FirstStart(QWidget *parent)
    : QWidget(parent)
    , m_progressText(new QLabel(this))
    , m_progress(new QProgressBar(this))
{
    auto *card = new QFrame(this);
    card->setProperty("class", QStringLiteral("card"));
    card->setFixedWidth(520);
    auto *logo = new QLabel(card);
    QPixmap picture(QSize(56, 56) * 2);
    picture.setDevicePixelRatio(2);
    picture.fill(Qt::transparent);
    QSvgRenderer renderer(QStringLiteral(":/tepal/icons/tepal.svg"));
    QPainter painter(&picture);
    renderer.render(&painter, QRectF(0, 0, 56, 56));
    painter.end();
    logo->setPixmap(picture);
    logo->setAlignment(Qt::AlignCenter);
    auto *title = new QLabel(tr("Serve a model, see what it sees"), card);
    title->setProperty("class", QStringLiteral("title"));
    title->setAlignment(Qt::AlignCenter);
    auto *text = new QLabel(tr("Tepal profiles every request on this machine and shows, with its "
                               "uncertainty, whether live data has drifted. Nothing leaves it "
                               "unasked."),
                            card);
    text->setProperty("class", QStringLiteral("muted"));
    text->setAlignment(Qt::AlignCenter);
    text->setWordWrap(true);
    auto *column = new QVBoxLayout(card);
    column->setContentsMargins(32, 28, 32, 28);
    column->setSpacing(kGap);
    column->addWidget(logo);
    column->addWidget(title);
    column->addWidget(text);
    column->addSpacing(kGap);
    m_choices = {
        new ChoiceButton(QStringLiteral("flower-2"), tr("Try it with iris"),
                         tr("Trains, serves and fills a week of traffic, in a few seconds"), true,
                         card),
        new ChoiceButton(QStringLiteral("box"), tr("Serve a model"),
                         tr("Import a model archive and start the endpoint"), false, card),
        new ChoiceButton(QStringLiteral("folder-open"), tr("Open profiles"),
                         tr("Read profile files that whylogs or Tepal wrote"), false, card)};
    const QStringList actions{QStringLiteral("start.iris"), QStringLiteral("models.import"),
                              QStringLiteral("profiles.import")};
    for (qsizetype i = 0; i < m_choices.size(); ++i) {
        column->addWidget(m_choices[i]);
        connect(m_choices[i], &QAbstractButton::clicked, this,
                [this, id = actions[i]] { Q_EMIT actionWanted(id); });
    }
    m_progressText->setProperty("class", QStringLiteral("caption"));
    m_progressText->setAlignment(Qt::AlignCenter);
    m_progress->setTextVisible(false);
    m_progress->setAccessibleName(tr("Progress"));
    column->addWidget(m_progressText);
    column->addWidget(m_progress);
    m_progressText->hide();
    m_progress->hide();
    auto *outer = new QVBoxLayout(this);
    outer->addStretch(2);
    outer->addWidget(card, 0, Qt::AlignHCenter);
    outer->addStretch(3);
}

void FirstStart::setJobs(const QList<JobInfo> &jobs)
{
    const JobInfo *active = nullptr;
    for (const JobInfo &job : jobs) {
        if (job.isActive())
            active = &job;
    }
    for (QAbstractButton *choice : std::as_const(m_choices))
        choice->setEnabled(active == nullptr);
    m_progress->setVisible(active != nullptr);
    m_progressText->setVisible(active != nullptr);
    if (!active)
        return;
    m_progressText->setText(active->title);
    m_progress->setRange(0, active->progress < 0 ? 0 : 1000);
    if (active->progress >= 0)
        m_progress->setValue(static_cast<int>(std::lround(active->progress * 1000)));
}

} // namespace tepal::ui
