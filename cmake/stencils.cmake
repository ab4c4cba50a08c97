# The stencils of generated code: src/cpu/stencil/stencils_rv*.c are compiled, never linked; a program
# that runs here and now reads the objects and writes them as tables. Where the host's code cannot be
# generated the tables are empty.
function(hx_build_stencil_extract)
    add_executable(stencil_extract ${CMAKE_SOURCE_DIR}/src/cpu/stencil/extract.c)
    target_include_directories(stencil_extract PRIVATE ${CMAKE_SOURCE_DIR}/src)
    target_compile_options(stencil_extract PRIVATE ${HX_WARNINGS})
    target_link_libraries(stencil_extract PRIVATE hx_dependencies)
endfunction()

# hx_add_stencils(TARGET DEFINITION...): adds the tables to TARGET.
function(hx_add_stencils target)
    set(source ${CMAKE_SOURCE_DIR}/src/cpu/stencil)
    set(tables ${CMAKE_CURRENT_BINARY_DIR}/stencils_${target}.c)
    set(library stencils_${target})
    set(objects)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
        add_library(${library} OBJECT ${source}/stencils_rv32.c ${source}/stencils_rv64.c)
        target_include_directories(${library} PRIVATE ${CMAKE_SOURCE_DIR}/src)
        target_compile_definitions(${library} PRIVATE _GNU_SOURCE ${ARGN} $<$<BOOL:${HX_DEBUG}>:HX_DEBUG=1>)
        # One function a section; addresses that are sign-extended from 32 bits; nothing that a copy
        # of the code could not have.
        target_compile_options(${library} PRIVATE
            ${HX_WARNINGS} -O2 -g0 -fno-strict-aliasing -ffp-contract=off -fno-pic -fno-pie -mcmodel=kernel
            -ffunction-sections -fno-asynchronous-unwind-tables -fcf-protection=none -fno-stack-protector
            -fno-jump-tables -fno-sanitize=all -falign-functions=1 -falign-loops=1 -fomit-frame-pointer -fno-lto)
        if(CMAKE_C_COMPILER_ID STREQUAL GNU)
            target_compile_options(${library} PRIVATE -falign-jumps=1 -falign-labels=1 -fno-ipa-icf)
        else()
            target_compile_options(${library} PRIVATE -ffp-exception-behavior=maytrap)
        endif()
        set(objects $<TARGET_OBJECTS:${library}>)
    endif()
    add_custom_command(OUTPUT ${tables} COMMAND $<TARGET_FILE:stencil_extract> ${tables} ${objects}
                       DEPENDS stencil_extract ${objects} VERBATIM COMMAND_EXPAND_LISTS)
    target_sources(${target} PRIVATE ${tables})
endfunction()
