/* Small extensions: cache-block operations, the shadow stack, and the AES key schedule's one
 * instruction with reserved operands. */
#include <string.h>

#include "cpu/sem_crypto.h"
#include "cpu/sem_fns.h"

/* There are no caches to manage: what is left is who may do it, and where. */
static int cbo(struct hart *h, const struct op *op, enum cbo which, void **host, u64 *pa)
{
    if (cbo_check(h, which))
        return TRAPPED;
    enum access access = which == CBO_ZERO ? ACCESS_STORE : ACCESS_LOAD;
    return mem_cbo(h, address(h, op->rs1, 0), access, host, pa);
}

int sem_cbo_inval(struct hart *h, const struct op *op)
{
    void *host;
    u64 pa;
    return cbo(h, op, CBO_INVAL, &host, &pa);
}

int sem_cbo_clean(struct hart *h, const struct op *op)
{
    void *host;
    u64 pa;
    return cbo(h, op, CBO_CLEAN, &host, &pa);
}

int sem_cbo_flush(struct hart *h, const struct op *op)
{
    void *host;
    u64 pa;
    return cbo(h, op, CBO_FLUSH, &host, &pa);
}

int sem_cbo_zero(struct hart *h, const struct op *op)
{
    void *host;
    u64 pa;
    if (cbo(h, op, CBO_ZERO, &host, &pa))
        return TRAPPED;
    memset(host, 0, CACHE_BLOCK);
    mem_stored(h, pa, CACHE_BLOCK);
    return 0;
}

static u64 ssp_plus(const struct hart *h, s64 offset)
{
    u64 ssp = h->ssp + (u64)offset;
    return is_rv32(h) ? (u32)ssp : ssp;
}

/* CFI chapter, "Push to the Shadow Stack": ssp moves only if the store succeeds. */
int sem_sspush(struct hart *h, const struct op *op, const struct insn_access *a)
{
    if (!ss_active(h))
        return 0;
    u64 top = ssp_plus(h, -(s64)xlen_bytes(h));
    if (mem_store(h, top, xlen_bytes(h), a->flags, get_x(h, op->rs2)))
        return TRAPPED;
    h->ssp = top;
    return 0;
}

/* "Pop from the Shadow Stack". */
int sem_sspopchk(struct hart *h, const struct op *op, const struct insn_access *a)
{
    enum { SHADOW_STACK_FAULT = 3 };
    u64 value;
    if (!ss_active(h))
        return 0;
    if (mem_load(h, h->ssp, xlen_bytes(h), a->flags, &value))
        return TRAPPED;
    if (value != get_x(h, op->rs1))
        return raise_exception(h, CAUSE_SOFTWARE_CHECK, SHADOW_STACK_FAULT, REASON_SHADOW_STACK);
    h->ssp = ssp_plus(h, xlen_bytes(h));
    return 0;
}

int sem_ssrdp(struct hart *h, const struct op *op)
{
    set_rd(h, op, ss_active(h) ? h->ssp : 0);
    return 0;
}

/* Round numbers above 10 are reserved. */
int sem_aes64ks1i(struct hart *h, const struct op *op)
{
    if (op->imm > 10)
        return raise_illegal(h, REASON_OPERANDS);
    set_rd(h, op, aes64_key_schedule(h->x[op->rs1], (unsigned)op->imm));
    return 0;
}
