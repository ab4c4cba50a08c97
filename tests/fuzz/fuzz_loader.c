/* Fuzzes the loader: the input is a choice of target and the bytes of a program file (ELF, Linux
 * Image, flat binary, any of them in gzip). Whatever they hold, the loader places the image inside
 * RAM and says so truly, or refuses with one line and leaves no trace of a broken invariant. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static u8 *host;
    struct error err = {""};
    struct image img;
    if (size < 1)
        return 0;
    if (!host && !(host = malloc(RAM_SIZE)))
        abort();
    struct mem_region ram = {.base = RAM, .size = RAM_SIZE, .host = host, .name = "ram"};
    struct image_target target = {.ram = &ram,
                                  .pie_address = RAM + 0x20000,
                                  .flat_address = RAM + (u64)(data[0] >> 1) * 0x4000,
                                  .flat_given = data[0] & 1};
    u8 *copy = malloc(size);
    if (!copy)
        abort();
    memcpy(copy, data + 1, size - 1);
    struct image_source *src = image_from_bytes("file", copy, size - 1, 1 << 30, &err);
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
