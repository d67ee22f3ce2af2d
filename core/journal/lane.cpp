#include "journal_impl.h"

#include <cassert>
#include <limits>

namespace tepal {

using namespace journal;

namespace {

/// Only the producer writes these counters, so no read-modify-write instruction is needed.
void bump(std::atomic<std::uint64_t> &counter, std::uint64_t by = 1)
{
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

} // namespace

Error appendError(Append result)
{
    switch (result) {
    case Append::Full:
        return {ErrorCode::Full, "the journal is full: its disk or its size limit has no room left",
                "free some disk space, or start the logger that empties the journal"};
    case Append::TooLarge:
        return {
            ErrorCode::InvalidArgument,
            "the record is larger than a file of the journal may be, or one of its texts is longer "
            "than 1 MiB",
            "send fewer rows at once or shorter texts"};
    case Append::Failed:
        return {ErrorCode::Io, "the journal cannot be written", "see the log for the reason"};
    case Append::Done:
        break;
    }
    return {ErrorCode::Internal, "no error", {}};
}

Lane::Lane(std::unique_ptr<State> state)
    : m_state(std::move(state))
{}

Lane::~Lane() = default;

std::uint32_t Lane::id() const
{
    return m_state->id;
}

LaneCounters Lane::counters() const
{
    return {m_state->records.load(std::memory_order_relaxed),
            m_state->rows.load(std::memory_order_relaxed),
            m_state->refused.load(std::memory_order_relaxed)};
}

Append Lane::State::refuse(Append why)
{
    if (why != Append::TooLarge)
        bump(refused);
    return why;
}

/// Makes the prepared segment file the current one. The old one is finished by that: activating
/// the new one (release) is what tells a reader so.
Append Lane::State::roll()
{
    Segment *fresh = next.exchange(nullptr, std::memory_order_acq_rel);
    if (fresh == nullptr) {
        // The helper reported that there is no room: do not ask the file system for every request.
        if (const Append why = blocked.load(std::memory_order_acquire); why != Append::Done)
            return why;
        const std::lock_guard guard(createMutex);
        fresh = next.exchange(nullptr, std::memory_order_acq_rel);
        if (fresh == nullptr)
            fresh = shared.tryCreate(*this).release();
        if (fresh == nullptr)
            return blocked.load(std::memory_order_acquire);
    }
    activate(std::unique_ptr<Segment>(fresh));
    return Append::Done;
}

void Lane::State::activate(std::unique_ptr<Segment> owned)
{
    Segment *fresh = owned.release(); // Current, then retired, then freed once it is synced.
    Segment *old = current.load(std::memory_order_relaxed);
    base = fresh->file.data();
    offset = kHeaderBytes;
    capacity = fresh->file.size();
    lastSchemaId = 0;
    registered.assign(registered.size(), Declared{});
    loose.clear();
    storeRelaxed(&fresh->header()->tailOffset, offset);
    storeRelaxed(&fresh->header()->tailSequence, sequence - 1);
    storeRelease(&fresh->header()->firstSequence, sequence);
    current.store(fresh, std::memory_order_release);
    if (old != nullptr) {
        const std::lock_guard guard(shared.retiredMutex);
        shared.retired.emplace_back(old);
    }
    shared.wanted.store(true, std::memory_order_release);
    shared.wake.notify_all();
}

Append Lane::State::rollLarge(std::uint64_t bytes)
{
    constexpr std::uint64_t kPage = 4096;
    bytes = (bytes + kPage - 1) / kPage * kPage;
    for (;;) {
        std::unique_lock guard(createMutex);
        if (next.load(std::memory_order_acquire) != nullptr) {
            // Its number is lower, and a reader waits for every file to be begun: it comes first,
            // though nothing is written to it.
            guard.unlock();
            if (const Append rolled = roll(); rolled != Append::Done)
                return rolled;
            continue;
        }
        auto made = shared.createSegment(*this, bytes);
        if (!made) {
            shared.setError(made.error().text());
            return made.error().code == ErrorCode::Full ? Append::Full : Append::Failed;
        }
        // Before anybody prepares the next one.
        activate(std::move(*made));
        return Append::Done;
    }
}

void Lane::State::finishFrame(std::uint32_t payload)
{
    char *frame = base + offset;
    std::memcpy(frame + 8, &sequence, 8);
    const std::uint32_t crc = frameCrc(payload, frame + 8);
    std::memcpy(frame + 4, &crc, 4);
    storeRelease(frame, payload);
    offset += frameSize(payload);
    auto *header = reinterpret_cast<SegmentHeader *>(base);
    storeRelaxed(&header->tailOffset, offset);
    storeRelaxed(&header->tailSequence, sequence);
    ++sequence;
}

std::uint64_t Lane::State::bytesFor(std::uint64_t payload, const JournalSchema &schema) const
{
    // The largest id costs the most bytes.
    const std::uint64_t declaration =
        encodeSchema(std::numeric_limits<std::uint32_t>::max(), schema).size();
    return kHeaderBytes + frameSize(declaration) + frameSize(payload + 5);
}

Append Lane::State::declare(const JournalSchema &schema, Declared &slot)
{
    const std::string payload = encodeSchema(lastSchemaId + 1, schema);
    if (!fits(payload.size()))
        return Append::Full;
    std::memcpy(beginFrame(), payload.data(), payload.size());
    finishFrame(static_cast<std::uint32_t>(payload.size()));
    slot.id = ++lastSchemaId;
    slot.columns = static_cast<std::uint32_t>(schema.columns.size());
    return Append::Done;
}

/// `find` returns the schema's slot in the current segment file, and the schema itself on request.
template <typename FindSchema>
Append Lane::State::write(const FindSchema &find, TimeMs time, std::span<const Value> cells)
{
    for (int attempt = 0; attempt < 2; ++attempt) {
        // Twice: a record that does not fit is tried again in a new segment file.
        if (base != nullptr) {
            Declared *slot = find.slot();
            const std::uint64_t columns =
                slot->id != 0 ? slot->columns : find.schema().columns.size();
            assert(columns > 0 && !cells.empty() && cells.size() % columns == 0);
            const std::uint64_t rowCount = cells.size() / columns;
            if (slot->id != 0 || declare(find.schema(), *slot) == Append::Done) {
                const RowsSize size = measureRows(slot->id, rowCount, cells);
                if (size.tooLong)
                    return refuse(Append::TooLarge);
                if (fits(size.payload)) [[likely]] {
                    encodeRows(beginFrame(), size, slot->id, time, rowCount, cells);
                    finishFrame(static_cast<std::uint32_t>(size.payload));
                    bump(records);
                    bump(rows, rowCount);
                    return Append::Done;
                }
            }
        }
        const RowsSize size = measureRows(1, cells.size(), cells);
        const std::uint64_t needed = bytesFor(size.payload, find.schema());
        if (size.tooLong || needed > kMaxSegmentBytes)
            return refuse(Append::TooLarge);
        const Append rolled = needed > shared.options.segmentBytes ? rollLarge(needed) : roll();
        if (rolled != Append::Done)
            return refuse(rolled);
    }
    return refuse(Append::TooLarge);
}

Append Lane::append(SchemaHandle schema, TimeMs time, std::span<const Value> cells)
{
    assert(schema.valid());
    struct Find
    {
        State &state;
        std::uint32_t handle;
        mutable std::shared_ptr<const JournalSchema> kept;

        State::Declared *slot() const
        {
            if (handle >= state.registered.size())
                state.registered.resize(std::size_t{handle} + 1);
            return &state.registered[handle];
        }
        const JournalSchema &schema() const
        {
            if (!kept)
                kept = state.shared.schemaOf(handle);
            return *kept;
        }
    };
    const Append result = m_state->write(Find{*m_state, schema.m_index, nullptr}, time, cells);
    if (m_state->shared.options.syncInterval == 0 && result == Append::Done &&
        !m_state->shared.syncAll())
        return Append::Failed;
    return result;
}

Append Lane::append(const JournalSchema &schema, TimeMs time, std::span<const Value> cells)
{
    assert(!schema.columns.empty());
    struct Find
    {
        State &state;
        const JournalSchema &given;

        State::Declared *slot() const { return &state.loose[given]; }
        const JournalSchema &schema() const { return given; }
    };
    const Append result = m_state->write(Find{*m_state, schema}, time, cells);
    if (m_state->shared.options.syncInterval == 0 && result == Append::Done &&
        !m_state->shared.syncAll())
        return Append::Failed;
    return result;
}

} // namespace tepal
