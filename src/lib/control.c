/* Running a machine bit by bit, and the monitor's language for its user. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/lib.h"

/* What the control says of the last run, in the user's words. */
static void tell_stop(struct hx_machine *x, struct hx_stop *stop)
{
    static const u8 why[] = {[STOPPED_START] = HX_STOP_ASKED,
                             [STOPPED_COUNT] = HX_STOP_COUNT,
                             [STOPPED_POINT] = HX_STOP_POINT,
                             [STOPPED_ASKED] = HX_STOP_ASKED,
                             [STOPPED_ENDED] = HX_STOP_ENDED};
    const struct stop_info *s = &x->mon->c->stop;
    *stop = (struct hx_stop){.why = why[s->why], .hart = s->hart->id};
    if (stop->why == HX_STOP_POINT)
        stop->point = s->point;
    if (stop->why == HX_STOP_ENDED)
        stop->status = (u32)machine_finish(x->m);
    snprintf(stop->text, sizeof stop->text, "%s", s->text);
}

int hx_step(struct hx_machine *x, uint32_t hart, uint64_t count, struct hx_stop *stop,
            struct hx_error *err)
{
    struct hart *h = hx_hart(x, hart, err);
    struct monitor *mon = h ? hx_look(x, err) : NULL;
    if (!mon)
        return -1;
    control_step(mon->c, h, count);
    tell_stop(x, stop);
    return 0;
}

int hx_continue(struct hx_machine *x, struct hx_stop *stop, struct hx_error *err)
{
    struct monitor *mon = hx_look(x, err);
    if (!mon)
        return -1;
    control_go(mon->c);
    tell_stop(x, stop);
    return 0;
}

uint32_t hx_harts(const struct hx_machine *x)
{
    return x->m->num_harts;
}

uint32_t hx_xlen(const struct hx_machine *x)
{
    return x->m->hart[0]->config.xlen;
}

uint64_t hx_executed(const struct hx_machine *x)
{
    return x->m->state.executed;
}

/* ---- commands ---- */

/* What a command prints, and what is wrong. */
struct pipes {
    char *text, *wrong;
    size_t text_len, wrong_len;
};

/* "error: " and the newline are the terminal's. */
static void take_error(char *wrong, struct error *why)
{
    static const char prefix[] = "error: ";
    size_t skip = strncmp(wrong, prefix, sizeof prefix - 1) == 0 ? sizeof prefix - 1 : 0;
    wrong[strcspn(wrong, "\n")] = '\0';
    error_set(why, "%s", *wrong ? wrong + skip : "the command has failed");
}

/* The monitor prints into memory. 0, or -1 without memory. */
static int open_pipes(struct monitor *mon, struct pipes *p)
{
    mon->out = open_memstream(&p->text, &p->text_len);
    mon->err = open_memstream(&p->wrong, &p->wrong_len);
    return mon->out && mon->err ? 0 : -1;
}

static void close_pipes(struct monitor *mon)
{
    if (mon->out)
        fclose(mon->out);
    if (mon->err)
        fclose(mon->err);
    mon->out = mon->err = NULL;
}

int hx_command(struct hx_machine *x, const char *line, char **text, struct hx_error *err)
{
    struct pipes p = {0};
    struct error why;
    struct monitor *mon = hx_look(x, err);
    if (text)
        *text = NULL;
    if (!mon)
        return -1;
    error_set(&why, "no memory for what the command prints");
    int rc = open_pipes(mon, &p);
    if (rc == 0)
        rc = monitor_line(mon, line);
    close_pipes(mon);
    if (rc && p.wrong)
        take_error(p.wrong, &why);
    free(p.wrong);
    if (text)
        *text = p.text;
    else
        free(p.text);
    return rc ? hx_fail(err, &why) : 0;
}

void hx_free(char *text)
{
    free(text);
}
