/// Every measure in one table: its formula, its names, its thresholds, what it says. A new measure
/// is a new row in measure_table.cpp and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tepal::drift {

struct Measure;
struct Options;
struct Pair;

enum class Fits : std::uint8_t { Numbers, Categories, Both };

/// One row. Texts have static storage; UTF-8.
struct MeasureRow
{
    std::string_view key;       ///< In JSON and in the store: "w1_norm".
    std::string_view label;     ///< In tables and legends: "W₁/σ".
    std::string_view name;      ///< In full: "Wasserstein distance over standard deviation".
    std::string_view unit;      ///< "" for pure numbers and shares.
    std::string_view direction; ///< "symmetric", or from where to where.
    double possible;            ///< From this value on a change is "possible drift" …
    double threshold;           ///< … and "drift"; NaN for measures without such a habit.
    Fits fits;
    /// The columns whose verdict rests on it, by our own rules; nothing: it is only shown.
    std::optional<Fits> decides;
    bool binned;          ///< Needs the shared cells.
    std::string_view how; ///< How it is computed: one sentence.
    std::string_view use; ///< What it is good for, for the guide: one sentence.
    /// Fills value, band, interval, p, floor, method and note. False when the pair has none, with
    /// the reason in the note.
    bool (*compute)(const Pair &pair, const Options &options, Measure &measure);
};

/// In the order of showing: the effect that decides for numbers and for categories comes first.
std::span<const MeasureRow> measureTable();
/// Null for a key that no row has.
const MeasureRow *findMeasure(std::string_view key);
/// "W₁/σ" for "w1_norm"; the key itself when no row has it.
std::string_view measureLabel(std::string_view key);

} // namespace tepal::drift
