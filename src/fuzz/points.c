/* Where runs begin and end: points of the monitor. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"

void printed_begin(struct monitor *mon, struct printed *p)
{
    *p = (struct printed){0};
    mon->out = open_memstream(&p->text, &p->text_len);
    mon->err = open_memstream(&p->wrong, &p->wrong_len);
}

int printed_end(struct monitor *mon, struct printed *p, const char *option, struct error *err)
{
    static const char prefix[] = "error: ";
    if (mon->out)
        fclose(mon->out);
    if (mon->err)
        fclose(mon->err);
    int rc = mon->out && mon->err ? 0 : error_set(err, "out of memory");
    mon->out = mon->err = NULL;
    if (p->wrong && *p->wrong) {
        size_t skip = strncmp(p->wrong, prefix, sizeof prefix - 1) == 0 ? sizeof prefix - 1 : 0;
        p->wrong[strcspn(p->wrong, "\n")] = '\0';
        rc = error_set(err, "%.150s: %.300s", option, p->wrong + skip);
    }
    free(p->text);
    free(p->wrong);
    return rc;
}

static bool is_command(const char *text)
{
    static const char *const words[] = {"break ", "watch ", "rwatch ", "awatch ", "catch "};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strncmp(text, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

int point_set(struct monitor *mon, const char *option, const char *text, struct error *err)
{
    char line[512];
    struct printed p;
    snprintf(line, sizeof line, "%s%.500s", is_command(text) ? "" : "break ", text);
    printed_begin(mon, &p);
    if (mon->out && mon->err)
        monitor_line(mon, line);
    return printed_end(mon, &p, option, err);
}

/* An exception that supervisor mode takes from itself. */
static int set_own_faults(struct control *c, struct error *err)
{
    struct point *p = points_add(&c->points, POINT_CATCH, OWNER_USER);
    if (!p)
        return error_set(err, "out of memory");
    p->catch_what = CATCH_EXCEPTION;
    p->cause = CATCH_ANY;
    p->target = BANK_S;
    p->filter.modes = 1 << MODE_S;
    return 0;
}

int points_set(struct fuzz *f, struct error *err)
{
    const struct fuzz_options *o = &f->m->config.opt.fuzz;
    struct points *points = &f->mon->c->points;
    for (u32 i = 0; i < o->num_until; i++)
        if (point_set(f->mon, "--until", o->until[i], err))
            return -1;
    f->last_end = points->next_id;
    if (!o->own_faults && set_own_faults(f->mon->c, err))
        return -1;
    for (u32 i = 0; i < o->num_crash; i++)
        if (point_set(f->mon, "--crash", o->crash[i], err))
            return -1;
    return 0;
}

int points_start(struct monitor *mon, const char *place, struct error *err)
{
    struct control *c = mon->c;
    char text[128];
    if (point_set(mon, "--start", place, err))
        return -1;
    control_go(c);
    if (c->stop.why != STOPPED_POINT)
        return error_set(err, "--start=%.200s: the run does not come there: %.128s", place,
                         c->stop.why == STOPPED_ENDED ? control_end_text(c, text, sizeof text)
                                                      : "it was stopped before");
    points_delete_owner(&c->points, OWNER_USER);
    return 0;
}
