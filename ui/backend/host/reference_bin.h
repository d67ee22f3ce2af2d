/// References as people change them: none is ever replaced by another without a word, and what was
/// deleted comes back whole.
#pragma once

#include "ui/backend/values.h"

#include <tepal/profile/dataset.h>
#include <tepal/store/references.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace tepal::ui {

struct MadeReference
{
    std::string former; ///< What was current before; empty: nothing.
    std::int64_t rows = 0;
};
/// The merged profile of these rows becomes a reference, the current one. AlreadyExists when the
/// name is taken.
Result<MadeReference> makeReference(Store &store, const Slice &slice, const std::string &name,
                                    TimeMs now);
/// The way back. Somebody may have chosen yet another one since: that stays.
Status unmakeReference(References references, const std::string &dataset, const std::string &name,
                       const std::string &former);

/// The name, or "name (2)" … where the dataset has one of it.
Result<std::string> freeName(References references, const std::string &dataset,
                             const std::string &name);

/// Deleted references, for undo. One thread at a time.
class ReferenceBin
{
public:
    struct Removed
    {
        bool wasCurrent = false;
        std::string current; ///< What took its place; empty: nothing, or its place was not taken.
    };
    /// The newest of the others takes the place of the current one.
    Result<Removed> remove(References references, const std::string &dataset,
                           const std::string &name);
    /// Returns the name it has now: another one when its own was taken meanwhile.
    Result<std::string> restore(References references, const std::string &dataset,
                                const std::string &name);

private:
    struct Entry
    {
        tepal::ReferenceInfo info;
        Removed removed;
        DatasetProfile profile;
    };
    std::map<std::pair<std::string, std::string>, Entry> m_entries;
};

} // namespace tepal::ui
