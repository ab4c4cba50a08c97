/* Moments form a tree: each was kept somewhere behind another, and the machine stands behind one of
 * them. A moment has the pages in which it differs from the one before: of each the content at the
 * end that is further away from where the machine stands, the other being in memory or nearer. To
 * go along means to exchange these pages with memory, so it is possible in both directions. */
#include "machine/moments.h"

#include <stdlib.h>
#include <string.h>

#include "common/host.h"
#include "common/tape.h"
#include "devices/chardev.h"
#include "machine/clock.h"
#include "machine/recording.h"
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
    u64 *hart_executed;
    size_t tape_at;      /* where the tape stood */
    struct moment *next; /* in the order in which they were kept */
};

struct snapshots {
    struct moment *first, *last;
    struct moment *at;  /* behind which the machine stands */
    struct pages pages; /* in which it differs from there: what they held then */
    u64 *kept;          /* a bit for each page of RAM: it is among them */
};

/* ---- pages ---- */

static bool is_zero(const u8 *page)
{
    return page[0] == 0 && memcmp(page, page + 1, PAGE - 1) == 0;
}

/* A place for one more; NULL without memory. */
static struct page *add_room(struct pages *p)
{
    if (p->count == p->room) {
        u64 room = p->room ? p->room * 2 : 64;
        struct page *more = realloc(p->page, room * sizeof *more);
        if (!more)
            return NULL;
        p->page = more;
        p->room = room;
    }
    return &p->page[p->count++];
}

static int add_page(struct pages *p, u64 number, const u8 *content)
{
    struct page page = {.number = number}, *room;
    if (!is_zero(content)) {
        page.data = malloc(PAGE);
        if (!page.data)
            return -1;
        memcpy(page.data, content, PAGE);
    }
    room = add_room(p);
    if (!room) {
        free(page.data);
        return -1;
    }
    *room = page;
    p->bytes += page.data ? PAGE : 0;
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

void moments_first_write(struct machine *m, const struct mem_region *r, u64 page)
{
    struct snapshots *s = m->snapshots;
    if (r != m->ram || !s || !s->at || s->pages.lost || s->kept[page / 64] & BIT(page % 64))
        return;
    s->kept[page / 64] |= BIT(page % 64);
    s->pages.lost = add_page(&s->pages, page, r->host + page * PAGE) != 0;
}

static size_t kept_size(const struct machine *m)
{
    return (m->ram->size / PAGE + 63) / 64 * sizeof(u64);
}

/* From here on every first write to a page is told. */
static void watch_memory(struct machine *m)
{
    memset(m->snapshots->kept, 0, kept_size(m));
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
    free(mo->hart_executed);
    free(mo->name);
    free(mo);
}

static struct snapshots *all_of(struct machine *m)
{
    struct snapshots *s = m->snapshots ? m->snapshots : calloc(1, sizeof *s);
    if (s && !s->kept && !(s->kept = malloc(kept_size(m)))) {
        free(s);
        s = NULL;
    }
    m->snapshots = s;
    return s;
}

/* A stream grows by doubling; this one has all it will ever have. */
static void trim(struct state_memory *rows)
{
    u8 *exact = realloc(rows->data, rows->len);
    if (exact) {
        rows->data = exact;
        rows->room = rows->len;
    }
}

static void note_place(const struct machine *m, struct moment *mo)
{
    mo->executed = m->state.executed;
    for (u32 i = 0; i < m->num_harts; i++)
        mo->hart_executed[i] = m->hart[i]->executed;
    mo->ticks = machine_ticks(m);
    mo->tape_at = m->tape ? m->tape->events.at : 0;
}

/* A replay has nothing on the host. */
static enum state_use use_of(const struct machine *m)
{
    return m->tape && m->tape->closed ? STATE_HERE : STATE_ELSEWHERE;
}

struct moment *moment_keep(struct machine *m, const char *name, struct error *err)
{
    struct snapshots *s = all_of(m);
    struct moment *mo = calloc(1, sizeof *mo);
    u32 stop = m->state.stop_reason;
    if (!s || !mo || !(mo->name = strdup(name)) ||
        !(mo->hart_executed = calloc(m->num_harts, sizeof(u64)))) {
        if (mo)
            free(mo->name);
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
    else if (keep_media(m, mo, err) == 0 && machine_save(m, &mo->rows.sink, use_of(m), err) == 0) {
        note_place(m, mo);
        trim(&mo->rows);
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
    if (m->tape) { /* what comes from outside comes again, and what was said has been said */
        m->tape->events.at = to->tape_at;
        recording_moved(m);
        return 0;
    }
    chardev_say_again(m->host.console);
    if (m->host.terminal && m->host.terminal != m->host.console)
        chardev_say_again(m->host.terminal);
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
    return (struct moment_facts){.moment = mo,
                                 .before = mo->before,
                                 .name = mo->name,
                                 .executed = mo->executed,
                                 .hart_executed = mo->hart_executed,
                                 .bytes = mo->pages.bytes + mo->rows.len,
                                 .here = m->snapshots->at == mo};
}

bool moment_has_page(const struct machine *m, const struct moment *mo, u64 page)
{
    const struct pages *p = mo ? &mo->pages : &m->snapshots->pages;
    for (u64 i = 0; i < p->count; i++)
        if (p->page[i].number == page)
            return true;
    return p->lost;
}

/* ---- forgetting ---- */

/* `to` gets the pages of `from` that it has not: both lie one behind the other, and of a page that
 * is in both only the content of `to` is needed. */
static void add_missing(const struct machine *m, struct pages *to, struct pages *from)
{
    u64 *has = calloc(1, kept_size(m));
    to->lost |= from->lost || !has;
    for (u64 i = 0; has && i < to->count; i++)
        has[to->page[i].number / 64] |= BIT(to->page[i].number % 64);
    for (u64 i = 0; has && i < from->count; i++) {
        struct page *p = &from->page[i];
        if (has[p->number / 64] & BIT(p->number % 64))
            continue;
        struct page *room = add_room(to);
        to->lost |= !room;
        if (!room)
            continue;
        *room = *p;
        to->bytes += p->data ? PAGE : 0;
        p->data = NULL;
    }
    free(has);
    free_pages(from);
}

/* The only moment that was kept right behind it; NULL: there is none, or *several. */
static struct moment *only_child(const struct snapshots *s, const struct moment *mo, bool *several)
{
    struct moment *child = NULL;
    *several = false;
    for (struct moment *c = s->first; c; c = c->next) {
        if (c->before != mo)
            continue;
        *several |= child != NULL;
        child = c;
    }
    return child;
}

/* Joins what differs before and behind `mo`: the content needed is that of the end further away
 * from where the machine stands. */
static void join(const struct machine *m, struct moment *mo, struct moment *child)
{
    struct pages whole = mo->pages, rest = child->pages;
    if (!leads_to(mo, m->snapshots->at)) {
        whole = child->pages;
        rest = mo->pages;
    }
    mo->pages = (struct pages){0};
    add_missing(m, &whole, &rest);
    child->pages = whole;
}

static void unlink_moment(struct snapshots *s, const struct moment *mo)
{
    struct moment **at = &s->first, *before = NULL;
    for (; *at != mo; at = &(*at)->next)
        before = *at;
    *at = mo->next;
    if (s->last == mo)
        s->last = before;
}

bool moment_forget(struct machine *m, const struct moment *moment)
{
    struct snapshots *s = m->snapshots;
    struct moment *mo = s->first;
    bool several;
    while (mo != moment)
        mo = mo->next;
    struct moment *child = only_child(s, mo, &several);
    if (several || s->at == mo)
        return false;
    if (child && mo->before)
        join(m, mo, child);
    else if (child)
        free_pages(&child->pages);
    if (child)
        child->before = mo->before;
    unlink_moment(s, mo);
    free_moment(m, mo);
    return true;
}

u64 moments_size(const struct machine *m)
{
    const struct snapshots *s = m->snapshots;
    u64 sum = s ? s->pages.bytes : 0;
    for (const struct moment *mo = moment_next(m, NULL); mo; mo = mo->next)
        sum += mo->pages.bytes + mo->rows.room;
    return sum;
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
    free(s->kept);
    free(s);
    m->snapshots = NULL;
}
