# Warnings, all of them errors, under gcc and clang alike.
set(HX_WARNINGS
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
    -Wpointer-arith -Wundef -Wvla -Werror)
if(CMAKE_C_COMPILER_ID MATCHES Clang)
    # __int128, case ranges and the like are used on purpose.
    list(APPEND HX_WARNINGS -Wno-gnu)
endif()
