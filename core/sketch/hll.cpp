#include <tepal/sketch/hll.h>
#include <tepal/sketch/murmur.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>

namespace tepal {
namespace {

constexpr std::uint32_t kSlotBits = 26;
constexpr std::uint32_t kSlotMask = (1u << kSlotBits) - 1;
/// A list of seven coupons is full; the eighth makes it a set.
constexpr std::uint32_t kListCapacity = 8;
constexpr std::uint32_t kFirstSetSize = 32;
constexpr std::uint64_t kCanonicalNaN = 0x7ff8000000000000ull;

/// A set may grow to 2^(lgK-3) slots, three quarters of them used, before registers take over.
bool setIsExhausted(std::uint8_t lgK, std::size_t count)
{
    return 4 * count > 3 * (std::size_t{1} << (lgK - 3));
}

/// Where a coupon is in an open-addressing table, or where it would go.
std::size_t findCoupon(const std::vector<std::uint32_t> &table, std::uint32_t coupon)
{
    const std::size_t mask = table.size() - 1;
    std::size_t at = coupon & mask;
    // An odd step taken from the higher bits visits every slot of a power-of-two table.
    const std::size_t step = ((coupon & kSlotMask) >> std::countr_zero(table.size())) | 1;
    while (table[at] != 0 && table[at] != coupon)
        at = (at + step) & mask;
    return at;
}

} // namespace

std::uint32_t hllCoupon(std::uint64_t h1, std::uint64_t h2)
{
    const auto zeros = static_cast<std::uint32_t>(std::min(std::countl_zero(h2), 62));
    return ((zeros + 1) << kSlotBits) | (static_cast<std::uint32_t>(h1) & kSlotMask);
}

std::uint32_t hllCoupon(std::int64_t value)
{
    const Hash128 hash = murmur3Word(static_cast<std::uint64_t>(value));
    return hllCoupon(hash.h1, hash.h2);
}

std::uint32_t hllCoupon(double value)
{
    if (value == 0)
        value = 0; // -0.0
    std::uint64_t word = kCanonicalNaN;
    if (value == value)
        std::memcpy(&word, &value, sizeof word);
    const Hash128 hash = murmur3Word(word);
    return hllCoupon(hash.h1, hash.h2);
}

std::uint32_t hllCoupon(std::string_view text)
{
    const Hash128 hash = murmur3(text);
    return hllCoupon(hash.h1, hash.h2);
}

HllSketch::HllSketch(std::uint8_t lgK, Target target)
    : m_lgK(lgK)
    , m_target(target)
{
    assert(lgK >= 4 && lgK <= 21);
}

void HllSketch::update(std::int64_t value)
{
    updateCoupon(hllCoupon(value));
}

void HllSketch::update(double value)
{
    updateCoupon(hllCoupon(value));
}

void HllSketch::update(std::string_view text)
{
    if (!text.empty())
        updateCoupon(hllCoupon(text));
}

void HllSketch::updateCoupon(std::uint32_t coupon)
{
    if (m_mode == Mode::Hll) {
        const std::uint32_t slot = coupon & ((1u << m_lgK) - 1);
        const auto value = static_cast<std::uint8_t>(coupon >> kSlotBits);
        if (value > m_registers[slot])
            updateRegister(slot, value);
    } else if (insertCoupon(coupon)) {
        // Small sketches have no set stage: their list is followed by registers at once.
        if (m_mode == Mode::List && m_coupons.size() == kListCapacity)
            m_lgK < 8 ? promoteToHll() : growSet();
        else if (m_mode == Mode::Set && 4 * m_coupons.size() > 3 * m_table.size())
            setIsExhausted(m_lgK, m_coupons.size()) ? promoteToHll() : growSet();
    }
}

/// True when the coupon is new.
bool HllSketch::insertCoupon(std::uint32_t coupon)
{
    if (m_mode == Mode::List) {
        if (std::find(m_coupons.begin(), m_coupons.end(), coupon) != m_coupons.end())
            return false;
    } else {
        std::uint32_t &slot = m_table[findCoupon(m_table, coupon)];
        if (slot == coupon)
            return false;
        slot = coupon;
    }
    m_coupons.push_back(coupon);
    return true;
}

void HllSketch::growSet()
{
    m_table.assign(m_mode == Mode::List ? kFirstSetSize : m_table.size() * 2, 0);
    for (const std::uint32_t coupon : m_coupons)
        m_table[findCoupon(m_table, coupon)] = coupon;
    m_mode = Mode::Set;
}

void HllSketch::promoteToHll()
{
    const double before = couponEstimate();
    const std::vector<std::uint32_t> coupons = std::move(m_coupons);
    m_coupons = {};
    m_table = {};
    m_mode = Mode::Hll;
    m_registers.assign(std::size_t{1} << m_lgK, 0);
    m_kxq0 = static_cast<double>(m_registers.size());
    m_kxq1 = 0;
    for (const std::uint32_t coupon : coupons)
        updateCoupon(coupon);
    // The coupons knew the count far better than the registers' own history would tell.
    m_hip = before;
}

/// HIP: a change was seen with probability (Σ 2^-register)/k, so it stands for the inverse of that.
void HllSketch::updateRegister(std::uint32_t slot, std::uint8_t value)
{
    m_hip += static_cast<double>(m_registers.size()) / (m_kxq0 + m_kxq1);
    setRegister(slot, value);
}

void HllSketch::setRegister(std::uint32_t slot, std::uint8_t value)
{
    const std::uint8_t old = m_registers[slot];
    (old < 32 ? m_kxq0 : m_kxq1) -= std::ldexp(1.0, -old);
    (value < 32 ? m_kxq0 : m_kxq1) += std::ldexp(1.0, -value);
    m_registers[slot] = value;
}

/// Folding registers: the slots that become one keep the largest value.
void HllSketch::reduceLgK(std::uint8_t lgK)
{
    const std::vector<std::uint8_t> old = std::move(m_registers);
    m_registers.assign(std::size_t{1} << lgK, 0);
    const std::size_t mask = m_registers.size() - 1;
    m_lgK = lgK;
    m_kxq0 = static_cast<double>(m_registers.size());
    m_kxq1 = 0;
    for (std::size_t slot = 0; slot < old.size(); ++slot) {
        if (old[slot] > m_registers[slot & mask])
            setRegister(static_cast<std::uint32_t>(slot & mask), old[slot]);
    }
    m_outOfOrder = true;
}

void HllSketch::merge(const HllSketch &other)
{
    if (other.empty())
        return;
    const Target target = std::max(m_target, other.m_target);
    if (other.m_mode != Mode::Hll) {
        for (const std::uint32_t coupon : other.m_coupons)
            updateCoupon(coupon);
    } else if (m_mode != Mode::Hll) {
        HllSketch result = other;
        for (const std::uint32_t coupon : m_coupons)
            result.updateCoupon(coupon);
        *this = std::move(result);
    } else {
        HllSketch coarse = other;
        if (coarse.m_lgK > m_lgK)
            coarse.reduceLgK(m_lgK);
        else if (coarse.m_lgK < m_lgK)
            reduceLgK(coarse.m_lgK);
        for (std::uint32_t slot = 0; slot < m_registers.size(); ++slot) {
            if (coarse.m_registers[slot] > m_registers[slot])
                setRegister(slot, coarse.m_registers[slot]);
        }
        m_outOfOrder = true;
    }
    m_outOfOrder = m_outOfOrder || other.m_outOfOrder;
    m_target = target;
}

std::uint32_t HllSketch::nonZeroRegisters() const
{
    return static_cast<std::uint32_t>(
        m_registers.size() -
        static_cast<std::size_t>(std::count(m_registers.begin(), m_registers.end(), 0)));
}

} // namespace tepal
