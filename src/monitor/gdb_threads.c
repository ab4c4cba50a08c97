/* Threads are harts. Which one registers and memory packets mean gdb says by Hg. Which one the
 * person has selected it does not say, but it asks whether that thread is alive (T). `info threads`
 * asks for a description of every thread and then reads the registers of each; `thread apply` asks
 * whether a thread is alive, then for its description, sends the command, and says nothing when it
 * is back. (If gdb knows the description already, that looks as if the person had selected the
 * thread.) A client that does none of this selects by Hg. */
#include "monitor/gdb_stub.h"

#include <stdio.h>

/* *hart is NULL if any will do. */
static int thread_id(const struct gdb *g, const char *text, struct hart **hart)
{
    u64 id;
    *hart = NULL;
    if (gdb_skip(&text, "-1"))
        return 0;
    if (gdb_number(&text, &id) || id > g->m->num_harts)
        return -1;
    if (id)
        *hart = g->m->hart[id - 1];
    return 0;
}

void gdb_select(struct gdb *g, struct hart *h)
{
    g->selected = (struct gdb_selected){.hart = h};
}

void gdb_stopped_at(struct gdb *g, struct hart *h)
{
    g->hart = h;
    g->resumed = NULL;
    gdb_select(g, h);
}

struct hart *gdb_commanded(struct gdb *g)
{
    bool applied = g->selected.before == SAID_APPLY;
    g->selected.listing = applied; /* it reads the registers afterwards */
    return applied ? g->selected.other : g->selected.hart;
}

void gdb_select_thread(struct gdb *g, const char *text)
{
    struct hart *h;
    char what = *text;
    if ((what != 'g' && what != 'c') || thread_id(g, text + 1, &h)) {
        gdb_out_text(&g->out, "E01");
        return;
    }
    if (what == 'c')
        g->resumed = h;
    else if (h)
        g->hart = h;
    if (what == 'g' && h && !g->selected.listing)
        g->selected.hart = h;
    gdb_out_text(&g->out, "OK");
}

void gdb_thread_alive(struct gdb *g, const char *text)
{
    struct gdb_selected *s = &g->selected;
    struct hart *h;
    if (thread_id(g, text, &h)) {
        gdb_out_text(&g->out, "E01");
        return;
    }
    if (h)
        *s = (struct gdb_selected){.hart = h, .other = s->hart, .now = SAID_ALIVE};
    gdb_out_text(&g->out, "OK");
}

void gdb_first_threads(struct gdb *g, const char *text)
{
    (void)text;
    for (u32 i = 0; i < g->m->num_harts; i++)
        gdb_out_printf(&g->out, "%c%x", i ? ',' : 'm', i + 1);
}

void gdb_last_threads(struct gdb *g, const char *text)
{
    (void)text;
    gdb_out_text(&g->out, "l");
}

void gdb_thread_words(struct gdb *g, const char *text)
{
    static const char *const waits[] = {"", ", waits (WFI)", ", waits (WRS)", ", stopped"};
    struct gdb_selected *s = &g->selected;
    struct hart *h;
    char words[64];
    if (thread_id(g, text, &h)) {
        gdb_out_text(&g->out, "E01");
        return;
    }
    if (!h)
        h = g->hart;
    if (s->before == SAID_ALIVE && h == s->hart)
        *s = (struct gdb_selected){.hart = s->other, .other = h, .now = SAID_APPLY};
    s->listing = true;
    int n = snprintf(words, sizeof words, "hart %u, %s-mode%s", h->id, mode_name(h, h->mode),
                     waits[h->wait & 3]);
    gdb_out_hex(&g->out, words, (size_t)n);
}

void gdb_current_thread(struct gdb *g, const char *text)
{
    (void)text;
    gdb_out_printf(&g->out, "QC%x", g->hart->id + 1);
}
