/* Which registers an instruction writes: by its row, by its use of CSRs, and by comparison. */
#include "trace/writes.h"

#include <string.h>

#include "cpu/csr.h"
#include "cpu/fields.h"
#include "cpu/insn.h"
#include "cpu/vec.h"
#include "mmu/tlb.h"

/* ---- before the instruction ---- */

/* The row of the instruction that is about to execute, as far as its page can be read. */
static unsigned next_row(struct hart *h)
{
    u64 pa;
    u32 bits;
    const u8 *page = mmu_fetch_page(h, h->pc, &pa);
    if (!page || (h->pc & 0xfff) > 0xffc)
        return INSN_NONE;
    memcpy(&bits, page + (h->pc & 0xfff), 4);
    unsigned row = insn_lookup(h, insn_length(bits) == 2 ? bits & 0xffff : bits);
    return row == INSN_NONE ? row : insn_row(row)->base;
}

/* Does the row do arithmetic that raises flags and reads none? */
static bool raises_flags(unsigned row)
{
    unsigned kind = row == INSN_NONE ? KIND_SYSTEM : insn_row(row)->kind;
    return kind == KIND_FP || kind == KIND_FPN || kind == KIND_PLAINF;
}

void writes_begin(struct writes *w, struct hart *h)
{
    memcpy(w->x, h->x, sizeof w->x);
    memcpy(w->f, h->f, sizeof w->f);
    w->traps = h->event[EVENT_TRAP];
    w->mode = h->mode;
    w->num = 0;
    w->mstatus = h->mstatus;
    w->vsstatus = h->vsstatus;
    w->fflags = h->fflags;
    w->vtype = h->vtype;
    w->vxsat = h->vxsat;
    w->flags_apart = raises_flags(next_row(h));
    if (w->flags_apart) /* so that flags are seen that were set before */
        h->fflags = 0;
}

/* ---- CSRs ---- */

static void add(struct writes *w, unsigned kind, unsigned number, u64 value)
{
    u32 key = number << 4 | kind;
    unsigned i = w->num;
    for (unsigned k = 0; k < w->num; k++)
        if (w->write[k].key == key) {
            w->write[k].value = value;
            return;
        }
    if (w->num == WRITES_MOST)
        return;
    for (; i > 0 && w->write[i - 1].key > key; i--)
        w->write[i] = w->write[i - 1];
    w->write[i] = (struct register_write){key, value};
    w->num++;
}

static void add_csr(struct writes *w, struct hart *h, unsigned number)
{
    u64 value;
    if (csr_peek(h, number, &value) == 0)
        add(w, WRITTEN_CSR, number, value);
}

/* Registers that are views of others: the log names what they are views of. */
static const struct {
    u16 csr, target[2];
} views[] = {
    {CSR_sstatus, {CSR_mstatus}},  {CSR_fcsr, {CSR_fflags, CSR_frm}},
    {CSR_sie, {CSR_sie, CSR_mie}}, {CSR_sip, {CSR_mip}},
    {CSR_hie, {CSR_mie}},          {CSR_vsie, {CSR_mie}},
    {CSR_hip, {CSR_mip}},          {CSR_hvip, {CSR_mip, CSR_hvip}},
    {CSR_vsip, {CSR_mip}},
};

/* MISA.C is not cleared where the next instruction would not be aligned: nothing is written then.
 */
static bool keeps_c(const struct csr_event *ev)
{
    u64 wanted = ev->op == CSR_CLEAR ? ev->old & ~ev->operand : ev->operand;
    return ev->row == CSR_misa && ev->op != CSR_SET && !(wanted & MISA_C) && (ev->value & MISA_C);
}

static bool is_write(const struct csr_event *ev)
{
    return !ev->cause && ev->op != CSR_READ && !keeps_c(ev);
}

bool writes_name(const struct csr_event *ev, unsigned csr)
{
    bool same = ev->row == csr;
    for (unsigned i = 0; i < ARRAY_LEN(views); i++)
        for (unsigned k = 0; k < 2; k++)
            same |= views[i].csr == ev->row && views[i].target[k] == csr;
    return same && is_write(ev);
}

void writes_csr(struct writes *w, struct hart *h, const struct csr_event *ev)
{
    if (!is_write(ev))
        return;
    for (unsigned i = 0; i < ARRAY_LEN(views); i++) {
        if (views[i].csr != ev->row)
            continue;
        for (unsigned k = 0; k < 2 && views[i].target[k]; k++)
            add_csr(w, h, views[i].target[k]);
        return;
    }
    add_csr(w, h, ev->row);
}

/* What xRET and floating point write besides. */
static void add_implied(struct writes *w, struct hart *h, unsigned row)
{
    for (unsigned i = 0; i < w->num; i++) /* counts what retires after this instruction */
        if (w->write[i].key == (CSR_minstret << 4 | WRITTEN_CSR))
            csr_peek(h, CSR_minstret, &w->write[i].value);
    bool from_guest = mode_table[w->mode].v;
    if (row == INSN_mret || (row == INSN_sret && !from_guest) || h->mstatus != w->mstatus) {
        add_csr(w, h, CSR_mstatus);
        if (is_rv32(h) && row == INSN_mret)
            add_csr(w, h, CSR_mstatush);
    }
    if (row == INSN_sret && !from_guest && has(h, EXT_H))
        add_csr(w, h, CSR_hstatus);
    if ((row == INSN_sret && from_guest) || h->vsstatus != w->vsstatus)
        add_csr(w, h, CSR_vsstatus);
    if (w->flags_apart && h->fflags) {
        h->fflags |= w->fflags;
        add(w, WRITTEN_CSR, CSR_fflags, h->fflags);
    }
}

/* ---- after it ---- */

/* The registers, as the row's assembly names its destination, and whatever else has changed. */
static void add_registers(struct writes *w, const struct hart *h, unsigned row)
{
    struct op op = {.rd = DUMP_SLOT};
    char dest = row == INSN_NONE ? 0 : insn_row(row)->dest;
    if (dest == 'D' && has(h, EXT_Zfinx))
        dest = 'd';
    if (row != INSN_NONE)
        insn_operands(row, h->config.xlen, h->insn, &op);
    for (unsigned i = 1; i < 32; i++)
        if (h->x[i] != w->x[i] || (dest == 'd' && op.rd == i))
            add(w, WRITTEN_X, i, h->x[i]);
    for (unsigned i = 0; i < 32; i++)
        if (h->f[i] != w->f[i] || (dest == 'D' && op.rd == i))
            add(w, WRITTEN_F, i, h->f[i]);
}

bool row_is_vector(unsigned row)
{
    unsigned kind = row == INSN_NONE ? KIND_SYSTEM : insn_row(row)->kind;
    return kind == KIND_VECTOR || kind == KIND_VECTORF;
}

/* Vector registers, and the CSRs that go with them. */
static void add_vectors(struct writes *w, struct hart *h, unsigned row)
{
    struct op op;
    if (row != INSN_NONE && insn_row(row)->kind == KIND_VSET) {
        add_csr(w, h, CSR_vstart);
        add_csr(w, h, CSR_vl);
        if (h->vtype != w->vtype)
            add_csr(w, h, CSR_vtype);
    }
    if (!row_is_vector(row))
        return;
    insn_operands(row, h->config.xlen, h->insn, &op);
    u32 written = vec_written(h, (enum insn)row, &op);
    for (unsigned i = 0; i < 32; i++)
        if (written & BIT(i))
            add(w, WRITTEN_V, i, 0);
    add_csr(w, h, CSR_vstart);
    if (h->vxsat != w->vxsat)
        add_csr(w, h, CSR_vxsat);
}

bool writes_end(struct writes *w, struct hart *h)
{
    bool retired = h->event[EVENT_TRAP] == w->traps;
    unsigned row = insn_lookup(h, h->insn), base = row == INSN_NONE ? row : insn_row(row)->base;
    if (retired) {
        add_registers(w, h, row);
        add_implied(w, h, base);
        add_vectors(w, h, base);
    }
    if (w->flags_apart)
        h->fflags |= w->fflags;
    return retired;
}
