/// Evidence that a stream of rows no longer comes from where its reference came from, which may be
/// watched for ever: the chance that a stream without change ever reaches 1/α is at most α, however
/// long and however often one looks.
///
/// The n values of the reference cut the line into n + 1 equivalent blocks; cells are blocks by
/// rank. While nothing has changed the chance that the next row falls into cell c, given the cells
/// of the t rows before it, is exactly (b_c + x_c) / (n + 1 + t): Pólya's urn, nothing in it is
/// estimated (Wilks 1942; Tukey 1947; Blackwell & MacQueen 1973). A bet on every start of a change
/// against that urn is a test martingale (Ville 1939; Shafer 2021).
///
/// Everything here is a value; functions are thread-safe, objects are not. Logarithms are natural.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace tepal::drift {

// ---------------------------------------------------------------- cells

/// Blocks a cell, for n reference values: their sum is n + 1. Fine at both ends, where outliers and
/// new extremes fall, eight even ones between. Empty below 5 values: then there is no evidence.
std::vector<std::uint32_t> evidenceCells(std::uint64_t n);

/// A value as a number that is ordered as the values are. −0 equals 0; NaN is no value.
std::uint64_t orderedKey(double value);
/// Of a category: FNV-1a 64 of its bytes. The order means nothing, but it is fixed.
std::uint64_t categoryKey(std::string_view text);

/// Reference rows and live rows never share a tie-breaker.
enum class EvidenceSide : std::uint8_t { Reference, Live };

/// Which of the process's streams: its tie-breakers differ from those of every other.
struct StreamId
{
    std::string_view column;
    std::string_view stream; ///< "value", "presence"
    std::uint64_t seed = 0;  ///< Stored with the process.
};

/// A uniform second key for equal values, 64 bits; `index`: position in the reference from 0, or
/// the row's sequence number.
class TieKeys
{
public:
    TieKeys(const StreamId &id, EvidenceSide side);
    std::uint64_t operator()(std::uint64_t index) const;

private:
    std::uint64_t m_hash;
};

/// Where the cells of one reference end, and which cell a live value belongs to.
class CellEdges
{
public:
    /// A cell holds what is not above its end; the last one has none.
    struct End
    {
        std::uint64_t key = 0;
        std::uint64_t tie = 0;

        auto operator<=>(const End &) const = default;
    };

    CellEdges() = default;
    /// From keys in the order of the reference's rows (orderedKey(), categoryKey() or a small
    /// number).
    CellEdges(std::span<const std::uint64_t> reference, const StreamId &id);
    /// As stored; `cells` has one entry more than `ends`, and `ends` ascend.
    CellEdges(std::vector<std::uint32_t> cells, std::vector<End> ends, const StreamId &id);

    bool isEmpty() const { return m_cells.empty(); }
    const std::vector<std::uint32_t> &cells() const { return m_cells; }
    const std::vector<End> &ends() const { return m_ends; }
    /// One binary search; the tie-breaker is only made where the value equals an end's.
    std::size_t cellOf(std::uint64_t key, std::uint64_t index) const;

private:
    std::vector<std::uint32_t> m_cells;
    std::vector<End> m_ends;
    TieKeys m_ties{{}, EvidenceSide::Live};
};

// ---------------------------------------------------------------- evidence

/// lnΓ(x) for x > 0, to 1e-13 of max(1, |lnΓ|) and the same bits wherever logarithms are: the C
/// library's differs by version. Stirling's series from 10 on, the recurrence below.
double logGamma(double x);

/// The logarithm of the probability of one sequence with these counts under a Dirichlet-multinomial
/// with the parameters `a`. Same length, a > 0.
double logDirichletMultinomial(std::span<const double> counts, std::span<const double> a);

/// Evidence of one stream, window by window. Only counts enter, so that rows of a window may come
/// in any order. Counts may be fractions where a window is known as a sketch only.
class EvidenceProcess
{
public:
    /// A start that is still bet on: what had been counted before its window.
    struct Start
    {
        std::uint64_t window = 0; ///< From 1.
        std::vector<double> before;

        bool operator==(const Start &) const = default;
    };
    /// All that goes on; writing it and reading it back gives the same evidence to the bit.
    struct State
    {
        std::vector<std::uint32_t> cells;
        std::vector<double> counts; ///< Of all windows so far.
        std::uint64_t windows = 0;  ///< Those with rows.
        std::vector<Start> starts;

        bool operator==(const State &) const = default;
    };
    struct Reading
    {
        /// log E: an alarm at log(S/α) with S streams.
        double logE = 0;
        /// log S: the same without stakes, for a promise of one false alarm in so many windows.
        double logS = 0;
        /// The window in which the change most likely began; 0 before there was one with rows.
        std::uint64_t since = 0;
    };

    /// Without cells there is no evidence: every reading is 0.
    explicit EvidenceProcess(std::vector<std::uint32_t> cells);
    explicit EvidenceProcess(State state);

    /// The next window's counts, one for each cell. A window without rows takes no number and
    /// changes nothing.
    void addWindow(std::span<const double> counts);
    /// At the end of the last window. About 0.4 ms with ninety starts.
    Reading reading() const;
    const State &state() const { return m_state; }
    std::uint64_t windows() const { return m_state.windows; }

    /// Whether a start is still kept when window `w` is the last: at most about a hundred are.
    static bool isKept(std::uint64_t start, std::uint64_t w);

private:
    struct Bets;
    const Bets &betsOf(std::size_t start) const;

    State m_state;
    /// What a start's bets cost to prepare, made when first needed.
    mutable std::vector<std::shared_ptr<const Bets>> m_bets;
};

/// log L of a change that begins after `before` was counted and has since counted `since`.
double logLikelihoodRatio(std::span<const std::uint32_t> cells, std::span<const double> before,
                          std::span<const double> since);

} // namespace tepal::drift
