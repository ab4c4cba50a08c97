/* DMA: from a device's address to memory. */
#include "devices/dma.h"

#include <string.h>

#include "bus/bus.h"

/* Where the device's address leads: a->pa, and a->len lowered to what lies together there. 0, or
 * -1. */
static int translate(const struct device *dev, struct dma_access *a)
{
    const struct dev_env *env = dev->env;
    a->pa = a->iova;
    return UNLIKELY(env->translate != NULL) ? env->translate(env->board, dev, a) : 0;
}

/* The memory of an access. */
static struct mem_region *find(const struct device *dev, const struct dma_access *a)
{
    struct mem_region *r = bus_find_memory(dev->env->bus, a->pa, a->len);
    return r && (a->dir == DMA_FROM_MEMORY || r->writable) ? r : NULL;
}

/* Reaches an access's bytes; a->len is how many. NULL: refused. */
static u8 *reach(const struct device *dev, struct dma_access *a)
{
    struct mem_region *r = translate(dev, a) ? NULL : find(dev, a);
    if (UNLIKELY(!r))
        return NULL;
    if (a->dir == DMA_TO_MEMORY)
        bus_note_dma(dev->env->bus, r, a->pa, a->len);
    return r->host + (a->pa - r->base);
}

u8 *dma_map(const struct device *dev, u64 iova, u64 *len, enum dma_dir dir)
{
    struct dma_access a = {.iova = iova, .len = *len, .dir = dir};
    u8 *p = reach(dev, &a);
    *len = a.len;
    return p;
}

int dma_check(const struct device *dev, u64 iova, u64 len, enum dma_dir dir)
{
    for (u64 done = 0; done < len;) {
        struct dma_access a = {.iova = iova + done, .len = len - done, .dir = dir};
        if (translate(dev, &a) || !find(dev, &a))
            return -1;
        done += a.len;
    }
    return 0;
}

/* The next piece of a copy: how many bytes, or 0 if they or any behind them are refused. */
static u64 copy_piece(const struct device *dev, struct dma_access *a, u8 *buf)
{
    u64 wanted = a->len;
    u8 *p = reach(dev, a);
    if (!p || (a->len < wanted && dma_check(dev, a->iova + a->len, wanted - a->len, a->dir)))
        return 0;
    if (a->dir == DMA_FROM_MEMORY)
        memcpy(buf, p, a->len);
    else
        memcpy(p, buf, a->len);
    return a->len;
}

/* Copies between `buf` and memory, all or nothing. */
static int copy(const struct device *dev, u64 iova, u8 *buf, u64 len, enum dma_dir dir)
{
    for (u64 done = 0, n; done < len; done += n) {
        struct dma_access a = {.iova = iova + done, .len = len - done, .dir = dir};
        n = copy_piece(dev, &a, buf + done);
        if (n == 0)
            return -1;
    }
    return 0;
}

/* With nothing between, a copy is the bus's. */
int dma_read(const struct device *dev, u64 iova, void *buf, u64 len)
{
    if (LIKELY(!dev->env->translate))
        return bus_copy_from(dev->env->bus, iova, buf, len);
    return copy(dev, iova, buf, len, DMA_FROM_MEMORY);
}

int dma_write(const struct device *dev, u64 iova, const void *buf, u64 len)
{
    if (LIKELY(!dev->env->translate))
        return bus_copy_to(dev->env->bus, iova, buf, len);
    return copy(dev, iova, (u8 *)(uintptr_t)buf, len, DMA_TO_MEMORY);
}
