/* Interrupt CSRs: mip, mie and the views of them that S, HS and VS have; delegation registers. What
 * a view shows is said in irq.c. */
#include "cpu/csr_impl.h"
#include "cpu/irq.h"
#include "cpu/trap.h"

#define LCOFI BIT(IRQ_LCOFI)

/* The interrupts that exist, by target. */
static u64 s_bits(const struct hart *h)
{
    return has(h, EXT_S) ? IP_S | (has(h, EXT_Sscofpmf) ? LCOFI : 0) : 0;
}

u64 hie_bits(const struct hart *h)
{
    if (!has(h, EXT_H))
        return 0;
    return IP_VS | (h->config.geilen ? BIT(IRQ_SGEI) : 0);
}

u64 mie_bits(const struct hart *h)
{
    return IP_M | s_bits(h) | hie_bits(h);
}

/* hideleg's writable bits; elsewhere it is read-only zero. LCOFI is Shlcofideleg's; the other local
 * interrupts are virtual ones, which HS-mode has where mvien gives them. */
static u64 hideleg_bits(const struct hart *h)
{
    u64 local = (h->mideleg | h->mvien) & IRQS_LOCAL;
    return IP_VS | (has(h, EXT_Shlcofideleg) ? local : local & ~LCOFI);
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
    mask &= ~(h->mvien & BIT(IRQ_SEI)); /* software's SEIP is in mvip then */
    h->mip = (h->mip & ~mask) | (v & mask);
    if (has(h, EXT_H))
        h->hvip = (h->hvip & ~BIT(IRQ_VSSI)) | (v & BIT(IRQ_VSSI));
}

u64 w_mie(struct hart *h, const struct csr_row *row, u64 old, u64 v)
{
    (void)row, (void)old;
    return v & mie_bits(h);
}

u64 r_sip(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return sip_value(h);
}

/* What S-mode can clear itself: aliases of mip, or of mvip where that stands in. */
void s_sip(struct hart *h, const struct csr_row *row, u64 v)
{
    (void)row;
    u64 real = (BIT(IRQ_SSI) | LCOFI) & h->mideleg;
    u64 filtered = (BIT(IRQ_SSI) | IRQS_LOCAL) & h->mvien & ~h->mideleg;
    h->mip = (h->mip & ~real) | (v & real);
    h->mvip = (h->mvip & ~filtered) | (v & filtered);
}

u64 r_sie(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return sie_value(h);
}

void s_sie(struct hart *h, const struct csr_row *row, u64 v)
{
    (void)row;
    u64 real = h->mideleg & s_bits(h), own = h->mvien & ~h->mideleg;
    h->mie = (h->mie & ~real) | (v & real);
    h->sie = (h->sie & ~own) | (v & own);
}

u64 r_hip(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return mip_value(h) & hie_bits(h);
}

void s_hip(struct hart *h, const struct csr_row *row, u64 v)
{
    (void)row;
    h->hvip = (h->hvip & ~BIT(IRQ_VSSI)) | (v & BIT(IRQ_VSSI));
}

u64 r_hie(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return h->mie & hie_bits(h);
}

u64 w_hie(struct hart *h, const struct csr_row *row, u64 old, u64 v)
{
    (void)row;
    u64 mask = hie_bits(h);
    return (old & ~mask) | (v & mask);
}

/* Writes through vsip and vsie reach what HS-mode's bits are where hideleg is set. */
static u64 delegated_locals(const struct hart *h)
{
    return hideleg_value(h) & IRQS_LOCAL;
}

static u64 under(u64 old, u64 v, u64 mask)
{
    return (old & ~mask) | (v & mask);
}

u64 r_vsip(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return vsip_value(h);
}

void s_vsip(struct hart *h, const struct csr_row *row, u64 v)
{
    u64 deleg = hideleg_value(h), locals = delegated_locals(h), own = h->hvien & ~deleg;
    h->hvip = under(h->hvip, v << 1, deleg & BIT(IRQ_VSSI));
    h->hvip = under(h->hvip, v, own);
    if (locals)
        s_sip(h, row, under(sip_value(h), v, locals));
}

u64 r_vsie(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return vsie_value(h);
}

void s_vsie(struct hart *h, const struct csr_row *row, u64 v)
{
    u64 deleg = hideleg_value(h), locals = delegated_locals(h), own = h->hvien & ~deleg;
    h->mie = under(h->mie, v << 1, deleg & IP_VS);
    h->vsie = under(h->vsie, v, own);
    if (locals)
        s_sie(h, row, under(sie_value(h), v, locals));
}

u64 w_hvip(struct hart *h, const struct csr_row *row, u64 old, u64 v)
{
    (void)row;
    return under(old, v, IP_VS | (has(h, EXT_Ssaia) ? IRQS_LOCAL : 0));
}

u64 w_mideleg(struct hart *h, const struct csr_row *row, u64 old, u64 v)
{
    (void)row, (void)old;
    return (v & s_bits(h)) | hie_bits(h); /* H: the VS bits and SGEI are read-only one */
}

u64 r_hideleg(const struct hart *h, const struct csr_row *row)
{
    (void)row;
    return hideleg_value(h);
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
