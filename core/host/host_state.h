/// The file in which a running host introduces itself. Internal to the room.
#pragma once

#include <tepal/host/host.h>

namespace tepal {

Status writeHostState(const Home &home, const HostState &state);
void removeHostState(const Home &home);
std::int64_t currentProcessId();

} // namespace tepal
