/// Nested JSON as columns with dotted names. Internal to the room.
#pragma once

#include <tepal/table/json.h>
#include <tepal/table/reader.h>

#include <string>

namespace tepal::table {

/// Calls `visit(name, node, depth)` for every value inside `node` that is a column of its own: with
/// Flatten each leaf (lists by position, empty lists and objects as themselves), else the node.
/// `path` is the node's own name and is restored. Ends with false as soon as a visit does.
template <typename Visit>
bool forEachLeaf(const JsonDocument &json, std::uint32_t node, std::string &path, Nested nested,
                 int depth, const Visit &visit)
{
    const JsonNode &value = json.at(node);
    const bool hasParts =
        (value.type == JsonType::Array || value.type == JsonType::Object) && value.size > 0;
    if (!hasParts || nested != Nested::Flatten)
        return visit(path, node, depth);
    const std::size_t stem = path.size();
    std::size_t number = 0;
    bool goOn = true;
    for (std::uint32_t at = node + 1; at < value.end && goOn;) {
        path += '.';
        std::uint32_t part = at;
        if (value.type == JsonType::Object) {
            path += json.at(at).string();
            part = at + 1;
        } else {
            path += std::to_string(number++);
        }
        goOn = forEachLeaf(json, part, path, nested, depth + 1, visit);
        path.resize(stem);
        at = json.at(part).end;
    }
    return goOn;
}

} // namespace tepal::table
