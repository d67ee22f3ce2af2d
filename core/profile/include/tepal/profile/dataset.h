/// A dataset profile: columns with the times and the metadata they belong to.
#pragma once

#include <tepal/base/time.h>
#include <tepal/profile/column.h>

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tepal {

/// Column names and values of a segment, in the order of the columns given; empty = everything.
using SegmentTags = std::vector<std::pair<std::string, std::string>>;

/// Values are copied and merged freely. Not thread-safe for writing.
class DatasetProfile
{
public:
    TimeMs datasetTimestamp = 0;
    TimeMs creationTimestamp = 0;
    /// Free key/value pairs. Keys with the prefix `whylogs.tag.` are stored as tags.
    std::map<std::string, std::string> metadata;
    SegmentTags segment;
    std::map<std::string, ColumnProfile, std::less<>> columns;
    /// Protobuf fields of the file's header and properties that we do not know, as they lie there.
    std::string unknownHeaderFields;
    std::string unknownProperties;

    /// What is tracked besides the standard metrics, for columns that come new; null for nothing.
    /// Not stored in files.
    std::shared_ptr<const DatasetSchema> schema;

    /// Tracks one record; a column that is not mentioned counts nothing.
    void track(std::string_view column, Value value, Semantics semantics = Semantics::Table);
    /// Union of the columns; the earlier timestamps; on equal metadata keys the other side wins.
    void merge(const DatasetProfile &other);
    /// Values of the busiest column: the number of records unless some lacked it.
    std::int64_t rows() const;
};

} // namespace tepal
