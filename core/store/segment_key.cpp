#include <tepal/store/segment_key.h>

#include <algorithm>

namespace tepal {

std::string segmentKey(const SegmentTags &segment)
{
    // Lengths make it unambiguous whatever the names contain.
    std::string key;
    for (const auto &[name, value] : segment)
        key += std::to_string(name.size()) + ":" + name + "=" + std::to_string(value.size()) + ":" +
               value + ";";
    return key;
}

SegmentTags parseSegmentKey(std::string_view key)
{
    SegmentTags segment;
    const auto piece = [&key](char end) {
        std::string text;
        const std::size_t colon = key.find(':');
        if (colon == key.npos)
            return text;
        std::size_t size = 0;
        for (const char c : key.substr(0, colon))
            size = size * 10 + static_cast<std::size_t>(c - '0');
        key.remove_prefix(colon + 1);
        text = key.substr(0, size);
        key.remove_prefix(std::min(key.size(), size));
        if (key.starts_with(end))
            key.remove_prefix(1);
        return text;
    };
    while (key.find(':') != key.npos) {
        std::string name = piece('=');
        segment.emplace_back(std::move(name), piece(';'));
    }
    return segment;
}

} // namespace tepal
