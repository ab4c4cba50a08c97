/* Reading files, telling what they are, and placing Linux Images, flat binaries and initial RAM
 * disks. ELF files are in loader_elf.c. */
#include "machine/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "common/formats.h"
#include "machine/loader_elf.h"

enum source_kind { SOURCE_ELF, SOURCE_KERNEL, SOURCE_FLAT };

struct image_source {
    const char *path;
    u8 *data;
    size_t size;
    enum source_kind kind;
    unsigned xlen;
};

/* The header of a Linux Image (Documentation/arch/riscv/boot-image-header in the kernel). */
enum {
    KERNEL_TEXT_OFFSET = 0x08,
    KERNEL_IMAGE_SIZE = 0x10,
    KERNEL_MAGIC = 0x38,
    KERNEL_HEADER = 0x40,
    RV32_TEXT_OFFSET = 0x400000, /* what 32-bit kernels ask for; 64-bit ones say 0x200000 */
};

static u64 le(const u8 *p, unsigned bytes)
{
    u64 v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v |= (u64)p[i] << (8 * i);
    return v;
}

/* Opens for reading and learns the length; directories and devices are refused. */
static int open_regular(const char *path, u64 *size, struct error *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return error_set(err, "cannot open '%s': %s", path, strerror(errno));
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        *size = (u64)st.st_size;
        return fd;
    }
    close(fd);
    return error_set(err, "cannot read '%s': it is not a regular file", path);
}

/* Reads exactly `size` bytes and closes. */
static int read_and_close(int fd, const char *path, u8 *buf, u64 size, struct error *err)
{
    u64 done = 0;
    while (done < size) {
        ssize_t n = read(fd, buf + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            int reason = n < 0 ? errno : 0;
            close(fd);
            return error_set(err, "cannot read '%s': %s", path,
                             reason ? strerror(reason) : "it became shorter while it was read");
        }
        done += (u64)n;
    }
    close(fd);
    return 0;
}

static u8 *read_file(const char *path, size_t *size, struct error *err)
{
    u64 len;
    int fd = open_regular(path, &len, err);
    if (fd < 0)
        return NULL;
    u8 *data = malloc(len ? len : 1);
    if (!data) {
        close(fd);
        error_set(err, "no memory to read '%s' (%" PRIu64 " bytes)", path, len);
        return NULL;
    }
    if (read_and_close(fd, path, data, len, err)) {
        free(data);
        return NULL;
    }
    *size = len;
    return data;
}

/* Packed bytes of a file, and how many they may become. */
struct packed {
    const char *path;
    const u8 *data;
    size_t len;
    u64 most;
};

/* Why unpacking has failed after `len` bytes. */
static void unpack_error(const struct packed *p, u64 len, struct error *err)
{
    if (len > p->most)
        error_set(err,
                  "'%s' unpacks to more than the guest's memory (%" PRIu64
                  " MiB); try a larger --memory",
                  p->path, p->most >> 20);
    else
        error_set(err, "'%s': the compressed data is damaged or cut off", p->path);
}

/* Unpacks one gzip stream. NULL with *err when it is damaged or becomes too much. */
static u8 *gunzip(const struct packed *p, size_t *out_len, struct error *err)
{
    enum { SPARE = 65536 }; /* room for inflate() to work in */
    size_t cap = p->len < p->most / 4 ? p->len * 4 + SPARE : p->most + SPARE, len = 0;
    u8 *out = malloc(cap);
    z_stream z = {.next_in = (u8 *)(uintptr_t)p->data};
    if (!out || inflateInit2(&z, 16 + MAX_WBITS) != Z_OK) {
        free(out);
        error_set(err, "no memory to unpack '%s'", p->path);
        return NULL;
    }
    int state = Z_OK;
    size_t left = p->len;
    while (out && state == Z_OK && len <= p->most) {
        if (cap - len < SPARE) {
            cap = cap < p->most / 2 ? cap * 2 : p->most + 2 * SPARE;
            u8 *more = realloc(out, cap);
            if (!more)
                free(out);
            out = more;
            continue;
        }
        unsigned room = cap - len > 1u << 30 ? 1u << 30 : (unsigned)(cap - len);
        unsigned feed = left > 1u << 30 ? 1u << 30 : (unsigned)left;
        z.avail_in = feed;
        z.next_out = out + len;
        z.avail_out = room;
        state = inflate(&z, Z_NO_FLUSH);
        len += room - z.avail_out;
        left -= feed - z.avail_in;
    }
    inflateEnd(&z);
    if (out && state == Z_STREAM_END && len <= p->most) {
        *out_len = len;
        return out;
    }
    free(out);
    unpack_error(p, len, err);
    return NULL;
}

static bool is_gzip(const u8 *data, size_t size)
{
    return size > 2 && data[0] == 0x1f && data[1] == 0x8b;
}

/* Finds compressed content: a gzip file, or the payload of a self-decompressing EFI kernel ("MZ",
 * then "zimg" at 4 with offset and size after it). NULL if there is none. */
static const u8 *find_packed(const u8 *data, size_t size, size_t *len)
{
    if (is_gzip(data, size)) {
        *len = size;
        return data;
    }
    if (size < 0x40 || memcmp(data, "MZ", 2) != 0 || memcmp(data + 4, "zimg", 4) != 0)
        return NULL;
    u64 at = le(data + 8, 4), n = le(data + 12, 4);
    if (at > size || n > size - at || !is_gzip(data + at, n))
        return NULL;
    *len = n;
    return data + at;
}

static bool is_kernel(const u8 *data, size_t size)
{
    return size >= KERNEL_HEADER && memcmp(data + KERNEL_MAGIC, "RSC\005", 4) == 0;
}

/* Decides the kind, checks an ELF. */
static int classify(struct image_source *src, struct error *err)
{
    if (src->size == 0)
        return error_set(err, "'%s' is empty", src->path);
    if (src->size >= 4 && memcmp(src->data, "\177ELF", 4) == 0) {
        src->kind = SOURCE_ELF;
        return elf_check(src->path, src->data, src->size, &src->xlen, err);
    }
    if (!is_kernel(src->data, src->size)) {
        src->kind = SOURCE_FLAT;
        return 0;
    }
    src->kind = SOURCE_KERNEL;
    if (le(src->data + KERNEL_TEXT_OFFSET, 8) == RV32_TEXT_OFFSET)
        src->xlen = 32;
    return 0;
}

struct image_source *image_from_bytes(const char *path, u8 *data, size_t size, u64 most,
                                      struct error *err)
{
    struct image_source *src = calloc(1, sizeof *src);
    if (!src) {
        free(data);
        error_set(err, "no memory to load '%s'", path);
        return NULL;
    }
    *src = (struct image_source){.path = path, .data = data, .size = size};
    struct packed packed = {.path = path, .most = most};
    packed.data = find_packed(data, size, &packed.len);
    if (packed.data) {
        u8 *out = gunzip(&packed, &src->size, err);
        free(src->data);
        src->data = out;
    }
    if (src->data && classify(src, err) == 0)
        return src;
    loader_close(src);
    return NULL;
}

struct image_source *loader_open(const char *path, u64 most, struct error *err)
{
    size_t size = 0;
    u8 *data = read_file(path, &size, err);
    return data ? image_from_bytes(path, data, size, most, err) : NULL;
}

void loader_close(struct image_source *src)
{
    if (!src)
        return;
    free(src->data);
    free(src);
}

unsigned image_xlen(const struct image_source *src)
{
    return src->xlen;
}

/* Copies all bytes to `pa`; `span` bytes there belong to the image. */
static int place(const struct image_source *src, const struct image_target *t, u64 pa, u64 span,
                 struct image *out, struct error *err)
{
    const struct mem_region *ram = t->ram;
    if (pa < ram->base)
        return error_set(err,
                         "'%s' would go to 0x%" PRIx64 ", below RAM, which begins at 0x%" PRIx64,
                         src->path, pa, ram->base);
    if (span > ram->size || pa - ram->base > ram->size - span)
        return error_set(err,
                         "'%s' needs 0x%" PRIx64 "..0x%" PRIx64 " but RAM is 0x%" PRIx64
                         "..0x%" PRIx64 "; try a larger --memory",
                         src->path, pa, pa + span - 1, ram->base, ram->base + ram->size - 1);
    memcpy(ram->host + (pa - ram->base), src->data, src->size);
    memset(ram->host + (pa - ram->base) + src->size, 0, span - src->size);
    *out = (struct image){.entry = pa, .low = pa, .high = pa + span, .xlen = src->xlen};
    return 0;
}

static int load_kernel(const struct image_source *src, const struct image_target *t,
                       struct image *out, struct error *err)
{
    u64 offset = le(src->data + KERNEL_TEXT_OFFSET, 8), span = le(src->data + KERNEL_IMAGE_SIZE, 8);
    if (span < src->size)
        span = src->size;
    if (!t->flat_given && offset >= t->ram->size)
        return error_set(err,
                         "'%s' is a kernel to be loaded 0x%" PRIx64
                         " bytes into RAM, which has 0x%" PRIx64 "; try a larger --memory",
                         src->path, offset, t->ram->size);
    return place(src, t, t->flat_given ? t->flat_address : t->ram->base + offset, span, out, err);
}

/* Whether a file is text, such as the source of a program: code has bytes that no text has. */
static bool is_text(const struct image_source *src)
{
    enum { ENOUGH = 4096 };
    for (size_t i = 0; i < src->size && i < ENOUGH; i++)
        if (src->data[i] < ' ' && !memchr("\t\n\f\r", src->data[i], 4))
            return false;
    return true;
}

int image_load(struct image_source *src, const struct image_target *target, struct image *out,
               struct error *err)
{
    switch (src->kind) {
    case SOURCE_ELF:
        if (target->flat_given)
            return error_set(err,
                             "'%s' is an ELF, which says itself where it goes: leave out "
                             "--load-address",
                             src->path);
        return elf_load(src->path, src->data, src->size, target, out, err);
    case SOURCE_KERNEL:
        return load_kernel(src, target, out, err);
    case SOURCE_FLAT:
        if (!target->flat_given && format_of(src->data, src->size))
            return error_set(err, "'%s' is %s, not a program; convert it, or unpack it, first",
                             src->path, format_of(src->data, src->size));
        if (!target->flat_given && is_text(src))
            return error_set(
                err, "'%s' is a text, not a program; --load-address=ADDR runs it all the same",
                src->path);
        break;
    }
    return place(src, target, target->flat_address, src->size, out, err);
}

int load_initrd(const char *path, struct mem_region *ram, u64 floor, u64 top, u64 *start, u64 *end,
                struct error *err)
{
    u64 size;
    int fd = open_regular(path, &size, err);
    if (fd < 0)
        return -1;
    if (size == 0) {
        close(fd);
        return error_set(err, "'%s' is empty", path);
    }
    u64 at = top > floor && size <= top - floor ? (top - size) & ~4095ull : 0;
    if (at < floor) {
        close(fd);
        return error_set(err,
                         "'%s' (0x%" PRIx64 " bytes) does not fit between the program and the "
                         "device tree (0x%" PRIx64 "..0x%" PRIx64 "); try a larger --memory",
                         path, size, floor, top);
    }
    *start = at;
    *end = at + size;
    return read_and_close(fd, path, ram->host + (at - ram->base), size, err);
}
