#include "components.h"

#include <tepal/base/wire.h>
#include <tepal/profile/file.h>

#include <algorithm>

namespace tepal {
namespace {

using wire::Type;
using wire::Writer;

std::string mapEntry(std::string_view key, std::string_view value)
{
    std::string entry;
    Writer writer(entry);
    writer.bytes(1, key);
    writer.bytes(2, value);
    return entry;
}

std::string mapEntry(std::uint64_t key, std::string_view value)
{
    std::string entry;
    Writer writer(entry);
    writer.uint64(1, key);
    writer.bytes(2, value);
    return entry;
}

std::string segmentHeader(const SegmentTags &segment)
{
    std::string header;
    if (segment.empty())
        return header;
    std::string tags;
    for (const auto &[key, value] : segment)
        Writer(tags).bytes(1, mapEntry(std::string(kTagPrefix) + key, value));
    Writer writer(header);
    writer.boolean(1, true);
    writer.bytes(4, tags);
    std::string offset;
    Writer offsetWriter(offset);
    offsetWriter.uint64(1, 0);
    offsetWriter.uint64(2, 0);
    writer.bytes(5, offset);
    return header;
}

std::string properties(const DatasetProfile &profile)
{
    std::string out;
    Writer writer(out);
    writer.int64(4, profile.creationTimestamp);
    writer.int64(5, profile.datasetTimestamp);
    for (const auto &[key, value] : profile.metadata) {
        if (key.starts_with(kTagPrefix))
            writer.bytes(6, mapEntry(key, value));
    }
    for (const auto &[key, value] : profile.metadata) {
        if (!key.starts_with(kTagPrefix))
            writer.bytes(7, mapEntry(key, value));
    }
    out += profile.unknownProperties;
    return out;
}

/// A column on its way into the file.
struct Chunk
{
    std::string_view name;
    std::vector<Component> components;
    std::vector<std::uint64_t> indices; ///< Of the components' paths in the file's list of paths.
    std::string_view unknown;
    std::size_t messageSize = 0;
    std::string header;

    std::size_t size() const
    {
        return wire::varintSize(header.size()) + header.size() + messageSize;
    }
};

std::size_t bytesFieldSize(std::size_t size)
{
    return 1 + wire::varintSize(size) + size;
}

std::size_t entrySize(std::uint64_t index, const Component &component)
{
    return 1 + wire::varintSize(index) + bytesFieldSize(component.message.size());
}

/// All paths of the file, sorted.
std::vector<std::string_view> pathsOf(const std::vector<Chunk> &chunks)
{
    std::vector<std::string_view> paths;
    for (const Chunk &chunk : chunks) {
        std::vector<std::string_view> own;
        own.reserve(chunk.components.size());
        for (const Component &component : chunk.components)
            own.push_back(component.path);
        if (std::includes(paths.begin(), paths.end(), own.begin(), own.end()))
            continue;
        std::vector<std::string_view> both;
        std::set_union(paths.begin(), paths.end(), own.begin(), own.end(),
                       std::back_inserter(both));
        paths = std::move(both);
    }
    return paths;
}

/// Path indices are positions in the sorted list of all paths.
void finishChunk(Chunk &chunk, const std::vector<std::string_view> &paths)
{
    std::uint64_t index = 0;
    chunk.indices.reserve(chunk.components.size());
    chunk.messageSize = chunk.unknown.size();
    for (const Component &component : chunk.components) {
        while (paths[index] != component.path)
            ++index;
        chunk.indices.push_back(index);
        chunk.messageSize += bytesFieldSize(entrySize(index, component));
    }
    Writer writer(chunk.header);
    writer.uint64(1, 2); // COLUMN
    writer.uint64(3, chunk.messageSize);
}

void writeChunk(const Chunk &chunk, std::string &out)
{
    Writer writer(out);
    writer.varint(chunk.header.size());
    out += chunk.header;
    for (std::size_t i = 0; i < chunk.components.size(); ++i) {
        writer.tag(1, Type::Bytes);
        writer.varint(entrySize(chunk.indices[i], chunk.components[i]));
        writer.uint64(1, chunk.indices[i]);
        writer.bytes(2, chunk.components[i].message);
    }
    out += chunk.unknown;
}

} // namespace

std::string serializeProfile(const DatasetProfile &profile)
{
    std::vector<Chunk> chunks;
    chunks.reserve(profile.columns.size());
    for (const auto &[name, column] : profile.columns) {
        Chunk &chunk = chunks.emplace_back();
        chunk.name = name;
        chunk.components = componentsOf(column);
        chunk.unknown = column.unknownColumnFields;
    }
    const std::vector<std::string_view> paths = pathsOf(chunks);

    std::string header;
    Writer headerWriter(header);
    headerWriter.bytes(1, properties(profile));
    std::size_t length = 0;
    for (Chunk &chunk : chunks) {
        finishChunk(chunk, paths);
        std::string packed;
        Writer(packed).varint(length);
        std::string offsets;
        Writer(offsets).bytes(1, packed);
        headerWriter.bytes(2, mapEntry(chunk.name, offsets));
        length += chunk.size();
    }
    headerWriter.uint64(4, length);
    for (std::size_t index = 0; index < paths.size(); ++index)
        headerWriter.bytes(5, mapEntry(std::uint64_t{index}, paths[index]));
    header += profile.unknownHeaderFields;

    const std::string segment = segmentHeader(profile.segment);
    std::string out;
    out.reserve(kProfileMagic.size() + segment.size() + header.size() + 20 + length);
    out += kProfileMagic;
    Writer writer(out);
    writer.varint(segment.size());
    out += segment;
    writer.varint(header.size());
    out += header;
    for (const Chunk &chunk : chunks)
        writeChunk(chunk, out);
    return out;
}

std::string serializeColumn(const ColumnProfile &column)
{
    std::string out;
    Writer writer(out);
    for (const Component &component : componentsOf(column)) {
        const std::size_t size =
            bytesFieldSize(component.path.size()) + bytesFieldSize(component.message.size());
        writer.tag(1, Type::Bytes);
        writer.varint(size);
        writer.bytes(1, component.path);
        writer.bytes(2, component.message);
    }
    out += column.unknownColumnFields;
    return out;
}

} // namespace tepal
