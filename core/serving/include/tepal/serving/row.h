/// The body of the predict route for any model: one row in the model's order or by names.
#pragma once

#include <tepal/base/value.h>
#include <tepal/model/signature.h>
#include <tepal/table/json.h>

#include <string_view>
#include <unordered_map>
#include <vector>

namespace tepal {

/// Reads rows for one model. Reused; not thread-safe.
class RowParser
{
public:
    explicit RowParser(const Signature &signature);

    /// `[[5.1, "red"]]`: leaves of regularly nested arrays in the model's order, or one row by
    /// names: `{"size": 5.1, "colour": "red"}`, alone or in a list, or a data frame of one row as
    /// pandas writes it. Null and NaN are missing values. Numbers may be texts, and true and false.
    /// Each value has its feature's type then: Integral for whole numbers, String for texts, Null
    /// for what is missing, and is what was sent. Texts point into the body or this parser.
    /// InvalidArgument names the feature: absent, unknown, a text that is no number, not finite.
    Status parse(std::string_view body, std::vector<Value> &row);

private:
    Status byNames(std::vector<Value> &row);
    Status byColumns(std::vector<Value> &row);
    Status place(std::string_view name, const Value &value, std::vector<Value> &row);
    Status nothingAbsent() const;

    const Signature *m_signature;
    std::unordered_map<std::string_view, std::size_t> m_index;
    std::vector<bool> m_seen;
    JsonDocument m_json;
};

} // namespace tepal
