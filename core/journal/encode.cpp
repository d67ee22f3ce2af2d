#include "codec.h"

#include <tepal/base/wire.h>

#include <bit>
#include <cassert>
#include <cstring>

namespace tepal::journal {
namespace {

constexpr char tagByte(std::uint32_t field, wire::Type type)
{
    return static_cast<char>((field << 3) | static_cast<std::uint32_t>(type));
}

char *putVarint(char *to, std::uint64_t value)
{
    while (value >= 0x80) {
        *to++ = static_cast<char>(value | 0x80);
        value >>= 7;
    }
    *to++ = static_cast<char>(value);
    return to;
}

char *putBytesHead(char *to, std::uint32_t field, std::uint64_t size)
{
    *to++ = tagByte(field, wire::Type::Bytes);
    return putVarint(to, size);
}

std::uint64_t bytesFieldSize(std::uint64_t size)
{
    return 1 + wire::varintSize(size) + size;
}

bool isNumber(const Value &cell)
{
    return cell.kind() == ValueKind::Integral || cell.kind() == ValueKind::Fractional ||
           cell.kind() == ValueKind::Unsigned;
}

} // namespace

RowsSize measureRows(std::uint32_t schema, std::uint64_t rows, std::span<const Value> cells)
{
    RowsSize size;
    for (const Value &cell : cells) {
        if (isNumber(cell)) {
            ++size.numbers;
        } else if (cell.kind() == ValueKind::String) {
            const std::size_t length = cell.asString().size();
            ++size.strings;
            size.text += length;
            size.lengthBytes += static_cast<std::uint32_t>(wire::varintSize(length));
            size.tooLong |= length > kMaxCellText;
        }
    }
    size.payload = 1 + wire::varintSize(schema) + 1 + 8 + 1 + wire::varintSize(rows) +
                   bytesFieldSize(cells.size());
    if (size.numbers > 0)
        size.payload += bytesFieldSize(std::uint64_t{size.numbers} * 8);
    if (size.strings > 0)
        size.payload += bytesFieldSize(size.lengthBytes) + bytesFieldSize(size.text);
    return size;
}

void encodeRows(char *to, const RowsSize &size, std::uint32_t schema, TimeMs time,
                std::uint64_t rows, std::span<const Value> cells)
{
    [[maybe_unused]] const char *begin = to;
    *to++ = tagByte(2, wire::Type::Varint);
    to = putVarint(to, schema);
    *to++ = tagByte(3, wire::Type::Fixed64);
    std::memcpy(to, &time, 8);
    to += 8;
    *to++ = tagByte(4, wire::Type::Varint);
    to = putVarint(to, rows);
    to = putBytesHead(to, 5, cells.size());
    char *kinds = to;
    to += cells.size();
    char *numbers = nullptr;
    if (size.numbers > 0) {
        to = putBytesHead(to, 6, std::uint64_t{size.numbers} * 8);
        numbers = to;
        to += std::uint64_t{size.numbers} * 8;
    }
    char *lengths = nullptr;
    char *text = nullptr;
    if (size.strings > 0) {
        lengths = putBytesHead(to, 7, size.lengthBytes);
        text = putBytesHead(lengths + size.lengthBytes, 8, size.text);
        to = text + size.text;
    }
    for (const Value &cell : cells) {
        auto kind = static_cast<char>(cell.kind());
        if (isNumber(cell)) {
            const std::uint64_t bits = cell.kind() == ValueKind::Integral
                                           ? std::bit_cast<std::uint64_t>(cell.asIntegral())
                                       : cell.kind() == ValueKind::Unsigned
                                           ? cell.asNatural()
                                           : std::bit_cast<std::uint64_t>(cell.asFractional());
            std::memcpy(numbers, &bits, 8);
            numbers += 8;
        } else if (cell.kind() == ValueKind::String) {
            const std::string_view value = cell.asString();
            lengths = putVarint(lengths, value.size());
            if (!value.empty())
                std::memcpy(text, value.data(), value.size());
            text += value.size();
        } else if (cell.kind() == ValueKind::Boolean && cell.asBoolean()) {
            kind = static_cast<char>(kind | 8);
        }
        *kinds++ = kind;
    }
    assert(static_cast<std::uint64_t>(to - begin) == size.payload);
}

std::string encodeSchema(std::uint32_t id, const JournalSchema &schema)
{
    std::string inner;
    wire::Writer fields(inner);
    fields.uint64(1, id);
    fields.bytes(2, schema.dataset);
    for (const std::string &column : schema.columns)
        fields.bytes(3, column);
    for (const auto &[name, value] : schema.segment) {
        std::string tag;
        wire::Writer(tag).bytes(1, name);
        wire::Writer(tag).bytes(2, value);
        fields.bytes(4, tag);
    }
    std::string payload;
    wire::Writer(payload).bytes(1, inner);
    return payload;
}

} // namespace tepal::journal
