/* Registers, memory, translations and traps, for the library's user. */
#include <stdio.h>
#include <string.h>

#include "cpu/csr.h"
#include "lib/lib.h"
#include "machine/history.h"
#include "monitor/report.h"
#include "trace/words.h"

/* ---- registers ---- */

int hx_register_number(const char *name)
{
    int n = reg_number(name);
    if (n >= 0)
        return HX_REG_X + n;
    n = freg_number(name);
    if (n >= 0)
        return HX_REG_F + n;
    if (strcmp(name, "pc") == 0)
        return HX_REG_PC;
    if (strcmp(name, "mode") == 0)
        return HX_REG_MODE;
    n = csr_number(name);
    return n < 0 ? -1 : HX_REG_CSR + n;
}

static int no_register(const struct hart *h, u32 number, struct hx_error *err)
{
    struct error why;
    const char *name = number >= HX_REG_CSR ? csr_name(number - HX_REG_CSR) : NULL;
    error_set(&why, "hart %u has no register %s (number 0x%x) that can be read or written so",
              h->id, name ? name : "?", number);
    return hx_fail(err, &why);
}

int hx_read_register(struct hx_machine *x, uint32_t hart, uint32_t number, uint64_t *value,
                     struct hx_error *err)
{
    const struct hart *h = hx_hart(x, hart, err);
    if (!h)
        return -1;
    if (number < HX_REG_F)
        *value = h->x[number] & MASK(h->config.xlen);
    else if (number < HX_REG_PC)
        *value = h->f[number - HX_REG_F];
    else if (number == HX_REG_PC)
        *value = h->pc & MASK(h->config.xlen);
    else if (number == HX_REG_MODE)
        *value = h->mode;
    else if (number < HX_REG_CSR || csr_peek(x->m->hart[hart], number - HX_REG_CSR, value))
        return no_register(h, number, err);
    return 0;
}

int hx_write_register(struct hx_machine *x, uint32_t hart, uint32_t number, uint64_t value,
                      struct hx_error *err)
{
    struct hart *h = hx_hart(x, hart, err);
    if (!h)
        return -1;
    history_cut(x->m);
    hart_set_pc(h, h->pc); /* misa.C asks where the next instruction is */
    if (number > HX_REG_X && number < HX_REG_F)
        h->x[number] = is_rv32(h) ? (u64)sext(value, 32) : value;
    else if (number >= HX_REG_F && number < HX_REG_PC)
        h->f[number - HX_REG_F] = value;
    else if (number == HX_REG_PC)
        hart_set_pc(h, value);
    else if (number == HX_REG_MODE ? value > HX_MODE_VS || view_enter_mode(h, (unsigned)value)
                                   : number < HX_REG_CSR || csr_poke(h, number - HX_REG_CSR, value))
        return no_register(h, number, err);
    return 0;
}

/* ---- memory ---- */

static const u8 view_kinds[] = {
    [HX_PHYSICAL] = VIEW_PA, [HX_GUEST_PHYSICAL] = VIEW_GPA, [HX_VIRTUAL] = VIEW_VA};

/* 0 or -1. */
static int view_of_place(struct hx_machine *x, const struct hx_place *p, struct view *v,
                         struct hx_error *err)
{
    struct error why;
    enum mode mode;
    struct hart *h = hx_hart(x, p->hart, err);
    if (!h)
        return -1;
    if (p->space >= ARRAY_LEN(view_kinds)) {
        error_set(&why, "%u is no kind of address", p->space);
        return hx_fail(err, &why);
    }
    if (hx_mode_of(h, p->space == HX_VIRTUAL ? p->mode : HX_MODE_PRESENT, &mode, err))
        return -1;
    *v = (struct view){.h = h, .kind = view_kinds[p->space], .mode = (u8)mode};
    return 0;
}

int hx_read_memory(struct hx_machine *x, const struct hx_place *from, void *buf, size_t len,
                   struct hx_error *err)
{
    struct view v;
    struct error why;
    if (view_of_place(x, from, &v, err))
        return -1;
    return view_read(&v, from->address, buf, len, &why) ? hx_fail(err, &why) : 0;
}

int hx_write_memory(struct hx_machine *x, const struct hx_place *to, const void *buf, size_t len,
                    struct hx_error *err)
{
    struct view v;
    struct error why;
    if (view_of_place(x, to, &v, err))
        return -1;
    return view_write(&v, to->address, buf, len, &why) ? hx_fail(err, &why) : 0;
}

/* ---- translation ---- */

/* The user's numbers are ours. */
_Static_assert((int)HX_LOAD == ACCESS_LOAD && (int)HX_STORE == ACCESS_STORE &&
                   (int)HX_FETCH == ACCESS_FETCH,
               "enum hx_access is enum access");
_Static_assert((int)HX_STEPS == REPORT_STEPS, "a translation has as many steps as a report");

static struct hx_walk_step tell_step(const struct report_step *t)
{
    return (struct hx_walk_step){.g_stage = t->s.g_stage,
                                 .level = t->s.level,
                                 .leaf = t->s.leaf,
                                 .leaf_bits = t->leaf_bits,
                                 .address = t->s.table_va,
                                 .entry = t->s.pte_addr,
                                 .entry_pa = t->s.pa,
                                 .pte = t->s.pte,
                                 .target = t->target,
                                 .refused = reason_row(t->s.reason)->words};
}

static void tell_translation(const struct report *rep, struct hx_translation *out)
{
    const struct reason_row *row = reason_row(rep->ok ? REASON_NONE : rep->fault.refusal.reason);
    *out = (struct hx_translation){.allowed = rep->ok,
                                   .cause = rep->cause,
                                   .rule = row->text,
                                   .citation = row->cite,
                                   .translated = rep->translated,
                                   .steps = rep->steps};
    if (rep->translated)
        out->pa = rep->x.pa, out->gpa = rep->x.gpa;
    for (u32 i = 0; i < rep->steps; i++)
        out->step[i] = tell_step(&rep->step[i]);
}

int hx_translate(struct hx_machine *x, const struct hx_place *place, uint32_t access,
                 struct hx_translation *out, struct hx_error *err)
{
    struct view v;
    struct report rep;
    struct error why;
    struct monitor *mon = hx_look(x, err);
    if (!mon || view_of_place(x, place, &v, err))
        return -1;
    if (access > HX_FETCH) {
        error_set(&why, "%u is no kind of access", access);
        return hx_fail(err, &why);
    }
    struct request q = {
        .space = v.kind, .mode = v.mode, .access = (u8)access, .addr = place->address};
    struct probe *p = mon->c->probe;
    probe_load(p, v.h);
    p->h->mode = v.mode;
    probe_settle(p);
    report_make(p->h, &rep, &q);
    tell_translation(&rep, out);
    return 0;
}

/* ---- traps ---- */

struct hx_trap hx_trap_of(const struct trap_event *ev)
{
    const struct reason_row *row = reason_row(ev->interrupt ? REASON_NONE : ev->reason);
    unsigned cause = (unsigned)ev->cause;
    return (struct hx_trap){.interrupt = ev->interrupt,
                            .from = ev->from,
                            .to = mode_of_bank((enum bank)ev->bank),
                            .cause = ev->cause,
                            .epc = ev->epc,
                            .tval = ev->tval,
                            .tval2 = ev->tval2,
                            .tinst = ev->tinst,
                            .name = ev->interrupt ? interrupt_name(cause) : exception_name(cause),
                            .rule = row->text,
                            .citation = row->cite};
}

int hx_last_trap(struct hx_machine *x, uint32_t hart, uint32_t n, struct hx_trap *out,
                 struct hx_error *err)
{
    struct error why;
    struct hart *h = hx_hart(x, hart, err);
    struct monitor *mon = h ? hx_look(x, err) : NULL;
    if (!mon)
        return -1;
    const struct trap_record *r = record_last(&mon->c->hart[hart].log, n);
    if (!r) {
        error_set(&why, "hart %u: not so many traps are remembered", hart);
        return hx_fail(err, &why);
    }
    *out = hx_trap_of(&r->ev);
    out->insn = r->insn;
    return 0;
}
