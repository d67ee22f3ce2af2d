/// First buffers of connections, on pages of their own: memory of those that are free goes back to
/// the system whatever lies around them, and pages that nothing was read into take none. Most of
/// many connections do nothing. Belongs to one thread.
#pragma once

#include <cstddef>
#include <vector>

namespace tepal::serving {

class InputPool
{
public:
    static constexpr std::size_t kSize = 8 * 1024; ///< Of a buffer.

    InputPool() = default;
    ~InputPool();
    InputPool(const InputPool &) = delete;
    InputPool &operator=(const InputPool &) = delete;

    char *take();
    void giveBack(char *buffer) noexcept;
    /// Buffers that are free keep their addresses and lose their memory.
    void trim() noexcept;

private:
    std::vector<char *> m_slabs;
    std::vector<char *> m_free; ///< Has room for all there are.
};

} // namespace tepal::serving
