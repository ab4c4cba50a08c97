/* Pending interrupts: the composed mip and its views, which one is taken next, and the stimecmp /
 * vstimecmp comparators (Sstc). One of the files that own the question about V. */
#include "cpu/irq.h"

#include "cpu/counter.h"
#include "cpu/fields.h"
#include "cpu/imsic.h"
#include "cpu/platform.h"
#include "cpu/trap.h"

/* The order of trap.def in the middle; around it the AIA's plan for standard local interrupts. Last
 * are custom interrupts, which only software can make pending, and the codes that mean nothing. */
const u8 irq_order[64] = {47, 23, 46, 45, 22, 44, 43, 21, 42, 41, 20, 40,
#define EXC(code, e, name, tval, guest, deleg)
#define IRQ(code, e, name) (code),
#include "cpu/trap.def"
#undef EXC
#undef IRQ
                          15, 14, 39, 19, 38, 37, 18, 36, 35, 17, 34, 33, 16, 32,
                          63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50,
                          49, 48, 31, 30, 29, 28, 27, 26, 25, 24, 8,  4,  0};

/* ---- what is pending and enabled, level by level ---- */

u64 mip_value(const struct hart *h)
{
    u64 sw = h->mip;
    if (h->menvcfg & ENVCFG_STCE)
        sw &= ~BIT(IRQ_STI);          /* STIP is the comparator's alone */
    sw &= ~(h->mvien & BIT(IRQ_SEI)); /* SEIP is the line alone */
    u64 v = sw | h->mip_lines;
    if (!has(h, EXT_H))
        return v;
    v |= h->hvip & IP_VS;
    unsigned vgein = get_field(h->hstatus, HSTATUS_VGEIN);
    if (h->hgeip >> vgein & 1) /* bit 0 is zero: no guest */
        v |= BIT(IRQ_VSEI);
    if (h->hgeip & h->hgeie)
        v |= BIT(IRQ_SGEI);
    return v;
}

u64 mvip_value(const struct hart *h)
{
    u64 in_mip = BIT(IRQ_SEI) | (h->menvcfg & ENVCFG_STCE ? 0 : BIT(IRQ_STI)) |
                 (h->mvien & BIT(IRQ_SSI) ? 0 : BIT(IRQ_SSI));
    return (h->mip & in_mip) | (h->mvip & ~in_mip);
}

/* The interrupts that S-mode gets from mvip, not from mip. */
static u64 filtered(const struct hart *h)
{
    return h->mvien & ~h->mideleg;
}

u64 sie_bits(const struct hart *h)
{
    return (h->mideleg & ~IP_HS) | filtered(h);
}

u64 sip_value(const struct hart *h)
{
    return (mip_value(h) & h->mideleg & ~IP_HS) | (mvip_value(h) & filtered(h));
}

u64 sie_value(const struct hart *h)
{
    return (h->mie & h->mideleg & ~IP_HS) | (h->sie & filtered(h));
}

/* Zero where neither mideleg nor mvien gives the interrupt to HS-mode. */
u64 hideleg_value(const struct hart *h)
{
    return h->hideleg & (h->mideleg | (h->mvien & IRQS_LOCAL));
}

/* VS-mode's numbers for the three VS interrupts are one less than the machine's. */
u64 vsip_value(const struct hart *h)
{
    u64 deleg = hideleg_value(h);
    return ((mip_value(h) & deleg & IP_VS) >> 1) | (sip_value(h) & deleg & IRQS_LOCAL) |
           (h->hvip & h->hvien & ~deleg);
}

u64 vsie_value(const struct hart *h)
{
    u64 deleg = hideleg_value(h);
    return ((h->mie & deleg & IP_VS) >> 1) | (sie_value(h) & deleg & IRQS_LOCAL) |
           (h->vsie & h->hvien & ~deleg);
}

static u64 ready(const struct hart *h, enum bank bank)
{
    u64 both = mip_value(h) & h->mie;
    switch (bank) {
    case BANK_M:
        return both & ~h->mideleg;
    case BANK_S:
        return ((sip_value(h) & sie_value(h)) | (both & h->mideleg)) & ~hideleg_value(h);
    default:
        return vsip_value(h) & vsie_value(h);
    }
}

/* ---- which comes first ---- */

static unsigned byte_of(u64 word, unsigned n)
{
    return word >> 8 * n & 0xff;
}

static unsigned guest_priority(const struct hart *h, unsigned code)
{
    static const u8 place[16] = {[1] = 1, [5] = 3, [13] = 5, [14] = 6, [15] = 7};
    if (code >= 16)
        return code < 24 ? byte_of(h->hviprio[1], code - 16) : 0;
    return place[code] ? byte_of(h->hviprio[0], place[code]) : 0;
}

unsigned irq_priority(const struct hart *h, enum bank bank, unsigned code)
{
    if (code >= 64)
        return 0;
    if (bank == BANK_VS)
        return guest_priority(h, code);
    return (bank == BANK_M ? h->miprio : h->siprio)[code];
}

/* The identity that an interrupt file gives the level's external interrupt; 0: it is not the file
 * that does. */
static unsigned external_identity(const struct hart *h, enum bank bank)
{
    int guest = imsic_of_guest(h);
    switch (bank) {
    case BANK_M:
        return imsic_top(h, FILE_M);
    case BANK_S:
        return h->mip_lines & BIT(IRQ_SEI) & ~filtered(h) ? imsic_top(h, FILE_S) : 0;
    default:
        return guest < 0 ? 0 : imsic_top(h, (unsigned)guest);
    }
}

/* That of the interrupt file. PLIC and APLIC do not tell the hart a priority number: their
 * interrupts have 256, as where no interrupt controller supplies one. hvictl can give the guest's
 * another. */
static unsigned external_priority(const struct hart *h, enum bank bank)
{
    unsigned identity = h->imsic ? external_identity(h, bank) : 0;
    if (identity)
        return identity < IPRIO_EXTERNAL ? identity : IPRIO_EXTERNAL;
    if (bank == BANK_VS && get_field(h->hvictl, HVICTL_IID) == IRQ_SEI &&
        !(h->hstatus & HSTATUS_VGEIN) && (h->hvictl & HVICTL_IPRIO))
        return h->hvictl & HVICTL_IPRIO;
    return IPRIO_EXTERNAL;
}

static bool injecting(const struct hart *h)
{
    return h->hvictl & HVICTL_VTI;
}

/* By number; among equals by the default order. */
static struct top_interrupt first_of(const struct hart *h, enum bank bank, u64 pending)
{
    unsigned external = bank == BANK_M ? IRQ_MEI : IRQ_SEI, none = IPRIO_BEFORE_ALL;
    struct top_interrupt top = {.number = UINT16_MAX};
    for (unsigned i = 0; i < ARRAY_LEN(irq_order); i++) {
        unsigned code = irq_order[i];
        if (code == external)
            none = IPRIO_AFTER_ALL;
        if (!(pending >> code & 1))
            continue;
        unsigned number =
            code == external ? external_priority(h, bank) : irq_priority(h, bank, code);
        if (!number)
            number = none;
        if (number < top.number)
            top = (struct top_interrupt){.code = (u16)code, .number = (u16)number};
    }
    return top;
}

/* Where the interrupt that a level takes has been made pending. */
static u8 source_of(const struct hart *h, enum bank bank, unsigned code)
{
    bool local = code >= 13;
    if (bank == BANK_VS && local && !(hideleg_value(h) >> code & 1))
        return IRQ_FROM_HVIP;
    bool of_s = bank == BANK_S || (bank == BANK_VS && local);
    return of_s && filtered(h) >> code & 1 ? IRQ_FROM_MVIP : IRQ_FROM_MIP;
}

/* hvictl's interrupt, where it comes before the guest's external one, whose number is 256 then:
 * they are never equal. */
static void inject(const struct hart *h, struct top_interrupt *top)
{
    unsigned iid = get_field(h->hvictl, HVICTL_IID), number = h->hvictl & HVICTL_IPRIO;
    bool after = h->hvictl & HVICTL_DPR;
    if (iid == IRQ_SEI)
        return;
    if (!number)
        number = after ? IPRIO_AFTER_ALL : IPRIO_BEFORE_ALL;
    if (number < top->number)
        *top = (struct top_interrupt){
            .code = (u16)iid, .number = (u16)number, .source = IRQ_FROM_HVICTL};
}

struct top_interrupt top_interrupt(const struct hart *h, enum bank bank)
{
    bool vti = bank == BANK_VS && injecting(h);
    u64 pending = ready(h, bank);
    if (LIKELY(!pending) && !vti)
        return (struct top_interrupt){0};
    struct top_interrupt top = first_of(h, bank, vti ? pending & BIT(IRQ_SEI) : pending);
    if (top.number != UINT16_MAX)
        top.source = source_of(h, bank, top.code);
    if (vti)
        inject(h, &top);
    if (top.number == UINT16_MAX)
        return (struct top_interrupt){0};
    u32 number = top.number > 255 ? 255 : top.number;
    if (bank == BANK_VS && !(h->hvictl & HVICTL_IPRIOM))
        number = 1;
    top.topi = (u32)top.code << 16 | number;
    return top;
}

/* ---- which is taken ---- */

/* False: certainly nothing is pending at any level. */
static bool maybe_pending(const struct hart *h)
{
    return (mip_value(h) & h->mie) || (h->mvip && h->mvien) || (h->hvip && h->hvien) ||
           (h->mvien & h->mip) || injecting(h);
}

static bool takes(const struct hart *h, enum bank bank)
{
    switch (bank) {
    case BANK_M:
        return h->mode != MODE_M || (h->mstatus & MSTATUS_MIE);
    case BANK_S:
        return h->mode != MODE_M && (h->mode != MODE_S || (h->mstatus & MSTATUS_SIE));
    default:
        return mode_table[h->mode].v && (h->mode != MODE_VS || (h->vsstatus & MSTATUS_SIE));
    }
}

/* The machine's code for an interrupt as the level sees it. */
static unsigned machine_code(enum bank bank, const struct top_interrupt *t)
{
    return bank == BANK_VS && t->source == IRQ_FROM_MIP && t->code < 13 ? t->code + 1u : t->code;
}

int pending_interrupt(const struct hart *h, struct delegation *d)
{
    if (LIKELY(!maybe_pending(h)) || (has(h, EXT_Smrnmi) && !(h->mnstatus & MNSTATUS_NMIE)))
        return -1;
    for (enum bank bank = BANK_M; bank < BANK_COUNT; bank++) { /* M, (H)S, VS */
        struct top_interrupt t = {0};
        if (takes(h, bank))
            t = top_interrupt(h, bank);
        if (!t.topi)
            continue;
        unsigned code = machine_code(bank, &t);
        *d = (struct delegation){.bank = bank,
                                 .irq = 1,
                                 .medeleg = code < 64 && h->mideleg >> code & 1,
                                 .hedeleg = code < 64 && hideleg_value(h) >> code & 1,
                                 .source = t.source,
                                 .number = t.number,
                                 .cause = t.code};
        return (int)code;
    }
    return -1;
}

bool hart_wakes(const struct hart *h)
{
    return maybe_pending(h) && (top_interrupt(h, BANK_M).topi || top_interrupt(h, BANK_S).topi ||
                                (has(h, EXT_H) && top_interrupt(h, BANK_VS).topi));
}

u64 time_value(const struct hart *h, unsigned v)
{
    return h->platform->now(h->platform->ctx) + (v ? h->htimedelta : 0);
}

/* A line of mip changes. */
static void set_line(struct hart *h, unsigned irq, u64 level)
{
    u64 lines = set_field(h->mip_lines, BIT(irq), level);
    if (lines == h->mip_lines)
        return;
    h->mip_lines = lines;
    h->d.irq_check = h->d.exit_block = 1;
    if (UNLIKELY(h->trace.irq != NULL))
        h->trace.irq(h->trace.ctx, h, irq, (unsigned)level);
}

static void compare(struct hart *h, unsigned irq, u64 on, u64 now, u64 cmp, u64 delta)
{
    u64 fires = on && now + delta >= cmp;
    set_line(h, irq, fires);
    if (on && !fires && cmp - delta > now) {
        u64 slot = h->platform->slot_of_time(h->platform->ctx, h, cmp - delta);
        if (slot < h->next_event)
            h->next_event = slot;
    }
}

void update_timers(struct hart *h)
{
    u64 now = h->platform->now(h->platform->ctx);
    counters_update(h);
    h->next_event = counters_next_overflow(h);
    u64 stce = has(h, EXT_Sstc) ? h->menvcfg & ENVCFG_STCE : 0;
    if (has(h, EXT_Sstc))
        compare(h, IRQ_STI, stce, now, h->stimecmp, 0);
    if (has(h, EXT_H) && has(h, EXT_Sstc))
        compare(h, IRQ_VSTI, stce & h->henvcfg, now, h->vstimecmp, h->htimedelta);
}

u64 hart_next_event(const struct hart *h)
{
    return h->next_event;
}

void hart_set_line(struct hart *h, unsigned irq, unsigned level)
{
    set_line(h, irq, level);
    hart_attention(h);
}

void hart_attention(struct hart *h)
{
    h->d.irq_check = h->d.exit_block = 1;
}
