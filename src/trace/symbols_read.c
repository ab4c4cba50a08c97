/* Reading symbols: from an ELF with libelf, or from a text file as nm writes it. */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/symbols_impl.h"

/* Names that the tools make for themselves. */
static bool is_noise(const char *name)
{
    return !*name || *name == '$' || !strncmp(name, ".L", 2);
}

static int no_memory(const struct symbol_table *t, struct error *err)
{
    return error_set(err, "no memory for the symbols of '%s'", t->path);
}

/* ---- ELF ---- */

static void choose_bias(struct symbol_table *t, Elf *elf)
{
    size_t num = 0;
    u64 lowest = UINT64_MAX;
    if (!t->file.load_low || elf_getphdrnum(elf, &num))
        return;
    for (size_t i = 0; i < num; i++) {
        GElf_Phdr ph;
        if (gelf_getphdr(elf, (int)i, &ph) && ph.p_type == PT_LOAD && ph.p_memsz &&
            ph.p_paddr < lowest)
            lowest = ph.p_paddr;
    }
    if (lowest != UINT64_MAX)
        t->file.bias = t->file.load_low - lowest;
}

static int put_elf_symbol(struct symbol_table *t, Elf *elf, const GElf_Sym *sym, const char *name)
{
    unsigned type = GELF_ST_TYPE(sym->st_info);
    GElf_Shdr sh;
    u64 end = sym->st_size ? sym->st_value + sym->st_size : 0;
    u8 number = 0;
    u8 kind = type == STT_FUNC     ? SYMBOL_FUNCTION
              : type == STT_OBJECT ? SYMBOL_OBJECT
                                   : SYMBOL_LABEL;
    if (sym->st_shndx == SHN_UNDEF ||
        (type != STT_FUNC && type != STT_OBJECT && type != STT_NOTYPE))
        return 0;
    Elf_Scn *scn = sym->st_shndx < SHN_LORESERVE ? elf_getscn(elf, sym->st_shndx) : NULL;
    if (!scn || !gelf_getshdr(scn, &sh) || !(sh.sh_flags & SHF_ALLOC)) {
        end = sym->st_value + 1; /* a number, such as the linker script defines them */
        kind = SYMBOL_OBJECT;
        number = 1;
    } else if (sh.sh_addr + sh.sh_size + t->file.bias > t->limit) {
        t->limit = sh.sh_addr + sh.sh_size + t->file.bias;
    }
    struct symbol s = {.start = sym->st_value + t->file.bias,
                       .end = end ? end + t->file.bias : 0,
                       .kind = kind,
                       .inner = number,
                       .global = GELF_ST_BIND(sym->st_info) == STB_GLOBAL};
    return symbol_table_put(t, name, strlen(name), s);
}

/* Takes every symbol of the first section of that type. 1 if there was one, 0 if not, or -1. */
static int read_section(struct symbol_table *t, Elf *elf, unsigned type)
{
    Elf_Scn *scn = NULL;
    while ((scn = elf_nextscn(elf, scn))) {
        GElf_Shdr sh;
        if (!gelf_getshdr(scn, &sh) || sh.sh_type != type || !sh.sh_entsize)
            continue;
        Elf_Data *data = elf_getdata(scn, NULL);
        for (size_t i = 0; data && i < sh.sh_size / sh.sh_entsize; i++) {
            GElf_Sym sym;
            const char *name;
            if (!gelf_getsym(data, (int)i, &sym) ||
                !(name = elf_strptr(elf, sh.sh_link, sym.st_name)) || is_noise(name))
                continue;
            if (put_elf_symbol(t, elf, &sym, name))
                return -1;
        }
        return 1;
    }
    return 0;
}

static int read_elf(struct symbol_table *t, Elf *elf, struct error *err)
{
    GElf_Ehdr eh;
    if (!gelf_getehdr(elf, &eh))
        return error_set(err, "'%s' is a damaged or cut-off ELF: its header cannot be read",
                         t->path);
    if (eh.e_machine != EM_RISCV)
        return error_set(err, "'%s' is an ELF of another machine (%u), not of RISC-V (%u)", t->path,
                         eh.e_machine, EM_RISCV);
    if (eh.e_ident[EI_CLASS] != (t->xlen == 32 ? ELFCLASS32 : ELFCLASS64))
        return error_set(err, "'%s' is not an ELF of RV%u, which the machine is", t->path, t->xlen);
    choose_bias(t, elf);
    int rc = read_section(t, elf, SHT_SYMTAB);
    if (rc == 0)
        rc = read_section(t, elf, SHT_DYNSYM);
    return rc < 0 ? no_memory(t, err) : 0;
}

/* ---- text ---- */

/* "ADDRESS TYPE NAME [module]". 0, -1 without memory, or 1 if the line is something else. */
static int read_line(struct symbol_table *t, char *line)
{
    char *end;
    u64 addr = strtoull(line, &end, 16);
    if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ')
        return 1;
    char type = end[1], *name = end + 3;
    size_t len = strcspn(name, " \t\r\n");
    name[len] = 0;
    if (len == 0)
        return 1;
    if (type == 'U' || type == 'A' || type == 'a' || is_noise(name))
        return 0;
    bool code = strchr("tTwWiI", type) != NULL;
    struct symbol s = {.start = addr + t->file.bias,
                       .kind = code ? SYMBOL_LABEL : SYMBOL_OBJECT,
                       .global = type < 'a'};
    if (s.start + 4096 > t->limit)
        t->limit = s.start + 4096;
    return symbol_table_put(t, name, len, s);
}

static int read_text(struct symbol_table *t, FILE *f, struct error *err)
{
    char *line = NULL;
    size_t cap = 0;
    int rc = 0;
    bool any = false;
    while (rc == 0 && getline(&line, &cap, f) > 0) {
        rc = read_line(t, line);
        any |= rc == 0;
    }
    free(line);
    if (rc < 0)
        return no_memory(t, err);
    if (rc > 0 || !any)
        return error_set(err,
                         "'%s' has no symbols: it is neither an ELF nor lines of ADDRESS TYPE NAME",
                         t->path);
    return 0;
}

int symbol_table_read(struct symbol_table *t, struct error *err)
{
    FILE *f = fopen(t->path, "r");
    if (!f)
        return error_set(err, "cannot read '%s': %s", t->path, strerror(errno));
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fileno(f), ELF_C_READ, NULL);
    int rc;
    if (elf && elf_kind(elf) == ELF_K_ELF) {
        rc = read_elf(t, elf, err);
    } else {
        rewind(f);
        rc = read_text(t, f, err);
    }
    if (elf)
        elf_end(elf);
    fclose(f);
    return rc;
}
