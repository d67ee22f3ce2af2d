#include "ui/pages/rollout_bar.h"

#include "ui/theme/metrics.h"
#include "ui/widgets/elided_label.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QStringBuilder>

namespace tepal::ui {

namespace {

enum Mode { Split, Shadow };

} // namespace

RolloutBar::RolloutBar(Models *models, QWidget *parent)
    : QWidget(parent)
    , m_models(models)
    , m_sentence(new ElidedLabel(QString(), this))
    , m_form(new QWidget(this))
    , m_mode(new QComboBox(m_form))
    , m_share(new QSpinBox(m_form))
    , m_start(new QPushButton(tr("Start"), m_form))
    , m_compare(new QPushButton(tr("Compare what they were asked"), this))
    , m_end(new QPushButton(tr("End"), this))
{
    auto *title = new QLabel(tr("Side by side"), this);
    title->setProperty("class", QStringLiteral("caption"));
    title->setBuddy(m_mode);
    m_mode->addItem(tr("A answers a share of the requests"));
    m_mode->addItem(tr("A is asked in the shadow of B"));
    m_mode->setAccessibleName(tr("How two versions share the requests"));
    m_share->setRange(1, 99);
    m_share->setValue(10);
    m_share->setSuffix(QStringLiteral(" %"));
    m_share->setAccessibleName(tr("Share of the requests that A answers"));
    m_start->setToolTip(tr("Requests that name the model and no version; each version is recorded "
                           "as a segment of its own"));
    m_end->setToolTip(tr("The latest version answers alone again"));
    m_sentence->setElideMode(Qt::ElideRight);
    auto *form = new QHBoxLayout(m_form);
    form->setContentsMargins(0, 0, 0, 0);
    form->setSpacing(kGap);
    form->addWidget(m_mode);
    form->addWidget(m_share);
    form->addWidget(m_start);
    form->addStretch();
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kGap);
    row->addWidget(title);
    row->addWidget(m_form, 1);
    row->addWidget(m_sentence, 1);
    row->addWidget(m_compare);
    row->addWidget(m_end);
    connect(m_mode, &QComboBox::currentIndexChanged, this,
            [this](int mode) { m_share->setVisible(mode == Split); });
    connect(m_start, &QPushButton::clicked, this, &RolloutBar::start);
    connect(m_end, &QPushButton::clicked, this, [this] { m_models->endRollout(m_underWay.name); });
    connect(m_compare, &QPushButton::clicked, this, [this] { Q_EMIT compareWanted(m_underWay); });
    connect(models, &Models::modelsChanged, this, &RolloutBar::update);
    update();
}

void RolloutBar::setVersions(const QString &tagA, const QString &tagB)
{
    m_tagA = tagA;
    m_tagB = tagB;
    update();
}

void RolloutBar::update()
{
    const QString name = m_tagA.section(QLatin1Char(':'), 0, 0);
    m_underWay = {};
    const QList<RolloutInfo> all = m_models->rollouts();
    for (const RolloutInfo &rollout : all) {
        if (rollout.name == name)
            m_underWay = rollout;
    }
    const bool underWay = !m_underWay.name.isEmpty();
    const bool followed = underWay && !m_underWay.problem;
    setVisible(underWay || (!m_tagA.isEmpty() && !m_tagB.isEmpty()));
    m_form->setVisible(!underWay);
    m_sentence->setVisible(underWay);
    m_sentence->setRole(followed ? Role::Text : Role::Warn);
    m_sentence->setText(!underWay  ? QString()
                        : followed ? m_underWay.sentence
                                   : tr("Not followed: %1").arg(m_underWay.problem.text));
    m_compare->setVisible(followed);
    m_end->setVisible(underWay);
}

void RolloutBar::start()
{
    RolloutInfo rollout;
    rollout.name = m_tagA.section(QLatin1Char(':'), 0, 0);
    rollout.candidate = m_tagA.section(QLatin1Char(':'), 1);
    rollout.primary = m_tagB.section(QLatin1Char(':'), 1);
    rollout.shadow = m_mode->currentIndex() == Shadow;
    rollout.share = rollout.shadow ? 0 : m_share->value() / 100.0;
    m_models->startRollout(rollout);
}

} // namespace tepal::ui
