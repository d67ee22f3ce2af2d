#include <tepal/base/wire.h>

namespace tepal::wire {

bool Reader::fail()
{
    m_failed = true;
    return false;
}

bool Reader::varint(std::uint64_t &value)
{
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (m_position >= m_input.size())
            return fail();
        const auto byte = static_cast<unsigned char>(m_input[m_position++]);
        value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80)
            return true;
    }
    return fail();
}

bool Reader::delimited(std::string_view &message)
{
    std::uint64_t size = 0;
    if (!varint(size))
        return false;
    if (size > m_input.size() - m_position)
        return fail();
    message = m_input.substr(m_position, static_cast<std::size_t>(size));
    m_position += static_cast<std::size_t>(size);
    return true;
}

bool Reader::next(Field &field)
{
    if (m_failed || m_position >= m_input.size())
        return false;
    const std::size_t start = m_position;
    std::uint64_t key = 0;
    if (!varint(key))
        return false;
    if ((key >> 3) == 0 || (key >> 3) > 0x1FFFFFFF)
        return fail();
    field = Field{};
    field.number = static_cast<std::uint32_t>(key >> 3);
    field.type = static_cast<Type>(key & 7);
    switch (field.type) {
    case Type::Varint:
        if (!varint(field.value))
            return false;
        break;
    case Type::Fixed64:
    case Type::Fixed32: {
        const std::size_t size = field.type == Type::Fixed64 ? 8 : 4;
        if (m_input.size() - m_position < size)
            return fail();
        std::memcpy(&field.value, m_input.data() + m_position, size);
        m_position += size;
        break;
    }
    case Type::Bytes:
        if (!delimited(field.bytes))
            return false;
        break;
    default:
        return fail();
    }
    field.whole = m_input.substr(start, m_position - start);
    return true;
}

} // namespace tepal::wire
