/// Nested JSON: as columns with dotted names, or a table by columns. Internal to the room.
#pragma once

#include <tepal/table/json.h>
#include <tepal/table/reader.h>

#include <string>
#include <unordered_map>

namespace tepal::table {

/// Calls `visit(key, node)` for the members of an object: of several equal keys only the last, as
/// everywhere in Python. Ends with false as soon as a visit does.
template <typename Visit>
bool forEachMember(const JsonDocument &json, std::uint32_t object, const Visit &visit)
{
    constexpr std::uint32_t kFew = 16; // up to so many keys are compared with each other
    const JsonNode &whole = json.at(object);
    std::unordered_map<std::string_view, std::uint32_t> last;
    if (whole.size > kFew) {
        for (std::uint32_t at = object + 1; at < whole.end; at = json.at(at + 1).end)
            last[json.at(at).string()] = at;
    }
    const auto comesAgain = [&](std::uint32_t key) {
        const std::string_view name = json.at(key).string();
        if (whole.size > kFew)
            return last[name] != key;
        for (std::uint32_t at = json.at(key + 1).end; at < whole.end; at = json.at(at + 1).end) {
            if (json.at(at).string() == name)
                return true;
        }
        return false;
    };
    for (std::uint32_t at = object + 1; at < whole.end; at = json.at(at + 1).end) {
        if (!comesAgain(at) && !visit(json.at(at).string(), at + 1))
            return false;
    }
    return true;
}

/// Whether an object is a whole table, as pandas' to_json writes one: lists of equal length,
/// objects with the same keys, rows by their numbers or beside a schema, names and rows apart
/// ("split"). With `sure` not where it could as well be one row whose values are nested.
bool isTable(const JsonDocument &json, bool sure);
/// The same of the beginning of one that is too long to be looked at: `{"a":{"0":`.
bool beginsAsColumns(std::string_view text);

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
    const auto part = [&](std::string_view name, std::uint32_t at) {
        path += '.';
        path += name;
        const bool goOn = forEachLeaf(json, at, path, nested, depth + 1, visit);
        path.resize(stem);
        return goOn;
    };
    if (value.type == JsonType::Object)
        return forEachMember(json, node, part);
    std::size_t number = 0;
    for (std::uint32_t at = node + 1; at < value.end; at = json.at(at).end) {
        if (!part(std::to_string(number++), at))
            return false;
    }
    return true;
}

} // namespace tepal::table
