/* The tape: events one behind the other in memory, each with its kind and the slot when it was
 * taken.
 */
#include "common/tape.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct event {
    u64 slot;
    u32 len;
    u16 kind, channel;
};

static const char *const names[] = {
    [TAPE_IDLE] = "an idle time",
    [TAPE_TICKS] = "the host's clock",
    [TAPE_INPUT] = "console input",
    [TAPE_WINDOW] = "a window size",
    [TAPE_RANDOM] = "random numbers",
    [TAPE_DISK] = "a disk's data",
    [TAPE_FRAME] = "a network frame",
    [TAPE_SHARE] = "a shared folder's reply",
    [TAPE_FILE] = "what a file of semihosting says",
    [TAPE_HASH] = "a hash",
    [TAPE_END] = "the end",
    [TAPE_KINDS] = "nothing any more",
};

/* The next event; false at the end. */
static bool peek(const struct tape *t, struct event *e)
{
    const struct state_memory *m = &t->events;
    if (m->len - m->at < sizeof *e)
        return false;
    memcpy(e, m->data + m->at, sizeof *e);
    return m->len - m->at - sizeof *e >= e->len;
}

bool tape_replays(const struct tape *t)
{
    return t && (t->closed || t->events.at < t->events.len);
}

enum tape_kind tape_next(const struct tape *t)
{
    struct event e;
    return t && peek(t, &e) && e.kind < TAPE_KINDS ? (enum tape_kind)e.kind : TAPE_KINDS;
}

bool tape_is_now(const struct tape *t, enum tape_kind kind)
{
    struct event e;
    return t && peek(t, &e) && e.kind == kind && e.slot == t->clock(t->ctx);
}

/* Goes on to the next event; the payload of the present one. */
static const void *pass(struct tape *t, const struct event *e)
{
    const void *data = t->events.data + t->events.at + sizeof *e;
    t->events.at += sizeof *e + e->len;
    return data;
}

const void *tape_pass(struct tape *t, u32 *len)
{
    struct event e = {0};
    peek(t, &e);
    *len = e.len;
    return pass(t, &e);
}

int tape_read_event(struct tape *t, struct state_source *source)
{
    enum { MOST = 1 << 26 };
    struct event e;
    struct state_sink *to = &t->events.sink;
    if (source->read(source, &e, sizeof e) || e.kind >= TAPE_KINDS || e.len > MOST)
        return -1;
    u8 *data = malloc(e.len + 1);
    int rc = !data || source->read(source, data, e.len) || to->write(to, &e, sizeof e) ||
             to->write(to, data, e.len);
    free(data);
    return rc ? -1 : 0;
}

int tape_look(struct tape *t, enum tape_kind kind, u32 channel, const void **data)
{
    struct event e;
    if (!t || !peek(t, &e) || e.kind != kind || e.channel != channel || e.slot != t->clock(t->ctx))
        return -1;
    *data = pass(t, &e);
    return (int)e.len;
}

static void diverge(struct tape *t, const char *came, const struct event *expected)
{
    if (*t->diverged.text)
        return;
    error_set(&t->diverged, "the run asks for %s at slot %" PRIu64 ", where the record has %s%s",
              came, t->clock(t->ctx),
              expected ? names[expected->kind < TAPE_KINDS ? expected->kind : TAPE_KINDS]
                       : names[TAPE_KINDS],
              expected && expected->slot != t->clock(t->ctx) ? " for another time" : "");
}

/* The next event, if it is of that kind and channel and for now. Otherwise the run is another. */
static bool expect(struct tape *t, enum tape_kind kind, u32 channel, struct event *e)
{
    bool more = peek(t, e);
    if (more && e->kind == kind && e->channel == channel && e->slot == t->clock(t->ctx))
        return true;
    diverge(t, names[kind], more ? e : NULL);
    return false;
}

const void *tape_need(struct tape *t, enum tape_kind kind, u32 channel, u32 *len)
{
    struct event e;
    if (!expect(t, kind, channel, &e))
        return NULL;
    *len = e.len;
    return pass(t, &e);
}

int tape_take(struct tape *t, enum tape_kind kind, void *data, u32 len)
{
    struct event e;
    bool there = expect(t, kind, 0, &e);
    if (there && e.len == len) {
        memcpy(data, pass(t, &e), len);
        return 0;
    }
    if (there && e.len)
        diverge(t, names[kind], &e);
    else if (there)
        pass(t, &e);
    memset(data, 0, len);
    return -1;
}

void tape_put(struct tape *t, enum tape_kind kind, u32 channel, const void *data, u32 len)
{
    if (!t || t->closed)
        return;
    struct event e = {t->clock(t->ctx), len, (u16)kind, (u16)channel};
    struct state_memory *m = &t->events;
    if (t->file)
        t->file_failed |=
            t->file->write(t->file, &e, sizeof e) || t->file->write(t->file, data, len);
    else if (m->sink.write(&m->sink, &e, sizeof e) || m->sink.write(&m->sink, data, len))
        t->file_failed = true;
    else
        m->at = m->len;
}

bool tape_passed(struct tape *t, u64 now)
{
    struct event e;
    if (!t || !peek(t, &e) || e.slot >= now || e.kind == TAPE_HASH)
        return false;
    error_set(&t->diverged, "the run has come to slot %" PRIu64 " without %s of slot %" PRIu64, now,
              names[e.kind < TAPE_KINDS ? e.kind : TAPE_KINDS], e.slot);
    return true;
}
