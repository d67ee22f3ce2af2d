/// The body of the predict route for any model: one row in the model's order or by names.
#pragma once

#include <tepal/base/value.h>
#include <tepal/model/signature.h>
#include <tepal/table/frame.h>
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

    /// Any number of rows at a place of a document: lists of values in the model's order, objects
    /// by names, names and rows apart (`columns`, `data`), or columns as lists by names; a flat
    /// list is one row. `cells` is row-major, its texts point into the document. Errors as parse(),
    /// and name the row, from 1, where there are several.
    Status parseRows(const JsonDocument &json, std::uint32_t node, std::vector<Value> &cells,
                     std::size_t &rows);

    // For forms of rows that are read elsewhere.
    const Signature &signature() const { return *m_signature; }
    /// Room for so many rows, nothing in them.
    Status startRows(std::size_t count, std::vector<Value> &cells) const;
    /// One row of a table, by names.
    Status named(const table::Frame &frame, std::size_t row, std::vector<Value> &cells);
    Result<std::size_t> indexOf(std::string_view feature) const;
    Status cell(const JsonDocument &json, std::uint32_t value, std::size_t feature, std::size_t row,
                std::vector<Value> &cells) const;
    /// The same of a value that is no list and no object.
    Status cell(const Value &value, std::size_t feature, std::size_t row,
                std::vector<Value> &cells) const;

private:
    Status objectRows(const JsonDocument &json, std::uint32_t node, std::vector<Value> &cells,
                      std::size_t &rows);
    Status splitRows(const JsonDocument &json, std::uint32_t names, std::uint32_t data,
                     std::vector<Value> &cells, std::size_t &rows);
    Status columnRows(const JsonDocument &json, std::uint32_t node, std::vector<Value> &cells,
                      std::size_t &rows);
    Status orderedRow(const JsonDocument &json, std::uint32_t node, std::vector<Value> &cells,
                      std::size_t row);
    Status namedRow(const JsonDocument &json, std::uint32_t node, std::vector<Value> &cells,
                    std::size_t row);
    tl::unexpected<Error> refuseRows(std::string message) const;
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
