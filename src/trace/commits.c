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

static void on_start(void *ctx, struct hart *h)
{
    struct traced_hart *th = ctx;
    th->at = line_place_of(h);
    th->commit.num_mems = 0;
    writes_begin(&th->commit.w, h);
}

static void on_mem(void *ctx, struct hart *h, const struct mem_event *ev)
{
    struct commit *c = &((struct traced_hart *)ctx)->commit;
    (void)h;
    if (c->num_mems < COMMIT_MEMS && !ev->failed)
        c->mem[c->num_mems++] = *ev;
}

static void on_csr(void *ctx, struct hart *h, const struct csr_event *ev)
{
    writes_csr(&((struct traced_hart *)ctx)->commit.w, h, ev);
}

/* ---- the line ---- */

static void put_value(struct line *l, u64 v, unsigned bits)
{
    char text[32];
    snprintf(text, sizeof text, "0x%016llx", (unsigned long long)(bits < 64 ? v & MASK(bits) : v));
    memmove(text + 2, text + 18 - bits / 4, bits / 4 + 1);
    line_raw(l, text);
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

static void put_writes(struct line *l, const struct writes *w, const struct hart *h)
{
    unsigned xlen = h->config.xlen, flen = has(h, EXT_D) ? 64 : 32;
    for (unsigned i = 0; i < w->num; i++) {
        u32 number = w->write[i].key >> 4, kind = w->write[i].key & 15;
        char text[64];
        if (kind == WRITTEN_CSR)
            snprintf(text, sizeof text, " c%u_%s ", number, csr_name(number));
        else
            snprintf(text, sizeof text, " %c%-2u ", "xfv"[kind], number);
        line_raw(l, text);
        if (kind == WRITTEN_V)
            put_vector(l, h, number);
        else
            put_value(l, w->write[i].value, kind == WRITTEN_F ? flen : xlen);
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
    u64 expected = op.rd == DUMP_SLOT ? 0 : th->commit.w.x[op.rd];
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
    u64 block = th->commit.w.x[op.rs1] & ~(CACHE_BLOCK - 1);
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
    unsigned row = insn_lookup(h, h->insn);
    unsigned base = row == INSN_NONE ? row : insn_row(row)->base;
    if (writes_end(&th->commit.w, h))
        l = tracer_begin(th, TRACE_INSN, &th->at, 1u << th->at.mode);
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
    if (row_is_vector(base))
        put_vtype(l, h);
    put_writes(l, &th->commit.w, h);
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
