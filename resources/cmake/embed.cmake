# tepal_embed(SYMBOL NAME FILE path OUT generated.cpp)
#
# Writes a source file that puts the bytes of FILE into the program as
#   extern "C" const unsigned char NAME_begin[];
#   extern "C" const unsigned long long NAME_size;
# GNU-like compilers include the file while assembling (instant, any size); others get an array.
function(tepal_embed)
    cmake_parse_arguments(E "" "SYMBOL;FILE;OUT" "" ${ARGN})
    if(MSVC)
        add_custom_command(OUTPUT ${E_OUT}
            COMMAND ${CMAKE_COMMAND} -DFILE=${E_FILE} -DSYMBOL=${E_SYMBOL} -DOUT=${E_OUT}
                -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/embed_array.cmake
            DEPENDS ${E_FILE} VERBATIM)
        return()
    endif()
    if(APPLE)
        set(section ".const_data")
        set(prefix "_")
        set(hide ".private_extern")
        set(back ".text")
    elseif(WIN32)
        set(section ".section .rdata")
        set(prefix "")
        set(hide "")
        set(back ".text")
    else()
        set(section ".section .rodata")
        set(prefix "")
        set(hide ".hidden")
        set(back ".previous")
    endif()
    set(begin ${prefix}${E_SYMBOL}_begin)
    set(size ${prefix}${E_SYMBOL}_size)
    set(lines "${section}" ".balign 16" ".globl ${begin}" "${begin}:"
        ".incbin \\\"${E_FILE}\\\"" "0:" ".byte 0" ".balign 8" ".globl ${size}" "${size}:"
        ".quad 0b - ${begin}")
    if(hide)
        list(APPEND lines "${hide} ${begin}" "${hide} ${size}")
    endif()
    list(APPEND lines "${back}")
    set(text "// Generated.\n")
    foreach(line IN LISTS lines)
        string(APPEND text "__asm__(\"${line}\\n\");\n")
    endforeach()
    # One statement: separate ones could be reordered by the compiler.
    string(REPLACE "\\n\");\n__asm__(\"" "\\n\"\n        \"" text "${text}")
    file(GENERATE OUTPUT ${E_OUT} CONTENT "${text}")
    set_source_files_properties(${E_OUT} PROPERTIES OBJECT_DEPENDS ${E_FILE} GENERATED TRUE)
endfunction()
