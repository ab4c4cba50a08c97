/* --exits as text: a line for each cause, under it one for each detail, with the number of
 * instructions at which the longest of them began. What a line is about stands last, so that
 * nothing has to be cut: a terminal that is too narrow gets it in several lines. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "trace/exits.h"

enum {
    COLUMNS = 5,
    SHOWN_MAX = 40, /* on a terminal: the most frequent kinds */
    NARROWEST = 60
};
static const char *const heads[COLUMNS] = {"exits", "to U", "min", "median", "p99"};

/* All rows of one cause. */
struct exit_cause {
    const struct exit_row *first;
    u64 count, user;
    struct histogram hs;
};

struct table {
    FILE *out;
    const struct exits *exits;
    const struct exit_row *rows;
    struct exit_cause *causes;
    u32 num_rows, num_causes;
    int width[COLUMNS];
    int terminal; /* its columns, 0 if it is none */
    u32 hidden;   /* kinds left out, and their exits */
    u64 hidden_count;
};

/* The numbers of a line; "-" where no guest went on. */
struct line {
    char cell[COLUMNS][24];
};

static struct line line_of(u64 count, u64 user, const struct histogram *hs)
{
    struct line l;
    const u64 value[COLUMNS] = {count, user, hs->min, histogram_quantile(hs, 500),
                                histogram_quantile(hs, 990)};
    for (unsigned i = 0; i < COLUMNS; i++) {
        if (i < 2 || hs->count)
            snprintf(l.cell[i], sizeof l.cell[i], "%" PRIu64, value[i]);
        else
            strcpy(l.cell[i], "-");
    }
    return l;
}

static void widen(struct table *t, const struct line *l)
{
    for (unsigned i = 0; i < COLUMNS; i++)
        if ((int)strlen(l->cell[i]) > t->width[i])
            t->width[i] = (int)strlen(l->cell[i]);
}

static bool same_cause(const struct exit_row *a, const struct exit_row *b)
{
    return a->code == b->code && a->interrupt == b->interrupt && a->to == b->to &&
           a->passed_on == b->passed_on;
}

static int compare_causes(const void *a, const void *b)
{
    const struct exit_cause *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return strcmp(x->first->cause, y->first->cause);
}

/* Sums up the causes, and measures what the columns need. False without memory. */
static bool sum_up(struct table *t)
{
    t->causes = calloc(t->num_rows, sizeof *t->causes);
    if (!t->causes)
        return false;
    for (u32 i = 0; i < t->num_rows; i++) {
        const struct exit_row *r = &t->rows[i];
        struct exit_cause *c = t->causes;
        while (c->first && !same_cause(c->first, r))
            c++;
        if (!c->first) {
            c->first = r;
            t->num_causes++;
        }
        c->count += r->count;
        c->user += r->user;
        histogram_merge(&c->hs, &r->hs);
    }
    qsort(t->causes, t->num_causes, sizeof *t->causes, compare_causes);
    for (unsigned i = 0; i < COLUMNS; i++)
        t->width[i] = (int)strlen(heads[i]);
    for (u32 i = 0; i < t->num_causes; i++) {
        struct line l = line_of(t->causes[i].count, t->causes[i].user, &t->causes[i].hs);
        widen(t, &l);
    }
    for (u32 i = 0; i < t->num_rows; i++) {
        struct line l = line_of(t->rows[i].count, t->rows[i].user, &t->rows[i].hs);
        widen(t, &l);
    }
    return true;
}

/* Prints words from column `at` on, and again from there where the terminal ends. */
static void put_words(const struct table *t, int at, const char *text)
{
    int room = t->terminal - at;
    while (t->terminal >= NARROWEST && room > 0 && (int)strlen(text) > room) {
        int cut = room;
        while (cut > 0 && text[cut] != ' ')
            cut--;
        if (!cut)
            break;
        fprintf(t->out, "%.*s\n%*s", cut, text, at, "");
        text += cut + 1;
    }
    fprintf(t->out, "%s\n", text);
}

static void put_line(const struct table *t, const struct line *l, int indent, const char *text)
{
    int at = indent;
    for (unsigned i = 0; i < COLUMNS; i++) {
        fprintf(t->out, "%*s", t->width[i] + 2, l->cell[i]);
        at += t->width[i] + 2;
    }
    fprintf(t->out, "%*s", indent, "");
    put_words(t, at, text);
}

static void put_cause(struct table *t, const struct exit_cause *c)
{
    char text[96];
    struct line l = line_of(c->count, c->user, &c->hs);
    snprintf(text, sizeof text, "%s, %s", c->first->cause, exit_row_target(t->exits, c->first));
    put_line(t, &l, 2, text);
    for (u32 i = 0; i < t->num_rows; i++) {
        const struct exit_row *r = &t->rows[i];
        if (!same_cause(r, c->first) || !*r->detail)
            continue;
        if (t->terminal && i >= SHOWN_MAX) {
            t->hidden++;
            t->hidden_count += r->count;
            continue;
        }
        char words[sizeof r->detail + 32];
        l = line_of(r->count, r->user, &r->hs);
        snprintf(words, sizeof words, "%s  goto %" PRIu64, r->detail, r->at);
        put_line(t, &l, 4, words);
    }
}

/* Characters in a line of the terminal that `out` is; 0: it is none. */
static int terminal_columns(FILE *out)
{
    struct winsize size;
    return isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void exits_print(struct exits *e, FILE *out)
{
    struct table t = {.out = out, .exits = e, .terminal = terminal_columns(out)};
    struct line head;
    u64 total = 0;
    t.num_rows = exits_rows(e, &t.rows);
    for (u32 i = 0; i < t.num_rows; i++)
        total += t.rows[i].count;
    fprintf(out, "VM exits: %" PRIu64 "%s\n", total,
            total ? " (min, median, p99: instructions in HS-mode until re-entry)" : "");
    if (!total || !sum_up(&t))
        return;
    for (unsigned i = 0; i < COLUMNS; i++)
        snprintf(head.cell[i], sizeof head.cell[i], "%s", heads[i]);
    put_line(&t, &head, 2, "cause, detail");
    for (u32 i = 0; i < t.num_causes; i++)
        put_cause(&t, &t.causes[i]);
    if (t.hidden)
        fprintf(out,
                "%*" PRIu64 "  in %u more kinds: send this to a file, or see --report=FILE.html\n",
                t.width[0] + 2, t.hidden_count, t.hidden);
    for (u32 i = 0; i < t.num_causes; i++)
        histogram_free(&t.causes[i].hs);
    free(t.causes);
}
