/// whylogs v1 profile files: bytes ↔ DatasetProfile. Messages in whylogs.proto of this room.
#pragma once

#include <tepal/profile/dataset.h>

#include <string>
#include <string_view>

namespace tepal {

/// The file's bytes. Canonical: the same profile gives the same bytes, and parseProfile of them
/// gives a profile that serialises to them again.
std::string serializeProfile(const DatasetProfile &profile);

/// Reads a v1 file, unsegmented or the one segment of a segment file; stray bytes after the
/// announced length are ignored. Errors: Corrupt (damaged or not a profile), Unsupported (v0 files,
/// unknown sketch versions). Never reads outside `bytes`; allocates in proportion to them.
/// `size`, where wanted: how many of the bytes the profile takes.
Result<DatasetProfile> parseProfile(std::string_view bytes, std::size_t *size = nullptr);

/// One column alone, for storage: its components with their paths spelled out.
std::string serializeColumn(const ColumnProfile &column);
Result<ColumnProfile> parseColumn(std::string_view bytes);

inline constexpr std::string_view kProfileMagic = "WHY1";
inline constexpr std::string_view kTagPrefix = "whylogs.tag.";

} // namespace tepal
