# The version with its commit, as `hextant --version` shows it: extern const char build_version[]. The file is
# written at each build, when it changes. Run as a script: cmake -DOUT=FILE -DVERSION=V -DSOURCE=DIR -P version.cmake
if(CMAKE_SCRIPT_MODE_FILE)
    execute_process(COMMAND git -C ${SOURCE} rev-parse --short=12 HEAD OUTPUT_VARIABLE commit
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
    execute_process(COMMAND git -C ${SOURCE} diff --quiet HEAD ERROR_QUIET RESULT_VARIABLE changed)
    set(text "${VERSION}")
    if(NOT failed)
        set(text "${VERSION} (commit ${commit}")
        if(changed)
            string(APPEND text ", changed")
        endif()
        string(APPEND text ")")
    endif()
    file(CONFIGURE OUTPUT ${OUT} CONTENT "#include \"common/version.h\"\n\nconst char build_version[] = \"${text}\";\n")
    return()
endif()

function(hx_version_file target)
    set(out ${CMAKE_BINARY_DIR}/version.c)
    add_custom_target(${target}_version BYPRODUCTS ${out}
                      COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DVERSION=${PROJECT_VERSION}
                              -DSOURCE=${CMAKE_SOURCE_DIR} -P ${CMAKE_SOURCE_DIR}/cmake/version.cmake
                      VERBATIM)
    set_source_files_properties(${out} PROPERTIES GENERATED TRUE)
    target_sources(${target} PRIVATE ${out})
    add_dependencies(${target} ${target}_version)
endfunction()
