# Our copyright, then that of each part which is compiled in and wants to be named.
#   cmake -DHEAD=FILE -DOUT=FILE "-DPARTS=TITLE=FILE|…" -P write_copyright.cmake
file(READ ${HEAD} text)
string(REPLACE "|" ";" parts "${PARTS}")
foreach(part IN LISTS parts)
    string(FIND "${part}" "=" at)
    string(SUBSTRING "${part}" 0 ${at} title)
    math(EXPR at "${at} + 1")
    string(SUBSTRING "${part}" ${at} -1 file)
    if(NOT EXISTS ${file})
        message(FATAL_ERROR "The licence of ${title} was expected in ${file} and is not there. A package must not "
            "go without it: install the package that brings it, or correct installers/CMakeLists.txt.")
    endif()
    file(READ ${file} licence)
    string(APPEND text
        "\n----------------------------------------------------------------------\n"
        "Compiled in: ${title}\n\n${licence}")
endforeach()
file(WRITE ${OUT} "${text}")
