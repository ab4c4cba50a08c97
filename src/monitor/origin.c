/* Looking for the last write. The past is executed again from a moment of the history, with
 * somebody who looks on; if nothing was written from there on, from the moment before it, and so
 * on.
 *
 * Memory: the bus tells of every write (bus_tell_writes), and moments know which pages were not
 * written between them. Registers: every instruction is looked at, of a few at first, then of more.
 * CSRs are written by CSR instructions and traps, of which the hart tells in both engines; where a
 * value changes otherwise, and for the few that other instructions write as well, every instruction
 * is looked at as for registers. */
#include "monitor/origin.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/csr.h"
#include "machine/history.h"
#include "mmu/tlb.h"
#include "monitor/reverse.h"
#include "trace/hub.h"
#include "trace/symbols.h"
#include "trace/writes.h"

struct search {
    struct control *c;
    const struct origin_place *place;
    struct origin *o;
    u64 end; /* what is written from here on does not count */
    u64 now; /* where the machine stood, and what was in memory */
    u64 content;
    /* registers and CSRs: */
    u64 value; /* when it was last looked at */
    struct writes writes;
    struct origin start; /* the instruction that executes */
    bool named;          /* it has written the CSR by this name */
    /* CSRs, in the fast engine: the value has changed unseen between two places */
    u64 seen, unseen_from, unseen_to;
};

static struct origin here(const struct search *s, enum origin_kind kind, const struct hart *h)
{
    struct origin o = {.kind = kind, .executed = machine_executed(s->c->m), .idle = !h};
    if (h) {
        o.pc = h->pc;
        o.insn = h->insn;
        o.hart = h->id;
        o.mode = (u8)h->mode;
        o.vmid = (u16)hart_vmid(h);
    }
    return o;
}

static void note(struct search *s, const struct origin *o)
{
    if (o->executed < s->end)
        *s->o = *o;
}

/* ---- memory ---- */

static void on_write(void *ctx, const struct bus_write *w)
{
    static const enum origin_kind kinds[] = {[WRITER_INSN] = ORIGIN_INSN,
                                             [WRITER_WALK] = ORIGIN_WALK,
                                             [WRITER_DMA] = ORIGIN_DEVICE,
                                             [WRITER_RESET] = ORIGIN_RESET};
    struct search *s = ctx;
    struct origin o = here(s, kinds[w->by], s->c->m->running);
    o.dev = w->dev ? w->dev->cls->name : NULL;
    note(s, &o);
}

static u64 content_of(const struct search *s)
{
    u64 content = 0;
    bus_copy_from(&s->c->m->bus, s->place->pa, &content, s->place->len);
    return content;
}

/* Going somewhere ends where so many instructions have been executed, before the harts idle there;
 * the present may be later. */
static void look_at_present(struct search *s)
{
    if (s->end == s->now && content_of(s) != s->content)
        *s->o = (struct origin){.kind = ORIGIN_DEVICE, .executed = s->now, .idle = true};
}

static int look_at_memory(struct search *s, u64 end, struct error *err)
{
    struct machine *m = s->c->m;
    m->told = (struct machine_told){on_write, s};
    bus_tell_writes(&m->bus, m->ram, s->place->pa, s->place->len);
    for (u32 i = 0; i < m->num_harts; i++)
        tlb_forget_pages(m->hart[i]->tlb);
    int rc = reverse_run(s->c, end, err);
    bus_tell_no_more(&m->bus);
    look_at_present(s);
    return rc;
}

/* ---- registers: every instruction is looked at ---- */

static u64 value_of(const struct search *s, struct hart *h)
{
    u64 value = 0;
    switch (s->place->of) {
    case ORIGIN_X:
        return h->x[s->place->number];
    case ORIGIN_F:
        return h->f[s->place->number];
    case ORIGIN_CSR:
        csr_peek(h, s->place->number, &value);
        return value;
    default:
        return 0;
    }
}

static void before(void *ctx, struct hart *h)
{
    struct search *s = ctx;
    s->start = here(s, ORIGIN_INSN, h);
    s->named = false;
    if (value_of(s, h) != s->value) {
        struct origin o = here(s, ORIGIN_OUTSIDE, h);
        note(s, &o);
        s->value = value_of(s, h);
    }
    writes_begin(&s->writes, h);
}

/* Is it among the registers that the instruction has written? */
static bool is_written(const struct search *s)
{
    static const u32 kinds[] = {[ORIGIN_X] = WRITTEN_X,
                                [ORIGIN_F] = WRITTEN_F,
                                [ORIGIN_V] = WRITTEN_V,
                                [ORIGIN_CSR] = WRITTEN_CSR};
    for (u32 i = 0; i < s->writes.num; i++)
        if (s->writes.write[i].key == (s->place->number << 4 | kinds[s->place->of]))
            return true;
    return s->named;
}

static void after(void *ctx, struct hart *h)
{
    struct search *s = ctx;
    bool retired = writes_end(&s->writes, h);
    u64 now = value_of(s, h);
    if ((retired && is_written(s)) || now != s->value) {
        s->start.insn = h->insn;
        s->start.kind = retired ? ORIGIN_INSN : ORIGIN_TRAP;
        note(s, &s->start);
    }
    s->value = now;
}

static bool names_it(const struct search *s, const struct csr_event *ev)
{
    return s->place->of == ORIGIN_CSR && writes_name(ev, s->place->number);
}

static void on_csr(void *ctx, struct hart *h, const struct csr_event *ev)
{
    struct search *s = ctx;
    writes_csr(&s->writes, h, ev);
    s->named |= names_it(s, ev);
}

/* ---- traps ---- */

/* Does a trap into that bank write the CSR, whatever it held? */
static bool trap_writes(enum bank bank, unsigned csr)
{
    static const u16 written[BANK_COUNT][8] = {
        [BANK_M] = {CSR_mstatus, CSR_mepc, CSR_mcause, CSR_mtval, CSR_mtval2, CSR_mtinst},
        [BANK_S] = {CSR_sepc, CSR_scause, CSR_stval, CSR_hstatus, CSR_htval, CSR_htinst,
                    CSR_sstatus},
        [BANK_VS] = {CSR_vsstatus, CSR_vsepc, CSR_vscause, CSR_vstval}};
    for (unsigned i = 0; i < ARRAY_LEN(written[0]); i++)
        if (csr && written[bank][i] == csr)
            return true;
    return false;
}

/* An exception has used its slot already. */
static struct origin trap_here(const struct search *s, const struct hart *h,
                               const struct trap_event *ev)
{
    struct origin o = here(s, ORIGIN_TRAP, h);
    o.executed -= !ev->interrupt;
    o.pc = ev->epc;
    o.mode = ev->from;
    return o;
}

static void on_trap(void *ctx, struct hart *h, const struct trap_event *ev)
{
    struct search *s = ctx;
    if (s->place->of != ORIGIN_CSR || !trap_writes((enum bank)ev->bank, s->place->number))
        return;
    struct origin o = trap_here(s, h, ev);
    note(s, &o);
}

static int look_at_insns(struct search *s, u64 end, struct error *err)
{
    struct hart *h = s->place->h;
    struct hart_trace *hooks = hub_add(h);
    if (!hooks)
        return error_set(err, "too many observers look on already");
    *hooks = (struct hart_trace){.ctx = s,
                                 .plain = true,
                                 .insn_start = before,
                                 .insn = after,
                                 .csr = on_csr,
                                 .trap = on_trap};
    hub_refresh(h);
    s->value = value_of(s, h);
    int rc = reverse_run(s->c, end, err);
    hub_remove(h, hooks);
    return rc;
}

/* ---- CSRs that only CSR instructions and traps write, nearly always ---- */

/* These are written by other instructions, too. */
static bool is_written_apart(unsigned csr)
{
    static const u16 apart[] = {CSR_fflags,  CSR_frm,     CSR_fcsr,    CSR_vstart,  CSR_vxsat,
                                CSR_vcsr,    CSR_vl,      CSR_vtype,   CSR_mstatus, CSR_mstatush,
                                CSR_sstatus, CSR_hstatus, CSR_vsstatus};
    for (unsigned i = 0; i < ARRAY_LEN(apart); i++)
        if (apart[i] == csr)
            return true;
    return false;
}

/* Somebody has had to do with CSRs; `o`: and has surely written this one. */
static void see(struct search *s, struct hart *h, const struct origin *o)
{
    u64 now = value_of(s, h), at = machine_executed(s->c->m);
    if (o) {
        note(s, o);
        s->unseen_to = 0;
    } else if (now != s->value && s->seen < s->end) {
        s->unseen_from = s->seen;
        s->unseen_to = at + 1 < s->end ? at + 1 : s->end;
    }
    s->value = now;
    s->seen = at;
}

static void see_csr(void *ctx, struct hart *h, const struct csr_event *ev)
{
    struct search *s = ctx;
    struct origin o = here(s, ORIGIN_INSN, h);
    see(s, h, names_it(s, ev) ? &o : NULL);
}

static void see_trap(void *ctx, struct hart *h, const struct trap_event *ev)
{
    struct search *s = ctx;
    struct origin o = trap_here(s, h, ev);
    see(s, h, trap_writes((enum bank)ev->bank, s->place->number) ? &o : NULL);
}

static void see_mode(void *ctx, struct hart *h, enum mode from)
{
    (void)from;
    see(ctx, h, NULL);
}

static int look_at_csrs(struct search *s, u64 end, struct error *err)
{
    struct hart *h = s->place->h;
    struct hart_trace *hooks = hub_add(h);
    if (!hooks)
        return error_set(err, "too many observers look on already");
    *hooks = (struct hart_trace){.ctx = s, .csr = see_csr, .trap = see_trap, .mode = see_mode};
    hub_refresh(h);
    s->value = value_of(s, h);
    s->seen = machine_executed(s->c->m);
    s->unseen_to = 0;
    int rc = reverse_run(s->c, end, err);
    if (!rc)
        see(s, h, NULL);
    hub_remove(h, hooks);
    if (rc || !s->unseen_to)
        return rc;
    return reverse_goto(s->c, s->unseen_from, err) ? -1 : look_at_insns(s, s->unseen_to, err);
}

/* ---- the search ---- */

static bool asks_each_insn(const struct origin_place *p)
{
    return p->of != ORIGIN_MEMORY && (p->of != ORIGIN_CSR || is_written_apart(p->number));
}

/* From `from`, where the machine can go, to `end`. */
static int look(struct search *s, u64 from, u64 end, struct error *err)
{
    s->end = end;
    if (reverse_goto(s->c, from, err))
        return -1;
    if (s->place->of == ORIGIN_MEMORY)
        return look_at_memory(s, end, err);
    return asks_each_insn(s->place) ? look_at_insns(s, end, err) : look_at_csrs(s, end, err);
}

/* Can it have been written there? */
static bool is_possible(const struct search *s, u64 from, u64 end)
{
    const struct machine *m = s->c->m;
    return s->place->of != ORIGIN_MEMORY ||
           history_may_write(s->c->m, (s->place->pa - m->ram->base) >> 12, from, end);
}

static int search(struct search *s, u64 end, struct error *err)
{
    u64 span = asks_each_insn(s->place) ? 1000 : UINT64_MAX;
    while (end && !s->o->kind) {
        const struct moment *mo = history_before(s->c->m, end - 1);
        if (!mo)
            break;
        u64 from = moment_facts(s->c->m, mo).executed;
        if (end - from > span)
            from = end - span;
        if (is_possible(s, from, end) && look(s, from, end, err))
            return -1;
        end = from;
        span = span > UINT64_MAX / 32 ? span : span * 32;
    }
    return 0;
}

int origin_find(struct control *c, const struct origin_place *place, u64 before_, struct origin *o,
                struct error *err)
{
    struct search s = {.c = c, .place = place, .o = o, .now = c->m->state.executed};
    struct parked p;
    *o = (struct origin){0};
    if (place->of == ORIGIN_MEMORY)
        s.content = content_of(&s);
    if (reverse_ready(c, err) || control_park(c, &p, err))
        return -1;
    int rc = search(&s, before_, err);
    struct error back;
    if (reverse_goto(c, s.now, &back) && !rc) {
        *err = back;
        rc = -1;
    }
    control_unpark(c, &p);
    return rc;
}

/* ---- in words ---- */

static char *place_text(struct control *c, const struct origin *o, char *buf, size_t len)
{
    char name[200] = "";
    if (c->m->symbols)
        symbols_format(c->m->symbols, (enum mode)o->mode, o->vmid, o->pc, name, sizeof name);
    if (!*name)
        snprintf(name, sizeof name, "0x%" PRIx64, o->pc);
    size_t n =
        (size_t)snprintf(buf, len, "%s in %s-mode", name, mode_name(c->m->hart[o->hart], o->mode));
    if (mode_table[o->mode].v && n < len)
        n += (size_t)snprintf(buf + n, len - n, " of VMID %u", o->vmid);
    if (c->m->num_harts > 1 && n < len)
        snprintf(buf + n, len - n, " on hart %u", o->hart);
    return buf;
}

char *origin_text(struct control *c, const struct origin *o, u64 before_, char *buf, size_t len)
{
    char who[400] = "", at[280];
    if (!o->kind) {
        u64 start = moment_facts(c->m, history_first(c->m)).executed;
        snprintf(buf, len,
                 start ? "last written before the history's start, at %" PRIu64 " instructions"
                       : "not written since the machine's start",
                 start);
        return buf;
    }
    u64 ago = before_ - o->executed;
    place_text(c, o, at, sizeof at);
    switch (o->kind) {
    case ORIGIN_WALK:
        snprintf(who, sizeof who, "the page walk (A, D) of %s", at);
        break;
    case ORIGIN_TRAP:
        snprintf(who, sizeof who, "the trap at %s", at);
        break;
    case ORIGIN_RESET:
        snprintf(who, sizeof who, "the machine's reset");
        break;
    case ORIGIN_DEVICE:
    case ORIGIN_OUTSIDE:
        snprintf(who, sizeof who, "%s%s %s",
                 o->kind == ORIGIN_OUTSIDE ? "a device or another hart"
                 : o->dev                  ? o->dev
                 : o->idle                 ? "a device"
                                           : "the firmware",
                 o->idle ? " while no hart executed" : ", at", o->idle ? "" : at);
        break;
    default:
        snprintf(who, sizeof who, "%s", at);
    }
    snprintf(buf, len, "last written by %s, %" PRIu64 " instruction%s ago; goto %" PRIu64, who, ago,
             ago == 1 ? "" : "s", o->executed);
    return buf;
}
