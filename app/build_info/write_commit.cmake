# Writes build_info.cpp, and only when the commit is another one.
#   cmake -DGIT=… -DSOURCE=DIR -DOUT=FILE [-DCOMMIT=…] -P write_commit.cmake
set(commit "${COMMIT}")
# A repository around an unpacked archive is not ours.
if(NOT commit AND GIT AND EXISTS ${SOURCE}/.git)
    execute_process(
        COMMAND ${GIT} -C ${SOURCE} describe --always --exclude=* --abbrev=12 --dirty=+
        OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        set(commit "")
    endif()
endif()
if(NOT commit MATCHES "^[0-9A-Za-z.+-]*$")
    message(FATAL_ERROR "TEPAL_COMMIT is \"${commit}\": letters, digits, dots and dashes only.")
endif()
file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT [[
#include "app/build_info/build_info.h"

namespace tepal {

std::string_view buildCommit()
{
    return "@commit@";
}

} // namespace tepal
]])
