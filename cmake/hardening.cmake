# Hardening of what we compile and link, as an interface target, hx_hardening: a stack protector, checked
# string and memory functions, and tables of addresses that are read-only once the program has started.
# Sanitizers have checks of their own, and get in each other's way with these.
add_library(hx_hardening INTERFACE)
if(NOT HX_SANITIZE)
    # A target with the property HX_HOT gets the plain form, which leaves out functions without buffers.
    target_compile_options(hx_hardening INTERFACE
        $<IF:$<BOOL:$<TARGET_PROPERTY:HX_HOT>>,-fstack-protector,-fstack-protector-strong>)
    # It needs an optimising compiler.
    target_compile_options(hx_hardening INTERFACE
        $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>)
    target_link_options(hx_hardening INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()
