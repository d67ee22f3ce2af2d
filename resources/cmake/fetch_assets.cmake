# Script: installs the locked packages with npm and keeps only the listed files.
#   cmake -DNPM=… -DSOURCE=… -DWORK=… -DOUT=… -DFILES=a|b|… -P fetch_assets.cmake
# Install scripts stay off: nothing of the packages is executed.
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK} ${OUT})
file(COPY ${SOURCE}/package.json ${SOURCE}/package-lock.json DESTINATION ${WORK})
execute_process(
    COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --loglevel=error
    WORKING_DIRECTORY ${WORK}
    RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(failed)
    message(FATAL_ERROR "npm could not install the packages of resources/package-lock.json:\n"
        "${output}\nCheck that npm reaches its registry, then build again.")
endif()
string(REPLACE "|" ";" FILES "${FILES}")
foreach(file IN LISTS FILES)
    if(NOT EXISTS ${WORK}/node_modules/${file})
        message(FATAL_ERROR "The package has no file ${file}; see resources/icons.txt.")
    endif()
    get_filename_component(folder ${OUT}/${file} DIRECTORY)
    file(COPY ${WORK}/node_modules/${file} DESTINATION ${folder})
    file(TOUCH ${OUT}/${file})
endforeach()
file(REMOVE_RECURSE ${WORK})
