/// Ctrl-C as a stop token.
#pragma once

#include <stop_token>
#include <thread>

namespace tepal::cli {

/// While it lives, SIGINT and SIGTERM ask the token to stop instead of ending the process. One at a
/// time.
class Interrupt
{
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt &) = delete;
    Interrupt &operator=(const Interrupt &) = delete;

    std::stop_token token() const { return m_source.get_token(); }
    bool requested() const { return m_source.stop_requested(); }

private:
    std::stop_source m_source;
    // A handler may do next to nothing, so a thread looks at the flag it sets.
    std::jthread m_watcher;
};

} // namespace tepal::cli
