/* Commit logs. A line holds the hart, the mode, pc, the instruction's bits, the registers that it
 * has written in the order of their numbers (x before f before CSRs of the same number), the
 * addresses it has loaded from, and what it has stored. */
#include "trace/commits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/bus.h"
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

static void on_start(void *ctx, struct hart *h)
{
    struct traced_hart *th = ctx;
    struct commit *c = &th->commit;
    th->at = line_place_of(h);
    memcpy(th->x, h->x, sizeof th->x);
    memcpy(th->f, h->f, sizeof th->f);
    th->traps = h->event[EVENT_TRAP];
    c->num_mems = c->num_writes = 0;
    c->mstatus = h->mstatus;
    c->vsstatus = h->vsstatus;
    c->fflags = h->fflags;
    c->vtype = h->vtype;
    c->vxsat = h->vxsat;
    c->flags_apart = raises_flags(next_row(h));
    if (c->flags_apart) /* so that flags are seen that were set before */
        h->fflags = 0;
}

static void on_mem(void *ctx, struct hart *h, const struct mem_event *ev)
{
    struct commit *c = &((struct traced_hart *)ctx)->commit;
    (void)h;
    if (c->num_mems < COMMIT_MEMS && !ev->failed)
        c->mem[c->num_mems++] = *ev;
}

/* ---- CSRs ---- */

static void add(struct commit *c, unsigned kind, unsigned number, u64 value)
{
    u32 key = number << 4 | kind;
    unsigned i = c->num_writes;
    for (unsigned k = 0; k < c->num_writes; k++)
        if (c->write[k].key == key) {
            c->write[k].value = value;
            return;
        }
    if (c->num_writes == COMMIT_WRITES)
        return;
    for (; i > 0 && c->write[i - 1].key > key; i--)
        c->write[i] = c->write[i - 1];
    c->write[i] = (struct commit_write){key, value};
    c->num_writes++;
}

static void add_csr(struct commit *c, struct hart *h, unsigned number)
{
    u64 value;
    if (csr_peek(h, number, &value) == 0)
        add(c, COMMIT_CSR, number, value);
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

static void on_csr(void *ctx, struct hart *h, const struct csr_event *ev)
{
    struct commit *c = &((struct traced_hart *)ctx)->commit;
    if (ev->cause || ev->op == CSR_READ || keeps_c(ev))
        return;
    for (unsigned i = 0; i < ARRAY_LEN(views); i++) {
        if (views[i].csr != ev->row)
            continue;
        for (unsigned k = 0; k < 2 && views[i].target[k]; k++)
            add_csr(c, h, views[i].target[k]);
        return;
    }
    add_csr(c, h, ev->row);
}

/* What xRET and floating point write besides. */
static void add_implied(struct traced_hart *th, struct hart *h, unsigned row)
{
    struct commit *c = &th->commit;
    for (unsigned i = 0; i < c->num_writes; i++) /* counts what retires after this instruction */
        if (c->write[i].key == (CSR_minstret << 4 | COMMIT_CSR))
            csr_peek(h, CSR_minstret, &c->write[i].value);
    bool from_guest = mode_table[th->at.mode].v;
    if (row == INSN_mret || (row == INSN_sret && !from_guest) || h->mstatus != c->mstatus) {
        add_csr(c, h, CSR_mstatus);
        if (is_rv32(h) && row == INSN_mret)
            add_csr(c, h, CSR_mstatush);
    }
    if (row == INSN_sret && !from_guest && has(h, EXT_H))
        add_csr(c, h, CSR_hstatus);
    if ((row == INSN_sret && from_guest) || h->vsstatus != c->vsstatus)
        add_csr(c, h, CSR_vsstatus);
    if (c->flags_apart && h->fflags) {
        h->fflags |= c->fflags;
        add(c, COMMIT_CSR, CSR_fflags, h->fflags);
    }
}

/* ---- the line ---- */

static void put_value(struct line *l, u64 v, unsigned bits)
{
    char text[32];
    snprintf(text, sizeof text, "0x%016llx", (unsigned long long)(bits < 64 ? v & MASK(bits) : v));
    memmove(text + 2, text + 18 - bits / 4, bits / 4 + 1);
    line_raw(l, text);
}

/* The registers, as the row's assembly names its destination, and whatever else has changed. */
static void add_registers(struct traced_hart *th, const struct hart *h, unsigned row)
{
    struct commit *c = &th->commit;
    struct op op = {.rd = DUMP_SLOT};
    char dest = row == INSN_NONE ? 0 : insn_row(row)->dest;
    if (dest == 'D' && has(h, EXT_Zfinx))
        dest = 'd';
    if (row != INSN_NONE)
        insn_operands(row, h->config.xlen, h->insn, &op);
    for (unsigned i = 1; i < 32; i++)
        if (h->x[i] != th->x[i] || (dest == 'd' && op.rd == i))
            add(c, COMMIT_X, i, h->x[i]);
    for (unsigned i = 0; i < 32; i++)
        if (h->f[i] != th->f[i] || (dest == 'D' && op.rd == i))
            add(c, COMMIT_F, i, h->f[i]);
}

static bool is_vector(unsigned row)
{
    unsigned kind = row == INSN_NONE ? KIND_SYSTEM : insn_row(row)->kind;
    return kind == KIND_VECTOR || kind == KIND_VECTORF;
}

/* Vector registers, and the CSRs that go with them. */
static void add_vectors(struct traced_hart *th, struct hart *h, unsigned row)
{
    struct commit *c = &th->commit;
    struct op op;
    if (row != INSN_NONE && insn_row(row)->kind == KIND_VSET) {
        add_csr(c, h, CSR_vstart);
        add_csr(c, h, CSR_vl);
        if (h->vtype != c->vtype)
            add_csr(c, h, CSR_vtype);
    }
    if (!is_vector(row))
        return;
    insn_operands(row, h->config.xlen, h->insn, &op);
    u32 written = vec_written(h, (enum insn)row, &op);
    for (unsigned i = 0; i < 32; i++)
        if (written & BIT(i))
            add(c, COMMIT_V, i, 0);
    add_csr(c, h, CSR_vstart);
    if (h->vxsat != c->vxsat)
        add_csr(c, h, CSR_vxsat);
}

/* SEW, LMUL and vl, before what a vector instruction has written. */
static void put_vtype(struct line *l, const struct hart *h)
{
    char text[64];
    int lmul = vec_lmul(h);
    snprintf(text, sizeof text, " e%u %s%u l%llu", 8u << vec_sew(h), lmul < 0 ? "mf" : "m",
             1u << (lmul < 0 ? -lmul : lmul), (unsigned long long)h->vl);
    line_raw(l, text);
}

static void put_vector(struct line *l, const struct hart *h, unsigned number)
{
    struct state_part part = hart_vector_part(h);
    char digits[3];
    line_raw(l, "0x");
    for (u32 i = part.row->size; i-- > 0;) {
        snprintf(digits, sizeof digits, "%02x", ((u8 *)state_element(&part, part.row, number))[i]);
        line_raw(l, digits);
    }
}

static void put_writes(struct line *l, const struct commit *c, const struct hart *h)
{
    unsigned xlen = h->config.xlen, flen = has(h, EXT_D) ? 64 : 32;
    for (unsigned i = 0; i < c->num_writes; i++) {
        u32 number = c->write[i].key >> 4, kind = c->write[i].key & 15;
        char text[64];
        if (kind == COMMIT_CSR)
            snprintf(text, sizeof text, " c%u_%s ", number, csr_name(number));
        else
            snprintf(text, sizeof text, " %c%-2u ", "xfv"[kind], number);
        line_raw(l, text);
        if (kind == COMMIT_V)
            put_vector(l, h, number);
        else
            put_value(l, c->write[i].value, kind == COMMIT_F ? flen : xlen);
    }
}

static bool is_sc(unsigned row)
{
    return row != INSN_NONE && insn_row(row)->access.kind == INSN_ACCESS_SC;
}

/* Did a compare-and-swap or SC store? */
static bool stored(const struct traced_hart *th, const struct hart *h, unsigned row,
                   const struct mem_event *ev)
{
    struct op op;
    insn_operands(row, h->config.xlen, h->insn, &op);
    u64 mask = ev->size < 8 ? MASK(8u * ev->size) : ~0ull;
    if (is_sc(row))
        return op.rd == DUMP_SLOT || h->x[op.rd] == 0;
    bool compares = insn_row(row)->access.kind == INSN_ACCESS_CAS;
    u64 expected = op.rd == DUMP_SLOT ? 0 : th->x[op.rd];
    return !compares || ((ev->value ^ expected) & mask) == 0;
}

static u64 now_there(struct hart *h, const struct mem_event *ev)
{
    u64 v = 0;
    const struct mem_region *m = bus_find_memory(h->bus, ev->pa, ev->size);
    if (m)
        memcpy(&v, m->host + (ev->pa - m->base), ev->size < 8 ? ev->size : 8);
    return v;
}

static void put_memory(struct line *l, const struct traced_hart *th, struct hart *h, unsigned row)
{
    const struct commit *c = &th->commit;
    for (unsigned store = 0; store < 2; store++)
        for (unsigned i = 0; i < c->num_mems; i++) {
            const struct mem_event *ev = &c->mem[i];
            bool atomic = ev->kind == MEM_EVENT_AMO || is_sc(row);
            if (store ? ev->kind != MEM_EVENT_STORE && !(atomic && stored(th, h, row, ev))
                      : ev->kind == MEM_EVENT_STORE || is_sc(row))
                continue;
            line_raw(l, " mem ");
            put_value(l, ev->va, h->config.xlen);
            if (!store)
                continue;
            line_raw(l, " ");
            put_value(l, atomic ? now_there(h, ev) : ev->value, ev->size < 8 ? 8u * ev->size : 64);
        }
}

/* CBO.ZERO is so many stores of a byte. */
static void put_zeroes(struct line *l, const struct traced_hart *th, const struct hart *h)
{
    struct op op;
    insn_operands(INSN_cbo_zero, h->config.xlen, h->insn, &op);
    u64 block = th->x[op.rs1] & ~(CACHE_BLOCK - 1);
    for (u64 i = 0; i < CACHE_BLOCK; i++) {
        line_raw(l, " mem ");
        put_value(l, block + i, h->config.xlen);
        line_raw(l, " 0x00");
    }
}

static void on_insn(void *ctx, struct hart *h)
{
    struct traced_hart *th = ctx;
    struct line *l = NULL;
    char text[32];
    bool trapped = h->event[EVENT_TRAP] != th->traps;
    unsigned row = insn_lookup(h, h->insn);
    unsigned base = row == INSN_NONE ? row : insn_row(row)->base;
    if (!trapped) {
        add_registers(th, h, row);
        add_implied(th, h, base);
        add_vectors(th, h, base);
        l = tracer_begin(th, TRACE_INSN, &th->at, 1u << th->at.mode);
    }
    if (th->commit.flags_apart)
        h->fflags |= th->commit.fflags;
    if (!l)
        return;
    snprintf(text, sizeof text, "core%4u: ", th->at.hart);
    line_raw(l, text);
    snprintf(text, sizeof text, "%u ", mode_table[th->at.mode].nominal);
    line_raw(l, l->format == LINE_COMMITS_MODE ? place_mode(&th->at) : text);
    line_raw(l, l->format == LINE_COMMITS_MODE ? " " : "");
    put_value(l, th->at.pc, h->config.xlen);
    line_raw(l, " (");
    put_value(l, h->insn, h->insn_len * 8u);
    line_raw(l, ")");
    if (is_vector(base))
        put_vtype(l, h);
    put_writes(l, &th->commit, h);
    if (base == INSN_cbo_zero)
        put_zeroes(l, th, h);
    else
        put_memory(l, th, h, base);
    tracer_end(th);
}

void commits_choose_hooks(struct traced_hart *th)
{
    th->hooks->plain = true;
    th->hooks->insn_start = on_start;
    th->hooks->insn = on_insn;
    th->hooks->mem = on_mem;
    th->hooks->csr = on_csr;
}
