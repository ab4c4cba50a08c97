/* DMA: from a device's address to memory. */
#include "devices/dma.h"

#include <string.h>

#include "bus/bus.h"

/* Where the device's address leads: a->pa; a->len is lowered to what lies together. 0, or -1. */
static inline int translate(const struct device *dev, struct dma_access *a)
{
    const struct dev_env *env = dev->env;
    a->pa = a->iova;
    if (UNLIKELY(dev->dma_off))
        return -1;
    if (LIKELY(!env->translate) || (dev->dma_physical && !a->message))
        return 0;
    return env->translate(env->board, dev, a);
}

/* The memory that an access leads to, or NULL if it is refused. */
static inline struct mem_region *find(const struct device *dev, struct dma_access *a)
{
    if (translate(dev, a))
        return NULL;
    struct mem_region *r = bus_find_memory(dev->env->bus, a->pa, a->len);
    return r && (a->dir == DMA_FROM_MEMORY || r->writable) ? r : NULL;
}

u8 *dma_map(const struct device *dev, u64 iova, u64 *len, enum dma_dir dir)
{
    struct dma_access a = {.iova = iova, .len = *len, .dir = dir};
    struct mem_region *r = find(dev, &a);
    if (UNLIKELY(!r))
        return NULL;
    if (dir == DMA_TO_MEMORY)
        bus_note_dma(dev->env->bus, r, a.pa, a.len, dev);
    *len = a.len;
    return r->host + (a.pa - r->base);
}

int dma_check(const struct device *dev, u64 iova, u64 len, enum dma_dir dir)
{
    while (len > 0) {
        struct dma_access a = {.iova = iova, .len = len, .dir = dir};
        if (!find(dev, &a))
            return -1;
        iova += a.len;
        len -= a.len;
    }
    return 0;
}

/* Copies between `buf` and memory, all or nothing. */
static int copy(const struct device *dev, u64 iova, u8 *buf, u64 len, enum dma_dir dir)
{
    u64 first = len;
    if (len == 0)
        return 0;
    u8 *p = dma_map(dev, iova, &first, dir);
    if (!p || dma_check(dev, iova + first, len - first, dir))
        return -1;
    for (u64 done = 0, n = first; done < len; done += n) {
        if (done > 0) {
            n = len - done;
            p = dma_map(dev, iova + done, &n, dir);
        }
        if (!p)
            return -1;
        if (dir == DMA_FROM_MEMORY)
            memcpy(buf + done, p, n);
        else
            memcpy(p, buf + done, n);
    }
    return 0;
}

/* Does nothing stand between the device and memory? Then a copy is the bus's. */
static inline bool direct(const struct device *dev)
{
    return LIKELY(!dev->env->translate && !dev->dma_off);
}

int dma_read(const struct device *dev, u64 iova, void *buf, u64 len)
{
    if (direct(dev))
        return bus_copy_from(dev->env->bus, iova, buf, len);
    return copy(dev, iova, buf, len, DMA_FROM_MEMORY);
}

int dma_write(const struct device *dev, u64 iova, const void *buf, u64 len)
{
    if (direct(dev) && LIKELY(!dev->env->bus->told_len)) /* nobody asks who writes */
        return bus_copy_to(dev->env->bus, iova, buf, len);
    return copy(dev, iova, (u8 *)(uintptr_t)buf, len, DMA_TO_MEMORY);
}

int dma_message(const struct device *dev, u64 iova, u32 data)
{
    struct dma_access a = {
        .iova = iova, .len = sizeof data, .dir = DMA_TO_MEMORY, .message = &data};
    int rc = iova & 3 ? -1 : translate(dev, &a);
    if (rc)
        return rc < 0 ? -1 : 0;
    const struct bus_window *w = bus_find_device(dev->env->bus, a.pa, sizeof data);
    if (!w)
        return bus_copy_to(dev->env->bus, a.pa, &data, sizeof data);
    if (!w->regs->message)
        return -1;
    w->regs->message(w->dev, a.pa - w->base, data);
    return 0;
}
