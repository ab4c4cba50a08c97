/* What is printed or written when the run is over: the signature, the state, the statistics. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"
#include "common/host.h"
#include "cpu/counter.h"
#include "cpu/csr.h"
#include "cpu/insn.h"
#include "devices/chardev.h"
#include "machine/machine.h"
#include "machine/recording.h"
#include "machine/snapshot.h"
#include "sbi/sbi.h"

/* One line of the signature: `n` bytes, highest first, zeros beyond the end. */
static void print_line(FILE *f, const u8 *p, u64 left, u32 n)
{
    for (u32 i = n; i-- > 0;)
        fprintf(f, "%02x", i < left ? p[i] : 0);
    fputc('\n', f);
}

int machine_check_signature(struct machine *m, struct error *err)
{
    u64 begin = m->config.image.sig_begin, end = m->config.image.sig_end;
    if (!m->config.opt.signature)
        return 0;
    if (!begin || !end || end < begin)
        return error_set(err, "--signature: '%s' does not define begin_signature and end_signature",
                         m->config.opt.file);
    if (!bus_find_memory(&m->bus, begin, end - begin))
        return error_set(err, "--signature: begin_signature..end_signature is not in RAM");
    return 0;
}

static int write_signature(struct machine *m, struct error *err)
{
    u64 begin = m->config.image.sig_begin, end = m->config.image.sig_end;
    const char *path = m->config.opt.signature;
    if (machine_check_signature(m, err))
        return -1;
    struct mem_region *r = bus_find_memory(&m->bus, begin, end - begin);
    FILE *f = fopen(path, "w");
    if (!f)
        return error_set(err, "cannot write '%s': %s", path, strerror(errno));
    for (u64 at = begin; at < end; at += m->config.opt.signature_granularity)
        print_line(f, r->host + (at - r->base), end - at, m->config.opt.signature_granularity);
    bool failed = ferror(f);
    if (fclose(f) || failed)
        return error_set(err, "cannot write '%s': %s", path, strerror(errno));
    return 0;
}

/* A table of three columns. */
struct table {
    FILE *out;
    unsigned column;
};

static void print_text(struct table *t, const char *name, const char *text)
{
    fprintf(t->out, "%-14s %s%s", name, text, ++t->column % 3 ? "  " : "\n");
}

static void end_table(struct table *t)
{
    if (t->column % 3)
        fputc('\n', t->out);
    t->column = 0;
}

/* A single value, or the elements of an array that are not zero. */
static void print_row(struct table *t, const struct state_part *part, const struct state_row *row)
{
    for (u32 i = 0; i < row->count; i++) {
        char name[32], text[STATE_TEXT];
        if (row->count > 1 && state_is_zero(part, row, i))
            continue;
        snprintf(name, sizeof name, row->count > 1 ? "%s[%u]" : "%s", row->name, i);
        print_text(t, name, state_text(part, row, i, text));
    }
}

/* A CSR that this hart has? Those are shown field by field, by who prints the dump. */
static bool is_csr(struct hart *h, const char *name)
{
    u64 value;
    int num = csr_number(name);
    return num >= 0 && csr_peek(h, (unsigned)num, &value) == 0;
}

/* The vector registers that are not zero, one a line. */
static void print_vectors(const struct hart *h, FILE *out)
{
    struct state_part part = hart_vector_part(h);
    char text[STATE_TEXT];
    for (u32 i = 0; i < 32 * part.num_rows; i++)
        if (!state_is_zero(&part, part.row, i))
            fprintf(out, "v%-13u %s\n", i, state_text(&part, part.row, i, text));
}

static void dump_hart(struct hart *h, FILE *out)
{
    struct table t = {.out = out};
    struct state_part part = hart_part(h);
    char text[24];
    fprintf(out, "hart %u in %s-mode at 0x%" PRIx64 "\n", h->id, mode_name(h, h->mode), h->pc);
    for (unsigned i = 0; i < 32; i++) {
        snprintf(text, sizeof text, "0x%0*" PRIx64, h->config.xlen / 4,
                 (u64)(h->x[i] & MASK(h->config.xlen)));
        print_text(&t, insn_x_name[i], text);
    }
    end_table(&t);
    for (u32 i = 0; i < hart_num_rows; i++) {
        const void *at = state_element(&part, &hart_rows[i], 0);
        if (at != h->x && at != &h->pc && at != &h->mode && !is_csr(h, hart_rows[i].name))
            print_row(&t, &part, &hart_rows[i]);
    }
    end_table(&t);
    print_vectors(h, out);
}

static void print_stats(struct machine *m, FILE *out)
{
    double wall = (double)(host_ns() - m->host.start) / 1e9, user = (double)host_user_ns() / 1e9;
    u64 here = m->state.executed - m->host.start_executed; /* others may have gone before */
    fprintf(out, "instructions       %" PRIu64 "\n", m->state.executed);
    fprintf(out, "guest time         %.6f s\n", (double)machine_ticks(m) / TIMEBASE_HZ);
    fprintf(out, "host time          %.3f s, %.3f s of them user\n", wall, user);
    fprintf(out, "speed              %.1f million instructions a second\n",
            wall > 0 ? (double)here / wall / 1e6 : 0);
    for (unsigned e = 0; e < EVENT_COUNT; e++) {
        u64 sum = 0;
        for (u32 i = 0; i < m->num_harts; i++)
            sum += m->hart[i]->event[e];
        if (event_table[e].text && sum)
            fprintf(out, "%-18s %" PRIu64 "\n", event_table[e].text, sum);
    }
    if (m->sbi)
        sbi_stats_print(m->sbi, out);
}

static int check_output(struct machine *m, struct error *err)
{
    machine_flush(m);
    int rc = m->host.console ? chardev_check(m->host.console, err) : 0;
    return rc || !m->host.terminal ? rc : chardev_check(m->host.terminal, err);
}

int machine_report(struct machine *m, FILE *out, struct error *err)
{
    for (u32 i = 0; m->config.opt.dump_state && i < m->num_harts; i++)
        dump_hart(m->hart[i], out);
    if (m->config.opt.stats)
        print_stats(m, out);
    if (m->config.opt.signature && write_signature(m, err))
        return -1;
    return recording_finish(m, err) || check_output(m, err) || snapshot_finish(m, err) ? -1 : 0;
}
