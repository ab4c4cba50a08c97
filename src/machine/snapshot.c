/* The file of a snapshot: the machine's configuration, what devices hold, the rows, memory. */
#include "machine/snapshot.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/host.h"
#include "common/keys.h"
#include "common/owner.h"
#include "common/version.h"
#include "devices/chardev.h"
#include "machine/clock.h"
#include "machine/recording.h"

const struct packed_kind snapshot_kind = {"snapshot", 1};

enum { PAGE = 4096 };

/* ---- what comes first ---- */

/* Who wrote it, and the command line: words that end with a zero each. */
struct head {
    struct state_blob made_by, words;
};
static const struct state_row head_rows[] = {STATE_BLOB(struct head, made_by),
                                             STATE_BLOB(struct head, words)};

/* What machine_new() finds out with the guest's files at hand; and the host's clock. */
struct learned {
    struct image image;
    struct state_blob dtb;
    u64 dtb_address, ticks, executed;
};
static const struct state_row learned_rows[] = {
    STATE_FIELD(struct learned, image.entry),
    STATE_FIELD(struct learned, image.low),
    STATE_FIELD(struct learned, image.high),
    STATE_FIELD(struct learned, image.xlen),
    STATE_FIELD(struct learned, image.is_elf),
    STATE_FIELD(struct learned, image.tohost),
    STATE_FIELD(struct learned, image.fromhost),
    STATE_FIELD(struct learned, image.sig_begin),
    STATE_FIELD(struct learned, image.sig_end),
    STATE_FIELD(struct learned, dtb_address),
    STATE_FIELD(struct learned, ticks),
    STATE_FIELD(struct learned, executed),
    STATE_BLOB(struct learned, dtb),
};

static struct state_part head_part(const struct head *h)
{
    return state_part(h, head_rows, ARRAY_LEN(head_rows), "head");
}

static struct state_part learned_part(const struct learned *l)
{
    return state_part(l, learned_rows, ARRAY_LEN(learned_rows), "configuration");
}

static int save_head(const struct machine *m, struct state_sink *sink, struct error *err)
{
    const struct options *o = &m->config.opt;
    struct state_memory words;
    int rc = 0;
    state_memory_init(&words);
    for (u32 i = 0; !rc && i < o->num_words; i++)
        rc = words.sink.write(&words.sink, o->words[i], strlen(o->words[i]) + 1);
    struct head head = {.made_by = {(u8 *)(uintptr_t)build_version, (u32)strlen(build_version)},
                        .words = {words.data, (u32)words.len}};
    struct state_part part = head_part(&head);
    rc = rc ? error_set(err, "out of memory") : state_save(sink, &part, err);
    free(words.data);
    return rc;
}

static int save_learned(const struct machine *m, struct state_sink *sink, struct error *err)
{
    const struct learned l = {.image = m->config.image,
                              .dtb = {m->config.dtb, m->config.dtb ? m->config.dtb_len : 0},
                              .dtb_address = m->config.dtb_address,
                              .ticks = machine_ticks(m),
                              .executed = m->state.executed};
    struct state_part part = learned_part(&l);
    return state_save(sink, &part, err);
}

/* ---- memory: runs of pages that are not all zero ---- */

struct run {
    u64 first, count; /* pages of the region; count 0: there are no more */
};

static bool is_zero(const u8 *page)
{
    const u64 *word = (const void *)page;
    u64 any = 0;
    for (unsigned i = 0; i < PAGE / 8 && !any; i += 8)
        any = word[i] | word[i + 1] | word[i + 2] | word[i + 3] | word[i + 4] | word[i + 5] |
              word[i + 6] | word[i + 7];
    return !any;
}

static int save_region(const struct mem_region *r, struct state_sink *sink)
{
    u64 pages = r->size / PAGE;
    struct run run = {0};
    for (u64 i = 0; i < pages; i = run.first + run.count) {
        while (i < pages && is_zero(r->host + i * PAGE))
            i++;
        run = (struct run){.first = i};
        while (i < pages && !is_zero(r->host + i * PAGE))
            i++;
        run.count = i - run.first;
        if (run.count && (sink->write(sink, &run, sizeof run) ||
                          sink->write(sink, r->host + run.first * PAGE, run.count * PAGE)))
            return -1;
    }
    return sink->write(sink, &(struct run){0}, sizeof run);
}

static int load_region(const struct mem_region *r, struct state_source *source)
{
    struct run run;
    for (;;) {
        if (source->read(source, &run, sizeof run))
            return -1;
        if (!run.count)
            return 0;
        if (run.first > r->size / PAGE || run.count > r->size / PAGE - run.first ||
            source->read(source, r->host + run.first * PAGE, run.count * PAGE))
            return -1;
    }
}

static struct state_part region_part(const struct mem_region *r)
{
    static const struct state_row rows[] = {STATE_FIELD(struct mem_region, base),
                                            STATE_FIELD(struct mem_region, size)};
    return state_part(r, rows, ARRAY_LEN(rows), "%s", r->name);
}

static int save_memory(const struct machine *m, struct state_sink *sink, struct error *err)
{
    for (u32 i = 0; i < m->bus.num_regions; i++) {
        struct state_part part = region_part(&m->bus.region[i]);
        if (state_save(sink, &part, err))
            return -1;
        if (save_region(&m->bus.region[i], sink))
            return error_set(err, "the memory cannot be written");
    }
    return 0;
}

static int load_memory(struct machine *m, struct state_source *source, struct error *err)
{
    for (u32 i = 0; i < m->bus.num_regions; i++) {
        const struct mem_region *r = &m->bus.region[i];
        struct mem_region saved = {.name = r->name};
        struct state_part part = region_part(&saved);
        if (state_load(source, &part, err))
            return -1;
        if (saved.base != r->base || saved.size != r->size)
            return error_set(err, "the snapshot has another size of '%s'", r->name);
        if (load_region(r, source))
            return error_set(err, "the snapshot ends in '%s'", r->name);
    }
    return 0;
}

/* ---- what devices hold ---- */

static int save_media(struct machine *m, struct state_sink *sink, struct error *err)
{
    for (u32 i = 0; i < m->bus.num_devices; i++) {
        struct device *dev = m->bus.device[i];
        if (dev->cls->media && dev->cls->media->save && dev->cls->media->save(dev, sink, err))
            return -1;
    }
    return 0;
}

static int load_media(struct machine *m, struct state_source *source, struct error *err)
{
    for (u32 i = 0; i < m->bus.num_devices; i++) {
        struct device *dev = m->bus.device[i];
        if (dev->cls->media && dev->cls->media->load && dev->cls->media->load(dev, source, err))
            return -1;
    }
    return 0;
}

/* ---- saving ---- */

int snapshot_write(struct machine *m, struct state_sink *sink, enum state_use use,
                   struct error *err)
{
    return save_head(m, sink, err) || save_learned(m, sink, err) || save_media(m, sink, err) ||
                   save_memory(m, sink, err) || machine_save(m, sink, use, err)
               ? -1
               : 0;
}

int snapshot_save(struct machine *m, const char *path, struct error *err)
{
    u32 stop = m->state.stop_reason;
    if (stop && stop != STOP_DEBUG && stop != STOP_APPOINTED)
        return error_set(err, "the run is over: there is nothing to go on with");
    machine_deliver(m);
    struct packed_out *out = packed_create(path, &snapshot_kind, err);
    if (!out)
        return -1;
    if (snapshot_write(m, packed_sink(out), STATE_ELSEWHERE, err) == 0)
        return packed_commit(out, err);
    if (packed_failed(out)) /* the host's reason says more */
        return packed_commit(out, err);
    packed_abandon(out);
    return -1;
}

/* ---- making it anew ---- */

/* The reading has failed with *err. If the file itself is damaged, that is the reason. */
static int fail(const char *path, struct packed_in *in, struct error *err)
{
    struct error damage;
    const struct error why = *err;
    packed_skip(in);
    if (packed_finish(in, &damage))
        *err = damage;
    else
        error_set(err, "'%s': %.400s", path, why.text);
    return -1;
}

static int load_head(struct packed_in *in, struct head *head, struct error *err)
{
    struct state_part part = head_part(head);
    return state_load(packed_source(in), &part, err);
}

static void free_head(struct head *head)
{
    free(head->made_by.data);
    free(head->words.data);
}

int snapshot_words(const char *path, const struct packed_kind *kind, struct snapshot_words *out,
                   struct error *err)
{
    struct packed_in *in = packed_open(path, kind, err);
    struct head head = {0};
    *out = (struct snapshot_words){0};
    if (!in)
        return -1;
    if (load_head(in, &head, err)) {
        free_head(&head);
        return fail(path, in, err);
    }
    packed_close(in);
    char *text = (char *)head.words.data;
    u32 len = head.words.len, n = 0;
    for (u32 i = 0; i < len; i++)
        n += !text[i];
    char **word = n && !text[len - 1] ? calloc(n, sizeof *word) : NULL;
    if (!word) {
        free_head(&head);
        return error_set(err, "'%s' does not say which machine it is of", path);
    }
    for (u32 i = 0, at = 0; i < n; i++, at += (u32)strlen(text + at) + 1)
        word[i] = text + at;
    free(head.made_by.data);
    *out = (struct snapshot_words){word, n};
    return 0;
}

/* Takes what the snapshot says about the configuration. */
static int take_learned(struct machine *m, struct learned *l, struct error *err)
{
    struct machine_config *c = &m->config;
    if (c->opt.max_insns <= l->executed)
        return error_set(err,
                         "--max-insns=%" PRIu64 ": the snapshot was saved after %" PRIu64
                         " instructions, which count",
                         c->opt.max_insns, l->executed);
    c->image = l->image;
    c->dtb = l->dtb.data;
    c->dtb_len = l->dtb.len;
    c->dtb_address = l->dtb_address;
    m->host.real_start = host_ns() - l->ticks * NS_PER_TICK;
    return 0;
}

struct packed_in *snapshot_open(struct machine *m, struct error *err)
{
    const struct options *o = &m->config.opt;
    struct packed_in *in = o->replay ? packed_open(o->replay, &recording_kind, err)
                                     : packed_open(o->restore, &snapshot_kind, err);
    struct head head = {0};
    struct learned l = {0};
    struct state_part part = learned_part(&l);
    if (!in)
        return NULL;
    int rc = load_head(in, &head, err) || state_load(packed_source(in), &part, err);
    free_head(&head);
    if (rc == 0 && take_learned(m, &l, err) == 0)
        return in;
    free(l.dtb.data);
    if (rc)
        fail(o->replay ? o->replay : o->restore, in, err);
    else
        packed_close(in);
    return NULL;
}

int snapshot_load(struct machine *m, struct packed_in *in, struct error *err)
{
    struct state_source *source = packed_source(in);
    const char *path = m->config.opt.replay ? m->config.opt.replay : m->config.opt.restore;
    if (load_media(m, source, err) || load_memory(m, source, err) || machine_load(m, source, err))
        return fail(path, in, err);
    if (m->state.stop_reason == STOP_DEBUG || m->state.stop_reason == STOP_APPOINTED)
        m->state.stop_reason = STOP_NONE;
    if (m->config.opt.replay && recording_load(m, source, err))
        return fail(path, in, err);
    return packed_finish(in, err);
}

/* ---- --snapshot-at ---- */

int snapshot_at_parse(const char *value, struct snapshot_at *at, struct error *err)
{
    const char *colon = strrchr(value, ':');
    char number[24];
    if (!colon || colon == value || !colon[1])
        return error_set(err, "not INSN:FILE or TEXT:FILE");
    *at = (struct snapshot_at){.text = value, .len = (u32)(colon - value), .file = colon + 1};
    snprintf(number, sizeof number, "%.*s", (int)at->len, value);
    at->is_text = at->len >= sizeof number || number_parse(number, NUMBER_PLAIN, &at->insn);
    return 0;
}

/* The guest has said it. */
static void text_seen(void *machine)
{
    machine_appoint(machine, APPOINTED_SNAPSHOT, 0);
}

void snapshot_appoint(struct machine *m)
{
    struct snapshot_at at;
    struct error err;
    if (!m->config.opt.snapshot_at || snapshot_at_parse(m->config.opt.snapshot_at, &at, &err))
        return;
    m->host.snapshot_waits = true;
    if (!at.is_text) {
        machine_appoint(m, APPOINTED_SNAPSHOT, at.insn);
        return;
    }
    struct chardev_expected text = {.text = at.text, .len = at.len, .seen = text_seen, .ctx = m};
    chardev_expect(m->host.console, &text);
    if (m->host.terminal && m->host.terminal != m->host.console)
        chardev_expect(m->host.terminal, &text);
}

int snapshot_due(struct machine *m, struct error *err)
{
    struct snapshot_at at;
    machine_appoint(m, APPOINTED_SNAPSHOT, UINT64_MAX);
    if (!m->host.snapshot_waits)
        return 0; /* seen on both consoles */
    m->host.snapshot_waits = false;
    if (snapshot_at_parse(m->config.opt.snapshot_at, &at, err) || snapshot_save(m, at.file, err))
        return -1;
    if (m->config.opt.verbose)
        owner_message(m->host.owner, "the snapshot '%s' is saved, after %" PRIu64 " instructions",
                      at.file, m->state.executed);
    return 0;
}

int snapshot_finish(const struct machine *m, struct error *err)
{
    if (!m->host.snapshot_waits)
        return 0;
    return error_set(err, "--snapshot-at=%s: the run has ended before, nothing is saved",
                     m->config.opt.snapshot_at);
}
