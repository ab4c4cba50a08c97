/* CSRs: one decoded field by field, or a group in a table. */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/csr.h"
#include "cpu/csr_impl.h"
#include "monitor/fields.h"
#include "monitor/monitor.h"

/* Groups by name: patterns over the CSRs' names. */
static const struct {
    const char *name, *patterns, *what;
} groups[] = {
    {"trap",
     "mstatus* mcause mepc mtval mtval2 mtinst mtvec sstatus scause sepc stval stvec "
     "hstatus htval htinst vsstatus vscause vsepc vstval vstvec mn*",
     "status, cause, and where traps go"},
    {"deleg", "m?deleg* h?deleg* *counteren", "delegation and counter enables"},
    {"irq",
     "mip* mie* mideleg* mvien* mvip* mtopi sip* sie* stopi hip hie hvip hviph hideleg* hvien* "
     "hvictl "
     "hviprio* hgeip hgeie vsip* vsie* vstopi",
     "interrupts"},
    {"paging", "satp vsatp hgatp *envcfg*", "address translation"},
    {"hypervisor",
     "hstatus hedeleg* hideleg* hie hip hvi* hgei? htimedelta* hcounteren henvcfg* hstateen* htval "
     "htinst hgatp vs*",
     "the hypervisor's and the guest's"},
    {"machine", "m*", "the machine's"},
    {"supervisor", "s*", "the supervisor's"},
    {"timer", "time* *timecmp* htimedelta* cycle* instret* mcycle* minstret*", "time"},
    {"pmp", "pmp* mseccfg*", "physical memory protection"},
    {"fp", "f*", "floating point"},
    {"envcfg", "*envcfg* *stateen*", "what less privileged modes may do"},
};

const char *csr_group(unsigned n)
{
    return n < ARRAY_LEN(groups) ? groups[n].name : NULL;
}

struct listing {
    struct monitor *mon;
    struct hart *h;
    const char *pattern;
    unsigned shown;
};

static void show_short(void *ctx, unsigned num, const char *name)
{
    struct listing *l = ctx;
    char text[512];
    u64 value;
    if (fnmatch(l->pattern, name, 0) != 0 || csr_peek(l->h, num, &value))
        return;
    fields_of(l->h, num, value, text, sizeof text);
    fprintf(l->mon->out, "%s%-14s%s 0x%0*" PRIx64 " %s\n", tint(l->mon, TINT_BOLD), name,
            tint(l->mon, TINT_NONE), addr_digits(l->h), value, text);
    l->shown++;
}

/* The symbol that a CSR points to, if it holds an address and not fields. */
static char *pointed_symbol(struct monitor *mon, struct hart *h, unsigned num, u64 value, char *buf,
                            size_t len)
{
    buf[0] = '\0';
    for (struct field_part p = {0}; csr_next_field(h, num, &p);)
        if (p.f->shown != SHOW_BASE && p.f->shown != SHOW_TVEC)
            return buf;
    return mon_symbol(mon, h, (enum mode)h->mode, value & ~1ull, buf, len);
}

/* Delegated exceptions, and those that could be, a line each. */
static void show_exceptions(struct monitor *mon, const struct hart *h, unsigned reg, u64 set)
{
    u64 any = set | (reg == REG_hedeleg ? hedeleg_writable(h) : medeleg_writable(h));
    for (unsigned i = 0; i < 64; i++)
        if (any >> i & 1)
            fprintf(mon->out, "  %2u  %u  %s\n", i, (unsigned)(set >> i & 1), exception_name(i));
}

static void show_fields(struct monitor *mon, struct hart *h, unsigned num, u64 value)
{
    char text[256];
    for (struct field_part p = {0}; csr_next_field(h, num, &p);) {
        const struct field *f = p.f;
        u64 v = part_value(&p, value);
        field_text(f, h, v, text, sizeof text);
        if (f->shown == SHOW_EXCS) {
            show_exceptions(mon, h, csr_row(num)->reg, v);
        } else if (field_is_nameless(f)) {
            fprintf(mon->out, "  %s\n", text);
        } else if (f->shown == SHOW_CAUSE) {
            bool interrupt = value >> (h->config.xlen - 1) & 1;
            fprintf(mon->out, "  %-12s %s (%s)\n", f->name, text,
                    interrupt ? interrupt_name((unsigned)v) : exception_name((unsigned)v));
        } else if (p.high == p.low) {
            fprintf(mon->out, "  %-12s %-7u %s\n", f->name, p.low, text);
        } else {
            fprintf(mon->out, "  %-12s %2u..%-3u %s\n", f->name, p.high, p.low, text);
        }
    }
}

/* Who may access it now, and what stands in for it when V=1. */
static void show_access(struct monitor *mon, struct hart *h, unsigned num)
{
    const struct csr_row *row = csr_row(num);
    struct refusal why;
    int cause = csr_check(h, num, CSR_READ, &why);
    u64 other;
    if (row->vs && mode_table[h->mode].v && csr_peek(h, row->vs, &other) == 0)
        fprintf(mon->out, "  V=1: an access by that name reaches %s = 0x%" PRIx64 "\n",
                csr_name(row->vs), other);
    else if (row->vs && has(h, EXT_H))
        fprintf(mon->out, "  when V=1, %s stands in for it\n", csr_name(row->vs));
    if (cause)
        fprintf(mon->out, "  not readable in %s-mode: %s exception, %s\n", mode_name(h, h->mode),
                cause == CAUSE_ILLEGAL ? "illegal-instruction" : "virtual-instruction",
                reason_row(why.reason)->text);
}

static int show_one(struct monitor *mon, struct hart *h, unsigned num)
{
    char symbol[128];
    u64 value;
    if (csr_peek(h, num, &value))
        return mon_error(mon, "this hart has no %s", csr_name(num));
    pointed_symbol(mon, h, num, value, symbol, sizeof symbol);
    fprintf(mon->out, "%s%s%s (0x%03x) = 0x%0*" PRIx64 "%s%s\n", tint(mon, TINT_BOLD),
            csr_name(num), tint(mon, TINT_NONE), num, addr_digits(h), value, *symbol ? " " : "",
            symbol);
    if (ireg_name(h, num, symbol, sizeof symbol))
        fprintf(mon->out, "  the select register names %s\n", symbol);
    show_fields(mon, h, num, value);
    show_access(mon, h, num);
    return 0;
}

static void show_pattern(struct listing *l, const char *pattern)
{
    l->pattern = pattern;
    csr_for_each(l->h, show_short, l);
}

static int show_group(struct monitor *mon, struct hart *h, const char *name)
{
    struct listing l = {.mon = mon, .h = h};
    char one[32];
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        if (strcmp(groups[i].name, name) != 0)
            continue;
        for (const char *s = groups[i].patterns; *s; s += strspn(s, " ")) {
            size_t n = strcspn(s, " ");
            snprintf(one, sizeof one, "%.*s", (int)n, s);
            show_pattern(&l, one);
            s += n;
        }
        return 0;
    }
    show_pattern(&l, name);
    return l.shown ? 0 : mon_error(mon, "no CSR, group or pattern '%s'", name);
}

void csr_print_all(struct machine *m, FILE *out)
{
    struct monitor mon = {.m = m, .out = out, .err = out};
    for (u32 i = 0; i < m->num_harts; i++) {
        struct listing l = {.mon = &mon, .h = m->hart[i]};
        fprintf(out, "CSRs of hart %u\n", i);
        show_pattern(&l, "*");
    }
}

static int cmd_csr(struct monitor *mon, struct args *a)
{
    struct hart *h = args_hart(mon, a);
    char *word = args_word(a);
    if (!h)
        return -1;
    if (!word) {
        fprintf(mon->out, "csr NAME, csr PATTERN such as 'vs*', or one of the groups\n");
        for (size_t i = 0; i < ARRAY_LEN(groups); i++)
            fprintf(mon->out, "  %-12s %s\n", groups[i].name, groups[i].what);
        return 0;
    }
    for (; word; word = args_word(a)) {
        int num = csr_number(word);
        char *end;
        unsigned long n = strtoul(word, &end, 16);
        if (num < 0 && strncmp(word, "0x", 2) == 0 && !*end && csr_name((unsigned)n))
            num = (int)n;
        if (num >= 0 ? show_one(mon, h, (unsigned)num) : show_group(mon, h, word))
            return -1;
    }
    return 0;
}

const struct command commands_csr[] = {
    {"csr", "csrs", "NAME|GROUP|PATTERN...", "hart trap",
     "CSRs: one field by field, or many in a table",
     "Without argument the groups are listed. A CSR by name shows its fields, what stands in for\n"
     "it when V=1, and whether the present mode may read it. --trap=N: as it was before that trap.",
     cmd_csr, TOPIC_REGISTERS, REPEAT_SAME, WORDS_CSR, NULL},
    {0},
};
