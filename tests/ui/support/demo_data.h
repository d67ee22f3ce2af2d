/// A made-up but lifelike week of iris traffic for tests and screenshots: hourly windows with a day
/// rhythm, a three-hour outage, and petal width shifted during the last two days. Everything shown
/// from it is computed from the rows, so numbers on different pages agree.
#pragma once

#include "ui/backend/drift_values.h"

#include <array>
#include <vector>

namespace tepal::ui::test {

inline constexpr int kFeatures = 4;
inline constexpr int kColumns = 6; ///< The features, class_output, proba.

struct Row
{
    TimeMs time = 0;
    std::array<double, kFeatures> features{};
    int cls = 0;
    double proba = 0;
};

class DemoData
{
public:
    explicit DemoData(TimeMs now);

    static QString columnName(int column);
    static int columnIndex(const QString &name);
    static QStringList classes();
    static Row classify(const std::array<double, kFeatures> &features);
    static constexpr const char *kDataset = "model-1";
    static constexpr const char *kTag = "iris_knn:fhfsvifgrsrtjlg6"; ///< Of the served model.

    TimeMs now() const { return m_now; }
    const std::vector<Row> &reference() const { return m_reference; }
    /// Oldest first.
    const std::vector<Row> &rows() const { return m_rows; }
    TimeRange outage() const { return m_outage; }
    TimeMs shiftStart() const { return m_shiftStart; }

    std::vector<Row> rowsIn(TimeRange range) const;
    std::vector<double> values(const std::vector<Row> &rows, int column) const;

    const WindowList &windows() const;
    ColumnsSummary columns(TimeRange range) const;
    ColumnDetail columnDetail(const ColumnQuery &query) const;
    DriftOverview overview(const DriftQuery &query) const;
    DriftDetail driftDetail(const DriftDetailQuery &query) const;
    FeatureSpec featureSpec(int feature) const;

private:
    WindowList makeWindows() const;
    DriftScore score(int column, const std::vector<double> &target,
                     const std::vector<double> &reference, TimeRange window) const;
    Histogram histogram(int column, const std::vector<double> &target,
                        const std::vector<double> &reference, int bins) const;
    std::vector<Row> referenceFor(const Against &against) const;
    static QString nameOf(const Against &against);

    TimeMs m_now;
    TimeMs m_shiftStart;
    TimeRange m_outage;
    std::vector<Row> m_reference;
    std::vector<Row> m_rows;
    WindowList m_windows;
};

} // namespace tepal::ui::test
