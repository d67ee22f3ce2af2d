#include "host_state.h"

#include <fmt/format.h>

#if defined(_WIN32)
#include <windows.h>
#elif defined(__APPLE__)
#include <sys/mount.h>
#include <sys/param.h>
#else
#include <sys/vfs.h>
#endif

namespace tepal {

std::string_view networkFileSystem(std::uint64_t magic)
{
    switch (magic) { // statfs(2)
    case 0x6969:
        return "NFS";
    case 0x517B:
    case 0xFE534D42:
        return "SMB";
    case 0xFF534D42:
        return "CIFS";
    case 0x5346414F:
    case 0x6B414653:
        return "AFS";
    case 0x73757245:
        return "Coda";
    case 0x564C:
        return "NCP";
    case 0xC36400:
        return "Ceph";
    case 0x0BD00BD0:
        return "Lustre";
    case 0x01161970:
        return "GFS2";
    case 0x47504653:
        return "GPFS";
    default:
        return {};
    }
}

Status refuseNetworkHome(const Home &home)
{
    std::string_view kind;
#if defined(_WIN32)
    const std::wstring root = home.root.root_path().wstring();
    if (GetDriveTypeW(root.c_str()) == DRIVE_REMOTE)
        kind = "network";
#elif defined(__APPLE__)
    struct statfs status
    {};
    if (::statfs(home.root.c_str(), &status) == 0 && (status.f_flags & MNT_LOCAL) == 0)
        kind = "network";
#else
    struct statfs status
    {};
    if (::statfs(home.root.c_str(), &status) == 0)
        kind = networkFileSystem(static_cast<std::uint32_t>(status.f_type));
#endif
    if (kind.empty())
        return {};
    return fail(ErrorCode::Unsupported,
                fmt::format("{} lies on a {} drive, where locks and shared memory between the "
                            "endpoint and its logger cannot be relied on",
                            home.root.string(), kind),
                "choose a home on a disk of this machine with --home");
}

} // namespace tepal
