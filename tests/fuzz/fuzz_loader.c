/* Fuzzes the loader with program files (ELF, Linux Image, flat binary, any of them in gzip).
 * Whatever they hold, the loader places the image inside RAM and says so truly, or refuses with one
 * line and leaves no trace of a broken invariant. The input, in order:
 * - target: bit 0: an address is given; bits 1-7: which
 * - program, modulo SEED_KINDS: what is spoilt; bit 7: the file is packed
 * - patches: 3 bytes each, offset and value of a byte; of SEED_NONE the file itself */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "loader_seed.h"
#include "machine/loader.h"

#define RAM ((u64)0x80000000)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { RAM_SIZE = 1 << 20 };

static void require(bool truth, const char *what)
{
    if (truth)
        return;
    fprintf(stderr, "fuzz_loader: %s\n", what);
    abort();
}

static bool inside(u64 at, u64 low, u64 high)
{
    return at >= low && at <= high;
}

static void check_image(const struct image *img)
{
    u64 end = RAM + RAM_SIZE;
    require(inside(img->low, RAM, end) && inside(img->high, img->low, end), "image outside RAM");
    require(inside(img->entry, img->low, img->high - 1), "entry outside the image");
    require(img->xlen == 0 || img->xlen == 32 || img->xlen == 64, "no such XLEN");
    const u64 places[] = {img->tohost, img->fromhost, img->sig_begin, img->sig_end};
    for (u32 i = 0; i < ARRAY_LEN(places); i++)
        require(!places[i] || inside(places[i], img->low, img->high), "symbol outside the image");
}

static void check_refusal(const struct error *err)
{
    require(*err->text && !strchr(err->text, '\n'), "a refusal is one line");
}

struct bytes {
    u8 *data;
    size_t size;
};

static struct bytes bytes_new(size_t size)
{
    struct bytes b = {malloc(size ? size : 1), size};
    if (!b.data)
        abort();
    return b;
}

/* The program that the input describes. */
static struct bytes program(const u8 *data, size_t size)
{
    u8 seed[SEED_MAX];
    u32 len = loader_seed((data[0] & 0x7f) % SEED_KINDS, seed);
    struct bytes b = bytes_new(len ? len : size - 1);
    memcpy(b.data, len ? seed : data + 1, b.size);
    for (size_t i = 1; len && i + 3 <= size; i += 3)
        b.data[(data[i] | data[i + 1] << 8) % len] = data[i + 2];
    return b;
}

static struct bytes packed(struct bytes plain)
{
    struct bytes b = bytes_new(plain.size + 256);
    z_stream z = {.next_in = plain.data,
                  .avail_in = (uInt)plain.size,
                  .next_out = b.data,
                  .avail_out = (uInt)b.size};
    require(deflateInit2(&z, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK &&
                deflate(&z, Z_FINISH) == Z_STREAM_END,
            "zlib");
    b.size = z.total_out;
    deflateEnd(&z);
    free(plain.data);
    return b;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static u8 *host;
    struct error err = {""};
    struct image img;
    if (size < 2)
        return 0;
    if (!host && !(host = malloc(RAM_SIZE)))
        abort();
    struct mem_region ram = {.base = RAM, .size = RAM_SIZE, .host = host, .name = "ram"};
    struct image_target target = {.ram = &ram,
                                  .pie_address = RAM + 0x20000,
                                  .flat_address = RAM + (u64)(data[0] >> 1) * 0x4000,
                                  .flat_given = data[0] & 1};
    struct bytes file = program(data + 1, size - 1);
    if (data[1] & 0x80)
        file = packed(file);
    struct image_source *src = image_from_bytes("file", file.data, file.size, 1 << 30, &err);
    if (!src) {
        check_refusal(&err);
        return 0;
    }
    if (image_load(src, &target, &img, &err) == 0)
        check_image(&img);
    else
        check_refusal(&err);
    loader_close(src);
    return 0;
}
