/// Trees of numbers, flat in memory: what XGBoost's and LightGBM's files become.
#pragma once

#include <tepal/base/result.h>

#include <cstdint>
#include <span>
#include <vector>

namespace tepal {

/// What a node does about a value that is not there.
enum class TreeMissing : std::uint8_t {
    Zero0,       ///< NaN counts as zero, which is a number like others.
    ZeroDefault, ///< Zero and NaN both go the default way.
    NaNDefault,  ///< NaN goes the default way.
};
inline constexpr std::size_t kTreeMissings = 3;

/// One node as it stands in a file. Indexes are those of the file's own list.
template <typename T>
struct SourceNode
{
    bool leaf = false;
    T value = 0; ///< The threshold; of a leaf what it adds.
    std::uint32_t feature = 0;
    std::uint32_t left = 0;
    std::uint32_t right = 0;
    bool defaultLeft = false;
    TreeMissing missing = TreeMissing::NaNDefault;
    /// Words of the bit set of categories that go left, in the forest's list; 0 = a number.
    std::uint32_t categoriesBegin = 0;
    std::uint32_t categoriesSize = 0;
};

/// Trees in arithmetic of T. A value goes left when it is below the threshold, or, `kInclusive`,
/// when it equals it. Children lie behind their parents and side by side, whatever the file's order
/// was, so that every walk ends and a step is one sum. Immutable once filled; thread-safe then.
template <typename T, bool kInclusive>
class FlatForest
{
public:
    explicit FlatForest(std::uint32_t features)
        : m_features(features)
    {}

    /// Words that categorical nodes refer to.
    std::vector<std::uint32_t> categories;

    /// Adds what is reached from node 0. Corrupt for a child that is not there or has two parents,
    /// a feature or a category set that is not there.
    Status addTree(std::span<const SourceNode<T>> nodes, std::uint32_t output);

    /// Room that a row needs to be spread out.
    std::size_t slots() const { return kTreeMissings * m_features; }
    /// Adds every tree's leaf to its output, in the order of the trees. `room` has slots() places
    /// for the caller to keep from row to row.
    void addTo(std::span<const double> row, std::span<T> room, std::span<T> outputs) const;

    std::size_t trees() const { return m_trees.size(); }
    std::size_t nodes() const { return m_nodes.size(); }

private:
    /// Places are counted in bytes, which spares a step two multiplications.
    struct Node
    {
        T value = 0;
        std::uint32_t slot = 0;  ///< Of the row that is spread out.
        std::uint32_t left = 0;  ///< The right child follows; a leaf's is itself.
        std::uint32_t right = 0; ///< From the left child to it; 0 for a leaf.
    };
    /// What is asked of a node seldom, apart from the rest.
    enum Flag : std::uint8_t { DefaultLeft = 1, Categorical = 2 };

    struct Tree
    {
        std::uint32_t root = 0;
        std::uint32_t depth = 0; ///< Steps to the deepest leaf.
        std::uint32_t output = 0;
        bool categorical = false;
    };
    struct CategorySet
    {
        std::uint32_t begin = 0;
        std::uint32_t size = 0;
    };

    bool spread(std::span<const double> row, std::span<T> room) const;
    const Node &at(std::uint32_t place) const
    {
        return *reinterpret_cast<const Node *>(reinterpret_cast<const char *>(m_nodes.data()) +
                                               place);
    }
    template <bool kMissing>
    std::uint32_t step(std::uint32_t place, const T *room) const;
    std::uint32_t categoricalStep(std::uint32_t place, const T *room) const;
    T walk(const Tree &tree, const T *room) const;
    template <std::size_t kGroup, bool kMissing>
    void walkTogether(const Tree *trees, const T *room, T *outputs) const;

    std::uint32_t m_features;
    std::vector<Node> m_nodes;
    std::vector<std::uint8_t> m_flags; ///< One per node.
    std::vector<Tree> m_trees;
    std::vector<CategorySet> m_sets; ///< A categorical node's value is an index in here.
    bool m_uses[kTreeMissings]{};
};

extern template class FlatForest<float, false>;
extern template class FlatForest<double, true>;

} // namespace tepal
