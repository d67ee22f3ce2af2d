#include "ui/backend/host/reference_bin.h"

#include <tepal/store/segment_key.h>
#include <tepal/store/windows.h>

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace tepal::ui {

namespace {

Result<std::optional<tepal::ReferenceInfo>> find(References references, const std::string &dataset,
                                                 const std::string &name)
{
    const auto all = references.list(dataset);
    if (!all)
        return tl::unexpected(all.error());
    for (const tepal::ReferenceInfo &info : *all) {
        if (name.empty() ? info.current : info.name == name)
            return info;
    }
    return std::nullopt;
}

} // namespace

Result<MadeReference> makeReference(Store &store, const Slice &slice, const std::string &name,
                                    TimeMs now)
{
    const std::string dataset = slice.dataset.toStdString();
    if (name.empty())
        return fail(ErrorCode::InvalidArgument, "a reference needs a name");
    References references(store);
    const auto taken = find(references, dataset, name);
    const auto current = find(references, dataset, {});
    if (!taken || !current)
        return tl::unexpected(taken ? current.error() : taken.error());
    if (*taken)
        return fail(ErrorCode::AlreadyExists,
                    fmt::format("dataset \"{}\" already has a reference \"{}\"", dataset, name),
                    "choose another name");
    const auto profile = tepal::Windows(store).profile(dataset, slice.range, {}, slice.segment);
    if (!profile)
        return tl::unexpected(profile.error());
    if (!*profile)
        return fail(ErrorCode::NotFound, "there are no records in this range",
                    "choose a longer range");
    MadeReference made;
    made.rows = (*profile)->rows();
    if (*current)
        made.former = (*current)->name;
    std::string source =
        "windows from " + formatIso(slice.range.start) + " to " + formatIso(slice.range.end);
    if (slice.segment)
        source += " of " + segmentLabel(*slice.segment);
    if (auto saved = references.set(dataset, name, **profile, made.rows, source, now); !saved)
        return tl::unexpected(saved.error());
    if (auto chosen = references.makeCurrent(dataset, name); !chosen)
        return tl::unexpected(chosen.error());
    return made;
}

Status unmakeReference(References references, const std::string &dataset, const std::string &name,
                       const std::string &former)
{
    const auto made = find(references, dataset, name);
    if (!made)
        return tl::unexpected(made.error());
    // First the place, then what held it: when the former one is gone, nothing is lost.
    if (*made && (*made)->current && !former.empty()) {
        if (auto back = references.makeCurrent(dataset, former); !back)
            return back;
    }
    return references.remove(dataset, name);
}

Result<std::string> freeName(References references, const std::string &dataset,
                             const std::string &name)
{
    const auto all = references.list(dataset);
    if (!all)
        return tl::unexpected(all.error());
    const auto taken = [&](const std::string &text) {
        return std::any_of(all->begin(), all->end(),
                           [&](const auto &info) { return info.name == text; });
    };
    std::string now = name;
    for (int n = 2; taken(now); ++n)
        now = fmt::format("{} ({})", name, n);
    return now;
}

Result<ReferenceBin::Removed>
ReferenceBin::remove(References references, const std::string &dataset, const std::string &name)
{
    const auto info = find(references, dataset, name);
    if (!info)
        return tl::unexpected(info.error());
    if (name.empty() || !*info)
        return fail(ErrorCode::NotFound,
                    fmt::format("dataset \"{}\" has no reference \"{}\"", dataset, name));
    auto profile = references.get(dataset, name);
    if (!profile)
        return tl::unexpected(profile.error());
    if (auto deleted = references.remove(dataset, name); !deleted)
        return tl::unexpected(deleted.error());
    Removed removed;
    removed.wasCurrent = (*info)->current;
    if (removed.wasCurrent) {
        const auto others = references.list(dataset);
        if (!others)
            return tl::unexpected(others.error());
        const auto newest =
            std::max_element(others->begin(), others->end(), [](const auto &a, const auto &b) {
                return std::pair(a.created, a.name) < std::pair(b.created, b.name);
            });
        if (newest != others->end()) {
            removed.current = newest->name;
            if (auto chosen = references.makeCurrent(dataset, newest->name); !chosen)
                return tl::unexpected(chosen.error());
        }
    }
    m_entries.insert_or_assign({dataset, name}, Entry{**info, removed, std::move(*profile)});
    return removed;
}

Result<std::string> ReferenceBin::restore(References references, const std::string &dataset,
                                          const std::string &name)
{
    const auto it = m_entries.find({dataset, name});
    if (it == m_entries.end())
        return fail(ErrorCode::NotFound, fmt::format("reference \"{}\" cannot be restored", name),
                    "it was not deleted since the program began");
    const Entry &entry = it->second;
    const auto now = freeName(references, dataset, name);
    const auto current = find(references, dataset, {});
    if (!now || !current)
        return tl::unexpected(now ? current.error() : now.error());
    if (auto saved = references.set(dataset, *now, entry.profile, entry.info.rows,
                                    entry.info.description, entry.info.created);
        !saved)
        return tl::unexpected(saved.error());
    // Unless somebody chose another one since.
    if (entry.removed.wasCurrent && (!*current || (*current)->name == entry.removed.current)) {
        if (auto chosen = references.makeCurrent(dataset, *now); !chosen)
            return tl::unexpected(chosen.error());
    }
    m_entries.erase(it);
    return *now;
}

} // namespace tepal::ui
