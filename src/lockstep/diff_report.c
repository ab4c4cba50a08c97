/* What hextant diff says: the instructions up to where the runs part, the two that do it, and what
 * differs then. */
#include "lockstep/diff_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpu/insn.h"
#include "cpu/trap.h"
#include "lockstep/twin.h"
#include "monitor/names.h"
#include "monitor/view.h"

enum {
    SHOWN_BEFORE = 8, /* instructions */
    SHOWN_MOST = 40,  /* of what differs */
    NAME_COLUMNS = 26,
    VALUE_COLUMNS = 18
};

static const char *bold(FILE *out)
{
    return isatty(fileno(out)) && !getenv("NO_COLOR") ? "\033[1m" : "";
}

static const char *not_bold(FILE *out)
{
    return *bold(out) ? "\033[0m" : "";
}

/* ---- what is not compared ---- */

static void tell_words(const char *name, const struct options *opt, FILE *out)
{
    fprintf(out, "%s:", name);
    for (u32 i = 0; i < opt->num_words; i++)
        fprintf(out, " %s", opt->words[i]);
    fprintf(out, "\n");
}

/* What a row's element is called: x10 by the ABI's name. */
static const char *element_name(const char *row, u32 i, u32 count, char *buf, size_t len)
{
    if (strcmp(row, "x") == 0 && count == 33)
        snprintf(buf, len, "%s", insn_x_name[i]);
    else if (strcmp(row, "f") == 0 && count == 32)
        snprintf(buf, len, "%s", insn_f_name[i]);
    else if (count > 1)
        snprintf(buf, len, "%s[%u]", row, i);
    else
        snprintf(buf, len, "%s", row);
    return buf;
}

static void tell_missing(const struct diff_parts *of, const struct diff_parts *other,
                         const char *name, FILE *out)
{
    for (u32 i = 0; i < of->num; i++)
        if (!diff_partner(other, &of->part[i]))
            fprintf(out, "  %s, as %s has it\n", of->part[i].name, name);
}

void diff_report_start(const struct diff *d, FILE *out)
{
    struct diff_parts a, b;
    diff_parts_of(d->a, &a);
    diff_parts_of(d->b, &b);
    tell_words("A", &d->a->config.opt, out);
    tell_words("B", &d->b->config.opt, out);
    fprintf(out, "not compared, because it differs before the first instruction:\n");
    for (u32 i = 0; i < d->num_known && i < SHOWN_MOST; i++)
        fprintf(out, "  %s: %s[%u]\n", d->known[i].part, d->known[i].row, d->known[i].i);
    if (d->num_known > SHOWN_MOST)
        fprintf(out, "  and %u more\n", d->num_known - SHOWN_MOST);
    tell_missing(&a, &b, "A", out);
    tell_missing(&b, &a, "B", out);
    if (d->num_known_pages)
        fprintf(out, "  %" PRIu64 " pages of memory\n", d->num_known_pages);
    if (d->a->ram->size != d->b->ram->size)
        fprintf(out, "  memory that only one of them has\n");
    if (!d->num_known && !d->num_known_pages && d->a->ram->size == d->b->ram->size)
        fprintf(out, "  nothing\n");
    fflush(out);
}

/* ---- instructions ---- */

/* Where every hart stands before an instruction. */
struct standing {
    u64 pc[64], executed[64], exceptions[64][EXCEPTION_CODES * MODE_COUNT];
    u32 insn[64]; /* 0: it cannot be fetched */
    u8 mode[64];
};

static void note_standing(const struct machine *m, struct standing *s)
{
    for (u32 i = 0; i < m->num_harts; i++) {
        const struct hart *h = m->hart[i];
        s->pc[i] = h->pc;
        s->executed[i] = h->executed;
        s->mode[i] = h->mode;
        s->insn[i] = 0;
        struct view at_pc = view_of_hart(m->hart[i]);
        view_read_insn(&at_pc, h->pc, &s->insn[i], &(struct error){0});
        memcpy(s->exceptions[i], h->exceptions, sizeof s->exceptions[i]);
    }
}

/* The hart that has executed since; NULL: none has. */
static const struct hart *mover(const struct machine *m, const struct standing *s)
{
    for (u32 i = 0; i < m->num_harts; i++)
        if (m->hart[i]->executed != s->executed[i])
            return m->hart[i];
    return NULL;
}

static void tell_trap(const struct hart *h, const struct standing *s, FILE *out)
{
    for (u32 k = 0; k < EXCEPTION_CODES * MODE_COUNT; k++)
        if (h->exceptions[k] != s->exceptions[h->id][k])
            fprintf(out, "   [%s, to %s]", exception_name(k / MODE_COUNT), mode_name(h, h->mode));
}

/* What has been executed since: one line. */
static void tell_step(const struct machine *m, const struct standing *s, FILE *out)
{
    const struct hart *h = mover(m, s);
    char text[128], name[128];
    if (!h) {
        fprintf(out, "nothing: it has ended\n");
        return;
    }
    enum mode mode = (enum mode)s->mode[h->id];
    u64 pc = s->pc[h->id];
    u32 insn = s->insn[h->id];
    insn_disassemble_on(h, pc, insn, text, sizeof text);
    for (char *tab = strchr(text, '\t'); tab; tab = strchr(tab, '\t'))
        *tab = ' ';
    if (m->num_harts > 1)
        fprintf(out, "hart %u  ", h->id);
    fprintf(out, "%-2s 0x%0*" PRIx64 " (%08x) %-28s %s", mode_name(h, mode),
            (int)h->config.xlen / 4, pc, insn, text,
            name_text(m->symbols, h, mode, pc, name, sizeof name));
    tell_trap(h, s, out);
    fputc('\n', out);
}

/* ---- what differs ---- */

struct table {
    const struct diff *d;
    FILE *out;
    u32 rows;
};

static void tell_row(struct table *t, const char *name, const char *a, const char *b)
{
    if (t->rows++ >= SHOWN_MOST)
        return;
    if (strlen(a) > VALUE_COLUMNS || strlen(b) > VALUE_COLUMNS)
        fprintf(t->out, "  %-*s A %.100s\n  %-*s B %.100s\n", NAME_COLUMNS, name, a, NAME_COLUMNS,
                "", b);
    else
        fprintf(t->out, "  %-*s %-*s %s\n", NAME_COLUMNS, name, VALUE_COLUMNS, a, b);
}

static void tell_element(void *ctx, const struct state_part *a, const struct state_part *b,
                         const struct state_row *row, u32 i)
{
    char in_a[STATE_TEXT], in_b[STATE_TEXT], element[64], name[128];
    snprintf(name, sizeof name, "%s: %s", a->name,
             element_name(row->name, i, row->count, element, sizeof element));
    tell_row(ctx, name, state_text(a, row, i, in_a), state_text(b, row, i, in_b));
}

/* The first eight bytes of the page that differ. */
static void tell_page(void *ctx, u64 at)
{
    struct table *t = ctx;
    char in_a[24], in_b[24], name[64];
    u64 word[2], pa = twin_first_word(t->d->a, t->d->b, at, word);
    snprintf(name, sizeof name, "memory 0x%" PRIx64, pa);
    snprintf(in_a, sizeof in_a, "0x%016" PRIx64, word[0]);
    snprintf(in_b, sizeof in_b, "0x%016" PRIx64, word[1]);
    tell_row(t, name, in_a, in_b);
}

static void tell_differences(const struct diff *d, FILE *out)
{
    struct table t = {.d = d, .out = out};
    const struct diff_listener to = {&t, tell_element, tell_page};
    fprintf(out, "%sand then differ in%s\n  %-*s %-*s %s\n", bold(out), not_bold(out), NAME_COLUMNS,
            "", VALUE_COLUMNS, "A", "B");
    diff_compare(d, &to);
    if (t.rows > SHOWN_MOST)
        fprintf(out, "  and %u more\n", t.rows - SHOWN_MOST);
}

/* ---- the whole ---- */

static int tell_before(const struct diff *d, u64 to, FILE *out, struct error *err)
{
    struct standing s;
    u64 from = to < SHOWN_BEFORE ? 0 : to - SHOWN_BEFORE;
    if (diff_go_to(d, from, err))
        return -1;
    for (u64 at = from; at < to; at++) {
        note_standing(d->a, &s);
        if (diff_go_to(d, at + 1, err))
            return -1;
        fprintf(out, "    ");
        tell_step(d->a, &s, out);
    }
    return 0;
}

int diff_report(struct diff *d, u64 parting, FILE *out, struct error *err)
{
    struct standing a, b;
    if (parting == UINT64_MAX) {
        fprintf(out, "%sno difference%s, to the end: %" PRIu64 " instructions\n", bold(out),
                not_bold(out), d->a->state.executed);
        return 0;
    }
    fprintf(out, "%sthey are the same for %" PRIu64 " instructions%s, the last of which are\n",
            bold(out), parting - 1, not_bold(out));
    if (tell_before(d, parting - 1, out, err))
        return -1;
    note_standing(d->a, &a);
    note_standing(d->b, &b);
    if (diff_go_to(d, parting, err))
        return -1;
    fprintf(out, "%sthen they execute%s\n  A ", bold(out), not_bold(out));
    tell_step(d->a, &a, out);
    fprintf(out, "  B ");
    tell_step(d->b, &b, out);
    tell_differences(d, out);
    return EXIT_DIFFERENCE;
}
