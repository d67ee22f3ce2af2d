/// Segments as text.
#pragma once

#include <tepal/profile/dataset.h>

#include <string>
#include <string_view>

namespace tepal {

/// `k=v` pairs as one text, unambiguous, the empty segment is "". For keys in tables and in JSON.
std::string segmentKey(const SegmentTags &segment);
SegmentTags parseSegmentKey(std::string_view key);

} // namespace tepal
