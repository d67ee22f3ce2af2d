# Read for each generator, before it runs.
if(CPACK_GENERATOR STREQUAL "DEB")
    # It would be put in front of the summary that each package has.
    set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
endif()
