#include "forest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tepal {
namespace {

tl::unexpected<Error> damaged(std::string why)
{
    return fail(ErrorCode::Corrupt, "the model's trees are damaged: " + std::move(why),
                "save the model again");
}

} // namespace

template <typename T, bool kInclusive>
Status FlatForest<T, kInclusive>::addTree(std::span<const SourceNode<T>> nodes,
                                          std::uint32_t output)
{
    if (nodes.empty())
        return damaged("one has no nodes");
    constexpr std::size_t kMost = 0xFFFFFFFFu / sizeof(Node);
    if (m_nodes.size() + nodes.size() > kMost)
        return fail(ErrorCode::Unsupported, fmt::format("the model has more than {} nodes", kMost),
                    "train a smaller one");
    const auto place = [](std::size_t index) {
        return static_cast<std::uint32_t>(index * sizeof(Node));
    };
    Tree tree{place(m_nodes.size()), 0, output, false};
    // Breadth first: a level at a time, children side by side behind all of their parents' level.
    std::vector<bool> seen(nodes.size(), false);
    std::vector<std::uint32_t> level{0};
    seen[0] = true;
    std::size_t at = m_nodes.size();
    m_nodes.push_back({});
    m_flags.resize(m_nodes.size());
    while (!level.empty()) {
        std::vector<std::uint32_t> next;
        for (const std::uint32_t index : level) {
            const SourceNode<T> &from = nodes[index];
            const auto here = at++;
            if (from.leaf ? !std::isfinite(from.value) : std::isnan(from.value))
                return damaged("a leaf or a threshold is no number");
            if (from.leaf) {
                m_nodes[here] = {from.value, 0, place(here), 0};
                continue;
            }
            if (from.feature >= m_features)
                return damaged(
                    fmt::format("a node asks for feature {} of {}", from.feature, m_features));
            for (const std::uint32_t child : {from.left, from.right}) {
                if (child >= nodes.size() || seen[child])
                    return damaged(child >= nodes.size() ? "a node's child is not there"
                                                         : "a node has two parents");
                seen[child] = true;
                next.push_back(child);
            }
            Node node{from.value, 0, place(m_nodes.size()), sizeof(Node)};
            std::uint8_t flags = from.defaultLeft ? DefaultLeft : 0;
            auto missing = static_cast<std::size_t>(from.missing);
            if (from.categoriesSize > 0) {
                if (from.categoriesBegin > categories.size() ||
                    from.categoriesSize > categories.size() - from.categoriesBegin)
                    return damaged("a set of categories is not there");
                tree.categorical = true;
                flags |= Categorical;
                node.value = static_cast<T>(m_sets.size());
                m_sets.push_back({from.categoriesBegin, from.categoriesSize});
                // A category that is missing stays missing.
                missing = static_cast<std::size_t>(TreeMissing::NaNDefault);
            }
            m_uses[missing] = true;
            node.slot =
                static_cast<std::uint32_t>((missing * m_features + from.feature) * sizeof(T));
            m_nodes[here] = node;
            m_nodes.resize(m_nodes.size() + 2);
            m_flags.resize(m_nodes.size());
            m_flags[here] = flags;
        }
        tree.depth += next.empty() ? 0 : 1;
        level = std::move(next);
    }
    m_trees.push_back(tree);
    return {};
}

/// A row once for each way with what is missing, so that a node only has to look whether its value
/// is NaN. Whether any is.
template <typename T, bool kInclusive>
bool FlatForest<T, kInclusive>::spread(std::span<const double> row, std::span<T> room) const
{
    constexpr double kZero = 1e-35f;
    constexpr T kNaN = std::numeric_limits<T>::quiet_NaN();
    bool missing = false;
    const auto fill = [&](TreeMissing way, auto convert) {
        if (!m_uses[static_cast<std::size_t>(way)])
            return;
        T *const to = room.data() + static_cast<std::size_t>(way) * m_features;
        for (std::size_t i = 0; i < row.size(); ++i) {
            to[i] = convert(row[i]);
            missing |= to[i] != to[i];
        }
    };
    fill(TreeMissing::NaNDefault, [](double value) { return static_cast<T>(value); });
    fill(TreeMissing::Zero0,
         [](double value) { return std::isnan(value) ? T(0) : static_cast<T>(value); });
    fill(TreeMissing::ZeroDefault,
         [](double value) { return std::fabs(value) <= kZero ? kNaN : static_cast<T>(value); });
    return missing;
}

/// Without a branch: which way a value goes is what no processor can foretell.
template <typename T, bool kInclusive>
template <bool kMissing>
inline std::uint32_t FlatForest<T, kInclusive>::step(std::uint32_t place, const T *room) const
{
    const Node &node = at(place);
    const T value = *reinterpret_cast<const T *>(reinterpret_cast<const char *>(room) + node.slot);
    bool left = kInclusive ? value <= node.value : value < node.value;
    if constexpr (kMissing)
        left |= (value != value) & ((m_flags[place / sizeof(Node)] & DefaultLeft) != 0);
    return node.left + ((left ? 0u : ~0u) & node.right);
}

template <typename T, bool kInclusive>
std::uint32_t FlatForest<T, kInclusive>::categoricalStep(std::uint32_t place, const T *room) const
{
    const Node &node = at(place);
    const auto value = static_cast<double>(room[node.slot / sizeof(T)]);
    const CategorySet &set = m_sets[static_cast<std::size_t>(node.value)];
    // Also false for NaN; beyond the set nothing is in it.
    if (!(value > -1.0 && value < 32.0 * set.size))
        return node.left + node.right;
    const auto category = value <= 0 ? 0u : static_cast<std::uint32_t>(value);
    const std::uint32_t word = categories[set.begin + category / 32];
    return node.left + ((word >> (category % 32) & 1) != 0 ? 0 : node.right);
}

template <typename T, bool kInclusive>
T FlatForest<T, kInclusive>::walk(const Tree &tree, const T *room) const
{
    std::uint32_t place = tree.root;
    while (at(place).right != 0) {
        const bool categorical = (m_flags[place / sizeof(Node)] & Categorical) != 0;
        place = categorical ? categoricalStep(place, room) : step<true>(place, room);
    }
    return at(place).value;
}

/// Several trees step by step: while one waits for memory the others go on.
template <typename T, bool kInclusive>
template <std::size_t kGroup, bool kMissing>
void FlatForest<T, kInclusive>::walkTogether(const Tree *trees, const T *room, T *outputs) const
{
    std::uint32_t places[kGroup];
    std::uint32_t depth = 0;
    for (std::size_t i = 0; i < kGroup; ++i) {
        places[i] = trees[i].root;
        depth = std::max(depth, trees[i].depth);
    }
    for (std::uint32_t level = 0; level < depth; ++level) {
        std::uint32_t moving = 0;
#pragma GCC unroll 8
        for (std::size_t i = 0; i < kGroup; ++i) {
            moving |= at(places[i]).right;
            places[i] = step<kMissing>(places[i], room);
        }
        if (moving == 0)
            break;
    }
    for (std::size_t i = 0; i < kGroup; ++i)
        outputs[trees[i].output] += at(places[i]).value;
}

template <typename T, bool kInclusive>
void FlatForest<T, kInclusive>::addTo(std::span<const double> row, std::span<T> room,
                                      std::span<T> outputs) const
{
    constexpr std::size_t kGroup = 8;
    // Most rows lack nothing, and need not be asked at every node.
    const bool missing = spread(row, room);
    std::size_t tree = 0;
    while (tree < m_trees.size()) {
        bool together = tree + kGroup <= m_trees.size();
        for (std::size_t i = 0; together && i < kGroup; ++i)
            together = !m_trees[tree + i].categorical;
        if (together) {
            if (missing)
                walkTogether<kGroup, true>(&m_trees[tree], room.data(), outputs.data());
            else
                walkTogether<kGroup, false>(&m_trees[tree], room.data(), outputs.data());
            tree += kGroup;
        } else {
            outputs[m_trees[tree].output] += walk(m_trees[tree], room.data());
            ++tree;
        }
    }
}

template class FlatForest<float, false>;
template class FlatForest<double, true>;

} // namespace tepal
