/* Random guests, hextant's plain engine against Spike: every committed instruction, what it writes
 * to registers, CSRs and memory; and memory at the end. Traps show in the handlers, which read all
 * that a trap leaves. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "cpu/csr.h"
#include "cpu/fields.h"
#include "cpu/insn.h"
#include "cpu/trap.h"
#include "driver.h"
#include "free_bits.h"
#include "histogram.h"
#include "partial_store.h"
#include "spike.h"

enum { HISTORY = 32, STUCK = 2000, MEMS = 16 };

/* How a guest ended. */
enum verdict { SAME, STEPS_USED, TRAPS_FOREVER, EXPLAINED, DIFFERENT };

struct record {
    u64 pc;
    u32 insn;
    u8 mode;
    bool trapped;
    u64 cause, tval;
};

/* One guest's comparison. */
struct run {
    struct machine *m;
    struct hart *h;
    struct spike spike;
    struct commit commit;
    u64 x[32], f[32]; /* as Spike has them */
    struct record now, history[HISTORY];
    u64 num_records, steps;
    u32 fault_insn; /* the last instruction that trapped */
    u64 last_cause;
    struct mem_event mem[MEMS];
    u32 num_mems;
    char why[256];
};

/* Differences that are adopted from Spike, with the reason in docs/differences.md. */
enum rule { RULE_CBO_TVAL, RULE_SRET_SDT, RULE_PARTIAL_STORE, RULE_COUNT };
static const char *const rule_names[RULE_COUNT] = {
    [RULE_CBO_TVAL] = "xtval of CBO is rounded down to the block",
    [RULE_SRET_SDT] = "SRET in M-mode leaves SDT set",
    [RULE_PARTIAL_STORE] = "a store that faults on its second page has written the first",
};

/* Over all guests. */
static struct {
    u64 steps, ends[DIFFERENT + 1], rules[RULE_COUNT];
    struct histogram seen;
} total;

/* ---- our side ---- */

static void on_insn_start(void *ctx, struct hart *h)
{
    struct run *r = ctx;
    r->now = (struct record){.pc = h->pc, .mode = (u8)h->mode};
    r->num_mems = 0;
}

static void on_trap(void *ctx, struct hart *h, const struct trap_event *ev)
{
    struct run *r = ctx;
    histogram_trap(&total.seen, ev);
    total.rules[RULE_PARTIAL_STORE] += finish_partial_store(h, ev);
    r->now.trapped = true;
    r->now.cause = ev->cause | (u64)ev->interrupt << 63;
    r->now.tval = ev->tval;
}

static void on_mem(void *ctx, struct hart *h, const struct mem_event *ev)
{
    struct run *r = ctx;
    histogram_access(&total.seen, h, ev);
    if (r->num_mems < MEMS)
        r->mem[r->num_mems++] = *ev;
}

static void on_tlb(void *ctx, struct hart *h, const struct tlb_event *ev)
{
    (void)ctx;
    histogram_fill(&total.seen, h, ev);
}

/* Goes on until an instruction retires. False if none does, or the guest has ended. */
static bool step(struct run *r)
{
    for (u32 i = 0; i < STUCK && !r->m->state.stop_reason; i++) {
        u64 unretired = r->h->unretired;
        machine_step_alone(r->m, r->h);
        r->now.insn = r->h->insn;
        if (r->now.trapped)
            r->fault_insn = r->h->insn, r->last_cause = r->now.cause;
        r->history[r->num_records++ % HISTORY] = r->now;
        if (r->h->unretired == unretired)
            return true;
    }
    return false;
}

/* ---- comparing ---- */

static u64 narrow(const struct run *r, u64 value)
{
    return value & MASK(r->h->config.xlen);
}

static bool differ(struct run *r, const char *what, unsigned number, u64 ours, u64 theirs)
{
    snprintf(r->why, sizeof r->why, "%s%u: hextant 0x%" PRIx64 ", Spike 0x%" PRIx64, what, number,
             ours, theirs);
    return true;
}

/* The instruction has read such a CSR: take Spike's value for those bits. */
static void agree_on_free(struct run *r)
{
    u32 insn = r->commit.insn;
    if ((insn & 0x7f) != 0x73 || !(insn >> 12 & 3))
        return;
    u64 mask = free_mask(insn >> 20);
    for (u32 i = 0; mask && i < r->commit.num_writes; i++)
        if (r->commit.write[i].kind == 'x') {
            u64 *x = &r->h->x[r->commit.write[i].number & 31];
            u64 value = (*x & ~mask) | (r->commit.write[i].value & mask);
            *x = r->h->config.xlen == 32 ? (u64)(s64)(s32)value : value;
        }
}

static u64 *written_register(struct run *r, u64 *theirs)
{
    for (u32 i = 0; i < r->commit.num_writes; i++)
        if (r->commit.write[i].kind == 'x') {
            *theirs = r->commit.write[i].value;
            return &r->h->x[r->commit.write[i].number & 31];
        }
    return NULL;
}

/* Takes Spike's value of the CSR that the present instruction has read into x. */
static void adopt(struct run *r, enum rule rule, u64 *x, u64 theirs)
{
    u32 csr = r->commit.insn >> 20;
    bool v = mode_table[r->now.mode].v && csr >> 8 == 1;
    csr_poke(r->h, csr + (v ? 0x100 : 0), theirs);
    *x = r->h->config.xlen == 32 ? (u64)(s64)(s32)theirs : theirs;
    total.rules[rule]++;
}

static bool is_cbo(u32 insn)
{
    return (insn & 0x707f) == 0x200f;
}

/* Differences in CSRs that a trap has written. */
static void agree_on_trap(struct run *r)
{
    u64 theirs, *x = written_register(r, &theirs);
    u32 csr = r->commit.insn >> 20;
    bool cbo = is_cbo(r->fault_insn);
    if ((r->commit.insn & 0x707f) != 0x2073 || !x || narrow(r, *x) == theirs)
        return;
    bool tval = (csr & 0xff) == 0x43, tval2 = csr == CSR_mtval2 || csr == CSR_htval;
    u64 ours = narrow(r, *x);
    if (cbo && ((tval && (ours & ~63ull) == theirs) || (tval2 && (ours & ~15ull) == theirs)))
        adopt(r, RULE_CBO_TVAL, x, theirs);
}

static bool registers_differ(struct run *r)
{
    for (u32 i = 0; i < r->commit.num_writes; i++) {
        if (r->commit.write[i].kind == 'x')
            r->x[r->commit.write[i].number & 31] = r->commit.write[i].value;
        else if (r->commit.write[i].kind == 'f')
            r->f[r->commit.write[i].number & 31] = r->commit.write[i].value;
    }
    for (u32 i = 1; i < 32; i++)
        if (narrow(r, r->h->x[i]) != r->x[i])
            return differ(r, "x", i, narrow(r, r->h->x[i]), r->x[i]);
    for (u32 i = 0; i < 32; i++)
        if (r->h->f[i] != r->f[i])
            return differ(r, "f", i, r->h->f[i], r->f[i]);
    return false;
}

/* SRET in M-mode: Spike keeps SDT, and so SIE clear. */
static bool is_sret_sdt(struct run *r, unsigned csr, u64 difference, u64 theirs)
{
    if (r->commit.insn != 0x10200073 || r->now.mode != MODE_M || csr != CSR_mstatus ||
        (difference & ~(MSTATUS_SDT | MSTATUS_SIE)))
        return false;
    csr_poke(r->h, csr, theirs);
    total.rules[RULE_SRET_SDT]++;
    return true;
}

static bool csrs_differ(struct run *r)
{
    for (u32 i = 0; i < r->commit.num_writes; i++) {
        u64 ours, theirs = r->commit.write[i].value;
        unsigned csr = r->commit.write[i].number;
        if (r->commit.write[i].kind != 'c' || csr_peek(r->h, csr, &ours))
            continue;
        if (csr == CSR_mip) /* may be logged before it is complete */
            continue;
        u64 difference = (ours ^ theirs) & ~free_mask(csr);
        if (difference && !is_sret_sdt(r, csr, difference, theirs))
            return differ(r, "csr ", csr, ours, theirs);
    }
    return false;
}

/* The stores Spike names must be ours. (AMO and SC: the address.) */
static bool stores_differ(struct run *r)
{
    for (u32 i = 0; i < r->commit.num_mems; i++) {
        u64 addr = r->commit.mem[i].addr, value = r->commit.mem[i].value;
        u32 size = r->commit.mem[i].size, k = 0;
        while (k < r->num_mems && addr - narrow(r, r->mem[k].va) >= r->mem[k].size)
            k++;
        if (k == r->num_mems)
            return r->num_mems && differ(r, "access ", i, narrow(r, r->mem[0].va), addr);
        const struct mem_event *ev = &r->mem[k];
        if (ev->kind != MEM_EVENT_STORE || !size)
            continue;
        if (ev->size != size || (ev->value & MASK(size * 8)) != value)
            return differ(r, "store of bytes ", size, ev->value, value);
    }
    return false;
}

static bool instructions_differ(struct run *r)
{
    if (r->now.pc != r->commit.pc)
        return differ(r, "pc", 0, r->now.pc, r->commit.pc);
    if (r->now.insn != r->commit.insn)
        return differ(r, "insn", 0, r->now.insn, r->commit.insn);
    if (mode_table[r->now.mode].nominal != r->commit.mode)
        return differ(r, "mode", 0, mode_table[r->now.mode].nominal, r->commit.mode);
    return false;
}

static bool commits_differ(struct run *r)
{
    if (instructions_differ(r))
        return true;
    agree_on_free(r);
    agree_on_trap(r);
    return registers_differ(r) || csrs_differ(r) || stores_differ(r);
}

/* Differences that the manual allows and that cannot be configured away: SC may fail for no reason
 * (Spike's do, now and then); PMP may be asked about all of a CBO's block (hextant) or about the
 * byte that is named. */
static bool is_explained(const struct run *r)
{
    bool sc = (r->now.insn & 0xf800007f) == 0x1800002f;
    bool block = is_cbo(r->commit.insn) && r->fault_insn == r->commit.insn &&
                 r->now.pc != r->commit.pc && r->last_cause == CAUSE_STORE_ACCESS;
    return (sc && r->now.pc == r->commit.pc) || block;
}

/* ---- a guest ---- */

static void show_csrs(const struct run *r)
{
    static const u16 csrs[] = {
        CSR_mstatus,  CSR_hstatus,  CSR_vsstatus, CSR_satp,      CSR_vsatp,     CSR_hgatp,
        CSR_medeleg,  CSR_hedeleg,  CSR_mideleg,  CSR_hideleg,   CSR_mie,       CSR_mip,
        CSR_menvcfg,  CSR_henvcfg,  CSR_senvcfg,  CSR_mseccfg,   CSR_pmpcfg0,   CSR_pmpaddr0,
        CSR_pmpaddr1, CSR_pmpaddr2, CSR_pmpaddr3, CSR_mstateen0, CSR_hstateen0, CSR_sstateen0,
        CSR_mcause,   CSR_mtval,    CSR_mtval2,   CSR_mtinst,    CSR_ssp,       CSR_stvec,
        CSR_vstvec};
    for (u32 i = 0; i < ARRAY_LEN(csrs); i++) {
        u64 value = 0;
        csr_peek(r->h, csrs[i], &value);
        fprintf(stderr, "  %-9s %-16" PRIx64 "%s", csr_name(csrs[i]), value,
                i % 4 == 3 ? "\n" : "");
    }
    fprintf(stderr, "\n");
}

/* What comes next there; nothing is compared any more. */
static void show_spike(struct run *r)
{
    fprintf(stderr, "  Spike: %s\n", r->commit.text);
    for (u32 i = 0; i < 24 && spike_next(&r->spike, &r->commit) > 0; i++)
        fprintf(stderr, "  ...... %s\n", r->commit.text);
}

static void show(struct run *r, u64 seed, const char *path)
{
    fprintf(stderr, "lockstep: seed %" PRIu64 ", after %" PRIu64 " steps (%s): %s\n", seed,
            r->steps, path, r->why);
    u64 n = r->num_records < HISTORY ? r->num_records : HISTORY;
    for (u64 i = r->num_records - n; i < r->num_records; i++) {
        const struct record *e = &r->history[i % HISTORY];
        char text[128], trap[64] = "";
        insn_disassemble(r->h->config.xlen, e->pc, e->insn, text, sizeof text);
        if (e->trapped)
            snprintf(trap, sizeof trap, "   [trap %" PRIx64 " tval %" PRIx64 "]", e->cause,
                     e->tval);
        fprintf(stderr, "  %-2s 0x%016" PRIx64 " (%08x)  %s%s\n", mode_table[e->mode].name, e->pc,
                e->insn, text, trap);
    }
    for (u32 i = 0; i < r->num_mems; i++)
        fprintf(stderr, "  access: va 0x%" PRIx64 " pa 0x%" PRIx64 " value 0x%" PRIx64 " size %u\n",
                r->mem[i].va, r->mem[i].pa, r->mem[i].value, r->mem[i].size);
    show_csrs(r);
    show_spike(r);
}

/* Spike's reset code comes first. */
static bool skip_reset(struct run *r)
{
    while (r->h->pc != RAM && r->h->clock < 100)
        machine_step_alone(r->m, r->h);
    r->m->state.executed = 0;
    int more;
    do {
        more = spike_next(&r->spike, &r->commit);
        for (u32 i = 0; more > 0 && i < r->commit.num_writes; i++)
            if (r->commit.write[i].kind == 'x')
                r->x[r->commit.write[i].number & 31] = r->commit.write[i].value;
    } while (more > 0 && r->commit.pc != RAM);
    for (u32 i = 1; i < 32; i++)
        r->h->x[i] = r->h->config.xlen == 32 ? (u64)(s64)(s32)r->x[i] : r->x[i];
    return more > 0 && step(r);
}

/* Spike says nothing more: the end of its log may be held back while it traps for ever. Do we? */
static bool gets_stuck(struct run *r)
{
    for (u32 i = 0; i < 500; i++)
        if (!step(r)) /* the traps may have used up the steps */
            return !r->m->state.stop_reason || r->m->state.stop_reason == STOP_INSN_LIMIT;
    return false;
}

static enum verdict compare(struct run *r)
{
    int more = 1;
    if (!skip_reset(r)) {
        snprintf(r->why, sizeof r->why, "Spike does not start");
        return DIFFERENT;
    }
    while (!commits_differ(r)) {
        r->steps++;
        histogram_insn(&total.seen, r->h, r->now.mode, r->now.insn);
        if (!step(r))
            return r->m->state.stop_reason == STOP_INSN_LIMIT ? STEPS_USED
                   : r->m->state.stop_reason                  ? SAME
                                                              : TRAPS_FOREVER;
        more = spike_next(&r->spike, &r->commit);
        if (more < 0 && gets_stuck(r))
            return TRAPS_FOREVER;
        if (more <= 0) {
            snprintf(r->why, sizeof r->why, more < 0 ? "Spike is silent" : "Spike has ended");
            return DIFFERENT;
        }
    }
    return is_explained(r) ? EXPLAINED : DIFFERENT;
}

/* Memory at the end, from Spike's signature: a line for every eight bytes. */
static bool memory_differs(struct run *r, const char *path)
{
    FILE *f = fopen(path, "r");
    char line[64];
    bool found = false;
    for (u32 pa = PRIVATE; f && !found && fgets(line, sizeof line, f); pa += 8) {
        u64 ours, theirs = strtoull(line, NULL, 16);
        memcpy(&ours, r->m->ram->host + (pa - RAM), 8);
        if (pa != TOHOST && ours != theirs)
            found = differ(r, "memory at ", pa, ours, theirs);
    }
    if (f)
        fclose(f);
    return found;
}

static void look_on(struct run *r)
{
    r->h->trace = (struct hart_trace){.ctx = r,
                                      .plain = true,
                                      .insn_start = on_insn_start,
                                      .trap = on_trap,
                                      .mem = on_mem,
                                      .tlb = on_tlb};
}

static enum verdict run_guest(struct driver *d, u64 seed)
{
    static struct run run;
    struct run *r = &run;
    struct error err;
    char signature[300];
    struct options opt = driver_options(d, "plain");
    *r = (struct run){.m = machine_new(&opt, &err)};
    snprintf(signature, sizeof signature, "%s.sig", d->path);
    if (!r->m || spike_start(&r->spike, d->spike, d->isa, d->path, signature)) {
        fprintf(stderr, "lockstep: cannot start: %s\n", r->m ? d->spike : err.text);
        exit(EXIT_USER_ERROR);
    }
    r->h = r->m->hart[0];
    look_on(r);
    enum verdict v = compare(r);
    if (v == DIFFERENT)
        show(r, seed, d->path);
    if (v == SAME)
        spike_finish(&r->spike);
    else
        spike_kill(&r->spike);
    if (v == SAME && memory_differs(r, signature)) {
        fprintf(stderr, "lockstep: seed %" PRIu64 " (%s): %s\n", seed, d->path, r->why);
        v = DIFFERENT;
    }
    unlink(signature);
    total.steps += r->steps;
    r->h->trace = (struct hart_trace){0};
    machine_free(r->m);
    return v;
}

static void print_total(u64 guests)
{
    printf("%" PRIu64 " guests, %" PRIu64 " steps compared\n", guests, total.steps);
    printf("ended: %" PRIu64 " by themselves, %" PRIu64 " after their steps, %" PRIu64
           " in endless traps, %" PRIu64 " at an allowed difference, %" PRIu64 " different\n",
           total.ends[SAME], total.ends[STEPS_USED], total.ends[TRAPS_FOREVER],
           total.ends[EXPLAINED], total.ends[DIFFERENT]);
    for (unsigned i = 0; i < RULE_COUNT; i++)
        if (total.rules[i])
            printf("adopted %" PRIu64 " times: %s\n", total.rules[i], rule_names[i]);
    histogram_print(&total.seen);
}

int main(int argc, char **argv)
{
    static struct driver d;
    u64 guests = 0;
    driver_init(&d, argc, argv);
    driver_add_option(&d, "--htinst=zero"); /* Spike transforms no instructions */
    driver_add_option(&d,
                      strstr(d.isa, "zicclsm") ? "--misaligned=amo=fault" : "--misaligned=trap");
    for (u64 seed = d.seed; guests < d.count && !driver_expired(&d); seed++, guests++) {
        driver_make(&d, seed);
        enum verdict v = run_guest(&d, seed);
        total.ends[v]++;
        if (v == DIFFERENT && !d.go_on) {
            guests++;
            break;
        }
        driver_drop(&d);
    }
    print_total(guests);
    return total.ends[DIFFERENT] != 0;
}
