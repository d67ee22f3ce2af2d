#include <tepal/profile/file.h>
#include <tepal/profile/performance.h>
#include <tepal/store/store.h>
#include <tepal/upload/outlets.h>
#include <tepal/upload/redaction.h>
#include <tepal/upload/sender.h>

namespace tepal {
namespace {

/// Takes out what the destination is not to have of this dataset, and notes that. A rule that
/// cannot be applied keeps the item here.
Status redactFor(UploadFile &file, DatasetProfile &profile, const OutboxItem &item,
                 const DestinationRecord &destination, const Store &store, bool mayWrite)
{
    const auto rules = redactionRules(destination, item.dataset);
    if (!rules)
        return tl::unexpected(rules.error());
    if (rules->empty())
        return {};
    const auto folder = store.path().parent_path();
    auto salt = mayWrite ? redactionSalt(folder) : existingRedactionSalt(folder);
    if (!salt)
        return tl::unexpected(salt.error());
    // Of a rehearsal: the real one is made with the first upload, and hashes are as long.
    if (salt->empty())
        *salt = std::string(32, '?');
    const auto done = redact(profile, *rules, *salt);
    if (!done)
        return tl::unexpected(done.error());
    file.redaction = done->columns.empty() ? std::string() : done->summary();
    for (const RedactionRule &rule : *rules)
        file.rules.push_back(formatRedaction({rule}));
    file.unmatched = done->unmatched;
    return {};
}

} // namespace

namespace {

/// Model performance has no columns to take anything out of; it goes as it was handed in, if that
/// can be read.
Result<UploadFile> performanceFile(std::string bytes)
{
    if (auto read = parseModelPerformance(bytes); !read)
        return tl::unexpected(read.error());
    UploadFile file;
    file.sha256 = sha256Hex(bytes);
    file.bytes = std::move(bytes);
    return file;
}

} // namespace

Result<UploadFile> uploadFile(Store &store, const OutboxItem &item,
                              const DestinationRecord &destination, bool mayWrite)
{
    if (item.kind == OutboxKind::File) {
        auto bytes = Outbox(store).payload(item);
        if (bytes && looksLikeModelPerformance(*bytes))
            return performanceFile(std::move(*bytes));
    }
    auto profile = Outbox(store).profile(item);
    if (!profile)
        return tl::unexpected(profile.error());
    UploadFile file;
    if (auto done = redactFor(file, *profile, item, destination, store, mayWrite); !done)
        return tl::unexpected(done.error());
    file.segment = profile->segment;
    file.bytes = serializeProfile(*profile);
    const auto back = parseProfile(file.bytes);
    if (!back)
        return failWith("the finished profile cannot be read back", back.error());
    if (back->columns.size() != profile->columns.size() ||
        back->datasetTimestamp != profile->datasetTimestamp || back->rows() != profile->rows())
        return fail(ErrorCode::Corrupt, "the finished profile reads back as another one",
                    "run \"tepal check\"");
    file.sha256 = sha256Hex(file.bytes);
    return file;
}

} // namespace tepal
