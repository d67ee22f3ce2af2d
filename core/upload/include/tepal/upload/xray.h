/// What exactly leaves the machine with a profile.
///
/// A profile is a summary, and still holds values of single rows as they were: the smallest and the
/// largest number, the numbers that the quantile sketch kept (all of them up to k = 1,024), and the
/// frequent texts. The X-ray lists these, and says which of them may point to a person.
#pragma once

#include <tepal/profile/dataset.h>
#include <tepal/upload/risk.h>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace tepal {

/// What was found, where, and how much of it.
struct Risk
{
    enum class Place : std::uint8_t {
        Value,      ///< Raw texts of a column.
        Numbers,    ///< A column's minimum, maximum and kept numbers.
        ColumnName, ///< The name itself is a value, as columns of a pivoted table are called.
        Condition,  ///< The name of a condition.
        Segment,    ///< The value of a segment.
        Metadata,
    };

    RiskKind kind = RiskKind::Identifier;
    RiskLevel level = RiskLevel::Possible;
    Place place = Place::Value;
    /// The column; the key of a segment or of metadata.
    std::string name;
    std::uint64_t count = 1; ///< Texts with it.
    /// The most frequent one as it leaves the machine; empty where there is none to show (a column
    /// is judged by its name).
    std::string value;
    /// Why, in words, with the value masked: "3 of 58 texts are an e-mail address: a…@…org".
    std::string evidence;
};

/// One raw text that the sketch of frequent items holds: lower ≤ how often it came ≤ upper.
struct XRayText
{
    std::string value;
    std::uint64_t estimate = 0;
    std::uint64_t lower = 0;
    std::uint64_t upper = 0;
    std::optional<RiskFinding> risk;
};

/// Numbers that leave, of values or of characters per text.
struct XRayNumbers
{
    std::uint64_t n = 0;
    double min = 0; ///< Exact: each is the value of somebody's row. NaN when n is 0.
    double max = 0;
    double mean = 0;
    double stddev = 0;
    std::uint64_t kept = 0; ///< Values in the quantile sketch, each as it stood in a row.
    bool all = false;       ///< Every value is among them.
};

/// The distinct sketch: hashes, no values. Whoever guesses a value can hash it and look whether it
/// is (very probably) among them while they are few.
struct XRayDistinct
{
    double estimate = 0;
    double lower = 0; ///< Of one standard deviation.
    double upper = 0;
    bool guessable = false; ///< Every value's hash is there (up to 384 of them).
};

struct XRayCondition
{
    std::string name;
    std::int64_t met = 0;
};

struct XRayRange
{
    std::string name; ///< "latin-lower", "string_length", …
    XRayNumbers numbers;
};

/// A part of the file that this program passes on without knowing what it means.
struct XRayUnknown
{
    std::string path; ///< "custom/dataclass_param"; empty for fields without a path.
    std::size_t bytes = 0;
};

struct XRayColumn
{
    std::string name;
    ValueKind kind = ValueKind::Null; ///< The type of most values.
    std::size_t bytes = 0;            ///< Its share of the file, about.
    Counts counts;
    TypeCounts types;
    std::optional<XRayNumbers> numbers;
    std::optional<IntRange> integers; ///< Exact; not there when the column has none.
    std::optional<XRayDistinct> distinct;
    bool hasTexts = false;       ///< Has a sketch of frequent items, be it empty.
    std::vector<XRayText> texts; ///< Every raw text in the file, most frequent first.
    std::int64_t asked = 0;      ///< Values that the conditions were asked about.
    std::vector<XRayCondition> conditions;
    std::vector<XRayRange> ranges;
    std::vector<XRayUnknown> unknown;
    std::vector<Risk> risks; ///< Gravest first.
};

struct XRayPair
{
    std::string key;
    std::string value;
    bool masked = false; ///< Of a row, or a risk: shown on request only.
};

struct XRay
{
    std::size_t bytes = 0; ///< Of the whole file.
    std::int64_t rows = 0;
    TimeMs datasetTimestamp = 0;
    TimeMs creationTimestamp = 0;
    std::vector<XRayPair> metadata; ///< Keys as they stand in the file, tags among them.
    std::vector<XRayPair> segment;  ///< Column and value.
    std::vector<XRayColumn> columns;
    std::vector<XRayUnknown> unknown; ///< Of the file's header.
    std::vector<Risk> risks;          ///< Of segment and metadata. Gravest first.

    std::size_t texts() const; ///< Raw texts in all columns.
    std::size_t riskCount() const;
    /// "6 columns, 1,234 rows, 58 raw texts, 2 risks"
    std::string summary() const;
};

/// Pure and thread-safe. `bytes`: the file's size where it is known, else it is written to measure
/// it.
XRay xray(const DatasetProfile &profile, std::size_t bytes = 0);

/// "all 150 values as they are, smallest and largest among them": what of the rows themselves
/// leaves with a column's numbers.
std::string keptText(const XRayNumbers &numbers);

/// Stable names, see the guide. Without `reveal` every raw text, the values of segments, metadata
/// that is a risk, and names of columns that are values themselves are masked; `min` and `max` are
/// null where the numbers themselves are a risk. Infinite numbers are texts as in `tepal inspect`.
nlohmann::ordered_json xrayJson(const XRay &xray, bool reveal);

} // namespace tepal
