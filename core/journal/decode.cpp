#include "codec.h"

#include <tepal/base/wire.h>

#include <cstring>
#include <limits>

namespace tepal::journal {
namespace {

bool decodeTag(std::string_view bytes, JournalSchema &schema)
{
    auto &[name, value] = schema.segment.emplace_back();
    wire::Reader reader(bytes);
    wire::Field field;
    while (reader.next(field)) {
        if (field.type == wire::Type::Bytes && (field.number == 1 || field.number == 2))
            (field.number == 1 ? name : value) = field.bytes;
    }
    return !reader.failed();
}

bool decodeSchema(std::string_view bytes, Decoded &out)
{
    wire::Reader reader(bytes);
    wire::Field field;
    while (reader.next(field)) {
        if (field.number == 1 && field.type == wire::Type::Varint &&
            field.value <= std::numeric_limits<std::uint32_t>::max()) {
            out.schemaId = static_cast<std::uint32_t>(field.value);
        } else if (field.number == 2 && field.type == wire::Type::Bytes) {
            out.schema.dataset = field.bytes;
        } else if (field.number == 3 && field.type == wire::Type::Bytes) {
            out.schema.columns.emplace_back(field.bytes);
        } else if (field.number == 4 && field.type == wire::Type::Bytes) {
            if (!decodeTag(field.bytes, out.schema))
                return false;
        }
    }
    return !reader.failed() && out.schemaId != 0 && !out.schema.columns.empty();
}

/// The separately stored parts of a row record.
struct Parts
{
    std::string_view kinds;
    std::string_view numbers;
    std::string_view lengths;
    std::string_view text;
};

/// Everything taken from the parts must be there, and nothing may be left over.
bool decodeCells(Parts parts, std::vector<Value> &cells)
{
    cells.resize(parts.kinds.size());
    wire::Reader lengths(parts.lengths);
    std::size_t number = 0;
    std::size_t textAt = 0;
    const std::size_t numbersEnd = parts.numbers.size();
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto code = static_cast<unsigned char>(parts.kinds[i]);
        switch (code) {
        case static_cast<unsigned char>(ValueKind::Fractional): {
            double value = 0;
            if (numbersEnd - number < 8)
                return false;
            std::memcpy(&value, parts.numbers.data() + number, 8);
            number += 8;
            cells[i] = Value::fractional(value);
            break;
        }
        case static_cast<unsigned char>(ValueKind::Integral): {
            std::int64_t value = 0;
            if (numbersEnd - number < 8)
                return false;
            std::memcpy(&value, parts.numbers.data() + number, 8);
            number += 8;
            cells[i] = Value::integral(value);
            break;
        }
        case static_cast<unsigned char>(ValueKind::Unsigned): {
            std::uint64_t value = 0;
            if (numbersEnd - number < 8)
                return false;
            std::memcpy(&value, parts.numbers.data() + number, 8);
            number += 8;
            cells[i] = Value::natural(value);
            break;
        }
        case static_cast<unsigned char>(ValueKind::String): {
            std::uint64_t length = 0;
            if (!lengths.varint(length) || length > parts.text.size() - textAt)
                return false;
            cells[i] = Value::string(parts.text.substr(textAt, length));
            textAt += length;
            break;
        }
        case static_cast<unsigned char>(ValueKind::Null):
            cells[i] = Value::null();
            break;
        case static_cast<unsigned char>(ValueKind::Boolean):
            cells[i] = Value::boolean(false);
            break;
        case static_cast<unsigned char>(ValueKind::Boolean) | 8u:
            cells[i] = Value::boolean(true);
            break;
        case static_cast<unsigned char>(ValueKind::Tensor):
            cells[i] = Value::tensor();
            break;
        case static_cast<unsigned char>(ValueKind::Object):
            cells[i] = Value::object();
            break;
        default:
            return false;
        }
    }
    return number == numbersEnd && textAt == parts.text.size() &&
           lengths.position() == parts.lengths.size();
}

} // namespace

bool decodePayload(std::string_view payload, Decoded &out, std::vector<Value> &cells)
{
    out.isSchema = false;
    out.schemaId = 0;
    out.time = 0;
    out.rows = 0;
    Parts parts;
    wire::Reader reader(payload);
    wire::Field field;
    while (reader.next(field)) {
        const bool bytes = field.type == wire::Type::Bytes;
        const bool varint = field.type == wire::Type::Varint;
        if (field.number == 1 && bytes) {
            out.isSchema = true;
            out.schema = {};
            return decodeSchema(field.bytes, out) && reader.position() == payload.size();
        } else if (field.number == 2 && varint &&
                   field.value <= std::numeric_limits<std::uint32_t>::max()) {
            out.schemaId = static_cast<std::uint32_t>(field.value);
        } else if (field.number == 3 && field.type == wire::Type::Fixed64) {
            out.time = field.asInt64();
        } else if (field.number == 4 && varint) {
            out.rows = field.value;
        } else if (field.number == 5 && bytes) {
            parts.kinds = field.bytes;
        } else if (field.number == 6 && bytes) {
            parts.numbers = field.bytes;
        } else if (field.number == 7 && bytes) {
            parts.lengths = field.bytes;
        } else if (field.number == 8 && bytes) {
            parts.text = field.bytes;
        }
    }
    return !reader.failed() && out.schemaId != 0 && out.rows != 0 && decodeCells(parts, cells);
}

} // namespace tepal::journal
