/// Profiles that were read from a store, kept while they may be asked for again. Internal.
#pragma once

#include <tepal/base/time.h>
#include <tepal/profile/dataset.h>

#include <algorithm>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tepal {

/// What was asked for twice while nothing changed: as one side of a comparison is dragged over the
/// time line, the other is asked for some thirty times a second, and most parts of the dragged one
/// too. All are dropped when the version of the data is another one, and the least lately used when
/// they get too many.
template <typename Key>
class KeptProfiles
{
public:
    using Version = std::pair<std::int64_t, std::int64_t>; ///< As Store::Impl::version() says it.
    using Profile = std::shared_ptr<const DatasetProfile>;

    struct Asked
    {
        Profile profile;      ///< Null when it is not kept.
        bool worthIt = false; ///< To be kept: it was asked for before.
    };
    Asked ask(const Key &key, const Version &version)
    {
        if (m_version != version) {
            m_entries.clear();
            m_version = version;
        }
        const auto it = entryOf(key);
        if (it == m_entries.end()) {
            m_entries.push_front({key, nullptr});
            limit();
            return {};
        }
        m_entries.splice(m_entries.begin(), m_entries, it);
        return {it->profile, true};
    }
    void keep(const Key &key, Profile profile)
    {
        if (const auto it = entryOf(key); it != m_entries.end())
            it->profile = std::move(profile);
        limit();
    }

private:
    struct Entry
    {
        Key key;
        Profile profile; ///< Null: asked for once.
    };
    /// A column takes some 10 kB, at most 40.
    static constexpr std::size_t kMostColumns = 4'000;
    static constexpr std::size_t kMostEntries = 1'000;

    typename std::list<Entry>::iterator entryOf(const Key &key)
    {
        return std::find_if(m_entries.begin(), m_entries.end(),
                            [&](const Entry &entry) { return entry.key == key; });
    }
    void limit()
    {
        std::size_t columns = 0;
        std::size_t entries = 0;
        const auto fits = [&](const Entry &entry) {
            columns += entry.profile ? entry.profile->columns.size() : 0;
            return ++entries <= kMostEntries && columns <= kMostColumns;
        };
        m_entries.erase(std::find_if_not(m_entries.begin(), m_entries.end(), fits),
                        m_entries.end());
    }

    std::list<Entry> m_entries; ///< The one used last first.
    Version m_version{-1, -1};
};

/// A question for a range.
struct RangeKey
{
    std::string dataset;
    TimeRange range;
    std::vector<std::string> columns;   ///< Empty: all.
    std::optional<std::string> segment; ///< Nothing: those of all segments.

    bool operator==(const RangeKey &) const = default;
};

/// A chunk, or a segment of a roll-up.
struct PartKey
{
    bool rolledUp = false;
    std::int64_t id = 0;
    std::string segment;

    bool operator==(const PartKey &) const = default;
};

} // namespace tepal
