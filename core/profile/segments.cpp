#include <tepal/base/text.h>
#include <tepal/profile/file.h>
#include <tepal/profile/segments.h>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

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

/// Stands before the hash in a file name. A value that has it itself gets a hash too, so that no
/// value can look like another one's name.
constexpr char kMark = '~';

/// Beyond what one system or another forbids, path separators above all.
bool isForbidden(char c)
{
    constexpr std::string_view forbidden = "/\\:*?\"<>|";
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || forbidden.find(c) != forbidden.npos;
}

/// A piece of a hash of the columns and values; their lengths keep ("a", "bc") and ("ab", "c")
/// apart.
std::string shortHash(const SegmentTags &segment)
{
    std::string key;
    for (const auto &[column, value] : segment)
        key += fmt::format("{}:{}{}:{}", column.size(), column, value.size(), value);
    return sha512(key).substr(0, 16);
}

/// The longest beginning of a text that has at most `bytes` and ends with a whole character.
std::string_view cut(std::string_view text, std::size_t bytes)
{
    if (text.size() <= bytes)
        return text;
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80)
        --bytes;
    return text.substr(0, bytes);
}

/// Whylogs' name where nobody else can have it, otherwise with a hash behind the values.
std::string fileName(const std::string &stem, const SegmentTags &segment, bool alwaysHash)
{
    constexpr std::size_t longest = 100;
    constexpr std::size_t longestHashed = 64;
    constexpr std::size_t longestName = 255; // nearly everywhere
    std::vector<std::string> columns;
    std::string values;
    bool hash = alwaysHash;
    for (const auto &[column, value] : segment) {
        columns.push_back(column);
        values += "_" + value;
        hash = hash || value.find(kMark) != value.npos || !isUtf8(value) ||
               std::any_of(value.begin(), value.end(), isForbidden) ||
               (segment.size() > 1 && value.find('_') != value.npos);
    }
    std::string name = fmt::format("{}_{}", stem, partitionId(columns));
    const std::size_t room = longestName - std::min(longestName, name.size() + 4);
    hash = hash || values.size() > std::min(longest, room);
    if (!hash)
        return name + values + ".bin";
    const std::string end = kMark + shortHash(segment) + ".bin";
    const std::size_t left = longestName - std::min(longestName, name.size() + end.size());
    values = cut(toUtf8(values), std::min(longestHashed, left));
    std::replace_if(values.begin(), values.end(), isForbidden, '_');
    return name + values + end;
}

/// As a file system sees a name that does not tell upper from lower case, nor the ways to write an
/// accent.
std::string folded(const std::string &name)
{
    utf8proc_uint8_t *out = nullptr;
    const auto flags =
        static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
    const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t *>(name.data()),
                                   static_cast<utf8proc_ssize_t>(name.size()), &out, flags);
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(out, &std::free);
    return size < 0
               ? name
               : std::string(reinterpret_cast<const char *>(out), static_cast<std::size_t>(size));
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
    return fileName(stem, segment, false);
}

std::vector<std::string> segmentFileNames(const std::string &stem,
                                          const std::vector<SegmentTags> &segments)
{
    std::map<std::string, int> seen;
    for (const SegmentTags &segment : segments)
        ++seen[folded(segmentFileName(stem, segment))];
    std::vector<std::string> names;
    for (const SegmentTags &segment : segments) {
        const bool twins = seen[folded(segmentFileName(stem, segment))] > 1;
        names.push_back(fileName(stem, segment, twins));
    }
    return names;
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
