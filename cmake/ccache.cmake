# Compiles through ccache where it is installed.
find_program(HX_CCACHE ccache)
mark_as_advanced(HX_CCACHE)
if(HX_CCACHE AND NOT CMAKE_C_COMPILER_LAUNCHER)
    set(CMAKE_C_COMPILER_LAUNCHER ${HX_CCACHE})
endif()
