/// One row in the leaves of nested JSON arrays.
#pragma once

#include <tepal/base/result.h>
#include <tepal/table/json.h>

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace tepal {

inline constexpr std::size_t kMaxNesting = 32; // numpy's limit on dimensions

/// A text that is a number, as numpy takes one: blanks around it and a sign are fine.
std::optional<double> numberInText(std::string_view text);

/// Hands out leaves in row-major order and checks that sibling arrays are equally long at every
/// depth. `Take` says how many are expected(), takes a leaf() with its place, and makes errors:
/// refuse().
template <typename Take>
class Leaves
{
public:
    Leaves(const JsonDocument &json, Take &take)
        : m_json(json)
        , m_take(take)
    {}

    Status collect()
    {
        const JsonNode &root = m_json.at(m_json.root());
        if (root.type == JsonType::Object)
            return refuse("the body is a JSON object, not an array");
        if (root.type != JsonType::Array)
            return refuse("the body is a single value, not an array");
        if (auto done = walk(m_json.root(), 0); !done)
            return done;
        if (m_count != m_take.expected()) {
            return refuse(m_count > m_take.expected() && m_count % m_take.expected() == 0
                              ? fmt::format("the body holds {} rows, but this route answers one",
                                            m_count / m_take.expected())
                              : fmt::format("the model expects {} values but got {}",
                                            m_take.expected(), m_count));
        }
        return {};
    }

private:
    tl::unexpected<Error> refuse(std::string message) const
    {
        return m_take.refuse(std::move(message));
    }

    Status walk(std::uint32_t index, std::size_t depth)
    {
        const JsonNode &node = m_json.at(index);
        if (depth >= kMaxNesting)
            return refuse("the nesting is too deep");
        if (m_extent[depth] == 0)
            m_extent[depth] = node.size + std::size_t{1};
        else if (m_extent[depth] != node.size + std::size_t{1})
            return refuse("the nested arrays differ in length");
        for (std::uint32_t at = index + 1; at < node.end; at = m_json.at(at).end) {
            const bool inner = m_json.at(at).type == JsonType::Array;
            if (m_leafDepth != 0 && inner == (depth + 1 == m_leafDepth))
                return refuse("numbers and arrays are mixed");
            if (inner) {
                if (auto done = walk(at, depth + 1); !done)
                    return done;
            } else {
                m_leafDepth = depth + 1;
                if (auto done = m_take.leaf(m_json.at(at), m_count); !done)
                    return done;
                ++m_count;
            }
        }
        return {};
    }

    const JsonDocument &m_json;
    Take &m_take;
    std::size_t m_count = 0;
    std::size_t m_leafDepth = 0;                     ///< Depth of the leaves; 0 = none seen.
    std::array<std::size_t, kMaxNesting> m_extent{}; ///< Length + 1 of the arrays at a depth.
};

} // namespace tepal
