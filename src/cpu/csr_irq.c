/* Interrupt CSRs: mip, mie and the views of them that S, HS and VS have; delegation registers. */
#include "cpu/csr_impl.h"
#include "cpu/irq.h"
#include "cpu/trap.h"

#define LCOFI BIT(IRQ_LCOFI)

/* The interrupts that exist, by target. */
static u64 s_bits(const struct hart *h)
{
    return has(h, EXT_S) ? IP_S | (has(h, EXT_Sscofpmf) ? LCOFI : 0) : 0;
}

static u64 hs_bits(const struct hart *h)
{
    if (!has(h, EXT_H))
        return 0;
    return IP_VS | (h->config.geilen ? BIT(IRQ_SGEI) : 0);
}

/* hideleg's writable bits; elsewhere it is read-only zero. */
static u64 hideleg_bits(const struct hart *h)
{
    return IP_VS | (has(h, EXT_Shlcofideleg) ? h->mideleg & LCOFI : 0);
}

u64 r_mip(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return mip_value(h);
}

/* CSRRS and CSRRC on mip modify software's SEIP bit, not the line (machine chapter, mip.SEIP). */
u64 r_mip_sw(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return (mip_value(h) & ~BIT(IRQ_SEI)) | (h->mip & BIT(IRQ_SEI));
}

void s_mip(struct hart *h, const struct csr_row *row, u64 v)
{
    (void)row;
    u64 mask = s_bits(h);
    if (h->menvcfg & ENVCFG_STCE)
        mask &= ~BIT(IRQ_STI);
    h->mip = (h->mip & ~mask) | (v & mask);
    if (has(h, EXT_H))
        h->hvip = (h->hvip & ~BIT(IRQ_VSSI)) | (v & BIT(IRQ_VSSI));
}

u64 w_mie(struct hart *h, const struct csr_row *row, u64 old, u64 v)
{
    (void)row, (void)old;
    return v & (IP_M | s_bits(h) | hs_bits(h));
}

u64 r_sip(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return mip_value(h) & h->mideleg & s_bits(h);
}

void s_sip(struct hart *h, const struct csr_row *row, u64 v)
{
    (void)row;
    u64 mask = (BIT(IRQ_SSI) | LCOFI) & h->mideleg & s_bits(h);
    h->mip = (h->mip & ~mask) | (v & mask);
}

u64 r_sie(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->mie & h->mideleg & s_bits(h);
}

void s_sie(struct hart *h, const struct csr_row *row, u64 v)
{
    (void)row;
    u64 mask = h->mideleg & s_bits(h);
    h->mie = (h->mie & ~mask) | (v & mask);
}

u64 r_hip(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return mip_value(h) & hs_bits(h);
}

void s_hip(struct hart *h, const struct csr_row *row, u64 v)
{
    (void)row;
    h->hvip = (h->hvip & ~BIT(IRQ_VSSI)) | (v & BIT(IRQ_VSSI));
}

u64 r_hie(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->mie & hs_bits(h);
}

u64 w_hie(struct hart *h, const struct csr_row *row, u64 old, u64 v)
{
    (void)row;
    u64 mask = hs_bits(h);
    return (old & ~mask) | (v & mask);
}

/* VS-mode's numbers are one less than the machine's; LCOFI keeps its number. */
static u64 to_vs(u64 bits_)
{
    return (bits_ & IP_VS) >> 1 | (bits_ & LCOFI);
}

static u64 from_vs(u64 bits_)
{
    return (bits_ & IP_S) << 1 | (bits_ & LCOFI);
}

u64 r_vsip(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return to_vs(mip_value(h) & h->hideleg & h->mideleg);
}

void s_vsip(struct hart *h, const struct csr_row *row, u64 v)
{
    (void)row;
    u64 m = from_vs(v);
    u64 deleg = h->hideleg & h->mideleg, ssip = deleg & BIT(IRQ_VSSI), lcofi = deleg & LCOFI;
    h->hvip = (h->hvip & ~ssip) | (m & ssip);
    h->mip = (h->mip & ~lcofi) | (m & lcofi);
}

u64 r_vsie(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return to_vs(h->mie & h->hideleg & h->mideleg);
}

void s_vsie(struct hart *h, const struct csr_row *row, u64 v)
{
    (void)row;
    u64 deleg = h->hideleg & h->mideleg;
    h->mie = (h->mie & ~deleg) | (from_vs(v) & deleg);
}

u64 w_mideleg(struct hart *h, const struct csr_row *row, u64 old, u64 v)
{
    (void)row, (void)old;
    return (v & s_bits(h)) | hs_bits(h); /* H: the VS bits and SGEI are read-only one */
}

u64 r_hideleg(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->hideleg & h->mideleg;
}

u64 w_hideleg(struct hart *h, const struct csr_row *row, u64 old, u64 v)
{
    (void)row, (void)old;
    return v & hideleg_bits(h);
}

u64 w_medeleg(struct hart *h, const struct csr_row *row, u64 old, u64 v)
{
    (void)row, (void)old;
    return v & medeleg_writable(h);
}

u64 w_hedeleg(struct hart *h, const struct csr_row *row, u64 old, u64 v)
{
    (void)row, (void)old;
    return v & hedeleg_writable(h);
}

u64 w_hgeie(struct hart *h, const struct csr_row *row, u64 old, u64 v)
{
    (void)row, (void)old;
    return v & MASK(h->config.geilen) << 1;
}

void a_irq(struct hart *h, u64 old)
{
    (void)old;
    hart_attention(h);
}

void a_timer(struct hart *h, u64 old)
{
    (void)old;
    update_timers(h);
    hart_attention(h);
}
