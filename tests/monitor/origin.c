/* Who wrote this, against a full trace: a machine is run with somebody who notes every store, page
 * walk and register, and is stopped at random places, where random words of memory, registers and
 * CSRs are picked. Another one with a history goes to these places in any order and is asked.
 *
 *    origin PICKS INSNS OPTION... PROGRAM
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/random.h"
#include "cpu/csr.h"
#include "cpu/insn.h"
#include "machine/options.h"
#include "monitor/origin.h"
#include "monitor/reverse.h"
#include "mmu/walk.h"
#include "trace/hub.h"
#include "trace/writes.h"

enum { STOPS = 25, HARTS = 4, TOUCHED = 256, SPECIAL = 256 };

static const u16 csrs[] = {
    CSR_mstatus, CSR_mepc,       CSR_mcause,     CSR_mtval,     CSR_medeleg,  CSR_mideleg,
    CSR_mie,     CSR_mip,        CSR_mtvec,      CSR_mscratch,  CSR_sstatus,  CSR_sepc,
    CSR_scause,  CSR_stval,      CSR_satp,       CSR_stvec,     CSR_sscratch, CSR_sie,
    CSR_hstatus, CSR_hedeleg,    CSR_hgatp,      CSR_htval,     CSR_htinst,   CSR_hvip,
    CSR_hie,     CSR_hcounteren, CSR_htimedelta, CSR_vsstatus,  CSR_vsepc,    CSR_vscause,
    CSR_vstval,  CSR_vstvec,     CSR_vsscratch,  CSR_vsatp,     CSR_stimecmp, CSR_vstimecmp,
    CSR_henvcfg, CSR_fflags,     CSR_frm,        CSR_mcounteren};

/* The last writer of something; kind ORIGIN_NONE: nobody. */
struct writer {
    u64 executed, pc;
    u8 kind, hart;
};

struct watcher {
    struct machine *m;
    struct writer *word; /* of each eight bytes of RAM */
    u8 *shadow;          /* RAM as the writers made it */
    struct writer x[HARTS][32], f[HARTS][32], csr[HARTS][ARRAY_LEN(csrs)];
    u64 value[HARTS][ARRAY_LEN(csrs)];
    bool there[HARTS][ARRAY_LEN(csrs)];
    /* the instruction that executes */
    struct watched_hart {
        struct watcher *w;
        struct writes writes;
        struct writer now;
        u64 touched[TOUCHED]; /* words of page-table entries */
        u32 num_touched;
        struct mem_event store;
        bool stores, named[ARRAY_LEN(csrs)];
    } hart[HARTS];
    u64 special[SPECIAL]; /* words that were written otherwise than by stores */
    u32 num_special;
    u64 since; /* the last time that RAM and shadow were compared */
};

static void wrote(struct watcher *w, const struct writer *who, u64 pa, u64 len)
{
    u64 base = w->m->ram->base;
    if (pa < base || pa + len > base + w->m->ram->size)
        return;
    for (u64 i = (pa - base) / 8; i <= (pa + len - 1 - base) / 8; i++) {
        w->word[i] = *who;
        if (who->kind != ORIGIN_INSN)
            w->special[w->num_special++ % SPECIAL] = i;
        memcpy(w->shadow + i * 8, w->m->ram->host + i * 8, 8);
    }
}

static void look_at_csrs(struct watched_hart *wh, struct hart *h, const struct writer *who)
{
    struct watcher *w = wh->w;
    for (u32 i = 0; i < ARRAY_LEN(csrs); i++) {
        u64 v = 0;
        if (csr_peek(h, csrs[i], &v) || v == w->value[h->id][i])
            continue;
        w->value[h->id][i] = v;
        w->csr[h->id][i] = *who;
    }
}

static void on_start(void *ctx, struct hart *h)
{
    struct watched_hart *wh = ctx;
    wh->now = (struct writer){machine_executed(wh->w->m), h->pc, ORIGIN_INSN, (u8)h->id};
    struct writer outside = wh->now;
    outside.kind = ORIGIN_OUTSIDE;
    look_at_csrs(wh, h, &outside);
    wh->num_touched = 0;
    wh->stores = false;
    memset(wh->named, 0, sizeof wh->named);
    writes_begin(&wh->writes, h);
}

static void on_mem(void *ctx, struct hart *h, const struct mem_event *ev)
{
    struct watched_hart *wh = ctx;
    (void)h;
    if (ev->device || ev->failed || ev->kind == MEM_EVENT_LOAD)
        return;
    wh->store = *ev;
    wh->stores = true;
}

static void on_walk(void *ctx, struct hart *h, const struct walk_event *ev)
{
    struct watched_hart *wh = ctx;
    (void)h;
    for (u32 i = 0; i < ev->num_steps && wh->num_touched < TOUCHED; i++)
        if (ev->step[i].pa)
            wh->touched[wh->num_touched++] = ev->step[i].pa;
}

static void on_csr(void *ctx, struct hart *h, const struct csr_event *ev)
{
    struct watched_hart *wh = ctx;
    writes_csr(&wh->writes, h, ev);
    for (u32 i = 0; i < ARRAY_LEN(csrs); i++)
        wh->named[i] |= ev->row == csrs[i] && !ev->cause && ev->op != CSR_READ;
}

/* Has the instruction stored what it was told to? An SC, which looks like LR here, if it says so.
 */
static bool stored(const struct watched_hart *wh, const struct hart *h)
{
    unsigned row = insn_lookup(h, h->insn);
    struct op op = {0};
    if (wh->store.kind != MEM_EVENT_LR)
        return true;
    insn_operands(row, h->config.xlen, h->insn, &op);
    return insn_row(row)->access.kind == INSN_ACCESS_SC && op.rd < 32 && h->x[op.rd] == 0;
}

static const u16 trap_csrs[BANK_COUNT][8] = {
    [BANK_M] = {CSR_mstatus, CSR_mepc, CSR_mcause, CSR_mtval},
    [BANK_S] = {CSR_sstatus, CSR_sepc, CSR_scause, CSR_stval, CSR_hstatus, CSR_htval, CSR_htinst},
    [BANK_VS] = {CSR_vsstatus, CSR_vsepc, CSR_vscause, CSR_vstval}};

static void on_trap(void *ctx, struct hart *h, const struct trap_event *ev)
{
    struct watched_hart *wh = ctx;
    struct writer who = {machine_executed(wh->w->m) - !ev->interrupt, ev->epc, ORIGIN_TRAP,
                         (u8)h->id};
    for (u32 i = 0; i < ARRAY_LEN(csrs); i++)
        for (u32 k = 0; k < ARRAY_LEN(trap_csrs[0]); k++)
            if (trap_csrs[ev->bank][k] == csrs[i])
                wh->w->csr[h->id][i] = who;
}

static void on_insn(void *ctx, struct hart *h)
{
    struct watched_hart *wh = ctx;
    struct watcher *w = wh->w;
    bool retired = writes_end(&wh->writes, h);
    struct writer who = wh->now;
    if (retired && wh->stores && stored(wh, h))
        wrote(w, &who, wh->store.pa, wh->store.size);
    for (u32 i = 0; retired && i < wh->writes.num; i++) {
        u32 number = wh->writes.write[i].key >> 4, kind = wh->writes.write[i].key & 15;
        if (kind == WRITTEN_X)
            w->x[h->id][number] = who;
        if (kind == WRITTEN_F)
            w->f[h->id][number] = who;
        for (u32 k = 0; kind == WRITTEN_CSR && k < ARRAY_LEN(csrs); k++)
            if (csrs[k] == number)
                w->csr[h->id][k] = who;
    }
    for (u32 k = 0; retired && k < ARRAY_LEN(csrs); k++)
        if (wh->named[k])
            w->csr[h->id][k] = who;
    who.kind = retired ? ORIGIN_INSN : ORIGIN_TRAP;
    look_at_csrs(wh, h, &who);
    who.kind = ORIGIN_WALK;
    for (u32 i = 0; i < wh->num_touched; i++) {
        u64 n = (wh->touched[i] - w->m->ram->base) / 8;
        if (n < w->m->ram->size / 8 && memcmp(w->shadow + n * 8, w->m->ram->host + n * 8, 8) != 0)
            wrote(w, &who, wh->touched[i] & ~7ull, 8);
    }
}

/* What has changed without an instruction was written by a device or the firmware. */
static void look_at_ram(struct watcher *w)
{
    for (u64 i = 0; i < w->m->ram->size / 8; i++)
        if (memcmp(w->shadow + i * 8, w->m->ram->host + i * 8, 8) != 0)
            wrote(w, &(struct writer){.executed = w->since, .kind = ORIGIN_DEVICE},
                  w->m->ram->base + i * 8, 8);
    w->since = w->m->state.executed;
}

/* ---- picks ---- */

struct pick {
    u64 at; /* asked when so much has been executed */
    struct origin_place place;
    u32 hart;
    struct writer want;
    u64 until; /* of a device: when it was noticed */
};

static u64 below(struct random *r, u64 n)
{
    return random_next(r) % n;
}

static struct pick pick_word(const struct watcher *w, struct random *r)
{
    u64 n = w->m->ram->size / 8, i;
    do
        i = w->num_special && below(r, 4) == 0 ? w->special[below(r, w->num_special) % SPECIAL]
                                               : below(r, n);
    while (!w->word[i].kind && below(r, 100000));
    struct pick p = {.want = w->word[i], .until = w->since};
    p.place = (struct origin_place){.of = ORIGIN_MEMORY, .pa = w->m->ram->base + i * 8, .len = 8};
    return p;
}

static struct pick pick_one(const struct watcher *w, struct random *r)
{
    u32 hart = (u32)below(r, w->m->num_harts), what = (u32)below(r, 5), n;
    struct pick p = {.hart = hart};
    if (what <= 1)
        return pick_word(w, r);
    if (what == 2) {
        n = 1 + (u32)below(r, 31);
        p.place = (struct origin_place){.of = ORIGIN_X, .number = n};
        p.want = w->x[hart][n];
    } else if (what == 3 && below(r, 8) == 0) {
        n = (u32)below(r, 32);
        p.place = (struct origin_place){.of = ORIGIN_F, .number = n};
        p.want = w->f[hart][n];
    } else {
        do
            n = (u32)below(r, ARRAY_LEN(csrs));
        while (!w->there[hart][n]);
        p.place = (struct origin_place){.of = ORIGIN_CSR, .number = csrs[n]};
        p.want = w->csr[hart][n];
    }
    return p;
}

static const char *describe(const struct pick *p, char *buf, size_t len)
{
    if (p->place.of == ORIGIN_MEMORY)
        snprintf(buf, len, "pa 0x%" PRIx64, p->place.pa);
    else
        snprintf(buf, len, "%s%u (%s) of hart %u",
                 p->place.of == ORIGIN_X   ? "x"
                 : p->place.of == ORIGIN_F ? "f"
                                           : "csr ",
                 p->place.number, p->place.of == ORIGIN_CSR ? csr_name(p->place.number) : "",
                 p->hart);
    return buf;
}

/* ---- the two machines ---- */

static struct machine *new_machine(int argc, char **argv, struct options *opt)
{
    static char run[] = "run", history[] = "--history", null[] = "--serial=null",
                ram[] = "--memory=16M";
    char *words[32] = {run, history, null, ram};
    struct error err;
    int count = 4;
    for (int i = 0; i < argc && count < 32; i++)
        words[count++] = argv[i];
    struct machine *m = NULL;
    if (options_parse(count, words, opt, &err) == OPTIONS_RUN)
        m = machine_new(opt, &err);
    if (m)
        return m;
    fprintf(stderr, "origin: %s\n", err.text);
    exit(2);
}

static void watch(struct watcher *w)
{
    w->word = calloc(w->m->ram->size / 8, sizeof *w->word);
    w->shadow = malloc(w->m->ram->size);
    memcpy(w->shadow, w->m->ram->host, w->m->ram->size);
    for (u32 i = 0; i < w->m->num_harts; i++) {
        struct hart *h = w->m->hart[i];
        struct watched_hart *wh = &w->hart[i];
        wh->w = w;
        for (u32 k = 0; k < ARRAY_LEN(csrs); k++)
            w->there[i][k] = csr_peek(h, csrs[k], &w->value[i][k]) == 0;
        *hub_add(h) = (struct hart_trace){.ctx = wh,
                                          .plain = true,
                                          .insn_start = on_start,
                                          .insn = on_insn,
                                          .mem = on_mem,
                                          .walk = on_walk,
                                          .csr = on_csr,
                                          .trap = on_trap};
        hub_refresh(h);
    }
}

/* Runs the first machine, and picks. */
static u32 make_picks(struct watcher *w, struct pick *pick, u32 picks, u64 insns)
{
    struct random r = {7};
    struct control *c = control_new(w->m);
    u32 n = 0;
    for (u32 stop = 1; stop <= STOPS && !control_ended(c); stop++) {
        machine_appoint(w->m, APPOINTED_STOP, insns / STOPS * stop - below(&r, insns / STOPS / 2));
        control_go(c);
        look_at_ram(w);
        for (u32 i = 0; i < picks / STOPS && !control_ended(c); i++) {
            pick[n] = pick_one(w, &r);
            pick[n++].at = w->m->state.executed;
        }
    }
    control_free(c);
    return n;
}

static bool is_right(const struct pick *p, const struct origin *o)
{
    const struct writer *want = &p->want;
    if (want->kind == ORIGIN_DEVICE)
        return o->kind == ORIGIN_DEVICE && o->executed >= want->executed && o->executed <= p->until;
    return o->kind == want->kind && (!want->kind || (o->executed == want->executed &&
                                                     o->pc == want->pc && o->hart == want->hart));
}

static int check(struct control *c, struct pick *p)
{
    struct origin o;
    struct error err;
    char text[400], what[64];
    p->place.h = c->m->hart[p->hart];
    if (reverse_goto(c, p->at, &err) || origin_find(c, &p->place, p->at, &o, &err)) {
        fprintf(stderr, "origin: at %" PRIu64 ": %s\n", p->at, err.text);
        return 1;
    }
    if (is_right(p, &o) && c->m->state.executed == p->at)
        return 0;
    fprintf(stderr, "at %" PRIu64 " %s: %s; the trace: kind %u at %" PRIu64 " pc 0x%" PRIx64 "\n",
            p->at, describe(p, what, sizeof what), origin_text(c, &o, p->at, text, sizeof text),
            p->want.kind, p->want.executed, p->want.pc);
    return 1;
}

int main(int argc, char **argv)
{
    static struct options opt[2];
    if (argc < 4) {
        fprintf(stderr, "usage: origin PICKS INSNS OPTION... PROGRAM\n");
        return 2;
    }
    u32 picks = (u32)atoi(argv[1]), wrong = 0, devices = 0, walks = 0;
    u64 insns = strtoull(argv[2], NULL, 0);
    struct watcher *w = calloc(1, sizeof *w);
    struct pick *pick = calloc(picks, sizeof *pick);
    w->m = new_machine(argc - 3, argv + 3, &opt[0]);
    watch(w);
    u32 n = make_picks(w, pick, picks, insns);
    struct machine *m = new_machine(argc - 3, argv + 3, &opt[1]);
    struct control *c = control_new(m);
    struct random r = {11};
    struct error err;
    if (!n || reverse_goto(c, pick[n - 1].at, &err)) {
        fprintf(stderr, "origin: %s\n", err.text);
        wrong++;
    }
    for (u32 left = n; left; left--) {
        u32 i = (u32)below(&r, left);
        wrong += (u32)check(c, &pick[i]);
        devices += pick[i].want.kind == ORIGIN_DEVICE;
        walks += pick[i].want.kind == ORIGIN_WALK;
        pick[i] = pick[left - 1];
    }
    printf("%u asked, %u of them written by devices, %u by page walks: %u wrong\n", n, devices,
           walks, wrong);
    control_free(c);
    machine_free(m);
    for (u32 i = 0; i < w->m->num_harts; i++)
        hub_free(w->m->hart[i]);
    machine_free(w->m);
    free(w->word);
    free(w->shadow);
    free(w);
    free(pick);
    return wrong || n < picks / 2;
}
