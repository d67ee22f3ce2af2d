#include "ui/pages/context.h"

#include "ui/backend/comparison.h"
#include "ui/backend/windows.h"
#include "ui/widgets/format.h"

#include <QFileInfo>

namespace tepal::ui {

namespace {

constexpr int kDragStepMs = 33; ///< About thirty steps a second.

bool touches(TimeRange a, TimeRange b)
{
    return a.start < b.end && b.start < a.end;
}

} // namespace

Context::Context(Backend *backend, QObject *parent)
    : QObject(parent)
    , m_backend(backend)
    , m_judgementAsker(&backend->comparison())
{
    m_judgeTimer.setSingleShot(true);
    connect(&m_judgeTimer, &QTimer::timeout, this, &Context::askJudgement);
    connect(&backend->comparison(), &Comparison::driftOverviewReady, this,
            [this](const Answer<DriftOverview> &answer) {
                if (!m_judgementAsker.accepts(answer))
                    return;
                m_judgement = answer.value;
                m_judgementProblem = answer.problem;
                if (std::exchange(m_judgeAgain, false))
                    judge();
                Q_EMIT judgementChanged();
            });
    for (auto changed :
         {&Context::datasetChanged, &Context::rangeChanged, &Context::comparisonChanged})
        connect(this, changed, this, &Context::judge);
    connect(&backend->comparison(), &Comparison::referencesChanged, this,
            [this](const QString &dataset) {
                if (dataset == m_dataset) {
                    checkReference();
                    judge();
                }
            });
    m_dragTimer.setSingleShot(true);
    connect(&m_dragTimer, &QTimer::timeout, this, [this] {
        if (std::exchange(m_draggedA, false)) {
            dropWindow();
            Q_EMIT rangeChanged();
        }
        if (std::exchange(m_draggedB, false))
            Q_EMIT comparisonChanged();
    });
    connect(&backend->windows(), &Windows::datasetsChanged, this, &Context::pickDataset);
    connect(&backend->windows(), &Windows::windowsChanged, this, [this](const QString &dataset) {
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
    const QList<DatasetInfo> all = m_backend->windows().datasets();
    for (const DatasetInfo &info : all) {
        if (info.id == m_dataset)
            return info;
    }
    return {};
}

void Context::pickDataset()
{
    const QList<DatasetInfo> all = m_backend->windows().datasets();
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
    m_now.segment.reset();
    m_now.against = {};
    m_lastReference.clear();
    m_renaming = {};
    endDrag();
    forgetJudgement();
    m_back.clear();
    m_forward.clear();
    // A range of the dataset before means nothing where this one has no rows in it.
    const DatasetInfo info = datasetInfo();
    if (info.range.end > info.range.start &&
        !touches(resolve(m_now.time, info.range, info.granularity, m_backend->now()), info.range))
        m_now.time = {TimeSelection::Preset::All, {}};
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
    dropWindow();
    Q_EMIT rangeChanged();
}

void Context::dropWindow()
{
    if (!m_now.window || (m_now.window->start >= m_range.start && m_now.window->end <= m_range.end))
        return;
    m_now.window.reset();
    Q_EMIT selectionChanged();
}

bool Context::canJudge() const
{
    return !m_dataset.isEmpty() && (!m_now.against.isReference() ||
                                    !m_backend->comparison().references(m_dataset).isEmpty());
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
    // A newer question would stop the one before: nothing would be answered until the drag ends.
    if (m_dragging && m_judgementAsker.isWaiting()) {
        m_judgeAgain = true;
        return;
    }
    m_judgeAgain = false;
    m_backend->comparison().requestDriftOverview(
        m_judgementAsker.next(),
        {m_dataset, m_range, m_now.segment, sideB(), m_preset, m_dragging});
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
    const bool dragged = m_dragging;
    endDrag();
    if (selection == m_now.time) {
        if (dragged) { // The last steps may not have been told.
            dropWindow();
            Q_EMIT rangeChanged();
        }
        return;
    }
    if (!dragged)
        remember();
    m_now.time = selection;
    const TimeRange before = m_range;
    updateRange();
    if (dragged && m_range == before) {
        dropWindow();
        Q_EMIT rangeChanged();
    }
}

void Context::dragRange(TimeRange range)
{
    if (range.end <= range.start || range == m_range)
        return;
    beginDrag();
    m_now.time = {TimeSelection::Preset::Custom, range};
    m_range = range;
    m_draggedA = true;
    if (!m_dragTimer.isActive())
        m_dragTimer.start(kDragStepMs);
}

void Context::beginDrag()
{
    if (m_dragging)
        return;
    m_dragging = true;
    remember();
    m_before = m_now;
}

void Context::cancelDrag()
{
    if (!m_dragging)
        return;
    endDrag();
    if (!m_back.isEmpty() && m_back.last() == m_before) {
        m_back.removeLast();
        Q_EMIT historyChanged();
    }
    m_now = m_before;
    const DatasetInfo info = datasetInfo();
    m_range = resolve(m_now.time, info.range, info.granularity, m_backend->now());
    Q_EMIT rangeChanged();
    Q_EMIT comparisonChanged();
    Q_EMIT selectionChanged();
}

void Context::clearB()
{
    Against against;
    against.reference = m_lastReference;
    setAgainst(against);
    checkReference(); // It may be gone since.
}

void Context::endDrag()
{
    m_dragging = false;
    m_draggedA = m_draggedB = false;
    m_dragTimer.stop();
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

void Context::setSegment(const std::optional<Segment> &segment)
{
    if (segment == m_now.segment)
        return;
    remember();
    m_now.segment = segment;
    Q_EMIT rangeChanged(); // Other rows on side A.
}

void Context::setAgainst(const Against &against)
{
    const bool dragged = m_dragging;
    endDrag();
    if (against == m_now.against && !dragged)
        return;
    if (!dragged)
        remember();
    if (against.isReference())
        m_lastReference = against.reference;
    m_now.against = against;
    Q_EMIT comparisonChanged();
}

void Context::setRangeB(TimeRange range)
{
    Against against;
    against.segment = m_now.against.segment;
    against.range = range;
    setAgainst(against);
}

void Context::dragRangeB(TimeRange range)
{
    if (range.end <= range.start || m_now.against.range == range)
        return;
    beginDrag();
    const auto segment = m_now.against.segment;
    m_now.against = {};
    m_now.against.segment = segment;
    m_now.against.range = range;
    m_draggedB = true;
    if (!m_dragTimer.isActive())
        m_dragTimer.start(kDragStepMs);
}

Against Context::sideB() const
{
    Against against = m_now.against;
    against.range = rangeB();
    against.trailing.reset();
    return against;
}

std::optional<TimeRange> Context::rangeB() const
{
    return rangeOf(m_now.against, m_range, datasetInfo().granularity);
}

QString Context::nameA(const QString &what) const
{
    return m_now.segment ? tr("A: %1, %2").arg(segmentText(*m_now.segment), what)
                         : tr("A: %1").arg(what);
}

QString Context::nameB(const QString &told) const
{
    const Against &b = m_now.against;
    QStringList windows;
    if (b.segment)
        windows << segmentText(*b.segment);
    // Ranges in the reader's time zone; the judge knows only UTC.
    if (b.range || b.trailing)
        windows << format::range(*rangeB());
    if (!windows.isEmpty())
        return windows.join(QStringLiteral(" · "));
    if (!b.file.isEmpty())
        return QFileInfo(b.file).fileName();
    if (!b.reference.isEmpty())
        return b.reference;
    if (!told.isEmpty())
        return told;
    const QList<ReferenceInfo> all = m_backend->comparison().references(m_dataset);
    for (const ReferenceInfo &info : all) {
        if (info.current)
            return info.name;
    }
    return {};
}

bool Context::canSwap() const
{
    const auto b = rangeB();
    return b && (*b != m_range || m_now.against.segment != m_now.segment);
}

void Context::swapSides()
{
    if (!canSwap())
        return;
    const TimeRange b = *rangeB();
    Against against;
    against.segment = m_now.segment;
    // Two segments of one time stay together in time.
    if (b != m_range || !m_now.segment)
        against.range = m_range;
    endDrag();
    remember();
    m_now.segment = m_now.against.segment;
    m_now.against = against;
    m_now.time = {TimeSelection::Preset::Custom, b};
    // Told together, so that it is one question.
    m_range = b;
    dropWindow();
    Q_EMIT rangeChanged();
    Q_EMIT comparisonChanged();
}

void Context::pinB(bool pinned)
{
    const auto b = rangeB();
    if (!b || pinned == isPinned())
        return;
    Against against;
    against.segment = m_now.against.segment;
    if (pinned)
        against.range = b;
    else if (*b != m_range || !against.segment)
        against.trailing = Trailing{b->end - b->start, m_range.start - b->end};
    setAgainst(against);
}

void Context::renameReference(const QString &from, const QString &to)
{
    m_renaming = {from, to};
    m_backend->comparison().renameReference(m_dataset, from, to);
}

void Context::checkReference()
{
    const QString reference = m_now.against.reference;
    if (reference.isEmpty())
        return;
    QStringList names;
    const QList<ReferenceInfo> all = m_backend->comparison().references(m_dataset);
    for (const ReferenceInfo &info : all)
        names << info.name;
    if (names.contains(reference))
        return;
    Against next;
    if (reference == m_renaming.first && names.contains(m_renaming.second))
        next.reference = m_renaming.second;
    else
        Q_EMIT referenceLost(reference);
    m_renaming = {};
    m_now.against = next; // No step of the history: nobody took it.
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
    const Place before = std::exchange(m_now, place);
    const TimeRange range = m_range;
    updateRange();
    if (before.segment != place.segment && m_range == range)
        Q_EMIT rangeChanged();
    if (before.against != place.against) {
        if (place.against.isReference())
            m_lastReference = place.against.reference;
        Q_EMIT comparisonChanged();
        checkReference(); // It may be gone since.
    }
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
