/// What the simulator plays: rows of iris measurements, as they are or changed in one way.
#pragma once

#include <tepal/base/random.h>
#include <tepal/base/result.h>
#include <tepal/model/knn.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tepal::traffic {

enum class ScenarioKind : std::uint8_t {
    Steady,
    PetalWidthShift,
    ClassMix,
    MissingValues,
    Mixed,
};

struct ScenarioInfo
{
    ScenarioKind kind = ScenarioKind::Steady;
    std::string_view id;          ///< `petal-width-shift`
    std::string_view name;        ///< For people.
    std::string_view description; ///< What it changes, in one sentence.
};

/// All of them, the steady one first. Static data.
std::span<const ScenarioInfo> scenarios();
/// InvalidArgument names the scenarios there are.
Result<ScenarioInfo> findScenario(std::string_view id);

/// Features in the order of the data set, in centimetres with one decimal. A missing one has no
/// value.
struct Row
{
    static constexpr std::size_t kFeatures = 4;
    std::array<std::optional<double>, kFeatures> values;

    bool complete() const;
};

/// An endless, repeatable source of rows: the same kind and seed give the same rows on every
/// platform. Not thread-safe.
class Scenario
{
public:
    /// Largest change of petal width, in centimetres.
    static constexpr double kShift = 0.6;
    /// Share of rows that lack a value, of the scenario with missing values.
    static constexpr double kMissingShare = 0.25;

    Scenario(ScenarioKind kind, std::uint64_t seed);

    /// `changed` = the change has begun; before that every scenario is the steady one. Each call
    /// uses the same amount of randomness either way, so the rows before the change do not depend
    /// on when it comes.
    Row next(bool changed = true);
    ScenarioKind kind() const { return m_kind; }

private:
    double shifted(std::span<const double> features) const;

    ScenarioKind m_kind;
    SplitMix64 m_random;
    /// Says how far petal width may move before the answer would be another one.
    std::shared_ptr<const KnnModel> m_guard;
};

/// Names of the features as the predict route logs them.
std::span<const std::string> featureNames();

} // namespace tepal::traffic
