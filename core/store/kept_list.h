/// All of something that was read from a store, kept while it may be asked for again. Internal.
#pragma once

#include <tepal/base/time.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace tepal {

/// The whole list of one key, for who asks for parts of it again before anything has changed, as a
/// brush over the time line does some thirty times a second.
template <typename Key, typename Item>
class KeptList
{
public:
    using Version = std::pair<std::int64_t, std::int64_t>; ///< As Store::Impl::version() says it.
    static constexpr TimeRange kAlways{std::numeric_limits<TimeMs>::min(),
                                       std::numeric_limits<TimeMs>::max()};

    /// The list, read by `readAll` where it is asked for the second time at this version. Null: the
    /// part that is wanted is to be read alone, because it is the first time, or the whole is too
    /// long or cannot be read; damage elsewhere is no reason to answer nothing here. `version` is
    /// of before, so that a commit in between makes the list look older than it is.
    template <typename ReadAll>
    const std::vector<Item> *ask(const Key &key, const Version &version, const ReadAll &readAll)
    {
        if (m_key != key || m_version != version) {
            m_key = key;
            m_version = version;
            m_state = State::AskedOnce;
            m_items.clear();
            return nullptr;
        }
        if (m_state == State::AskedOnce) {
            auto all = readAll();
            m_state = all && all->size() <= kMost ? State::Kept : State::LeftAlone;
            if (m_state == State::Kept)
                m_items = std::move(*all);
        }
        return m_state == State::Kept ? &m_items : nullptr;
    }

private:
    /// Some 100 bytes each.
    static constexpr std::size_t kMost = 200'000;
    enum class State : std::uint8_t { AskedOnce, Kept, LeftAlone };

    Key m_key;
    Version m_version{-1, -1};
    State m_state = State::LeftAlone;
    std::vector<Item> m_items;
};

} // namespace tepal
