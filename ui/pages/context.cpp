#include "ui/pages/context.h"

namespace tepal::ui {

Context::Context(Backend *backend, QObject *parent)
    : QObject(parent)
    , m_backend(backend)
    , m_judgementAsker(backend)
{
    m_judgeTimer.setSingleShot(true);
    connect(&m_judgeTimer, &QTimer::timeout, this, &Context::askJudgement);
    connect(backend, &Backend::driftOverviewReady, this,
            [this](const Answer<DriftOverview> &answer) {
                if (!m_judgementAsker.accepts(answer))
                    return;
                m_judgement = answer.value;
                m_judgementProblem = answer.problem;
                Q_EMIT judgementChanged();
            });
    for (auto changed :
         {&Context::datasetChanged, &Context::rangeChanged, &Context::comparisonChanged})
        connect(this, changed, this, &Context::judge);
    connect(backend, &Backend::referencesChanged, this, [this](const QString &dataset) {
        if (dataset == m_dataset)
            judge();
    });
    connect(backend, &Backend::datasetsChanged, this, &Context::pickDataset);
    connect(backend, &Backend::windowsChanged, this, [this](const QString &dataset) {
        if (dataset == m_dataset) {
            updateRange();
            judge();
        }
    });
    pickDataset();
    updateRange();
}

DatasetInfo Context::datasetInfo() const
{
    const QList<DatasetInfo> all = m_backend->datasets();
    for (const DatasetInfo &info : all) {
        if (info.id == m_dataset)
            return info;
    }
    return {};
}

void Context::pickDataset()
{
    const QList<DatasetInfo> all = m_backend->datasets();
    bool known = false;
    for (const DatasetInfo &info : all)
        known = known || info.id == m_dataset;
    if (!known)
        setDataset(all.isEmpty() ? QString() : all.first().id);
    updateRange();
}

void Context::setDataset(const QString &dataset)
{
    if (dataset == m_dataset)
        return;
    m_dataset = dataset;
    m_now.feature.clear();
    m_now.window.reset();
    m_against = {};
    forgetJudgement();
    m_back.clear();
    m_forward.clear();
    updateRange();
    Q_EMIT datasetChanged();
    Q_EMIT selectionChanged();
    Q_EMIT historyChanged();
}

void Context::updateRange()
{
    const DatasetInfo info = datasetInfo();
    const TimeRange range = resolve(m_now.time, info.range, info.granularity, m_backend->now());
    if (range == m_range)
        return;
    m_range = range;
    Q_EMIT rangeChanged();
}

bool Context::canJudge() const
{
    return !m_dataset.isEmpty() && (m_against.range || !m_backend->references(m_dataset).isEmpty());
}

void Context::judge()
{
    if (!m_judgeTimer.isActive())
        m_judgeTimer.start(0);
}

void Context::askJudgement()
{
    if (!canJudge()) {
        forgetJudgement();
        return;
    }
    m_backend->requestDriftOverview(m_judgementAsker.next(),
                                    {m_dataset, m_range, m_against, m_preset});
    Q_EMIT judgementChanged();
}

void Context::forgetJudgement()
{
    m_judgementAsker.forget();
    m_judgement.reset();
    m_judgementProblem = {};
    Q_EMIT judgementChanged();
}

void Context::remember()
{
    if (!m_back.isEmpty() && m_back.last() == m_now)
        return;
    m_back.append(m_now);
    if (m_back.size() > 100)
        m_back.removeFirst();
    m_forward.clear();
    Q_EMIT historyChanged();
}

void Context::setTimeSelection(const TimeSelection &selection)
{
    if (selection == m_now.time)
        return;
    remember();
    m_now.time = selection;
    const bool hadWindow = m_now.window.has_value();
    updateRange();
    if (hadWindow && (m_now.window->start < m_range.start || m_now.window->end > m_range.end)) {
        m_now.window.reset();
        Q_EMIT selectionChanged();
    }
}

void Context::setCustomRange(TimeRange range)
{
    if (range.end > range.start)
        setTimeSelection({TimeSelection::Preset::Custom, range});
}

void Context::select(const QString &feature, std::optional<TimeRange> window)
{
    if (feature == m_now.feature && window == m_now.window)
        return;
    remember();
    m_now.feature = feature;
    m_now.window = window;
    Q_EMIT selectionChanged();
}

void Context::clearWindow()
{
    select(m_now.feature, std::nullopt);
}

void Context::setAgainst(const Against &against)
{
    if (against == m_against)
        return;
    m_against = against;
    Q_EMIT comparisonChanged();
}

void Context::setPreset(const QString &preset)
{
    if (preset == m_preset)
        return;
    m_preset = preset;
    Q_EMIT comparisonChanged();
}

void Context::go(const Place &place)
{
    m_now = place;
    updateRange();
    Q_EMIT selectionChanged();
    Q_EMIT historyChanged();
}

void Context::goBack()
{
    if (m_back.isEmpty())
        return;
    m_forward.append(m_now);
    go(m_back.takeLast());
}

void Context::goForward()
{
    if (m_forward.isEmpty())
        return;
    m_back.append(m_now);
    go(m_forward.takeLast());
}

} // namespace tepal::ui
