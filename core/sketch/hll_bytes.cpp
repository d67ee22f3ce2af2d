// Stored form of an HLL sketch, always "compact". All integers little-endian.
//
//   0 preamble ints (2 list, 3 set, 10 registers)   1 version 1   2 family 7   3 lgK   4 lg of the
//   table 5 flags: 4 empty, 8 compact, 16 out of order    6 list count or smallest register 7 mode
//   in bits 0-1, target type in bits 2-3 list: coupons from 8. set: count int32 at 8, coupons
//   from 12. registers: 8 HIP, 16 and 24 the inverse power sums (doubles), 32 registers at the
//   minimum, 36 number of exceptions (uint32), 40 the registers: 4 bits relative to the minimum
//   with 15 for exceptions, 6 bits packed, or 8 bits; then the exceptions as coupons.

#include "bytes.h"

#include <tepal/sketch/hll.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace tepal {
namespace {

constexpr std::uint8_t kFamily = 7;
constexpr std::uint8_t kFlagEmpty = 4;
constexpr std::uint8_t kFlagCompact = 8;
constexpr std::uint8_t kFlagOutOfOrder = 16;
constexpr std::uint32_t kSlotMask = (1u << 26) - 1;
constexpr std::uint8_t kException = 15;
constexpr std::uint8_t kLgFirstSet = 5;

auto corrupt(const char *what)
{
    return fail(ErrorCode::Corrupt, std::string("the HLL sketch is damaged: ") + what);
}

/// Table size (log2) that upstream starts its exceptions with.
std::uint8_t firstLgAux(std::uint8_t lgK)
{
    constexpr std::uint8_t sizes[]{0, 2, 2, 2, 2, 2, 2, 3,  3,  3,  4,
                                   4, 5, 5, 6, 7, 8, 9, 10, 11, 12, 13};
    return sizes[lgK];
}

void putHeader(std::string &out, std::uint8_t preamble, std::uint8_t lgK, std::uint8_t lgTable,
               std::uint8_t flags, std::uint8_t count, HllSketch::Mode mode,
               HllSketch::Target target)
{
    for (const std::uint8_t byte :
         {preamble, std::uint8_t{1}, kFamily, lgK, lgTable,
          static_cast<std::uint8_t>(flags | kFlagCompact), count,
          static_cast<std::uint8_t>(static_cast<unsigned>(mode) |
                                    (static_cast<unsigned>(target) << 2))})
        bytes::put(out, byte);
}

} // namespace

void HllSketch::serialize(std::string &out) const
{
    if (m_mode == Mode::Hll) {
        writeHll(out);
        return;
    }
    if (m_mode == Mode::List) {
        putHeader(out, 2, m_lgK, 3, empty() ? kFlagEmpty : 0,
                  static_cast<std::uint8_t>(m_coupons.size()), m_mode, m_target);
    } else {
        const auto lgTable = static_cast<std::uint8_t>(std::countr_zero(m_table.size()));
        putHeader(out, 3, m_lgK, lgTable, 0, 0, m_mode, m_target);
        bytes::put(out, static_cast<std::uint32_t>(m_coupons.size()));
    }
    bytes::putAll(out, m_coupons);
}

void HllSketch::writeHll(std::string &out) const
{
    const bool relative = m_target == Target::Hll4;
    const std::uint8_t minimum =
        relative ? *std::min_element(m_registers.begin(), m_registers.end()) : std::uint8_t{0};
    std::uint32_t atMinimum = 0;
    std::uint32_t exceptions = 0;
    const unsigned firstException = relative ? minimum + kException : 256u;
    for (const std::uint8_t value : m_registers) {
        atMinimum += value == minimum ? 1u : 0u;
        exceptions += value >= firstException ? 1u : 0u;
    }
    std::uint8_t lgAux = 0;
    if (exceptions > 0) {
        lgAux = firstLgAux(m_lgK);
        while (4 * exceptions > 3 * (1u << lgAux))
            ++lgAux;
    }
    putHeader(out, 10, m_lgK, lgAux, m_outOfOrder ? kFlagOutOfOrder : 0, minimum, m_mode, m_target);
    bytes::put(out, m_hip);
    bytes::put(out, m_kxq0);
    bytes::put(out, m_kxq1);
    bytes::put(out, atMinimum);
    bytes::put(out, exceptions);
    const std::size_t start = out.size();
    const std::size_t k = m_registers.size();
    if (m_target == Target::Hll8) {
        out.append(reinterpret_cast<const char *>(m_registers.data()), k);
        return;
    }
    if (m_target == Target::Hll6) {
        // 6-bit values run on across byte borders, least significant bits first, one byte to spare.
        out.resize(start + k * 3 / 4 + 1, '\0');
        for (std::size_t slot = 0; slot < k; ++slot) {
            const std::size_t bit = slot * 6;
            const unsigned value = static_cast<unsigned>(m_registers[slot]) << (bit & 7);
            auto *at = reinterpret_cast<unsigned char *>(out.data() + start + bit / 8);
            at[0] = static_cast<unsigned char>(at[0] | (value & 0xFF));
            at[1] = static_cast<unsigned char>(at[1] | (value >> 8));
        }
        return;
    }
    out.resize(start + k / 2);
    const std::uint8_t *const registers = m_registers.data();
    auto *const packed = reinterpret_cast<std::uint8_t *>(out.data() + start);
    for (std::size_t i = 0; i < k / 2; ++i) {
        const auto low = static_cast<std::uint8_t>(registers[2 * i] - minimum);
        const auto high = static_cast<std::uint8_t>(registers[2 * i + 1] - minimum);
        packed[i] = static_cast<std::uint8_t>(std::min(low, kException) |
                                              (std::min(high, kException) << 4));
    }
    for (std::uint32_t slot = 0; exceptions > 0 && slot < k; ++slot) {
        if (m_registers[slot] - minimum >= kException) {
            bytes::put(out, (static_cast<std::uint32_t>(m_registers[slot]) << 26) | slot);
            --exceptions;
        }
    }
}

/// The three readers of HllSketch::parse.
struct HllSketch::Parser
{
    bytes::Cursor in;
    HllSketch sketch;

    Result<HllSketch> coupons(std::uint32_t count)
    {
        if (!in.ok() || in.remaining() / 4 < count)
            return corrupt("it is cut short");
        for (std::uint32_t i = 0; i < count; ++i) {
            const auto coupon = in.get<std::uint32_t>();
            if (coupon >> 26 == 0)
                return corrupt("a coupon is empty");
            sketch.updateCoupon(coupon);
        }
        return std::move(sketch);
    }

    Result<HllSketch> registers(std::uint8_t minimum)
    {
        sketch.m_mode = Mode::Hll;
        sketch.m_hip = in.get<double>();
        sketch.m_kxq0 = in.get<double>();
        sketch.m_kxq1 = in.get<double>();
        in.get<std::uint32_t>(); // registers at the minimum: follows from the registers
        const auto exceptions = in.get<std::uint32_t>();
        const std::size_t k = std::size_t{1} << sketch.m_lgK;
        const std::size_t size = sketch.m_target == Target::Hll4   ? k / 2
                                 : sketch.m_target == Target::Hll6 ? k * 3 / 4 + 1
                                                                   : k;
        const std::string_view packed = in.text(size);
        if (!in.ok() || in.remaining() / 4 < exceptions)
            return corrupt("it is cut short");
        if (exceptions > 0 && sketch.m_target != Target::Hll4)
            return corrupt("it has exceptions that its type does not know");
        if (minimum > 63)
            return corrupt("a register is out of range");
        sketch.m_registers.resize(k);
        const std::size_t marked = unpack(packed, minimum);
        if (marked != exceptions)
            return corrupt("its exceptions do not match its registers");
        for (std::uint32_t i = 0; i < exceptions; ++i) {
            const auto coupon = in.get<std::uint32_t>();
            const std::uint32_t slot = coupon & kSlotMask & static_cast<std::uint32_t>(k - 1);
            const auto value = static_cast<std::uint8_t>(coupon >> 26);
            if (sketch.m_registers[slot] != minimum + kException || value < minimum + kException)
                return corrupt("an exception belongs to no register");
            sketch.m_registers[slot] = value;
        }
        if (*std::max_element(sketch.m_registers.begin(), sketch.m_registers.end()) > 63)
            return corrupt("a register is out of range");
        return checkedSums();
    }

    /// Fills the registers; gives the number of those that an exception must follow for.
    std::size_t unpack(std::string_view packed, std::uint8_t minimum)
    {
        const auto *const from = reinterpret_cast<const std::uint8_t *>(packed.data());
        std::uint8_t *const to = sketch.m_registers.data();
        const std::size_t k = sketch.m_registers.size();
        std::uint32_t marked = 0;
        if (sketch.m_target == Target::Hll8) {
            std::copy_n(from, k, to);
        } else if (sketch.m_target == Target::Hll6) {
            for (std::size_t slot = 0; slot < k; ++slot) {
                const std::size_t bit = slot * 6;
                const unsigned both = from[bit / 8] | (unsigned{from[bit / 8 + 1]} << 8);
                to[slot] = static_cast<std::uint8_t>((both >> (bit & 7)) & 63u);
            }
        } else {
            for (std::size_t i = 0; i < k / 2; ++i) {
                const auto low = static_cast<std::uint8_t>(from[i] & 15);
                const auto high = static_cast<std::uint8_t>(from[i] >> 4);
                marked += static_cast<std::uint32_t>(low == kException) +
                          static_cast<std::uint32_t>(high == kException);
                to[2 * i] = static_cast<std::uint8_t>(low + minimum);
                to[2 * i + 1] = static_cast<std::uint8_t>(high + minimum);
            }
        }
        return marked;
    }

    /// The stored sums must be those of the registers; HIP must be a plausible count.
    Result<HllSketch> checkedSums()
    {
        const double stored0 = sketch.m_kxq0;
        const double stored1 = sketch.m_kxq1;
        const double stored = stored0 + stored1;
        sketch.sumRegisters();
        const double sum = sketch.m_kxq0 + sketch.m_kxq1;
        // Kept as they were, so that rewriting changes nothing.
        sketch.m_kxq0 = stored0;
        sketch.m_kxq1 = stored1;
        if (!(std::abs(stored - sum) <= 1e-6 * sum) || !(sketch.m_hip >= 0) ||
            !(sketch.m_hip <= static_cast<double>(bytes::kMaxCount)))
            return corrupt("its sums do not match its registers");
        return std::move(sketch);
    }
};

Result<HllSketch> HllSketch::parse(std::string_view input)
{
    bytes::Cursor in(input);
    const auto preamble = in.get<std::uint8_t>();
    const auto version = in.get<std::uint8_t>();
    const auto family = in.get<std::uint8_t>();
    const auto lgK = in.get<std::uint8_t>();
    const auto lgTable = in.get<std::uint8_t>();
    const auto flags = in.get<std::uint8_t>();
    const auto count = in.get<std::uint8_t>();
    const auto modes = in.get<std::uint8_t>();
    if (!in.ok())
        return corrupt("it is cut short");
    if (family != kFamily)
        return corrupt("it is of another kind");
    if (version != 1)
        return fail(ErrorCode::Unsupported, "the HLL sketch has an unknown version");
    if (lgK < 4 || lgK > 21 || (modes & 3) == 3 || ((modes >> 2) & 3) == 3)
        return corrupt("its parameters are out of range");
    if ((flags & kFlagCompact) == 0)
        return fail(ErrorCode::Unsupported, "the HLL sketch is stored in an updatable form");

    Parser parser{in, HllSketch(lgK, static_cast<Target>((modes >> 2) & 3))};
    parser.sketch.m_outOfOrder = (flags & kFlagOutOfOrder) != 0;
    switch (static_cast<Mode>(modes & 3)) {
    case Mode::List:
        if (preamble != 2 || count > 8)
            return corrupt("its mode contradicts its length");
        return parser.coupons(count);
    case Mode::Set: {
        const auto stored = parser.in.get<std::uint32_t>();
        if (preamble != 3 || lgTable < kLgFirstSet || stored > (1u << 21))
            return corrupt("its mode contradicts its length");
        return parser.coupons(stored);
    }
    case Mode::Hll:
        break;
    }
    if (preamble != 10)
        return corrupt("its mode contradicts its length");
    return parser.registers(count);
}

} // namespace tepal
