/* Disassembly. */
#include <inttypes.h>
#include <string.h>

#include "cpu/insn.h"
#include "monitor/monitor.h"

/* The target of a jump or branch that says where it goes, or 0. */
static u64 jump_target(const struct hart *h, u64 pc, u32 insn)
{
    struct op op = {0};
    unsigned row = insn_decode(h, insn, &op);
    if (row == INSN_NONE)
        return 0;
    unsigned kind = insn_row(insn_row(row)->base)->kind;
    if (kind != KIND_JAL && kind != KIND_BRANCH)
        return 0;
    return (pc + (u64)(s64)op.imm) & MASK(h->config.xlen);
}

/* One line; returns the length of the instruction, or -1. */
static int show(struct monitor *mon, const struct view *v, u64 pc)
{
    char symbol[128], text[128], target[128] = "";
    struct error err;
    u32 insn;
    struct symbol_place y;
    if (view_read_insn(v, pc, &insn, &err))
        return mon_fail(mon, &err);
    unsigned len = insn_length(insn);
    if (v->kind == VIEW_VA && name_at(mon->m->symbols, v->h, (enum mode)v->mode, pc, &y) &&
        y.start == pc)
        fprintf(mon->out, "%s:\n",
                mon_symbol(mon, v->h, (enum mode)v->mode, pc, symbol, sizeof symbol));
    u64 to = jump_target(v->h, pc, insn);
    if (to)
        mon_symbol(mon, v->h, (enum mode)v->mode, to, target, sizeof target);
    insn_disassemble_on(v->h, pc, insn, text, sizeof text);
    fprintf(mon->out, "%s %s0x%0*" PRIx64 "%s  ",
            v->kind == VIEW_VA && pc == v->h->pc && v->mode == v->h->mode ? "=>" : "  ",
            tint(mon, TINT_ADDRESS), addr_digits(v->h), pc, tint(mon, TINT_NONE));
    if (len == 4)
        fprintf(mon->out, "%08x", insn);
    else
        fprintf(mon->out, "%04x    ", insn);
    fprintf(mon->out, "  %s%s%s\n", text, *target ? " " : "", target);
    return (int)len;
}

static int cmd_disas(struct monitor *mon, struct args *a)
{
    const char *count = args_option(a, "count");
    struct cursor *c = &mon->disas;
    u64 n = c->valid && c->count && !*a->text ? c->count : 10;
    if (count && mon_eval(mon, count, &n))
        return -1;
    if (*a->text) {
        if (args_address(mon, a, a->text, &c->view, &c->addr))
            return -1;
    } else if (!c->valid) {
        struct hart *h = args_hart(mon, a);
        if (!h)
            return -1;
        c->view = view_of_hart(h);
        c->addr = h->pc;
    }
    c->valid = true;
    c->count = n;
    while (n--) {
        int len = show(mon, &c->view, c->addr);
        if (len < 0)
            return -1;
        c->addr += (unsigned)len;
    }
    return 0;
}

const struct command commands_disas[] = {
    {"disas", "disassemble", "[ADDRESS]", "hart mode count",
     "instructions at ADDRESS or the pc; --count=N (10)", NULL, cmd_disas, TOPIC_MEMORY, REPEAT_ON,
     WORDS_EXPR, NULL},
    {0},
};
