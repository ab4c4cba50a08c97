/* What the lines of a trace say: instructions, traps, modes, CSRs, interrupts, firmware calls. */
#include <stdio.h>
#include <string.h>

#include "cpu/csr.h"
#include "cpu/fields.h"
#include "cpu/insn.h"
#include "sbi/sbi.h"
#include "trace/commits.h"
#include "trace/tracer_impl.h"
#include "trace/words.h"

static u32 bit_of(unsigned mode)
{
    return 1u << mode;
}

/* ---- instructions ---- */

static void on_insn_start(void *ctx, struct hart *h)
{
    struct traced_hart *th = ctx;
    th->at = line_place_of(h);
    memcpy(th->x, h->x, sizeof th->x);
    memcpy(th->f, h->f, sizeof th->f);
    th->traps = h->event[EVENT_TRAP];
    th->inside = true;
}

/* The x register that the instruction writes, or 0. */
static unsigned written_register(const struct hart *h)
{
    struct op op = {0};
    unsigned row = insn_lookup(h, h->insn);
    if (row == INSN_NONE)
        return 0;
    insn_operands(row, h->config.xlen, h->insn, &op);
    switch (insn_row(row)->kind) {
    case KIND_ALU:
    case KIND_LOAD:
    case KIND_JAL:
    case KIND_JALR:
    case KIND_AUIPC:
    case KIND_PLAIN:
    case KIND_SYSTEM:
        return op.rd < 32 ? op.rd : 0;
    default:
        return 0;
    }
}

static void put_registers(struct line *l, const struct traced_hart *th, const struct hart *h)
{
    unsigned rd = written_register(h);
    for (unsigned i = 1; i < 32; i++)
        if (h->x[i] != th->x[i] || i == rd)
            line_hex(l, insn_x_name[i], h->x[i] & MASK(h->config.xlen));
    for (unsigned i = 0; i < 32; i++)
        if (h->f[i] != th->f[i])
            line_hex(l, insn_f_name[i], h->f[i]);
}

/* The assembly with blanks instead of tabs, the operands in a column of their own. */
static void expand_tabs(const char *s, char *out, size_t len)
{
    size_t n = 0;
    for (; *s && n + 1 < len; s++) {
        if (*s != '\t') {
            out[n++] = *s;
            continue;
        }
        do
            out[n++] = ' ';
        while (n < 8 && n + 1 < len);
    }
    out[n] = 0;
}

static void on_insn(void *ctx, struct hart *h)
{
    struct traced_hart *th = ctx;
    char assembly[96], columns[128], raw[16];
    bool trapped = h->event[EVENT_TRAP] != th->traps;
    bool fetched = h->insn != 0 || !trapped;
    th->inside = false;
    struct line *l = tracer_begin(th, TRACE_INSN, &th->at, bit_of(th->at.mode));
    if (!l) {
        out_write(th->t->out, th->t->hold, th->t->held);
        th->t->held = 0;
        return;
    }
    if (fetched) {
        snprintf(raw, sizeof raw, "%0*x", h->insn_len * 2, h->insn);
        insn_disassemble_on(h, th->at.pc, h->insn, assembly, sizeof assembly);
        expand_tabs(assembly, columns, sizeof columns);
        line_column(l, "bits", raw, 8);
        line_column(l, "assembly", columns, 32);
    } else {
        line_word(l, "assembly", "(cannot be fetched)");
    }
    if (trapped)
        line_word(l, "outcome", "traps");
    else
        put_registers(l, th, h);
    tracer_end(th);
}

/* ---- traps and modes ---- */

/* The rule that refused, where it says more than the cause. */
static void put_reason(struct line *l, const struct trap_event *ev)
{
    const struct reason_row *r = reason_row(ev->reason);
    char text[200];
    if (ev->reason == REASON_NONE || r->kind == REASON_IS_CALL)
        return;
    snprintf(text, sizeof text, "(%s)", r->text);
    line_word(l, "rule", l->format == LINE_JSON ? r->text : text);
    if (l->format == LINE_JSON)
        line_word(l, "cite", r->cite);
}

static void on_trap(void *ctx, struct hart *h, const struct trap_event *ev)
{
    struct traced_hart *th = ctx;
    char words[96];
    struct line_place at = line_place_of(h);
    enum mode to = mode_of_bank((enum bank)ev->bank);
    at.pc = ev->epc;
    at.clock -= !ev->interrupt;
    struct line *l = tracer_begin(th, TRACE_TRAP, &at, bit_of(ev->from) | bit_of(to));
    if (!l)
        return;
    line_column(l, "cause", trap_name(ev), 29);
    if (l->format == LINE_JSON) {
        line_number(l, "code", ev->cause);
        line_number(l, "interrupt", ev->interrupt);
        line_word(l, "to", mode_name(h, to));
        line_number(l, "gva", ev->gva);
    }
    if (!ev->interrupt)
        line_hex(l, to == MODE_M ? "mtval" : to == MODE_S ? "stval" : "vstval", ev->tval);
    if (ev->tval2)
        line_hex(l, to == MODE_M ? "mtval2" : "htval", ev->tval2);
    if (ev->tinst)
        line_hex(l, to == MODE_M ? "mtinst" : "htinst", ev->tinst);
    line_word(l, "delegation", delegation_words(h, ev, words, sizeof words));
    put_reason(l, ev);
    tracer_end(th);
}

static void on_mode(void *ctx, struct hart *h, enum mode from)
{
    struct traced_hart *th = ctx;
    char change[32];
    struct line_place at = line_place_of(h);
    bool entry = mode_is_entry(from, h->mode);
    at.clock = mode_begin(h, from);
    if (!entry)
        at.pc = h->npc;
    struct line *l = tracer_begin(th, TRACE_MODE, &at, bit_of(from) | bit_of((unsigned)h->mode));
    if (!l)
        return;
    if (l->format == LINE_JSON) {
        line_word(l, "from", mode_name(h, from));
    } else {
        snprintf(change, sizeof change, "%s -> %s", mode_name(h, from), mode_name(h, h->mode));
        line_column(l, "change", change, 10);
    }
    line_word(l, "by", entry ? "trap" : "return");
    tracer_end(th);
}

/* ---- interrupts ---- */

static void on_irq(void *ctx, struct hart *h, unsigned irq, unsigned level)
{
    struct traced_hart *th = ctx;
    struct line_place at = line_place_of(h);
    struct line *l = tracer_begin(th, TRACE_IRQ, &at, bit_of(at.mode));
    if (!l)
        return;
    line_column(l, "line", interrupt_short_name(irq), 5);
    line_column(l, "level", level ? "rises" : "falls", 5);
    if (level)
        line_word(l, "enabled", h->mie >> irq & 1 ? "enabled in mie" : "not enabled in mie");
    tracer_end(th);
}

/* Software has written a register of pending bits. */
static void pending_written(struct traced_hart *th, struct hart *h, const struct csr_event *ev)
{
    char words[128];
    struct line_place at = line_place_of(h);
    struct line *l = tracer_begin(th, TRACE_IRQ, &at, bit_of(at.mode));
    if (!l)
        return;
    line_column(l, "register", csr_name(ev->row), 5);
    line_hex(l, "value", ev->value);
    line_word(l, "pending", interrupt_mask_words(ev->value, words, sizeof words));
    tracer_end(th);
}

/* ---- CSRs ---- */

static void put_csr(struct line *l, const struct csr_event *ev)
{
    static const char *const ops[] = {
        [CSR_READ] = "read", [CSR_WRITE] = "write", [CSR_SET] = "set", [CSR_CLEAR] = "clear"};
    const char *name = csr_name(ev->num);
    char number[16];
    snprintf(number, sizeof number, "0x%03x", ev->num);
    line_column(l, "op", ops[ev->op], 5);
    line_column(l, "csr", name ? name : number, 12);
    if (ev->cause) {
        line_word(l, "refused",
                  ev->cause == CAUSE_ILLEGAL ? "illegal instruction:" : "virtual instruction:");
        line_word(l, "why", reason_row(ev->reason)->text);
        return;
    }
    if (ev->row != ev->num && csr_name(ev->row)) {
        if (l->format == LINE_TEXT)
            line_word(l, NULL, "is");
        line_word(l, "substitute", csr_name(ev->row));
    }
    if (ev->has_old)
        line_hex(l, "old", ev->old);
    if (ev->op != CSR_READ) {
        line_hex(l, "operand", ev->operand);
        line_hex(l, "new", ev->value);
    }
}

static void on_csr(void *ctx, struct hart *h, const struct csr_event *ev)
{
    struct traced_hart *th = ctx;
    struct line_place at = line_place_of(h);
    struct line *l = tracer_begin(th, TRACE_CSR, &at, bit_of(at.mode));
    if (!l)
        return;
    put_csr(l, ev);
    tracer_end(th);
}

static bool is_pending_register(unsigned num)
{
    return num == CSR_mip || num == CSR_sip || num == CSR_hip || num == CSR_hvip ||
           num == CSR_vsip || num == CSR_mvip;
}

/* For the class irq alone, and for both. */
static void on_csr_pending(void *ctx, struct hart *h, const struct csr_event *ev)
{
    if (!ev->cause && ev->op != CSR_READ && is_pending_register(ev->row))
        pending_written(ctx, h, ev);
}

static void on_csr_both(void *ctx, struct hart *h, const struct csr_event *ev)
{
    on_csr(ctx, h, ev);
    on_csr_pending(ctx, h, ev);
}

/* ---- firmware ---- */

void tracer_sbi(void *ctx, const struct sbi_event *event)
{
    struct tracer *t = ctx;
    const struct hart *h = event->hart;
    struct traced_hart *th = &t->hart[h->id];
    struct line_place at = line_place_of(h);
    at.pc = event->pc;
    at.mode = (u8)event->mode;
    struct line *l = tracer_begin(th, TRACE_SBI, &at, bit_of(at.mode));
    if (!l)
        return;
    line_column(l, "extension", event->extension ? event->extension : "trap", 6);
    if (l->format == LINE_JSON && event->kind == SBI_EVENT_CALL) {
        line_word(l, "function", event->function ? event->function : "");
        line_number(l, "error", (u64)-event->error);
        line_hex(l, "value", event->value);
    }
    line_word(l, "text", event->text);
    tracer_end(th);
}

/* ---- choice ---- */

void tracer_choose_hooks(struct traced_hart *th, u32 classes)
{
    struct hart_trace *k = th->hooks;
    bool csr = classes >> TRACE_CSR & 1, irq = classes >> TRACE_IRQ & 1;
    for (unsigned c = 0; c < TRACE_CLASSES; c++)
        if ((classes >> c & 1) && trace_class_plain((enum trace_class)c))
            k->plain = true;
    if ((classes >> TRACE_INSN & 1) && th->t->line.format >= LINE_COMMITS) {
        commits_choose_hooks(th);
        return;
    }
    if (classes >> TRACE_INSN & 1) {
        k->insn_start = on_insn_start;
        k->insn = on_insn;
    }
    if (classes >> TRACE_TRAP & 1)
        k->trap = on_trap;
    if (classes >> TRACE_MODE & 1)
        k->mode = on_mode;
    if (irq)
        k->irq = on_irq;
    if (csr || irq)
        k->csr = csr && irq ? on_csr_both : csr ? on_csr : on_csr_pending;
    if (classes >> TRACE_MEM & 1)
        k->mem = tracer_mem;
    if (classes >> TRACE_MMIO & 1)
        k->mmio = tracer_mmio;
    if (classes >> TRACE_WALK & 1)
        k->walk = tracer_walk;
    if (classes >> TRACE_FENCE & 1)
        k->fence = tracer_fence;
    if (classes >> TRACE_TLB & 1)
        k->tlb = tracer_tlb;
}
