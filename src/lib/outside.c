/* What comes to a machine from its user: interrupts, keys; and the machine kept, saved and put
 * back. */
#include "devices/chardev.h"
#include "lib/lib.h"
#include "machine/board.h"
#include "machine/history.h"
#include "machine/snapshot.h"

int hx_drive(struct hx_machine *x, uint32_t source, uint32_t level, struct hx_error *err)
{
    const struct options *o = &x->m->config.opt;
    struct error why;
    if (o->record || o->replay) {
        error_set(&why, "%s: interrupts come from devices only",
                  o->record ? "--record" : "--replay");
        return hx_fail(err, &why);
    }
    if (level > 1 || board_drive(x->m, source, level)) {
        error_set(&why, "the interrupt controller has no input %u, or %u is no level", source,
                  level);
        return hx_fail(err, &why);
    }
    history_cut(x->m);
    return 0;
}

int hx_type(struct hx_machine *x, uint32_t console, const void *bytes, size_t len, size_t *taken,
            struct hx_error *err)
{
    struct chardev *of[] = {[HX_SERIAL] = x->m->host.console, [HX_CONSOLE] = x->m->host.terminal};
    struct error why;
    if (console >= ARRAY_LEN(of) || !of[console]) {
        error_set(&why, "there is no console %u", console);
        return hx_fail(err, &why);
    }
    size_t n = chardev_type(of[console], bytes, len);
    if (taken)
        *taken = n;
    return 0;
}

/* ---- snapshots ---- */

int hx_save(struct hx_machine *x, const char *path, struct hx_error *err)
{
    struct error why;
    return snapshot_save(x->m, path, &why) ? hx_fail(err, &why) : 0;
}

int hx_keep(struct hx_machine *x, const char *name, struct hx_error *err)
{
    struct error why;
    struct monitor *mon = hx_look(x, err);
    if (!mon)
        return -1;
    return control_keep(mon->c, name, &why) ? hx_fail(err, &why) : 0;
}

int hx_go_back(struct hx_machine *x, const char *name, struct hx_error *err)
{
    struct error why;
    struct monitor *mon = x->finished ? NULL : hx_look(x, err);
    if (x->finished) {
        error_set(&why, "the run is over: its files are written");
        return hx_fail(err, &why);
    }
    if (!mon)
        return -1;
    return control_go_back(mon->c, name, &why) ? hx_fail(err, &why) : 0;
}
