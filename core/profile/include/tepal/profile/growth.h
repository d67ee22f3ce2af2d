/// A column of a table that is profiled while it comes, as if it had been there as a whole.
///
/// A data frame knows the type of a column before whylogs sees it; a file read block by block, or a
/// window into which requests come, does not: the first missing cell makes fractions of integers,
/// the first word makes text of them, and a profile cannot be typed again. So beside the profile
/// the other readings are kept for as long as they are possible: of a column of integers its
/// distinct values as fractions and as texts, of one with missing cells also the metrics that
/// integers have. A change of type then swaps sketches; memory stays constant, and the profile is
/// the one of a column that was wide from the start. Whichever way rows come in (file, request, row
/// by row), the rule is this one.
///
/// A missing cell is a null and a NaN, as in pandas' data frames, also in columns of text. A column
/// with nothing but missing cells is profiled as fractions.
#pragma once

#include <tepal/profile/column.h>
#include <tepal/table/reader.h>

#include <functional>
#include <optional>
#include <span>

namespace tepal {

/// Used beside one ColumnProfile, which every call names. Not thread-safe.
class ColumnGrowth
{
public:
    /// An empty profile with the metrics of a column whose first value is of this kind.
    using Make = std::function<ColumnProfile(ValueKind)>;

    ColumnGrowth() = default;
    /// `keepTexts`: the column is also profiled as text all along (about twice the work), for
    /// tables that cannot be read again.
    explicit ColumnGrowth(bool keepTexts)
        : m_keepTexts(keepTexts)
    {}
    /// Goes on with a profile that was stored. Its other readings are lost: later changes of type
    /// apply to what comes then.
    static ColumnGrowth resumed(const ColumnProfile &column);

    /// Cells of the table's next rows. Types that cannot be brought together any more stand side by
    /// side then, as in a column of objects.
    void take(ColumnProfile &to, const table::Column &cells, const Make &make);
    void take(ColumnProfile &to, std::span<const Value> cells, const Make &make);
    void takeMissing(ColumnProfile &to, std::uint64_t count, const Make &make);

    /// Makes the profile that of a wider column, exactly, or leaves it and returns false: text
    /// after fractions, or after numbers that are not written the usual way.
    bool widen(ColumnProfile &to, table::ColumnType wider, const Make &make);
    /// At the end: the type and the gaps that the whole column has, of which this is a segment.
    void settle(ColumnProfile &to, table::ColumnType type, bool missing, const Make &make);

    table::ColumnType type() const { return m_type; }

private:
    enum class Form : std::uint8_t { Integers, Fractions, Unsigned };

    /// What the profile would hold in another form. The sketch of the present form is in the
    /// profile.
    struct Others
    {
        HllSketch integers;
        HllSketch fractions;
        HllSketch texts;
        // Empty while the profile has them itself, or when they are not wanted.
        std::optional<FrequentStrings> digits;
        std::optional<IntRange> range;
        bool exactTexts = true; ///< Every integer so far was written the one usual way.

        /// The text of an integer, for the day that the column is one of texts.
        void note(std::string_view text, std::uint64_t count);
        void bound(std::int64_t value);
    };

    void decide(ColumnProfile &to, table::ColumnType type, bool missing, const Make &make);
    void become(ColumnProfile &to, table::ColumnType type, bool missing, const Make &make);
    void present(ColumnProfile &to, Form form);
    bool toTexts(ColumnProfile &to, const Make &make);
    void toObjects(ColumnProfile &to, const Make &make);
    void addMissing(ColumnProfile &to, std::uint64_t count) const;
    void addIntegers(ColumnProfile &to, std::span<const CountedInteger> values);
    void addIntegers(ColumnProfile &to, std::span<const std::int64_t> values);
    void addUnsigned(ColumnProfile &to, std::span<const CountedUnsigned> values);
    template <typename Track, typename Keys>
    void addByKeys(ColumnProfile &to, const Track &track, const Keys &keys);
    bool countsIntegers() const;

    bool m_keepTexts = false;
    table::ColumnType m_type = table::ColumnType::Nothing;
    bool m_missing = false;
    Form m_form = Form::Fractions;
    std::optional<Others> m_others;      ///< While every cell is an integer.
    std::optional<ColumnProfile> m_text; ///< With keepTexts: the same cells as text.
};

} // namespace tepal
