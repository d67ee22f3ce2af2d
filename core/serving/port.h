/// Ports that are taken: by whom, and which one is not.
#pragma once

#include "worker.h"

#include <cstdint>
#include <optional>
#include <string>

namespace tepal::serving {

/// Who listens on a TCP port: "process 4711 (python3)". Empty when that cannot be told: it belongs
/// to somebody else, or the system does not say.
std::string portOwner(std::uint16_t port);

/// `127.0.0.1:3000`, `[::1]:3000`
std::string addressText(const Tcp::endpoint &address);

/// The next port on which one could listen there; nothing when none of the next few is free.
std::optional<std::uint16_t> freePortAfter(const Tcp::endpoint &taken);

} // namespace tepal::serving
