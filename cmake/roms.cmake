# ROM images: every roms/NAME.S is assembled for both XLENs with the RISC-V tools, linked at address
# 0 by roms/rom.ld if there is one (the code is position-independent), and embedded as
#     extern const unsigned char rom_NAME_rv32[], rom_NAME_rv64[];
#     extern const unsigned int rom_NAME_rv32_size, rom_NAME_rv64_size;
find_program(HX_RISCV_GCC riscv64-unknown-elf-gcc)
find_program(HX_RISCV_OBJCOPY riscv64-unknown-elf-objcopy)
mark_as_advanced(HX_RISCV_GCC HX_RISCV_OBJCOPY)

# Assembles one source for one XLEN and writes NAME_rvXLEN.bin.
function(hx_build_rom source name xlen abi)
    set(base ${CMAKE_BINARY_DIR}/roms/${name}_rv${xlen})
    file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/roms/*.h ${CMAKE_SOURCE_DIR}/roms/*.inc)
    add_custom_command(
        OUTPUT ${base}.bin
        COMMAND ${HX_RISCV_GCC} -march=rv${xlen}imafdc_zicsr_zifencei -mabi=${abi} -mcmodel=medany
                -nostdlib -nostartfiles -static -Wl,-Ttext=0 -Wl,--entry=0 -Wl,--no-warn-rwx-segments
                -Wl,--build-id=none -I${CMAKE_SOURCE_DIR}/roms -o ${base}.elf ${source}
        COMMAND ${HX_RISCV_OBJCOPY} -O binary ${base}.elf ${base}.bin
        DEPENDS ${source} ${headers}
        VERBATIM)
    file(CONFIGURE OUTPUT ${base}_embed.S CONTENT "\
    .section .rodata
    .balign 16
    .global rom_@name@_rv@xlen@, rom_@name@_rv@xlen@_size
    .hidden rom_@name@_rv@xlen@, rom_@name@_rv@xlen@_size
rom_@name@_rv@xlen@:
    .incbin \"@base@.bin\"
1:
    .balign 4
rom_@name@_rv@xlen@_size:
    .long 1b - rom_@name@_rv@xlen@
    .section .note.GNU-stack,\"\",@progbits
" @ONLY)
    set_source_files_properties(${base}_embed.S PROPERTIES OBJECT_DEPENDS ${base}.bin)
endfunction()

# Builds every ROM and adds it to `target`.
function(hx_embed_roms target)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/roms/*.S)
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/roms)
    if(sources AND NOT (HX_RISCV_GCC AND HX_RISCV_OBJCOPY))
        message(FATAL_ERROR "the RISC-V tools are missing: install the package gcc-riscv64-unknown-elf")
    endif()
    foreach(source IN LISTS sources)
        get_filename_component(name ${source} NAME_WE)
        hx_build_rom(${source} ${name} 32 ilp32d)
        hx_build_rom(${source} ${name} 64 lp64d)
        target_sources(${target} PRIVATE ${CMAKE_BINARY_DIR}/roms/${name}_rv32_embed.S
                                         ${CMAKE_BINARY_DIR}/roms/${name}_rv64_embed.S)
    endforeach()
endfunction()

# The demonstration guests: RV64 programs in demos/ of the build folder.
function(hx_build_demos)
    if(NOT HX_RISCV_GCC)
        return()
    endif()
    set(source ${CMAKE_SOURCE_DIR}/roms/demo)
    set(out ${CMAKE_BINARY_DIR}/demos)
    file(MAKE_DIRECTORY ${out})
    file(GLOB code CONFIGURE_DEPENDS ${source}/*.c ${source}/*.S)
    file(GLOB others CONFIGURE_DEPENDS ${source}/*.h ${source}/*.ld)
    add_custom_command(
        OUTPUT ${out}/hypervisor
        COMMAND ${HX_RISCV_GCC} -march=rv64imac_zicsr -mabi=lp64 -mcmodel=medany -O2 -g -Wall -Wextra
                -Werror -ffreestanding -nostdlib -static -fno-tree-loop-distribute-patterns
                -T ${source}/demo.ld -Wl,--build-id=none -Wl,--no-warn-rwx-segments
                -o ${out}/hypervisor ${code}
        DEPENDS ${code} ${others}
        VERBATIM)
    add_custom_target(demos ALL DEPENDS ${out}/hypervisor)
endfunction()
