/* The firmware as the machine sees it: creation, reset, boot parameters, statistics. */
#include "sbi/sbi.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sbi/firmware.h"
#include "sbi/rom.h"

static void hook_harts(struct sbi *sbi)
{
    bool nacl = sbi->opt.requested >> EXTENSION_nacl & 1;

    for (u32 i = 0; i < sbi->m->num_harts; i++)
        sbi->m->hart[i]->firmware = (struct firmware_hook){
            .call = sbi_firmware,
            .post = sbi_posted,
            .hypervisor_csrs = nacl ? sbi_nacl_changed : NULL,
            .ctx = sbi,
            .rom_base = ROM_BASE,
            .rom_size = ROM_SIZE,
        };
}

/* What --sbi and --reset-values say. */
static int take_options(struct sbi *sbi, const char *options, const char *reset_values,
                        struct error *err)
{
    struct error why;
    if (sbi_options_parse(&sbi->opt, options, err))
        return -1;
    if (reset_values && sbi_options_reset_values(&sbi->opt, reset_values, &why))
        return error_set(err, "--reset-values=%s: %s", reset_values, why.text);
    return 0;
}

struct sbi *sbi_new(const struct sbi_machine *m, const char *options, const char *reset_values,
                    struct error *err)
{
    struct sbi *sbi = calloc(1, sizeof(*sbi));

    assert(m->num_harts <= SBI_MAX_HARTS);
    if (!sbi) {
        error_set(err, "no memory for the firmware");
        return NULL;
    }
    sbi->m = m;
    if (take_options(sbi, options, reset_values, err)) {
        free(sbi);
        return NULL;
    }
    hook_harts(sbi);
    sbi_reset(sbi);
    return sbi;
}

struct sbi *sbi_renew(struct sbi *old)
{
    struct sbi *sbi = calloc(1, sizeof(*sbi));

    if (!sbi)
        return NULL;
    sbi->m = old->m;
    sbi->opt = old->opt;
    sbi->console = old->console;
    sbi->num_tracers = old->num_tracers;
    memcpy(sbi->tracer, old->tracer, sizeof(sbi->tracer));
    sbi_free(old);
    hook_harts(sbi);
    sbi_reset(sbi);
    return sbi;
}

void sbi_free(struct sbi *sbi)
{
    free(sbi);
}

void sbi_set_console(struct sbi *sbi, struct chardev *console)
{
    sbi->console = console;
}

void sbi_reset(struct sbi *sbi)
{
    struct sbi_state *state = &sbi->state;

    memset(state, 0, sizeof(*state));
    state->random.state = sbi->opt.seed;
    for (u32 i = 0; i < SBI_MAX_HARTS; i++) {
        state->hart[i].hsm = HSM_STOPPED;
        state->hart[i].rest = REST_STOPPED;
    }
    state->hart[sbi->boot_hart].hsm = HSM_START_PENDING;
    state->hart[sbi->boot_hart].start_pc = sbi->entry;
    state->hart[sbi->boot_hart].start_arg = sbi->fdt;
    sbi_sse_reset(sbi);
}

void sbi_boot(struct sbi *sbi, u64 entry, u64 fdt, unsigned boot_hart)
{
    assert(boot_hart < sbi->m->num_harts);
    sbi->entry = entry;
    sbi->fdt = fdt;
    sbi->boot_hart = boot_hart;
    rom_set_boot(sbi->m->bus, &(struct rom_boot){.entry = ROM_BASE + ROM_INIT, .fdt = fdt});
    sbi_reset(sbi);
}

void sbi_add_tracer(struct sbi *sbi, sbi_trace_fn fn, void *ctx)
{
    assert(sbi->num_tracers < SBI_TRACERS);
    sbi->tracer[sbi->num_tracers++] = (struct sbi_tracer){fn, ctx};
}

static void print_settled(const struct hart *h, unsigned cause, const struct sbi_settled *t,
                          FILE *out)
{
    fprintf(out, "sbi trap %s: %" PRIu64 " redirected to %s, ", exception_name(cause), t->to_hs,
            bank_name(h, BANK_S));
    if (has(h, EXT_H))
        fprintf(out, "%" PRIu64 " to VS, ", t->to_vs);
    fprintf(out, "%" PRIu64 " emulated\n", t->emulated);
}

void sbi_stats_print(const struct sbi *sbi, FILE *out)
{
    for (unsigned i = 0; i < SBI_EXTENSIONS; i++) {
        const struct sbi_extension *e = sbi_extensions[i];
        for (unsigned f = 0; f < e->num_functions; f++) {
            const struct sbi_stat *s = &sbi->stat[i][f];
            if (s->calls)
                fprintf(out, "sbi %s.%s: %" PRIu64 " calls, %" PRIu64 " errors, %" PRIu64 " us\n",
                        e->name, e->function[f].name, s->calls, s->errors, s->ns / 1000);
        }
    }
    struct sbi_settled sum = {0};
    for (unsigned i = 0; i < ARRAY_LEN(sbi->settled); i++) {
        const struct sbi_settled *t = &sbi->settled[i];
        sum.emulated += t->emulated;
        sum.to_hs += t->to_hs;
        sum.to_vs += t->to_vs;
        if (t->emulated | t->to_hs | t->to_vs)
            print_settled(sbi->m->hart[0], i, t, out);
    }
    fprintf(out,
            "sbi traps: %" PRIu64 " redirected, %" PRIu64 " emulated; unknown calls: %" PRIu64 "\n",
            sum.to_hs + sum.to_vs, sum.emulated, sbi->unknown_calls);
}
