/* fw_cfg: what the machine tells a firmware, by key (QEMU's "Firmware Configuration Device"). A
 * selector, a data register that reads on, and DMA. It has the basic items, and an empty directory
 * of files. */
#include <string.h>

#include "devices/devices.h"
#include "devices/dma.h"

enum { WINDOW = 24, DATA = 0, SELECTOR = 8, DMA = 16 };
enum { KEY_SIGNATURE = 0x00, KEY_ID = 0x01, KEY_RAM = 0x03, KEY_CPUS = 0x05, KEY_DIR = 0x19 };
enum { HAS_REGISTERS = 1, HAS_DMA = 2 };
enum { DMA_ERROR = 1, DMA_READ = 2, DMA_SKIP = 4, DMA_SELECT = 8, DMA_WRITE = 16 };

struct fw_cfg {
    struct device dev;
    u64 ram;
    u32 harts;
    /* state */
    u16 key;
    u32 at;       /* next byte of the item */
    u64 dma_high; /* the first half of a DMA address, as it was written */
};

/* The item of the selected key; its length, 0 if there is none. */
static u32 item(const struct fw_cfg *f, u8 data[8])
{
    static const u8 signature[] = {'Q', 'E', 'M', 'U'};
    u32 id = HAS_REGISTERS | HAS_DMA;
    memset(data, 0, 8);
    switch (f->key) {
    case KEY_SIGNATURE:
        memcpy(data, signature, sizeof signature);
        return sizeof signature;
    case KEY_ID:
        memcpy(data, &id, sizeof id);
        return sizeof id;
    case KEY_RAM:
        memcpy(data, &f->ram, sizeof f->ram);
        return sizeof f->ram;
    case KEY_CPUS:
        memcpy(data, &f->harts, 2);
        return 2;
    case KEY_DIR: /* how many files there are, big-endian */
        return 4;
    default:
        return 0;
    }
}

/* Beyond its end an item reads as zero. */
static u8 next_byte(struct fw_cfg *f)
{
    u8 data[8];
    u32 len = item(f, data);
    return f->at < len ? data[f->at++] : 0;
}

static void select(struct fw_cfg *f, u16 key)
{
    f->key = key;
    f->at = 0;
}

/* ---- DMA: a structure in memory, big-endian, says what to do, and is told what came of it ---- */

struct dma_request {
    u32 control, length;
    u64 address;
};

/* A length of the guest's choosing takes no longer than the item: the rest is zeroes. */
static bool transfer(struct fw_cfg *f, u32 control, u64 address, u32 length)
{
    static const u8 zeroes[4096];
    u8 data[8];
    u32 len = item(f, data), left = f->at < len ? len - f->at : 0,
        n = length < left ? length : left;
    if (control & DMA_WRITE) /* no item can be written */
        return false;
    bool good = !(control & DMA_READ) || !dma_write(&f->dev, address, data + f->at, n);
    f->at += n;
    for (u64 done = n; good && (control & DMA_READ) && done < length; done += sizeof zeroes) {
        u64 rest = length - done;
        good = !dma_write(&f->dev, address + done, zeroes,
                          rest < sizeof zeroes ? rest : sizeof zeroes);
    }
    return good;
}

static void dma(struct fw_cfg *f, u64 address)
{
    struct dma_request r;
    if (dma_read(&f->dev, address, &r, sizeof r))
        return;
    u32 control = __builtin_bswap32(r.control);
    if (control & DMA_SELECT)
        select(f, (u16)(control >> 16));
    bool good = !(control & (DMA_READ | DMA_SKIP | DMA_WRITE)) ||
                transfer(f, control, __builtin_bswap64(r.address), __builtin_bswap32(r.length));
    u32 done = good ? 0 : __builtin_bswap32(DMA_ERROR);
    dma_write(&f->dev, address, &done, sizeof done);
}

/* ---- registers ---- */

static int fw_cfg_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    static const u8 dma_signature[] = {'Q', 'E', 'M', 'U', ' ', 'C', 'F', 'G'};
    struct fw_cfg *f = (struct fw_cfg *)dev;
    *value = 0;
    if (offset < SELECTOR)
        for (unsigned i = 0; i < size; i++)
            *value |= (u64)next_byte(f) << (8 * i);
    else if (offset >= DMA)
        memcpy(value, dma_signature + (offset - DMA), size);
    return 0;
}

/* Selector and DMA address are big-endian. */
static int fw_cfg_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    struct fw_cfg *f = (struct fw_cfg *)dev;
    if (offset == SELECTOR && size == 2)
        select(f, __builtin_bswap16((u16)value));
    else if (offset == DMA && size == 8)
        dma(f, __builtin_bswap64(value));
    else if (offset == DMA && size == 4)
        f->dma_high = __builtin_bswap32((u32)value);
    else if (offset == DMA + 4 && size == 4)
        dma(f, f->dma_high << 32 | __builtin_bswap32((u32)value));
    return 0;
}

static void fw_cfg_reset(struct device *dev)
{
    struct fw_cfg *f = (struct fw_cfg *)dev;
    select(f, KEY_SIGNATURE);
    f->dma_high = 0;
}

static const struct state_row fw_cfg_rows[] = {
    STATE_FIELD(struct fw_cfg, key),
    STATE_FIELD(struct fw_cfg, at),
    STATE_FIELD(struct fw_cfg, dma_high),
};

static const struct dev_regs fw_cfg_regs = {
    .size = WINDOW,
    .read = fw_cfg_read,
    .write = fw_cfg_write,
    .dt = {.name = "fw-cfg", .compatible = {"qemu,fw-cfg-mmio"}, .prop = {{"dma-coherent", 0, 0}}},
};

static const struct dev_class fw_cfg_class = {
    .name = "fw-cfg",
    .regs = &fw_cfg_regs,
    .reset = fw_cfg_reset,
    .rows = fw_cfg_rows,
    .num_rows = ARRAY_LEN(fw_cfg_rows),
};

struct device *fw_cfg_new(const struct dev_env *env, const struct dev_args *args, struct error *err)
{
    struct fw_cfg *f = (struct fw_cfg *)device_alloc(sizeof *f, &fw_cfg_class, env, err);
    if (!f)
        return NULL;
    f->ram = args->ram;
    f->harts = args->harts;
    return &f->dev;
}
