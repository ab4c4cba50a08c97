/* Looking into guest memory. The caches are left out, so that the tables themselves are read. */
#include "trace/peek.h"

#include <string.h>

#include "bus/bus.h"
#include "mmu/tlb.h"

static void no_step(void *ctx, const struct walk_step *step)
{
    (void)ctx;
    (void)step;
}

static int copy_page(struct hart *h, const struct regime *r, u64 va, void *buf, size_t len)
{
    static const struct recorder rec = {.step = no_step};
    u64 events[EVENT_COUNT];
    struct walk w = {.h = h, .r = r, .access = ACCESS_LOAD, .flags = MEM_PROBE, .rec = &rec};
    struct xlate x;
    memcpy(events, h->event, sizeof events);
    int rc = mmu_translate(&w, va, (unsigned)len, &x);
    memcpy(h->event, events, sizeof events);
    struct mem_region *m = rc ? NULL : bus_find_memory(h->bus, x.pa, len);
    if (!m)
        return -1;
    memcpy(buf, m->host + (x.pa - m->base), len);
    return 0;
}

static int copy(struct hart *h, const struct regime *r, u64 va, void *buf, size_t len)
{
    u8 *to = buf;
    while (len) {
        size_t n = 0x1000 - (va & 0xfff);
        if (n > len)
            n = len;
        if (copy_page(h, r, va, to, n))
            return -1;
        va += n;
        to += n;
        len -= n;
    }
    return 0;
}

int peek(struct hart *h, u64 va, void *buf, size_t len)
{
    const struct regime *r = h->tlb->fetch;
    return copy(h, r, mask_pointer(r, va), buf, len);
}

int peek_guest(struct hart *h, u64 gpa, void *buf, size_t len)
{
    struct regime r = *h->tlb->fetch;
    r.s.levels = 0;
    return r.g.levels ? copy(h, &r, gpa, buf, len) : -1;
}
