#include "ui/backend/drift_values.h"

#include <algorithm>

namespace tepal::ui {

namespace {

std::vector<monitor::Finding> findingsOf(const DriftOverview &overview)
{
    std::vector<monitor::Finding> findings;
    for (const FeatureDrift &feature : overview.features)
        findings.push_back({feature.name.toStdString(), feature.verdict, feature.basis,
                            feature.since, feature.rowsNeeded});
    return findings;
}

} // namespace

const FeatureDrift *DriftOverview::feature(const QString &name) const
{
    const auto it = std::find_if(features.cbegin(), features.cend(),
                                 [&](const FeatureDrift &f) { return f.name == name; });
    return it == features.cend() ? nullptr : &*it;
}

monitor::Tally tallyOf(const DriftOverview &overview)
{
    return monitor::tally(findingsOf(overview));
}

Verdict overallVerdict(const DriftOverview &overview)
{
    return monitor::worst(findingsOf(overview));
}

QString overviewSentence(const DriftOverview &overview, const std::function<QString(TimeMs)> &time)
{
    return QString::fromStdString(monitor::sentence(
        findingsOf(overview), overview.openRows, [&](TimeMs t) { return time(t).toStdString(); }));
}

} // namespace tepal::ui
