/// Rows of tables as what a model takes: its features found by their names.
#pragma once

#include <tepal/model/signature.h>
#include <tepal/table/reader.h>

namespace tepal {

/// Not thread-safe. The signature must outlive it.
class FeatureColumns
{
public:
    explicit FeatureColumns(const Signature &signature)
        : m_signature(&signature)
    {}

    /// InvalidArgument names the features that are no columns.
    Status match(const std::vector<std::string> &names);
    /// Of a block that was read cell by cell, after match() with its columns' names. Texts stay as
    /// they are written; numbers in columns of texts are read in the table's way of writing them.
    void row(const table::Block &block, std::size_t row, const table::Dialect &dialect,
             std::vector<Value> &out) const;

private:
    const Signature *m_signature;
    std::vector<std::size_t> m_columns; ///< Where each feature stands.
};

/// "a, b and 3 more"
std::string listedNames(const std::vector<std::string> &names, std::size_t most = 20);

} // namespace tepal
