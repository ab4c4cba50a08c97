/* Fuzzes flash memory and fw_cfg: the input is a program of accesses to their windows and of stores
 * to memory. Nothing breaks, and the file behind the flash memory stays as it is. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "fuzz_board.h"

#define RAM_SIZE 0x10000ull
#define FLASH    0x22000000ull
#define FW_CFG   0x10100000ull

/* Three blocks and a bit, made once and never changed. */
static const char *image(void)
{
    static char spec[64];
    if (!*spec) {
        char path[] = "/tmp/hextant-fuzz-XXXXXX";
        int fd = mkstemp(path);
        if (fd < 0 || ftruncate(fd, (3 << 18) + 512) != 0)
            abort();
        close(fd);
        snprintf(spec, sizeof spec, "%s,snapshot=on", path);
    }
    return spec;
}

/* One step; returns how many bytes it took, 0 at the end. */
static size_t step(struct bus *bus, const u8 *data, size_t len)
{
    u64 value;
    u32 at;
    if (len < 16)
        return 0;
    memcpy(&at, data + 4, 4);
    memcpy(&value, data + 8, 8);
    unsigned size = 1u << (data[0] & 3);
    u64 pa =
        data[0] & 4 ? FW_CFG + (at % 24 & ~(size - 1)) : FLASH + (at % (1 << 20) & ~(size - 1));
    switch (data[0] >> 3 & 3) {
    case 0:
        bus_read(bus, pa, size, &value);
        break;
    case 1:
        bus_copy_to(bus, RAM + at % (RAM_SIZE - 8), &value, 8);
        break;
    case 2: /* a command, or a request near the start of memory */
        if (data[0] & 4)
            value = __builtin_bswap64(RAM + (value & 0xfff));
        bus_write(bus, data[0] & 4 ? FW_CFG + 16 : FLASH + (at & 0xfffffc), data[0] & 4 ? 8 : 4,
                  value);
        break;
    default:
        bus_write(bus, pa, size, value);
    }
    return 16;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct fuzz_board b;
    struct error err;
    fuzz_board_init(&b, 0, RAM_SIZE);
    b.args.spec = image();
    b.args.harts = 2;
    b.args.ram = RAM_SIZE;
    fuzz_own(&b, pflash_new(&b.env, &b.args, &err), FLASH);
    fuzz_own(&b, fw_cfg_new(&b.env, &b.args, &err), FW_CFG);
    bus_reset(&b.bus);
    for (size_t at = 0, n; (n = step(&b.bus, data + at, size - at)) > 0;)
        at += n;
    bus_free(&b.bus);
    return 0;
}
