# The libraries, gathered in the interface target hx_dependencies. Each is a Debian package; a missing
# one stops the configuration with the name of the package to install.
add_library(hx_dependencies INTERFACE)

# hx_library(HEADER LIBRARY PACKAGE [SUBDIRECTORY OF THE HEADER])
function(hx_library header library package)
    find_path(HX_INC_${library} ${header} PATH_SUFFIXES ${ARGN})
    find_library(HX_LIB_${library} ${library})
    mark_as_advanced(HX_INC_${library} HX_LIB_${library})
    if(NOT HX_INC_${library} OR NOT HX_LIB_${library})
        message(FATAL_ERROR "${header} or lib${library} not found: install the package ${package}")
    endif()
    target_include_directories(hx_dependencies SYSTEM INTERFACE ${HX_INC_${library}})
    target_link_libraries(hx_dependencies INTERFACE ${HX_LIB_${library}})
endfunction()

hx_library(libelf.h elf libelf-dev)
hx_library(libfdt.h fdt libfdt-dev)
hx_library(readline/readline.h readline libreadline-dev)
hx_library(mpfr.h mpfr libmpfr-dev)
hx_library(gmp.h gmp libgmp-dev)
hx_library(libslirp.h slirp libslirp-dev slirp)
hx_library(zlib.h z zlib1g-dev)
hx_library(zstd.h zstd libzstd-dev)
target_link_libraries(hx_dependencies INTERFACE m)

find_package(Threads REQUIRED)
target_link_libraries(hx_dependencies INTERFACE Threads::Threads)
