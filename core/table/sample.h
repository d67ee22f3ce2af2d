/// The beginning of a delimited text, cut into records and cells under a dialect that is being
/// tried. Internal to the room.
#pragma once

#include "scan.h"

#include <string>
#include <string_view>
#include <vector>

namespace tepal::table {

struct SampleCell
{
    std::string_view text;
    bool quoted = false;
};

struct SampleRecord
{
    std::vector<SampleCell> cells;
    bool broken = false; ///< A quote is not closed, or text stands behind it.
    std::uint32_t lines = 1;
};

/// At most some 1,000 records; empty lines are left out but counted as lines of the next record.
class Sample
{
public:
    Sample(std::string_view text, bool whole, const Marks &marks);
    const std::vector<SampleRecord> &records() const { return m_records; }

private:
    // What the cells point into.
    std::string m_text;
    TextArena m_kept;
    std::vector<SampleRecord> m_records;
};

/// How numbers are written in the body of a sample, from `first` on; `doubt` as in DialectFound.
struct StyleFound
{
    char decimal = '.';
    char thousands = 0;
    std::string doubt;
};
StyleFound findNumberStyle(const std::vector<SampleRecord> &records, std::size_t first,
                           char delimiter);

/// Where records of one cell could be cells under another delimiter, which all of them have as
/// often as the first: a sentence that says so, else empty.
std::string oneColumnDoubt(const std::vector<SampleRecord> &records);

/// Every cell that is not quoted begins with a blank, but the first of each record.
bool hasBlanksBehindDelimiters(const std::vector<SampleRecord> &records, std::size_t first);

} // namespace tepal::table
