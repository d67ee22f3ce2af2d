#include <tepal/base/wire.h>
#include <tepal/profile/file.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>

namespace tepal {
namespace {

using wire::Field;
using wire::Reader;
using wire::Type;
using wire::Writer;

// Field numbers of MetricComponent.
constexpr std::uint32_t kTypeId = 1;
constexpr std::uint32_t kInt = 2;
constexpr std::uint32_t kDouble = 3;
constexpr std::uint32_t kFrequentItems = 4;
constexpr std::uint32_t kHll = 5;
constexpr std::uint32_t kKll = 6;
// How a component merges, for readers that do not know its metric.
constexpr std::uint64_t kMergeMin = 1;
constexpr std::uint64_t kMergeMax = 2;

/// Nobody counts further; sums of many such counters cannot overflow.
constexpr std::int64_t kMaxCount = std::int64_t{1} << 56;

auto corrupt(std::string_view what)
{
    return fail(ErrorCode::Corrupt, "the profile is damaged: " + std::string(what),
                "get the file again from where it was made");
}

struct CounterField
{
    std::string_view path;
    std::int64_t &(*get)(ColumnProfile &);
};

/// Every column has these eleven counters.
constexpr std::array<CounterField, 11> kCounters{{
    {"counts/inf", [](ColumnProfile &c) -> std::int64_t & { return c.counts.inf; }},
    {"counts/n", [](ColumnProfile &c) -> std::int64_t & { return c.counts.n; }},
    {"counts/nan", [](ColumnProfile &c) -> std::int64_t & { return c.counts.nan; }},
    {"counts/null", [](ColumnProfile &c) -> std::int64_t & { return c.counts.null; }},
    {"counts/true", [](ColumnProfile &c) -> std::int64_t & { return c.counts.trueCount; }},
    {"types/boolean", [](ColumnProfile &c) -> std::int64_t & { return c.types.boolean; }},
    {"types/fractional", [](ColumnProfile &c) -> std::int64_t & { return c.types.fractional; }},
    {"types/integral", [](ColumnProfile &c) -> std::int64_t & { return c.types.integral; }},
    {"types/object", [](ColumnProfile &c) -> std::int64_t & { return c.types.object; }},
    {"types/string", [](ColumnProfile &c) -> std::int64_t & { return c.types.string; }},
    {"types/tensor", [](ColumnProfile &c) -> std::int64_t & { return c.types.tensor; }},
}};

constexpr std::string_view kMean = "distribution/mean";
constexpr std::string_view kM2 = "distribution/m2";
constexpr std::string_view kKllPath = "distribution/kll";
constexpr std::string_view kHllPath = "cardinality/hll";
constexpr std::string_view kStringsPath = "frequent_items/frequent_strings";
constexpr std::string_view kIntsMax = "ints/max";
constexpr std::string_view kIntsMin = "ints/min";

std::string intComponent(std::int64_t value, std::uint64_t typeId = 0)
{
    std::string out;
    Writer writer(out);
    if (typeId != 0)
        writer.uint64(kTypeId, typeId);
    writer.int64(kInt, value);
    return out;
}

std::string doubleComponent(double value)
{
    std::string out;
    Writer(out).fixed64(kDouble, value);
    return out;
}

template <typename Sketch>
std::string sketchComponent(std::uint32_t field, const Sketch &sketch)
{
    std::string bytes;
    sketch.serialize(bytes);
    std::string message;
    Writer(message).bytes(1, bytes);
    std::string out;
    Writer(out).bytes(field, message);
    return out;
}

/// Calls visit(path, component message) for all components of a column, paths in no order.
template <typename Visit>
void forEachComponent(const ColumnProfile &column, Visit visit)
{
    // The accessors give references to write through; reading does not change the column.
    auto &source = const_cast<ColumnProfile &>(column);
    for (const CounterField &counter : kCounters)
        visit(counter.path, intComponent(counter.get(source)));
    if (column.distribution) {
        visit(kKllPath, sketchComponent(kKll, column.distribution->kll));
        visit(kMean, doubleComponent(column.distribution->mean));
        visit(kM2, doubleComponent(column.distribution->m2));
    }
    if (column.ints) {
        visit(kIntsMax, intComponent(column.ints->max, kMergeMax));
        visit(kIntsMin, intComponent(column.ints->min, kMergeMin));
    }
    if (column.cardinality)
        visit(kHllPath, sketchComponent(kHll, *column.cardinality));
    if (column.frequentStrings)
        visit(kStringsPath, sketchComponent(kFrequentItems, *column.frequentStrings));
    for (const auto &[path, component] : column.otherComponents)
        visit(path, component);
}

struct Component
{
    std::uint64_t typeId = 0;
    std::uint32_t field = 0; ///< Which alternative of the oneof; 0 = none.
    std::int64_t n = 0;
    double d = 0;
    std::string_view sketch;
};

Result<Component> readComponent(std::string_view bytes)
{
    Component component;
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        if (field.number == kTypeId && field.type == Type::Varint) {
            component.typeId = field.value;
        } else if (field.number == kInt && field.type == Type::Varint) {
            component.field = kInt;
            component.n = field.asInt64();
        } else if (field.number == kDouble && field.type == Type::Fixed64) {
            component.field = kDouble;
            component.d = field.asDouble();
        } else if (field.number >= kFrequentItems && field.number <= kKll &&
                   field.type == Type::Bytes) {
            component.field = field.number;
            Reader inner(field.bytes);
            Field sketch;
            while (inner.next(sketch)) {
                if (sketch.number == 1 && sketch.type == Type::Bytes)
                    component.sketch = sketch.bytes;
            }
            if (inner.failed())
                return corrupt("a component cannot be read");
        }
    }
    if (reader.failed())
        return corrupt("a component cannot be read");
    return component;
}

template <typename Sketch>
Status readSketch(const Component &component, std::uint32_t field, std::optional<Sketch> &to)
{
    if (component.field != field)
        return corrupt("a component has another type than its name says");
    auto sketch = Sketch::parse(component.sketch);
    if (!sketch)
        return tl::unexpected(sketch.error());
    to = std::move(*sketch);
    return {};
}

/// Puts one component where it belongs; unknown paths are kept as they are.
Status applyComponent(ColumnProfile &column, std::string_view path, std::string_view bytes)
{
    const auto component = readComponent(bytes);
    if (!component)
        return tl::unexpected(component.error());
    for (const CounterField &counter : kCounters) {
        if (counter.path == path) {
            std::int64_t &count = counter.get(column);
            if (component->n < 0 || component->n > kMaxCount - count)
                return corrupt("a count is out of range");
            count += component->n;
            return {};
        }
    }
    const auto distribution = [&]() -> Distribution & {
        return column.distribution ? *column.distribution : column.distribution.emplace();
    };
    const auto ints = [&]() -> IntRange & {
        return column.ints ? *column.ints : column.ints.emplace();
    };
    if (path == kMean) {
        distribution().mean = component->d;
    } else if (path == kM2) {
        distribution().m2 = component->d;
    } else if (path == kKllPath) {
        std::optional<KllSketch> sketch;
        if (auto read = readSketch(*component, kKll, sketch); !read)
            return read;
        distribution().kll = std::move(*sketch);
    } else if (path == kIntsMax) {
        ints().max = component->n;
    } else if (path == kIntsMin) {
        ints().min = component->n;
    } else if (path == kHllPath) {
        return readSketch(*component, kHll, column.cardinality);
    } else if (path == kStringsPath) {
        return readSketch(*component, kFrequentItems, column.frequentStrings);
    } else {
        column.otherComponents[std::string(path)] = std::string(bytes);
    }
    return {};
}

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
    return out;
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
    Reader message(from.substr(reader.position(), static_cast<std::size_t>(length)));
    while (message.next(field)) {
        if (field.number != 1 || field.type != Type::Bytes)
            continue;
        const auto entry = readEntry(field.bytes);
        if (!entry)
            return tl::unexpected(entry.error());
        const auto path = header.paths.find(entry->number);
        if (path == header.paths.end())
            return corrupt("a metric has no name");
        if (auto applied = applyComponent(column, path->second, entry->value); !applied)
            return applied;
    }
    return message.failed() ? Status(corrupt("a column cannot be read")) : Status();
}

} // namespace

std::string serializeProfile(const DatasetProfile &profile)
{
    // Path indices are positions in the sorted list of all paths of the file.
    std::map<std::string, std::uint64_t, std::less<>> indices;
    std::vector<std::map<std::string, std::string, std::less<>>> columns;
    columns.reserve(profile.columns.size());
    for (const auto &[name, column] : profile.columns) {
        auto &components = columns.emplace_back();
        forEachComponent(column, [&](std::string_view path, std::string component) {
            indices.try_emplace(std::string(path), 0);
            components.emplace(std::string(path), std::move(component));
        });
    }
    std::uint64_t next = 0;
    for (auto &[path, index] : indices)
        index = next++;

    std::string chunks;
    std::string header;
    Writer headerWriter(header);
    headerWriter.bytes(1, properties(profile));
    std::size_t at = 0;
    for (const auto &[name, column] : profile.columns) {
        std::string packed;
        Writer(packed).varint(chunks.size());
        std::string offsets;
        Writer(offsets).bytes(1, packed);
        headerWriter.bytes(2, mapEntry(name, offsets));

        std::string message;
        for (const auto &[path, component] : columns[at])
            Writer(message).bytes(1, mapEntry(indices.find(path)->second, component));
        std::string chunkHeader;
        Writer chunkWriter(chunkHeader);
        chunkWriter.uint64(1, 2); // COLUMN
        chunkWriter.uint64(3, message.size());
        Writer(chunks).varint(chunkHeader.size());
        chunks += chunkHeader;
        chunks += message;
        ++at;
    }
    headerWriter.uint64(4, chunks.size());
    for (const auto &[path, index] : indices)
        headerWriter.bytes(5, mapEntry(index, path));

    std::string out(kProfileMagic);
    const std::string segment = segmentHeader(profile.segment);
    Writer writer(out);
    writer.varint(segment.size());
    out += segment;
    writer.varint(header.size());
    out += header;
    out += chunks;
    return out;
}

Result<DatasetProfile> parseProfile(std::string_view bytes)
{
    if (!bytes.starts_with(kProfileMagic)) {
        // v0 files are one delimited message: its length fits the file exactly.
        Reader v0(bytes);
        std::string_view message;
        if (!bytes.empty() && v0.delimited(message) && v0.position() == bytes.size() &&
            message.starts_with("\x0A"))
            return fail(ErrorCode::Unsupported, "this is a whylogs v0 model-performance file",
                        "write the profile without performance metrics");
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

std::string serializeColumn(const ColumnProfile &column)
{
    std::string out;
    Writer writer(out);
    forEachComponent(column, [&](std::string_view path, const std::string &component) {
        writer.bytes(1, mapEntry(path, component));
    });
    return out;
}

Result<ColumnProfile> parseColumn(std::string_view bytes)
{
    ColumnProfile column;
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        if (field.number != 1 || field.type != Type::Bytes)
            continue;
        const auto entry = readEntry(field.bytes);
        if (!entry)
            return tl::unexpected(entry.error());
        if (auto applied = applyComponent(column, entry->key, entry->value); !applied)
            return tl::unexpected(applied.error());
    }
    if (reader.failed())
        return corrupt("a stored column cannot be read");
    return column;
}

} // namespace tepal
