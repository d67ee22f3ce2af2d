#include "journal_impl.h"

#include <tepal/base/file.h>
#include <tepal/base/log.h>
#include <tepal/base/random.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>

namespace tepal {

using namespace journal;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kPage = 4096;
constexpr const char *kUnfinished = ".new";
constexpr auto kRetry = std::chrono::milliseconds(20);
constexpr auto kIdle = std::chrono::milliseconds(200);

} // namespace

std::size_t journal::SchemaHash::operator()(const JournalSchema &schema) const
{
    const std::hash<std::string> hash;
    std::size_t seed = hash(schema.dataset);
    const auto mix = [&](const std::string &text) {
        seed = (seed ^ (hash(text) + 0x9E3779B97F4A7C15ull + (seed << 6) + (seed >> 2)));
    };
    for (const std::string &column : schema.columns)
        mix(column);
    for (const auto &[name, value] : schema.segment) {
        mix(name);
        mix(value);
    }
    return seed;
}

Journal::Journal(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{}

Journal::~Journal() = default;

Result<std::unique_ptr<Journal>> Journal::open(const fs::path &directory,
                                               const JournalOptions &options)
{
    if (options.lanes == 0 || options.lanes > 1024)
        return fail(ErrorCode::InvalidArgument, "a journal has 1 to 1024 lanes");
    if (options.segmentBytes < kPage || options.segmentBytes > kMaxSegmentBytes)
        return fail(ErrorCode::InvalidArgument, "a segment file has 4 KiB to 2 GiB");
    auto impl = std::make_unique<Impl>();
    impl->directory = directory;
    impl->options = options;
    impl->options.segmentBytes = (options.segmentBytes + kPage - 1) / kPage * kPage;
    if (options.maxBytes != 0 &&
        options.maxBytes < 2 * options.lanes * impl->options.segmentBytes) {
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("the journal's size limit must hold two segment files per lane, "
                                "that is {} bytes",
                                2 * options.lanes * impl->options.segmentBytes),
                    "raise the limit or use fewer lanes");
    }
    if (auto made = makePrivateDirectory(directory); !made)
        return tl::unexpected(made.error());
    auto lock =
        FileLock::acquire(directory / "journal.lock", fmt::format("process {}", processId()));
    if (!lock)
        return failWith("opening the journal", lock.error());
    impl->lock = std::move(*lock);
    // Also where an earlier process made it and ended before its name was durable.
    syncDirectory(directory.has_parent_path() ? directory.parent_path() : ".");
    impl->producer = systemEntropy() | 1;
    for (std::uint32_t id = 0; id < options.lanes; ++id) {
        auto state = std::make_unique<Lane::State>(*impl);
        state->id = id;
        state->directory = laneDirectory(directory, id);
        impl->lanes.push_back(std::unique_ptr<Lane>(new Lane(std::move(state))));
        if (auto opened = impl->openLane(*impl->lanes.back()->m_state); !opened)
            return tl::unexpected(opened.error());
    }
    syncDirectory(directory);
    impl->preparer = std::thread([raw = impl.get()] { raw->prepareLoop(); });
    impl->syncer = std::thread([raw = impl.get()] { raw->syncLoop(); });
    return std::unique_ptr<Journal>(new Journal(std::move(impl)));
}

/// Finds the number and sequence to go on with, and prepares the first segment file.
Status Journal::Impl::openLane(Lane::State &lane)
{
    if (auto made = makePrivateDirectory(lane.directory); !made)
        return made;
    std::uint64_t lastSequence = 0;
    std::error_code listing;
    for (fs::directory_iterator it(lane.directory, listing), end; !listing && it != end;
         it.increment(listing)) {
        std::error_code ignored;
        if (it->path().extension() == kUnfinished)
            fs::remove(it->path(), ignored);
    }
    for (const std::uint64_t number : listSegments(lane.directory)) {
        const auto path = segmentPath(lane.directory, number);
        const auto header = readHeader(path, lane.id, number);
        // Prepared by an earlier producer and never used; nobody can be reading it.
        if (header && header->firstSequence == 0) {
            std::error_code ignored;
            fs::remove(path, ignored);
        } else if (header && header->tailSequence < (1ull << 62)) {
            lastSequence = std::max(lastSequence, header->tailSequence);
        }
        lane.nextNumber = std::max(lane.nextNumber, number + 1);
    }
    // Far above whatever was used before, even if the last files were lost in a power failure:
    // a cursor must never mistake another file of the same number for its own.
    const auto byClock = static_cast<std::uint64_t>(std::max<TimeMs>(options.clock->nowMs(), 1))
                         << 20;
    lane.sequence = std::max(byClock, lastSequence + (1u << 20));
    const std::lock_guard guard(lane.createMutex);
    lane.next = tryCreate(lane).release();
    if (lane.blocked == Append::Failed) {
        const std::lock_guard errorGuard(errorMutex);
        return fail(ErrorCode::Io, problem, "check the journal's directory");
    }
    return {};
}

std::uint64_t Journal::Impl::bytesOnDisk() const
{
    std::uint64_t bytes = 0;
    for (const auto &lane : lanes) {
        for (const std::uint64_t number : listSegments(lane->m_state->directory)) {
            std::error_code error;
            const auto size = fs::file_size(segmentPath(lane->m_state->directory, number), error);
            bytes += error ? 0 : size;
        }
    }
    return bytes;
}

Result<std::unique_ptr<Segment>> Journal::Impl::createSegment(Lane::State &lane,
                                                              std::uint64_t bytes)
{
    if (options.maxBytes != 0 && bytesOnDisk() + bytes > options.maxBytes) {
        return fail(ErrorCode::Full,
                    fmt::format("the journal has reached its limit of {} bytes", options.maxBytes),
                    "start the logger that empties it, or raise the limit");
    }
    auto segment = std::make_unique<Segment>();
    // A number that is taken (by a file we could not remove, say) is passed over.
    for (;;) {
        segment->path = segmentPath(lane.directory, lane.nextNumber);
        std::error_code error;
        if (!fs::exists(segment->path, error))
            break;
        ++lane.nextNumber;
    }
    // Under another name until the header stands: a producer that dies here leaves no segment file.
    fs::path unfinished = segment->path;
    unfinished.replace_extension(kUnfinished);
    auto file = MappedFile::create(unfinished, bytes);
    if (!file)
        return tl::unexpected(file.error());
    segment->file = std::move(*file);
    segment->file.prefault();
    SegmentHeader *header = segment->header();
    std::memcpy(header->magic, kMagic, sizeof kMagic);
    header->version = kVersion;
    header->lane = lane.id;
    header->segment = lane.nextNumber;
    header->producer = producer;
    header->capacity = bytes;
    header->created = options.clock->nowMs();
    header->crc = headerCrc(*header);
    std::error_code renamed;
    fs::rename(unfinished, segment->path, renamed);
    if (renamed) {
        fs::remove(unfinished, renamed);
        return fail(ErrorCode::Io, fmt::format("cannot create {}", segment->path.string()),
                    "check the journal's directory");
    }
    syncDirectory(lane.directory);
    ++lane.nextNumber;
    return segment;
}

std::unique_ptr<Segment> Journal::Impl::tryCreate(Lane::State &lane)
{
    auto made = createSegment(lane, options.segmentBytes);
    if (made) {
        if (lane.blocked.exchange(Append::Done, std::memory_order_acq_rel) != Append::Done) {
            logInfo("journal", fmt::format("lane {} can be written again", lane.id));
            setError({});
        }
        return std::move(*made);
    }
    const Append why = made.error().code == ErrorCode::Full ? Append::Full : Append::Failed;
    // The reason first, so that whoever sees the state finds it.
    setError(made.error().text());
    if (lane.blocked.exchange(why, std::memory_order_acq_rel) != why) {
        logWarning("journal", fmt::format("lane {} gets no further segment file: {}", lane.id,
                                          made.error().text()));
    }
    return nullptr;
}

void Journal::Impl::setError(std::string text)
{
    const std::lock_guard guard(errorMutex);
    problem = std::move(text);
}

void Journal::Impl::prepareLoop()
{
    while (!stopping) {
        wanted.store(false, std::memory_order_release);
        bool blocked = false;
        for (const auto &lane : lanes) {
            Lane::State &state = *lane->m_state;
            const std::lock_guard guard(state.createMutex);
            if (state.next.load(std::memory_order_acquire) == nullptr)
                state.next.store(tryCreate(state).release(), std::memory_order_release);
            blocked |= state.blocked.load() != Append::Done;
        }
        // A lane notifies without the mutex; a wake-up that is missed for that costs at most kIdle,
        // and a lane that is faster than that creates its file itself.
        std::unique_lock guard(wakeMutex);
        wake.wait_for(guard, blocked ? kRetry : kIdle,
                      [&] { return stopping || (!blocked && wanted.load()); });
    }
}

void Journal::Impl::syncLoop()
{
    // With syncInterval 0 appends sync for themselves; finished files still have to be let go.
    const auto interval =
        std::chrono::milliseconds(options.syncInterval > 0 ? options.syncInterval : 100);
    while (!stopping) {
        {
            std::unique_lock guard(wakeMutex);
            const auto until = std::chrono::steady_clock::now() + interval;
            while (!stopping && wake.wait_until(guard, until) != std::cv_status::timeout) {
            }
        }
        if (const auto done = syncAll(); !done)
            logError("journal", done.error().text());
    }
}

Status Journal::Impl::syncAll()
{
    const std::lock_guard guard(syncMutex);
    std::vector<std::unique_ptr<Segment>> finished;
    {
        const std::lock_guard retiredGuard(retiredMutex);
        finished.swap(retired);
    }
    Status status;
    const auto sync = [&](Segment &segment) {
        const auto tail = loadAcquire<std::uint64_t>(&segment.header()->tailOffset);
        if (tail == segment.synced)
            return;
        if (auto done = segment.file.sync(segment.synced, tail); !done) {
            setError(done.error().text());
            status = done;
        } else {
            segment.synced = tail;
        }
    };
    // Segments are freed here only, under syncMutex, so a current one cannot vanish meanwhile.
    for (const auto &lane : lanes) {
        if (Segment *segment = lane->m_state->current.load(std::memory_order_acquire))
            sync(*segment);
    }
    for (const auto &segment : finished)
        sync(*segment);
    return status;
}

Journal::Impl::~Impl()
{
    {
        const std::lock_guard guard(wakeMutex);
        stopping = true;
    }
    wake.notify_all();
    if (preparer.joinable())
        preparer.join();
    if (syncer.joinable())
        syncer.join();
    if (const auto done = syncAll(); !done)
        logError("journal", done.error().text());
    for (const auto &lane : lanes) {
        const std::unique_ptr<Segment> unused(lane->m_state->next.exchange(nullptr));
        if (unused) {
            unused->file.close();
            std::error_code ignored;
            fs::remove(unused->path, ignored);
        }
        const std::unique_ptr<Segment> current(lane->m_state->current.exchange(nullptr));
    }
}

std::uint32_t Journal::laneCount() const
{
    return static_cast<std::uint32_t>(m_impl->lanes.size());
}

Lane &Journal::lane(std::uint32_t index)
{
    return *m_impl->lanes.at(index);
}

Result<SchemaHandle> Journal::schema(const JournalSchema &schema)
{
    if (schema.columns.empty())
        return fail(ErrorCode::InvalidArgument, "a schema needs at least one column");
    const std::lock_guard guard(m_impl->schemaMutex);
    SchemaHandle handle;
    if (const auto found = m_impl->schemaIndex.find(schema); found != m_impl->schemaIndex.end()) {
        handle.m_index = found->second;
        return handle;
    }
    if (m_impl->schemas.size() >= 65535)
        return fail(ErrorCode::InvalidArgument, "65,535 schemas are registered already");
    m_impl->schemas.push_back(std::make_shared<const JournalSchema>(schema));
    handle.m_index = static_cast<std::uint32_t>(m_impl->schemas.size());
    m_impl->schemaIndex.emplace(schema, handle.m_index);
    return handle;
}

std::shared_ptr<const JournalSchema> Journal::Impl::schemaOf(std::uint32_t handle) const
{
    const std::lock_guard guard(schemaMutex);
    return schemas.at(handle - 1);
}

LaneCounters Journal::counters() const
{
    LaneCounters sum;
    for (const auto &lane : m_impl->lanes) {
        const LaneCounters one = lane->counters();
        sum.records += one.records;
        sum.rows += one.rows;
        sum.refused += one.refused;
    }
    return sum;
}

bool Journal::full() const
{
    return std::any_of(m_impl->lanes.begin(), m_impl->lanes.end(), [](const auto &lane) {
        return lane->m_state->blocked.load(std::memory_order_acquire) != Append::Done;
    });
}

std::string Journal::lastError() const
{
    const std::lock_guard guard(m_impl->errorMutex);
    return m_impl->problem;
}

Status Journal::sync()
{
    return m_impl->syncAll();
}

} // namespace tepal
