/* CSRs without a family: floating point, identification, entropy, vectors. */
#include "cpu/block.h"
#include "cpu/csr_impl.h"
#include "cpu/exec.h"
#include "cpu/lazy.h"
#include "cpu/fp_fast.h"
#include "cpu/trap.h"

/* The host's sticky exceptions are part of fflags (cpu/fp_fast.h). */
void b_fflags(struct hart *h)
{
    h->fflags |= fp_host_flags_collect();
}

u64 r_fflags(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->fflags;
}

u64 r_fcsr(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->fflags | set_field(0, FCSR_FRM, h->frm);
}

void s_fcsr(struct hart *h, const struct csr_row *row, u64 value)
{
    (void)row;
    h->fflags = value & FCSR_FLAGS;
    h->frm = get_field(value, FCSR_FRM);
}

void a_fp(struct hart *h, u64 old)
{
    (void)old;
    lazy_dirty(h, LAZY_FS);
    block_key_changed(h);
    h->d.exit_block = 1;
}

/* Zkr: sixteen bits, always ready (OPST = ES16). The source is deterministic, so that runs repeat.
 */
u64 r_seed(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    u64 x = (h->clock + ((u64)h->id << 48) + 1) * 0x9e3779b97f4a7c15ull;
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93ull;
    return set_field(0, SEED_OPST, OPST_ES16) | (x >> 48);
}

/* xepc: IALIGN=32 hides bit 1. */
u64 r_sepc(const struct hart *h, const struct csr_row *row)
{
    return *csr_field(h, row) & ~(has(h, EXT_Zca) ? 0 : (u64)XEPC_HALF);
}

u64 r_zero(const struct hart *h, const struct csr_row *row)
{
    (void)h, (void)row;
    return 0;
}

void s_nothing(struct hart *h, const struct csr_row *row, u64 value)
{
    (void)h, (void)row, (void)value;
}

u64 r_mvendorid(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->config.mvendorid;
}

u64 r_marchid(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->config.marchid;
}

u64 r_mimpid(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->config.mimpid;
}

u64 r_mhartid(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->id;
}
