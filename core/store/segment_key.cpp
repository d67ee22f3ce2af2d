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

std::string segmentLabel(const SegmentTags &segment)
{
    std::string text;
    const auto add = [&text](std::string_view part, std::string_view special) {
        for (const char c : part) {
            if (special.find(c) != special.npos)
                text += '\\';
            text += c;
        }
    };
    for (const auto &[name, value] : segment) {
        if (!text.empty())
            text += ';';
        add(name, ";=\\");
        text += '=';
        add(value, ";\\");
    }
    return text;
}

Result<SegmentTags> parseSegment(std::string_view text)
{
    SegmentTags segment;
    std::string part;
    std::size_t equals = std::string::npos; // Where the value of `part` begins.
    bool valid = !text.empty();
    const auto finish = [&] {
        valid = valid && equals != std::string::npos && equals > 1;
        if (valid)
            segment.emplace_back(part.substr(0, equals - 1), part.substr(equals));
        part.clear();
        equals = std::string::npos;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == ';') {
            finish();
            continue;
        }
        if (text[i] == '\\' && i + 1 < text.size())
            ++i;
        else if (text[i] == '=' && equals == std::string::npos)
            equals = part.size() + 1;
        part += text[i];
    }
    finish();
    if (!valid)
        return fail(ErrorCode::InvalidArgument, "\"" + std::string(text) + "\" is not a segment",
                    "write it as country=CH, or country=CH;tier=gold");
    return segment;
}

} // namespace tepal
