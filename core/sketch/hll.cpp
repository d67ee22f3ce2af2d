#include "multiversion.h"

#include <tepal/sketch/hll.h>
#include <tepal/sketch/murmur.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <numeric>

namespace tepal {
namespace {

constexpr std::uint32_t kSlotMask = (1u << kHllSlotBits) - 1;
/// The sums of inverse powers are kept apart for registers below and from this value on.
constexpr unsigned kLowRegisters = 32;
/// A list of seven coupons is full; the eighth makes it a set.
constexpr std::uint32_t kListCapacity = 8;
constexpr std::uint32_t kFirstSetSize = 32;

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

/// 2^-exponent, exponent at most 63.
constexpr double inversePower(unsigned exponent)
{
    return std::bit_cast<double>(static_cast<std::uint64_t>(1023 - exponent) << 52);
}

void largestOfBoth(const std::uint8_t *from, std::vector<std::uint8_t> &to)
{
    std::uint8_t *const registers = to.data();
    const std::size_t size = to.size();
    for (std::size_t i = 0; i < size; ++i)
        registers[i] = std::max(registers[i], from[i]);
}

} // namespace

std::uint32_t hllCoupon(std::string_view text)
{
    return hllCoupon(murmur3(text));
}

HllSketch::HllSketch(std::uint8_t lgK, Target target)
    : m_lgK(lgK)
    , m_target(target)
{
    assert(lgK >= 4 && lgK <= 21);
}

void HllSketch::update(std::span<const std::int64_t> values)
{
    for (const std::int64_t value : values)
        updateCoupon(hllCoupon(value));
}

void HllSketch::update(std::span<const double> values)
{
    for (const double value : values)
        updateCoupon(hllCoupon(value));
}

void HllSketch::update(std::string_view text)
{
    if (!text.empty())
        updateCoupon(hllCoupon(text));
}

void HllSketch::addCoupon(std::uint32_t coupon)
{
    if (!insertCoupon(coupon))
        return;
    // Small sketches have no set stage: their list is followed by registers at once.
    if (m_mode == Mode::List && m_coupons.size() == kListCapacity)
        m_lgK < 8 ? promoteToHll() : growSet();
    else if (m_mode == Mode::Set && 4 * m_coupons.size() > 3 * m_table.size())
        setIsExhausted(m_lgK, m_coupons.size()) ? promoteToHll() : growSet();
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
    const std::uint8_t old = m_registers[slot];
    (old < kLowRegisters ? m_kxq0 : m_kxq1) -= inversePower(old);
    (value < kLowRegisters ? m_kxq0 : m_kxq1) += inversePower(value);
    m_registers[slot] = value;
}

namespace {

/// Σ 2^(31 - register) over registers below 32: at most 2^21 of them, so it fits.
TEPAL_CLONES std::uint64_t sumOfPowers(const std::uint8_t *registers, std::size_t size)
{
    std::array<std::uint64_t, 8> sums{}; // side by side in a vector; sizes are powers of two
    for (std::size_t i = 0; i < size; i += sums.size()) {
        for (std::size_t lane = 0; lane < sums.size(); ++lane)
            sums[lane] += std::uint64_t{1u << 31} >> registers[i + lane];
    }
    return std::accumulate(sums.begin(), sums.end(), std::uint64_t{0});
}

} // namespace

/// Both sums are exact (53 bits at most), so that neither order nor history matters.
void HllSketch::sumRegisters()
{
    // Shifting out leaves nothing of a register above 31: those few are summed apart.
    m_kxq0 = static_cast<double>(sumOfPowers(m_registers.data(), m_registers.size())) *
             inversePower(kLowRegisters - 1);
    m_kxq1 = 0;
    if (*std::max_element(m_registers.begin(), m_registers.end()) < kLowRegisters)
        return;
    for (const std::uint8_t value : m_registers)
        m_kxq1 += value < kLowRegisters ? 0 : inversePower(value);
}

/// Folding registers: the slots that become one keep the largest value.
void HllSketch::reduceLgK(std::uint8_t lgK)
{
    const std::vector<std::uint8_t> old = std::move(m_registers);
    m_registers.assign(std::size_t{1} << lgK, 0);
    m_lgK = lgK;
    for (std::size_t from = 0; from < old.size(); from += m_registers.size())
        largestOfBoth(old.data() + from, m_registers);
    sumRegisters();
    m_outOfOrder = true;
}

void HllSketch::merge(const HllSketch &other)
{
    if (other.empty())
        return;
    const Target target = std::max(m_target, other.m_target);
    if (other.m_mode != Mode::Hll) {
        if (m_mode != Mode::Hll) // coupons serve any size; so the order does not matter
            m_lgK = std::max(m_lgK, other.m_lgK);
        for (const std::uint32_t coupon : other.m_coupons)
            updateCoupon(coupon);
    } else if (m_mode != Mode::Hll) {
        HllSketch result = other;
        for (const std::uint32_t coupon : m_coupons)
            result.updateCoupon(coupon);
        *this = std::move(result);
    } else {
        if (other.m_lgK > m_lgK) {
            HllSketch coarse = other;
            coarse.reduceLgK(m_lgK);
            merge(coarse);
            return;
        }
        if (other.m_lgK < m_lgK)
            reduceLgK(other.m_lgK);
        largestOfBoth(other.m_registers.data(), m_registers);
        sumRegisters();
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
