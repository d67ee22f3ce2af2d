#include <tepal/model/table_rows.h>

#include <fmt/format.h>

#include <algorithm>

namespace tepal {
namespace {

/// A column's type is that of all its cells; a feature's is the model's.
Value cell(const Feature &feature, const table::Column &column, std::size_t row,
           const table::Dialect &dialect)
{
    const Value &value = column.values[row];
    if (table::isMissing(value))
        return Value::null();
    if (feature.type == FeatureType::Text && row < column.cells.size())
        return Value::string(column.cells[row]);
    if (feature.type != FeatureType::Text && value.kind() == ValueKind::String) {
        if (const auto number =
                table::fractionOf(value.asString(), {dialect.decimal, dialect.thousands}))
            return Value::fractional(*number);
    }
    return value;
}

} // namespace

std::string listedNames(const std::vector<std::string> &names, std::size_t most)
{
    std::string out;
    for (std::size_t i = 0; i < std::min(most, names.size()); ++i)
        out += (i > 0 ? ", " : "") + names[i];
    return names.size() > most ? out + fmt::format(" and {} more", names.size() - most) : out;
}

Status FeatureColumns::match(const std::vector<std::string> &names)
{
    m_columns.clear();
    std::vector<std::string> absent;
    for (const Feature &feature : m_signature->features) {
        const auto at = std::find(names.begin(), names.end(), feature.name);
        if (at == names.end())
            absent.push_back(feature.name);
        m_columns.push_back(static_cast<std::size_t>(at - names.begin()));
    }
    if (absent.empty())
        return {};
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the table lacks {} of the model's columns: {}", absent.size(),
                            listedNames(absent)),
                fmt::format("it has {}; features are found by their names", listedNames(names)));
}

void FeatureColumns::row(const table::Block &block, std::size_t row, const table::Dialect &dialect,
                         std::vector<Value> &out) const
{
    out.clear();
    for (std::size_t i = 0; i < m_columns.size(); ++i)
        out.push_back(cell(m_signature->features[i], block.columns[m_columns[i]], row, dialect));
}

} // namespace tepal
