/* The report: the data as JSON, put into the page report.html, which draws it. */
#include "trace/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/version.h"
#include "machine/machine.h"
#include "trace/words.h"

extern const char report_page[]; /* report.html */

enum { FLAME_PERMYRIAD = 4 }; /* frames below this part of all samples are left out */

static void put_number(struct out *o, const char *key, u64 value)
{
    out_printf(o, "\"%s\":%" PRIu64 ",", key, value);
}

static void put_string(struct out *o, const char *key, const char *value)
{
    out_printf(o, "\"%s\":", key);
    out_json_string(o, value);
    out_text(o, ",");
}

static u64 to_ns(const struct machine *m, u64 slots)
{
    return (u64)((u128)slots * 100 / m->config.opt.hart.insns_per_tick);
}

void report_put_origin(const struct machine *m, struct out *o)
{
    put_string(o, "version", build_version);
    out_text(o, "\"options\":[");
    for (u32 i = 0; i < m->config.opt.num_words; i++) {
        out_text(o, i ? "," : "");
        out_json_string(o, m->config.opt.words[i]);
    }
    out_text(o, "]");
}

static void put_summary(const struct machine *m, struct out *o)
{
    put_string(o, "file", m->config.opt.file);
    put_string(o, "append", m->config.opt.append ? m->config.opt.append : "");
    put_number(o, "harts", m->num_harts);
    put_number(o, "instructions", m->state.executed);
    put_number(o, "ns", (u64)(machine_ticks(m) * 100));
    put_number(o, "period", m->config.opt.profile_period);
}

static void put_residency(const struct report_parts *p, struct out *o)
{
    const struct residency *r = p->residency;
    out_printf(o, "\"series\":[");
    for (unsigned s = 0; s < MODE_COUNT; s++)
        out_printf(o, "\"%s\",", mode_name(p->m->hart[0], s));
    out_printf(o, "\"idle\"],\"interval_ns\":%" PRIu64 ",\"residency\":[",
               to_ns(p->m, residency_width(r)));
    for (u32 h = 0; h < p->m->num_harts; h++) {
        out_text(o, h ? ",\n[" : "\n[");
        for (u32 i = 0; i < residency_used(r); i++) {
            out_text(o, i ? ",[" : "[");
            for (unsigned s = 0; s < RESIDENCY_SERIES; s++)
                out_printf(o, "%s%" PRIu64, s ? "," : "", residency_slots(r, h, i, s));
            out_text(o, "]");
        }
        out_text(o, "]");
    }
    out_text(o, "],\n");
}

/* The histogram as pairs of a slot's least value and its count. */
static void put_histogram(const struct histogram *h, struct out *o)
{
    bool any = false;
    out_text(o, "\"slots\":[");
    for (unsigned i = 0; h->slot && i < HISTOGRAM_SLOTS; i++) {
        if (!h->slot[i])
            continue;
        out_printf(o, "%s[%" PRIu64 ",%u]", any ? "," : "", histogram_slot_start(i), h->slot[i]);
        any = true;
    }
    out_text(o, "]");
}

static void put_exits(const struct report_parts *p, struct out *o)
{
    const struct exit_row *row;
    u32 n = exits_rows(p->exits, &row);
    out_text(o, "\"exits\":[");
    for (u32 i = 0; i < n; i++, row++) {
        out_text(o, i ? ",\n{" : "\n{");
        put_string(o, "cause", row->cause);
        put_string(o, "detail", row->detail);
        put_string(o, "to", exit_row_target(p->exits, row));
        put_number(o, "count", row->count);
        put_number(o, "user", row->user);
        put_number(o, "min", row->hs.count ? row->hs.min : 0);
        put_number(o, "median", histogram_quantile(&row->hs, 500));
        put_number(o, "p99", histogram_quantile(&row->hs, 990));
        put_number(o, "max", row->hs.max);
        put_number(o, "sum", row->hs.sum);
        put_number(o, "goto", row->at);
        put_histogram(&row->hs, o);
        out_text(o, "}");
    }
    out_text(o, "],\n");
}

static void put_sbi(const struct report_parts *p, struct out *o)
{
    const struct sbi_row *row;
    u32 n = exits_sbi_rows(p->exits, &row);
    out_text(o, "\"sbi\":[");
    for (u32 i = 0; i < n; i++, row++) {
        out_text(o, i ? ",\n{" : "\n{");
        put_string(o, "name", row->name);
        put_number(o, "errors", row->errors);
        out_text(o, "\"from\":[");
        for (unsigned m = 0; m < MODE_COUNT; m++)
            out_printf(o, "%s%" PRIu64, m ? "," : "", row->from[m]);
        out_text(o, "]}");
    }
    out_text(o, "],\n");
}

/* What the firmware has made of the traps that reached it, from whatever mode. */
static void put_settled(const struct machine *m, struct out *o)
{
    bool any = false;
    out_text(o, "\"settled\":[");
    for (unsigned i = 0; m->sbi && i < EXCEPTION_CODES; i++) {
        struct sbi_settled s = sbi_settled(m->sbi, i);
        if (!(s.emulated | s.to_hs | s.to_vs))
            continue;
        out_text(o, any ? ",\n{" : "\n{");
        put_string(o, "cause", exception_name(i));
        put_number(o, "to_s", s.to_hs);
        put_number(o, "to_vs", s.to_vs);
        put_number(o, "emulated", s.emulated);
        out_text(o, "}");
        any = true;
    }
    out_text(o, "],\n");
}

/* Samples in each node and below it. NULL without memory. */
static u64 *totals(const struct stack_node *node, u32 n)
{
    u64 *total = calloc(n, sizeof *total);
    for (u32 i = n; total && i-- > 0;) {
        total[i] += node[i].self;
        if (i)
            total[node[i].parent] += total[i];
    }
    return total;
}

/* The frames worth drawing: [parent, name, samples], parents first, the root being number 0. */
static int put_stacks(const struct report_parts *p, struct out *o)
{
    const struct stacks *s = profile_stacks(p->profile);
    const struct stack_node *node;
    u32 n = stacks_nodes(s, &node), next = 0;
    u64 *total = totals(node, n);
    u32 *number = calloc(n, sizeof *number);
    out_text(o, "\"stacks\":[");
    for (u32 i = 0; total && number && i < n; i++) {
        if (i && total[i] * 10000 < total[0] * FLAME_PERMYRIAD)
            continue;
        number[i] = next++;
        out_printf(o, "%s[%u,", i ? ",\n" : "\n", i ? number[node[i].parent] : 0);
        out_json_string(o, i ? stacks_name(s, node[i].name) : "");
        out_printf(o, ",%" PRIu64 "]", total[i]);
    }
    out_text(o, "]");
    bool ok = total && number;
    free(total);
    free(number);
    return ok ? 0 : -1;
}

int report_write(const struct report_parts *p, const char *path, struct error *err)
{
    static const char marker[] = "/*DATA*/";
    const char *at = strstr(report_page, marker);
    struct out *o = out_open(path, p->m->host.owner, err);
    if (!o)
        return -1;
    residency_settle(p->residency);
    out_write(o, report_page, (size_t)(at - report_page));
    out_text(o, "{");
    report_put_origin(p->m, o);
    out_text(o, ",");
    put_summary(p->m, o);
    put_residency(p, o);
    put_exits(p, o);
    put_sbi(p, o);
    put_settled(p->m, o);
    int rc = put_stacks(p, o);
    out_text(o, "}");
    out_text(o, at + sizeof marker - 1);
    if (out_close(o, err))
        return -1;
    return rc ? error_set(err, "no memory for the report") : 0;
}
