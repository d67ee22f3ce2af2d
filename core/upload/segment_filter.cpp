// Which segments a destination takes, as people type it and as it is kept.

#include <tepal/store/segment_key.h>
#include <tepal/upload/outlets.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace tepal {
namespace {

/// More columns than anybody profiles apart by.
constexpr std::size_t kMaxColumns = 5;

} // namespace

Result<std::string> parseSegmentFilter(const std::vector<std::string> &texts)
{
    if (texts.empty())
        return std::string();
    auto keys = nlohmann::json::array();
    for (const std::string &text : texts) {
        auto tags = parseSegment(text);
        if (!tags)
            return tl::unexpected(tags.error());
        if (tags->size() > kMaxColumns)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("\"{}\" has more than {} columns", text, kMaxColumns),
                        "name those that the dataset is profiled apart by");
        // Pieces have the order in which their dataset names the columns, which this one cannot
        // know: any is meant.
        std::sort(tags->begin(), tags->end());
        do
            keys.push_back(segmentKey(*tags));
        while (std::next_permutation(tags->begin(), tags->end()));
    }
    return keys.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<std::string> parseSegmentList(std::string_view text)
{
    std::vector<std::string> texts(1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) {
            // Of what else is escaped the segment itself makes sense.
            if (text[i + 1] != ',')
                texts.back() += text[i];
            texts.back() += text[++i];
        } else if (text[i] == ',')
            texts.emplace_back();
        else
            texts.back() += text[i];
    }
    for (std::string &one : texts) {
        one.erase(0, std::min(one.find_first_not_of(" \t"), one.size()));
        one.erase(one.find_last_not_of(" \t") + 1);
    }
    std::erase(texts, std::string());
    return parseSegmentFilter(texts);
}

std::vector<std::string> segmentTexts(const std::string &kept)
{
    const auto keys = nlohmann::json::parse(kept, nullptr, false);
    std::vector<std::string> texts;
    for (const auto &key : keys.is_array() ? keys : nlohmann::json::array()) {
        std::string text =
            filterText(parseSegmentKey(key.is_string() ? key.get<std::string>() : ""));
        if (!text.empty() && std::find(texts.begin(), texts.end(), text) == texts.end())
            texts.push_back(std::move(text));
    }
    return texts;
}

std::string filterText(SegmentTags segment)
{
    std::sort(segment.begin(), segment.end());
    return segmentLabel(segment);
}

std::string formatSegmentList(const std::string &kept)
{
    std::string all;
    for (std::string text : segmentTexts(kept)) {
        for (std::size_t at = text.find(','); at != text.npos; at = text.find(',', at + 2))
            text.insert(at, 1, '\\');
        all += (all.empty() ? "" : ", ") + text;
    }
    return all;
}

} // namespace tepal
