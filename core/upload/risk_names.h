/// Names of people by their form. Internal to the room.
#pragma once

#include <string_view>

namespace tepal {

enum class NameForm {
    None,
    Capitals, ///< Two or three words with capitals.
    Given,    ///< The same, and the first of them is a common given name.
    Titled,   ///< "Dr. Anna Meier", "Frau Schulz"
};

NameForm nameForm(std::string_view text);

} // namespace tepal
