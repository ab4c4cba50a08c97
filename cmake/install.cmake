# What `cmake --install` installs, and the Debian package that `cpack` makes of it (in the build folder).
include(GNUInstallDirs)
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
                       COMMAND generate ${ARGN} ${filter} > ${out} DEPENDS generate)
    set(pages ${pages} ${out} PARENT_SCOPE)
endfunction()
hx_generated(hextant.1.gz man hextant)
install(FILES ${CMAKE_BINARY_DIR}/generated/hextant.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
foreach(command IN ITEMS run debug test)
    hx_generated(hextant-${command}.1.gz man ${command})
    install(FILES ${CMAKE_BINARY_DIR}/generated/hextant-${command}.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endforeach()
hx_generated(hextant.bash bash)
hx_generated(_hextant zsh)
install(FILES ${CMAKE_BINARY_DIR}/generated/hextant.bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME hextant)
install(FILES ${CMAKE_BINARY_DIR}/generated/_hextant DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)

# Documents, and what Debian wants beside them.
set(HX_MAINTAINER "The hextant authors <hextant@example.org>" CACHE STRING "Who answers for the Debian package")
configure_file(packaging/changelog.in generated/changelog.Debian @ONLY)
function(hx_compressed file)
    set(out ${CMAKE_BINARY_DIR}/generated/${file}.gz)
    add_custom_command(OUTPUT ${out} COMMAND gzip -9nc ${ARGN} > ${out} DEPENDS ${ARGN})
    set(pages ${pages} ${out} PARENT_SCOPE)
    install(FILES ${out} DESTINATION ${CMAKE_INSTALL_DOCDIR})
endfunction()
hx_compressed(changelog ${CMAKE_SOURCE_DIR}/CHANGELOG.md)
hx_compressed(changelog.Debian ${CMAKE_BINARY_DIR}/generated/changelog.Debian)
install(FILES packaging/copyright NOTICE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES packaging/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME hextant)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR}
        FILES_MATCHING PATTERN "*.[cS]" PATTERN "Makefile" PATTERN "*.md")
install(TARGETS hextant RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
add_custom_target(documents ALL DEPENDS ${pages})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME hextant)
set(CPACK_PACKAGE_CONTACT "${HX_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "RISC-V full-system simulator that explains itself")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "It runs hypervisors, firmware, kernels and bare-metal programs, RV64 and RV32,
with the hypervisor extension and an SBI firmware inside. A monitor says why a
trap came: which rule decided, and what would change it.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION misc)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
include(CPack)
