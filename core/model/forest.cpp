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
    if (m_nodes.size() + nodes.size() > kSlot)
        return fail(ErrorCode::Unsupported, "the model has more than 500 million nodes");
    Tree tree{static_cast<std::uint32_t>(m_nodes.size()), 0, output, false};
    // Breadth first: a level at a time, children side by side behind all of their parents' level.
    std::vector<bool> seen(nodes.size(), false);
    std::vector<std::uint32_t> level{0};
    seen[0] = true;
    m_nodes.push_back({});
    std::size_t at = tree.root;
    while (!level.empty()) {
        std::vector<std::uint32_t> next;
        for (const std::uint32_t index : level) {
            const SourceNode<T> &from = nodes[index];
            const auto here = at++;
            if (from.leaf) {
                m_nodes[here] = {from.value, 0, static_cast<std::uint32_t>(here)};
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
            Node node{from.value, kInner | (from.defaultLeft ? kDefaultLeft : 0),
                      static_cast<std::uint32_t>(m_nodes.size())};
            auto missing = static_cast<std::size_t>(from.missing);
            if (from.categoriesSize > 0) {
                if (from.categoriesBegin > categories.size() ||
                    from.categoriesSize > categories.size() - from.categoriesBegin)
                    return damaged("a set of categories is not there");
                tree.categorical = true;
                node.word |= kCategorical;
                node.value = static_cast<T>(m_sets.size());
                m_sets.push_back({from.categoriesBegin, from.categoriesSize});
                // A category that is missing stays missing.
                missing = static_cast<std::size_t>(TreeMissing::NaNDefault);
            }
            m_uses[missing] = true;
            node.word |= static_cast<std::uint32_t>(missing * m_features + from.feature);
            m_nodes[here] = node;
            m_nodes.resize(m_nodes.size() + 2);
        }
        tree.depth += next.empty() ? 0 : 1;
        level = std::move(next);
    }
    m_trees.push_back(tree);
    return {};
}

/// A row once for each way with what is missing, so that a node only has to look whether its value
/// is NaN.
template <typename T, bool kInclusive>
void FlatForest<T, kInclusive>::spread(std::span<const double> row, std::span<T> room) const
{
    constexpr double kZero = 1e-35f;
    constexpr T kNaN = std::numeric_limits<T>::quiet_NaN();
    const auto slots = [&](TreeMissing missing) {
        return room.data() + static_cast<std::size_t>(missing) * m_features;
    };
    if (m_uses[static_cast<std::size_t>(TreeMissing::NaNDefault)]) {
        T *const to = slots(TreeMissing::NaNDefault);
        for (std::size_t i = 0; i < row.size(); ++i)
            to[i] = static_cast<T>(row[i]);
    }
    if (m_uses[static_cast<std::size_t>(TreeMissing::Zero0)]) {
        T *const to = slots(TreeMissing::Zero0);
        for (std::size_t i = 0; i < row.size(); ++i)
            to[i] = std::isnan(row[i]) ? T(0) : static_cast<T>(row[i]);
    }
    if (m_uses[static_cast<std::size_t>(TreeMissing::ZeroDefault)]) {
        T *const to = slots(TreeMissing::ZeroDefault);
        for (std::size_t i = 0; i < row.size(); ++i)
            to[i] = std::fabs(row[i]) <= kZero ? kNaN : static_cast<T>(row[i]);
    }
}

template <typename T, bool kInclusive>
inline std::uint32_t FlatForest<T, kInclusive>::step(const Node &node, std::uint32_t,
                                                     const T *room) const
{
    // Without a branch: which way a value goes is what no processor can foretell.
    const T value = room[node.word & kSlot];
    const bool below = kInclusive ? value <= node.value : value < node.value;
    const bool missingLeft = (value != value) & ((node.word & kDefaultLeft) != 0);
    const auto right = static_cast<std::uint32_t>(!(below | missingLeft));
    return node.left + (right & (node.word >> 31));
}

template <typename T, bool kInclusive>
std::uint32_t FlatForest<T, kInclusive>::categoricalStep(const Node &node, const T *room) const
{
    const auto value = static_cast<double>(room[node.word & kSlot]);
    const CategorySet &set = m_sets[static_cast<std::size_t>(node.value)];
    // Also false for NaN; beyond the set nothing is in it.
    if (!(value > -1.0 && value < 32.0 * set.size))
        return node.left + 1;
    const auto category = value <= 0 ? 0u : static_cast<std::uint32_t>(value);
    const std::uint32_t word = categories[set.begin + category / 32];
    return node.left + ((word >> (category % 32) & 1) != 0 ? 0 : 1);
}

template <typename T, bool kInclusive>
T FlatForest<T, kInclusive>::walk(const Tree &tree, const T *room) const
{
    std::uint32_t at = tree.root;
    while ((m_nodes[at].word & kInner) != 0) {
        const Node &node = m_nodes[at];
        at = (node.word & kCategorical) != 0 ? categoricalStep(node, room) : step(node, at, room);
    }
    return m_nodes[at].value;
}

/// Several trees step by step: while one waits for memory the others go on.
template <typename T, bool kInclusive>
template <std::size_t kGroup>
void FlatForest<T, kInclusive>::walkTogether(const Tree *trees, const T *room, T *outputs) const
{
    const Node *const nodes = m_nodes.data();
    std::uint32_t at[kGroup];
    std::uint32_t depth = 0;
    for (std::size_t i = 0; i < kGroup; ++i) {
        at[i] = trees[i].root;
        depth = std::max(depth, trees[i].depth);
    }
    for (std::uint32_t level = 0; level < depth; ++level) {
        std::uint32_t moving = 0;
        for (std::size_t i = 0; i < kGroup; ++i) {
            const Node &node = nodes[at[i]];
            moving |= node.word;
            at[i] = step(node, at[i], room);
        }
        if ((moving & kInner) == 0)
            break;
    }
    for (std::size_t i = 0; i < kGroup; ++i)
        outputs[trees[i].output] += nodes[at[i]].value;
}

template <typename T, bool kInclusive>
void FlatForest<T, kInclusive>::addTo(std::span<const double> row, std::span<T> room,
                                      std::span<T> outputs) const
{
    constexpr std::size_t kGroup = 8;
    spread(row, room);
    std::size_t tree = 0;
    while (tree < m_trees.size()) {
        bool together = tree + kGroup <= m_trees.size();
        for (std::size_t i = 0; together && i < kGroup; ++i)
            together = !m_trees[tree + i].categorical;
        if (together) {
            walkTogether<kGroup>(&m_trees[tree], room.data(), outputs.data());
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
