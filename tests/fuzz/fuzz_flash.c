/* Fuzzes flash memory and fw_cfg: the input is a program of accesses to their windows and of stores
 * to memory. Nothing breaks, and the file behind the flash memory stays as it is. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/bus.h"
#include "devices/devices.h"

#define RAM      0x80000000ull
#define RAM_SIZE 0x10000ull
#define FLASH    0x22000000ull
#define FW_CFG   0x10100000ull

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

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

static void own(struct bus *bus, struct device *dev, u64 base)
{
    if (!dev || bus_add_device(bus, dev) || bus_map_window(bus, dev, dev->regs, base))
        abort();
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
    struct bus bus;
    struct dev_env env = {.bus = &bus, .hz = 10000000};
    struct dev_args args = {.spec = image(), .harts = 2, .ram = RAM_SIZE, .bus = BUS_MMIO};
    struct error err;
    bus_init(&bus);
    if (!bus_add_memory(&bus, "ram", RAM, RAM_SIZE, true))
        abort();
    own(&bus, pflash_new(&env, &args, &err), FLASH);
    own(&bus, fw_cfg_new(&env, &args, &err), FW_CFG);
    bus_reset(&bus);
    for (size_t at = 0, n; (n = step(&bus, data + at, size - at)) > 0;)
        at += n;
    bus_free(&bus);
    return 0;
}
