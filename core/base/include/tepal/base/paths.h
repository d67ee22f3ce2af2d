/// Where things lie (see the guide, "Files on disk").
#pragma once

#include <tepal/base/result.h>

#include <filesystem>
#include <string>

namespace tepal {

/// The home directory of one store and what is inside. Plain paths; nothing is created here.
struct Home
{
    std::filesystem::path root;

    std::filesystem::path database() const { return root / "tepal.db"; }
    std::filesystem::path journal() const { return root / "journal"; }
    std::filesystem::path models() const { return root / "models"; }
    std::filesystem::path logs() const { return root / "logs"; }
    /// What a running host says about itself: address, process id, counters.
    std::filesystem::path hostState() const { return root / "host.json"; }
    std::filesystem::path hostLock() const { return root / "host.lock"; }
    std::filesystem::path loggerLock() const { return root / "logger.lock"; }
};

/// `explicitRoot` if not empty, else $TEPAL_HOME, else the platform's data directory + "tepal".
Home resolveHome(const std::string &explicitRoot = {});

/// Creates the directories (owner only) and checks that they can be written.
Status prepareHome(const Home &home);

/// The platform's per-user settings directory + "tepal".
std::filesystem::path settingsDirectory();

/// The running program's own file, or an empty path where the platform does not tell.
std::filesystem::path executablePath();

/// Environment variable as text; empty when unset.
std::string environment(const char *name);

} // namespace tepal
