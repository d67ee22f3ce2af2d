/// Does the database hold together, and do the summaries say what the profiles say?
#pragma once

#include <tepal/base/result.h>
#include <tepal/store/store.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tepal {

/// Something that a check found.
struct CheckFinding
{
    std::string where; ///< Of what: a window, a file, "database".
    std::string what;
    bool repaired = false;
};

/// What was read, and what is wrong with it.
struct StoreReport
{
    std::int64_t windows = 0;
    std::int64_t chunks = 0;
    std::int64_t profiles = 0; ///< Of columns in chunks.
    std::int64_t summaries = 0;
    std::int64_t rows = 0;
    std::int64_t rollUps = 0;
    std::int64_t deleted = 0;   ///< Windows that can be restored.
    std::int64_t blobBytes = 0; ///< Compressed profiles of chunks together.
    std::vector<CheckFinding> findings;

    std::int64_t unrepaired() const;
};

/// Of the whole database, whoever owns what.
class StoreCheck
{
public:
    explicit StoreCheck(Store &store)
        : m_impl(&store.impl())
    {}

    /// Reads everything: the database's own structure, every profile, and whether the summaries say
    /// what the profiles say (exact numbers exactly, estimates within the sketches' bounds). With
    /// `repair` what follows from something else is made anew: indexes, summaries, roll-ups, outbox
    /// items of finished chunks; no logger may run then. Fails only when the database cannot be
    /// read.
    Result<StoreReport> run(bool repair);

private:
    Store::Impl *m_impl;
};

} // namespace tepal
