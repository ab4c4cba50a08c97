/* A store that faults on the second of its two pages: what becomes of the bytes on the first page
 * is left open. hextant writes none, Spike all of them. */
#include "partial_store.h"

#include <string.h>

#include "cpu/insn.h"
#include "cpu/trap.h"
#include "mmu/mem.h"
#include "mmu/regime.h"

/* By the last letter of its name: sb, fsd, hsv_w. */
static unsigned width(const struct insn_row *row)
{
    switch (row->name[strlen(row->name) - 1]) {
    case 'b':
        return 1;
    case 'h':
        return 2;
    case 'w':
        return 4;
    default:
        return 8;
    }
}

bool finish_partial_store(struct hart *h, const struct trap_event *ev)
{
    bool store = ev->cause == CAUSE_STORE_ACCESS || ev->cause == CAUSE_STORE_PAGE ||
                 ev->cause == CAUSE_STORE_GUEST_PAGE;
    unsigned number = insn_lookup(h, h->insn);
    if (ev->interrupt || !store || ev->code != ev->cause || (ev->tval & 0xfff) ||
        number == INSN_NONE)
        return false;
    const struct insn_row *row = insn_row(insn_row(number)->base);
    bool hsv = !strncmp(row->name, "hsv", 3), fp = row->kind == KIND_FSTORE;
    struct op op;
    struct trap fault;
    insn_operands(number, h->config.xlen, h->insn, &op);
    u64 va = h->x[op.rs1] + (hsv ? 0 : (u64)(s64)op.imm);
    u64 value = fp ? h->f[op.rs2] : h->x[op.rs2];
    unsigned first = 0x1000 - (unsigned)(va & 0xfff);
    if (!(hsv || fp || row->kind == KIND_STORE) || first >= width(row))
        return false;
    if (h->config.xlen == 32)
        va = (u32)va;
    return !mem_access_as(h, hsv ? hypervisor_access_mode(h) : data_mode(h), va, first,
                          ACCESS_STORE, &value, &fault);
}
