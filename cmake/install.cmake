# What `cmake --install` installs: the program, the library's shared form, what programs are built with it from
# (components program, library, development), and its Python module (python). cmake/packages.cmake makes Debian packages of them.
if(CMAKE_LIBRARY_ARCHITECTURE AND EXISTS /etc/debian_version)
    set(CMAKE_INSTALL_LIBDIR lib/${CMAKE_LIBRARY_ARCHITECTURE} CACHE PATH "Where libraries are installed")
endif()
include(GNUInstallDirs)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME program)
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
    WORLD_READ WORLD_EXECUTE)

# Man pages and completions, made of options.def by a program.
add_executable(generate packaging/generate.c)
target_link_libraries(generate PRIVATE hextant_core)
set(pages)
# hx_generated(FILE ARGUMENT...): what the program prints, compressed if FILE ends in .gz.
function(hx_generated file)
    set(out ${CMAKE_BINARY_DIR}/generated/${file})
    set(filter)
    if(file MATCHES "[.]gz$")
        set(filter | gzip -9n)
    endif()
    add_custom_command(OUTPUT ${out} COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/generated
                       COMMAND $<TARGET_FILE:generate> ${ARGN} ${filter} > ${out} DEPENDS generate)
    set(pages ${pages} ${out} PARENT_SCOPE)
endfunction()
hx_generated(hextant.1.gz man hextant)
install(FILES ${CMAKE_BINARY_DIR}/generated/hextant.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
foreach(command IN ITEMS run debug test diff fuzz)
    hx_generated(hextant-${command}.1.gz man ${command})
    install(FILES ${CMAKE_BINARY_DIR}/generated/hextant-${command}.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endforeach()
hx_generated(hextant.bash bash)
hx_generated(_hextant zsh)
install(FILES ${CMAKE_BINARY_DIR}/generated/hextant.bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME hextant)
install(FILES ${CMAKE_BINARY_DIR}/generated/_hextant DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)

# Documents, and what Debian wants beside them.
set(HX_MAINTAINER "The hextant authors <hextant@example.org>" CACHE STRING "Who answers for the Debian packages")
configure_file(packaging/changelog.in generated/changelog.Debian @ONLY)
set(HX_DOCDIR ${CMAKE_INSTALL_DATADIR}/doc)
set(HX_PACKAGES hextant libhextant0 libhextant-dev python3-hextant)
# The component that a Debian package is made of.
function(hx_component package)
    set(of_hextant program)
    set(of_libhextant0 library)
    set(of_libhextant-dev development)
    set(of_python3-hextant python)
    set(component ${of_${package}} PARENT_SCOPE)
endfunction()
function(hx_compressed file)
    set(out ${CMAKE_BINARY_DIR}/generated/${file}.gz)
    add_custom_command(OUTPUT ${out} COMMAND gzip -9nc ${ARGN} > ${out} DEPENDS ${ARGN})
    set(pages ${pages} ${out} PARENT_SCOPE)
    foreach(package IN LISTS HX_PACKAGES)
        hx_component(${package})
        install(FILES ${out} DESTINATION ${HX_DOCDIR}/${package} COMPONENT ${component})
    endforeach()
endfunction()
hx_compressed(changelog ${CMAKE_SOURCE_DIR}/CHANGELOG.md)
hx_compressed(changelog.Debian ${CMAKE_BINARY_DIR}/generated/changelog.Debian)
foreach(package IN LISTS HX_PACKAGES)
    hx_component(${package})
    install(FILES packaging/copyright DESTINATION ${HX_DOCDIR}/${package} COMPONENT ${component})
    file(CONFIGURE OUTPUT generated/overrides-${package} CONTENT
         "# The package is built by users for themselves, not uploaded.\n${package}: initial-upload-closes-no-bugs\n")
    install(FILES ${CMAKE_BINARY_DIR}/generated/overrides-${package}
            DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME ${package} COMPONENT ${component})
endforeach()
install(FILES NOTICE README.md DESTINATION ${HX_DOCDIR}/hextant)
install(DIRECTORY docs DESTINATION ${HX_DOCDIR}/hextant FILES_MATCHING PATTERN "*.md")
set(sources FILES_MATCHING PATTERN "*.[cS]" PATTERN "Makefile" PATTERN "*.md" PATTERN "seeds.py")
install(DIRECTORY examples DESTINATION ${HX_DOCDIR}/hextant ${sources}
        PATTERN library EXCLUDE PATTERN python EXCLUDE)
install(DIRECTORY examples/library/ DESTINATION ${HX_DOCDIR}/libhextant-dev/examples COMPONENT development ${sources})
install(TARGETS hextant RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
add_custom_target(documents ALL DEPENDS ${pages})

# The library, its header, and what finds them: pkg-config, and find_package(hextant) of CMake.
install(TARGETS hextant_shared EXPORT hextant LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library
        NAMELINK_COMPONENT development INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET hextant_static)
    install(TARGETS hextant_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
endif()
install(FILES include/hextant.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
set(cmake_files ${CMAKE_INSTALL_LIBDIR}/cmake/hextant)
install(EXPORT hextant FILE hextantConfig.cmake NAMESPACE hextant:: DESTINATION ${cmake_files} COMPONENT development)
include(CMakePackageConfigHelpers)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/generated/hextantConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
file(RELATIVE_PATH HX_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(packaging/hextant.pc.in generated/hextant.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/generated/hextantConfigVersion.cmake DESTINATION ${cmake_files}
        COMPONENT development)
install(FILES ${CMAKE_BINARY_DIR}/generated/hextant.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
        COMPONENT development)
install(DIRECTORY python/hextant DESTINATION lib/python3/dist-packages COMPONENT python
        FILES_MATCHING PATTERN "*.py" PATTERN "py.typed")
install(DIRECTORY examples/python/ DESTINATION ${HX_DOCDIR}/python3-hextant/examples COMPONENT python
        FILES_MATCHING PATTERN "*.py")
include(cmake/packages.cmake)
