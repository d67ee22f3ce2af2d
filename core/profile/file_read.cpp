#include "components.h"

#include <tepal/base/wire.h>
#include <tepal/profile/file.h>
#include <tepal/profile/performance.h>

#include <functional>
#include <optional>

namespace tepal {
namespace {

using wire::Field;
using wire::Reader;
using wire::Type;

auto corrupt(std::string_view what)
{
    return corruptProfile(what);
}

/// What the header says about the chunks.
struct Header
{
    std::map<std::string, std::vector<std::uint64_t>> offsets;
    std::map<std::uint64_t, std::string> paths;
    std::uint64_t length = 0;
};

struct Entry
{
    std::uint64_t number = 0;
    std::string_view key;
    std::string_view value;
};

/// A map entry: key (text or number) in field 1, value (bytes) in field 2; both default to empty.
Result<Entry> readEntry(std::string_view bytes)
{
    Entry entry;
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        if (field.number == 1 && field.type == Type::Bytes)
            entry.key = field.bytes;
        else if (field.number == 1 && field.type == Type::Varint)
            entry.number = field.value;
        else if (field.number == 2 && field.type == Type::Bytes)
            entry.value = field.bytes;
    }
    if (reader.failed())
        return corrupt("a map entry cannot be read");
    return entry;
}

Status readProperties(std::string_view bytes, DatasetProfile &profile)
{
    std::map<std::string, std::string> tags;
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        if (field.number == 4)
            profile.creationTimestamp = field.asInt64();
        else if (field.number == 5)
            profile.datasetTimestamp = field.asInt64();
        if ((field.number == 6 || field.number == 7) && field.type == Type::Bytes) {
            const auto entry = readEntry(field.bytes);
            if (!entry)
                return tl::unexpected(entry.error());
            auto &to = field.number == 6 ? tags : profile.metadata;
            to[std::string(entry->key)] = std::string(entry->value);
        } else if (field.number < 4 || field.number > 7) {
            profile.unknownProperties += field.whole;
        }
    }
    if (reader.failed())
        return corrupt("its properties cannot be read");
    profile.metadata.insert(tags.begin(), tags.end()); // metadata wins
    return {};
}

Status readOffsets(std::string_view bytes, std::vector<std::uint64_t> &offsets)
{
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        if (field.number != 1)
            continue;
        if (field.type == Type::Varint) {
            offsets.push_back(field.value);
        } else if (field.type == Type::Bytes) {
            Reader packed(field.bytes);
            std::uint64_t offset = 0;
            while (packed.position() < field.bytes.size() && packed.varint(offset))
                offsets.push_back(offset);
            if (packed.failed())
                return corrupt("a column's place cannot be read");
        }
    }
    return reader.failed() ? Status(corrupt("a column's place cannot be read")) : Status();
}

Status readHeader(std::string_view bytes, Header &header, DatasetProfile &profile)
{
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        if (field.number == 4 && field.type == Type::Varint)
            header.length = field.value;
        // 3, the metrics of the whole dataset, would need its offsets moved; nobody writes it.
        if (field.number > 5)
            profile.unknownHeaderFields += field.whole;
        if (field.type != Type::Bytes)
            continue;
        if (field.number == 1) {
            if (auto read = readProperties(field.bytes, profile); !read)
                return read;
        } else if (field.number == 2 || field.number == 5) {
            const auto entry = readEntry(field.bytes);
            if (!entry)
                return tl::unexpected(entry.error());
            if (field.number == 5)
                header.paths[entry->number] = std::string(entry->value);
            else if (auto read = readOffsets(entry->value, header.offsets[std::string(entry->key)]);
                     !read)
                return read;
        }
    }
    return reader.failed() ? Status(corrupt("its header cannot be read")) : Status();
}

Status readSegment(std::string_view bytes, DatasetProfile &profile)
{
    bool has = false;
    std::string_view first;
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        if (field.number == 1)
            has = field.value != 0;
        if (field.number == 4 && field.type == Type::Bytes && first.empty())
            first = field.bytes;
    }
    if (reader.failed())
        return corrupt("its segment cannot be read");
    if (!has)
        return {};
    Reader tags(first);
    while (tags.next(field)) {
        if (field.number != 1 || field.type != Type::Bytes)
            continue;
        const auto entry = readEntry(field.bytes);
        if (!entry)
            return tl::unexpected(entry.error());
        std::string_view key = entry->key;
        if (key.starts_with(kTagPrefix))
            key.remove_prefix(kTagPrefix.size());
        profile.segment.emplace_back(key, entry->value);
    }
    return tags.failed() ? Status(corrupt("its segment cannot be read")) : Status();
}

/// The components of a column: a map whose keys `pathOf` turns into paths; nothing for an unknown
/// one.
template <typename PathOf>
Status readColumn(std::string_view bytes, ColumnProfile &column, PathOf pathOf)
{
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        if (field.number != 1 || field.type != Type::Bytes) {
            column.unknownColumnFields += field.whole;
            continue;
        }
        const auto entry = readEntry(field.bytes);
        if (!entry)
            return tl::unexpected(entry.error());
        const std::optional<std::string_view> path = pathOf(*entry);
        if (!path)
            return corrupt("a metric has no name");
        if (auto applied = applyComponent(column, *path, entry->value); !applied)
            return applied;
    }
    return reader.failed() ? Status(corrupt("a column cannot be read")) : Status();
}

/// One chunk: delimited header, then as many bytes of ChunkMessage as it says.
/// `budget` is what may still be read of all chunks: they do not overlap in a sound file, and in a
/// damaged one a few bytes of offsets must not have the same chunk read a thousand times.
Status readChunk(std::string_view chunks, std::uint64_t offset, const Header &header,
                 std::uint64_t &budget, ColumnProfile &column)
{
    if (offset > chunks.size())
        return corrupt("a column lies outside the file");
    const std::string_view from = chunks.substr(static_cast<std::size_t>(offset));
    Reader reader(from);
    std::string_view chunkHeader;
    if (!reader.delimited(chunkHeader))
        return corrupt("a column is cut short");
    std::uint64_t length = 0;
    Reader headerReader(chunkHeader);
    Field field;
    while (headerReader.next(field)) {
        if (field.number == 3)
            length = field.value;
    }
    if (headerReader.failed() || length > from.size() - reader.position())
        return corrupt("a column is cut short");
    if (reader.position() + length > budget)
        return corrupt("its columns overlap");
    budget -= reader.position() + length;
    return readColumn(from.substr(reader.position(), static_cast<std::size_t>(length)), column,
                      [&](const Entry &entry) -> std::optional<std::string_view> {
                          const auto path = header.paths.find(entry.number);
                          if (path == header.paths.end())
                              return std::nullopt;
                          return path->second;
                      });
}

} // namespace

Result<DatasetProfile> parseProfile(std::string_view bytes, std::size_t *size)
{
    if (!bytes.starts_with(kProfileMagic)) {
        if (looksLikeModelPerformance(bytes))
            return fail(ErrorCode::Unsupported, "this is a whylogs v0 model-performance file",
                        "look at it with \"tepal inspect\"");
        return fail(ErrorCode::Corrupt,
                    "this is not a whylogs profile (it does not start with WHY1)",
                    "give a file written by whylogs or by \"tepal profile\"");
    }
    DatasetProfile profile;
    Reader reader(bytes.substr(kProfileMagic.size()));
    std::string_view segment;
    std::string_view headerBytes;
    if (!reader.delimited(segment) || !reader.delimited(headerBytes))
        return corrupt("it is cut short");
    Header header;
    if (auto read = readSegment(segment, profile); !read)
        return tl::unexpected(read.error());
    if (auto read = readHeader(headerBytes, header, profile); !read)
        return tl::unexpected(read.error());
    std::string_view chunks = bytes.substr(kProfileMagic.size() + reader.position());
    if (header.length > chunks.size())
        return corrupt("it is cut short");
    chunks = chunks.substr(0, static_cast<std::size_t>(header.length));
    if (size)
        *size = static_cast<std::size_t>(chunks.data() + chunks.size() - bytes.data());
    std::uint64_t budget = chunks.size();
    for (const auto &[name, offsets] : header.offsets) {
        ColumnProfile &column = profile.columns[name];
        for (const std::uint64_t offset : offsets) {
            if (auto read = readChunk(chunks, offset, header, budget, column); !read)
                return failWith("column \"" + name + "\"", read.error());
        }
    }
    return profile;
}

Result<ColumnProfile> parseColumn(std::string_view bytes)
{
    ColumnProfile column;
    const Status read = readColumn(bytes, column, [](const Entry &entry) {
        return std::optional<std::string_view>(entry.key);
    });
    if (!read)
        return tl::unexpected(read.error());
    return column;
}

} // namespace tepal
