/* Moments form a tree: each was kept somewhere behind another, and the machine stands behind one of
 * them. A moment has the pages in which it differs from the one before: of each the content at the
 * end that is further away from where the machine stands, the other being in memory or nearer. To
 * go along means to exchange these pages with memory, so it is possible in both directions. */
#include "machine/moments.h"

#include <stdlib.h>
#include <string.h>

#include "common/host.h"
#include "machine/clock.h"
#include "machine/state.h"
#include "mmu/tlb.h"

enum { PAGE = 4096 };

struct page {
    u64 number; /* in RAM */
    u8 *data;   /* NULL: all zero */
};

struct pages {
    struct page *page;
    u64 count, room;
    u64 bytes; /* of all data */
    bool lost; /* there was no memory to keep one */
};

struct moment {
    char *name;
    struct moment *before; /* NULL: it is the first */
    struct pages pages;    /* in which it differs from `before` */
    struct state_memory rows;
    void *media[BUS_MAX_DEVICES]; /* of each device, or NULL */
    u64 executed, ticks;
    struct moment *next; /* in the order in which they were kept */
};

struct snapshots {
    struct moment *first, *last;
    struct moment *at;  /* behind which the machine stands */
    struct pages pages; /* in which it differs from there: what they held then */
};

/* ---- pages ---- */

static bool is_zero(const u8 *page)
{
    return page[0] == 0 && memcmp(page, page + 1, PAGE - 1) == 0;
}

static int add_page(struct pages *p, u64 number, const u8 *content)
{
    if (p->count == p->room) {
        u64 room = p->room ? p->room * 2 : 64;
        struct page *more = realloc(p->page, room * sizeof *more);
        if (!more)
            return -1;
        p->page = more;
        p->room = room;
    }
    struct page page = {.number = number};
    if (!is_zero(content)) {
        page.data = malloc(PAGE);
        if (!page.data)
            return -1;
        memcpy(page.data, content, PAGE);
        p->bytes += PAGE;
    }
    p->page[p->count++] = page;
    return 0;
}

static void free_pages(struct pages *p)
{
    for (u64 i = 0; i < p->count; i++)
        free(p->page[i].data);
    free(p->page);
    *p = (struct pages){0};
}

static void set_page(u8 *host, const u8 *content)
{
    if (content)
        memcpy(host, content, PAGE);
    else
        memset(host, 0, PAGE);
}

/* Memory gets what was kept, and what was in memory is kept instead. */
static void exchange(struct machine *m, struct pages *p)
{
    u8 now[PAGE];
    for (u64 i = 0; i < p->count; i++) {
        struct page *page = &p->page[i];
        u8 *host = m->ram->host + page->number * PAGE;
        memcpy(now, host, PAGE);
        set_page(host, page->data);
        if (is_zero(now)) {
            p->bytes -= page->data ? PAGE : 0;
            free(page->data);
            page->data = NULL;
            continue;
        }
        if (!page->data) {
            page->data = malloc(PAGE);
            p->bytes += page->data ? PAGE : 0;
        }
        if (page->data)
            memcpy(page->data, now, PAGE);
        else
            p->lost = true;
    }
}

void moments_first_write(void *machine, struct mem_region *r, u64 page)
{
    struct machine *m = machine;
    struct snapshots *s = m->snapshots;
    if (r != m->ram || !s || !s->at || s->pages.lost)
        return;
    s->pages.lost = add_page(&s->pages, page, r->host + page * PAGE) != 0;
}

/* From here on every first write to a page is told. */
static void watch_memory(struct machine *m)
{
    bus_keep_pages(m->ram);
    for (u32 i = 0; i < m->num_harts; i++)
        tlb_forget_pages(m->hart[i]->tlb);
}

/* ---- what devices hold ---- */

static int keep_media(struct machine *m, struct moment *mo, struct error *err)
{
    for (u32 i = 0; i < m->bus.num_devices; i++) {
        struct device *dev = m->bus.device[i];
        const struct dev_media *media = dev->cls->media;
        if (media && !(mo->media[i] = media->keep(dev, err)))
            return -1;
    }
    return 0;
}

static void put_media_back(struct machine *m, const struct moment *mo)
{
    for (u32 i = 0; i < m->bus.num_devices; i++)
        if (mo->media[i])
            m->bus.device[i]->cls->media->put_back(m->bus.device[i], mo->media[i]);
}

/* ---- keeping ---- */

static void free_moment(struct machine *m, struct moment *mo)
{
    if (!mo)
        return;
    for (u32 i = 0; i < m->bus.num_devices; i++)
        if (mo->media[i])
            m->bus.device[i]->cls->media->drop(mo->media[i]);
    free_pages(&mo->pages);
    free(mo->rows.data);
    free(mo->name);
    free(mo);
}

static struct snapshots *all_of(struct machine *m)
{
    if (!m->snapshots)
        m->snapshots = calloc(1, sizeof *m->snapshots);
    return m->snapshots;
}

struct moment *moment_keep(struct machine *m, const char *name, struct error *err)
{
    struct snapshots *s = all_of(m);
    struct moment *mo = calloc(1, sizeof *mo);
    u32 stop = m->state.stop_reason;
    if (!s || !mo || !(mo->name = strdup(name))) {
        free(mo);
        error_set(err, "out of memory");
        return NULL;
    }
    state_memory_init(&mo->rows);
    machine_deliver(m);
    if (stop && stop != STOP_DEBUG && stop != STOP_APPOINTED)
        error_set(err, "the run is over: there is nothing to go on with");
    else if (s->pages.lost)
        error_set(err, "there was no memory to keep what the guest has written");
    else if (keep_media(m, mo, err) == 0 &&
             machine_save(m, &mo->rows.sink, STATE_ELSEWHERE, err) == 0) {
        mo->executed = m->state.executed;
        mo->ticks = machine_ticks(m);
        mo->before = s->at;
        mo->pages = s->pages;
        s->pages = (struct pages){0};
        *(s->last ? &s->last->next : &s->first) = mo;
        s->last = s->at = mo;
        watch_memory(m);
        return mo;
    }
    free_moment(m, mo);
    return NULL;
}

/* ---- going there ---- */

static bool leads_to(const struct moment *from, const struct moment *to)
{
    while (to && to != from)
        to = to->before;
    return to == from;
}

/* Is everything there that the way takes? */
static bool is_whole(const struct snapshots *s, const struct moment *to)
{
    const struct moment *up = s->at;
    bool lost = s->pages.lost;
    for (; !leads_to(up, to); up = up->before)
        lost |= up->pages.lost;
    for (; to != up; to = to->before)
        lost |= to->pages.lost;
    return !lost;
}

/* Memory as it was there. */
static void move_memory(struct machine *m, struct snapshots *s, struct moment *to)
{
    exchange(m, &s->pages);
    free_pages(&s->pages); /* what the guest has written since */
    for (; !leads_to(s->at, to); s->at = s->at->before)
        exchange(m, &s->at->pages);
    while (s->at != to) {
        struct moment *step = to;
        while (step->before != s->at)
            step = step->before;
        exchange(m, &step->pages);
        s->at = step;
    }
}

int moment_go(struct machine *m, const struct moment *moment, struct error *err)
{
    struct snapshots *s = m->snapshots;
    struct moment *to = s->first;
    while (to != moment)
        to = to->next;
    if (!is_whole(s, to))
        return error_set(err, "there was no memory to keep what the guest has written");
    machine_deliver(m);
    move_memory(m, s, to);
    to->rows.at = 0;
    put_media_back(m, to);
    int rc = machine_replace(m, &to->rows.source, err);
    m->state.stop_reason = STOP_NONE;
    if (rc) {
        machine_stop(m, STOP_GUEST_EXIT, EXIT_USER_ERROR);
        return -1;
    }
    m->host.real_start = host_ns() - to->ticks * NS_PER_TICK;
    m->host.pace_ns = 0;
    watch_memory(m);
    return 0;
}

/* ---- looking ---- */

const struct moment *moment_next(const struct machine *m, const struct moment *before)
{
    if (!m->snapshots)
        return NULL;
    return before ? before->next : m->snapshots->first;
}

const struct moment *moment_find(const struct machine *m, const char *name)
{
    const struct moment *mo = moment_next(m, NULL);
    while (mo && strcmp(mo->name, name) != 0)
        mo = mo->next;
    return mo;
}

struct moment_facts moment_facts(const struct machine *m, const struct moment *mo)
{
    return (struct moment_facts){.name = mo->name,
                                 .executed = mo->executed,
                                 .bytes = mo->pages.bytes + mo->rows.len,
                                 .here = m->snapshots->at == mo};
}

void moments_free(struct machine *m)
{
    struct snapshots *s = m->snapshots;
    if (!s)
        return;
    bus_release_pages(m->ram);
    while (s->first) {
        struct moment *mo = s->first;
        s->first = mo->next;
        free_moment(m, mo);
    }
    free_pages(&s->pages);
    free(s);
    m->snapshots = NULL;
}
