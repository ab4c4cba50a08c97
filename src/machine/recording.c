/* Writing recordings, and following them. */
#include "machine/recording.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/owner.h"
#include "common/tape.h"
#include "devices/chardev.h"
#include "machine/snapshot.h"
#include "machine/state.h"
#include "mmu/tlb.h"

const struct packed_kind recording_kind = {"recording", 2};

enum { PAGE = 4096, AREAS = 256, MOST_TOLD = 8 };

struct recording {
    struct packed_out *out; /* NULL: nothing is recorded to a file */
    u64 *written;           /* a bit for each page of RAM that was written since the last hash */
    bool moved;             /* not all of those are known: the machine was put back meanwhile */
};

/* What the machine was: a number for each row of each part, and for each 256th of RAM one of the
 * pages that were written since the last time. */
struct hash {
    u64 executed;
    u32 num, room;
    u32 *row;
    u32 area[AREAS];
};

/* ---- the tape ---- */

static u64 slot_now(void *machine)
{
    const struct machine *m = machine;
    return m->running ? hart_clock(m->running) : m->state.clock;
}

int recording_new(struct machine *m, struct error *err)
{
    const struct options *o = &m->config.opt;
    if (!o->record && !o->replay && !o->history)
        return 0;
    m->tape = calloc(1, sizeof *m->tape);
    if (o->record || o->replay)
        m->recording = calloc(1, sizeof *m->recording);
    if (!m->tape || (!m->recording && !o->history))
        return error_set(err, "out of memory");
    state_memory_init(&m->tape->events);
    m->tape->clock = slot_now;
    m->tape->ctx = m;
    m->tape->media = m->recording != NULL; /* a history has disks that stay as they are */
    m->tape->closed = o->replay != NULL;
    return 0;
}

void recording_free(struct machine *m)
{
    if (m->recording) {
        packed_abandon(m->recording->out);
        free(m->recording->written);
    }
    if (m->tape)
        free(m->tape->events.data);
    free(m->recording);
    free(m->tape);
}

/* ---- hashes ---- */

static u64 fold(u64 hash, u64 v)
{
    hash = (hash ^ v) * 0x9e3779b97f4a7c15ull;
    return hash ^ hash >> 29;
}

/* Four words at a time, so that the host need not wait for one multiplication after the other. */
static u64 hash_bytes(u64 hash, const u8 *p, size_t len)
{
    u64 lane[4] = {hash, hash + 1, hash + 2, hash + 3}, word;
    for (; len >= 32; p += 32, len -= 32) {
        for (unsigned i = 0; i < 4; i++) {
            memcpy(&word, p + 8 * i, 8);
            lane[i] = fold(lane[i], word);
        }
    }
    hash = fold(fold(fold(lane[0], lane[1]), lane[2]), lane[3]);
    for (; len >= 8; p += 8, len -= 8) {
        memcpy(&word, p, 8);
        hash = fold(hash, word);
    }
    for (; len; p++, len--)
        hash = fold(hash, *p);
    return hash;
}

static u32 hash_row(const struct state_part *part, const struct state_row *row)
{
    u64 hash = 1;
    if (row->size == 0) /* kept on the host: paths, for instance */
        return 0;
    if (row->stride == row->size)
        hash = hash_bytes(hash, state_element(part, row, 0), (size_t)row->size * row->count);
    else
        for (u32 i = 0; i < row->count; i++)
            hash = hash_bytes(hash, state_element(part, row, i), row->size);
    return (u32)(hash >> 32);
}

/* What a console has read and nobody taken is not yet in the machine; why it stands still neither.
 */
static bool is_hashed(const struct state_part *part, const struct state_row *row)
{
    return strcmp(part->name, "serial") != 0 && strcmp(part->name, "console") != 0 &&
           strncmp(row->name, "stop_", 5) != 0;
}

static int hash_part(void *ctx, const struct state_part *part)
{
    struct hash *h = ctx;
    for (u32 i = 0; i < part->num_rows; i++) {
        if (h->num == h->room) {
            h->room = h->room ? h->room * 2 : 512;
            u32 *more = realloc(h->row, h->room * sizeof *more);
            if (!more)
                return -1;
            h->row = more;
        }
        h->row[h->num++] = is_hashed(part, &part->row[i]) ? hash_row(part, &part->row[i]) : 0;
    }
    return 0;
}

static u64 num_pages(const struct machine *m)
{
    return m->ram->size / PAGE;
}

static u64 num_words(const struct machine *m)
{
    return (num_pages(m) + 63) / 64;
}

static u32 area_of(const struct machine *m, u64 page)
{
    return (u32)((u128)page * AREAS / num_pages(m));
}

/* The pages that were written, which are forgotten. */
static void hash_pages(struct machine *m, struct hash *h)
{
    u64 *written = m->recording->written;
    for (u64 w = 0; w < num_words(m); w++) {
        for (u64 left = written[w]; left; left &= left - 1) {
            u64 page = w * 64 + (u64)__builtin_ctzll(left);
            h->area[area_of(m, page)] +=
                (u32)(hash_bytes(page, m->ram->host + page * PAGE, PAGE) >> 32);
        }
        written[w] = 0;
    }
}

/* From here on pages that are written are noted. */
static void watch_pages(struct machine *m)
{
    bus_keep_pages(m->ram);
    for (u32 i = 0; i < m->num_harts; i++)
        tlb_forget_pages(m->hart[i]->tlb);
}

void recording_first_write(struct machine *m, const struct mem_region *r, u64 page)
{
    if (m->recording && m->recording->written && r == m->ram)
        m->recording->written[page / 64] |= BIT(page % 64);
}

static int make_hash(struct machine *m, struct hash *h, struct error *err)
{
    *h = (struct hash){.executed = m->state.executed};
    if (machine_each_part(m, hash_part, h)) {
        free(h->row);
        return error_set(err, "out of memory");
    }
    hash_pages(m, h);
    watch_pages(m);
    return 0;
}

/* As an event: the number of instructions, the areas, the rows. */
static int put_hash(struct machine *m, const struct hash *h)
{
    struct state_memory text;
    state_memory_init(&text);
    struct state_sink *s = &text.sink;
    int rc = s->write(s, &h->executed, 8) || s->write(s, h->area, sizeof h->area) ||
             s->write(s, h->row, h->num * sizeof *h->row);
    if (!rc)
        tape_put(m->tape, TAPE_HASH, 0, text.data, (u32)text.len);
    free(text.data);
    return rc;
}

/* ---- recording ---- */

static void appoint_hash(struct machine *m)
{
    machine_appoint(m, APPOINTED_HASH, m->state.executed + m->config.opt.record_hash);
}

static int note_writes(struct machine *m, struct error *err)
{
    m->recording->written = calloc(num_words(m), sizeof(u64));
    if (!m->recording->written)
        return error_set(err, "out of memory");
    watch_pages(m);
    return 0;
}

int recording_start(struct machine *m, struct error *err)
{
    const struct options *o = &m->config.opt;
    if (!o->record)
        return 0;
    if (note_writes(m, err))
        return -1;
    m->recording->out = packed_create(o->record, &recording_kind, err);
    if (!m->recording->out || snapshot_write(m, packed_sink(m->recording->out), STATE_HERE, err))
        return -1;
    m->tape->file = packed_sink(m->recording->out);
    appoint_hash(m);
    return 0;
}

int recording_finish(struct machine *m, struct error *err)
{
    struct recording *r = m->recording;
    if (!r || !r->out)
        return 0;
    u32 reason = m->state.stop_reason;
    struct tape_end end = {m->state.executed, reason, m->state.stop_status};
    tape_put(m->tape, TAPE_END, 0, &end, sizeof end);
    int rc = packed_commit(r->out, err);
    r->out = NULL;
    m->tape->file = NULL;
    return rc;
}

/* ---- replaying ---- */

/* The next event of that kind from where the tape stands, without taking it, or NULL. */
static const void *find(const struct machine *m, enum tape_kind kind, u32 *len)
{
    struct tape ahead = *m->tape;
    enum tape_kind next;
    while ((next = tape_next(&ahead)) != TAPE_KINDS) {
        const void *data = tape_pass(&ahead, len);
        if (next == kind)
            return data;
    }
    return NULL;
}

/* Where the next hash was made, or never. */
static void appoint_next_hash(struct machine *m)
{
    u32 len;
    u64 executed = UINT64_MAX;
    const void *hash = find(m, TAPE_HASH, &len);
    if (hash)
        memcpy(&executed, hash, sizeof executed);
    machine_appoint(m, APPOINTED_HASH, executed);
}

/* An end that the machine does not find itself. */
static bool ends_by_count(u32 reason)
{
    return reason == STOP_INSN_LIMIT || reason == STOP_DEBUG || reason == STOP_NONE;
}

/* What the tape has ahead of where it stands. */
static void appoint_ahead(struct machine *m)
{
    struct tape_end end;
    u32 len;
    const void *last = find(m, TAPE_END, &len);
    if (last)
        memcpy(&end, last, sizeof end);
    machine_appoint(m, APPOINTED_END,
                    last && ends_by_count(end.stop_reason) ? end.executed : UINT64_MAX);
    appoint_next_hash(m);
}

int recording_load(struct machine *m, struct state_source *source, struct error *err)
{
    u8 byte;
    u32 len;
    while (tape_read_event(m->tape, source) == 0)
        continue;
    if (!find(m, TAPE_END, &len) || source->read(source, &byte, 1) == 0)
        return error_set(err, "the recording '%s' has no end", m->config.opt.replay);
    appoint_ahead(m);
    return note_writes(m, err);
}

void recording_moved(struct machine *m)
{
    if (!m->recording)
        return;
    m->recording->moved = true;
    appoint_ahead(m);
}

int recording_end(struct machine *m, struct error *err)
{
    struct tape_end end;
    u32 len;
    const void *last = find(m, TAPE_END, &len);
    machine_appoint(m, APPOINTED_END, UINT64_MAX);
    (void)err;
    if (!last)
        return 0;
    memcpy(&end, last, sizeof end);
    owner_message(m->host.owner, "the recording ends here, after %" PRIu64 " instructions",
                  m->state.executed);
    machine_stop(m, end.stop_reason == STOP_INSN_LIMIT ? STOP_INSN_LIMIT : STOP_GUEST_EXIT,
                 end.stop_status);
    return 0;
}

/* ---- what differs ---- */

struct difference {
    const u32 *was, *is; /* of each row */
    u32 at, told;
    char *text;
    size_t room;
};

static void tell(struct difference *d, const char *format, ...) PRINTF(2, 3);
static void tell(struct difference *d, const char *format, ...)
{
    size_t used = strlen(d->text);
    va_list args;
    if (d->told++ >= MOST_TOLD)
        return;
    va_start(args, format);
    vsnprintf(d->text + used, d->room - used, format, args);
    va_end(args);
}

static int compare_part(void *ctx, const struct state_part *part)
{
    struct difference *d = ctx;
    for (u32 i = 0; i < part->num_rows; i++, d->at++)
        if (d->was[d->at] != d->is[d->at])
            tell(d, "%s %s of %s", d->told ? "," : "", part->row[i].name, part->name);
    return 0;
}

static int differs(struct machine *m, const struct hash *now, const u8 *saved, struct error *err)
{
    u32 area[AREAS], *row = malloc(now->num * sizeof *row);
    char text[300] = "";
    if (!row)
        return error_set(err, "out of memory");
    struct difference d = {.was = row, .is = now->row, .text = text, .room = sizeof text};
    memcpy(area, saved + 8, sizeof area);
    memcpy(row, saved + 8 + sizeof area, now->num * sizeof *row);
    machine_each_part(m, compare_part, &d);
    for (u32 i = 0; i < AREAS; i++)
        if (area[i] != now->area[i] && !m->recording->moved)
            tell(&d, "%s memory near 0x%" PRIx64, d.told ? "," : "",
                 m->ram->base + num_pages(m) * i / AREAS * PAGE);
    free(row);
    m->recording->moved = false;
    return d.told ? error_set(err,
                              "the replay is another run: after %" PRIu64
                              " instructions it differs in%s%s",
                              now->executed, text, d.told > MOST_TOLD ? " and more" : "")
                  : 0;
}

static int check_hash(struct machine *m, const struct hash *now, struct error *err)
{
    const void *saved;
    int len = tape_look(m->tape, TAPE_HASH, 0, &saved);
    if (len != (int)(8 + sizeof now->area + now->num * sizeof *now->row)) {
        error_set(err,
                  "the replay is another run: after %" PRIu64
                  " instructions it stands at slot %" PRIu64 ", the record elsewhere",
                  now->executed, slot_now(m));
        return -1;
    }
    int rc = differs(m, now, saved, err);
    if (rc == 0)
        appoint_next_hash(m);
    return rc;
}

int recording_hash(struct machine *m, struct error *err)
{
    struct hash h;
    if (make_hash(m, &h, err))
        return -1;
    int rc;
    if (!m->tape->closed) {
        rc = put_hash(m, &h) ? error_set(err, "out of memory") : 0;
        appoint_hash(m);
    } else {
        rc = check_hash(m, &h, err);
        if (rc) {
            owner_message(m->host.owner, "%s", err->text);
            m->state.stop_reason = STOP_NONE;
            machine_stop(m, STOP_GUEST_EXIT, EXIT_DIFFERENCE);
            machine_appoint(m, APPOINTED_HASH, UINT64_MAX);
            rc = 0;
        }
    }
    free(h.row);
    return rc;
}

void recording_check(struct machine *m)
{
    struct tape *t = m->tape;
    if (!*t->diverged.text && !tape_passed(t, m->state.clock))
        return;
    owner_message(m->host.owner, "the replay is another run, after %" PRIu64 " instructions: %s",
                  m->state.executed, t->diverged.text);
    t->diverged.text[0] = '\0';
    t->events.at = t->events.len;
    m->state.stop_reason = STOP_NONE;
    machine_stop(m, STOP_GUEST_EXIT, EXIT_DIFFERENCE);
}
