# The libraries, gathered in interface targets: hx_dependencies, and hx_program_dependencies for what only
# the executable uses. Each is a Debian package; a missing one stops the configuration with the name of the
# package to install.
add_library(hx_dependencies INTERFACE)
add_library(hx_program_dependencies INTERFACE)

# hx_library(TARGET HEADER LIBRARY PACKAGE [SUBDIRECTORY OF THE HEADER])
function(hx_library target header library package)
    find_path(HX_INC_${library} ${header} PATH_SUFFIXES ${ARGN})
    find_library(HX_LIB_${library} ${library})
    mark_as_advanced(HX_INC_${library} HX_LIB_${library})
    if(NOT HX_INC_${library} OR NOT HX_LIB_${library})
        message(FATAL_ERROR "${header} or lib${library} not found: install the package ${package}")
    endif()
    target_include_directories(${target} SYSTEM INTERFACE ${HX_INC_${library}})
    target_link_libraries(${target} INTERFACE ${HX_LIB_${library}})
endfunction()

hx_library(hx_dependencies libelf.h elf libelf-dev)
hx_library(hx_dependencies libfdt.h fdt libfdt-dev)
hx_library(hx_dependencies mpfr.h mpfr libmpfr-dev)
hx_library(hx_dependencies gmp.h gmp libgmp-dev)
hx_library(hx_dependencies libslirp.h slirp libslirp-dev slirp)
hx_library(hx_dependencies zlib.h z zlib1g-dev)
hx_library(hx_dependencies zstd.h zstd libzstd-dev)
target_link_libraries(hx_dependencies INTERFACE m)

set(HX_LINE_EDITOR readline CACHE STRING
    "The prompt's editor: readline (the program as a whole is then under GPL-3), or editline")
if(HX_LINE_EDITOR STREQUAL "editline")
    hx_library(hx_program_dependencies editline/readline.h edit libedit-dev)
    target_compile_definitions(hx_program_dependencies INTERFACE HX_EDITLINE)
elseif(HX_LINE_EDITOR STREQUAL "readline")
    hx_library(hx_program_dependencies readline/readline.h readline libreadline-dev)
else()
    message(FATAL_ERROR "HX_LINE_EDITOR is ${HX_LINE_EDITOR}: it can be readline or editline")
endif()
hx_library(hx_program_dependencies seccomp.h seccomp libseccomp-dev)

find_package(Threads REQUIRED)
target_link_libraries(hx_dependencies INTERFACE Threads::Threads)
