/* Interrupts: what is pending, who has it enabled, where it goes, and why it is not taken. */
#include <inttypes.h>
#include <string.h>

#include "cpu/csr.h"
#include "cpu/fields.h"
#include "cpu/irq.h"
#include "monitor/why.h"

static const u8 order[] = {
#define EXC(code, e, name, tval, guest, deleg)
#define IRQ(code, e, name) (code),
#include "cpu/trap.def"
#undef EXC
#undef IRQ
};
static const char *const short_names[64] = {
#define EXC(code, e, name, tval, guest, deleg)
#define IRQ(code, e, name) [code] = #e,
#include "cpu/trap.def"
#undef EXC
#undef IRQ
};

const char *irq_short_name(unsigned code)
{
    return code < 64 && short_names[code] ? short_names[code] : "";
}

/* Where the bit in mip comes from. */
static void source_text(const struct hart *h, unsigned i, char *buf, size_t len)
{
    u64 bit = BIT(i);
    buf[0] = '\0';
    if (h->mip_lines & bit)
        snprintf(buf, len, "%s",
                 i == IRQ_STI    ? "stimecmp"
                 : i == IRQ_VSTI ? "vstimecmp"
                 : i == IRQ_MTI  ? "mtimecmp"
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

/* Why interrupt i is not taken now; "taken next" if it is the one. */
static const char *verdict(const struct hart *h, unsigned i, enum bank target, int next)
{
    u64 pending = mip_value(h), bit = BIT(i);
    const struct mode_info *m = &mode_table[h->mode];
    if (!(pending & bit))
        return "not pending";
    if (!(h->mie & bit))
        return vs_interrupt(i) && target != BANK_VS
                   ? "disabled; vsie cannot enable it while hideleg has it clear"
                   : "pending, but disabled in mie";
    if ((int)i == next)
        return "is taken before the next instruction";
    if (has(h, EXT_Smrnmi) && !(h->mnstatus & MNSTATUS_NMIE))
        return "mnstatus.NMIE=0 holds all back";
    switch (target) {
    case BANK_M:
        if (h->mode == MODE_M && !(h->mstatus & MSTATUS_MIE))
            return "goes to M, which has mstatus.MIE=0";
        break;
    case BANK_S:
        if (h->mode == MODE_M)
            return "goes to HS, which is below M-mode";
        if (h->mode == MODE_S && !(h->mstatus & MSTATUS_SIE))
            return "goes to HS, which has sstatus.SIE=0";
        break;
    default:
        if (!m->v)
            return "goes to VS, but V=0: it waits for the guest";
        if (h->mode == MODE_VS && !(h->vsstatus & MSTATUS_SIE))
            return "goes to VS, which has vsstatus.SIE=0";
    }
    return "another one has priority";
}

void irq_explain(struct monitor *mon, const struct hart *h)
{
    static const char *const banks[] = {"M", "HS", "VS"};
    struct delegation d;
    int next = pending_interrupt(h, &d);
    u64 pending = mip_value(h);
    if (!(pending | h->mie)) {
        fprintf(mon->out, "nothing is pending and nothing is enabled\n");
        return;
    }
    fprintf(mon->out, "%-6s %-8s %-8s %-8s %-8s %-4s %-24s %s\n", "", "mip", "mie", "mideleg",
            "hideleg", "to", "pending because of", "");
    for (size_t k = 0; k < ARRAY_LEN(order); k++) {
        unsigned i = order[k];
        char source[48];
        enum bank target = delegate(h, i, 1).bank;
        if (!((pending | h->mie) >> i & 1))
            continue;
        source_text(h, i, source, sizeof source);
        fprintf(mon->out, "%-6s %-8u %-8u %-8u %-8u %-4s %-24s %s%s%s\n", short_names[i],
                (unsigned)(pending >> i & 1), (unsigned)(h->mie >> i & 1),
                (unsigned)(h->mideleg >> i & 1), (unsigned)(h->hideleg >> i & 1), banks[target],
                source, (int)i == next ? tint(mon, TINT_GOOD) : "", verdict(h, i, target, next),
                (int)i == next ? tint(mon, TINT_NONE) : "");
    }
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
    timers(mon, h);
    return 0;
}

const struct command commands_irq[] = {
    {"irq", "interrupts", "", "hart",
     "interrupts: pending, enabled, delegated, and why each is not taken", NULL, cmd_irq, TOPIC_WHY,
     REPEAT_SAME, WORDS_NONE, NULL},
    {0},
};
