/* Small programs: ELF of both classes with symbols, a position-independent one with relocations, a
 * Linux Image. */
#include "loader_seed.h"

#include <elf.h>
#include <string.h>

enum { CODE = 0x200, TEXT_SIZE = 0x100, DYNAMIC = 0x300, RELA = 0x380, SYMBOLS = 0x400 };
enum { STRINGS = 0x500, NAMES = 0x540, SECTIONS = 0x580 };

static const char strings[] = "\0tohost\0fromhost\0begin_signature\0end_signature";
static const u8 names[] = {1, 8, 17, 33}; /* where each begins */

/* The parts of an ELF file of a class: headers, two segments, symbols and their names. */
#define ELF_SEED(bits, address)                                                                    \
    static u32 elf##bits(u8 *to, u32 type, u64 base)                                               \
    {                                                                                              \
        Elf##bits##_Ehdr h = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS##bits, 1, 1},              \
                              .e_type = (u16)type,                                                 \
                              .e_machine = EM_RISCV,                                               \
                              .e_version = 1,                                                      \
                              .e_entry = (address)base,                                            \
                              .e_phoff = sizeof h,                                                 \
                              .e_shoff = SECTIONS,                                                 \
                              .e_ehsize = sizeof h,                                                \
                              .e_phentsize = sizeof(Elf##bits##_Phdr),                             \
                              .e_phnum = 2,                                                        \
                              .e_shentsize = sizeof(Elf##bits##_Shdr),                             \
                              .e_shnum = 4,                                                        \
                              .e_shstrndx = 3};                                                    \
        Elf##bits##_Phdr p[2] = {{.p_type = PT_LOAD,                                               \
                                  .p_flags = PF_R | PF_W | PF_X,                                   \
                                  .p_offset = CODE,                                                \
                                  .p_vaddr = (address)base,                                        \
                                  .p_paddr = (address)base,                                        \
                                  .p_filesz = SYMBOLS - CODE,                                      \
                                  .p_memsz = SYMBOLS - CODE + 0x1000,                              \
                                  .p_align = 8},                                                   \
                                 {.p_type = type == ET_DYN ? PT_DYNAMIC : PT_NOTE,                 \
                                  .p_offset = DYNAMIC,                                             \
                                  .p_vaddr = (address)(base + DYNAMIC - CODE),                     \
                                  .p_filesz = RELA - DYNAMIC}};                                    \
        Elf##bits##_Dyn d[4] = {{DT_RELA, {(address)(base + RELA - CODE)}},                        \
                                {DT_RELASZ, {sizeof(Elf##bits##_Rela)}},                           \
                                {DT_RELAENT, {sizeof(Elf##bits##_Rela)}},                          \
                                {DT_NULL, {0}}};                                                   \
        Elf##bits##_Rela r = {(address)base + 0x40, R_RISCV_RELATIVE, 0x20};                       \
        Elf##bits##_Sym y[5] = {{0}};                                                              \
        Elf##bits##_Shdr s[4] = {                                                                  \
            {0},                                                                                   \
            {.sh_type = SHT_SYMTAB,                                                                \
             .sh_offset = SYMBOLS,                                                                 \
             .sh_size = sizeof y,                                                                  \
             .sh_link = 2,                                                                         \
             .sh_entsize = sizeof y[0]},                                                           \
            {.sh_type = SHT_STRTAB, .sh_offset = STRINGS, .sh_size = sizeof strings},              \
            {.sh_type = SHT_STRTAB, .sh_offset = NAMES, .sh_size = 1}};                            \
        for (u32 i = 0; i < ARRAY_LEN(names); i++) {                                               \
            y[i + 1].st_name = names[i];                                                           \
            y[i + 1].st_value = (address)base + 0x40 + i * 8;                                      \
            y[i + 1].st_shndx = SHN_ABS;                                                           \
        }                                                                                          \
        memcpy(to, &h, sizeof h);                                                                  \
        memcpy(to + sizeof h, p, sizeof p);                                                        \
        memcpy(to + DYNAMIC, d, sizeof d);                                                         \
        memcpy(to + RELA, &r, sizeof r);                                                           \
        memcpy(to + SYMBOLS, y, sizeof y);                                                         \
        memcpy(to + STRINGS, strings, sizeof strings);                                             \
        memcpy(to + SECTIONS, s, sizeof s);                                                        \
        return SECTIONS + sizeof s;                                                                \
    }
ELF_SEED(64, u64)
ELF_SEED(32, u32)

/* boot-image-header: text_offset, image_size, the magic numbers. */
static u32 linux_image(u8 *to)
{
    const u64 offset = 0x10000, size = 0x1000;
    to[0] = 0x13; /* a nop first */
    memcpy(to + 8, &offset, 8);
    memcpy(to + 16, &size, 8);
    memcpy(to + 0x30, "RISCV\0\0\0RSC\x05", 12);
    return 0x100;
}

u32 loader_seed(enum seed_kind kind, u8 to[SEED_MAX])
{
    memset(to, 0, SEED_MAX);
    switch (kind) {
    case SEED_ELF64:
        return elf64(to, ET_EXEC, 0x80000000u);
    case SEED_ELF32:
        return elf32(to, ET_EXEC, 0x80000000u);
    case SEED_PIE:
        return elf64(to, ET_DYN, 0);
    case SEED_IMAGE:
        return linux_image(to);
    default:
        return 0;
    }
}
