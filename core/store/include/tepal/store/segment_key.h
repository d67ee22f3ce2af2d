/// Segments as text.
#pragma once

#include <tepal/base/result.h>
#include <tepal/profile/dataset.h>

#include <string>
#include <string_view>

namespace tepal {

/// `k=v` pairs as one text, unambiguous, the empty segment is "". For keys in tables and in JSON.
std::string segmentKey(const SegmentTags &segment);
SegmentTags parseSegmentKey(std::string_view key);

/// As people read and write it: `country=CH`, `country=CH;tier=gold`. A semicolon or a backslash in
/// it has a backslash before it, and so has an equals sign in a name: what is written is read
/// again.
std::string segmentLabel(const SegmentTags &segment);
Result<SegmentTags> parseSegment(std::string_view text);

} // namespace tepal
