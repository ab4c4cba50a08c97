/* All state of a machine as rows: which parts there are, saving them, putting them back, and taking
 * the machine apart to make it anew from nothing else. Memory stays where it is. */
#include "machine/state.h"

#include <stdlib.h>

#include "machine/board.h"
#include "devices/chardev.h"
#include "cpu/imsic.h"
#include "machine/platform.h"
#include "mmu/tlb.h"

struct state_part machine_part(const struct machine *m)
{
    static const struct state_row rows[] = {
#define F(type, name, reset) STATE_FIELD(struct machine_state, name),
#include "machine/machine.def"
#undef F
    };
    return state_part(&m->state, rows, ARRAY_LEN(rows), "machine");
}

static int tell(state_fn fn, void *ctx, struct state_part part)
{
    return fn(ctx, &part);
}

static int each_of_hart(const struct hart *h, state_fn fn, void *ctx)
{
    if (tell(fn, ctx, hart_part(h)) || tell(fn, ctx, hart_micro_part(h)) ||
        tell(fn, ctx, hart_vector_part(h)))
        return -1;
    if (h->imsic && tell(fn, ctx, imsic_part(h)))
        return -1;
    return tell(fn, ctx, tlb_part(h->tlb, h->id));
}

int machine_each_part(struct machine *m, state_fn fn, void *ctx)
{
    const struct chardev *console = m->host.console, *terminal = m->host.terminal;
    int rc = tell(fn, ctx, machine_part(m));
    for (u32 i = 0; !rc && i < m->num_harts; i++)
        rc = each_of_hart(m->hart[i], fn, ctx);
    if (rc || tell(fn, ctx, board_part(m)) ||
        (console && tell(fn, ctx, chardev_part(console, "serial"))))
        return -1;
    if (terminal && terminal != console && tell(fn, ctx, chardev_part(terminal, "console")))
        return -1;
    for (u32 i = 0; i < m->bus.num_devices; i++)
        if (tell(fn, ctx, device_part(m->bus.device[i])))
            return -1;
    return m->sbi ? sbi_each_part(m->sbi, fn, ctx) : 0;
}

/* ---- saving, putting back ---- */

struct saving {
    struct state_sink *sink;
    struct error *err;
};

static int save_part(void *ctx, const struct state_part *part)
{
    const struct saving *s = ctx;
    return state_save(s->sink, part, s->err);
}

/* Could another process put it back? */
static int portable(const struct machine *m, struct error *err)
{
    for (u32 i = 0; i < m->bus.num_devices; i++) {
        const struct device *dev = m->bus.device[i];
        if (dev->cls->portable && dev->cls->portable(dev, err))
            return -1;
    }
    return 0;
}

int machine_save(struct machine *m, struct state_sink *sink, enum state_use use, struct error *err)
{
    if (use == STATE_ELSEWHERE && portable(m, err))
        return -1;
    for (u32 i = 0; i < m->bus.num_devices; i++) {
        struct device *dev = m->bus.device[i];
        if (dev->cls->suspend)
            dev->cls->suspend(dev);
    }
    if (state_save_header(sink, err))
        return -1;
    return machine_each_part(m, save_part, &(struct saving){sink, err});
}

struct loading {
    struct state_source *source;
    struct error *err;
};

static int load_part(void *ctx, const struct state_part *part)
{
    const struct loading *l = ctx;
    return state_load(l->source, part, l->err);
}

int machine_load(struct machine *m, struct state_source *source, struct error *err)
{
    if (state_load_header(source, err) ||
        machine_each_part(m, load_part, &(struct loading){source, err}))
        return -1;
    for (u32 i = 0; i < m->num_harts; i++)
        hart_resume(m->hart[i]);
    for (u32 i = 0; i < m->bus.num_devices; i++) {
        struct device *dev = m->bus.device[i];
        if (dev->cls->resume && dev->cls->resume(dev, err))
            return -1;
    }
    board_resume(m);
    return 0;
}

/* ---- the machine anew ---- */

static int poison_part(void *ctx, const struct state_part *part)
{
    (void)ctx;
    state_poison(part);
    return 0;
}

/* The devices, new ones, with what the old ones have on the host. */
static int renew_devices(struct machine *m, struct error *err)
{
    for (u32 i = 0; i < m->bus.num_devices; i++) {
        struct device *dev = m->bus.device[i];
        m->host.device[i] = dev->cls->give_host ? dev->cls->give_host(dev) : NULL;
    }
    board_free(m);
    bus_strip(&m->bus);
    return board_new(m, err);
}

static int renew_parts(struct machine *m, struct error *err)
{
    if (renew_devices(m, err))
        return -1;
    for (u32 i = 0; i < m->num_harts; i++)
        if (hart_renew(m->hart[i]))
            return error_set(err, "no memory for %u harts", m->num_harts);
    if (!m->sbi)
        return 0;
    struct sbi *sbi = sbi_renew(m->sbi);
    if (!sbi)
        return error_set(err, "no memory for the firmware");
    m->sbi = sbi;
    return 0;
}

int machine_replace(struct machine *m, struct state_source *rows, struct error *err)
{
    machine_each_part(m, poison_part, NULL);
    return renew_parts(m, err) || machine_load(m, rows, err) ? -1 : 0;
}

int machine_renew(struct machine *m, struct error *err)
{
    struct state_memory saved;
    state_memory_init(&saved);
    machine_deliver(m); /* nothing waits in the boxes of the harts */
    int rc = machine_save(m, &saved.sink, STATE_HERE, err);
    if (rc == 0)
        rc = machine_replace(m, &saved.source, err);
    free(saved.data);
    return rc;
}
