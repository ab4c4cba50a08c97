/* Who gets which trap, by all that decides it, and how often each has come. */
#include <inttypes.h>
#include <string.h>

#include "cpu/csr_impl.h"
#include "cpu/irq.h"
#include "monitor/fields.h"
#include "monitor/monitor.h"
#include "monitor/names.h"
#include "sbi/sbi.h"

/* "VS 12, U 3": how often, by the mode it came from; then what the firmware has done. */
static void show_counts(struct monitor *mon, const struct hart *h, const u64 *by_mode)
{
    const char *between = "";
    for (unsigned m = 0; m < MODE_COUNT; m++)
        if (by_mode[m]) {
            fprintf(mon->out, "%s%s %" PRIu64, between, mode_name(h, m), by_mode[m]);
            between = ", ";
        }
}

static void show_settled(struct monitor *mon, const struct hart *h, unsigned cause)
{
    struct sbi_settled s = mon->m->sbi ? sbi_settled(mon->m->sbi, cause) : (struct sbi_settled){0};
    if (s.emulated)
        fprintf(mon->out, "; %" PRIu64 " emulated", s.emulated);
    if (s.to_hs)
        fprintf(mon->out, "; %" PRIu64 " redirected to %s", s.to_hs, bank_name(h, BANK_S));
    if (s.to_vs)
        fprintf(mon->out, "; %" PRIu64 " redirected to VS", s.to_vs);
}

/* "1", "0", or "-" where the register has no such bit. */
static const char *bit_text(u64 value, u64 writable, unsigned n)
{
    return !(writable >> n & 1) ? "-" : value >> n & 1 ? "1" : "0";
}

/* What becomes of an exception that M-mode gets. */
static const char *in_machine_mode(const struct monitor *mon, unsigned cause)
{
    return mon->m->sbi ? sbi_exception_policy(mon->m->sbi, cause) : "its handler";
}

/* Where an exception of a mode below M goes; `hedeleg` is what counts for it. */
static void exception_text(const struct monitor *mon, const struct hart *h, unsigned cause,
                           enum mode from, char buf[64])
{
    bool guest = mode_table[from].v, redirected = false;
    bool to_vs = guest && (h->hedeleg >> cause & 1);
    const char *to = to_vs ? "VS" : bank_name(h, BANK_S);
    if (h->medeleg >> cause & 1) {
        snprintf(buf, 64, "%s", to);
        return;
    }
    redirected = mon->m->sbi && strstr(in_machine_mode(mon, cause), "redirected");
    snprintf(buf, 64, "M: %s%s%s", in_machine_mode(mon, cause), redirected ? " to " : "",
             redirected ? to : "");
}

/* Can the exception come from that world at all? */
static bool can_come(unsigned cause, enum mode from)
{
    switch (cause) {
    case CAUSE_ECALL_M:
        return false;
    case CAUSE_ECALL_S:
        return from == MODE_S;
    case CAUSE_ECALL_VS:
    case CAUSE_VIRTUAL_INSN:
        return from == MODE_VS;
    default:
        return true;
    }
}

/* ---- menvcfg and henvcfg ---- */

enum { EFFECT_EXC, EFFECT_IRQ };
static const struct effect {
    u8 kind, code;
    u16 csr;
    const char *field, *clear, *set;
} effects[] = {
#define CODE_EXC(code) CAUSE_##code
#define CODE_IRQ(code) IRQ_##code
#define EFFECT(kind, code, csr, field, clear, set)                                                 \
    {EFFECT_##kind, CODE_##kind(code), CSR_##csr, field, clear, set},
#include "monitor/policy.def"
#undef EFFECT
};

/* Has the hart the field, and what is it? On RV32 it may stand in the register's high half. */
static bool field_value(struct hart *h, const struct effect *e, struct field_part *p, u64 *value)
{
    enum { HIGH = 0x10 };
    for (unsigned csr = e->csr, high = csr + HIGH; csr <= high; csr += HIGH)
        for (*p = (struct field_part){0}; csr_next_field(h, csr, p);)
            if (strcmp(p->f->name, e->field) == 0 && field_exists(h, p->f))
                return csr_peek(h, csr, value) == 0;
    return false;
}

/* What both registers make of it, a line for each: "menvcfg  CBZE=0: CBO.ZERO traps; ...". */
static void show_effects(struct monitor *mon, struct hart *h, unsigned kind, unsigned code)
{
    unsigned shown = 0;
    for (size_t i = 0; i < ARRAY_LEN(effects); i++) {
        const struct effect *e = &effects[i];
        struct field_part p;
        u64 value;
        char text[32];
        if (e->kind != kind || e->code != code || !field_value(h, e, &p, &value))
            continue;
        u64 part = part_value(&p, value);
        if (e->csr != shown)
            fprintf(mon->out, "%s   %s ", shown ? "\n" : "", csr_name(e->csr));
        fprintf(mon->out, "%s%s=%s: %s", e->csr == shown ? "; " : "", e->field,
                field_text(p.f, h, part, text, sizeof text), part ? e->set : e->clear);
        shown = e->csr;
    }
    if (shown)
        fputc('\n', mon->out);
}

static void show_exception(struct monitor *mon, struct hart *h, unsigned cause)
{
    char host[64] = "-", guest[64] = "-";
    if (can_come(cause, MODE_S))
        exception_text(mon, h, cause, MODE_S, host);
    if (has(h, EXT_H) && can_come(cause, MODE_VS))
        exception_text(mon, h, cause, MODE_VS, guest);
    fprintf(mon->out, "%2u %-37s %-3s %-3s %-41s %-41s ", cause, exception_name(cause),
            bit_text(h->medeleg, medeleg_writable(h), cause),
            bit_text(h->hedeleg, has(h, EXT_H) ? hedeleg_writable(h) : 0, cause), host, guest);
    show_counts(mon, h, &h->exceptions[cause * MODE_COUNT]);
    show_settled(mon, h, cause);
    fputc('\n', mon->out);
    show_effects(mon, h, EFFECT_EXC, cause);
}

static void show_interrupt(struct monitor *mon, struct hart *h, unsigned code)
{
    unsigned m = h->mideleg >> code & 1, g = m && (hideleg_value(h) >> code & 1);
    char to[64];
    snprintf(to, sizeof to, "%s%s%s", m ? g ? "VS" : bank_name(h, BANK_S) : "M", m ? "" : ": ",
             m             ? ""
             : mon->m->sbi ? sbi_interrupt_policy(h, code)
                           : "its handler");
    fprintf(mon->out, "%2u %-37s %-3u %-3s %-41s ", code, interrupt_name(code), m,
            has(h, EXT_H) ? g ? "1" : "0" : "-", to);
    show_counts(mon, h, &h->interrupts[code * MODE_COUNT]);
    fputc('\n', mon->out);
    show_effects(mon, h, EFFECT_IRQ, code);
}

/* What may be done below M-mode, and in guests, without a trap. */
static void show_environment(struct monitor *mon, struct hart *h, unsigned csr)
{
    char text[512];
    u64 value;
    if (csr_peek(h, csr, &value) == 0)
        fprintf(mon->out, "%-9s %s\n", csr_name(csr), fields_of(h, csr, value, text, sizeof text));
}

static void show_features(struct monitor *mon)
{
    struct sbi_feature f;
    for (u32 i = 0; mon->m->sbi && i < mon->m->num_harts; i++) {
        fprintf(mon->out, "FWFT, hart %u: ", i);
        for (u32 n = 0; sbi_feature(mon->m->sbi, mon->m->hart[i], n, &f); n++)
            if (f.supported)
                fprintf(mon->out, "%s%s=%" PRIu64 "%s", n ? " " : "", f.name, f.value,
                        f.locked ? " (locked)" : "");
        fputc('\n', mon->out);
    }
}

static int cmd_policy(struct monitor *mon, struct args *a)
{
    struct hart *h = args_hart(mon, a);
    if (!h || args_end(mon, a))
        return -1;
    fprintf(mon->out, "%-40s %-3s %-3s %-41s %-41s %s\n", "exception", "med", "hed",
            has(h, EXT_H) ? "from HS, U" : "from S, U", has(h, EXT_H) ? "from VS, VU" : "",
            "how often, by mode");
    for (unsigned i = 0; i < EXCEPTION_CODES; i++)
        if (*cause_short_name(i, 0) && !(impossible_exceptions(h) >> i & 1))
            show_exception(mon, h, i);
    fprintf(mon->out, "%-40s %-3s %-3s %-41s %s\n", "interrupt", "mid", "hid", "goes to",
            "how often, by mode");
    for (unsigned i = 0; i < INTERRUPT_CODES; i++)
        if (*cause_short_name(i, 1) && (has(h, EXT_H) || (!vs_interrupt(i) && i != IRQ_SGEI)))
            show_interrupt(mon, h, i);
    show_environment(mon, h, CSR_menvcfg);
    show_environment(mon, h, CSR_henvcfg);
    show_features(mon);
    return 0;
}

const struct command commands_policy[] = {
    {"policy", NULL, "", "hart", "who gets which trap, why, and how often it has come",
     "For each exception and interrupt: the bits of medeleg and hedeleg (mideleg, hideleg), where "
     "it\n"
     "goes, what the firmware makes of what stays in M-mode, and counts since the start, by the "
     "mode\n"
     "that trapped; below each, what menvcfg and henvcfg make of it. Exceptions of M-mode stay "
     "there. "
     "FWFT\n"
     "features are shown with value and lock. The firmware's own counts are those of all harts.",
     cmd_policy, TOPIC_WHY, REPEAT_SAME, WORDS_NONE, NULL},
    {0},
};
