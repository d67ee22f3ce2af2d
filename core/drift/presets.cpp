#include "peers.h"

#include <tepal/drift/presets.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tepal::drift {
namespace {

/// In the order of the enumeration.
constexpr std::array kTable{
    PresetRow{Preset::Tepal, "tepal", "Effect and evidence, bands, noise floors.", nullptr},
    PresetRow{Preset::Whylogs, "whylogs",
              "KS on 100 quantiles, else chi-square of fit; categories by p alone.",
              compareWhylogs},
    PresetRow{Preset::Whylabs, "whylabs",
              "Hellinger distance on 30 joint equal-width bins, alarm at 0.7.", compareWhylabs},
    PresetRow{Preset::Evidently, "evidently",
              "p 0.05 of a test up to 1,000 reference rows, above them a distance of 0.1.",
              compareEvidently},
    PresetRow{Preset::Nannyml, "nannyml",
              "Jensen-Shannon distance on the reference's bins; no verdict from one profile.",
              compareNannyml},
    PresetRow{Preset::Deepchecks, "deepchecks",
              "KS distance and bias-corrected Cramér's V, alarm at 0.2.", compareDeepchecks},
};

} // namespace

std::span<const PresetRow> presetTable()
{
    return kTable;
}

const PresetRow &presetRow(Preset preset)
{
    return kTable[static_cast<std::size_t>(preset)];
}

std::string_view presetName(Preset preset)
{
    return presetRow(preset).name;
}

std::string presetNames()
{
    std::string names;
    for (const PresetRow &row : kTable) {
        const bool last = &row == &kTable.back();
        names += fmt::format("{}{}", names.empty() ? "" : last ? " or " : ", ", row.name);
    }
    return names;
}

Result<Preset> parsePreset(std::string_view text)
{
    const auto it = std::find_if(kTable.begin(), kTable.end(),
                                 [&](const PresetRow &row) { return row.name == text; });
    if (it != kTable.end())
        return it->preset;
    return fail(ErrorCode::InvalidArgument, fmt::format("there is no preset \"{}\"", text),
                "use " + presetNames());
}

} // namespace tepal::drift
