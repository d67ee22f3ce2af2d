/// What power.cpp and its test share.
#pragma once

namespace tepal::test {

/// Exit status of a program whose power was cut.
inline constexpr int kPowerStatus = 77;

} // namespace tepal::test
