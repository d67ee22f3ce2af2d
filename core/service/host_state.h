/// The file in which a running host introduces itself. Internal to the room.
#pragma once

#include <tepal/service/host.h>
#include <tepal/store/settings.h>

namespace tepal {

Status writeHostState(const Home &home, const HostState &state);
void removeHostState(const Home &home);
std::int64_t currentProcessId();
/// Name of the network file system that statfs numbers so; empty for all others.
std::string_view networkFileSystem(std::uint64_t magic);
/// Unsupported, with the reason, when the home lies on a network drive.
Status refuseNetworkHome(const Home &home);
/// Adds the datasets that have options in the settings and none in `options`.
Status addStoredDatasets(Settings settings, LoggerOptions &options);

} // namespace tepal
