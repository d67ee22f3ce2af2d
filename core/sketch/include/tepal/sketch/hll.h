/// HyperLogLog sketch for counting distinct values, in the byte format that whylogs stores.
///
/// Sources: Flajolet et al., "HyperLogLog", AofA 2007; Ting, "Streamed approximate counting of
/// distinct elements", KDD 2014 (the HIP estimator); stored form of Apache DataSketches.
#pragma once

#include <tepal/base/result.h>
#include <tepal/sketch/murmur.h>

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

inline constexpr std::uint32_t kHllSlotBits = 26;

/// Coupon of a hash: 26 bits of slot, 6 bits of 1 + leading zeros (at most 63). Never 0.
constexpr std::uint32_t hllCoupon(const Hash128 &hash)
{
    constexpr std::uint32_t slotMask = (1u << kHllSlotBits) - 1;
    const int zeros = std::countl_zero(hash.h2 | 2); // at most 62
    return ((static_cast<std::uint32_t>(zeros) + 1) << kHllSlotBits) |
           (static_cast<std::uint32_t>(hash.h1) & slotMask);
}
constexpr std::uint32_t hllCoupon(std::int64_t value)
{
    return hllCoupon(murmur3Word(static_cast<std::uint64_t>(value)));
}
/// -0.0 counts as 0.0; every NaN is the same value.
constexpr std::uint32_t hllCoupon(double value)
{
    constexpr std::uint64_t canonicalNaN = 0x7ff8000000000000ull;
    const double positive = value == 0 ? 0.0 : value;
    return hllCoupon(
        murmur3Word(value == value ? std::bit_cast<std::uint64_t>(positive) : canonicalNaN));
}
std::uint32_t hllCoupon(std::string_view text);

/// Error: relative standard error 0.833/√2^lgK for a sketch fed value by value (lgK = 12: 1.3 %)
/// and 1.04/√2^lgK after merging two large ones (1.6 %). Up to 384 distinct values (lgK = 12) the
/// count is practically exact. lower(s) and upper(s) are the bounds at s standard deviations.
///
/// Memory: 8 bytes a distinct value up to 3/32·2^lgK of them, then 2^lgK bytes. Not thread-safe for
/// writing; const members may run in parallel.
class HllSketch
{
public:
    static constexpr std::uint8_t kDefaultLgK = 12;

    enum class Mode : std::uint8_t { List = 0, Set = 1, Hll = 2 };
    /// Bits per register in the stored form.
    enum class Target : std::uint8_t { Hll4 = 0, Hll6 = 1, Hll8 = 2 };

    /// lgK in [4, 21].
    explicit HllSketch(std::uint8_t lgK = kDefaultLgK, Target target = Target::Hll4);

    /// Integers and booleans (1 and 0) share their keys.
    void update(std::int64_t value) { updateCoupon(hllCoupon(value)); }
    void update(double value) { updateCoupon(hllCoupon(value)); }
    void update(std::span<const std::int64_t> values);
    void update(std::span<const double> values);
    /// The empty string is ignored, as in whylogs.
    void update(std::string_view text);
    /// Key of an already hashed value; see hllCoupon().
    void updateCoupon(std::uint32_t coupon)
    {
        if (m_mode != Mode::Hll) {
            addCoupon(coupon);
            return;
        }
        const auto slot = coupon & static_cast<std::uint32_t>(m_registers.size() - 1);
        const auto value = static_cast<std::uint8_t>(coupon >> kHllSlotBits);
        if (value > m_registers[slot]) [[unlikely]]
            updateRegister(slot, value);
    }

    /// Union. lgK becomes the larger of both where the smaller side still holds its coupons,
    /// otherwise the smaller (registers cannot be refined afterwards).
    void merge(const HllSketch &other);

    bool empty() const { return m_mode != Mode::Hll && m_coupons.empty(); }
    double estimate() const;
    /// Bounds at 1, 2 or 3 standard deviations.
    double lower(int deviations) const;
    double upper(int deviations) const;

    std::uint8_t lgK() const { return m_lgK; }
    Mode mode() const { return m_mode; }
    Target target() const { return m_target; }
    /// True after a union of two large sketches: the HIP estimate is lost.
    bool isOutOfOrder() const { return m_outOfOrder; }

    void serialize(std::string &out) const;
    static Result<HllSketch> parse(std::string_view bytes);

private:
    struct Parser;

    void updateRegister(std::uint32_t slot, std::uint8_t value);
    void addCoupon(std::uint32_t coupon);
    void sumRegisters();
    bool insertCoupon(std::uint32_t coupon);
    void growSet();
    void promoteToHll();
    void reduceLgK(std::uint8_t lgK);
    double couponEstimate() const;
    double compositeEstimate() const;
    std::uint32_t nonZeroRegisters() const;
    void writeHll(std::string &out) const;

    std::uint8_t m_lgK;
    Target m_target;
    Mode m_mode = Mode::List;
    bool m_outOfOrder = false;
    /// List and Set: the different coupons in order of arrival, which is also how they are stored.
    std::vector<std::uint32_t> m_coupons;
    /// Set: open addressing table of the same coupons, 0 = free, size a power of two.
    std::vector<std::uint32_t> m_table;
    /// Hll: one byte a register.
    std::vector<std::uint8_t> m_registers;
    double m_hip = 0;
    /// Σ 2^-register over registers below 32 and from 32 on, kept apart for precision.
    double m_kxq0 = 0;
    double m_kxq1 = 0;
};

} // namespace tepal
