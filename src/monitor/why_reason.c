/* A refusal, printed: the rule, and what decided. */
#include <inttypes.h>
#include <string.h>

#include "cpu/csr.h"
#include "cpu/insn.h"
#include "monitor/fields.h"
#include "monitor/why.h"

void why_rule(struct monitor *mon, unsigned reason)
{
    const struct reason_row *row = reason_row(reason);
    why_line(mon, "rule", "%s%s%s", tint(mon, TINT_NOTE), row->text, tint(mon, TINT_NONE));
    why_line(mon, "", "[%s]", row->cite);
}

unsigned deciding_register(const struct hart *h, const struct refusal *r, u64 *field)
{
    const struct reason_row *row = reason_row(r->reason);
    unsigned csr = r->csr ? r->csr : row->csr;
    *field = r->csr ? r->field : row->field;
    if (csr && is_rv32(h) && *field >> 32) {
        *field >>= 32;
        csr += 0x10;
    }
    return csr;
}

static u64 value_of(const struct hart *h, unsigned csr)
{
    u64 value = 0;
    csr_peek((struct hart *)(uintptr_t)h, csr, &value);
    return value;
}

/* "mstatus.TSR=1" */
static void show_field(struct monitor *mon, const struct hart *h, const struct refusal *r)
{
    char text[64];
    u64 bits_;
    unsigned csr = deciding_register(h, r, &bits_);
    if (!csr)
        return;
    for (struct field_part p = {0}; csr_next_field(h, csr, &p);) {
        if (!(bits_ >> p.low & 1))
            continue;
        bool nameless = field_is_nameless(p.f) || p.f->shown == SHOW_FRM;
        field_text(p.f, h, part_value(&p, value_of(h, csr)), text, sizeof text);
        why_line(mon, "decided by", "%s%s%s=%s", csr_name(csr), nameless ? "" : ".",
                 nameless ? "" : p.f->name, text);
        return;
    }
}

/* "read of time (0xc01) in VS-mode; hcounteren = 0x0 none" */
static void show_csr(struct monitor *mon, const struct hart *h, const struct refusal *r)
{
    char text[160], reg[240] = "";
    u64 bits_;
    unsigned csr = deciding_register(h, r, &bits_);
    if (csr)
        snprintf(reg, sizeof reg, "; %s = 0x%" PRIx64 " %s", csr_name(csr), value_of(h, csr),
                 fields_of(h, csr, value_of(h, csr), text, sizeof text));
    why_line(mon, "decided by", "%s of %s (0x%03x) in %s-mode%s",
             r->access == CSR_READ ? "read" : "write",
             csr_name(r->num) ? csr_name(r->num) : "an unknown CSR", r->num, mode_name(h, h->mode),
             reg);
}

/* "fadd_d needs D" */
static void show_extensions(struct monitor *mon, const struct hart *h, u32 insn)
{
    unsigned row = insn_lookup_any(h->config.xlen, insn);
    if (row == INSN_NONE)
        return;
    char text[96];
    const struct insn_gate *g = &insn_row(row)->gate;
    size_t n = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < g->num_any && n < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i ? " or " : "",
                              ext_table[g->any[i]].name);
    if (g->also != EXT_I && n < sizeof text)
        snprintf(text + n, sizeof text - n, " and %s%s%s", ext_table[g->also].name,
                 g->or_also ? " or " : "", g->or_also ? ext_table[g->or_also].name : "");
    why_line(mon, "decided by", "%s needs %s", insn_row(row)->name, text);
}

static void show_entry(struct monitor *mon, const struct hart *h, const struct refusal *r)
{
    char flags[16];
    struct stage st = {.pte_size = (u8)pte_bytes(h)};
    why_line(mon, "decided by", "%s-stage, level %u: PTE at pa 0x%" PRIx64 " = 0x%" PRIx64 " [%s]",
             r->g_stage              ? "G"
             : mode_table[r->mode].v ? "VS"
                                     : "S",
             r->level, r->pa, r->pte, pte_flags(&st, r->pte, flags));
}

static void show_place(struct monitor *mon, const struct hart *h, const struct refusal *r)
{
    char text[96];
    bool pte = reason_row(r->reason)->kind == REASON_IS_PTE;
    const struct bus_window *w = bus_find_device(h->bus, r->pa, 1);
    why_line(mon, "decided by", "%spa 0x%" PRIx64 ": %s", pte ? "the entry at " : "", r->pa,
             pmp_entry_text(h, r->entry, text, sizeof text));
    if (w && r->reason != REASON_PMP)
        why_line(mon, "", "device %s, offset 0x%" PRIx64, w->dev->cls->name, r->pa - w->base);
}

void why_decided(struct monitor *mon, const struct hart *h, const struct refusal *r, u32 insn)
{
    switch ((enum reason_kind)reason_row(r->reason)->kind) {
    case REASON_IS_ENCODING:
        if (r->reason == REASON_NO_EXTENSION)
            show_extensions(mon, h, insn);
        break;
    case REASON_IS_GATE:
        if (r->num) /* it governs a CSR, too */
            show_csr(mon, h, r);
        else
            show_field(mon, h, r);
        break;
    case REASON_IS_CSR:
        show_csr(mon, h, r);
        break;
    case REASON_IS_TRIGGER:
        why_line(mon, "decided by", "trigger %d: tdata1 = 0x%" PRIx64 ", tdata2 = 0x%" PRIx64,
                 r->entry, h->tdata1[r->entry & 7], h->tdata2[r->entry & 7]);
        break;
    case REASON_IS_RANGE:
        why_line(mon, "decided by", "%s", "the mode of the translation:");
        break;
    case REASON_IS_CACHED:
        why_line(mon, "decided by", "%s", "the translation cache ('tlb'), not memory ('walk'):");
        break;
    case REASON_IS_WALK:
        show_entry(mon, h, r);
        break;
    case REASON_IS_PTE:
    case REASON_IS_FINAL:
        show_place(mon, h, r);
        break;
    default:
        break;
    }
}
