#include <tepal/profile/dataset.h>

#include <algorithm>

namespace tepal {

void DatasetProfile::track(std::string_view column, Value value, Semantics semantics)
{
    auto it = columns.find(column);
    if (it == columns.end()) {
        auto fresh = ColumnProfile::forFirstValue(
            value.kind(), semantics, schema ? schema->find(column, value.kind()) : nullptr);
        it = columns.emplace(std::string(column), std::move(fresh)).first;
    }
    it->second.track(value, semantics);
}

void DatasetProfile::merge(const DatasetProfile &other)
{
    datasetTimestamp = std::min(datasetTimestamp, other.datasetTimestamp);
    creationTimestamp = std::min(creationTimestamp, other.creationTimestamp);
    for (const auto &[key, value] : other.metadata)
        metadata[key] = value;
    if (unknownHeaderFields.empty())
        unknownHeaderFields = other.unknownHeaderFields;
    if (unknownProperties.empty())
        unknownProperties = other.unknownProperties;
    for (const auto &[name, column] : other.columns) {
        const auto [it, added] = columns.try_emplace(name, column);
        if (!added)
            it->second.merge(column);
    }
}

std::int64_t DatasetProfile::rows() const
{
    std::int64_t rows = 0;
    for (const auto &[name, column] : columns)
        rows = std::max(rows, column.counts.n);
    return rows;
}

} // namespace tepal
