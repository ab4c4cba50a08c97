/* Interrupts: what is pending, who has it enabled, where it goes, and why it is not taken. */
#include <inttypes.h>
#include <string.h>

#include "cpu/csr.h"
#include "cpu/fields.h"
#include "cpu/irq.h"
#include "monitor/names.h"
#include "monitor/why.h"

/* Where the bit in mip comes from. */
static void source_text(const struct hart *h, unsigned i, char *buf, size_t len)
{
    u64 bit = BIT(i);
    buf[0] = '\0';
    if (h->mip_lines & bit)
        snprintf(buf, len, "%s",
                 i == IRQ_STI                                 ? "stimecmp"
                 : i == IRQ_VSTI                              ? "vstimecmp"
                 : i == IRQ_MTI                               ? "mtimecmp"
                 : h->imsic && (i == IRQ_MEI || i == IRQ_SEI) ? "an interrupt file"
                                                              : "a device");
    else if (h->mip & bit)
        snprintf(buf, len, "written by software");
    else if (vs_interrupt(i) && (h->hvip & bit))
        snprintf(buf, len, "hvip");
    else if (i == IRQ_VSEI && (mip_value(h) & bit))
        snprintf(buf, len, "hgeip, by hstatus.VGEIN");
    else if (i == IRQ_SGEI && (mip_value(h) & bit))
        snprintf(buf, len, "hgeip & hgeie");
}

/* Does something keep the level from taking any interrupt? Then buf says what. */
static bool held_back(const struct hart *h, enum bank target, char buf[48])
{
    const char *why = NULL;
    if (has(h, EXT_Smrnmi) && !(h->mnstatus & MNSTATUS_NMIE)) {
        snprintf(buf, 48, "mnstatus.NMIE=0 holds all back");
        return true;
    }
    switch (target) {
    case BANK_M:
        if (h->mode == MODE_M && !(h->mstatus & MSTATUS_MIE))
            why = ", which has mstatus.MIE=0";
        break;
    case BANK_S:
        if (h->mode == MODE_M)
            why = ", which is below M-mode";
        else if (h->mode == MODE_S && !(h->mstatus & MSTATUS_SIE))
            why = ", which has sstatus.SIE=0";
        break;
    default:
        if (!mode_table[h->mode].v)
            why = ", but V=0: it waits for the guest";
        else if (h->mode == MODE_VS && !(h->vsstatus & MSTATUS_SIE))
            why = ", which has vsstatus.SIE=0";
    }
    if (why)
        snprintf(buf, 48, "goes to %s%s", bank_name(h, target), why);
    return why != NULL;
}

/* One line: an interrupt of a level, as that level sees it, or as mip has it. */
struct irq_line {
    unsigned code, of_level; /* in mip; as the level sees it */
    bool pending, enabled;
    enum bank target;
    u8 source;
};

/* The interrupt that is taken next. */
struct next_irq {
    int code;
    struct delegation d;
};

static bool is_next(const struct irq_line *l, const struct next_irq *n)
{
    return n->code == (int)l->code && n->d.bank == l->target && n->d.source == l->source;
}

/* The bit that would enable it: "mie.STIE". */
static const char *disabled_text(const struct irq_line *l, char *buf, size_t len)
{
    const char *reg = l->source == IRQ_FROM_MVIP   ? "sie"
                      : l->source == IRQ_FROM_HVIP ? "vsie"
                                                   : "mie";
    const char *name = cause_short_name(l->code, 1);
    if (*name)
        snprintf(buf, len, "pending, but disabled in %s.%sE", reg, name);
    else
        snprintf(buf, len, "pending, but disabled in %s[%u]", reg, l->code);
    return buf;
}

/* Why it is not taken now; "is taken" if it is the one. `buf` is for texts that are made. */
static const char *verdict(const struct hart *h, const struct irq_line *l, const struct next_irq *n,
                           char buf[48])
{
    if (!l->pending)
        return "not pending";
    if (!l->enabled)
        return vs_interrupt(l->code) && l->target != BANK_VS
                   ? "disabled; vsie cannot enable it while hideleg has it clear"
                   : disabled_text(l, buf, 48);
    if (is_next(l, n))
        return "is taken before the next instruction";
    if (held_back(h, l->target, buf))
        return buf;
    if (l->target == BANK_VS && (h->hvictl & HVICTL_VTI) && l->of_level != IRQ_SEI)
        return "hvictl.VTI=1 hides it";
    return "another one has priority";
}

static bool has_aia(const struct hart *h)
{
    return has(h, EXT_Smaia) || has(h, EXT_Ssaia);
}

static void show_line(struct monitor *mon, const struct hart *h, const struct irq_line *l,
                      const struct next_irq *n)
{
    bool next = is_next(l, n);
    char source[48], number[16] = "", text[48];
    if (l->source == IRQ_FROM_MIP)
        source_text(h, l->code, source, sizeof source);
    else
        snprintf(source, sizeof source, "%s",
                 !l->pending                  ? ""
                 : l->source == IRQ_FROM_MVIP ? "mvip"
                                              : "hvip");
    unsigned priority = irq_priority(h, l->target, l->of_level);
    if (has_aia(h) && priority)
        snprintf(number, sizeof number, "%-5u", priority);
    else if (has_aia(h))
        snprintf(number, sizeof number, "%-5s", "-");
    fprintf(mon->out, "%-4s %s%-24s %s%s%s\n", bank_name(h, l->target), number, source,
            next ? tint(mon, TINT_GOOD) : "", verdict(h, l, n, text),
            next ? tint(mon, TINT_NONE) : "");
}

/* The interrupts of mip. */
static void show_real(struct monitor *mon, const struct hart *h, const struct next_irq *n)
{
    u64 pending = mip_value(h), hideleg = hideleg_value(h);
    if (!(pending | h->mie))
        return;
    fprintf(mon->out, "%-6s %-8s %-8s %-8s %-8s %-4s %s%-24s %s\n", "", "mip", "mie", "mideleg",
            "hideleg", "to", has_aia(h) ? "prio " : "", "pending because of", "");
    for (size_t k = 0; k < ARRAY_LEN(irq_order); k++) {
        unsigned i = irq_order[k];
        unsigned m = h->mideleg >> i & 1, g = m && (hideleg >> i & 1);
        struct irq_line l = {.code = i,
                             .of_level = g && vs_interrupt(i) ? i - 1 : i,
                             .pending = pending >> i & 1,
                             .enabled = h->mie >> i & 1,
                             .target = g   ? BANK_VS
                                       : m ? BANK_S
                                           : BANK_M};
        if (!l.pending && !l.enabled)
            continue;
        fprintf(mon->out, "%-6s %-8u %-8u %-8u %-8u ", cause_short_name(i, 1), l.pending, l.enabled,
                m, (unsigned)(h->hideleg >> i & 1));
        show_line(mon, h, &l, n);
    }
}

/* Those that mvip and hvip make for HS and VS. */
static void show_virtual(struct monitor *mon, const struct hart *h, const struct next_irq *n)
{
    u64 of_hs = h->mvien & ~h->mideleg, of_vs = h->hvien & ~hideleg_value(h), deleg;
    u64 shown = (of_hs & (sip_value(h) | sie_value(h))) | (of_vs & (vsip_value(h) | vsie_value(h)));
    if (!shown)
        return;
    fprintf(mon->out, "%-6s %-8s %-8s %-8s %-8s %-4s %-5s%-24s\n", "", "pending", "enabled",
            "mvien", "hvien", "to", "prio", "pending because of");
    deleg = of_hs & hideleg_value(h);
    for (size_t k = 0; k < 2 * ARRAY_LEN(irq_order); k++) {
        unsigned i = irq_order[k / 2], guest = k & 1;
        u64 from = guest ? of_vs : of_hs, ip = guest ? vsip_value(h) : sip_value(h),
            ie = guest ? vsie_value(h) : sie_value(h);
        char name[8];
        struct irq_line l = {.code = i,
                             .of_level = i,
                             .pending = ip >> i & 1,
                             .enabled = ie >> i & 1,
                             .target = guest || (deleg >> i & 1) ? BANK_VS : BANK_S,
                             .source = guest ? IRQ_FROM_HVIP : IRQ_FROM_MVIP};
        if (!(from >> i & 1) || (!l.pending && !l.enabled))
            continue;
        snprintf(name, sizeof name, "%u", i);
        fprintf(mon->out, "%-6s %-8u %-8u %-8u %-8u ",
                *cause_short_name(i, 1) ? cause_short_name(i, 1) : name, l.pending, l.enabled,
                (unsigned)(h->mvien >> i & 1), (unsigned)(h->hvien >> i & 1));
        show_line(mon, h, &l, n);
    }
}

/* mtopi, stopi and vstopi, and what made the choice. */
static void show_tops(struct monitor *mon, const struct hart *h)
{
    static const char *const names[] = {"mtopi", "stopi", "vstopi"};
    char text[64];
    if (h->hvictl & HVICTL_VTI)
        fprintf(mon->out, "hvictl: VTI=1 IID=%u IPRIO=%u DPR=%u\n",
                (unsigned)get_field(h->hvictl, HVICTL_IID),
                (unsigned)get_field(h->hvictl, HVICTL_IPRIO),
                (unsigned)get_field(h->hvictl, HVICTL_DPR));
    for (unsigned bank = 0; bank < ARRAY_LEN(names); bank++) {
        struct top_interrupt t = top_interrupt(h, (enum bank)bank);
        if (t.topi)
            fprintf(mon->out, "%-6s 0x%x: %u (%s), %s%s\n", names[bank], t.topi, t.code,
                    interrupt_name(t.code), irq_number_text(t.number, text, sizeof text),
                    t.source == IRQ_FROM_HVICTL ? ", injected by hvictl" : "");
    }
}

void irq_explain(struct monitor *mon, const struct hart *h)
{
    struct next_irq n;
    n.code = pending_interrupt(h, &n.d);
    if (!(mip_value(h) | h->mie | sie_value(h) | sip_value(h) | vsip_value(h) | vsie_value(h)) &&
        !(h->hvictl & HVICTL_VTI)) {
        fprintf(mon->out, "nothing is pending and nothing is enabled\n");
        return;
    }
    show_real(mon, h, &n);
    if (!has_aia(h))
        return;
    show_virtual(mon, h, &n);
    show_tops(mon, h);
}

static void timers(struct monitor *mon, struct hart *h)
{
    u64 now = time_value(h, 0);
    if (!has(h, EXT_Sstc))
        return;
    u64 on = h->menvcfg & ENVCFG_STCE;
    if (!on)
        fprintf(mon->out, "stimecmp: menvcfg.STCE=0\n");
    else if (h->stimecmp != UINT64_MAX)
        fprintf(mon->out, "stimecmp 0x%" PRIx64 ": %s%" PRIu64 " ticks\n", h->stimecmp,
                h->stimecmp > now ? "in " : "due since ",
                h->stimecmp > now ? h->stimecmp - now : now - h->stimecmp);
    if (!has(h, EXT_H) || !on)
        return;
    u64 guest = time_value(h, 1);
    if (!(h->henvcfg & ENVCFG_STCE))
        fprintf(mon->out, "vstimecmp: henvcfg.STCE=0, so VSTIP is hvip's alone\n");
    else if (h->vstimecmp != UINT64_MAX)
        fprintf(mon->out,
                "vstimecmp 0x%" PRIx64 " (guest time 0x%" PRIx64 "): %s%" PRIu64 " ticks\n",
                h->vstimecmp, guest, h->vstimecmp > guest ? "in " : "due since ",
                h->vstimecmp > guest ? h->vstimecmp - guest : guest - h->vstimecmp);
}

static int cmd_irq(struct monitor *mon, struct args *a)
{
    struct hart *h = args_hart(mon, a);
    if (!h || args_end(mon, a))
        return -1;
    irq_explain(mon, h);
    irq_explain_chips(mon, h);
    timers(mon, h);
    return 0;
}

const struct command commands_irq[] = {
    {"irq", "interrupts", "", "hart",
     "interrupts: pending, enabled, delegated, and why each is not taken", NULL, cmd_irq, TOPIC_WHY,
     REPEAT_SAME, WORDS_NONE, NULL},
    {0},
};
