# Uses ccache when the machine has it; nothing depends on it.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

# permloom_precompile_headers(TARGET <header>...): system headers that most files of the target
# include, compiled once. ccache only takes such files when the compiler keeps the header's name in
# its output and ccache need not check the macros and times of the header, which the build watches.
function(permloom_precompile_headers target)
    target_precompile_headers(${target} PRIVATE ${ARGN})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(${target} PRIVATE -fpch-preprocess)
    endif()
    if(CMAKE_CXX_COMPILER_LAUNCHER STREQUAL CCACHE_PROGRAM)
        set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER
            "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros;${CCACHE_PROGRAM}")
    endif()
endfunction()
