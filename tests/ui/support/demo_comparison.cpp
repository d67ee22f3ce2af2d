#include "demo_comparison.h"

#include "demo_backend.h"
#include "ui/backend/reference_notices.h"

namespace tepal::ui::test {

QStringList DemoComparison::driftPresets() const
{
    return {QStringLiteral("tepal"),     QStringLiteral("whylogs"), QStringLiteral("whylabs"),
            QStringLiteral("evidently"), QStringLiteral("nannyml"), QStringLiteral("deepchecks")};
}

void DemoComparison::requestDriftOverview(Generation generation, const DriftQuery &query)
{
    m_demo.call(QStringLiteral("driftOverview %1").arg(query.preset));
    m_demo.driftQueries.append(query);
    if (m_demo.failsFile(generation, query.against, this, &Comparison::driftOverviewReady))
        return;
    DriftQuery full = query;
    full.against = resolved(query.against);
    if (full.against.range && m_demo.data().rowsIn(*full.against.range).empty())
        m_demo.nextProblem = {ErrorCode::NotFound, QStringLiteral("There are no records on side B"),
                              QStringLiteral("Compare with another range, or with a reference")};
    DriftOverview overview = m_demo.data().overview(full);
    overview.query = query;
    m_demo.answer(generation, this, &Comparison::driftOverviewReady, overview);
}

void DemoComparison::requestDriftDetail(Generation generation, const DriftDetailQuery &query)
{
    if (m_demo.failsUnknown(generation, query.feature, this, &Comparison::driftDetailReady))
        return;
    DriftDetailQuery full = query;
    full.against = resolved(query.against);
    m_demo.answer(generation, this, &Comparison::driftDetailReady, m_demo.data().driftDetail(full));
}

QList<ReferenceInfo> DemoComparison::references(const QString &dataset) const
{
    return dataset == QLatin1String(DemoData::kDataset) ? m_references : QList<ReferenceInfo>();
}

void DemoComparison::setReferences(const QList<ReferenceInfo> &references)
{
    m_references = references;
    Q_EMIT referencesChanged(QLatin1String(DemoData::kDataset));
}

void DemoComparison::fill()
{
    m_references = {{QStringLiteral("training"), 150, m_demo.data().now() - 7 * kDayMs,
                     QStringLiteral("training data"), true},
                    {QStringLiteral("first week of March"), 14'210,
                     m_demo.data().now() - 5 * kDayMs,
                     QStringLiteral("windows 2026-03-01 – 2026-03-08"), false}};
}

void DemoComparison::setReference(const QString &dataset, const QString &name)
{
    m_demo.call(QStringLiteral("setReference ") + name);
    for (ReferenceInfo &r : m_references)
        r.current = r.name == name;
    Q_EMIT referencesChanged(dataset);
}

void DemoComparison::makeReference(const Slice &slice, const QString &name)
{
    m_demo.slices.append(slice);
    m_demo.call(QStringLiteral("makeReference ") + name);
    QString former;
    for (ReferenceInfo &r : m_references) {
        if (r.current)
            former = r.name;
        r.current = false;
    }
    const auto rows = static_cast<qint64>(m_demo.data().rowsIn(slice.range).size());
    m_references.append({name, rows, m_demo.now(), QStringLiteral("windows"), true});
    m_referenceRanges.insert(name, slice.range);
    Q_EMIT referencesChanged(slice.dataset);
    Q_EMIT m_demo.noticed(referenceMadeNotice(slice.dataset, name, former, rows));
}

void DemoComparison::unmakeReference(const QString &dataset, const QString &name,
                                     const QString &former)
{
    m_demo.call(QStringLiteral("unmakeReference %1 %2").arg(name, former));
    m_references.removeIf([&](const ReferenceInfo &r) { return r.name == name; });
    for (ReferenceInfo &r : m_references)
        r.current = r.name == former;
    Q_EMIT referencesChanged(dataset);
}

void DemoComparison::renameReference(const QString &dataset, const QString &from, const QString &to)
{
    m_demo.call(QStringLiteral("renameReference %1 > %2").arg(from, to));
    for (ReferenceInfo &r : m_references) {
        if (r.name == from)
            r.name = to;
    }
    if (m_referenceRanges.contains(from))
        m_referenceRanges.insert(to, m_referenceRanges.take(from));
    Q_EMIT referencesChanged(dataset);
}

void DemoComparison::deleteReference(const QString &dataset, const QString &name)
{
    m_demo.call(QStringLiteral("deleteReference ") + name);
    bool wasCurrent = false;
    for (qsizetype i = 0; i < m_references.size(); ++i) {
        if (m_references[i].name != name)
            continue;
        wasCurrent = m_references[i].current;
        m_deletedReferences.append(m_references.takeAt(i));
        break;
    }
    QString current;
    if (wasCurrent && !m_references.isEmpty()) {
        m_references.last().current = true;
        current = m_references.last().name;
    }
    Q_EMIT referencesChanged(dataset);
    Q_EMIT m_demo.noticed(referenceDeletedNotice(dataset, name, wasCurrent, current));
}

void DemoComparison::restoreReference(const QString &dataset, const QString &name)
{
    m_demo.call(QStringLiteral("restoreReference ") + name);
    for (qsizetype i = 0; i < m_deletedReferences.size(); ++i) {
        if (m_deletedReferences[i].name != name)
            continue;
        const ReferenceInfo restored = m_deletedReferences.takeAt(i);
        for (ReferenceInfo &r : m_references)
            r.current = r.current && !restored.current;
        m_references.append(restored);
        break;
    }
    Q_EMIT referencesChanged(dataset);
}

Against DemoComparison::resolved(Against against) const
{
    for (const ReferenceInfo &r : m_references) {
        if (against.isReference() && against.reference.isEmpty() && r.current)
            against.reference = r.name;
    }
    if (against.isReference() && m_referenceRanges.contains(against.reference))
        against.range = m_referenceRanges.value(against.reference);
    return against;
}

} // namespace tepal::ui::test
