/// How whylogs names the segments of a data set.
#pragma once

#include <tepal/profile/dataset.h>

#include <string>
#include <vector>

namespace tepal {

/// Identifies a partition by its columns, whatever their order: a lowercase hexadecimal SHA-512.
std::string partitionId(const std::vector<std::string> &columns);

/// What whylogs notes in the profile of a segment: partition id, name and columns, and the
/// segment's own values as tags.
std::map<std::string, std::string> segmentMetadata(const SegmentTags &segment);

/// A cell as the value of a segment, spelled as Python's str does; "nan" for a missing one, so that
/// rows without a value form a segment of their own. (whylogs drops them where it segments by one
/// column, and has "nan" where by several.)
std::string segmentText(const Value &value);

/// `profile_<id>_<value>_<value>.bin` as whylogs names the file of a segment, with `stem` in place
/// of "profile"; characters that no file name may have become "_".
std::string segmentFileName(const std::string &stem, const SegmentTags &segment);

} // namespace tepal
