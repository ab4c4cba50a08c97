/* One run: the input goes in, the machine runs, and what happened is judged. */
#include <inttypes.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "machine/rewind.h"

int fuzz_give(struct fuzz *f, const u8 *data, size_t len, struct error *err)
{
    return f->input.give(f->mon, &f->input, data, len, err);
}

static enum fate say(struct fuzz *f, enum fate fate, const char *text)
{
    snprintf(f->text, sizeof f->text, "%.300s", text);
    return fate;
}

/* A point has been hit. */
static enum fate judge_point(struct fuzz *f, const struct stop_info *s)
{
    const struct point *p = points_find(&f->mon->c->points, s->point);
    char text[128];
    return say(f, s->point > f->last_end ? FATE_CRASH : FATE_END,
               *s->text ? s->text : point_text(p, text, sizeof text));
}

/* The run is over by itself. */
static enum fate judge_end(struct fuzz *f)
{
    const struct machine_state *s = &f->m->state;
    char text[128];
    control_end_text(f->mon->c, text, sizeof text);
    switch (s->stop_reason) {
    case STOP_GUEST_EXIT:
        return say(f, s->stop_status ? FATE_CRASH : FATE_END, text);
    case STOP_CRITICAL:
    case STOP_STORM:
        return say(f, FATE_CRASH, text);
    case STOP_SIGNAL:
        return say(f, FATE_STOPPED, text);
    case STOP_RESET_COLD:
    case STOP_RESET_WARM:
        return say(f, FATE_END, "the guest asks for a reset");
    default:
        return say(f, FATE_END, text);
    }
}

enum fate fuzz_go(struct fuzz *f)
{
    struct control *c = f->mon->c;
    machine_appoint(f->m, APPOINTED_STOP, f->start + f->m->config.opt.fuzz.max_insns);
    for (u32 i = 0; i < f->m->num_harts; i++)
        cover_moved(f->m->hart[i]);
    control_go(c);
    if (c->stop.why == STOPPED_POINT)
        return judge_point(f, &c->stop);
    if (c->stop.why == STOPPED_ENDED)
        return judge_end(f);
    if (c->stop.why == STOPPED_COUNT)
        return say(f, FATE_HANG, "it goes on and on");
    return control_storm(c) ? say(f, FATE_CRASH, "a hart traps for ever")
                            : say(f, FATE_STOPPED, "it was stopped");
}

int fuzz_back(struct fuzz *f, struct error *err)
{
    int rc = rewind_go(f->m, err);
    control_moved(f->mon->c);
    return rc;
}
