/// What a program was built from.
#pragma once

#include <string_view>

namespace tepal {

/// Short hash of the commit, with a `+` behind it where files were changed; empty where there was
/// no repository, as in an unpacked archive.
std::string_view buildCommit();

} // namespace tepal
