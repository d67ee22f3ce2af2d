/// Windows for tests that need a store with some.
#pragma once

#include <tepal/store/store.h>
#include <tepal/store/summary.h>
#include <tepal/store/window_writer.h>

#include <string>
#include <string_view>

namespace tepal::test {

/// A closed chunk with summaries of its own profile, which must outlive it.
inline ChunkCommit windowChunk(const DatasetProfile &profile, std::string_view dataset,
                               TimeMs start, Granularity granularity = Granularity::Hour)
{
    ChunkCommit chunk;
    chunk.dataset = std::string(dataset);
    chunk.granularity = granularity;
    chunk.start = start;
    chunk.end = nextWindowStart(start, granularity);
    chunk.profile = &profile;
    chunk.rows = profile.rows();
    chunk.close = true;
    for (const auto &[name, column] : profile.columns)
        chunk.summaries.push_back(summarize(name, column));
    return chunk;
}

/// An hour with one chunk, finished or still open.
inline Status commitHour(Store &store, const DatasetProfile &profile, std::string_view dataset,
                         TimeMs start, bool finished = true)
{
    CommitBatch batch;
    batch.chunks.push_back(windowChunk(profile, dataset, start));
    batch.chunks.front().close = finished;
    const auto done = WindowWriter(store).commit(batch);
    return done ? Status() : Status(tl::unexpected(done.error()));
}

} // namespace tepal::test
