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
/// of "profile". Where two segments could get the same name that way (characters that no file name
/// may have become "_", long values are cut, `_` within one of several values), `~` and a piece of
/// a hash follow the values, so that different segments have different names, whatever else there
/// is. The folder's own limit on names is kept.
std::string segmentFileName(const std::string &stem, const SegmentTags &segment);

/// The names of segments that are written to one folder, in their order: as segmentFileName, but
/// names that differ only in case or in how an accent is written get a hash too, because macOS and
/// Windows take them for the same file.
std::vector<std::string> segmentFileNames(const std::string &stem,
                                          const std::vector<SegmentTags> &segments);

} // namespace tepal
