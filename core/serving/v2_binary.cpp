#include "v2_binary.h"

#include <tepal/base/text.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace tepal::serving {
namespace {

struct Datatype
{
    std::string_view name;
    std::size_t size; ///< Of an element; of BYTES that of its length.
};
constexpr std::array<Datatype, 13> kTypes{{{"BOOL", 1},
                                           {"UINT8", 1},
                                           {"UINT16", 2},
                                           {"UINT32", 4},
                                           {"UINT64", 8},
                                           {"INT8", 1},
                                           {"INT16", 2},
                                           {"INT32", 4},
                                           {"INT64", 8},
                                           {"FP16", 2},
                                           {"FP32", 4},
                                           {"FP64", 8},
                                           {"BYTES", 4}}};

const Datatype *find(std::string_view name)
{
    const auto at = std::find_if(kTypes.begin(), kTypes.end(),
                                 [&](const Datatype &one) { return one.name == name; });
    return at == kTypes.end() ? nullptr : &*at;
}

std::uint64_t bitsOf(std::string_view bytes)
{
    std::uint64_t bits = 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
        bits = bits << 8 | static_cast<unsigned char>(bytes[i]);
    return bits;
}

void appendBits(std::string &out, std::uint64_t bits, std::size_t size)
{
    for (std::size_t i = 0; i < size; ++i)
        out.push_back(static_cast<char>(bits >> (8 * i) & 0xFF));
}

/// IEEE 754's 16 bits.
double half(std::uint64_t bits)
{
    const double sign = (bits & 0x8000) != 0 ? -1 : 1;
    const auto exponent = static_cast<int>(bits >> 10 & 0x1F);
    const auto fraction = static_cast<double>(bits & 0x3FF);
    if (exponent == 0x1F)
        return fraction == 0 ? sign * std::numeric_limits<double>::infinity()
                             : std::numeric_limits<double>::quiet_NaN();
    return exponent == 0 ? sign * std::ldexp(fraction, -24)
                         : sign * std::ldexp(fraction + 1024, exponent - 25);
}

/// An integer of so many bytes with its sign.
std::int64_t extended(std::uint64_t bits, std::size_t size)
{
    const auto unused = static_cast<int>(64 - 8 * size);
    return static_cast<std::int64_t>(bits << unused) >> unused;
}

Value numberOf(const Datatype &type, std::string_view bytes)
{
    const std::uint64_t bits = bitsOf(bytes);
    if (type.name == "BOOL")
        return Value::boolean(bits != 0);
    if (type.name == "FP16")
        return Value::fractional(half(bits));
    if (type.name == "FP32")
        return Value::fractional(
            static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits))));
    if (type.name == "FP64")
        return Value::fractional(std::bit_cast<double>(bits));
    if (type.name.starts_with('I'))
        return Value::integral(extended(bits, type.size));
    return bits >> 63 != 0 ? Value::natural(bits)
                           : Value::integral(static_cast<std::int64_t>(bits));
}

Status readTexts(std::string_view bytes, std::size_t count, std::vector<Value> &out)
{
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t size = bytes.size() < 4 ? 0 : bitsOf(bytes.substr(0, 4));
        if (bytes.size() < 4 || size > bytes.size() - 4)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("its bytes end within element {}", i + 1));
        const std::string_view text = bytes.substr(4, size);
        if (!isUtf8(text))
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("element {} is not text in UTF-8", i + 1));
        out.push_back(Value::string(text));
        bytes.remove_prefix(4 + size);
    }
    if (!bytes.empty())
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} bytes are left behind its {} elements", bytes.size(), count));
    return {};
}

} // namespace

bool isDatatype(std::string_view datatype)
{
    return find(datatype) != nullptr;
}

Status readElements(std::string_view datatype, std::string_view bytes, std::size_t count,
                    std::vector<Value> &out)
{
    const Datatype *const type = find(datatype);
    if (type == nullptr)
        return fail(ErrorCode::InvalidArgument, "its datatype is not known");
    // A shape may promise more than any memory has.
    if (count > bytes.size() / type->size)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("it has {} bytes, too few for {} elements of {}", bytes.size(),
                                count, datatype));
    out.clear();
    out.reserve(count);
    if (datatype == "BYTES")
        return readTexts(bytes, count, out);
    if (bytes.size() != count * type->size)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("it has {} bytes, but {} elements of {} are {}", bytes.size(),
                                count, datatype, count * type->size));
    for (std::size_t i = 0; i < count; ++i)
        out.push_back(numberOf(*type, bytes.substr(i * type->size, type->size)));
    return {};
}

void appendElement(std::string &out, double value)
{
    appendBits(out, std::bit_cast<std::uint64_t>(value), 8);
}

void appendElement(std::string &out, std::string_view text)
{
    appendBits(out, text.size(), 4);
    out += text;
}

} // namespace tepal::serving
