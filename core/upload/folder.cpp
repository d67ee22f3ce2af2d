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
    FolderDelivery(fs::path path, std::string_view bytes)
        : m_path(std::move(path))
        , m_bytes(bytes)
    {}

    UploadStep next(StepResult result) override
    {
        if (std::holds_alternative<std::monostate>(result))
            return BlockingWork{
                [path = m_path, bytes = m_bytes](const std::stop_token &) -> Status {
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
            if (there && *there == m_bytes)
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
        return trouble;
    }

    fs::path m_path;
    std::string_view m_bytes;
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
        return std::make_unique<FolderDelivery>(m_directory / fs::path(item.objectName),
                                                item.bytes);
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
