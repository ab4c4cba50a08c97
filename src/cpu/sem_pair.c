/* Loads and stores that are rare: of a pair of registers (Zilsd, Zclsd), and ordered ones (Zalasr).
 * Harts take turns, so every access is ordered and atomic as it is. */
#include "cpu/sem_fns.h"

int sem_load_pair(struct hart *h, const struct op *op, const struct insn_access *a)
{
    u64 value;
    if (mem_load(h, address(h, op->rs1, op->imm), a->bytes, a->flags, &value))
        return TRAPPED;
    set_x_pair(h, op->rd, value);
    return 0;
}

int sem_store_pair(struct hart *h, const struct op *op, const struct insn_access *a)
{
    return mem_store(h, address(h, op->rs1, op->imm), a->bytes, a->flags, x_pair(h, op->rs2));
}

int sem_load_acquire(struct hart *h, const struct op *op, const struct insn_access *a)
{
    u64 value;
    if (mem_load(h, address(h, op->rs1, 0), a->bytes, a->flags, &value))
        return TRAPPED;
    set_rd(h, op, (u64)sext(value, 8u * a->bytes));
    return 0;
}

int sem_store_release(struct hart *h, const struct op *op, const struct insn_access *a)
{
    u64 value = h->x[op->rs2] & MASK(8u * a->bytes);
    return mem_store(h, address(h, op->rs1, 0), a->bytes, a->flags, value);
}
