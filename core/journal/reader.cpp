#include "codec.h"
#include "segment.h"

#include <tepal/base/log.h>
#include <tepal/journal/reader.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <unordered_map>

namespace tepal {

using namespace journal;
namespace fs = std::filesystem;

namespace {

/// Schemas by content, so that equal declarations of many segment files share one id.
class SchemaTable
{
public:
    struct Entry
    {
        std::uint64_t id = 0;
        JournalSchema schema;
    };

    std::shared_ptr<const Entry> intern(JournalSchema schema)
    {
        std::string key = encodeSchema(1, schema);
        const auto found = m_entries.find(key);
        if (found != m_entries.end())
            return found->second;
        // Clients may choose names at will; segment files keep the entries they use alive.
        if (m_entries.size() >= 4096)
            m_entries.clear();
        auto entry = std::make_shared<const Entry>(Entry{++m_lastId, std::move(schema)});
        m_entries.emplace(std::move(key), entry);
        return entry;
    }

private:
    std::unordered_map<std::string, std::shared_ptr<const Entry>> m_entries;
    std::uint64_t m_lastId = 0;
};

/// One lane's place in its current segment file.
struct LaneReader
{
    std::uint32_t id = 0;
    fs::path directory;
    Cursor cursor;
    MappedFile file;
    std::uint64_t limit = 0;    ///< Bytes that may be looked at.
    std::uint64_t capacity = 0; ///< Of the current file, as its header says.
    std::uint64_t producer = 0; ///< Of the current file.
    bool damaged = false;       ///< The rest of the current file is left out.
    std::unordered_map<std::uint32_t, std::shared_ptr<const SchemaTable::Entry>> schemas;

    /// Only while `limit` covers it.
    const SegmentHeader *header() const
    {
        return reinterpret_cast<const SegmentHeader *>(file.data());
    }
    /// Records behind the cursor by the producer's own note, which is only believed when it is
    /// possible.
    std::uint64_t unreadByTail() const
    {
        if (!file.isOpen() || limit < kHeaderBytes)
            return 0;
        const auto offset = loadAcquire<std::uint64_t>(&header()->tailOffset);
        const auto last = loadAcquire<std::uint64_t>(&header()->tailSequence);
        const bool possible = offset <= limit && offset > cursor.offset &&
                              last >= cursor.sequence &&
                              last - cursor.sequence < (offset - cursor.offset) / kFrameBytes;
        return possible ? last + 1 - cursor.sequence : 0;
    }
};

enum class Step { Rows, Declared, Strange, End, Bad };

} // namespace

struct JournalReader::Impl
{
    fs::path directory;
    std::map<std::uint32_t, LaneReader> lanes;
    SchemaTable table;
    std::vector<JournalSkip> skips;
    std::vector<Value> cells;
    Decoded decoded;
    std::string problem;      ///< Why the last step was Bad.
    std::uint64_t frame = 0;  ///< Size of the last good frame.
    std::string_view payload; ///< Of the last Strange frame.
    std::uint32_t startLane = 0;

    void findLanes();
    Step look(LaneReader &lane, std::uint64_t offset, std::uint64_t sequence);
    bool settle(LaneReader &lane);
    bool openSegment(LaneReader &lane, std::uint64_t number);
    bool resume(LaneReader &lane);
    bool advance(LaneReader &lane, Step why);
    std::size_t readLane(LaneReader &lane, std::size_t budget, const Callback &callback);
    void skip(LaneReader &lane, std::string reason,
              std::optional<std::uint64_t> records = std::nullopt);
};

void JournalReader::Impl::findLanes()
{
    for (const std::uint32_t id : listLanes(directory)) {
        LaneReader &lane = lanes[id];
        lane.id = id;
        lane.directory = laneDirectory(directory, id);
    }
}

void JournalReader::Impl::skip(LaneReader &lane, std::string reason,
                               std::optional<std::uint64_t> records)
{
    logWarning("journal", fmt::format("lane {}, segment {}: the rest from byte {} is left out: {}",
                                      lane.id, lane.cursor.segment, lane.cursor.offset, reason));
    skips.push_back(
        {lane.id, lane.cursor.segment, lane.cursor.offset, std::move(reason), records, {}, 0});
}

/// Looks at the frame at `offset` without moving. Fills `decoded`, `cells` and `frame`.
Step JournalReader::Impl::look(LaneReader &lane, std::uint64_t offset, std::uint64_t sequence)
{
    const auto bad = [this](const char *why) {
        problem = why;
        return Step::Bad;
    };
    if (offset + kFrameBytes > lane.limit)
        return lane.limit < lane.capacity ? bad("the file is too short") : Step::End;
    const char *at = lane.file.data() + offset;
    const auto length = loadAcquire<std::uint32_t>(at);
    if (length == 0)
        return Step::End;
    if (length > lane.limit - offset - kFrameBytes)
        return bad("a record reaches beyond the end of the file");
    std::uint32_t crc = 0;
    std::uint64_t found = 0;
    std::memcpy(&crc, at + 4, 4);
    std::memcpy(&found, at + 8, 8);
    if (crc != frameCrc(length, at + 8))
        return bad("a record's checksum is wrong");
    if (found != sequence)
        return bad("a record's sequence is wrong");
    // Checksum and sequence vouch for the frame: what follows concerns this record alone.
    frame = frameSize(length);
    payload = {at + kFrameBytes, length};
    const auto strange = [this](const char *why) {
        problem = why;
        return Step::Strange;
    };
    if (!decodePayload(payload, decoded, cells))
        return strange("the record cannot be decoded");
    if (decoded.isSchema)
        return Step::Declared;
    const auto schema = lane.schemas.find(decoded.schemaId);
    if (schema == lane.schemas.end())
        return strange("the record uses a schema that was not declared");
    const std::size_t columns = schema->second->schema.columns.size();
    if (cells.size() % columns != 0 || cells.size() / columns != decoded.rows)
        return strange("the record's number of cells is wrong");
    return Step::Rows;
}

/// Maps a segment file and stands at its start. False when it cannot be used (yet).
bool JournalReader::Impl::openSegment(LaneReader &lane, std::uint64_t number)
{
    const auto path = segmentPath(lane.directory, number);
    auto file = MappedFile::openRead(path, kMaxSegmentBytes);
    if (!file)
        return false;
    const auto header = readHeader({file->data(), file->size()}, lane.id, number);
    if (!header || header->firstSequence == 0)
        return false;
    lane.file = std::move(*file);
    lane.limit = std::min(lane.file.size(), header->capacity);
    lane.capacity = header->capacity;
    lane.producer = header->producer;
    lane.damaged = false;
    lane.schemas.clear();
    lane.cursor = {number, kHeaderBytes, header->firstSequence};
    return true;
}

/// Opens the file the stored cursor names and walks up to it, collecting schemas.
bool JournalReader::Impl::resume(LaneReader &lane)
{
    const Cursor stored = lane.cursor;
    if (!openSegment(lane, stored.segment))
        return false;
    if (stored.offset <= kHeaderBytes)
        return true;
    const Cursor begin = lane.cursor;
    std::uint64_t offset = begin.offset;
    std::uint64_t sequence = begin.sequence;
    // Producers never reuse sequences, so a file that begins later is another one that got this
    // number after ours was lost.
    if (stored.sequence < begin.sequence) {
        logWarning("journal",
                   fmt::format("lane {}, segment {} is not the file that was read before; "
                               "it is read from its start",
                               lane.id, stored.segment));
        return true;
    }
    Step step = Step::End;
    while (offset < stored.offset) {
        step = look(lane, offset, sequence);
        if (step == Step::Declared)
            lane.schemas[decoded.schemaId] = table.intern(std::move(decoded.schema));
        else if (step != Step::Rows && step != Step::Strange)
            break;
        offset += frame;
        ++sequence;
    }
    lane.cursor = stored;
    if (offset != stored.offset || sequence != stored.sequence) {
        // What was read before is gone or damaged by now; it counts as read, the rest cannot be
        // told apart from garbage.
        lane.damaged = true;
        skip(lane, step == Step::Bad ? problem : "the stored position does not lie on a record");
    }
    return true;
}

/// Leaves the current file for the next one that is in use. `why` is End or Bad.
bool JournalReader::Impl::advance(LaneReader &lane, Step why)
{
    for (const std::uint64_t number : listSegments(lane.directory)) {
        if (number <= lane.cursor.segment)
            continue;
        const auto header = readHeader(segmentPath(lane.directory, number), lane.id, number);
        if (!header || header->firstSequence == 0)
            continue;
        // The next file is in use, so the producer has finished this one: a record that came in
        // between the look at the end and here is visible now.
        if (why == Step::End && lane.file.isOpen() &&
            look(lane, lane.cursor.offset, lane.cursor.sequence) != Step::End)
            return true;
        const bool sameProducer = lane.file.isOpen() && header->producer == lane.producer &&
                                  number == lane.cursor.segment + 1;
        // The next file tells how many there were, or else what the producer noted in this one.
        const std::uint64_t missing = sameProducer && header->firstSequence > lane.cursor.sequence
                                          ? header->firstSequence - lane.cursor.sequence
                                          : lane.unreadByTail();
        if (why == Step::End && missing > 0)
            skip(lane, "records are missing at the end of the file", missing);
        else if (missing > 0 && !skips.empty() && skips.back().lane == lane.id &&
                 skips.back().segment == lane.cursor.segment)
            skips.back().records = missing;
        const Cursor before = lane.cursor;
        // Files in between that are in nobody's use and cannot be read.
        for (const std::uint64_t between : listSegments(lane.directory)) {
            const bool passed =
                lane.file.isOpen() ? between <= before.segment : between < before.segment;
            if (passed || between >= number)
                continue;
            const auto damaged = readHeader(segmentPath(lane.directory, between), lane.id, between);
            if (damaged)
                continue;
            lane.cursor = {between, 0, before.sequence};
            skip(lane, damaged.error().message);
        }
        if (openSegment(lane, number))
            return true;
        lane.cursor = before;
        return false;
    }
    return false;
}

/// Brings the lane to a place where look() can be called. False: nothing there yet.
bool JournalReader::Impl::settle(LaneReader &lane)
{
    if (lane.file.isOpen()) {
        // A stranger may have shortened the file; touching the lost pages would be a bus error.
        lane.limit = std::min(lane.limit, lane.file.fileSize());
        return true;
    }
    if (lane.cursor.segment != 0 && resume(lane))
        return true;
    return advance(lane, Step::End);
}

std::size_t JournalReader::Impl::readLane(LaneReader &lane, std::size_t budget,
                                          const Callback &callback)
{
    std::size_t count = 0;
    if (!settle(lane))
        return 0;
    while (count < budget) {
        const Step step =
            lane.damaged ? Step::Bad : look(lane, lane.cursor.offset, lane.cursor.sequence);
        if (step == Step::End || step == Step::Bad) {
            if (step == Step::Bad && !lane.damaged) {
                lane.damaged = true;
                skip(lane, problem);
            }
            if (!advance(lane, step))
                break;
            continue;
        }
        if (step == Step::Declared) {
            lane.schemas[decoded.schemaId] = table.intern(std::move(decoded.schema));
        } else if (step == Step::Strange) {
            skips.push_back({lane.id, lane.cursor.segment, lane.cursor.offset, problem, 1,
                             std::string(payload.substr(0, kMaxSkippedPayload)),
                             lane.cursor.sequence});
        } else {
            const auto &entry = *lane.schemas.find(decoded.schemaId)->second;
            RowsView view;
            view.lane = lane.id;
            view.sequence = lane.cursor.sequence;
            view.schemaId = entry.id;
            view.schema = &entry.schema;
            view.time = decoded.time;
            view.rows = static_cast<std::size_t>(decoded.rows);
            view.cells = cells;
            callback(view);
            ++count;
        }
        lane.cursor.offset += frame;
        ++lane.cursor.sequence;
    }
    return count;
}

JournalReader::JournalReader(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{}

JournalReader::~JournalReader() = default;

Result<std::unique_ptr<JournalReader>> JournalReader::open(const fs::path &directory,
                                                           const Cursors &cursors)
{
    std::error_code error;
    if (fs::exists(directory, error) && !fs::is_directory(directory, error)) {
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} is not a directory", directory.string()),
                    "name the journal's directory");
    }
    auto impl = std::make_unique<Impl>();
    impl->directory = directory;
    for (const auto &[id, cursor] : cursors) {
        LaneReader &lane = impl->lanes[id];
        lane.id = id;
        lane.directory = laneDirectory(directory, id);
        lane.cursor = cursor;
    }
    impl->findLanes();
    return std::unique_ptr<JournalReader>(new JournalReader(std::move(impl)));
}

std::size_t JournalReader::poll(std::size_t maxRecords, const Callback &callback)
{
    std::size_t count = 0;
    m_impl->findLanes();
    // Another lane begins each time, so that a busy one cannot starve the others.
    const auto first = m_impl->lanes.upper_bound(m_impl->startLane);
    const auto run = [&](auto from, auto to) {
        for (auto it = from; it != to && count < maxRecords; ++it) {
            count += m_impl->readLane(it->second, maxRecords - count, callback);
            m_impl->startLane = it->first;
        }
    };
    run(first, m_impl->lanes.end());
    run(m_impl->lanes.begin(), first);
    return count;
}

Cursors JournalReader::cursors() const
{
    Cursors cursors;
    for (const auto &[id, lane] : m_impl->lanes) {
        if (lane.cursor.segment != 0)
            cursors[id] = lane.cursor;
    }
    return cursors;
}

JournalLag JournalReader::lag()
{
    JournalLag lag;
    m_impl->findLanes();
    for (auto &[id, lane] : m_impl->lanes) {
        if (!m_impl->settle(lane))
            continue;
        if (!lane.damaged && lane.limit >= kHeaderBytes) {
            const auto tail = loadAcquire<std::uint64_t>(&lane.header()->tailOffset);
            const auto last = loadAcquire<std::uint64_t>(&lane.header()->tailSequence);
            if (tail > lane.cursor.offset && tail <= lane.limit && last >= lane.cursor.sequence) {
                lag.bytes += tail - lane.cursor.offset;
                lag.records += last + 1 - lane.cursor.sequence;
                lag.notBefore = std::min(lag.notBefore.value_or(lane.header()->created),
                                         lane.header()->created);
            }
            Cursor at = lane.cursor;
            Step step = Step::Declared;
            for (int tries = 0; tries < 8 && step == Step::Declared; ++tries) {
                step = m_impl->look(lane, at.offset, at.sequence);
                // A first record's schema is not known yet; its time is what matters here.
                if (step == Step::Rows || (step == Step::Strange && m_impl->decoded.rows > 0 &&
                                           at.offset != lane.cursor.offset))
                    lag.oldest =
                        std::min(lag.oldest.value_or(m_impl->decoded.time), m_impl->decoded.time);
                at.offset += m_impl->frame;
                ++at.sequence;
            }
        }
        for (const std::uint64_t number : listSegments(lane.directory)) {
            if (number <= lane.cursor.segment)
                continue;
            const auto header = readHeader(segmentPath(lane.directory, number), id, number);
            if (!header || header->firstSequence == 0 || header->tailOffset < kHeaderBytes ||
                header->tailOffset > header->capacity ||
                header->tailSequence + 1 < header->firstSequence)
                continue;
            lag.bytes += header->tailOffset - kHeaderBytes;
            lag.records += header->tailSequence + 1 - header->firstSequence;
            if (header->tailSequence >= header->firstSequence)
                lag.notBefore = std::min(lag.notBefore.value_or(header->created), header->created);
        }
    }
    return lag;
}

std::vector<JournalSkip> JournalReader::takeSkips()
{
    return std::exchange(m_impl->skips, {});
}

std::size_t JournalReader::removeConsumed(const Cursors &durable)
{
    std::size_t removed = 0;
    for (const auto &[id, cursor] : durable) {
        const fs::path directory = laneDirectory(m_impl->directory, id);
        for (const std::uint64_t number : listSegments(directory)) {
            std::error_code error;
            if (number < cursor.segment && fs::remove(segmentPath(directory, number), error))
                ++removed;
        }
    }
    return removed;
}

} // namespace tepal
