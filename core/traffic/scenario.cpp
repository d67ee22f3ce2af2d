#include <tepal/model/iris.h>
#include <tepal/traffic/scenario.h>

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

namespace tepal::traffic {
namespace {

constexpr std::size_t kPetalWidth = 3;
constexpr std::size_t kClasses = 3;
constexpr std::size_t kPerClass = 50;

constexpr ScenarioInfo kScenarios[]{
    {ScenarioKind::Steady, "steady", "Steady",
     "Flowers as in the training data, give or take a tenth of a centimetre."},
    {ScenarioKind::PetalWidthShift, "petal-width-shift", "Petal width shifts",
     "Petal width reads up to 0.6 cm too high wherever the predicted class stays the same; nothing "
     "else changes."},
    {ScenarioKind::ClassMix, "class-mix", "Another mix of classes",
     "One flower in ten is a setosa and seven in ten are virginica, instead of a third each."},
    {ScenarioKind::MissingValues, "missing-values", "Missing values",
     "A quarter of the rows lack a value; they are logged without a prediction."},
    {ScenarioKind::Mixed, "mixed", "Steady, then a shift",
     "Steady in the first half of the run; then petal width shifts."},
};

/// Share of each class in the changed mix.
constexpr double kChangedMix[kClasses]{0.1, 0.2, 0.7};

std::size_t classOf(double u, bool changed)
{
    if (!changed)
        return std::min(static_cast<std::size_t>(u * kClasses), kClasses - 1);
    double sum = 0;
    for (std::size_t i = 0; i + 1 < kClasses; ++i) {
        sum += kChangedMix[i];
        if (u < sum)
            return i;
    }
    return kClasses - 1;
}

/// Rows of the data set by class.
const std::array<std::vector<std::size_t>, kClasses> &rowsByClass()
{
    static const auto rows = [] {
        std::array<std::vector<std::size_t>, kClasses> result;
        const TrainingData &data = irisData();
        for (std::size_t row = 0; row < data.labels.size(); ++row)
            result[data.labels[row]].push_back(row);
        return result;
    }();
    return rows;
}

/// Whole tenths, so that a value reads back as the decimal it is written as.
double tenths(double value)
{
    return std::round(value * 10) / 10;
}

} // namespace

std::span<const ScenarioInfo> scenarios()
{
    return kScenarios;
}

Result<ScenarioInfo> findScenario(std::string_view id)
{
    std::string known;
    for (const ScenarioInfo &info : kScenarios) {
        if (info.id == id)
            return info;
        known += (known.empty() ? "" : ", ") + std::string(info.id);
    }
    return fail(ErrorCode::InvalidArgument, fmt::format("there is no scenario \"{}\"", id),
                "choose one of " + known);
}

std::span<const std::string> featureNames()
{
    return irisData().features;
}

bool Row::complete() const
{
    return std::all_of(values.begin(), values.end(), [](const auto &v) { return v.has_value(); });
}

Scenario::Scenario(ScenarioKind kind, std::uint64_t seed)
    : m_kind(kind)
    , m_random(seed)
{
    if (kind == ScenarioKind::PetalWidthShift || kind == ScenarioKind::Mixed)
        m_guard = trainIris().value();
}

Row Scenario::next(bool changed)
{
    const double classDraw = m_random.uniform();
    const std::uint64_t rowDraw = m_random.below(kPerClass);
    const double missingDraw = m_random.uniform();
    const std::uint64_t columnDraw = m_random.below(Row::kFeatures);

    const auto &rows =
        rowsByClass()[classOf(classDraw, changed && m_kind == ScenarioKind::ClassMix)];
    assert(rows.size() == kPerClass);
    const double *values = irisData().values.data() + rows[rowDraw] * Row::kFeatures;
    std::array<double, Row::kFeatures> features{};
    for (std::size_t i = 0; i < Row::kFeatures; ++i) {
        // Measured again, two values in ten come out a tenth of a centimetre off.
        const std::uint64_t jitter = m_random.below(10);
        const double off = jitter == 0 ? -0.1 : jitter == 9 ? 0.1 : 0.0;
        features[i] = std::max(0.1, tenths(values[i] + off));
    }
    if (changed && m_guard)
        features[kPetalWidth] = shifted(features);

    Row row;
    std::copy(features.begin(), features.end(), row.values.begin());
    if (changed && m_kind == ScenarioKind::MissingValues && missingDraw < kMissingShare)
        row.values[columnDraw].reset();
    return row;
}

/// The largest petal width, at most kShift above the given one, for which the training data's
/// nearest neighbours vote exactly as before: so class and probability keep their distributions.
double Scenario::shifted(std::span<const double> features) const
{
    Prediction before;
    Prediction after;
    if (!m_guard->predict(features, before))
        return features[kPetalWidth];
    std::array<double, Row::kFeatures> moved{};
    std::copy(features.begin(), features.end(), moved.begin());
    for (int step = static_cast<int>(std::lround(kShift * 10)); step > 0; --step) {
        moved[kPetalWidth] = tenths(features[kPetalWidth] + step / 10.0);
        if (m_guard->predict(moved, after) && after.probabilities == before.probabilities)
            return moved[kPetalWidth];
    }
    return features[kPetalWidth];
}

} // namespace tepal::traffic
