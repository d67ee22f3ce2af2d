#include "input_pool.h"

#include <new>

#ifndef _WIN32
#include <sys/mman.h>
#endif

namespace tepal::serving {
namespace {

constexpr std::size_t kBuffers = 64; // of a slab

char *newSlab()
{
#ifndef _WIN32
    void *const slab = ::mmap(nullptr, kBuffers * InputPool::kSize, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (slab == MAP_FAILED)
        throw std::bad_alloc();
    return static_cast<char *>(slab);
#else
    return static_cast<char *>(::operator new(kBuffers *InputPool::kSize));
#endif
}

void deleteSlab(char *slab)
{
#ifndef _WIN32
    ::munmap(slab, kBuffers * InputPool::kSize);
#else
    ::operator delete(slab);
#endif
}

} // namespace

InputPool::~InputPool()
{
    for (char *slab : m_slabs)
        deleteSlab(slab);
}

char *InputPool::take()
{
    if (m_free.empty()) {
        // Nothing is lost when memory runs out on the way, and giving back never needs any.
        m_slabs.reserve(m_slabs.size() + 1);
        m_free.reserve((m_slabs.size() + 1) * kBuffers);
        char *const slab = newSlab();
        m_slabs.push_back(slab);
        for (std::size_t i = kBuffers; i-- > 0;)
            m_free.push_back(slab + i * kSize);
    }
    char *const buffer = m_free.back();
    m_free.pop_back();
    return buffer;
}

void InputPool::giveBack(char *buffer) noexcept
{
    m_free.push_back(buffer);
}

void InputPool::trim() noexcept
{
#ifndef _WIN32
    // One by one: they lie about in any order, and this is rare.
    for (char *buffer : m_free)
        ::madvise(buffer, kSize, MADV_DONTNEED);
#endif
}

} // namespace tepal::serving
