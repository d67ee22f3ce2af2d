// A directory, here or on a network share: written beside and renamed, never overwritten.

#include <tepal/base/file.h>
#include <tepal/upload/kinds.h>

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <system_error>

namespace tepal {
namespace fs = std::filesystem;
namespace {

UploadOutcome ended(UploadOutcome::Kind kind, Error error)
{
    UploadOutcome outcome;
    outcome.kind = kind;
    outcome.error = std::move(error);
    return outcome;
}

class FolderDelivery final : public Delivery
{
public:
    FolderDelivery(fs::path directory, const UploadItem &item)
        : m_directory(std::move(directory))
        , m_item(item)
        // A later version might write other bytes, whose hash is in the name: a repeat keeps the
        // name of the first try.
        , m_name(item.ticket.empty() ? item.objectName : item.ticket)
        , m_path(m_directory / fs::path(m_name))
    {}

    UploadStep next(StepResult result) override
    {
        if (!m_kept) {
            m_kept = true;
            return KeepTicket{m_name, true};
        }
        if (std::holds_alternative<std::monostate>(result))
            return BlockingWork{
                [path = m_path, bytes = std::string(m_item.bytes)](const std::stop_token &) -> Status {
                    if (auto made = makePrivateDirectory(path.parent_path()); !made)
                        return made;
                    return writeFileNew(path, bytes);
                }};
        return end(std::get<Status>(result));
    }

private:
    UploadOutcome end(const Status &written) const
    {
        UploadOutcome outcome;
        outcome.kind = UploadOutcome::Kind::Sent;
        outcome.place = m_path.string();
        if (written)
            return outcome;
        std::error_code ignored;
        // A file may also be where the folder should be.
        if (written.error().code == ErrorCode::AlreadyExists && fs::exists(m_path, ignored)) {
            const auto there = readFile(m_path, 1ull << 32);
            const bool earlier = !m_item.ticket.empty() && m_item.mayHaveArrived;
            if (earlier || (there && *there == m_item.bytes))
                return outcome;
            return ended(UploadOutcome::Kind::Failed,
                         {ErrorCode::AlreadyExists,
                          fmt::format("{} is there with other bytes", m_path.string()),
                          "look who wrote it; move it away and retry the item"});
        }
        // A full or forbidden disk is the same for every other item.
        auto trouble =
            ended(written.error().code == ErrorCode::Denied ? UploadOutcome::Kind::Stopped
                                                            : UploadOutcome::Kind::Retry,
                  written.error());
        trouble.everyItem = true;
        trouble.ticket = m_name;
        trouble.mayHaveArrived = m_item.mayHaveArrived;
        return trouble;
    }

    fs::path m_directory;
    const UploadItem &m_item;
    std::string m_name;
    fs::path m_path;
    bool m_kept = false;
};

class FolderDestination final : public Destination
{
public:
    explicit FolderDestination(const fs::path &directory)
    {
        std::error_code error;
        if (!directory.empty())
            m_directory = fs::absolute(directory, error).lexically_normal();
    }
    std::string target() const override { return m_directory.string(); }
    Status configured() const override
    {
        if (m_directory.empty())
            return fail(ErrorCode::NotFound, "no folder is chosen", "choose one, or give --dir");
        return {};
    }
    std::unique_ptr<Delivery> deliver(const UploadItem &item) const override
    {
        return std::make_unique<FolderDelivery>(m_directory, item);
    }
    std::vector<DestinationCheck> test(std::stop_token) const override
    {
        if (auto set = configured(); !set)
            return {{false, set.error().message, set.error().next}};
        if (auto made = makePrivateDirectory(m_directory); !made)
            return {{false, made.error().message, made.error().next}};
        const fs::path probe = m_directory / ".tepal-writable";
        if (auto written = writeFileAtomic(probe, ""); !written)
            return {{false, written.error().message, written.error().next}};
        std::error_code ignored;
        fs::remove(probe, ignored);
        return {{true, fmt::format("{} can be written", m_directory.string()), ""}};
    }

private:
    fs::path m_directory;
};

constexpr std::array kFields{DestinationField{
    .key = "directory",
    .label = "Folder",
    .help = "Files are added, never overwritten; a network share is fine",
    .type = FieldType::Folder,
    .required = true,
    .placeholder = "/srv/profiles",
}};

std::unique_ptr<Destination> make(const FieldValues &values, const SecretReader &)
{
    const auto directory = values.find("directory");
    return std::make_unique<FolderDestination>(
        fs::path(directory == values.end() ? std::string() : directory->second));
}

} // namespace

const DestinationKind kFolderKind{
    .name = "folder",
    .title = "Folder",
    .summary = "A directory on this machine or on a network share.",
    .fields = kFields,
    .idempotency = Idempotency::SameName,
    .make = make,
};

} // namespace tepal
