#include "interrupt.h"

#include <atomic>
#include <chrono>
#include <csignal>

namespace tepal::cli {
namespace {

std::atomic<int> g_interrupted{0};

} // namespace

Interrupt::Interrupt()
{
    g_interrupted = 0;
    for (const int signal : {SIGINT, SIGTERM})
        std::signal(signal, [](int number) { g_interrupted = number; });
    m_watcher = std::jthread([this](const std::stop_token &over) {
        while (!over.stop_requested() && g_interrupted == 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        if (g_interrupted != 0)
            m_source.request_stop();
    });
}

Interrupt::~Interrupt()
{
    m_watcher.request_stop();
    m_watcher.join();
    for (const int signal : {SIGINT, SIGTERM})
        std::signal(signal, SIG_DFL);
}

} // namespace tepal::cli
