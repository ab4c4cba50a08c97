# The Debian packages that `cpack` makes (in the build folder): one for each component of what is installed.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME hextant)
set(CPACK_PACKAGE_CONTACT "${HX_MAINTAINER}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/packaging/strip.cmake)
set(CPACK_POST_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/packaging/finish.cmake)
set(CPACK_HX_STRIP ${CMAKE_STRIP})
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL program library development python)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})

# hx_package(COMPONENT NAME SECTION SUMMARY TEXT)
macro(hx_package component name section summary text)
    string(TOUPPER ${component} C)
    set(CPACK_DEBIAN_${C}_PACKAGE_NAME ${name})
    set(CPACK_DEBIAN_${C}_PACKAGE_SECTION ${section})
    set(CPACK_COMPONENT_${C}_DESCRIPTION "${summary}\n${text}")
    set(CPACK_DEBIAN_${C}_DESCRIPTION "${summary}\n${text}")
endmacro()
hx_package(program hextant misc "RISC-V full-system simulator that explains itself"
"It runs hypervisors, firmware, kernels and bare-metal programs, RV64 and RV32,
with the hypervisor extension and an SBI firmware inside. A monitor says why a
trap came: which rule decided, and what would change it.")
hx_package(library libhextant0 libs "RISC-V machines in a program of your own"
"The shared library of hextant, a simulator of RISC-V machines: programs make
machines, run them in steps, read registers and memory, translate addresses
and ask why a trap came.")
hx_package(development libhextant-dev libdevel "RISC-V machines in a program of your own: development"
"The header, the static library, examples, and the files with which pkg-config
and CMake find the library of hextant, a simulator of RISC-V machines.")

hx_package(python python3-hextant python "RISC-V machines in Python"
"Machines as objects: run in steps, with hooks, registers, memory, walks of
page tables and explanations of traps. For tests of firmware, kernels and
hypervisors with pytest, and for notebooks. It stands on the library of
hextant, a simulator of RISC-V machines.")
set(CPACK_DEBIAN_PYTHON_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS "python3, libhextant0 (>= ${PROJECT_VERSION})")

# What a package of a program that uses the library depends on, and what is to be done when it is installed.
file(READ ${CMAKE_SOURCE_DIR}/src/lib/exported.map exported)
string(REGEX MATCHALL "(HEXTANT_[0-9]+ {)|(hx_[a-z_]+;)" exported "${exported}")
foreach(word IN LISTS exported)
    if(word MATCHES "(HEXTANT_[0-9]+)")
        set(node ${CMAKE_MATCH_1})
        list(APPEND functions " ${node}@${node} 0.1.0\n")
    elseif(word MATCHES "(hx_[a-z_]+)")
        list(APPEND functions " ${CMAKE_MATCH_1}@${node} 0.1.0\n")
    endif()
endforeach()
list(SORT functions)
list(JOIN functions "" functions)
set(control ${CMAKE_BINARY_DIR}/generated/control)
file(CONFIGURE OUTPUT ${control}/symbols CONTENT
     "libhextant.so.0 libhextant0 #MINVER#\n* Build-Depends-Package: libhextant-dev\n${functions}" @ONLY)
file(CONFIGURE OUTPUT ${control}/shlibs CONTENT "libhextant 0 libhextant0 (>= 0.1.0)\n" @ONLY)
file(CONFIGURE OUTPUT ${control}/triggers CONTENT "activate-noawait ldconfig\n" @ONLY)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${control}/symbols ${control}/shlibs ${control}/triggers)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "libhextant0 (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS pkg-config)
include(CPack)
