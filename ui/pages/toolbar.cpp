#include "ui/pages/toolbar.h"

#include "ui/backend/endpoint.h"
#include "ui/backend/models.h"
#include "ui/backend/simulation.h"
#include "ui/backend/windows.h"
#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/action_registry.h"
#include "ui/widgets/verdict.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QFrame>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QMenu>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>

namespace tepal::ui {

namespace {

QFrame *separator(QWidget *parent)
{
    auto *line = new QFrame(parent);
    line->setFixedSize(1, 22);
    line->setAutoFillBackground(true);
    line->setBackgroundRole(QPalette::Mid);
    return line;
}

/// A version is long and looks random; its start is enough to tell two apart.
QString shortTag(const QString &tag)
{
    const qsizetype colon = tag.indexOf(QLatin1Char(':'));
    if (colon < 0 || tag.size() - colon <= 7)
        return tag;
    return tag.left(colon + 6) + QChar(0x2026);
}

} // namespace

Toolbar::Toolbar(Context *context, ActionRegistry *actions, QWidget *parent)
    : QWidget(parent)
    , m_context(context)
    , m_actions(actions)
    , m_state(new StateLabel(this))
    , m_copy(new QToolButton(this))
    , m_startStop(new QPushButton(this))
    , m_models(new QComboBox(this))
    , m_datasets(new QComboBox(this))
    , m_time(new TimeRangePicker(this))
    , m_simulate(new QToolButton(this))
    , m_upload(new QToolButton(this))
    , m_menu(new QToolButton(this))
{
    setObjectName(QStringLiteral("toolbar"));
    setAttribute(Qt::WA_StyledBackground);
    setFixedHeight(kToolbarHeight);
    m_state->setStrong(true);
    m_copy->setIcon(icon(QStringLiteral("copy"), Role::Muted));
    m_copy->setProperty("class", QStringLiteral("icon"));
    m_copy->setToolTip(tr("Copy the address"));
    m_copy->setAccessibleName(tr("Copy the endpoint's address"));
    m_startStop->setMinimumWidth(76);
    m_models->setAccessibleName(tr("Model to serve"));
    m_models->setMinimumWidth(150);
    m_models->setMaximumWidth(220);
    m_models->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_datasets->setAccessibleName(tr("Dataset"));
    m_datasets->setMinimumWidth(96);
    m_datasets->setMaximumWidth(180);
    const auto verb = [this](QToolButton *button, const QString &picture, const QString &text) {
        button->setProperty("class", QStringLiteral("button"));
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setIcon(icon(picture));
        button->setText(QLatin1Char(' ') + text); // Air between picture and word.
        button->setAccessibleName(text);
    };
    verb(m_simulate, QStringLiteral("waves"), tr("Simulate traffic"));
    m_simulate->setCheckable(true);
    verb(m_upload, QStringLiteral("upload"), tr("Upload"));
    m_upload->setToolTip(ActionRegistry::toolTip(actions->action(QStringLiteral("upload.now"))));
    m_simulate->setToolTip(
        ActionRegistry::toolTip(actions->action(QStringLiteral("simulate.open"))));
    m_menu->setIcon(icon(QStringLiteral("ellipsis"), Role::Muted));
    m_menu->setProperty("class", QStringLiteral("icon"));
    m_menu->setPopupMode(QToolButton::InstantPopup);
    m_menu->setToolTip(tr("More"));
    m_menu->setAccessibleName(tr("More commands"));
    m_menu->setMenu(makeMenu());

    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(kPageMargin, 0, kMargin, 1);
    row->setSpacing(kGap);
    row->addWidget(m_state);
    row->addWidget(m_copy);
    row->addWidget(m_startStop);
    row->addSpacing(4);
    row->addWidget(m_models);
    row->addWidget(separator(this));
    row->addWidget(m_datasets);
    row->addWidget(m_time);
    row->addStretch();
    row->addWidget(m_simulate);
    row->addWidget(m_upload);
    row->addWidget(m_menu);

    Backend *b = context->backend();
    connect(&b->endpoint(), &Endpoint::endpointChanged, this, &Toolbar::updateEndpoint);
    connect(&b->models(), &Models::modelsChanged, this, &Toolbar::updateEndpoint);
    connect(&b->windows(), &Windows::datasetsChanged, this, &Toolbar::updateDatasets);
    connect(&b->simulation(), &Simulation::simulationChanged, this, &Toolbar::updateSimulation);
    connect(context, &Context::datasetChanged, this, &Toolbar::updateDatasets);
    connect(context, &Context::rangeChanged, this, &Toolbar::updateTime);
    connect(m_time, &TimeRangePicker::chosen, context, &Context::setTimeSelection);
    connect(m_copy, &QToolButton::clicked, this, [this] {
        QGuiApplication::clipboard()->setText(m_context->backend()->endpoint().state().url);
    });
    connect(m_startStop, &QPushButton::clicked, this, [this] {
        m_actions->trigger(m_context->backend()->endpoint().state().isAnswering()
                               ? QStringLiteral("endpoint.stop")
                               : QStringLiteral("endpoint.start"));
    });
    connect(m_models, &QComboBox::activated, this, [this](int index) {
        m_context->backend()->models().serveModel(m_models->itemData(index).toString());
    });
    connect(m_datasets, &QComboBox::activated, this,
            [this](int index) { m_context->setDataset(m_datasets->itemData(index).toString()); });
    connect(m_simulate, &QToolButton::clicked, this,
            [this] { m_actions->trigger(QStringLiteral("simulate.open")); });
    connect(m_upload, &QToolButton::clicked, this,
            [this] { m_actions->trigger(QStringLiteral("upload.now")); });
    updateEndpoint();
    updateModels();
    updateDatasets();
    updateTime();
    updateSimulation();
}

QMenu *Toolbar::makeMenu()
{
    auto *menu = new QMenu(this);
    const QStringList ids{QStringLiteral("profiles.import"), QStringLiteral("profiles.export"),
                          QStringLiteral("reference.make"),  QString(),
                          QStringLiteral("app.palette"),     QStringLiteral("view.theme"),
                          QStringLiteral("view.utc"),        QString(),
                          QStringLiteral("app.guide"),       QStringLiteral("app.shortcuts"),
                          QStringLiteral("app.about"),       QString(),
                          QStringLiteral("app.quit")};
    for (const QString &id : ids) {
        if (id.isEmpty())
            menu->addSeparator();
        else if (QAction *action = m_actions->action(id))
            menu->addAction(action);
    }
    return menu;
}

void Toolbar::updateEndpoint()
{
    const EndpointState s = m_context->backend()->endpoint().state();
    const QString address =
        s.port == 0 ? QString() : QStringLiteral("%1:%2").arg(s.host).arg(s.port);
    switch (s.phase) {
    case EndpointPhase::Serving:
        m_state->setState(Symbol::Disc, Role::Ok, tr("Serving %1").arg(address));
        break;
    case EndpointPhase::Attached:
        m_state->setState(Symbol::Disc, Role::Ok, tr("Attached to %1").arg(address));
        break;
    case EndpointPhase::Starting:
        m_state->setState(Symbol::Half, Role::Accent, tr("Starting…"));
        break;
    case EndpointPhase::Stopping:
        m_state->setState(Symbol::Half, Role::Muted, tr("Stopping…"));
        break;
    case EndpointPhase::Failed:
        m_state->setState(Symbol::Octagon, Role::Alarm, tr("Failed"));
        break;
    case EndpointPhase::Stopped:
        m_state->setState(Symbol::Ring, Role::Muted, tr("Stopped"));
        break;
    }
    m_state->setToolTip(s.problem.text.toHtmlEscaped());
    m_copy->setVisible(s.isAnswering());
    m_startStop->setText(s.isAnswering() ? tr("Stop") : tr("Start"));
    m_startStop->setProperty("class",
                             s.isAnswering() ? QStringLiteral("") : QStringLiteral("primary"));
    m_startStop->style()->unpolish(m_startStop);
    m_startStop->style()->polish(m_startStop);
    // An endpoint of another process is not ours to stop.
    m_startStop->setEnabled((s.isAnswering() || !m_context->backend()->models().list().isEmpty()) &&
                            s.phase != EndpointPhase::Starting &&
                            s.phase != EndpointPhase::Stopping &&
                            s.phase != EndpointPhase::Attached);
    m_startStop->setToolTip(s.phase == EndpointPhase::Attached
                                ? tr("Started by another process; stop it there")
                                : QString());
    updateModels();
}

void Toolbar::updateModels()
{
    const QList<ModelInfo> models = m_context->backend()->models().list();
    const QString serving = m_context->backend()->endpoint().state().modelTag;
    const QSignalBlocker block(m_models);
    m_models->clear();
    for (const ModelInfo &model : models) {
        m_models->addItem(shortTag(model.tag), model.tag);
        m_models->setItemData(m_models->count() - 1, model.tag, Qt::ToolTipRole);
        if (model.tag == serving)
            m_models->setCurrentIndex(m_models->count() - 1);
    }
    if (models.isEmpty())
        m_models->addItem(tr("no model"));
    m_models->setEnabled(!models.isEmpty());
    m_models->setToolTip(serving);
    m_simulate->setEnabled(!models.isEmpty());
    m_upload->setEnabled(!models.isEmpty() ||
                         !m_context->backend()->windows().datasets().isEmpty());
}

void Toolbar::updateDatasets()
{
    const QList<DatasetInfo> datasets = m_context->backend()->windows().datasets();
    const QSignalBlocker block(m_datasets);
    m_datasets->clear();
    for (const DatasetInfo &dataset : datasets) {
        m_datasets->addItem(dataset.id, dataset.id);
        if (dataset.id == m_context->dataset())
            m_datasets->setCurrentIndex(m_datasets->count() - 1);
    }
    if (datasets.isEmpty())
        m_datasets->addItem(tr("no data"));
    m_datasets->setEnabled(!datasets.isEmpty());
    updateTime();
}

void Toolbar::updateTime()
{
    m_time->setSelection(m_context->timeSelection(), m_context->range());
}

void Toolbar::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    const bool compact = width() < 1120;
    for (QToolButton *button : {m_simulate, m_upload})
        button->setToolButtonStyle(compact ? Qt::ToolButtonIconOnly : Qt::ToolButtonTextBesideIcon);
    m_models->setMinimumWidth(compact ? 124 : 156);
}

void Toolbar::updateSimulation()
{
    const bool running = m_context->backend()->simulation().state().running;
    m_simulate->setText(QLatin1Char(' ') + (running ? tr("Simulating") : tr("Simulate traffic")));
    m_simulate->setIcon(icon(QStringLiteral("waves"), running ? Role::Accent : Role::Text));
}

} // namespace tepal::ui
