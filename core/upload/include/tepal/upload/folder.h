/// A directory, here or on a network share.
#pragma once

#include <tepal/upload/destination.h>

#include <filesystem>

namespace tepal {

/// Writes beside and renames; never overwrites. A file that is there with the same bytes is
/// success, one with other bytes gets a numbered neighbour (`_2`, `_3`, …).
class FolderDestination final : public Destination
{
public:
    /// A relative path is taken from the current directory, now.
    explicit FolderDestination(const std::filesystem::path &directory);

    std::string name() const override;
    std::string_view kind() const override { return "folder"; }
    std::string target() const override;
    Status configured() const override;
    UploadOutcome send(const UploadItem &item, UploadObserver &observer,
                       std::stop_token stop) override;
    Result<std::string> test(std::stop_token stop) override;

private:
    std::filesystem::path m_directory;
};

} // namespace tepal
