/* Registers: general, floating point, and expressions. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/csr.h"
#include "cpu/vec.h"
#include "machine/history.h"
#include "cpu/insn.h"
#include "monitor/monitor.h"

/* As wide as the hart. */
static u64 x_value(const struct hart *h, unsigned i)
{
    return is_rv32(h) ? (u32)h->x[i] : h->x[i];
}

static void show_x(struct monitor *mon, const struct hart *h)
{
    for (unsigned i = 0; i < num_x(h); i++)
        fprintf(mon->out, "%s%4s%s 0x%0*" PRIx64 "%s", tint(mon, TINT_BOLD), insn_x_name[i],
                tint(mon, TINT_NONE), addr_digits(h), x_value(h, i), i % 4 == 3 ? "\n" : "  ");
    fprintf(mon->out, "%s%4s%s 0x%0*" PRIx64 "  mode %s  V=%u\n", tint(mon, TINT_BOLD), "pc",
            tint(mon, TINT_NONE), addr_digits(h), h->pc, mode_name(h, h->mode),
            mode_table[h->mode].v);
}

/* The value of a register as the widest NaN-boxed format says. */
static void float_text(const struct hart *h, u64 v, char *buf, size_t len)
{
    double d;
    float f;
    u32 low = (u32)v;
    if (v >> 32 == 0xffffffff || !has(h, EXT_D)) {
        memcpy(&f, &low, sizeof f);
        snprintf(buf, len, "%.9gf", (double)f);
    } else {
        memcpy(&d, &v, sizeof d);
        snprintf(buf, len, "%.17g", d);
    }
}

static void show_f(struct monitor *mon, struct hart *h)
{
    char text[64];
    u64 fcsr = 0;
    for (unsigned i = 0; i < 32; i++) {
        float_text(h, h->f[i], text, sizeof text);
        fprintf(mon->out, "%s%4s%s 0x%016" PRIx64 " %-24s%s", tint(mon, TINT_BOLD), insn_f_name[i],
                tint(mon, TINT_NONE), h->f[i], text, i % 2 ? "\n" : "  ");
    }
    csr_peek(h, CSR_fcsr, &fcsr);
    fprintf(mon->out, "fcsr 0x%" PRIx64 "\n", fcsr);
}

/* The vector registers, their first bytes on the right. */
static void show_vector(struct monitor *mon, const struct hart *h, unsigned number)
{
    struct state_part part = hart_vector_part(h);
    char text[STATE_TEXT];
    fprintf(mon->out, "%s%4sv%u%s %s\n", tint(mon, TINT_BOLD), number < 10 ? "  " : " ", number,
            tint(mon, TINT_NONE), state_text(&part, part.row, number, text));
}

static int show_v(struct monitor *mon, struct hart *h)
{
    static const char *const lmul[8] = {"m1", "m2", "m4", "m8", "", "mf8", "mf4", "mf2"};
    u64 vcsr = 0;
    if (!h->config.vlen)
        return mon_error(mon, "this hart has no vectors");
    for (unsigned i = 0; i < 32; i++)
        show_vector(mon, h, i);
    csr_peek(h, CSR_vcsr, &vcsr);
    fprintf(mon->out, "vl %" PRIu64 "  vtype ", h->vl);
    if (vec_vill(h))
        fprintf(mon->out, "vill");
    else
        fprintf(mon->out, "e%u,%s,%s,%s", 8u << vec_sew(h), lmul[get_field(h->vtype, VTYPE_VLMUL)],
                h->vtype & VTYPE_VTA ? "ta" : "tu", h->vtype & VTYPE_VMA ? "ma" : "mu");
    fprintf(mon->out, "  vstart %" PRIu64 "  vcsr 0x%" PRIx64 "  vlenb %u\n", h->vstart, vcsr,
            vec_bytes(h));
    return 0;
}

static int show_named(struct monitor *mon, struct hart *h, const char *name)
{
    char symbol[128], text[64];
    u64 value;
    int n = freg_number(name);
    if (n >= 0) {
        float_text(h, h->f[n], text, sizeof text);
        fprintf(mon->out, "%-4s 0x%016" PRIx64 " %s\n", name, h->f[n], text);
        return 0;
    }
    n = vreg_number(h, name);
    if (n >= 0) {
        show_vector(mon, h, (unsigned)n);
        return 0;
    }
    n = reg_number(name);
    if (n < 0 && strcmp(name, "pc") != 0)
        return mon_error(mon, "no register '%s'; CSRs are shown by 'csr'", name);
    value = n < 0 ? h->pc : h->x[n] & MASK(h->config.xlen);
    mon_symbol(mon, h, (enum mode)h->mode, value, symbol, sizeof symbol);
    fprintf(mon->out, "%-4s 0x%0*" PRIx64 " %s\n", name, addr_digits(h), value, symbol);
    return 0;
}

static int set_named(struct monitor *mon, struct hart *h, const char *name, u64 value)
{
    int n = reg_number(name), f = freg_number(name), csr = csr_number(name);
    if (n == 0)
        return mon_error(mon, "zero is always 0");
    history_cut(mon->m);
    hart_set_pc(h, h->pc); /* misa.C asks where the next instruction is */
    if (n > 0) {
        h->x[n] = is_rv32(h) ? (u64)sext(value, 32) : value;
    } else if (strcmp(name, "pc") == 0) {
        hart_set_pc(h, value);
    } else if (f >= 0) {
        h->f[f] = value;
    } else if (csr < 0 || csr_poke(h, (unsigned)csr, value)) {
        return mon_error(mon, "no register or CSR '%s'", name);
    }
    return 0;
}

static int cmd_regs(struct monitor *mon, struct args *a)
{
    struct hart *h = args_hart(mon, a);
    char *word;
    if (!h)
        return -1;
    if (!*a->text)
        show_x(mon, h);
    while ((word = args_word(a))) {
        if (strcmp(word, "fp") == 0 || strcmp(word, "float") == 0)
            show_f(mon, h);
        else if (strcmp(word, "all") == 0)
            show_x(mon, h), show_f(mon, h);
        else if (strcmp(word, "v") == 0 || strcmp(word, "vector") == 0) {
            if (show_v(mon, h))
                return -1;
        } else if (show_named(mon, h, word + (*word == '$')))
            return -1;
    }
    return 0;
}

static int cmd_set(struct monitor *mon, struct args *a)
{
    struct hart *h = args_hart(mon, a);
    char *eq = strchr(a->text, '=');
    u64 value;
    if (!h)
        return -1;
    if (!eq)
        return mon_error(mon, "usage: set REGISTER = EXPRESSION");
    *eq = '\0';
    char *name = args_word(a);
    if (!name || *a->text)
        return mon_error(mon, "usage: set REGISTER = EXPRESSION");
    if (mon_eval(mon, eq + 1, &value))
        return -1;
    return set_named(mon, h, name + (*name == '$'), value);
}

static int cmd_print(struct monitor *mon, struct args *a)
{
    struct view v;
    u64 value;
    char symbol[128];
    if (!*a->text)
        return mon_error(mon, "usage: print EXPRESSION");
    if (args_address(mon, a, a->text, &v, &value))
        return -1;
    mon_symbol(mon, v.h, (enum mode)v.mode, value, symbol, sizeof symbol);
    fprintf(mon->out, "0x%" PRIx64 "  %" PRId64 "%s%s\n", value, (s64)value, *symbol ? "  " : "",
            symbol);
    return 0;
}

const struct command commands_regs[] = {
    {"registers", "regs reg", "[NAME...|fp|v|all]", "hart trap",
     "general registers; fp: floating point; v: vectors",
     "--trap=N: as they were just before the trap that 'traps' lists under that number.", cmd_regs,
     TOPIC_REGISTERS, REPEAT_SAME, WORDS_REGISTER, NULL},
    {"set", NULL, "REGISTER = EXPRESSION", "hart",
     "change a register or CSR (legalised as if written)", NULL, cmd_set, TOPIC_REGISTERS,
     REPEAT_NOT, WORDS_REGISTER, NULL},
    {"print", "p", "EXPRESSION", "hart mode vmid trap", "the value of an expression",
     "Numbers, registers, CSRs, symbols, [memory], u8[...] to s64[...], C's operators, and\n"
     "hart, mode, v, priv, vmid, asid. VS:[sp] reads as VS-mode sees memory; gpa: and pa: "
     "likewise.",
     cmd_print, TOPIC_REGISTERS, REPEAT_SAME, WORDS_EXPR, NULL},
    {0},
};
