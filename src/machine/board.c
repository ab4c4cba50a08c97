/* The board: devices at the addresses of the widely used "virt" machine, their pins wired to harts
 * and interrupt controller, and their deadlines. */
#include "machine/board.h"

#include <stdlib.h>
#include <string.h>

#include "common/host.h"
#include "devices/chardev.h"
#include "devices/devices.h"
#include "devices/virtio.h"

enum { MAX_DEVICES = 24, IRQ_UART = 10, IRQ_RTC = 11 };

enum {
    FINISHER_BASE = 0x100000,
    RTC_BASE = 0x101000,
    ACLINT_BASE = 0x2000000,
    SSWI_BASE = 0x2f00000,
    PLIC_BASE = 0xc000000,
    UART_BASE = 0x10000000,
    VIRTIO_BASE = 0x10001000, /* eight slots */
    VIRTIO_STRIDE = 0x1000,
    VIRTIO_SLOTS = 8,
    IRQ_VIRTIO = 1, /* of the first */
};

/* 2025-01-01 00:00 UTC: with the virtual clock a run must not depend on the day it is made. */
#define FIXED_EPOCH_NS 1735689600000000000ull

struct board {
    struct machine *m;
    struct dev_args args;
    struct dt_device dt[MAX_DEVICES]; /* the devices with registers */
    u32 num_dt, num_virtio;
    u8 irq[MAX_DEVICES];       /* of each device id */
    u64 deadline[MAX_DEVICES]; /* of each device id, in machine_ticks() */
    struct device *by_id[MAX_DEVICES];
    u32 num_ids;
    u64 earliest; /* of all deadlines */
    struct device *aclint, *sswi, *plic, *htif;
};

/* ---- what devices call ---- */

/* A hart that signals another usually waits for an answer: the other gets its turn now. */
static void let_other_run(struct board *b, const struct hart *target)
{
    if (b->m->running && b->m->running != target)
        machine_yield(b->m);
}

static void drive_hart(struct board *b, u32 hart, enum irq irq, unsigned level)
{
    if (hart >= b->m->num_harts)
        return;
    machine_post(b->m, hart, &(struct post){POST_LINE, {irq, level}});
    if (level)
        let_other_run(b, b->m->hart[hart]);
}

/* The software interrupt of (H)S-mode is a bit of mip that software may clear, not a line. */
static void pend_ssip(struct board *b, u32 hart)
{
    machine_post(b->m, hart, &(struct post){.kind = POST_SSIP});
    let_other_run(b, b->m->hart[hart]);
}

static void set_pin(void *board, struct device *dev, unsigned pin, unsigned level)
{
    struct board *b = board;
    if (dev == b->aclint)
        drive_hart(b, pin / 2, pin & 1 ? IRQ_MTI : IRQ_MSI, level);
    else if (dev == b->plic)
        drive_hart(b, pin / 2, pin & 1 ? IRQ_SEI : IRQ_MEI, level);
    else if (dev == b->sswi && level && pin < b->m->num_harts)
        pend_ssip(b, pin);
    else if (dev != b->sswi && b->irq[dev->id])
        plic_set_source(b->plic, b->irq[dev->id], level);
}

static u64 now(void *board)
{
    return machine_see_ticks(((struct board *)board)->m);
}

static void find_earliest(struct board *b)
{
    b->earliest = UINT64_MAX;
    for (u32 i = 0; i < b->num_ids; i++)
        if (b->deadline[i] < b->earliest)
            b->earliest = b->deadline[i];
}

static void set_deadline(void *board, struct device *dev, u64 deadline)
{
    struct board *b = board;
    b->deadline[dev->id] = deadline;
    find_earliest(b);
    machine_note_deadline(b->m, b->earliest);
}

static void stop(void *board, unsigned reason, unsigned status)
{
    machine_stop(((struct board *)board)->m, reason, status);
}

static void set_time(void *board, u64 offset)
{
    machine_set_time_offset(((struct board *)board)->m, offset);
}

/* ---- construction ---- */

/* Does the outside take part, so that no two runs are alike anyway? */
static bool in_real_time(const struct machine *m)
{
    return m->config.opt.clock == CLOCK_REAL || m->config.opt.num_nets;
}

/* Enters a device that is on the bus into the wiring. */
static void enlist(struct board *b, struct device *dev, unsigned irq)
{
    b->by_id[dev->id] = dev;
    b->irq[dev->id] = (u8)irq;
    b->deadline[dev->id] = UINT64_MAX;
    if (dev->id >= b->num_ids)
        b->num_ids = dev->id + 1;
}

/* Is every pair of devices of one class compatible? */
static int check_beside(const struct bus *bus, const struct device *dev, struct error *err)
{
    for (u32 i = 0; dev->cls->beside && i < dev->id; i++)
        if (bus->device[i]->cls == dev->cls && dev->cls->beside(dev, bus->device[i], err))
            return -1;
    return 0;
}

/* Gives a device to the bus. */
static int own(struct board *b, struct device *dev, struct error *err)
{
    if (!dev)
        return -1;
    if (bus_add_device(&b->m->bus, dev)) {
        free(dev);
        return error_set(err, "there are too many devices");
    }
    return check_beside(&b->m->bus, dev, err);
}

/* Puts one device on the bus; the description without `dev` says where and how it is wired. */
static int add(struct board *b, struct device *dev, const struct dt_device *wiring,
               struct error *err)
{
    if (own(b, dev, err))
        return -1;
    if (bus_map_window(&b->m->bus, dev, dev->regs, wiring->base))
        return error_set(err, "device '%s' does not fit: its addresses are taken", dev->cls->name);
    b->dt[b->num_dt] = *wiring;
    b->dt[b->num_dt++].dev = dev;
    enlist(b, dev, wiring->irq);
    return 0;
}

static int add_htif(struct board *b, struct error *err)
{
    struct machine *m = b->m;
    struct mem_region *r = bus_find_memory(&m->bus, m->config.image.tohost, 8);
    if (!m->config.image.tohost || !r)
        return 0;
    b->htif = htif_new(&m->env, &b->args, err);
    if (own(b, b->htif, err))
        return -1;
    enlist(b, b->htif, 0);
    r->page_flags[(m->config.image.tohost - r->base) >> 12] |= PAGE_WATCH;
    r->page_flags[(m->config.image.tohost + 7 - r->base) >> 12] |= PAGE_WATCH;
    return 0;
}

static int add_virtio(struct board *b, virtio_make *make, struct error *err)
{
    struct virtio *v = make(&b->m->env, &b->args, err);
    if (!v)
        return -1;
    u32 slot = b->num_virtio++;
    struct dt_device wiring = {.base = VIRTIO_BASE + slot * VIRTIO_STRIDE,
                               .irq = IRQ_VIRTIO + slot};
    return add(b, virtio_mmio(v), &wiring, err);
}

/* One virtio device for each of the texts that an option collected. */
static int add_list(struct board *b, virtio_make *make, const char *const *specs, u32 count,
                    struct error *err)
{
    for (u32 i = 0; i < count; i++) {
        if (b->num_virtio == VIRTIO_SLOTS)
            return error_set(err, "'%s': all %d virtio slots are taken", specs[i], VIRTIO_SLOTS);
        b->args.spec = specs[i];
        if (add_virtio(b, make, err))
            return -1;
    }
    return 0;
}

static int add_terminal(struct board *b, struct error *err)
{
    struct machine *m = b->m;
    if (!m->host.terminal)
        return 0;
    if (b->num_virtio == VIRTIO_SLOTS)
        return error_set(err, "--console: all %d virtio slots are taken", VIRTIO_SLOTS);
    return add_virtio(b, virtio_console_new, err);
}

/* Drives, network cards, folders, console; a source of randomness if there is a slot left. */
static int add_virtio_devices(struct board *b, struct error *err)
{
    const struct options *o = &b->m->config.opt;
    if (add_list(b, virtio_blk_new, o->drives, o->num_drives, err) ||
        add_list(b, virtio_net_new, o->nets, o->num_nets, err) ||
        add_list(b, virtio_9p_new, o->shares, o->num_shares, err) || add_terminal(b, err))
        return -1;
    if (b->num_virtio == VIRTIO_SLOTS)
        return 0;
    return add_virtio(b, virtio_rng_new, err);
}

static int add_all(struct board *b, struct error *err)
{
    struct machine *m = b->m;
    const struct dev_env *env = &m->env;
    static const u64 seed = 1;
    b->args = (struct dev_args){.harts = m->num_harts,
                                .console = m->host.console,
                                .terminal = m->host.terminal,
                                .epoch_ns = in_real_time(m) ? host_epoch_ns() : FIXED_EPOCH_NS,
                                .tohost = m->config.image.tohost,
                                .fromhost = m->config.image.fromhost,
                                .seed = in_real_time(m) ? NULL : &seed};
    b->aclint = aclint_new(env, &b->args, err);
    if (add(b, b->aclint,
            &(struct dt_device){
                .base = ACLINT_BASE, .hart_irqs = {IRQ_MSI, IRQ_MTI}, .num_hart_irqs = 2},
            err))
        return -1;
    b->sswi = sswi_new(env, &b->args, err);
    if (add(b, b->sswi,
            &(struct dt_device){.base = SSWI_BASE, .hart_irqs = {IRQ_SSI}, .num_hart_irqs = 1},
            err))
        return -1;
    b->plic = plic_new(env, &b->args, err);
    if (add(b, b->plic,
            &(struct dt_device){.base = PLIC_BASE,
                                .hart_irqs = {IRQ_MEI, IRQ_SEI},
                                .num_hart_irqs = 2,
                                .interrupt_controller = true},
            err))
        return -1;
    if (add(b, uart_new(env, &b->args, err),
            &(struct dt_device){.base = UART_BASE, .irq = IRQ_UART}, err) ||
        add(b, rtc_new(env, &b->args, err), &(struct dt_device){.base = RTC_BASE, .irq = IRQ_RTC},
            err) ||
        add(b, finisher_new(env, &b->args, err), &(struct dt_device){.base = FINISHER_BASE}, err))
        return -1;
    return add_virtio_devices(b, err) ? -1 : add_htif(b, err);
}

int board_new(struct machine *m, struct error *err)
{
    struct board *b = calloc(1, sizeof *b);
    if (!b)
        return error_set(err, "no memory for the board");
    b->m = m;
    b->earliest = UINT64_MAX;
    m->board = b;
    m->env = (struct dev_env){.bus = &m->bus,
                              .owner = m->host.owner,
                              .board = b,
                              .set_pin = set_pin,
                              .now = now,
                              .set_deadline = set_deadline,
                              .stop = stop,
                              .hz = TIMEBASE_HZ,
                              .set_time = set_time};
    return add_all(b, err);
}

void board_free(struct machine *m)
{
    free(m->board);
    m->board = NULL;
}

/* ---- what the machine calls ---- */

u64 board_deadline(const struct machine *m)
{
    return m->board->earliest;
}

void board_tick(struct machine *m)
{
    struct board *b = m->board;
    if (b->earliest == UINT64_MAX)
        return;
    u64 t = machine_ticks(m);
    for (u32 i = 0; i < b->num_ids && b->earliest <= t; i++) {
        if (b->deadline[i] > t)
            continue;
        b->deadline[i] = UINT64_MAX;
        find_earliest(b);
        if (b->by_id[i]->cls->tick)
            b->by_id[i]->cls->tick(b->by_id[i]);
    }
}

void board_poll(struct machine *m)
{
    bus_poll(&m->bus);
}

bool board_awaits_input(const struct machine *m, struct board_inputs *in)
{
    const struct chardev *source[] = {m->host.console, m->host.terminal};
    in->count = 0;
    for (u32 i = 0; i < ARRAY_LEN(source); i++) {
        int fd = source[i] && (i == 0 || source[i] != source[0]) ? chardev_input_fd(source[i]) : -1;
        if (fd >= 0)
            in->fd[in->count++] = fd;
    }
    return in->count || m->config.opt.num_nets;
}

void board_watch_store(struct machine *m, u64 pa, unsigned size)
{
    u64 tohost = m->config.image.tohost;
    if (m->board->htif && pa < tohost + 8 && tohost < pa + size)
        htif_poke(m->board->htif, pa, size);
}

u32 board_devices(const struct machine *m, const struct dt_device **list)
{
    *list = m->board->dt;
    return m->board->num_dt;
}
