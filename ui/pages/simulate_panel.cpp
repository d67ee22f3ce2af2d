#include "ui/pages/simulate_panel.h"

#include "ui/theme/metrics.h"
#include "ui/widgets/format.h"
#include "ui/widgets/verdict.h"

#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>
#include <QVBoxLayout>

#include <cmath>

namespace tepal::ui {

namespace {

constexpr int kMostRate = 20'000;

/// The slider is logarithmic: 1 to 20,000 requests per second in 100 steps.
int rateOf(int position)
{
    return static_cast<int>(std::lround(std::pow(double(kMostRate), position / 100.0)));
}

int positionOf(int rate)
{
    return static_cast<int>(std::lround(100 * std::log(rate) / std::log(double(kMostRate))));
}

} // namespace

SimulatePanel::SimulatePanel(Simulation *simulation, Endpoint *endpoint, QWidget *parent)
    : QFrame(parent)
    , m_simulation(simulation)
    , m_endpoint(endpoint)
    , m_scenario(new QComboBox(this))
    , m_description(new QLabel(this))
    , m_rateSlider(new QSlider(Qt::Horizontal, this))
    , m_rate(new QSpinBox(this))
    , m_seed(new QSpinBox(this))
    , m_state(new StateLabel(this))
    , m_detail(new QLabel(this))
    , m_start(new QPushButton(this))
    , m_days(new QSpinBox(this))
    , m_backfill(new QPushButton(tr("Fill the past"), this))
{
    setProperty("class", QStringLiteral("card"));
    setAccessibleName(tr("Simulate traffic"));
    setFixedWidth(400);
    auto *title = new QLabel(tr("Simulate traffic"), this);
    title->setProperty("class", QStringLiteral("section"));
    for (QLabel *label : {m_description, m_detail}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
        label->setProperty("class", QStringLiteral("caption"));
    }
    m_scenario->setAccessibleName(tr("Scenario"));
    m_rateSlider->setRange(0, 100);
    m_rateSlider->setAccessibleName(tr("Rate"));
    m_rate->setRange(1, kMostRate);
    m_rate->setSuffix(tr(" per second"));
    m_rate->setAccessibleName(tr("Requests per second"));
    m_rate->setMinimumWidth(132);
    m_seed->setRange(0, 999'999);
    m_seed->setValue(1);
    m_seed->setAccessibleName(tr("Seed"));
    m_seed->setToolTip(tr("The same seed plays the same requests"));
    m_start->setProperty("class", QStringLiteral("primary"));
    m_days->setRange(1, 90);
    m_days->setValue(7);
    m_days->setSuffix(tr(" days"));
    m_days->setAccessibleName(tr("Days to fill"));

    auto *form = new QGridLayout;
    form->setHorizontalSpacing(kMargin);
    form->setVerticalSpacing(kGap);
    form->setColumnStretch(1, 1);
    const auto add = [&](int row, const QString &name, QWidget *a, QWidget *b = nullptr) {
        auto *label = new QLabel(name, this);
        label->setBuddy(a);
        form->addWidget(label, row, 0);
        form->addWidget(a, row, 1, 1, b ? 1 : 2);
        if (b)
            form->addWidget(b, row, 2);
    };
    add(0, tr("Scenario"), m_scenario);
    form->addWidget(m_description, 1, 1, 1, 2);
    add(2, tr("Rate"), m_rateSlider, m_rate);
    add(3, tr("Seed"), m_seed);
    auto *run = new QHBoxLayout;
    run->addWidget(m_start);
    run->addSpacing(kGap);
    run->addWidget(m_state);
    run->addStretch();
    auto *line = new QFrame(this);
    line->setFrameShape(QFrame::HLine);
    line->setFrameShadow(QFrame::Plain);
    line->setForegroundRole(QPalette::Mid);
    auto *past = new QHBoxLayout;
    past->addWidget(m_backfill);
    past->addWidget(m_days);
    past->addStretch();
    auto *pastHelp = new QLabel(tr("Writes the scenario's requests of past days straight into the "
                                   "profiles, so that there is history to look at."),
                                this);
    pastHelp->setProperty("class", QStringLiteral("caption"));
    pastHelp->setWordWrap(true);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(kPageMargin, kMargin, kPageMargin, kPageMargin);
    column->setSpacing(kGap);
    column->addWidget(title);
    column->addLayout(form);
    column->addLayout(run);
    column->addWidget(m_detail);
    column->addWidget(line);
    column->addLayout(past);
    column->addWidget(pastHelp);

    connect(m_rateSlider, &QSlider::valueChanged, this, [this](int position) {
        const QSignalBlocker block(m_rate);
        m_rate->setValue(rateOf(position));
    });
    connect(m_rate, &QSpinBox::valueChanged, this, [this](int rate) {
        const QSignalBlocker block(m_rateSlider);
        m_rateSlider->setValue(positionOf(rate));
    });
    m_rate->setValue(50);
    connect(m_scenario, &QComboBox::currentIndexChanged, this, &SimulatePanel::updateDescription);
    connect(m_start, &QPushButton::clicked, this, [this] {
        if (m_simulation->state().running)
            m_simulation->stopSimulation();
        else
            m_simulation->startSimulation(options());
    });
    connect(m_backfill, &QPushButton::clicked, this, [this] {
        m_simulation->backfill(m_days->value(), options().scenario, options().seed);
        hide();
    });
    connect(simulation, &Simulation::simulationChanged, this, &SimulatePanel::updateState);
    connect(endpoint, &Endpoint::endpointChanged, this, &SimulatePanel::updateState);
    fillScenarios();
    updateState();
    hide();
}

SimulationOptions SimulatePanel::options() const
{
    SimulationOptions o;
    o.scenario = m_scenario->currentData().toString();
    o.rate = m_rate->value();
    o.seed = static_cast<quint64>(m_seed->value());
    return o;
}

void SimulatePanel::fillScenarios()
{
    const QList<Scenario> all = m_simulation->scenarios();
    for (const Scenario &scenario : all)
        m_scenario->addItem(scenario.name, scenario.id);
    updateDescription();
}

void SimulatePanel::updateDescription()
{
    const QList<Scenario> all = m_simulation->scenarios();
    m_description->setText(all.value(m_scenario->currentIndex()).description);
    adjustSize();
}

void SimulatePanel::updateState()
{
    const SimulationState s = m_simulation->state();
    m_start->setText(s.running ? tr("Stop") : tr("Start"));
    for (QWidget *w : {static_cast<QWidget *>(m_scenario), static_cast<QWidget *>(m_rate),
                       static_cast<QWidget *>(m_rateSlider), static_cast<QWidget *>(m_seed)})
        w->setEnabled(!s.running);
    if (s.problem) {
        m_state->setState(Symbol::Octagon, Role::Alarm, s.problem.text);
        m_detail->setText(s.problem.next);
    } else if (s.running) {
        m_state->setState(Symbol::Disc, Role::Ok,
                          tr("%1 of %2 per second")
                              .arg(format::rate(s.achievedRate), format::rate(s.options.rate)));
        QString text = tr("%1 sent, %2 failed").arg(format::count(s.sent), format::count(s.failed));
        if (!s.phaseText.isEmpty())
            text += QStringLiteral(" · ") + s.phaseText;
        m_detail->setText(text);
    } else {
        m_state->setState(Symbol::Ring, Role::Muted, tr("Not playing"));
        m_detail->setText(m_endpoint->state().isAnswering()
                              ? tr("Sends ordinary HTTP requests to the endpoint")
                              : tr("Starting also starts the endpoint"));
    }
    adjustSize();
}

void SimulatePanel::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Escape)
        hide();
    else
        QFrame::keyPressEvent(event);
}

} // namespace tepal::ui
