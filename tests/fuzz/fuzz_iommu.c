/* Fuzzes the IOMMU: the input is a program of register accesses, commands, entries of directories
 * and page tables, DMA and messages of devices. Nothing breaks; what is looked at changes nothing;
 * and without a page in the cache, what a look finds is where DMA goes. */
#include "devices/dma.h"
#include "devices/iommu.h"
#include "fuzz_board.h"

enum { RAM_SIZE = 0x20000, STEP = 16, PAGES = 31 };
#define IOMMU 0x3010000ull
enum {
    DDTP = 16,
    CQB = 24,
    CQT = 36,
    FQB = 40,
    CQCSR = 72,
    FQCSR = 76,
    TR_IOVA = 600,
    TR_CTL = 608
};

static struct device *iommu;
static struct iommu_config config;

static int translate(void *board, const struct device *dev, struct dma_access *a)
{
    (void)board;
    return dev == iommu ? 0 : iommu_dma(iommu, dev, a);
}

static void put(struct fuzz_board *b, u32 reg, u64 value)
{
    bus_write(&b->bus, IOMMU + reg, 8, value);
}

static void begin(struct fuzz_board *b, const u8 *data)
{
    struct error err;
    config = (struct iommu_config){.place = IOMMU_MMIO,
                                   .cache = data[0] & 1 ? IOMMU_CACHED : IOMMU_UNCACHED};
    if (data[0] & 2)
        config.without = IOMMU_OPTIONAL & ((u64)data[1] << 8 | (u64)data[2] << 16 | BIT(22));
    fuzz_board_init(b, 4, RAM_SIZE);
    b->args.iommu_config = &config;
    iommu = fuzz_own(b, iommu_mmio_new(&b->env, &b->args, &err), IOMMU);
    b->env.translate = translate;
    bus_reset(&b->bus);
    put(b, CQB, RAM >> 12 << 10 | 5);
    put(b, FQB, (RAM + 0x1000) >> 12 << 10 | 3);
    bus_write(&b->bus, IOMMU + CQCSR, 4, 3);
    bus_write(&b->bus, IOMMU + FQCSR, 4, 3);
    put(b, DDTP, (RAM + 0x2000) >> 12 << 10 | (2 + data[3] % 3));
}

/* An entry that points to one of the pages, with some of these bits. */
static u64 entry(u32 value)
{
    return (RAM >> 12) + (value >> 8) % PAGES + ((value & 0x80) ? 3ull << 61 : 0);
}

static void put_word(struct fuzz_board *b, u16 at, u32 value)
{
    u64 pa = RAM + 0x2000 + (at & 0xff8) + (u64)(at >> 12) * 0x1000, word;
    switch (value & 3) {
    case 0: /* of a directory or page table */
        word = entry(value) << 10 | (value >> 16 & 0xff) | 1;
        break;
    case 1: /* of a context: a mode and a table */
        word = (u64)(value >> 4 & 15) << 60 | entry(value);
        break;
    case 2: /* of a context: control */
        word = (value >> 2 & 0xfff) | 1;
        break;
    default:
        word = (u64)value << (at & 7) * 5;
    }
    bus_copy_to(&b->bus, pa & ~7ull, &word, 8);
}

static void command(struct fuzz_board *b, const u8 *data)
{
    u64 tail = 0, c[2];
    bus_read(&b->bus, IOMMU + CQT, 4, &tail);
    memcpy(&c[0], data, 8);
    c[0] = (c[0] & ~0x7full) | (data[0] & 7);
    c[1] = data[8] & 1 ? 0 : (RAM + data[9] * 0x100ull) >> 2;
    bus_copy_to(&b->bus, RAM + 16 * tail, c, sizeof c);
    bus_write(&b->bus, IOMMU + CQT, 4, tail + 1);
}

static struct iommu_request request(const u8 *data)
{
    u64 iova = (u64)data[2] << 12 | data[3];
    if (data[1] & 8)
        iova |= (u64)data[4] << 30 | (u64)data[5] << 48;
    else if (data[1] & 16)
        iova += RAM;
    return (struct iommu_request){.did = data[6] & 7,
                                  .pid = data[7] & 15,
                                  .pv = data[1] & 1,
                                  .priv = (data[1] & 3) == 3,
                                  .access = (data[1] >> 5) % 3,
                                  .iova = iova};
}

/* The same question twice: once by somebody who looks on. */
static void ask(const struct iommu_request *q)
{
    static struct iommu_trail trail;
    struct iommu_request look = *q;
    struct iommu_answer seen, got;
    struct iommu_fault f, g;
    trail.count = 0;
    look.probe = true;
    look.trail = &trail;
    int before = iommu_translate(iommu, &look, &seen, &f);
    int rc = iommu_translate(iommu, q, &got, &g);
    if (config.cache == IOMMU_UNCACHED && (before != rc || (!rc && seen.pa != got.pa)))
        abort();
}

static void dma(const struct fuzz_board *b, const struct iommu_request *q, u32 value)
{
    static u8 buf[0x2100];
    const struct device dev = {.env = &b->env, .requester = q->did};
    switch (value & 3) {
    case 0:
        dma_read(&dev, q->iova, buf, value >> 2 & 0x1fff);
        break;
    case 1:
        dma_write(&dev, q->iova, buf, value >> 2 & 0x1fff);
        break;
    default:
        dma_message(&dev, q->iova & ~3ull, value >> 2);
    }
}

static size_t step(struct fuzz_board *b, const u8 *data, size_t len)
{
    u32 value;
    u16 at;
    u64 got;
    if (len < STEP)
        return 0;
    memcpy(&at, data + 2, 2);
    memcpy(&value, data + 4, 4);
    struct iommu_request q = request(data);
    switch (data[0] & 7) {
    case 0:
        bus_read(&b->bus, IOMMU + (at & 0xffc), 4, &got);
        bus_write(&b->bus, IOMMU + (at & 0xffc), 4, value);
        break;
    case 1:
        command(b, data + 1);
        break;
    case 2:
        fuzz_tick(b);
        break;
    case 3:
        put(b, TR_IOVA, q.iova);
        put(b, TR_CTL, (u64)q.did << 40 | (u64)q.pv << 32 | q.pid << 12 | (data[8] & 15) | 1);
        break;
    case 4:
        ask(&q);
        break;
    case 5:
        dma(b, &q, value);
        break;
    default:
        put_word(b, at, value);
    }
    return STEP;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct fuzz_board b;
    if (size < 4)
        return 0;
    begin(&b, data);
    for (size_t at = 4, n; (n = step(&b, data + at, size - at)) > 0;)
        at += n;
    bus_free(&b.bus);
    return 0;
}
