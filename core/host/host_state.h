/// The file in which a running host introduces itself. Internal to the room.
#pragma once

#include <tepal/host/host.h>
#include <tepal/store/store.h>

namespace tepal {

Status writeHostState(const Home &home, const HostState &state);
void removeHostState(const Home &home);
std::int64_t currentProcessId();
/// Adds the datasets that have options in the settings and none in `options`.
Status addStoredDatasets(Store &store, LoggerOptions &options);

} // namespace tepal
