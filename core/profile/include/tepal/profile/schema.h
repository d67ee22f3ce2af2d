/// What is tracked about a column beyond the metrics that its type brings.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/value.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

/// A named question that every value that is neither missing nor a boolean is asked; how many met
/// it is counted (exactly). Values of a kind that the question is not about do not meet it.
struct Condition
{
    enum class Comparison : std::uint8_t {
        Less,
        LessEqual,
        Equal,
        NotEqual,
        GreaterEqual,
        Greater
    };

    std::string name;
    /// May be asked by several threads at once.
    std::function<bool(Value)> isMet;
    /// The question as JSON, as parseSchema reads it; empty for a function of one's own. Says what
    /// isMet asks; changing it alone changes nothing.
    std::string question;

    static Condition compare(std::string name, Comparison comparison, double with);
    /// Numbers from `least` to `most`, both included.
    static Condition between(std::string name, double least, double most);
    /// Texts that are among `texts`, and numbers that are equal to one of them.
    static Condition among(std::string name, std::vector<std::string> texts);
    /// Texts that the expression matches from their beginning, in RE2's syntax: as in Perl, without
    /// back references and looking around, up to 1,000 bytes. The time is linear in the text,
    /// memory is bounded (1 MiB each), and of texts the first 16 KiB are looked at. Errors:
    /// InvalidArgument.
    static Result<Condition> regex(std::string name, const std::string &expression);
};

/// The choices for one column. Shared by all profiles made with it; never changed afterwards.
struct ColumnSchema
{
    std::vector<Condition> conditions;
    /// Characters per range and the length of every text. Costs about a microsecond a text.
    bool unicodeRanges = false;
    /// Metrics to leave out although the type would bring them.
    bool frequentItems = true;
    bool cardinality = true;
    bool distribution = true;
    bool ints = true;
};
using ColumnSchemaPtr = std::shared_ptr<const ColumnSchema>;

/// Finds the choices for a column: by its name, else by the type of its first value, else none.
/// They are not put together: a column that is named has what stands under its name, no more.
struct DatasetSchema
{
    std::map<std::string, ColumnSchemaPtr, std::less<>> byName;
    std::map<ValueKind, ColumnSchemaPtr> byType;

    /// Null when nothing is chosen for it. A column that begins with a missing value counts as
    /// text, as it does for the metrics.
    ColumnSchemaPtr find(std::string_view column, ValueKind firstValue) const;
    /// For a column that was read back, whose first value is not known any more: by its name, else
    /// the choices of a type that ask the same conditions, those of its most frequent type first.
    ColumnSchemaPtr findFor(std::string_view column, const class ColumnProfile &profile) const;
};
using DatasetSchemaPtr = std::shared_ptr<const DatasetSchema>;

/// Texts above this size are refused.
inline constexpr std::size_t kMaxSchemaBytes = 256u << 10;

/// The choices for a dataset as a JSON document:
///
///     {"columns": {"petal_width": {"conditions": {"positive": {"greater": 0},
///                                                 "usual": {"between": [0.1, 2.5]}}},
///                  "species":     {"conditions": {"known": {"among": ["setosa", "virginica"]},
///                                                 "plain": {"regex": "[a-z]+$"}},
///                                  "unicode": true}},
///      "types":   {"integral": {"without": ["frequent-items"]}}}
///
/// `columns` are named, `types` are integral, fractional, boolean, string, object and tensor. Each
/// has, all optional: `conditions` (name → question), `unicode` (true: unicode ranges and lengths
/// of texts) and `without` (of distribution, cardinality, frequent-items, ints). A question has one
/// or more of less, at-most, equal, not-equal, at-least, greater (a number; equal and not-equal
/// also a text), between ([least, most]), among (a list of texts and numbers; a number and
/// the text that spells it are the same there), regex; what it has must all hold. Errors:
/// InvalidArgument with the place (line and column, or the path of keys) and what belongs there; a
/// key that is not known or stands twice is one.
Result<DatasetSchema> parseSchema(std::string_view json);

/// What parseSchema reads back, always the same text for the same choices; `indent` spaces per
/// level or all in one line. Errors: Unsupported for a condition that is a function of one's own.
Result<std::string> formatSchema(const DatasetSchema &schema, int indent = -1);

} // namespace tepal
