/* The profiler: an alarm on every hart, a stack at each, its frames by name. */
#include "trace/profile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/insn.h"
#include "machine/machine.h"
#include "trace/hub.h"
#include "trace/peek.h"
#include "trace/symbols.h"
#include "trace/unwind.h"
#include "trace/words.h"

enum { FRAMES = 128, NAME = 128 };

/* What instructions are counted as, by their row's kind. */
enum mix {
    MIX_INTEGER,
    MIX_LOAD,
    MIX_STORE,
    MIX_ATOMIC,
    MIX_JUMP,
    MIX_FP,
    MIX_VECTOR,
    MIX_SYSTEM,
    MIX_COUNT
};
static const char *const mix_names[MIX_COUNT] = {"integer", "load", "store",  "atomic",
                                                 "jump",    "FP",   "vector", "system"};
static const u8 mix_of_kind[] = {
    [KIND_ALU] = MIX_INTEGER,  [KIND_AUIPC] = MIX_INTEGER, [KIND_LOAD] = MIX_LOAD,
    [KIND_FLOAD] = MIX_LOAD,   [KIND_STORE] = MIX_STORE,   [KIND_FSTORE] = MIX_STORE,
    [KIND_BRANCH] = MIX_JUMP,  [KIND_JAL] = MIX_JUMP,      [KIND_JALR] = MIX_JUMP,
    [KIND_FP] = MIX_FP,        [KIND_FPN] = MIX_FP,        [KIND_PLAINF] = MIX_FP,
    [KIND_VSET] = MIX_VECTOR,  [KIND_VECTOR] = MIX_VECTOR, [KIND_VECTORF] = MIX_VECTOR,
    [KIND_PLAIN] = MIX_ATOMIC, [KIND_SYSTEM] = MIX_SYSTEM,
};

struct profiled_hart {
    struct profile *p;
    struct hart_trace *hooks;
};

struct profile {
    struct machine *m;
    struct stacks *stacks;
    struct profiled_hart *hart;
    u64 period;
    u64 mix[MODE_COUNT][MIX_COUNT];
    char text[FRAMES + 1][NAME];
};

static const char *root_name(const struct hart *h, char *buf)
{
    const char *mode = mode_name(h, h->mode);
    if (mode_table[h->mode].v)
        snprintf(buf, NAME, "%s vmid %u", mode, hart_vmid(h));
    else
        snprintf(buf, NAME, "%s", mode);
    return buf;
}

/* Without a symbol: the page, so that the tree stays small. */
static const char *frame_name(const struct profile *p, const struct hart *h, u64 addr, char *buf)
{
    struct symbol_place place;
    if (symbols_find(p->m->symbols, (enum mode)h->mode, hart_vmid(h), addr, &place))
        return place.name;
    snprintf(buf, NAME, "0x%" PRIx64 "...", addr >> 12);
    return buf;
}

/* The kind of the instruction that comes next. */
static void count_kind(struct profile *p, struct hart *h)
{
    u16 half[2] = {0};
    if (peek(h, h->pc, &half[0], 2) ||
        (insn_length(half[0]) == 4 && peek(h, h->pc + 2, &half[1], 2)))
        return;
    unsigned row = insn_lookup(h, half[0] | (u32)half[1] << 16);
    if (row == INSN_NONE)
        return;
    const struct insn_row *r = insn_row(row);
    unsigned mix = mix_of_kind[r->kind];
    if (r->kind == KIND_PLAIN && r->access.kind == INSN_ACCESS_NO) /* rare arithmetic */
        mix = MIX_INTEGER;
    p->mix[h->mode][mix]++;
}

static void sample(struct profile *p, struct hart *h)
{
    u64 frame[FRAMES];
    const char *name[FRAMES + 1];
    u32 n = unwind(h, frame, FRAMES);
    name[0] = root_name(h, p->text[0]);
    for (u32 i = 0; i < n; i++) /* a return address may be the first byte of the next function */
        name[n - i] = frame_name(p, h, frame[i] - (i != 0), p->text[n - i]);
    stacks_add(p->stacks, name, n + 1);
    count_kind(p, h);
}

static void on_alarm(void *ctx, struct hart *h)
{
    struct profiled_hart *ph = ctx;
    struct profile *p = ph->p;
    sample(p, h);
    ph->hooks->alarm_at = (h->clock / p->period + 1) * p->period;
}

static int attach(struct profile *p, struct error *err)
{
    p->hart = calloc(p->m->num_harts, sizeof *p->hart);
    for (u32 i = 0; p->hart && i < p->m->num_harts; i++) {
        struct hart *h = p->m->hart[i];
        struct hart_trace *hooks = hub_add(h);
        if (!hooks)
            return error_set(err, "no memory for the profile");
        p->hart[i] = (struct profiled_hart){.p = p, .hooks = hooks};
        *hooks = (struct hart_trace){.ctx = &p->hart[i], .alarm = on_alarm, .alarm_at = p->period};
        hub_refresh(h);
    }
    return p->hart ? 0 : error_set(err, "no memory for the profile");
}

struct profile *profile_new(struct machine *m, struct error *err)
{
    struct profile *p = calloc(1, sizeof *p);
    if (p)
        p->stacks = stacks_new();
    if (!p || !p->stacks) {
        free(p);
        error_set(err, "no memory for the profile");
        return NULL;
    }
    p->m = m;
    p->period = m->config.opt.profile_period;
    if (attach(p, err)) {
        profile_free(p);
        return NULL;
    }
    return p;
}

int profile_write(const struct profile *p, const char *path, struct error *err)
{
    struct out *out = out_open(path, p->m->host.owner, err);
    if (!out)
        return -1;
    stacks_write_folded(p->stacks, out);
    return out_close(out, err);
}

void profile_print_mix(const struct profile *p, FILE *out)
{
    fprintf(out, "samples by kind of instruction, in %%\n%-4s %10s", "", "samples");
    for (unsigned i = 0; i < MIX_COUNT; i++)
        fprintf(out, " %7s", mix_names[i]);
    fputc('\n', out);
    for (unsigned m = 0; m < MODE_COUNT; m++) {
        u64 all = 0;
        for (unsigned i = 0; i < MIX_COUNT; i++)
            all += p->mix[m][i];
        if (!all)
            continue;
        fprintf(out, "%-4s %10" PRIu64, mode_table[m].name, all);
        for (unsigned i = 0; i < MIX_COUNT; i++)
            fprintf(out, " %7.1f", 100.0 * (double)p->mix[m][i] / (double)all);
        fputc('\n', out);
    }
}

const struct stacks *profile_stacks(const struct profile *p)
{
    return p->stacks;
}

void profile_free(struct profile *p)
{
    stacks_free(p->stacks);
    free(p->hart);
    free(p);
}
