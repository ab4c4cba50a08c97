/* Reads the objects of the stencils and writes them as C tables (stencil.h). Runs on the build
 * machine: extract OUT.c stencils_rv32.o stencils_rv64.o With OUT.c alone it writes empty tables.
 */
#include <elf.h>
#include <err.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpu/stencil/stencil.h"

enum { MAX_EXTERNS = 255, MAX_SECTIONS = 65536, MAX_CODE = 4096 };

static const struct {
    const char *symbol;
    u8 kind, bytes;
} holes[] = {
#define HOLE(symbol, kind, bytes)                                                                  \
    {                                                                                              \
        symbol, kind, bytes                                                                        \
    }
    HOLE("HOLE_X1", FIX_X1, 4),        HOLE("HOLE_X2", FIX_X2, 4),   HOLE("HOLE_XD", FIX_XD, 4),
    HOLE("HOLE_F1", FIX_F1, 4),        HOLE("HOLE_F2", FIX_F2, 4),   HOLE("HOLE_F3", FIX_F3, 4),
    HOLE("HOLE_FD", FIX_FD, 4),        HOLE("HOLE_IMM", FIX_IMM, 4), HOLE("HOLE_OP", FIX_OP, 4),
    HOLE("HOLE_TAIL", FIX_TAIL, 4),    HOLE("WIDE_PC", FIX_PC, 8),   HOLE("WIDE_END", FIX_END, 8),
    HOLE("stencil_next", FIX_NEXT, 4),
#undef HOLE
};
enum { NUM_HOLES = sizeof holes / sizeof *holes };

static struct {
    FILE *out;
    char *fixes; /* text of the table of holes */
    size_t fixes_len;
    FILE *fixes_out;
    char *rows;
    size_t rows_len;
    FILE *rows_out;
    uint32_t code, num_fixes, pool;
    char *externs[MAX_EXTERNS];
    unsigned num_externs;
    uint8_t pool_bytes[65536];
} to;

struct object {
    Elf *elf;
    Elf_Data *symbols;
    size_t strings;
    uint32_t pool_at[MAX_SECTIONS]; /* of sections of constants: where in the pool, plus one */
};

/* A stencil that is being read. */
struct piece {
    uint8_t code[MAX_CODE];
    unsigned hot, size;
    unsigned hot_section, cold_section;
    struct stencil_fix fix[256];
    unsigned fixes;
    bool usable;
};

static Elf_Data *data_of(Elf_Scn *section)
{
    return elf_getdata(section, NULL);
}

static const char *section_name(struct object *o, size_t index, GElf_Shdr *header)
{
    size_t names;
    Elf_Scn *section = elf_getscn(o->elf, index);
    if (!section || !gelf_getshdr(section, header) || elf_getshdrstrndx(o->elf, &names))
        errx(1, "unreadable section %zu", index);
    return elf_strptr(o->elf, names, header->sh_name);
}

static unsigned extern_index(const char *name)
{
    unsigned i = 0;
    while (i < to.num_externs && strcmp(to.externs[i], name))
        i++;
    if (i == to.num_externs) {
        if (i == MAX_EXTERNS)
            errx(1, "too many functions are called from stencils");
        to.externs[to.num_externs++] = strdup(name);
    }
    return i;
}

/* Where a section of constants stands in the pool; copies it there when first asked. */
static uint32_t pool_offset(struct object *o, unsigned index)
{
    if (!o->pool_at[index]) {
        Elf_Data *d = data_of(elf_getscn(o->elf, index));
        to.pool = (to.pool + 15) & ~15u;
        if (to.pool + d->d_size > sizeof to.pool_bytes)
            errx(1, "too many constants");
        memcpy(to.pool_bytes + to.pool, d->d_buf, d->d_size);
        o->pool_at[index] = to.pool + 1;
        to.pool += (uint32_t)d->d_size;
    }
    return o->pool_at[index] - 1;
}

/* The hole that a relocation against a defined symbol makes. False if there is none such. */
static bool fix_defined(struct object *o, struct piece *p, const GElf_Sym *symbol,
                        struct stencil_fix *fix)
{
    GElf_Shdr header;
    const char *name = section_name(o, symbol->st_shndx, &header);
    s64 addend = fix->addend + (s64)symbol->st_value;
    if (symbol->st_shndx == p->hot_section) {
        fix->kind = FIX_HOT;
    } else if (symbol->st_shndx == p->cold_section) {
        fix->kind = FIX_COLD;
    } else if (!strncmp(name, ".rodata", 7) && !(header.sh_flags & SHF_EXECINSTR)) {
        fix->kind = FIX_POOL;
        addend += pool_offset(o, symbol->st_shndx);
    } else {
        return false;
    }
    fix->addend = (s32)addend;
    return addend == (s32)addend;
}

static bool fix_undefined(const char *name, unsigned type, struct stencil_fix *fix)
{
    bool relative = type == R_X86_64_PC32 || type == R_X86_64_PLT32;
    for (unsigned i = 0; i < NUM_HOLES; i++) {
        if (strcmp(name, holes[i].symbol))
            continue;
        fix->kind = holes[i].kind;
        if (fix->kind == FIX_NEXT)
            return relative;
        return type == R_X86_64_64
                   ? holes[i].bytes == 8
                   : holes[i].bytes == 4 && (type == R_X86_64_32S || type == R_X86_64_32);
    }
    fix->kind = FIX_EXTERN;
    if (!relative)
        return false;
    fix->index = (u8)extern_index(name);
    return true;
}

static bool read_fix(struct object *o, struct piece *p, const GElf_Rela *rela, unsigned base)
{
    GElf_Sym symbol;
    unsigned type = (unsigned)GELF_R_TYPE(rela->r_info);
    if (p->fixes == sizeof p->fix / sizeof *p->fix ||
        !gelf_getsym(o->symbols, (int)GELF_R_SYM(rela->r_info), &symbol))
        return false;
    struct stencil_fix *fix = &p->fix[p->fixes++];
    *fix = (struct stencil_fix){.at = (u16)(base + rela->r_offset), .addend = (s32)rela->r_addend};
    if (symbol.st_shndx != SHN_UNDEF)
        return (type == R_X86_64_PC32 || type == R_X86_64_PLT32) && fix_defined(o, p, &symbol, fix);
    return fix_undefined(elf_strptr(o->elf, o->strings, symbol.st_name), type, fix);
}

/* Appends a section's code and holes to the piece. */
static void read_code(struct object *o, struct piece *p, unsigned index)
{
    Elf_Data *d = data_of(elf_getscn(o->elf, index));
    unsigned base = p->size;
    if (base + d->d_size > MAX_CODE) {
        p->usable = false;
        return;
    }
    memcpy(p->code + base, d->d_buf, d->d_size);
    p->size += (unsigned)d->d_size;
    for (Elf_Scn *s = NULL; (s = elf_nextscn(o->elf, s));) {
        GElf_Shdr header;
        if (!gelf_getshdr(s, &header) || header.sh_type != SHT_RELA || header.sh_info != index)
            continue;
        GElf_Rela rela;
        for (int i = 0; gelf_getrela(data_of(s), i, &rela); i++)
            if (!read_fix(o, p, &rela, base))
                p->usable = false;
    }
}

/* The jump to what follows is not needed where it is the last thing in line. */
static void drop_last_jump(struct piece *p)
{
    for (unsigned i = 0; i < p->fixes; i++) {
        if (p->fix[i].kind != FIX_NEXT || p->fix[i].at + 4u != p->hot || p->hot < 5 ||
            p->code[p->hot - 5] != 0xe9)
            continue;
        p->hot -= 5;
        p->size -= 5;
        memmove(p->code + p->hot, p->code + p->hot + 5, p->size - p->hot);
        p->fix[i] = p->fix[--p->fixes];
        for (unsigned j = 0; j < p->fixes; j++)
            if (p->fix[j].at >= p->hot)
                p->fix[j].at = (u16)(p->fix[j].at - 5);
        return;
    }
}

static void write_piece(const struct piece *p, const char *row, unsigned form)
{
    fprintf(to.rows_out, "    [%s][%u] = {%u, %u, %u, %u, %u, 1},\n", row, form, to.code, p->hot,
            p->size, to.num_fixes, p->fixes);
    for (unsigned i = 0; i < p->size; i++)
        fprintf(to.out, "%u,%s", p->code[i], i % 20 == 19 ? "\n" : "");
    fprintf(to.out, "\n");
    for (unsigned i = 0; i < p->fixes; i++)
        fprintf(to.fixes_out, "    {%u, %u, %u, %d},\n", p->fix[i].at, p->fix[i].kind,
                p->fix[i].index, p->fix[i].addend);
    to.code += p->size;
    to.num_fixes += p->fixes;
}

/* The section of a function's code out of line, or 0. */
static unsigned find_cold(struct object *o, const char *function)
{
    char wanted[256];
    GElf_Shdr header;
    snprintf(wanted, sizeof wanted, ".text.unlikely.%s", function);
    for (Elf_Scn *s = NULL; (s = elf_nextscn(o->elf, s));)
        if (!strcmp(section_name(o, elf_ndxscn(s), &header), wanted))
            return (unsigned)elf_ndxscn(s);
    return 0;
}

/* Section `index` holds the function stencilXX_ROW_FORM. */
static void read_stencil(struct object *o, unsigned index, const char *function)
{
    static struct piece p;
    char row[128];
    const char *name = strchr(function, '_'), *form = strrchr(function, '_');
    p = (struct piece){.hot_section = index, .usable = true};
    p.cold_section = find_cold(o, function);
    read_code(o, &p, index);
    p.hot = p.size;
    if (p.cold_section)
        read_code(o, &p, p.cold_section);
    if (!p.usable || !name || name == form)
        return;
    if (strncmp(name, "_resume_", 8)) /* what follows it stands elsewhere */
        drop_last_jump(&p);
    bool other = !strncmp(name, "_handler_", 9) || !strncmp(name, "_resume_", 8) ||
                 !strncmp(name, "_end_", 5);
    snprintf(row, sizeof row, "%s%.*s", other ? "STENCIL" : "INSN", (int)(form - name), name);
    write_piece(&p, row, (unsigned)atoi(form + 1));
}

static void read_object(const char *path, unsigned xlen)
{
    static struct object o;
    o = (struct object){0};
    int fd = open(path, O_RDONLY);
    o.elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);
    if (!o.elf)
        errx(1, "%s: cannot be read as an ELF object", path);
    for (Elf_Scn *s = NULL; (s = elf_nextscn(o.elf, s));) {
        GElf_Shdr header;
        gelf_getshdr(s, &header);
        if (header.sh_type == SHT_SYMTAB) {
            o.symbols = data_of(s);
            o.strings = header.sh_link;
        }
    }
    fprintf(to.rows_out, "const struct stencil stencils_rv%u[STENCIL_ROWS][STENCIL_FORMS] = {\n",
            xlen);
    for (Elf_Scn *s = NULL; o.symbols && (s = elf_nextscn(o.elf, s));) {
        GElf_Shdr header;
        unsigned index = (unsigned)elf_ndxscn(s);
        const char *name = section_name(&o, index, &header);
        if (header.sh_type == SHT_PROGBITS && !strncmp(name, ".text.stencil", 13))
            read_stencil(&o, index, name + strlen(".text."));
    }
    fprintf(to.rows_out, "};\n");
    elf_end(o.elf);
    close(fd);
}

static void write_rest(void)
{
    fprintf(to.out, "0};\nconst u8 stencil_pool[] = {\n");
    for (unsigned i = 0; i < to.pool; i++)
        fprintf(to.out, "%u,", to.pool_bytes[i]);
    fprintf(to.out, "0};\nconst u32 stencil_pool_size = %u, stencil_num_externs = %u;\n", to.pool,
            to.num_externs);
    for (unsigned i = 0; i < to.num_externs; i++)
        fprintf(to.out, "extern const char extern_%u[] __asm__(\"%s\");\n", i, to.externs[i]);
    fprintf(to.out, "const void *const stencil_externs[] = {\n");
    for (unsigned i = 0; i < to.num_externs; i++)
        fprintf(to.out, "extern_%u,\n", i);
    fprintf(to.out, "(void *)0};\nconst struct stencil_fix stencil_fixes[] = {\n%s    {0}};\n%s",
            to.fixes ? to.fixes : "", to.rows ? to.rows : "");
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 4)
        errx(2, "usage: extract OUT.c [stencils_rv32.o stencils_rv64.o]");
    elf_version(EV_CURRENT);
    to.out = fopen(argv[1], "w");
    to.fixes_out = open_memstream(&to.fixes, &to.fixes_len);
    to.rows_out = open_memstream(&to.rows, &to.rows_len);
    if (!to.out || !to.fixes_out || !to.rows_out)
        err(1, "%s", argv[1]);
    fprintf(to.out, "/* Written by src/cpu/stencil/extract.c. */\n"
                    "#include \"cpu/stencil/stencil.h\"\n\nconst u8 stencil_code[] = {\n");
    if (argc == 4) {
        read_object(argv[2], 32);
        read_object(argv[3], 64);
    } else {
        fprintf(to.rows_out, "const struct stencil stencils_rv32[STENCIL_ROWS][STENCIL_FORMS];\n"
                             "const struct stencil stencils_rv64[STENCIL_ROWS][STENCIL_FORMS];\n");
    }
    fclose(to.fixes_out);
    fclose(to.rows_out);
    write_rest();
    if (fclose(to.out))
        err(1, "%s", argv[1]);
    return 0;
}
