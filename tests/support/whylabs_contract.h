/// What a WhyLabs server says its API takes, as far as it is used here: method, path, headers and
/// body of each call. For tests.
#pragma once

#include "http_server.h"

#include <string>
#include <vector>

namespace tepal::test {

/// What is wrong with a call to the API (not with a PUT to a granted place), a sentence each. Empty
/// when it is as described.
std::vector<std::string> contractViolations(const ReceivedRequest &request);

} // namespace tepal::test
