#include <tepal/base/file.h>
#include <tepal/logging/cursors.h>
#include <tepal/model/store.h>
#include <tepal/service/check.h>
#include <tepal/service/host.h>
#include <tepal/store/store_check.h>
#include <tepal/store/window_writer.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace tepal {
namespace fs = std::filesystem;

namespace {

/// Every unread record is read as the logger would read it, and left where it is.
Status checkJournal(const Home &home, Store &store, HomeCheck &check)
{
    const auto cursors = committedCursors(store);
    if (!cursors)
        return tl::unexpected(cursors.error());
    auto reader = JournalReader::open(home.journal(), *cursors);
    if (!reader)
        return tl::unexpected(reader.error());
    while ((*reader)->poll(10'000, [&](const RowsView &) { ++check.unreadRecords; }) != 0) {
    }
    for (const JournalSkip &skip : (*reader)->takeSkips()) {
        check.findings.push_back(
            {fmt::format("journal, lane {}, file {}", skip.lane, skip.segment),
             fmt::format("not readable from byte {} on: {}", skip.offset, skip.reason), false});
    }
    return {};
}

/// Files that a producer left half made are of no use to anybody.
void checkJournalFiles(const Home &home, bool repair, HomeCheck &check)
{
    std::error_code error;
    for (fs::recursive_directory_iterator it(home.journal(), error), end; !error && it != end;
         it.increment(error)) {
        if (it->path().extension() == ".tpj") {
            ++check.journalFiles;
        } else if (it->path().extension() == ".new" && repair) {
            std::error_code removing;
            fs::remove(it->path(), removing);
            check.findings.push_back(
                {it->path().string(), "an unfinished segment file was left behind", !removing});
        }
    }
}

void checkModels(const Home &home, HomeCheck &check)
{
    const ModelStore models(home.models());
    std::error_code error;
    for (fs::directory_iterator name(home.models(), error), end; !error && name != end;
         name.increment(error)) {
        std::error_code inner;
        for (fs::directory_iterator version(name->path(), inner), last; !inner && version != last;
             version.increment(inner)) {
            std::error_code ignored;
            if (!fs::is_directory(version->path(), ignored))
                continue;
            const std::string text =
                name->path().filename().string() + ":" + version->path().filename().string();
            const auto tag = parseModelTag(text);
            if (!tag)
                continue; // somebody else's folder
            ++check.models;
            if (const auto model = models.load(*tag); !model)
                check.findings.push_back({"model " + text, model.error().message, false});
        }
    }
}

void checkHostState(const Home &home, bool repair, HomeCheck &check)
{
    std::error_code error;
    if (!repair || !fs::exists(home.hostState(), error))
        return;
    fs::remove(home.hostState(), error);
    check.findings.push_back(
        {home.hostState().string(), "a host that died left its address behind", !error});
}

} // namespace

bool HomeCheck::clean() const
{
    return std::all_of(findings.begin(), findings.end(),
                       [](const CheckFinding &finding) { return finding.repaired; });
}

Result<HomeCheck> checkHome(const Home &home, bool repair)
{
    FileLock host;
    FileLock logger;
    std::error_code error;
    if (!fs::exists(home.database(), error)) {
        return fail(ErrorCode::NotFound,
                    fmt::format("there is no database in {}", home.root.string()),
                    "start the endpoint once to create it, or name another home with --home");
    }
    if (repair) {
        for (const auto &[lock, path] :
             {std::pair{&host, home.hostLock()}, {&logger, home.loggerLock()}}) {
            auto taken = FileLock::acquire(path, "a repair");
            if (!taken) {
                Error busy = taken.error();
                busy.next = "stop the endpoint first, or check without --repair";
                return tl::unexpected(std::move(busy));
            }
            *lock = std::move(*taken);
        }
    }
    auto store =
        Store::open(home.database(), repair ? Store::Access::ReadWrite : Store::Access::ReadOnly);
    if (!store)
        return tl::unexpected(store.error());
    auto stored = StoreCheck(**store).run(repair);
    if (!stored)
        return tl::unexpected(stored.error());
    HomeCheck check;
    check.store = std::move(*stored);
    check.findings = check.store.findings;
    if (const auto beat = WindowWriter(**store).heartbeat(); beat && *beat) {
        check.skipped = (*beat)->skipped;
        check.quarantined = (*beat)->quarantined;
    }
    if (auto read = checkJournal(home, **store, check); !read)
        return tl::unexpected(read.error());
    checkJournalFiles(home, repair, check);
    checkModels(home, check);
    checkHostState(home, repair, check);
    return check;
}

std::string checkJson(const Home &home, const HomeCheck &check)
{
    nlohmann::ordered_json json;
    json["home"] = home.root.string();
    json["clean"] = check.clean();
    json["windows"] = check.store.windows;
    json["rows"] = check.store.rows;
    json["chunks"] = check.store.chunks;
    json["profiles"] = check.store.profiles;
    json["summaries"] = check.store.summaries;
    json["roll_ups"] = check.store.rollUps;
    json["deleted_windows"] = check.store.deleted;
    json["journal_files"] = check.journalFiles;
    json["unread_records"] = check.unreadRecords;
    json["skipped"] = check.skipped;
    json["quarantined"] = check.quarantined;
    json["models"] = check.models;
    json["findings"] = nlohmann::ordered_json::array();
    for (const CheckFinding &finding : check.findings)
        json["findings"].push_back(
            {{"where", finding.where}, {"what", finding.what}, {"repaired", finding.repaired}});
    return json.dump(2);
}

} // namespace tepal
