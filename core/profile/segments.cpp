#include <tepal/base/text.h>
#include <tepal/profile/file.h>
#include <tepal/profile/segments.h>

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace tepal {
namespace {

std::string sha512(std::string_view text)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha512(), nullptr);
    std::string hex;
    for (unsigned i = 0; i < size; ++i)
        hex += fmt::format("{:02x}", digest[i]);
    return hex;
}

} // namespace

std::string partitionId(const std::vector<std::string> &columns)
{
    std::vector<std::string> sorted = columns;
    std::sort(sorted.begin(), sorted.end());
    // The id of the mapper, before which a filter's text would stand.
    return sha512(sha512(fmt::format("{}", fmt::join(sorted, ","))));
}

std::map<std::string, std::string> segmentMetadata(const SegmentTags &segment)
{
    std::map<std::string, std::string> metadata;
    std::vector<std::string> columns;
    std::string list;
    for (const auto &[column, value] : segment) {
        metadata[std::string(kTagPrefix) + column] = value;
        columns.push_back(column);
        list += fmt::format("({})", column);
    }
    metadata["segp_id"] = partitionId(columns);
    metadata["segp_name"] = fmt::format("{}", fmt::join(columns, ","));
    if (columns.size() == 1)
        metadata["segp_col"] = columns[0];
    else
        metadata["segp_cols"] = list;
    return metadata;
}

std::string segmentFileName(const std::string &stem, const SegmentTags &segment)
{
    std::vector<std::string> columns;
    std::string values;
    for (const auto &[column, value] : segment) {
        columns.push_back(column);
        values += "_" + value;
    }
    // Beyond what one system or another forbids, path separators above all; and names have limits.
    constexpr std::string_view forbidden = "/\\:*?\"<>|";
    constexpr std::size_t longest = 100;
    values.resize(std::min(values.size(), longest));
    for (char &c : values) {
        if (static_cast<unsigned char>(c) < 0x20 || forbidden.find(c) != forbidden.npos)
            c = '_';
    }
    return fmt::format("{}_{}{}.bin", stem, partitionId(columns), values);
}

std::string segmentText(const Value &value)
{
    switch (value.kind()) {
    case ValueKind::Boolean:
        return value.asBoolean() ? "True" : "False";
    case ValueKind::Integral:
        return std::to_string(value.asIntegral());
    case ValueKind::Unsigned:
        return std::to_string(value.asNatural());
    case ValueKind::Fractional: {
        if (value.asFractional() != value.asFractional())
            return "nan";
        // Python writes a whole number as 2.0.
        const std::string text = formatDouble(value.asFractional());
        return text.find_first_not_of("-0123456789") == text.npos ? text + ".0" : text;
    }
    case ValueKind::String:
        return std::string(value.asString());
    default:
        return "nan";
    }
}

} // namespace tepal
