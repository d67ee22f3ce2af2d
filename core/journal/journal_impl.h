/// What lanes and the journal share.
#pragma once

#include "codec.h"
#include "segment.h"

#include <tepal/base/file.h>
#include <tepal/journal/journal.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace tepal::journal {

struct SchemaHash
{
    std::size_t operator()(const JournalSchema &schema) const;
};

/// A segment file of ours in memory.
struct Segment
{
    MappedFile file;
    std::filesystem::path path;
    /// Tail offset at the last sync; the first one begins with the header. Under syncMutex.
    std::uint64_t synced = 0;

    SegmentHeader *header() const { return reinterpret_cast<SegmentHeader *>(file.data()); }
};

} // namespace tepal::journal

namespace tepal {

struct Lane::State
{
    explicit State(Journal::Impl &journal)
        : shared(journal)
    {}

    Journal::Impl &shared;
    std::uint32_t id = 0;
    std::filesystem::path directory;

    // --- the producer's own
    char *base = nullptr; ///< Of the current segment's mapping; null before the first append.
    std::uint64_t offset = 0;
    std::uint64_t capacity = 0;
    std::uint64_t sequence = 1;
    std::uint32_t lastSchemaId = 0;
    struct Declared
    {
        std::uint32_t id = 0; ///< In the current segment file; 0 = not declared there.
        std::uint32_t columns = 0;
    };
    std::vector<Declared> registered; ///< By handle.
    std::unordered_map<JournalSchema, Declared, journal::SchemaHash> loose;

    // --- shared with the helpers
    std::atomic<journal::Segment *> current{nullptr};
    std::atomic<journal::Segment *> next{nullptr};
    std::atomic<Append> blocked{Append::Done}; ///< Why there is no next segment file.
    std::mutex createMutex;                    ///< Guards nextNumber and creating files.
    std::uint64_t nextNumber = 1;

    // --- written by the producer, read by anybody
    std::atomic<std::uint64_t> records{0};
    std::atomic<std::uint64_t> rows{0};
    std::atomic<std::uint64_t> refused{0};

    Append roll();
    /// The same to a file of its own for a record that no ordinary one holds.
    Append rollLarge(std::uint64_t bytes);
    void activate(std::unique_ptr<journal::Segment> fresh);
    bool fits(std::uint64_t payload) const
    {
        return offset + journal::frameSize(payload) <= capacity;
    }
    /// What a file has to hold for a record of this size: header, declaration and the record.
    std::uint64_t bytesFor(std::uint64_t payload, const JournalSchema &schema) const;
    Append declare(const JournalSchema &schema, Declared &slot);
    char *beginFrame() { return base + offset + journal::kFrameBytes; }
    void finishFrame(std::uint32_t payload);
    template <typename FindSchema>
    Append write(const FindSchema &find, TimeMs time, std::span<const Value> cells);
    Append refuse(Append why);
};

struct Journal::Impl
{
    std::filesystem::path directory;
    JournalOptions options;
    FileLock lock;
    std::uint64_t producer = 0;
    std::vector<std::unique_ptr<Lane>> lanes;

    mutable std::mutex schemaMutex;
    std::vector<std::shared_ptr<const JournalSchema>> schemas; ///< Handle − 1.
    std::unordered_map<JournalSchema, std::uint32_t, journal::SchemaHash> schemaIndex;

    std::mutex wakeMutex;
    std::condition_variable wake;
    std::atomic<bool> stopping{false};
    std::atomic<bool> wanted{false}; ///< A lane took its prepared segment.
    std::thread preparer;
    std::thread syncer;

    std::mutex retiredMutex;
    std::vector<std::unique_ptr<journal::Segment>> retired; ///< Finished, not yet synced.
    std::mutex syncMutex; ///< Held while segments are synced or freed.

    mutable std::mutex errorMutex;
    std::string problem; ///< Under errorMutex.

    ~Impl();
    Status openLane(Lane::State &lane);
    /// Creates the lane's next segment file of so many bytes. The lane's createMutex is held.
    Result<std::unique_ptr<journal::Segment>> createSegment(Lane::State &lane, std::uint64_t bytes);
    /// The same of the ordinary size, with the outcome noted in lane.blocked.
    std::unique_ptr<journal::Segment> tryCreate(Lane::State &lane);
    std::uint64_t bytesOnDisk() const;
    void prepareLoop();
    void syncLoop();
    Status syncAll();
    std::shared_ptr<const JournalSchema> schemaOf(std::uint32_t handle) const;
    void setError(std::string text);
};

} // namespace tepal
