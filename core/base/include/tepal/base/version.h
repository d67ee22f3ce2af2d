/// Which Tepal this is.
#pragma once

#include <string>
#include <string_view>

namespace tepal {

/// The version of the project, `0.1.0`. Its one place is the project() call of the top
/// CMakeLists.txt.
std::string_view version();

/// For people: `0.1.0 (d330ace0c1f2)`, or the version alone where the commit is not known.
std::string versionText(std::string_view commit);

/// What requests to other services say about who asks: `tepal/0.1.0`.
std::string userAgent();

} // namespace tepal
