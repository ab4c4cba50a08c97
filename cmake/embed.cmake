# Embeds a file as text: hx_embed_file(TARGET FILE NAME) adds
#     extern const char NAME[];   the bytes of FILE and a zero
# to TARGET.
function(hx_embed_file target file name)
    set(source ${CMAKE_BINARY_DIR}/embed/${name}.S)
    file(CONFIGURE OUTPUT ${source} CONTENT "\
    .section .rodata
    .global @name@
    .hidden @name@
@name@:
    .incbin \"@file@\"
    .byte 0
    .section .note.GNU-stack,\"\",@progbits
" @ONLY)
    set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${file})
    target_sources(${target} PRIVATE ${source})
endfunction()
