#include <tepal/base/file.h>
#include <tepal/upload/folder.h>

#include <fmt/format.h>

#include <system_error>

namespace tepal {
namespace fs = std::filesystem;
namespace {

constexpr int kMostNeighbours = 1000;

UploadOutcome ended(UploadOutcome::Kind kind, Error error)
{
    UploadOutcome outcome;
    outcome.kind = kind;
    outcome.error = std::move(error);
    return outcome;
}

fs::path numbered(const fs::path &path, int number)
{
    if (number == 1)
        return path;
    fs::path result = path;
    result.replace_filename(path.stem().string() + fmt::format("_{}", number) +
                            path.extension().string());
    return result;
}

} // namespace

FolderDestination::FolderDestination(const fs::path &directory)
{
    std::error_code error;
    if (!directory.empty())
        m_directory = fs::absolute(directory, error).lexically_normal();
}

std::string FolderDestination::name() const
{
    return "folder:" + m_directory.generic_string();
}

std::string FolderDestination::target() const
{
    return m_directory.string();
}

Status FolderDestination::configured() const
{
    if (m_directory.empty())
        return fail(ErrorCode::NotFound, "no folder is set to write profiles to",
                    "choose one in its settings, or with --dir");
    return {};
}

UploadOutcome FolderDestination::send(const UploadItem &item, UploadObserver &observer,
                                      std::stop_token stop)
{
    const fs::path wanted = m_directory / fs::path(item.objectName);
    if (auto noted = observer.putting(); !noted)
        return ended(UploadOutcome::Kind::Retry, noted.error());
    // A full or forbidden disk is the same for every other item.
    const auto trouble = [](const Error &error) {
        return ended(error.code == ErrorCode::Io ? UploadOutcome::Kind::Retry
                                                 : UploadOutcome::Kind::Stopped,
                     error);
    };
    if (auto made = makePrivateDirectory(wanted.parent_path()); !made)
        return trouble(made.error());
    for (int number = 1; number <= kMostNeighbours; ++number) {
        if (stop.stop_requested())
            return ended(UploadOutcome::Kind::Cancelled, {ErrorCode::Cancelled, "stopped", ""});
        const fs::path path = numbered(wanted, number);
        UploadOutcome sent;
        sent.kind = UploadOutcome::Kind::Sent;
        sent.place = path.string();
        const auto written = writeFileNew(path, item.bytes);
        if (written)
            return sent;
        if (written.error().code == ErrorCode::AlreadyExists) {
            const auto there = readFile(path, 1ull << 32);
            if (there && *there == item.bytes)
                return sent;
            continue;
        }
        return trouble(written.error());
    }
    return ended(
        UploadOutcome::Kind::Failed,
        {ErrorCode::AlreadyExists,
         fmt::format("there are {} other files of the name {}", kMostNeighbours, wanted.string()),
         "clear the folder or choose another one"});
}

Result<std::string> FolderDestination::test(std::stop_token)
{
    if (auto set = configured(); !set)
        return tl::unexpected(set.error());
    const fs::path probe = m_directory / ".tepal-writable";
    if (auto written = writeFileAtomic(probe, ""); !written)
        return tl::unexpected(written.error());
    std::error_code ignored;
    fs::remove(probe, ignored);
    return fmt::format("{} can be written", m_directory.string());
}

} // namespace tepal
