/* Writes a guest as an ELF file: one segment, and the symbols that simulators look for. */
#include <elf.h>
#include <string.h>

#include "guest.h"

static const struct {
    const char *name;
    u32 value;
} symbols[] = {
    {"tohost", TOHOST},
    {"fromhost", TOHOST + 64},
    {"begin_signature", PRIVATE},
    {"end_signature", IMAGE_END},
};
enum { NUM_SYMBOLS = ARRAY_LEN(symbols), SECTIONS = 4, HEADER = 4096 };

/* The parts of the file that differ between the classes are written field by field. */
struct writer {
    u8 buf[HEADER];
    u32 at;
    unsigned word; /* 4 or 8 bytes for addresses */
};

static void put(struct writer *w, u64 value, unsigned size)
{
    memcpy(w->buf + w->at, &value, size);
    w->at += size;
}

static void put_address(struct writer *w, u64 value)
{
    put(w, value, w->word);
}

static void put_file_header(struct writer *w, u32 section_headers)
{
    bool wide = w->word == 8;
    u8 ident[EI_NIDENT] = {ELFMAG0,     ELFMAG1,   ELFMAG2, ELFMAG3, wide ? ELFCLASS64 : ELFCLASS32,
                           ELFDATA2LSB, EV_CURRENT};
    memcpy(w->buf, ident, sizeof ident);
    w->at = EI_NIDENT;
    put(w, ET_EXEC, 2);
    put(w, EM_RISCV, 2);
    put(w, EV_CURRENT, 4);
    put_address(w, RAM);
    put_address(w, wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr));
    put_address(w, section_headers);
    put(w, EF_RISCV_RVC, 4);
    put(w, wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr), 2);
    put(w, wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr), 2);
    put(w, 1, 2);
    put(w, wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr), 2);
    put(w, SECTIONS, 2);
    put(w, SECTIONS - 1, 2);
}

static void put_segment(struct writer *w)
{
    put(w, PT_LOAD, 4);
    if (w->word == 8)
        put(w, PF_R | PF_W | PF_X, 4);
    put_address(w, HEADER);
    put_address(w, RAM);
    put_address(w, RAM);
    put_address(w, IMAGE_END - RAM);
    put_address(w, IMAGE_END - RAM);
    if (w->word == 4)
        put(w, PF_R | PF_W | PF_X, 4);
    put_address(w, 4096);
}

static void put_symbol(struct writer *w, u32 name, u64 value, bool real)
{
    u32 info = real ? ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE) : 0, section = real ? SHN_ABS : 0;
    put(w, name, 4);
    if (w->word == 8) {
        put(w, info, 1);
        put(w, 0, 1);
        put(w, section, 2);
        put(w, value, 8);
        put(w, 0, 8);
    } else {
        put(w, value, 4);
        put(w, 0, 4);
        put(w, info, 1);
        put(w, 0, 1);
        put(w, section, 2);
    }
}

struct section {
    u32 name, type, offset, size, link, info, entry;
};

static void put_section(struct writer *w, const struct section *s)
{
    put(w, s->name, 4);
    put(w, s->type, 4);
    put_address(w, 0);
    put_address(w, 0);
    put_address(w, s->offset);
    put_address(w, s->size);
    put(w, s->link, 4);
    put(w, s->info, 4);
    put_address(w, 1);
    put_address(w, s->entry);
}

static void put_everything(struct writer *w)
{
    enum { NAMES = 512, STRINGS = 1024, SYMTAB = 2048, HEADERS = 3072 };
    static const char names_of_sections[] = "\0.symtab\0.strtab";
    u32 names = 1, size = w->word == 8 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    put_file_header(w, HEADERS);
    put_segment(w);
    memcpy(w->buf + NAMES, names_of_sections, sizeof names_of_sections);
    w->at = SYMTAB;
    put_symbol(w, 0, 0, false);
    for (u32 i = 0; i < NUM_SYMBOLS; i++) {
        put_symbol(w, names, symbols[i].value, true);
        strcpy((char *)w->buf + STRINGS + names, symbols[i].name);
        names += (u32)strlen(symbols[i].name) + 1;
    }
    w->at = HEADERS;
    put_section(w, &(struct section){0});
    put_section(w, &(struct section){.name = 1,
                                     .type = SHT_SYMTAB,
                                     .offset = SYMTAB,
                                     .size = (NUM_SYMBOLS + 1) * size,
                                     .link = 2,
                                     .info = 1,
                                     .entry = size});
    put_section(w,
                &(struct section){.name = 9, .type = SHT_STRTAB, .offset = STRINGS, .size = names});
    put_section(w, &(struct section){
                       .type = SHT_STRTAB, .offset = NAMES, .size = sizeof names_of_sections});
}

int guest_write_elf(const struct guest *g, const char *path)
{
    struct writer w = {.word = g->xlen / 8};
    put_everything(&w);
    FILE *f = fopen(path, "w");
    if (!f)
        return -1;
    size_t n = fwrite(w.buf, HEADER, 1, f) + fwrite(g->image, IMAGE_END - RAM, 1, f);
    return fclose(f) || n != 2 ? -1 : 0;
}
