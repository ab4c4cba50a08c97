/* ELF files: checking, segments, symbols that matter to the board, and the relocations of a static
 * position-independent program. */
#include "machine/loader_elf.h"

#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <string.h>

enum { R_RELATIVE = 3, TAG_RELR = 36, MAX_SEGMENTS = 1024 };

/* An ELF being loaded. `bias` is added to link-time addresses. */
struct elf_job {
    const char *path;
    Elf *elf;
    size_t size;
    GElf_Ehdr eh;
    size_t num_segments;
    u64 bias;
    const struct image_target *target;
    struct image *out;
    struct error *err;
};

static Elf *open_elf(const u8 *data, size_t size, GElf_Ehdr *eh)
{
    elf_version(EV_CURRENT);
    Elf *elf = elf_memory((char *)(uintptr_t)data, size);
    if (elf && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, eh))
        return elf;
    if (elf)
        elf_end(elf);
    return NULL;
}

/* What makes the header unusable, or NULL. */
static const char *header_fault(const GElf_Ehdr *eh)
{
    if (eh->e_ident[EI_DATA] != ELFDATA2LSB)
        return "is big-endian; only little-endian programs run here";
    if (eh->e_machine != EM_RISCV)
        return "is for another processor, not for RISC-V";
    if (eh->e_type == ET_REL)
        return "is an object file; link it into a program first";
    if (eh->e_type != ET_EXEC && eh->e_type != ET_DYN)
        return "is not an executable";
    return NULL;
}

int elf_check(const char *path, const u8 *data, size_t size, unsigned *xlen, struct error *err)
{
    GElf_Ehdr eh;
    Elf *elf = open_elf(data, size, &eh);
    if (!elf)
        return error_set(err, "'%s' is a damaged or cut-off ELF: its header cannot be read", path);
    const char *fault = header_fault(&eh);
    *xlen = gelf_getclass(elf) == ELFCLASS32 ? 32 : 64;
    elf_end(elf);
    return fault ? error_set(err, "'%s' %s", path, fault) : 0;
}

static int get_segment(struct elf_job *j, size_t i, GElf_Phdr *ph)
{
    if (!gelf_getphdr(j->elf, (int)i, ph))
        return error_set(j->err, "'%s' is cut off: program header %zu is missing", j->path, i);
    return 0;
}

static bool is_loaded(const GElf_Phdr *ph)
{
    return ph->p_type == PT_LOAD && ph->p_memsz;
}

/* Is a note, such as that of the build, the last thing in the segment? */
static bool ends_with_note(struct elf_job *j, const GElf_Phdr *ph)
{
    for (size_t i = 0; i < j->num_segments; i++) {
        GElf_Phdr note;
        if (gelf_getphdr(j->elf, (int)i, &note) && note.p_type == PT_NOTE &&
            note.p_vaddr + note.p_memsz == ph->p_vaddr + ph->p_memsz)
            return true;
    }
    return false;
}

/* Checks that segment `i` is whole and inside RAM. */
static int check_segment(struct elf_job *j, size_t i, const GElf_Phdr *ph)
{
    const struct mem_region *ram = j->target->ram;
    u64 pa = ph->p_paddr + j->bias, end = pa + ph->p_memsz;
    if (ph->p_filesz > ph->p_memsz)
        return error_set(j->err, "'%s': segment %zu has more bytes in the file than in memory",
                         j->path, i);
    if (ph->p_offset > j->size || ph->p_filesz > j->size - ph->p_offset)
        return error_set(j->err,
                         "'%s' is cut off: segment %zu ends at byte 0x%" PRIx64
                         " but the file has 0x%zx",
                         j->path, i, (u64)(ph->p_offset + ph->p_filesz), j->size);
    if (pa < ram->base && end <= ram->base)
        return error_set(j->err,
                         "'%s': segment %zu (0x%" PRIx64 "..0x%" PRIx64 ") lies below RAM, which "
                         "begins at 0x%" PRIx64 "; link %s",
                         j->path, i, pa, end - 1, ram->base,
                         ends_with_note(j, ph) ? "without its note: -Wl,--build-id=none"
                                               : "it there");
    if (pa < ram->base && ph->p_offset == 0 && end - 1 <= ram->base + ram->size - 1)
        return error_set(j->err,
                         "'%s': segment %zu begins with the ELF's own headers at 0x%" PRIx64
                         ", below RAM (0x%" PRIx64 "); link without them: -Wl,-n",
                         j->path, i, pa, ram->base);
    if (end <= pa || pa < ram->base || end - 1 > ram->base + ram->size - 1)
        return error_set(j->err,
                         "'%s': segment %zu (0x%" PRIx64 "..0x%" PRIx64 ") lies outside RAM "
                         "(0x%" PRIx64 "..0x%" PRIx64 "); link it elsewhere or change --memory",
                         j->path, i, pa, end - 1, ram->base, ram->base + ram->size - 1);
    return 0;
}

static int check_overlap(struct elf_job *j, size_t i, const GElf_Phdr *a)
{
    for (size_t k = 0; k < i; k++) {
        GElf_Phdr b;
        if (get_segment(j, k, &b))
            return -1;
        if (is_loaded(&b) && a->p_paddr < b.p_paddr + b.p_memsz &&
            b.p_paddr < a->p_paddr + a->p_memsz)
            return error_set(j->err, "'%s': segments %zu and %zu overlap at 0x%" PRIx64, j->path, k,
                             i, j->bias + (a->p_paddr > b.p_paddr ? a->p_paddr : b.p_paddr));
    }
    return 0;
}

/* The physical address of a link-time virtual address, or -1 when no segment holds it. */
static int to_physical(struct elf_job *j, u64 va, u64 *pa)
{
    for (size_t i = 0; i < j->num_segments; i++) {
        GElf_Phdr ph;
        if (gelf_getphdr(j->elf, (int)i, &ph) && is_loaded(&ph) && va >= ph.p_vaddr &&
            va - ph.p_vaddr < ph.p_memsz) {
            *pa = va - ph.p_vaddr + ph.p_paddr + j->bias;
            return 0;
        }
    }
    return -1;
}

/* Says a note of the program that it is for Linux, as the C library has it? */
static bool is_for_linux(struct elf_job *j, const GElf_Phdr *ph)
{
    Elf_Data *notes =
        ph->p_type != PT_NOTE
            ? NULL
            : elf_getdata_rawchunk(j->elf, (int64_t)ph->p_offset, (size_t)ph->p_filesz, ELF_T_NHDR);
    GElf_Nhdr n;
    size_t name, desc;
    for (size_t at = 0, next; notes && (next = gelf_getnote(notes, at, &n, &name, &desc)) > 0;
         at = next) {
        const u8 *bytes = notes->d_buf;
        u32 os;
        if (n.n_type != NT_GNU_ABI_TAG || n.n_namesz != 4 || n.n_descsz < sizeof os ||
            memcmp(bytes + name, "GNU", 4))
            continue;
        memcpy(&os, bytes + desc, sizeof os);
        if (os == ELF_NOTE_OS_LINUX)
            return true;
    }
    return false;
}

static int check_purpose(struct elf_job *j)
{
    for (size_t i = 0; i < j->num_segments; i++) {
        GElf_Phdr ph;
        if (get_segment(j, i, &ph))
            return -1;
        if (is_for_linux(j, &ph))
            return error_set(j->err,
                             "'%s' is a program for Linux, which needs a kernel; programs without "
                             "one are linked as in examples/",
                             j->path);
    }
    return 0;
}

/* A position-independent program moves to the target's address, unless it was linked into RAM. */
static int choose_bias(struct elf_job *j)
{
    u64 lowest = UINT64_MAX;
    for (size_t i = 0; i < j->num_segments; i++) {
        GElf_Phdr ph;
        if (get_segment(j, i, &ph))
            return -1;
        if (ph.p_type == PT_INTERP)
            return error_set(j->err,
                             "'%s' is dynamically linked; link it with -static or "
                             "-static-pie",
                             j->path);
        if (is_loaded(&ph) && ph.p_paddr < lowest)
            lowest = ph.p_paddr;
    }
    if (lowest == UINT64_MAX)
        return error_set(j->err, "'%s' has nothing to load", j->path);
    if (j->eh.e_type == ET_DYN && lowest < j->target->ram->base)
        j->bias = j->target->pie_address - (lowest & ~4095ull);
    return 0;
}

static int load_segments(struct elf_job *j, const u8 *data)
{
    const struct mem_region *ram = j->target->ram;
    j->out->low = UINT64_MAX;
    for (size_t i = 0; i < j->num_segments; i++) {
        GElf_Phdr ph;
        if (get_segment(j, i, &ph))
            return -1;
        if (!is_loaded(&ph))
            continue;
        if (check_segment(j, i, &ph) || check_overlap(j, i, &ph))
            return -1;
        u64 pa = ph.p_paddr + j->bias;
        u8 *host = ram->host + (pa - ram->base);
        memcpy(host, data + ph.p_offset, ph.p_filesz);
        memset(host + ph.p_filesz, 0, ph.p_memsz - ph.p_filesz);
        if (pa < j->out->low)
            j->out->low = pa;
        if (pa + ph.p_memsz > j->out->high)
            j->out->high = pa + ph.p_memsz;
    }
    return 0;
}

/* The host address of `len` bytes at a link-time virtual address, or NULL. */
static u8 *loaded_bytes(struct elf_job *j, u64 va, u64 len)
{
    const struct mem_region *ram = j->target->ram;
    u64 pa;
    if (to_physical(j, va, &pa) || len > j->out->high - pa)
        return NULL;
    return ram->host + (pa - ram->base);
}

static u64 get_word(const struct elf_job *j, const u8 *p)
{
    u64 v = 0;
    memcpy(&v, p, j->out->xlen / 8);
    return v;
}

/* Applies one table of RELA entries of `bytes` bytes. */
static int apply_rela(struct elf_job *j, u64 table, u64 bytes)
{
    unsigned word = j->out->xlen / 8;
    for (u64 at = 0; at + 3 * word <= bytes; at += 3 * word) {
        const u8 *entry = loaded_bytes(j, table + at, 3 * word);
        if (!entry)
            return error_set(j->err, "'%s': its relocation table is outside its segments", j->path);
        u64 info = get_word(j, entry + word);
        unsigned type = j->out->xlen == 32 ? info & 0xff : (unsigned)info;
        u8 *place = loaded_bytes(j, get_word(j, entry), word);
        if (type == 0)
            continue;
        if (type != R_RELATIVE)
            return error_set(j->err,
                             "'%s': relocation of type %u cannot be applied; link the "
                             "program with -static-pie",
                             j->path, type);
        if (!place)
            return error_set(j->err, "'%s': a relocation is outside its segments", j->path);
        u64 value = get_word(j, entry + 2 * word) + j->bias;
        memcpy(place, &value, word);
    }
    return 0;
}

static int relocate(struct elf_job *j, const GElf_Phdr *dynamic)
{
    unsigned word = j->out->xlen / 8;
    u64 table = 0, bytes = 0, plt = 0, plt_bytes = 0;
    for (u64 at = 0; at + 2 * word <= dynamic->p_memsz; at += 2 * word) {
        const u8 *entry = loaded_bytes(j, dynamic->p_vaddr + at, 2 * word);
        if (!entry)
            return error_set(j->err, "'%s': its dynamic section is outside its segments", j->path);
        u64 tag = get_word(j, entry), value = get_word(j, entry + word);
        if (tag == DT_NULL)
            break;
        if (tag == DT_NEEDED)
            return error_set(j->err, "'%s' needs shared libraries; link it with -static-pie",
                             j->path);
        if (tag == TAG_RELR)
            return error_set(j->err,
                             "'%s' has packed relocations; link it without "
                             "-z pack-relative-relocs",
                             j->path);
        table = tag == DT_RELA ? value : table;
        bytes = tag == DT_RELASZ ? value : bytes;
        plt = tag == DT_JMPREL ? value : plt;
        plt_bytes = tag == DT_PLTRELSZ ? value : plt_bytes;
    }
    if (bytes && apply_rela(j, table, bytes))
        return -1;
    return plt_bytes ? apply_rela(j, plt, plt_bytes) : 0;
}

static int relocate_all(struct elf_job *j)
{
    for (size_t i = 0; j->eh.e_type == ET_DYN && i < j->num_segments; i++) {
        GElf_Phdr ph;
        if (get_segment(j, i, &ph))
            return -1;
        if (ph.p_type == PT_DYNAMIC && relocate(j, &ph))
            return -1;
    }
    return 0;
}

/* Takes one symbol if the board knows its name. */
static void note_symbol(struct elf_job *j, const char *name, u64 value)
{
    struct {
        const char *name;
        u64 *to;
    } const wanted[] = {{"tohost", &j->out->tohost},
                        {"fromhost", &j->out->fromhost},
                        {"begin_signature", &j->out->sig_begin},
                        {"end_signature", &j->out->sig_end}};
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        u64 pa;
        if (strcmp(name, wanted[i].name) != 0)
            continue;
        /* A label may stand right behind the last byte. */
        if (to_physical(j, value, &pa) == 0)
            *wanted[i].to = pa;
        else if (value && to_physical(j, value - 1, &pa) == 0)
            *wanted[i].to = pa + 1;
    }
}

static void read_symbols(struct elf_job *j)
{
    Elf_Scn *scn = NULL;
    while ((scn = elf_nextscn(j->elf, scn))) {
        GElf_Shdr sh;
        if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_SYMTAB || !sh.sh_entsize)
            continue;
        Elf_Data *data = elf_getdata(scn, NULL);
        for (size_t i = 0; data && i < sh.sh_size / sh.sh_entsize; i++) {
            GElf_Sym sym;
            if (!gelf_getsym(data, (int)i, &sym) || sym.st_shndx == SHN_UNDEF)
                continue;
            const char *name = elf_strptr(j->elf, sh.sh_link, sym.st_name);
            if (name)
                note_symbol(j, name, sym.st_value);
        }
    }
}

/* Where load and virtual addresses differ, the entry may be either. */
static bool is_physical(struct elf_job *j, u64 pa)
{
    for (size_t i = 0; i < j->num_segments; i++) {
        GElf_Phdr ph;
        if (gelf_getphdr(j->elf, (int)i, &ph) && is_loaded(&ph) && pa >= ph.p_paddr &&
            pa - ph.p_paddr < ph.p_memsz)
            return true;
    }
    return false;
}

static int find_entry(struct elf_job *j)
{
    if (to_physical(j, j->eh.e_entry, &j->out->entry) == 0)
        return 0;
    if (is_physical(j, j->eh.e_entry)) {
        j->out->entry = j->eh.e_entry + j->bias;
        return 0;
    }
    if (j->eh.e_entry == 0)
        return error_set(j->err, "'%s' has no entry point; define _start", j->path);
    return error_set(j->err, "'%s': its entry point 0x%" PRIx64 " is in none of its segments",
                     j->path, (u64)j->eh.e_entry);
}

static int load_all(struct elf_job *j, const u8 *data)
{
    if (elf_getphdrnum(j->elf, &j->num_segments) || (j->eh.e_phnum && !j->num_segments))
        return error_set(j->err, "'%s' is damaged or cut off: its program headers cannot be read",
                         j->path);
    if (j->num_segments == 0)
        return error_set(j->err, "'%s' has nothing to load", j->path);
    if (j->num_segments > MAX_SEGMENTS)
        return error_set(j->err, "'%s' has %zu segments; at most %d make sense", j->path,
                         j->num_segments, MAX_SEGMENTS);
    if (check_purpose(j) || choose_bias(j) || load_segments(j, data) || find_entry(j) ||
        relocate_all(j))
        return -1;
    read_symbols(j);
    return 0;
}

int elf_load(const char *path, const u8 *data, size_t size, const struct image_target *target,
             struct image *out, struct error *err)
{
    struct elf_job j = {.path = path, .size = size, .target = target, .out = out, .err = err};
    j.elf = open_elf(data, size, &j.eh);
    if (!j.elf)
        return error_set(err, "'%s' is a damaged or cut-off ELF", path);
    *out = (struct image){.is_elf = true, .xlen = gelf_getclass(j.elf) == ELFCLASS32 ? 32 : 64};
    int result = load_all(&j, data);
    elf_end(j.elf);
    return result;
}
