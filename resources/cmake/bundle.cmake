# The workbench's resource bundle: icons, fonts, licence texts, the user's guide. Packed by rcc into
# one binary file and embedded, which costs no compile time (as an array the fonts would).

function(find_asset variable name hint)
    find_file(${variable} NAMES ${name} PATH_SUFFIXES ${ARGN}
        PATHS /usr/share /usr/local/share /Library $ENV{WINDIR} DOC "${hint}")
    if(NOT ${variable})
        message(FATAL_ERROR "${name} was not found (${hint}). Install it or set -D${variable}=…")
    endif()
endfunction()

set(inter "Inter typeface, Debian: fonts-inter")
foreach(weight Regular Medium SemiBold)
    find_asset(TEPAL_FONT_INTER_${weight} Inter-${weight}.otf ${inter} fonts/opentype/inter
        fonts/inter Fonts)
endforeach()
set(hack "Hack typeface, Debian: fonts-hack")
find_asset(TEPAL_FONT_MONO Hack-Regular.ttf ${hack} fonts/truetype/hack fonts/hack Fonts)
find_asset(TEPAL_FONT_INTER_LICENSE copyright ${inter} doc/fonts-inter)
find_asset(TEPAL_FONT_MONO_LICENSE copyright ${hack} doc/fonts-hack)

set(bundle_depends)
set(qrc "<RCC>\n<qresource prefix=\"/tepal\">\n")
macro(bundle_file alias path)
    string(APPEND qrc "  <file alias=\"${alias}\">${path}</file>\n")
    list(APPEND bundle_depends ${path})
endmacro()

foreach(name IN LISTS icon_names)
    bundle_file(icons/${name}.svg ${fetched}/lucide-static/icons/${name}.svg)
endforeach()
bundle_file(icons/tepal.svg ${CMAKE_CURRENT_SOURCE_DIR}/icon/tepal.svg)
bundle_file(fonts/inter-regular.otf ${TEPAL_FONT_INTER_Regular})
bundle_file(fonts/inter-medium.otf ${TEPAL_FONT_INTER_Medium})
bundle_file(fonts/inter-semibold.otf ${TEPAL_FONT_INTER_SemiBold})
bundle_file(fonts/mono.ttf ${TEPAL_FONT_MONO})
bundle_file("licenses/Tepal (Apache-2.0)" ${CMAKE_SOURCE_DIR}/LICENSE)
bundle_file("licenses/Hack typeface" ${TEPAL_FONT_MONO_LICENSE})
bundle_file("licenses/Inter typeface" ${TEPAL_FONT_INTER_LICENSE})
bundle_file("licenses/Lucide icons" ${fetched}/lucide-static/LICENSE)
bundle_file("licenses/Swagger UI" ${fetched}/swagger-ui-dist/LICENSE)
bundle_file("licenses/Swagger UI (notice)" ${fetched}/swagger-ui-dist/NOTICE)
bundle_file("licenses/Swagger UI (bundled parts)"
    ${fetched}/swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt)
file(GLOB guide CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/docs/*.md)
foreach(page IN LISTS guide)
    get_filename_component(name ${page} NAME)
    bundle_file(docs/${name} ${page})
endforeach()
string(APPEND qrc "</qresource>\n</RCC>\n")

set(qrc_file ${CMAKE_CURRENT_BINARY_DIR}/bundle.qrc)
set(rcc_file ${CMAKE_CURRENT_BINARY_DIR}/bundle.rcc)
file(GENERATE OUTPUT ${qrc_file} CONTENT "${qrc}")
add_custom_command(OUTPUT ${rcc_file}
    COMMAND Qt6::rcc --binary --no-compress -o ${rcc_file} ${qrc_file}
    DEPENDS ${qrc_file} ${bundle_depends}
    COMMENT "Packing icons, fonts and texts" VERBATIM)
add_custom_target(tepal_bundle DEPENDS ${rcc_file})

set(bundle_source ${CMAKE_CURRENT_BINARY_DIR}/embedded/bundle.cpp)
tepal_embed(SYMBOL tepal_ui_bundle FILE ${rcc_file} OUT ${bundle_source})
add_library(tepal_ui_assets STATIC ui_assets.cpp ${bundle_source})
add_library(tepal::ui_assets ALIAS tepal_ui_assets)
target_include_directories(tepal_ui_assets PUBLIC include)
target_link_libraries(tepal_ui_assets PRIVATE tepal_options PUBLIC Qt6::Core)
add_dependencies(tepal_bundle tepal_fetched)
add_dependencies(tepal_ui_assets tepal_bundle)
