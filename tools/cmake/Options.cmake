# The interface target that every library of the project links: warnings, sanitizers, arithmetic.
add_library(permloom_options INTERFACE)
target_include_directories(permloom_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(permloom_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual
    # GCC 12 sees overlapping copies in std::string's operator+ that are not there (GCC bug 105651).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
    # The same seed gives the same bytes on every machine: no fused multiply-add behind our back.
    -ffp-contract=off)
if(PERMLOOM_WERROR)
    target_compile_options(permloom_options INTERFACE -Werror)
endif()
if(PERMLOOM_SANITIZE)
    target_compile_options(permloom_options INTERFACE
        -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
        # GCC 12 reports libstdc++'s own <regex> (in Catch2) once sanitizers are on.
        -Wno-maybe-uninitialized)
    target_link_options(permloom_options INTERFACE -fsanitize=address,undefined)
endif()
if(PERMLOOM_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "PERMLOOM_FUZZ needs clang (Debian packages clang, libclang-rt-14-dev): "
                            "use the preset `fuzz`")
    endif()
    target_compile_options(permloom_options INTERFACE
        -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
        # Codes hold numbers, not magic words: watching every comparison finds nothing more and
        # takes half of the time.
        -fno-sanitize-coverage=trace-cmp)
    target_link_options(permloom_options INTERFACE -fsanitize=address,undefined)
endif()

# permloom_library(NAME room SOURCES... LINK...): one static library per room.
function(permloom_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
    add_library(permloom_${name} STATIC ${ARG_SOURCES})
    add_library(permloom::${name} ALIAS permloom_${name})
    target_link_libraries(permloom_${name} PUBLIC permloom_options ${ARG_LINK}
                          PRIVATE ${ARG_PRIVATE_LINK})
endfunction()
