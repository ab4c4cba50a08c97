/* The bus: memory regions and device windows by physical address, copies to memory, and who is told
 * of stores into decoded code. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bus/bus.h"

enum { PAGE_SHIFT = 12 };

void bus_init(struct bus *bus)
{
    memset(bus, 0, sizeof(*bus));
}

static void destroy(struct device *dev)
{
    if (dev->cls->destroy)
        dev->cls->destroy(dev);
    free(dev);
}

/* Bytes of mem_region.code_lines. */
static u64 lines_size(u64 size)
{
    return (size >> PAGE_SHIFT) * sizeof(u64);
}

/* Leaves these flags of every page and takes the others away. */
static void mask_flags(struct mem_region *r, unsigned flags)
{
    for (u64 i = 0; i < r->size >> PAGE_SHIFT; i++)
        r->page_flags[i] &= (u8)flags;
}

void bus_keep_pages(struct mem_region *r)
{
    r->kept = true;
    for (u64 i = 0; i < r->size >> PAGE_SHIFT; i++)
        r->page_flags[i] |= PAGE_KEPT;
}

void bus_release_pages(struct mem_region *r)
{
    if (r->kept)
        mask_flags(r, ~(unsigned)PAGE_KEPT);
    r->kept = false;
}

void bus_strip(struct bus *bus)
{
    for (u32 i = 0; i < bus->num_devices; i++)
        destroy(bus->device[i]);
    struct bus memory = {.num_regions = bus->num_regions,
                         .largest = bus->largest,
                         .told = bus->told,
                         .told_len = bus->told_len,
                         .listener = bus->listener};
    memcpy(memory.region, bus->region, sizeof memory.region);
    *bus = memory;
    for (u32 i = 0; i < bus->num_regions; i++) {
        struct mem_region *r = &bus->region[i];
        if (r->kept || bus->told_len)
            mask_flags(r, PAGE_KEPT | PAGE_TOLD);
        else
            madvise(r->page_flags, r->size >> PAGE_SHIFT, MADV_DONTNEED);
        madvise(r->code_lines, lines_size(r->size), MADV_DONTNEED);
    }
}

void bus_free(struct bus *bus)
{
    for (u32 i = 0; i < bus->num_devices; i++)
        destroy(bus->device[i]);
    for (u32 i = 0; i < bus->num_regions; i++) {
        struct mem_region *r = &bus->region[i];
        munmap(r->host, r->size);
        munmap(r->page_flags, r->size >> PAGE_SHIFT);
        munmap(r->code_lines, lines_size(r->size));
    }
    bus_init(bus);
}

static bool overlaps(u64 a, u64 a_size, u64 b, u64 b_size)
{
    return a - b < b_size || b - a < a_size;
}

static bool range_taken(const struct bus *bus, u64 base, u64 size)
{
    if (size == 0 || base + (size - 1) < base)
        return true;
    for (u32 i = 0; i < bus->num_regions; i++) {
        if (overlaps(base, size, bus->region[i].base, bus->region[i].size))
            return true;
    }
    for (u32 i = 0; i < bus->num_windows; i++) {
        if (overlaps(base, size, bus->window[i].base, bus->window[i].size))
            return true;
    }
    return false;
}

enum { HUGE_SHIFT = 21 };

/* Zero pages that cost the host nothing until they are touched, aligned so that the host can use
 * huge ones where they are wanted. NULL on failure. */
static u8 *map_lazily(u64 size)
{
    u64 align = size >> HUGE_SHIFT ? BIT(HUGE_SHIFT) : 0;
    u8 *p = mmap(NULL, size + align, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    u64 before = align ? -(u64)(uintptr_t)p & MASK(HUGE_SHIFT) : 0;
    if (before)
        munmap(p, before);
    if (align - before)
        munmap(p + before + size, align - before);
    return p + before;
}

struct mem_region *bus_add_memory(struct bus *bus, const char *name, u64 base, u64 size,
                                  bool writable)
{
    assert(!(base & MASK(PAGE_SHIFT)) && !(size & MASK(PAGE_SHIFT)));
    if (bus->num_regions == ARRAY_LEN(bus->region) || range_taken(bus, base, size))
        return NULL;
    u8 *host = map_lazily(size);
    if (!host)
        return NULL;
    /* Guests jump about in their memory: with huge pages the host's own TLB misses are far fewer.
     */
    madvise(host, size, MADV_HUGEPAGE);
    u8 *flags = map_lazily(size >> PAGE_SHIFT), *lines = map_lazily(lines_size(size));
    if (!flags || !lines) {
        munmap(host, size);
        if (flags)
            munmap(flags, size >> PAGE_SHIFT);
        return NULL;
    }
    struct mem_region *r = &bus->region[bus->num_regions];
    *r = (struct mem_region){.base = base,
                             .size = size,
                             .host = host,
                             .page_flags = flags,
                             .code_lines = (u64 *)(void *)lines,
                             .writable = writable,
                             .name = name};
    if (size > bus->region[bus->largest].size)
        bus->largest = bus->num_regions;
    bus->num_regions++;
    return r;
}

/* Marks the pages of [pa, pa+len). */
static void mark(const struct mem_region *r, u64 pa, u64 len, unsigned flag)
{
    for (u64 page = (pa - r->base) >> PAGE_SHIFT; page <= (pa + len - 1 - r->base) >> PAGE_SHIFT;
         page++)
        r->page_flags[page] |= (u8)flag;
}

static int watch(struct bus *bus, u64 pa, u64 len)
{
    struct mem_region *r = bus_find_memory(bus, pa, len);
    if (!r)
        return -1;
    mark(r, pa, len, PAGE_WATCH);
    return 0;
}

int bus_add_device(struct bus *bus, struct device *dev)
{
    if (bus->num_devices == ARRAY_LEN(bus->device) ||
        (dev->watched_len && watch(bus, dev->watched, dev->watched_len)))
        return -1;
    dev->id = dev->requester = bus->num_devices;
    bus->device[bus->num_devices++] = dev;
    return 0;
}

void bus_unmap_window(struct bus *bus, const struct device *dev, const struct dev_regs *regs)
{
    u32 kept = 0;
    for (u32 i = 0; i < bus->num_windows; i++)
        if (bus->window[i].dev != dev || bus->window[i].regs != regs)
            bus->window[kept++] = bus->window[i];
    bus->num_windows = kept;
}

int bus_map_window(struct bus *bus, struct device *dev, const struct dev_regs *regs, u64 base)
{
    bus_unmap_window(bus, dev, regs);
    if (bus->num_windows == ARRAY_LEN(bus->window) || range_taken(bus, base, regs->size))
        return -1;
    u32 at = bus->num_windows++;
    for (; at > 0 && bus->window[at - 1].base > base; at--)
        bus->window[at] = bus->window[at - 1];
    bus->window[at] = (struct bus_window){base, regs->size, dev, regs};
    return 0;
}

int bus_map_behind(struct bus *bus, struct device *dev, const struct dev_regs *regs, u64 base,
                   u64 size)
{
    if (bus->num_behind == ARRAY_LEN(bus->behind))
        return -1;
    bus->behind[bus->num_behind++] = (struct bus_window){base, size, dev, regs};
    return 0;
}

static bool holds(const struct mem_region *r, u64 pa, u64 len)
{
    return len <= r->size && pa - r->base <= r->size - len;
}

struct mem_region *bus_find_memory(struct bus *bus, u64 pa, u64 len)
{
    struct mem_region *r = &bus->region[bus->largest]; /* main memory, nearly always */
    if (LIKELY(holds(r, pa, len)))
        return bus->num_regions ? r : NULL;
    for (u32 i = 0; i < bus->num_regions; i++) {
        if (holds(&bus->region[i], pa, len))
            return &bus->region[i];
    }
    return NULL;
}

static bool window_holds(const struct bus_window *w, u64 pa, u64 len)
{
    return len <= w->size && pa - w->base <= w->size - len;
}

static struct bus_window *find_behind(struct bus *bus, u64 pa, u64 len)
{
    for (u32 i = 0; i < bus->num_behind; i++)
        if (window_holds(&bus->behind[i], pa, len))
            return &bus->behind[i];
    return NULL;
}

struct bus_window *bus_find_device(struct bus *bus, u64 pa, u64 len)
{
    u32 lo = 0, hi = bus->num_windows; /* the first window above pa is in [lo, hi] */
    while (lo < hi) {
        u32 mid = (lo + hi) / 2;
        if (bus->window[mid].base <= pa)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo > 0 && window_holds(&bus->window[lo - 1], pa, len))
        return &bus->window[lo - 1];
    return find_behind(bus, pa, len);
}

/* The window of a well-formed device access, or NULL. */
static struct bus_window *access_window(struct bus *bus, u64 pa, unsigned size)
{
    if (size == 0 || size > 8 || (size & (size - 1)) || (pa & (size - 1)))
        return NULL;
    return bus_find_device(bus, pa, size);
}

int bus_read(struct bus *bus, u64 pa, unsigned size, u64 *value)
{
    struct bus_window *w = access_window(bus, pa, size);
    if (!w || w->regs->read(w->dev, pa - w->base, size, value) != 0)
        return -1;
    *value &= MASK(size * 8);
    return 0;
}

int bus_write(struct bus *bus, u64 pa, unsigned size, u64 value)
{
    struct bus_window *w = access_window(bus, pa, size);
    if (!w)
        return -1;
    return w->regs->write(w->dev, pa - w->base, size, value & MASK(size * 8));
}

int bus_copy_from(struct bus *bus, u64 pa, void *buf, u64 len)
{
    if (len == 0)
        return 0;
    struct mem_region *r = bus_find_memory(bus, pa, len);
    if (!r)
        return -1;
    memcpy(buf, r->host + (pa - r->base), len);
    return 0;
}

void bus_note_dma(struct bus *bus, struct mem_region *r, u64 pa, u64 len, const struct device *dev)
{
    bus_note_write(bus, r, pa, len);
    bus_written(bus, &(struct bus_write){pa, len, WRITER_DMA, dev});
    if (bus->listener.dma)
        bus->listener.dma(bus->listener.ctx);
}

int bus_copy_to(struct bus *bus, u64 pa, const void *buf, u64 len)
{
    if (len == 0)
        return 0;
    struct mem_region *r = bus_find_memory(bus, pa, len);
    if (!r || !r->writable)
        return -1;
    bus_note_dma(bus, r, pa, len, NULL);
    memcpy(r->host + (pa - r->base), buf, len);
    return 0;
}

void bus_tell_writes(struct bus *bus, struct mem_region *r, u64 pa, u64 len)
{
    bus_tell_no_more(bus);
    bus->told = pa;
    bus->told_len = len;
    mark(r, pa, len, PAGE_TOLD);
}

void bus_tell_no_more(struct bus *bus)
{
    struct mem_region *r = bus_find_memory(bus, bus->told, bus->told_len);
    if (bus->told_len && r)
        mask_flags(r, ~(unsigned)PAGE_TOLD);
    bus->told_len = 0;
}

void bus_written(const struct bus *bus, const struct bus_write *w)
{
    if (UNLIKELY(bus->told_len != 0) && overlaps(w->pa, w->len, bus->told, bus->told_len))
        bus->listener.written(bus->listener.ctx, w);
}

void bus_stored(struct bus *bus, u64 pa, unsigned size)
{
    bus_written(bus, &(struct bus_write){.pa = pa, .len = size, .by = WRITER_INSN});
    for (u32 i = 0; i < bus->num_devices; i++) {
        struct device *dev = bus->device[i];
        if (dev->watched_len && overlaps(pa, size, dev->watched, dev->watched_len))
            dev->cls->stored(dev, pa, size);
    }
}

static void tell_first_write(const struct bus *bus, struct mem_region *r, u64 page)
{
    r->page_flags[page] &= (u8)~PAGE_KEPT;
    if (bus->listener.first_write)
        bus->listener.first_write(bus->listener.ctx, r, page);
}

static void tell_code(const struct bus *bus, u64 page)
{
    if (bus->listener.overwritten)
        bus->listener.overwritten(bus->listener.ctx, page);
}

/* The 64ths of page `page` (counted in the region) that [pa, pa+len) touches. */
static u64 lines_touched(const struct mem_region *r, u64 page, u64 pa, u64 len)
{
    u64 start = r->base + (page << PAGE_SHIFT), end = start + MASK(PAGE_SHIFT),
        last = pa + (len - 1);
    unsigned first = pa < start ? 0 : (unsigned)(pa - start) >> 6;
    unsigned final = last > end ? 63 : (unsigned)(last - start) >> 6;
    return MASK(final - first + 1) << first;
}

bool bus_note_code(struct mem_region *r, u64 pa, u64 len)
{
    u64 page = (pa - r->base) >> PAGE_SHIFT;
    bool is_new = !(r->page_flags[page] & PAGE_CODE);
    r->page_flags[page] |= PAGE_CODE;
    r->code_lines[page] |= lines_touched(r, page, pa, len);
    return is_new;
}

bool bus_note_write(struct bus *bus, struct mem_region *r, u64 pa, u64 len)
{
    bool hit = false;
    u64 last = (pa + (len - 1) - r->base) >> PAGE_SHIFT;
    for (u64 i = (pa - r->base) >> PAGE_SHIFT; i <= last; i++) {
        if (UNLIKELY(r->page_flags[i] & PAGE_KEPT))
            tell_first_write(bus, r, i);
        if ((r->page_flags[i] & PAGE_CODE) && (r->code_lines[i] & lines_touched(r, i, pa, len))) {
            r->page_flags[i] &= (u8)~PAGE_CODE;
            r->code_lines[i] = 0;
            tell_code(bus, (r->base >> PAGE_SHIFT) + i);
            hit = true;
        }
    }
    return hit;
}

void bus_reset(struct bus *bus)
{
    for (u32 i = bus->num_devices; i-- > 0;) {
        struct device *dev = bus->device[i];
        if (dev->cls->reset)
            dev->cls->reset(dev);
    }
}

struct device *bus_device_of(const struct bus *bus, const struct dev_class *cls)
{
    for (u32 i = 0; i < bus->num_devices; i++)
        if (bus->device[i]->cls == cls)
            return bus->device[i];
    return NULL;
}

void bus_poll(struct bus *bus)
{
    for (u32 i = 0; i < bus->num_devices; i++) {
        struct device *dev = bus->device[i];
        if (dev->cls->poll)
            dev->cls->poll(dev);
    }
}
