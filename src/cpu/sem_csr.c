/* The six CSR instructions (chapter Zicsr): what is read and written for rd = x0 and rs1 = x0. The
 * register number and the five-bit immediate share op->rs1, so "writes nothing" is rs1 = 0 in all
 * of the set and clear forms. */
#include "cpu/sem_fns.h"

static int csr_insn(struct hart *h, const struct op *op, enum csr_op how, u64 operand)
{
    u64 old = 0;
    bool read = how != CSR_WRITE || op->rd != DUMP_SLOT;
    if (csr_access(h, (unsigned)op->imm, how, operand, read ? &old : NULL))
        return TRAPPED;
    set_rd(h, op, old);
    return 0;
}

int sem_csrrw(struct hart *h, const struct op *op)
{
    return csr_insn(h, op, CSR_WRITE, get_x(h, op->rs1));
}

int sem_csrrs(struct hart *h, const struct op *op)
{
    return csr_insn(h, op, op->rs1 ? CSR_SET : CSR_READ, get_x(h, op->rs1));
}

int sem_csrrc(struct hart *h, const struct op *op)
{
    return csr_insn(h, op, op->rs1 ? CSR_CLEAR : CSR_READ, get_x(h, op->rs1));
}

int sem_csrrwi(struct hart *h, const struct op *op)
{
    return csr_insn(h, op, CSR_WRITE, op->rs1);
}

int sem_csrrsi(struct hart *h, const struct op *op)
{
    return csr_insn(h, op, op->rs1 ? CSR_SET : CSR_READ, op->rs1);
}

int sem_csrrci(struct hart *h, const struct op *op)
{
    return csr_insn(h, op, op->rs1 ? CSR_CLEAR : CSR_READ, op->rs1);
}
