/// Little-endian access to sketch bytes. Internal to the room.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tepal::bytes {

static_assert(std::endian::native == std::endian::little,
              "the stored forms are little-endian; a big-endian host needs swaps here");

template <typename T>
void put(std::string &out, T value)
{
    static_assert(std::is_trivially_copyable_v<T>);
    out.append(reinterpret_cast<const char *>(&value), sizeof value);
}

template <typename T>
void putAll(std::string &out, const std::vector<T> &values)
{
    out.append(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T));
}

/// No stream was ever this long: larger stored counts are damage. Sums of many stay below 2^64.
constexpr std::uint64_t kMaxCount = std::uint64_t{1} << 56;

/// Reads in order; after the first read past the end ok() is false and everything reads as zero.
class Cursor
{
public:
    explicit Cursor(std::string_view input)
        : m_input(input)
    {}

    template <typename T>
    T get()
    {
        T value{};
        if (take(sizeof value))
            std::memcpy(&value, m_input.data() + m_position - sizeof value, sizeof value);
        return value;
    }
    /// The caller has checked remaining(), so that a damaged count cannot allocate.
    template <typename T>
    void getAll(std::vector<T> &values, std::size_t count)
    {
        if (!take(count * sizeof(T)))
            return;
        values.resize(count);
        if (count > 0)
            std::memcpy(values.data(), m_input.data() + m_position - count * sizeof(T),
                        count * sizeof(T));
    }
    std::string_view text(std::size_t size)
    {
        return take(size) ? m_input.substr(m_position - size, size) : std::string_view();
    }
    void skip(std::size_t size) { take(size); }
    std::size_t remaining() const { return m_input.size() - m_position; }
    bool ok() const { return m_ok; }

private:
    bool take(std::size_t size)
    {
        if (!m_ok || size > remaining()) {
            m_ok = false;
            return false;
        }
        m_position += size;
        return true;
    }

    std::string_view m_input;
    std::size_t m_position = 0;
    bool m_ok = true;
};

} // namespace tepal::bytes
