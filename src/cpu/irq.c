/* Pending interrupts: the composed mip, which one is taken next (priority order of trap.def), and
 * the stimecmp / vstimecmp comparators (Sstc). One of the files that own the question about V. */
#include "cpu/irq.h"

#include "cpu/counter.h"
#include "cpu/fields.h"
#include "cpu/trap.h"
#include "machine/machine.h"

static const u8 priority[] = {
#define EXC(code, e, name, tval, guest, deleg)
#define IRQ(code, e, name) (code),
#include "cpu/trap.def"
#undef EXC
#undef IRQ
};

u64 mip_value(const struct hart *h)
{
    u64 sw = h->mip;
    if (h->menvcfg & ENVCFG_STCE)
        sw &= ~BIT(IRQ_STI); /* STIP is the comparator's alone */
    u64 v = sw | h->mip_lines;
    if (!has(h, EXT_H))
        return v;
    v |= h->hvip & IP_VS;
    unsigned vgein = get_field(h->hstatus, HSTATUS_VGEIN);
    if (vgein && (h->hgeip >> vgein & 1))
        v |= BIT(IRQ_VSEI);
    if (h->hgeip & h->hgeie)
        v |= BIT(IRQ_SGEI);
    return v;
}

static int highest(u64 pending)
{
    for (unsigned i = 0; i < ARRAY_LEN(priority); i++)
        if (pending >> priority[i] & 1)
            return priority[i];
    return -1;
}

int pending_interrupt(const struct hart *h, struct delegation *d)
{
    u64 pending = mip_value(h) & h->mie;
    if (LIKELY(!pending) || (has(h, EXT_Smrnmi) && !(h->mnstatus & MNSTATUS_NMIE)))
        return -1;
    u64 to_m = pending & ~h->mideleg;
    u64 to_s = pending & h->mideleg & ~h->hideleg;
    u64 to_vs = pending & h->mideleg & h->hideleg;
    const struct mode_info *m = &mode_table[h->mode];
    bool m_on = h->mode != MODE_M || (h->mstatus & MSTATUS_MIE);
    bool s_on = h->mode != MODE_M && (h->mode != MODE_S || (h->mstatus & MSTATUS_SIE));
    bool vs_on = m->v && (h->mode != MODE_VS || (h->vsstatus & MSTATUS_SIE));
    int irq = m_on ? highest(to_m) : -1;
    if (irq < 0 && s_on)
        irq = highest(to_s);
    if (irq < 0 && vs_on)
        irq = highest(to_vs);
    if (irq >= 0)
        *d = delegate(h, (unsigned)irq, 1);
    return irq;
}

bool hart_wakes(const struct hart *h)
{
    return (mip_value(h) & h->mie) != 0;
}

u64 time_value(const struct hart *h, unsigned v)
{
    return machine_now(h) + (v ? h->htimedelta : 0);
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
        u64 slot = machine_slot_of_time(h, cmp - delta);
        if (slot < h->next_event)
            h->next_event = slot;
    }
}

void update_timers(struct hart *h)
{
    u64 now = machine_now(h);
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

void hart_time_changed(struct hart *h)
{
    update_timers(h);
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
