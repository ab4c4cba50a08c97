/* Rows are gathered once into pieces, places in memory that lie together; to go back is to copy
 * each, and the pages of RAM that were written. A page is kept when it is first written, and stays
 * kept, since the next run will most likely write it again. */
#include "machine/rewind.h"

#include <stdlib.h>
#include <string.h>

#include "common/host.h"
#include "cpu/block.h"
#include "cpu/trigger.h"
#include "devices/chardev.h"
#include "machine/board.h"
#include "machine/clock.h"
#include "machine/state.h"
#include "mmu/tlb.h"

enum { PAGE = 4096, LINE = 64 };

struct piece {
    u8 *at;
    size_t len;
};

/* Data of a row that has no fixed length. */
struct blob {
    struct state_blob *at, was;
};

struct page {
    u64 number; /* in RAM */
    u8 *was;
};

struct rewind {
    struct piece *piece; /* in the order of their addresses */
    u8 *rows;            /* what they held, one behind the other */
    struct blob *blob;
    struct page *page;
    u32 *dirty; /* those of `page` that were written since, as indices */
    u32 *place; /* of each page of RAM its index in `page` plus one; 0: it is not there */
    u32 num_pieces, room_pieces, num_blobs, room_blobs, num_pages, room_pages, num_dirty;
    bool lost;                    /* there was no memory to keep a page */
    void *media[BUS_MAX_DEVICES]; /* of each device, or NULL */
};

/* Room for one more element of an array that grows by doubling. 0, or -1 without memory. */
static int grow(void *array, u32 num, u32 *room, size_t size)
{
    if (num < *room)
        return 0;
    u32 more = *room ? *room * 2 : 64;
    void *old, *bigger;
    memcpy(&old, array, sizeof old);
    bigger = realloc(old, more * size);
    if (!bigger)
        return -1;
    memcpy(array, &bigger, sizeof bigger);
    *room = more;
    return 0;
}

/* ---- rows ---- */

static int add_piece(struct rewind *r, void *at, size_t len)
{
    if (grow(&r->piece, r->num_pieces, &r->room_pieces, sizeof *r->piece))
        return -1;
    r->piece[r->num_pieces++] = (struct piece){at, len};
    return 0;
}

static int add_blob(struct rewind *r, struct state_blob *at)
{
    struct blob b = {at, {at->len ? malloc(at->len) : NULL, at->len}};
    if (grow(&r->blob, r->num_blobs, &r->room_blobs, sizeof *r->blob) || (at->len && !b.was.data)) {
        free(b.was.data);
        return -1;
    }
    if (at->len)
        memcpy(b.was.data, at->data, at->len);
    r->blob[r->num_blobs++] = b;
    return 0;
}

static int add_part(void *rewind, const struct state_part *part)
{
    for (u32 k = 0; k < part->num_rows; k++) {
        const struct state_row *row = &part->row[k];
        bool whole = row->stride == row->size; /* its elements lie together */
        if (row->size == 0 && add_blob(rewind, state_element(part, row, 0)))
            return -1;
        for (u32 i = 0; row->size && i < (whole ? 1 : row->count); i++)
            if (add_piece(rewind, state_element(part, row, i),
                          whole ? (size_t)row->size * row->count : row->size))
                return -1;
    }
    return 0;
}

static int by_address(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Rows that take turns in an array of structs become one piece. */
static void join_neighbours(struct rewind *r)
{
    u32 n = 0;
    qsort(r->piece, r->num_pieces, sizeof *r->piece, by_address);
    for (u32 i = 0; i < r->num_pieces; i++) {
        struct piece *last = n ? &r->piece[n - 1] : NULL;
        if (last && last->at + last->len == r->piece[i].at)
            last->len += r->piece[i].len;
        else
            r->piece[n++] = r->piece[i];
    }
    r->num_pieces = n;
}

static int keep_rows(struct machine *m, struct rewind *r)
{
    size_t all = 0;
    if (machine_each_part(m, add_part, r))
        return -1;
    join_neighbours(r);
    for (u32 i = 0; i < r->num_pieces; i++)
        all += r->piece[i].len;
    u8 *to = r->rows = malloc(all);
    for (u32 i = 0; to && i < r->num_pieces; to += r->piece[i++].len)
        memcpy(to, r->piece[i].at, r->piece[i].len);
    return to ? 0 : -1;
}

/* 0, or -1 without memory. */
static int put_blob_back(struct blob *b)
{
    if (b->at->len == b->was.len && (!b->was.len || !memcmp(b->at->data, b->was.data, b->was.len)))
        return 0;
    u8 *data = b->was.len ? malloc(b->was.len) : NULL;
    if (b->was.len && !data)
        return -1;
    if (data)
        memcpy(data, b->was.data, b->was.len);
    free(b->at->data);
    *b->at = (struct state_blob){data, b->was.len};
    return 0;
}

static int put_rows_back(const struct rewind *r)
{
    const u8 *from = r->rows;
    int rc = 0;
    for (u32 i = 0; i < r->num_pieces; from += r->piece[i++].len)
        memcpy(r->piece[i].at, from, r->piece[i].len);
    for (u32 i = 0; i < r->num_blobs; i++)
        rc |= put_blob_back(&r->blob[i]);
    return rc;
}

/* ---- memory ---- */

/* Adds a page as it is now. 0, or -1 without memory. */
static int keep_page(struct rewind *r, u64 number, const u8 *host)
{
    u32 room = r->room_pages;
    struct page page = {number, malloc(PAGE)};
    if (!page.was || grow(&r->dirty, r->num_pages, &room, sizeof *r->dirty) ||
        grow(&r->page, r->num_pages, &r->room_pages, sizeof *r->page)) {
        free(page.was);
        return -1;
    }
    memcpy(page.was, host, PAGE);
    r->page[r->num_pages++] = page;
    r->place[number] = r->num_pages;
    return 0;
}

void rewind_first_write(struct machine *m, const struct mem_region *region, u64 page)
{
    struct rewind *r = m->rewind;
    if (!r || region != m->ram || r->lost)
        return;
    if (!r->place[page])
        r->lost = keep_page(r, page, region->host + page * PAGE) != 0;
    if (!r->lost)
        r->dirty[r->num_dirty++] = r->place[page] - 1;
}

/* Decoded code goes where its bytes are about to change. */
static void drop_code(struct machine *m, const struct page *page)
{
    const u8 *host = m->ram->host + page->number * PAGE;
    for (u32 at = 0; at < PAGE; at += LINE)
        if (memcmp(host + at, page->was + at, LINE) != 0)
            bus_note_write(&m->bus, m->ram, m->ram->base + page->number * PAGE + at, LINE);
}

static void put_pages_back(struct machine *m, struct rewind *r)
{
    for (u32 i = 0; i < r->num_dirty; i++) {
        const struct page *page = &r->page[r->dirty[i]];
        if (m->ram->page_flags[page->number] & PAGE_CODE)
            drop_code(m, page);
        memcpy(m->ram->host + page->number * PAGE, page->was, PAGE);
        m->ram->page_flags[page->number] |= PAGE_KEPT;
    }
    r->num_dirty = 0;
}

/* ---- what devices hold ---- */

static int keep_media(struct machine *m, struct rewind *r, struct error *err)
{
    for (u32 i = 0; i < m->bus.num_devices; i++) {
        struct device *dev = m->bus.device[i];
        if (dev->cls->media && !(r->media[i] = dev->cls->media->keep(dev, err)))
            return -1;
    }
    return 0;
}

static void put_media_back(struct machine *m, const struct rewind *r)
{
    for (u32 i = 0; i < m->bus.num_devices; i++)
        if (r->media[i])
            m->bus.device[i]->cls->media->put_back(m->bus.device[i], r->media[i]);
}

/* ---- keeping ---- */

/* Can everything be had again? That is what a save to another process asks. */
static int check(struct machine *m, struct error *err)
{
    struct state_memory rows;
    state_memory_init(&rows);
    int rc = machine_save(m, &rows.sink, STATE_ELSEWHERE, err);
    free(rows.data);
    return rc;
}

static void watch_memory(struct machine *m)
{
    bus_keep_pages(m->ram);
    for (u32 i = 0; i < m->num_harts; i++)
        tlb_forget_pages(m->hart[i]->tlb);
}

int rewind_keep(struct machine *m, struct error *err)
{
    struct rewind *r = m->rewind = calloc(1, sizeof *r);
    machine_deliver(m);
    if (!r || !(r->place = calloc(m->ram->size / PAGE, sizeof *r->place)))
        return error_set(err, "out of memory");
    if (check(m, err) || keep_media(m, r, err))
        return -1;
    if (keep_rows(m, r))
        return error_set(err, "out of memory");
    watch_memory(m);
    return 0;
}

void rewind_free(struct machine *m)
{
    struct rewind *r = m->rewind;
    if (!r)
        return;
    for (u32 i = 0; i < m->bus.num_devices; i++)
        if (r->media[i])
            m->bus.device[i]->cls->media->drop(r->media[i]);
    for (u32 i = 0; i < r->num_pages; i++)
        free(r->page[i].was);
    for (u32 i = 0; i < r->num_blobs; i++)
        free(r->blob[i].was.data);
    free(r->piece);
    free(r->rows);
    free(r->blob);
    free(r->page);
    free(r->dirty);
    free(r->place);
    free(r);
    m->rewind = NULL;
    bus_release_pages(m->ram);
}

/* ---- going there ---- */

/* The hart's rows have been put back. What is decoded stays true unless other extensions or
 * triggers count now: of everything else decoded code has a key, or its bytes. */
static void resume_hart(struct hart *h)
{
    const struct extset before = h->ext;
    u8 triggers = h->d.triggers;
    hart_resume(h);
    if (memcmp(&before, &h->ext, sizeof before) != 0 ||
        ((triggers | h->d.triggers) & TRIGGER_EXECUTE))
        block_drop_all(h);
}

static int resume(struct machine *m, struct error *err)
{
    for (u32 i = 0; i < m->num_harts; i++)
        resume_hart(m->hart[i]);
    for (u32 i = 0; i < m->bus.num_devices; i++) {
        struct device *dev = m->bus.device[i];
        if (dev->cls->resume && dev->cls->resume(dev, err))
            return -1;
    }
    board_resume(m);
    return 0;
}

int rewind_go(struct machine *m, struct error *err)
{
    struct rewind *r = m->rewind;
    if (r->lost)
        return error_set(err, "there was no memory to keep what the guest has written");
    put_pages_back(m, r);
    machine_deliver(m);
    put_media_back(m, r);
    if (put_rows_back(r))
        return error_set(err, "out of memory");
    m->host.pace_ns = 0;
    chardev_say_again(m->host.console);
    if (m->host.terminal && m->host.terminal != m->host.console)
        chardev_say_again(m->host.terminal);
    return resume(m, err);
}
