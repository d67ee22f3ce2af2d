#include <tepal/logging/logger_host.h>

namespace tepal {

std::string_view loggerStateName(LoggerState state)
{
    constexpr std::string_view names[]{"stopped", "starting", "running", "restarting", "failed"};
    return names[static_cast<std::size_t>(state)];
}

} // namespace tepal
