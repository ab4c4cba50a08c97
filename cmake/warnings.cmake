# Warnings, under gcc and clang alike.
set(HX_WARNINGS
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
    -Wpointer-arith -Wundef -Wvla)
# Other compilers and flags than the presets' have other opinions.
option(HX_WERROR "A warning stops the build" OFF)
if(HX_WERROR)
    # Libraries younger than Debian 12's call functions old that it has no others for (libslirp).
    add_compile_options(-Werror -Wno-error=deprecated-declarations)
endif()
if(CMAKE_C_COMPILER_ID MATCHES Clang)
    # Loops over elements ask to be vectorised; where it cannot be done they are right all the same.
    add_compile_options(-Wno-pass-failed)
    # __int128, case ranges and the like are used on purpose.
    list(APPEND HX_WARNINGS -Wno-gnu)
endif()
