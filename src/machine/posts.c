/* Requests to harts: who gets them, and when the harts look. Harts take turns, so every hart that
 * does not run stands between two instructions. */
#include "cpu/post.h"

#include <assert.h>
#include <sys/mman.h>

#include "machine/machine.h"
#include "machine/moments.h"
#include "machine/recording.h"
#include "machine/rewind.h"

/* ---- the guard of debug builds ---- */

#ifdef HX_DEBUG
static void allow(struct hart *h, int protection)
{
    int result = mprotect(h, h->pages, protection);
    assert(result == 0);
}
#else
static void allow(struct hart *h, int protection)
{
    (void)h, (void)protection;
}
#endif

void machine_set_running(struct machine *m, struct hart *h)
{
    for (u32 i = 0; i < m->num_harts && m->num_harts > 1; i++)
        if (m->hart[i] != h && m->hart[i] != m->running)
            allow(m->hart[i], h ? PROT_READ : PROT_READ | PROT_WRITE);
    m->running = h;
}

/* ---- posting ---- */

/* The hart that runs asks for it, or nobody. */
static struct poster poster(const struct machine *m)
{
    const struct hart *h = m->running;
    return h ? (struct poster){h->id + 1, hart_clock(h)} : (struct poster){0};
}

/* Its box is full: it does what waits there, while another hart runs. */
static void make_room(struct machine *m, struct hart *h)
{
    struct hart *running = m->running;
    machine_set_running(m, NULL);
    post_drain(h);
    machine_set_running(m, running);
}

void machine_post(struct machine *m, u32 hart, const struct post *p)
{
    struct hart *h = m->hart[hart];
    if (h == m->running) {
        post_do(h, p);
        return;
    }
    if (!post_put(h->box, p, poster(m))) {
        make_room(m, h);
        post_put(h->box, p, poster(m));
    }
}

static void post_all(struct machine *m, const struct post *p)
{
    for (u32 i = 0; i < m->num_harts; i++)
        machine_post(m, i, p);
}

static void code_overwritten(void *ctx, u64 page)
{
    post_all(ctx, &(struct post){POST_CODE, {page}});
}

static void device_writes(void *ctx)
{
    struct machine *m = ctx;
    for (u32 i = 0; i < m->num_harts; i++)
        if (m->hart[i]->res_valid)
            machine_post(m, i, &(struct post){.kind = POST_RESERVATION});
}

static void first_write(void *ctx, struct mem_region *r, u64 page)
{
    moments_first_write(ctx, r, page);
    recording_first_write(ctx, r, page);
    rewind_first_write(ctx, r, page);
}

static void written(void *ctx, const struct bus_write *w)
{
    struct machine *m = ctx;
    m->told.written(m->told.ctx, w);
}

void machine_listen(struct machine *m)
{
    m->bus.listener = (struct bus_listener){.ctx = m,
                                            .overwritten = code_overwritten,
                                            .dma = device_writes,
                                            .first_write = first_write,
                                            .written = written};
}

void machine_post_time(struct machine *m)
{
    post_all(m, &(struct post){.kind = POST_TIME});
}

void machine_deliver(struct machine *m)
{
    assert(!m->running);
    for (u32 i = 0; i < m->num_harts; i++)
        if (post_waits(m->hart[i]))
            post_drain(m->hart[i]);
}
