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
    std::function<bool(Value)> isMet;

    static Condition compare(std::string name, Comparison comparison, double with);
    /// Numbers from `least` to `most`, both included.
    static Condition between(std::string name, double least, double most);
    /// Texts that are among `texts`; numbers by their text.
    static Condition among(std::string name, std::vector<std::string> texts);
    /// Texts that the expression (ECMAScript) matches from their beginning. Errors:
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
};
using ColumnSchemaPtr = std::shared_ptr<const ColumnSchema>;

/// Finds the choices for a column: by its name, else by the type of its first value, else none.
struct DatasetSchema
{
    std::map<std::string, ColumnSchemaPtr, std::less<>> byName;
    std::map<ValueKind, ColumnSchemaPtr> byType;

    /// Null when nothing is chosen for it.
    ColumnSchemaPtr find(std::string_view column, ValueKind firstValue) const;
};

} // namespace tepal
