/* The machine's life: construction from the options, and reset. The run loop is in run.c. */
#include "machine/machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/host.h"
#include "devices/chardev.h"
#include "machine/board.h"
#include "machine/boot.h"
#include "machine/loader.h"
#include "machine/history.h"
#include "machine/moments.h"
#include "machine/options.h"
#include "machine/platform.h"
#include "machine/recording.h"
#include "machine/rewind.h"
#include "machine/snapshot.h"
#include "sbi/rom.h"

static int new_harts(struct machine *m, struct error *err)
{
    m->config.opt.hart.reset_pc = ROM_BASE;
    m->hart = calloc(m->num_harts, sizeof *m->hart);
    for (u32 i = 0; m->hart && i < m->num_harts; i++) {
        m->hart[i] = hart_new(&m->config.opt.hart, i, &m->platform);
        if (!m->hart[i])
            return error_set(err, "no memory for %u harts", m->num_harts);
    }
    if (!m->hart)
        return error_set(err, "no memory for %u harts", m->num_harts);
    machine_listen(m);
    return 0;
}

static void stop(void *ctx, u32 reason, u32 status)
{
    machine_stop(ctx, reason, status);
}

static int new_firmware(struct machine *m, struct error *err)
{
    if (m->config.opt.firmware != FIRMWARE_SBI && (m->config.opt.sbi || m->config.opt.reset_values))
        return error_set(err,
                         "%s is for the embedded firmware, which does not run here; "
                         "--firmware=sbi makes it",
                         m->config.opt.sbi ? "--sbi" : "--reset-values");
    if (m->config.opt.firmware != FIRMWARE_SBI)
        return 0;
    m->sbi_machine = (struct sbi_machine){.bus = &m->bus,
                                          .hart = m->hart,
                                          .num_harts = m->num_harts,
                                          .timed = m->config.opt.stats,
                                          .owner = m->host.owner,
                                          .ctx = m,
                                          .stop = stop};
    m->sbi = sbi_new(&m->sbi_machine, m->config.opt.sbi, m->config.opt.reset_values, err);
    if (!m->sbi)
        return -1;
    sbi_set_console(m->sbi, m->host.console);
    return 0;
}

static int new_memory(struct machine *m, struct error *err)
{
    if (rom_install(&m->bus, m->config.opt.hart.xlen))
        return error_set(err, "no memory for the boot ROM");
    m->ram = bus_add_memory(&m->bus, "ram", RAM_BASE, m->config.opt.memory, true);
    if (!m->ram)
        return error_set(err, "--memory: the host cannot give %" PRIu64 " MiB",
                         m->config.opt.memory >> 20);
    if (m->config.opt.num_pflash &&
        !bus_add_memory(&m->bus, "flash", FLASH_BASE, FLASH_SIZE, false))
        return error_set(err, "--pflash: the host cannot give 32 MiB");
    return 0;
}

static int open_console(struct machine *m, struct error *err)
{
    const struct options *o = &m->config.opt;
    m->host.console = chardev_open("serial", o->serial, m->host.owner, err);
    if (!m->host.console)
        return -1;
    if (o->console && strcmp(o->console, "stdio") == 0 && strcmp(o->serial, "stdio") == 0)
        m->host.terminal = m->host.console;
    else if (o->console)
        m->host.terminal = chardev_open("console", o->console, m->host.owner, err);
    if (o->console && !m->host.terminal)
        return -1;
    chardev_listen(m->host.console, m->tape, 0);
    if (m->host.terminal && m->host.terminal != m->host.console)
        chardev_listen(m->host.terminal, m->tape, 1);
    return 0;
}

/* Everything in its reset state; the guest's files are in RAM. */
static void reset_parts(struct machine *m)
{
    for (u32 i = 0; i < m->num_harts; i++)
        hart_reset(m->hart[i]);
    bus_reset(&m->bus);
    machine_deliver(m);
    if (m->sbi)
        sbi_reset(m->sbi);
}

/* Puts the parts together as the configuration says, once it is known what the guest's file is. */
static int build_parts(struct machine *m, struct error *err)
{
    boot_choose_firmware(m);
    if (open_console(m, err) || new_harts(m, err) || board_new(m, err) || new_firmware(m, err))
        return -1;
    reset_parts(m);
    return 0;
}

/* A machine at its start, with the guest loaded. */
static int build(struct machine *m, struct error *err)
{
    struct image_source *src = loader_open(m->config.opt.file, m->config.opt.memory, err);
    int rc = -1;
    if (src && options_settle(&m->config.opt, image_xlen(src), err) == 0 &&
        new_memory(m, err) == 0 && boot_load_program(m, src, err) == 0)
        rc = machine_check_signature(m, err) || build_parts(m, err) || boot_prepare(m, err);
    loader_close(src);
    return rc ? -1 : 0;
}

/* A machine that goes on where a snapshot was saved, or a recording was begun. */
static int restore(struct machine *m, struct error *err)
{
    struct packed_in *in = snapshot_open(m, err);
    if (!in)
        return -1;
    if (options_settle(&m->config.opt, m->config.image.xlen, err) == 0 && new_memory(m, err) == 0 &&
        machine_check_signature(m, err) == 0 && build_parts(m, err) == 0)
        return snapshot_load(m, in, err);
    packed_close(in);
    return -1;
}

struct machine *machine_new(const struct options *opt, struct error *err)
{
    struct machine *m = calloc(1, sizeof *m);
    if (!m) {
        error_set(err, "no memory for a machine");
        return NULL;
    }
    m->config.opt = *opt;
    if (opt->num_pflash)
        m->config.opt.file = m->config.opt.pflash_code;
    m->num_harts = opt->harts;
    m->host.owner = opt->owner;
    for (unsigned i = 0; i < APPOINTED_COUNT; i++)
        machine_appoint(m, (enum appointment)i, UINT64_MAX);
    if (opt->renew)
        machine_appoint(m, APPOINTED_RENEW, opt->renew);
    m->host.real_start = host_ns();
    bus_init(&m->bus);
    platform_init(m);
    bool from_file = opt->restore || opt->replay;
    if (recording_new(m, err) == 0 && (from_file ? restore : build)(m, err) == 0 &&
        (opt->record_later || recording_start(m, err) == 0) && history_start(m, err) == 0) {
        snapshot_appoint(m);
        return m;
    }
    machine_free(m);
    return NULL;
}

void machine_free(struct machine *m)
{
    if (!m)
        return;
    if (m->forget)
        m->forget(m);
    moments_free(m);
    rewind_free(m);
    sbi_free(m->sbi);
    for (u32 i = 0; m->hart && i < m->num_harts; i++)
        hart_free(m->hart[i]);
    free(m->hart);
    bus_free(&m->bus);
    board_free(m);
    if (m->host.terminal != m->host.console)
        chardev_close(m->host.terminal);
    chardev_close(m->host.console);
    recording_free(m);
    history_free(m);
    free(m->config.dtb);
    free(m);
}

/* The harts stopped at different points of a round; the new run begins at the latest of them, so
 * that `mtime` does not lie before zero for those that are behind. */
static void align_clocks(struct machine *m)
{
    u64 latest = m->state.clock;
    for (u32 i = 0; i < m->num_harts; i++)
        if (m->hart[i]->clock > latest)
            latest = m->hart[i]->clock;
    for (u32 i = 0; i < m->num_harts; i++)
        m->hart[i]->clock = latest;
    m->state.clock = m->state.round_end = latest;
}

int machine_reset(struct machine *m, struct error *err)
{
    bool cold = m->state.stop_reason != STOP_RESET_WARM;
    machine_deliver(m);
#define F(type, name, reset) F_##reset(name)
#define F_ZERO(name)         m->state.name = 0;
#define F_KEPT(name)
#include "machine/machine.def"
#undef F
    bus_note_write(&m->bus, m->ram, m->ram->base, m->ram->size);
    bus_written(&m->bus, &(struct bus_write){m->ram->base, m->ram->size, WRITER_RESET, NULL});
    if (cold) /* the host gives zeroed pages again when they are touched */
        madvise(m->ram->host, m->ram->size, MADV_DONTNEED);
    if (boot_load_program(m, NULL, err))
        return -1;
    align_clocks(m);
    reset_parts(m);
    return boot_prepare(m, err);
}
