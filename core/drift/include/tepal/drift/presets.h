/// Whose rules a comparison follows: ours, or those of another system, for numbers that can be held
/// against what it prints. A new preset is a new row in presets.cpp.
#pragma once

#include <tepal/base/result.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tepal {
class ColumnProfile;
}

namespace tepal::drift {

struct ColumnDrift;

enum class Preset : std::uint8_t { Tepal, Whylogs, Whylabs, Evidently, Nannyml, Deepchecks };

struct PresetRow
{
    Preset preset;
    std::string_view name;    ///< On the command line and in files.
    std::string_view summary; ///< One sentence.
    /// Fills `drift` from two columns that both exist; null for our own rules, which see all
    /// columns of a comparison together.
    void (*compare)(ColumnDrift &drift, const ColumnProfile &reference,
                    const ColumnProfile &target);
};

std::span<const PresetRow> presetTable();
const PresetRow &presetRow(Preset preset);
std::string_view presetName(Preset preset);
Result<Preset> parsePreset(std::string_view text);
/// "tepal, whylogs, …" for help and error texts.
std::string presetNames();

} // namespace tepal::drift
