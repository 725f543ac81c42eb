# Debian ships SystemC with a pkg-config file only. Defines SystemC::systemc.
find_path(SystemC_INCLUDE_DIR systemc)
find_library(SystemC_LIBRARY systemc)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(SystemC REQUIRED_VARS SystemC_LIBRARY SystemC_INCLUDE_DIR)
if(SystemC_FOUND AND NOT TARGET SystemC::systemc)
    add_library(SystemC::systemc INTERFACE IMPORTED)
    target_include_directories(SystemC::systemc SYSTEM INTERFACE "${SystemC_INCLUDE_DIR}")
    target_link_libraries(SystemC::systemc INTERFACE "${SystemC_LIBRARY}" Threads::Threads)
    # libsystemc.so is built as C++17 and checks that at link time; C++20 code must say so.
    target_compile_definitions(SystemC::systemc INTERFACE SC_CPLUSPLUS=201703L)
endif()
