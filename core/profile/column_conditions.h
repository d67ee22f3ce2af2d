/// How conditions are asked, value by value or about a batch. Internal to the room.
#pragma once

#include <tepal/profile/column.h>

#include <utility>

namespace tepal {

/// Without the schema nobody knows what the conditions ask; then their total stands still as well.
template <typename At>
void ColumnProfile::countConditions(std::size_t n, At at)
{
    if (!conditions || !m_schema)
        return;
    for (std::size_t i = 0; i < n; ++i)
        conditions->total += static_cast<std::int64_t>(at(i).second);
    for (const Condition &condition : m_schema->conditions) {
        const auto counter = conditions->matches.find(condition.name);
        if (counter == conditions->matches.end())
            continue; // merged with values that it was not asked about
        for (std::size_t i = 0; i < n; ++i) {
            const auto [value, count] = at(i);
            if (count > 0 && condition.isMet(value))
                counter->second += static_cast<std::int64_t>(count);
        }
    }
}

} // namespace tepal
