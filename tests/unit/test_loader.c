/* The loader: what it accepts and where it puts it, and one clear line for each kind of bad file.
 * The ELF files are made here, byte by byte. */
#include "run_suite.h"
#include "machine/loader.h"

#include <check.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { RAM_SIZE = 8 << 20, FILE_SIZE = 0x4000 };
#define RAM_BASE 0x80000000ull

static u8 *host;
static struct mem_region ram;
static struct image img;
static struct error err;

static void setup(void)
{
    host = calloc(1, RAM_SIZE);
    ram = (struct mem_region){.base = RAM_BASE, .size = RAM_SIZE, .host = host, .name = "ram"};
    memset(&img, 0, sizeof img);
    err.text[0] = '\0';
}

static void teardown(void)
{
    free(host);
}

/* Loads a copy of the bytes. */
static int load_at(const void *data, size_t size, u64 flat, bool flat_given)
{
    u8 *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    struct image_source *src = image_from_bytes("file", copy, size, RAM_SIZE, &err);
    if (!src)
        return -1;
    struct image_target target = {.ram = &ram,
                                  .pie_address = RAM_BASE + 0x200000,
                                  .flat_address = flat,
                                  .flat_given = flat_given};
    int result = image_load(src, &target, &img, &err);
    loader_close(src);
    return result;
}

static int load(const void *data, size_t size)
{
    return load_at(data, size, 0, false);
}

#define ck_assert_refused(result, part)                                                            \
    do {                                                                                           \
        ck_assert_int_eq(result, -1);                                                              \
        ck_assert_msg(strstr(err.text, part) != NULL, "message: %s", err.text);                    \
        ck_assert_ptr_null(strchr(err.text, '\n'));                                                \
    } while (0)

/* ---- a 64-bit ELF with up to four segments, contents at 0x1000 * (segment + 1) ---- */
struct file64 {
    Elf64_Ehdr eh;
    Elf64_Phdr ph[4];
    u8 rest[FILE_SIZE - sizeof(Elf64_Ehdr) - 4 * sizeof(Elf64_Phdr)];
};
_Static_assert(sizeof(struct file64) == FILE_SIZE, "contents at fixed offsets");

static struct file64 *new_elf(void)
{
    struct file64 *f = calloc(1, sizeof *f);
    memcpy(f->eh.e_ident, ELFMAG, SELFMAG);
    f->eh.e_ident[EI_CLASS] = ELFCLASS64;
    f->eh.e_ident[EI_DATA] = ELFDATA2LSB;
    f->eh.e_ident[EI_VERSION] = EV_CURRENT;
    f->eh.e_type = ET_EXEC;
    f->eh.e_machine = EM_RISCV;
    f->eh.e_version = EV_CURRENT;
    f->eh.e_entry = RAM_BASE;
    f->eh.e_phoff = sizeof f->eh;
    f->eh.e_ehsize = sizeof f->eh;
    f->eh.e_phentsize = sizeof f->ph[0];
    f->eh.e_shentsize = sizeof(Elf64_Shdr);
    return f;
}

static void add_segment(struct file64 *f, u64 va, u64 pa, u64 filesz, u64 memsz)
{
    unsigned i = f->eh.e_phnum++;
    f->ph[i] = (Elf64_Phdr){.p_type = PT_LOAD,
                            .p_flags = PF_R | PF_W | PF_X,
                            .p_offset = 0x1000 * (i + 1),
                            .p_vaddr = va,
                            .p_paddr = pa,
                            .p_filesz = filesz,
                            .p_memsz = memsz,
                            .p_align = 4096};
}

static u8 *content(struct file64 *f, unsigned segment)
{
    return (u8 *)f + 0x1000 * (segment + 1);
}

START_TEST(segments_and_bss)
{
    struct file64 *f = new_elf();
    add_segment(f, RAM_BASE, RAM_BASE, 0x10, 0x10);
    add_segment(f, RAM_BASE + 0x2000, RAM_BASE + 0x2000, 4, 0x100);
    memset(content(f, 0), 0x11, 0x10);
    memset(content(f, 1), 0x22, 0x200);
    memset(host, 0xff, 0x4000);
    ck_assert_msg(load(f, sizeof *f) == 0, "%s", err.text);
    ck_assert_uint_eq(host[0xf], 0x11);
    ck_assert_uint_eq(host[0x10], 0xff);
    ck_assert_uint_eq(host[0x2003], 0x22);
    ck_assert_uint_eq(host[0x2004], 0);
    ck_assert_uint_eq(host[0x20ff], 0);
    ck_assert_uint_eq(host[0x2100], 0xff);
    ck_assert_uint_eq(img.entry, RAM_BASE);
    ck_assert_uint_eq(img.low, RAM_BASE);
    ck_assert_uint_eq(img.high, RAM_BASE + 0x2100);
    ck_assert_uint_eq(img.xlen, 64);
    ck_assert(img.is_elf);
    free(f);
}
END_TEST

/* A kernel's ELF is linked at virtual addresses: it goes to the physical ones, the entry as well.
 */
START_TEST(entry_is_translated)
{
    struct file64 *f = new_elf();
    f->eh.e_entry = 0xffffffff80000040ull;
    add_segment(f, 0xffffffff80000000ull, RAM_BASE + 0x200000, 0x100, 0x100);
    ck_assert_msg(load(f, sizeof *f) == 0, "%s", err.text);
    ck_assert_uint_eq(img.entry, RAM_BASE + 0x200040);
    f->eh.e_entry = RAM_BASE + 0x200040; /* written as a physical address */
    ck_assert_msg(load(f, sizeof *f) == 0, "%s", err.text);
    ck_assert_uint_eq(img.entry, RAM_BASE + 0x200040);
    free(f);
}
END_TEST

/* Two sections: symbol table and strings, in the last part of the file. */
static void add_symbol(struct file64 *f, const char *name, u64 value)
{
    Elf64_Shdr *sh = (Elf64_Shdr *)((u8 *)f + 0x3000);
    Elf64_Sym *sym = (Elf64_Sym *)((u8 *)f + 0x3200);
    char *strings = (char *)f + 0x3800;
    if (!f->eh.e_shnum) {
        f->eh.e_shoff = 0x3000;
        f->eh.e_shnum = 3;
        f->eh.e_shstrndx = 2;
        sh[1] = (Elf64_Shdr){.sh_type = SHT_SYMTAB,
                             .sh_offset = 0x3200,
                             .sh_size = sizeof *sym,
                             .sh_link = 2,
                             .sh_entsize = sizeof *sym,
                             .sh_addralign = 8};
        sh[2] = (Elf64_Shdr){.sh_type = SHT_STRTAB, .sh_offset = 0x3800, .sh_size = 1};
    }
    sym[sh[1].sh_size / sizeof *sym] =
        (Elf64_Sym){.st_name = (u32)sh[2].sh_size, .st_shndx = SHN_ABS, .st_value = value};
    sh[1].sh_size += sizeof *sym;
    strcpy(strings + sh[2].sh_size, name);
    sh[2].sh_size += strlen(name) + 1;
}

START_TEST(symbols)
{
    struct file64 *f = new_elf();
    add_segment(f, RAM_BASE, RAM_BASE, 0x10, 0x1000);
    add_symbol(f, "tohost", RAM_BASE + 0x100);
    add_symbol(f, "fromhost", RAM_BASE + 0x140);
    add_symbol(f, "begin_signature", RAM_BASE + 0x800);
    add_symbol(f, "end_signature", RAM_BASE + 0x1000);
    add_symbol(f, "tohost_not", RAM_BASE + 0x200);
    ck_assert_msg(load(f, sizeof *f) == 0, "%s", err.text);
    ck_assert_uint_eq(img.tohost, RAM_BASE + 0x100);
    ck_assert_uint_eq(img.fromhost, RAM_BASE + 0x140);
    ck_assert_uint_eq(img.sig_begin, RAM_BASE + 0x800);
    ck_assert_uint_eq(img.sig_end, RAM_BASE + 0x1000);
    free(f);
}
END_TEST

/* A static PIE: linked at 0, one relative relocation. */
static struct file64 *new_pie(void)
{
    struct file64 *f = new_elf();
    f->eh.e_type = ET_DYN;
    f->eh.e_entry = 0x10;
    add_segment(f, 0, 0, 0x400, 0x400);
    f->ph[1] = f->ph[0];
    f->ph[1].p_type = PT_DYNAMIC;
    f->ph[1].p_vaddr = f->ph[1].p_paddr = 0x100;
    f->ph[1].p_memsz = f->ph[1].p_filesz = 0x40;
    f->eh.e_phnum = 2;
    Elf64_Dyn *dyn = (Elf64_Dyn *)(content(f, 0) + 0x100);
    dyn[0] = (Elf64_Dyn){DT_RELA, {0x200}};
    dyn[1] = (Elf64_Dyn){DT_RELASZ, {sizeof(Elf64_Rela)}};
    Elf64_Rela *rela = (Elf64_Rela *)(content(f, 0) + 0x200);
    *rela = (Elf64_Rela){.r_offset = 0x300, .r_info = 3, .r_addend = 0x1234};
    return f;
}

START_TEST(static_pie)
{
    struct file64 *f = new_pie();
    ck_assert_msg(load(f, sizeof *f) == 0, "%s", err.text);
    u64 value;
    memcpy(&value, host + 0x200300, 8);
    ck_assert_uint_eq(value, RAM_BASE + 0x200000 + 0x1234);
    ck_assert_uint_eq(img.entry, RAM_BASE + 0x200010);
    free(f);
}
END_TEST

/* A note says for which system a program is. */
START_TEST(for_linux)
{
    static const struct {
        Elf64_Nhdr n;
        char name[4];
        u32 os, version[3];
    } tag = {{4, 16, NT_GNU_ABI_TAG}, "GNU", ELF_NOTE_OS_LINUX, {4, 15, 0}};
    struct file64 *f = new_elf();
    add_segment(f, RAM_BASE, RAM_BASE, 0x10, 0x10);
    add_segment(f, 0, 0, sizeof tag, sizeof tag);
    f->ph[1].p_type = PT_NOTE;
    memcpy(content(f, 1), &tag, sizeof tag);
    ck_assert_refused(load(f, sizeof *f), "is a program for Linux");
    f->ph[1].p_filesz = sizeof tag - 1; /* cut off */
    ck_assert_msg(load(f, sizeof *f) == 0, "%s", err.text);
    f->ph[1].p_filesz = sizeof tag;
    content(f, 1)[offsetof(__typeof__(tag), n.n_type)] = NT_GNU_BUILD_ID;
    ck_assert_msg(load(f, sizeof *f) == 0, "%s", err.text);
    free(f);
}
END_TEST

START_TEST(bad_pie)
{
    struct file64 *f = new_pie();
    Elf64_Rela *rela = (Elf64_Rela *)(content(f, 0) + 0x200);
    Elf64_Dyn *dyn = (Elf64_Dyn *)(content(f, 0) + 0x100);
    rela->r_info = 2;
    ck_assert_refused(load(f, sizeof *f), "type 2");
    rela->r_info = 3;
    rela->r_offset = 0x3fe;
    ck_assert_refused(load(f, sizeof *f), "relocation is outside");
    rela->r_offset = 0xffffffffffffff00ull;
    ck_assert_refused(load(f, sizeof *f), "relocation is outside");
    rela->r_offset = 0x300;
    dyn[0].d_un.d_val = 0x3f0;
    ck_assert_refused(load(f, sizeof *f), "table is outside");
    dyn[0].d_tag = DT_NEEDED;
    ck_assert_refused(load(f, sizeof *f), "shared libraries");
    f->ph[1].p_vaddr = 0x3f8;
    ck_assert_refused(load(f, sizeof *f), "dynamic section");
    f->ph[1].p_type = PT_INTERP;
    ck_assert_refused(load(f, sizeof *f), "dynamically linked");
    free(f);
}
END_TEST

START_TEST(elf32)
{
    u8 file[0x200] = {0};
    Elf32_Ehdr *eh = (Elf32_Ehdr *)file;
    memcpy(eh->e_ident, ELFMAG, SELFMAG);
    eh->e_ident[EI_CLASS] = ELFCLASS32;
    eh->e_ident[EI_DATA] = ELFDATA2LSB;
    eh->e_ident[EI_VERSION] = EV_CURRENT;
    eh->e_type = ET_EXEC;
    eh->e_machine = EM_RISCV;
    eh->e_version = EV_CURRENT;
    eh->e_entry = (u32)RAM_BASE + 4;
    eh->e_phoff = sizeof *eh;
    eh->e_ehsize = sizeof *eh;
    eh->e_phentsize = sizeof(Elf32_Phdr);
    eh->e_phnum = 1;
    Elf32_Phdr *ph = (Elf32_Phdr *)(file + sizeof *eh);
    *ph = (Elf32_Phdr){.p_type = PT_LOAD,
                       .p_offset = 0x100,
                       .p_vaddr = (u32)RAM_BASE,
                       .p_paddr = (u32)RAM_BASE,
                       .p_filesz = 16,
                       .p_memsz = 16};
    file[0x100] = 0x5a;
    ck_assert_msg(load(file, sizeof file) == 0, "%s", err.text);
    ck_assert_uint_eq(img.xlen, 32);
    ck_assert_uint_eq(img.entry, RAM_BASE + 4);
    ck_assert_uint_eq(host[0], 0x5a);
}
END_TEST

START_TEST(bad_headers)
{
    struct file64 *f = new_elf();
    ck_assert_refused(load(f, sizeof *f), "nothing to load");
    add_segment(f, RAM_BASE, RAM_BASE, 0x10, 0x10);
    ck_assert_refused(load(f, 30), "header cannot be read");
    ck_assert_refused(load(f, 4), "header cannot be read");
    f->eh.e_machine = EM_X86_64;
    ck_assert_refused(load(f, sizeof *f), "another processor");
    f->eh.e_machine = EM_RISCV;
    f->eh.e_type = ET_REL;
    ck_assert_refused(load(f, sizeof *f), "object file");
    f->eh.e_type = ET_CORE;
    ck_assert_refused(load(f, sizeof *f), "not an executable");
    f->eh.e_type = ET_EXEC;
    f->eh.e_ident[EI_DATA] = ELFDATA2MSB;
    ck_assert_refused(load(f, sizeof *f), "big-endian");
    f->eh.e_ident[EI_DATA] = ELFDATA2LSB;
    f->eh.e_phoff = FILE_SIZE - 8;
    ck_assert_refused(load(f, sizeof *f), "program headers cannot be read");
    f->eh.e_phoff = sizeof f->eh;
    ck_assert_refused(load(f, sizeof f->eh + 8), "program headers cannot be read");
    free(f);
}
END_TEST

START_TEST(bad_entry)
{
    struct file64 *f = new_elf();
    add_segment(f, RAM_BASE, RAM_BASE, 0x10, 0x10);
    f->eh.e_entry = 0;
    ck_assert_refused(load(f, sizeof *f), "no entry point");
    f->eh.e_entry = RAM_BASE + 0x10;
    ck_assert_refused(load(f, sizeof *f), "none of its segments");
    free(f);
}
END_TEST

START_TEST(bad_segments)
{
    struct file64 *f = new_elf();
    add_segment(f, RAM_BASE, RAM_BASE, 0x10, 0x10);
    add_segment(f, RAM_BASE + RAM_SIZE - 8, RAM_BASE + RAM_SIZE - 8, 8, 16);
    ck_assert_refused(load(f, sizeof *f), "segment 1 (0x807ffff8..0x80800007) lies outside RAM "
                                          "(0x80000000..0x807fffff)");
    f->ph[1].p_paddr = 0x1000;
    ck_assert_refused(load(f, sizeof *f), "below RAM, which begins at 0x80000000; link it there");
    f->ph[1].p_paddr = 0xfffffffffffffff8ull;
    ck_assert_refused(load(f, sizeof *f), "outside RAM");
    f->ph[1].p_paddr = RAM_BASE + 0x1000;
    f->ph[1].p_memsz = 4;
    ck_assert_refused(load(f, sizeof *f), "more bytes in the file");
    f->ph[1].p_memsz = 0x100;
    f->ph[1].p_offset = FILE_SIZE - 4;
    ck_assert_refused(load(f, sizeof *f), "cut off: segment 1");
    f->ph[1].p_offset = 0xfffffffffffffff0ull;
    ck_assert_refused(load(f, sizeof *f), "cut off: segment 1");
    f->ph[1].p_offset = 0x1000;
    f->ph[1].p_paddr = f->ph[1].p_vaddr = RAM_BASE + 0xf;
    ck_assert_refused(load(f, sizeof *f), "segments 0 and 1 overlap at 0x8000000f");
    free(f);
}
END_TEST

START_TEST(flat)
{
    u8 bytes[100];
    memset(bytes, 7, sizeof bytes);
    ck_assert_refused(load_at(bytes, sizeof bytes, 0x1000, true),
                      "below RAM, which begins at 0x80000000");
    ck_assert_ptr_null(strstr(err.text, "--memory"));
    ck_assert_int_eq(load_at(bytes, sizeof bytes, RAM_BASE + 0x1000, true), 0);
    ck_assert_uint_eq(img.entry, RAM_BASE + 0x1000);
    ck_assert_uint_eq(host[0x1000 + 99], 7);
    ck_assert(!img.is_elf && img.xlen == 0);
    ck_assert_refused(load_at(bytes, sizeof bytes, RAM_BASE + RAM_SIZE - 99, true), "--memory");
    ck_assert_refused(load_at(bytes, sizeof bytes, 0xffffffffffffffc0ull, true), "--memory");
    ck_assert_refused(load("", 0), "empty");
    static const char source[] = "int main(void)\n{\n\treturn 0;\n}\n";
    ck_assert_refused(load(source, sizeof source - 1), "is a text");
    ck_assert_int_eq(load_at(source, sizeof source - 1, RAM_BASE, true), 0);
    static const char disk[] = "QFI\xfb\0\0\0\3", packed[] = "\x28\xb5\x2f\xfd\x04";
    ck_assert_refused(load(disk, sizeof disk), "is qcow2, not a program");
    ck_assert_refused(load(packed, sizeof packed), "is zstd, not a program");
    ck_assert_int_eq(load_at(packed, sizeof packed, RAM_BASE, true), 0);
    struct file64 *f = new_elf();
    add_segment(f, RAM_BASE, RAM_BASE, 0x10, 0x10);
    ck_assert_refused(load_at(f, sizeof *f, RAM_BASE, true), "leave out");
    free(f);
}
END_TEST

static void make_kernel(u8 *k, u64 text_offset, u64 image_size)
{
    memcpy(k + 8, &text_offset, 8);
    memcpy(k + 16, &image_size, 8);
    memcpy(k + 0x30, "RISCV\0\0\0RSC\005", 12);
    k[0x40] = 0xab;
}

START_TEST(kernel)
{
    u8 k[0x100] = {0};
    make_kernel(k, 0x200000, 0x300000);
    memset(host, 0xff, RAM_SIZE);
    ck_assert_msg(load(k, sizeof k) == 0, "%s", err.text);
    ck_assert_uint_eq(img.entry, RAM_BASE + 0x200000);
    ck_assert_uint_eq(img.high, RAM_BASE + 0x500000);
    ck_assert_uint_eq(host[0x200040], 0xab);
    ck_assert_uint_eq(host[0x4fffff], 0);
    ck_assert_uint_eq(img.xlen, 0);
    make_kernel(k, 0x400000, 0);
    ck_assert_int_eq(load(k, sizeof k), 0);
    ck_assert_uint_eq(img.xlen, 32);
    make_kernel(k, 0x200000, 0x700000);
    ck_assert_refused(load(k, sizeof k), "--memory");
    make_kernel(k, 0xffffffffffff0000ull, 0x1000);
    ck_assert_refused(load(k, sizeof k), "--memory");
    make_kernel(k, 0x200000, 0xffffffffffffffffull);
    ck_assert_refused(load(k, sizeof k), "--memory");
}
END_TEST

/* Compresses as gzip; returns the length. */
static size_t gzip(const u8 *in, size_t len, u8 *out, size_t room)
{
    z_stream z = {.next_in = (u8 *)(uintptr_t)in,
                  .avail_in = (unsigned)len,
                  .next_out = out,
                  .avail_out = (unsigned)room};
    deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

START_TEST(compressed)
{
    static u8 k[300000], packed[400000];
    srand(1);
    for (size_t i = 0x40; i < sizeof k; i++)
        k[i] = (u8)rand();
    make_kernel(k, 0x200000, 0x100000);
    size_t n = gzip(k, sizeof k, packed + 0x40, sizeof packed - 0x40);
    ck_assert_msg(load(packed + 0x40, n) == 0, "%s", err.text);
    ck_assert_int_eq(memcmp(host + 0x200000, k, sizeof k), 0);
    memset(host, 0, RAM_SIZE);
    memcpy(packed, "MZ\0\0zimg\x40\0\0\0", 12);
    memcpy(packed + 12, &(u32){(u32)n}, 4);
    ck_assert_msg(load(packed, n + 0x40) == 0, "%s", err.text);
    ck_assert_int_eq(memcmp(host + 0x200000, k, sizeof k), 0);
    ck_assert_refused(load(packed + 0x40, n / 2), "damaged or cut off");
    packed[0x40 + n / 2] ^= 0xff;
    ck_assert_refused(load(packed + 0x40, n), "damaged or cut off");
}
END_TEST

/* A file of 64 KiB may unpack to a thousand times that. */
START_TEST(compressed_to_more_than_the_memory)
{
    size_t size = RAM_SIZE + 1;
    u8 *zero = calloc(2, size), *packed = malloc(RAM_SIZE);
    ck_assert_refused(load(packed, gzip(zero, 2 * size - 2, packed, RAM_SIZE)), "--memory");
    ck_assert_refused(load(packed, gzip(zero, size, packed, RAM_SIZE)), "--memory");
    ck_assert_ptr_nonnull(strstr(err.text, "unpacks to more than the guest's memory"));
    size_t n = gzip(zero, size - 1, packed, RAM_SIZE);
    ck_assert_msg(load_at(packed, n, RAM_BASE, true) == 0, "%s", err.text);
    free(zero);
    free(packed);
}
END_TEST

START_TEST(initrd)
{
    char path[] = "/tmp/hextant-test-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    u64 start, end, top = RAM_BASE + 0x100000;
    ck_assert_refused(load_initrd(path, &ram, RAM_BASE, top, &start, &end, &err), "empty");
    ck_assert_int_eq(write(fd, "0123456789", 10), 10);
    ck_assert_int_eq(load_initrd(path, &ram, RAM_BASE, top, &start, &end, &err), 0);
    ck_assert_uint_eq(start, top - 4096);
    ck_assert_uint_eq(end, start + 10);
    ck_assert_int_eq(memcmp(host + (start - RAM_BASE), "0123456789", 10), 0);
    ck_assert_refused(load_initrd(path, &ram, top - 4095, top, &start, &end, &err), "--memory");
    ck_assert_refused(load_initrd(path, &ram, top + 1, top, &start, &end, &err), "--memory");
    close(fd);
    unlink(path);
    ck_assert_refused(load_initrd(path, &ram, RAM_BASE, top, &start, &end, &err), "No such file");
}
END_TEST

START_TEST(unreadable)
{
    ck_assert_ptr_null(loader_open("/nonexistent/file", 1, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
    ck_assert_ptr_null(loader_open("/tmp", 1, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "not a regular file"));
    ck_assert_ptr_null(loader_open("/dev/zero", 1, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "not a regular file"));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("loader");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, segments_and_bss);
    tcase_add_test(tc, entry_is_translated);
    tcase_add_test(tc, symbols);
    tcase_add_test(tc, static_pie);
    tcase_add_test(tc, for_linux);
    tcase_add_test(tc, bad_pie);
    tcase_add_test(tc, elf32);
    tcase_add_test(tc, bad_headers);
    tcase_add_test(tc, bad_entry);
    tcase_add_test(tc, bad_segments);
    tcase_add_test(tc, flat);
    tcase_add_test(tc, kernel);
    tcase_add_test(tc, compressed);
    tcase_add_test(tc, compressed_to_more_than_the_memory);
    tcase_add_test(tc, initrd);
    tcase_add_test(tc, unreadable);
    Suite *s = suite_create("loader");
    suite_add_tcase(s, tc);
    return run_suite(s);
}
