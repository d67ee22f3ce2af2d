# Script: the bytes of FILE as C arrays, for compilers that cannot include files while assembling.
file(READ ${FILE} hex HEX)
string(LENGTH "${hex}" length)
math(EXPR size "${length} / 2")
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUT} "// Generated.\n"
    "extern \"C\" const unsigned char ${SYMBOL}_begin[] = {\n${bytes}0};\n"
    "extern \"C\" const unsigned long long ${SYMBOL}_size = ${size};\n")
