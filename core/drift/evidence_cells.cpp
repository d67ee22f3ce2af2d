#include <tepal/base/hash.h>
#include <tepal/base/random.h>
#include <tepal/drift/evidence.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <numeric>

namespace tepal::drift {

namespace {

constexpr std::uint64_t kFewest = 5;
constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15ull; ///< Of SplitMix64's state.

/// Sizes between the cut points floor(i·total/parts).
void addEven(std::vector<std::uint32_t> &cells, std::uint64_t total, std::uint64_t parts)
{
    for (std::uint64_t i = 1; i <= parts; ++i)
        cells.push_back(static_cast<std::uint32_t>(i * total / parts - (i - 1) * total / parts));
}

} // namespace

std::vector<std::uint32_t> evidenceCells(std::uint64_t n)
{
    constexpr std::uint64_t kMiddle = 8;
    std::vector<std::uint32_t> cells;
    if (n < kFewest)
        return cells;
    const std::uint64_t blocks = n + 1;
    if (blocks < 40) {
        addEven(cells, blocks, std::clamp<std::uint64_t>(blocks / 5, 2, 4));
        return cells;
    }
    const std::uint64_t q = blocks / 10;
    std::uint64_t last = 0;
    for (std::uint64_t mark = 1; mark < q; mark *= 4) {
        cells.push_back(static_cast<std::uint32_t>(mark - last));
        last = mark;
    }
    cells.push_back(static_cast<std::uint32_t>(q - last));
    const std::vector<std::uint32_t> tail = cells;
    addEven(cells, blocks - 2 * q, kMiddle);
    cells.insert(cells.end(), tail.rbegin(), tail.rend());
    return cells;
}

std::uint64_t orderedKey(double value)
{
    // The bits of positive numbers ascend as they do, those of negative ones the other way round.
    const auto bits = std::bit_cast<std::uint64_t>(value + 0.0); // −0 becomes 0
    return bits >> 63 ? ~bits : bits | (std::uint64_t{1} << 63);
}

std::uint64_t categoryKey(std::string_view text)
{
    return fnv1a(text);
}

TieKeys::TieKeys(const StreamId &id, EvidenceSide side)
{
    constexpr std::string_view kZero("\0", 1);
    std::uint64_t hash = fnv1a(kZero, fnv1a(id.column));
    hash = fnv1a(kZero, fnv1a(id.stream, hash));
    hash = fnv1a(side == EvidenceSide::Reference ? "R" : "L", hash);
    m_hash = hash ^ id.seed;
}

std::uint64_t TieKeys::operator()(std::uint64_t index) const
{
    // The index-th number of the generator that begins there.
    return SplitMix64(m_hash + index * kStep).next();
}

CellEdges::CellEdges(std::span<const std::uint64_t> reference, const StreamId &id)
    : m_cells(evidenceCells(reference.size()))
    , m_ties(id, EvidenceSide::Live)
{
    if (m_cells.empty())
        return;
    const TieKeys ties(id, EvidenceSide::Reference);
    std::vector<End> sorted;
    sorted.reserve(reference.size());
    for (std::uint64_t i = 0; i < reference.size(); ++i)
        sorted.push_back({reference[i], ties(i)});
    std::sort(sorted.begin(), sorted.end());
    std::uint64_t rank = 0;
    for (std::size_t c = 0; c + 1 < m_cells.size(); ++c) {
        rank += m_cells[c];
        m_ends.push_back(sorted[rank - 1]);
    }
}

CellEdges::CellEdges(std::vector<std::uint32_t> cells, std::vector<End> ends, const StreamId &id)
    : m_cells(std::move(cells))
    , m_ends(std::move(ends))
    , m_ties(id, EvidenceSide::Live)
{
    assert(m_cells.empty() ? m_ends.empty() : m_ends.size() + 1 == m_cells.size());
    assert(std::is_sorted(m_ends.begin(), m_ends.end()));
}

std::size_t CellEdges::cellOf(std::uint64_t key, std::uint64_t index) const
{
    assert(!m_cells.empty());
    auto it =
        std::lower_bound(m_ends.begin(), m_ends.end(), key,
                         [](const End &end, std::uint64_t wanted) { return end.key < wanted; });
    if (it != m_ends.end() && it->key == key) {
        const End live{key, m_ties(index)};
        while (it != m_ends.end() && *it < live)
            ++it;
    }
    return static_cast<std::size_t>(it - m_ends.begin());
}

} // namespace tepal::drift
