# permloom_embed(TARGET name NAMESPACE ns FUNCTION f FILES...): compiles text files into a static
# library that offers `const std::vector<permloom::EmbeddedFile>& ns::f()`, so that the program
# needs no data directory beside it.
set(PERMLOOM_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/embed.cmake")
function(permloom_embed target)
    cmake_parse_arguments(ARG "" "FUNCTION" "FILES" ${ARGN})
    set(output "${CMAKE_CURRENT_BINARY_DIR}/${target}_embedded.cpp")
    list(TRANSFORM ARG_FILES PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" OUTPUT_VARIABLE paths)
    string(REPLACE ";" "|" joined "${ARG_FILES}")
    add_custom_command(
        OUTPUT "${output}"
        COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${output}" "-DFILES=${joined}" "-DFUNCTION=${ARG_FUNCTION}"
                "-DROOT=${CMAKE_CURRENT_SOURCE_DIR}" -P "${PERMLOOM_EMBED_SCRIPT}"
        DEPENDS ${paths} "${PERMLOOM_EMBED_SCRIPT}"
        VERBATIM)
    permloom_library(${target} SOURCES "${output}")
endfunction()
