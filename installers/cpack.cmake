# Packages: cpack --config build/package/CPackConfig.cmake -G DEB. The tarball that carries its libraries is made by
# tarball.sh. NSIS and DragNDrop are written for their systems and have not been run there.
set(CPACK_PACKAGE_NAME tepal)
set(CPACK_PACKAGE_VENDOR "Tepal")
set(CPACK_PACKAGE_CONTACT "${TEPAL_CONTACT}")
set(CPACK_PACKAGE_HOMEPAGE_URL "${TEPAL_HOMEPAGE}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Serves a model and tells whether its data drifts")
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_SOURCE_DIR}/cpack_generator.cmake)
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CHECKSUM SHA256)
set(CPACK_COMPONENTS_ALL cli sdk)
if(TEPAL_BUILD_UI)
    list(APPEND CPACK_COMPONENTS_ALL workbench)
endif()
set(CPACK_COMPONENT_CLI_DISPLAY_NAME "Command line")
set(CPACK_COMPONENT_CLI_DESCRIPTION "The endpoint, profiles and drift without a window")
set(CPACK_COMPONENT_WORKBENCH_DISPLAY_NAME "Workbench")
set(CPACK_COMPONENT_WORKBENCH_DESCRIPTION "The window")
set(CPACK_COMPONENT_WORKBENCH_DEPENDS cli)
set(CPACK_COMPONENT_SDK_DISPLAY_NAME "Library for C++ programs")
set(CPACK_COMPONENT_SDK_DESCRIPTION "Profiles and sketches by find_package(Tepal)")
set(CPACK_COMPONENT_SDK_DISABLED ON)

# ---------------------------------------------------------------- Debian
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_CLI_PACKAGE_NAME tepal)
set(CPACK_DEBIAN_CLI_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_CLI_PACKAGE_SUGGESTS "tepal-workbench (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_CLI_DESCRIPTION "serve a model and tell whether its data drifts (command line)
Tepal serves a machine-learning model over HTTP, profiles every request in the
whylogs format, and tells, with its uncertainty, whether live data has drifted
from a reference. It needs no account and no network, and sends nothing
anywhere unless told to.

This package has the command-line program and the services; it needs no
display.")
set(CPACK_DEBIAN_CLI_PACKAGE_CONTROL_EXTRA
    ${CMAKE_CURRENT_SOURCE_DIR}/debian/postinst
    ${CMAKE_CURRENT_SOURCE_DIR}/debian/prerm
    ${CMAKE_CURRENT_SOURCE_DIR}/debian/postrm)

set(CPACK_DEBIAN_WORKBENCH_PACKAGE_NAME tepal-workbench)
set(CPACK_DEBIAN_WORKBENCH_PACKAGE_SHLIBDEPS ON)
# SHLIBDEPS does not see what Qt loads by itself.
set(CPACK_DEBIAN_WORKBENCH_PACKAGE_DEPENDS "tepal (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_WORKBENCH_PACKAGE_RECOMMENDS "qt6-wayland, libqt6svg6")
set(CPACK_DEBIAN_WORKBENCH_DESCRIPTION "serve a model and see whether its data drifts (window)
Tepal serves a machine-learning model on your own machine, profiles every
request in the whylogs format, and shows, with its uncertainty, whether live
data has drifted from a reference.

This package has the desktop program.")

set(CPACK_DEBIAN_SDK_PACKAGE_NAME libtepal-dev)
set(CPACK_DEBIAN_SDK_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_SDK_PACKAGE_DEPENDS "libexpected-dev, libfmt-dev, libspdlog-dev, nlohmann-json3-dev, libssl-dev, \
zlib1g-dev, libbz2-dev, liblzma-dev, libzstd-dev, libsimdjson-dev, libutf8proc-dev, libre2-dev")
set(CPACK_DEBIAN_SDK_DESCRIPTION "whylogs profiles and sketches for C++ programs
Static libraries and headers that read, write, merge and compute profiles in
the whylogs format, without Qt: find_package(Tepal) gives tepal::profile.")

# ---------------------------------------------------------------- Windows (compiled for syntax only)
set(CPACK_NSIS_DISPLAY_NAME "Tepal ${PROJECT_VERSION}")
set(CPACK_NSIS_PACKAGE_NAME "Tepal")
set(CPACK_NSIS_URL_INFO_ABOUT "${TEPAL_HOMEPAGE}")
set(CPACK_NSIS_ENABLE_UNINSTALL_BEFORE_INSTALL ON)
set(CPACK_NSIS_MODIFY_PATH ON)
set(CPACK_NSIS_UNICODE ON)
set(CPACK_PACKAGE_INSTALL_DIRECTORY "Tepal")
set(CPACK_PACKAGE_EXECUTABLES "tepal-workbench;Tepal")
set(CPACK_NSIS_CREATE_ICONS_EXTRA [[
  WriteRegStr SHCTX "Software\\Classes\\Tepal.Profile" "" "whylogs profile"
  WriteRegStr SHCTX "Software\\Classes\\Tepal.Profile\\shell\\open\\command" "" '"$INSTDIR\\bin\\tepal-workbench.exe" "%1"'
  WriteRegStr SHCTX "Software\\Classes\\.bin\\OpenWithProgids" "Tepal.Profile" ""
  WriteRegStr SHCTX "Software\\Classes\\.whylogs" "" "Tepal.Profile"
]])
set(CPACK_NSIS_DELETE_ICONS_EXTRA [[
  DeleteRegKey SHCTX "Software\\Classes\\Tepal.Profile"
  DeleteRegValue SHCTX "Software\\Classes\\.bin\\OpenWithProgids" "Tepal.Profile"
  DeleteRegKey SHCTX "Software\\Classes\\.whylogs"
]])

# ---------------------------------------------------------------- macOS (written, not run)
set(CPACK_DMG_VOLUME_NAME "Tepal ${PROJECT_VERSION}")
set(CPACK_DMG_FORMAT UDZO)

if(WIN32)
    set(CPACK_GENERATOR NSIS ZIP)
elseif(APPLE)
    set(CPACK_GENERATOR DragNDrop TGZ)
else()
    set(CPACK_GENERATOR DEB)
endif()
set(CPACK_VERBATIM_VARIABLES ON)
include(CPack)
