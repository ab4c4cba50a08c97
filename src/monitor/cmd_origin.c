/* Who wrote this? */
#include <inttypes.h>
#include <string.h>

#include "cpu/csr.h"
#include "cpu/csr_impl.h"
#include "cpu/insn.h"
#include "monitor/monitor.h"
#include "monitor/origin.h"

/* As many bytes as the address is a multiple of, up to a register's; or as many as are asked for.
 * 0 after saying what is wrong. */
static u64 length_at(struct monitor *mon, const struct args *a, const struct hart *h, u64 addr)
{
    const char *text = args_option(a, "size");
    u64 most = h->config.xlen / 8, len = addr & -addr;
    if (!text)
        return len && len < most ? len : most;
    if (mon_eval(mon, text, &len))
        return 0;
    if (len < 1 || len > 4096 - (addr & 4095)) {
        mon_error(mon, "--size=%s: 1 byte at least, and none on another page", text);
        return 0;
    }
    return len;
}

/* A place in memory: an address in a mode, or with a prefix. */
static int memory_place(struct monitor *mon, const struct args *a, char *where, const char *mode,
                        struct origin_place *place)
{
    struct view v;
    struct error err;
    u64 addr;
    if (args_address(mon, a, where, &v, &addr))
        return -1;
    if (mode) {
        v.kind = VIEW_VA;
        v.mode = (u8)mode_named(mode);
    }
    place->of = ORIGIN_MEMORY;
    place->len = length_at(mon, a, v.h, addr);
    if (!place->len || view_translate(&v, addr, &place->pa, &err))
        return place->len ? mon_fail(mon, &err) : -1;
    if (bus_find_memory(&mon->m->bus, place->pa, place->len) != mon->m->ram)
        return mon_error(mon, "pa 0x%" PRIx64 " is not in RAM", place->pa);
    return 0;
}

/* Counters count by themselves. */
static bool is_counter(unsigned csr)
{
    return (csr >= CSR_mcycle && csr < CSR_mcycle + 0xa0) ||
           (csr >= CSR_cycle && csr < CSR_cycle + 0xa0);
}

/* The CSR that the name means in that mode (NULL: itself). */
static int csr_place(struct monitor *mon, const char *name, const char *mode,
                     struct origin_place *place)
{
    unsigned csr = (unsigned)csr_number(name);
    u64 value;
    if (mode && mode_table[mode_named(mode)].v && csr_row(csr)->vs)
        csr = csr_row(csr)->vs;
    place->of = ORIGIN_CSR;
    place->number = csr;
    if (csr_peek(place->h, csr, &value))
        return mon_error(mon, "this hart has no %s", csr_name(csr));
    return is_counter(csr) ? mon_error(mon, "%s counts by itself", csr_name(csr)) : 0;
}

static int parse(struct monitor *mon, struct args *a, struct origin_place *place)
{
    char *where = args_word(a);
    const char *mode = args_word(a), *name = where && *where == '$' ? where + 1 : where;
    if (!where)
        return mon_error(mon, "usage: origin ADDRESS|REGISTER|CSR [MODE]");
    if (args_end(mon, a))
        return -1;
    if (mode && mode_named(mode) < 0)
        return mon_error(mon, "'%s' is no mode", mode);
    int x = reg_number(name), f = freg_number(name), v = vreg_number(place->h, name);
    if (x == 0)
        return mon_error(mon, "nothing writes to %s", name);
    place->of = x > 0 ? ORIGIN_X : f >= 0 ? ORIGIN_F : ORIGIN_V;
    place->number = (unsigned)(x > 0 ? x : f >= 0 ? f : v);
    if (x > 0 || f >= 0 || v >= 0)
        return 0;
    return csr_number(name) >= 0 ? csr_place(mon, name, mode, place)
                                 : memory_place(mon, a, where, mode, place);
}

/* "pa 0x80210000 (8 bytes) = 0x0" */
static void show_place(struct monitor *mon, const struct origin_place *p)
{
    u64 value = 0;
    if (p->of == ORIGIN_MEMORY) {
        bus_copy_from(&mon->m->bus, p->pa, &value, p->len < 8 ? p->len : 8);
        fprintf(mon->out, "pa 0x%" PRIx64 " (%" PRIu64 " byte%s)", p->pa, p->len,
                p->len == 1 ? "" : "s");
    } else {
        fprintf(mon->out, "%s",
                p->of == ORIGIN_X   ? insn_x_name[p->number]
                : p->of == ORIGIN_F ? insn_f_name[p->number]
                : p->of == ORIGIN_V ? "v"
                                    : csr_name(p->number));
        if (p->of == ORIGIN_CSR)
            csr_peek(p->h, p->number, &value);
        else
            value = p->of == ORIGIN_X ? p->h->x[p->number] : p->h->f[p->number & 31];
    }
    if (p->of == ORIGIN_V)
        fprintf(mon->out, "%u", p->number);
    else if (p->of != ORIGIN_MEMORY || p->len <= 8)
        fprintf(mon->out, " = 0x%" PRIx64, value);
}

static int cmd_origin(struct monitor *mon, struct args *a)
{
    struct origin_place place = {.h = args_hart(mon, a)};
    struct origin o;
    struct error err;
    char text[400];
    u64 now = mon->m->state.executed;
    if (!place.h || parse(mon, a, &place) || mon_may_go_back(mon))
        return -1;
    if (origin_find(mon->c, &place, now, &o, &err))
        return mon_fail(mon, &err);
    show_place(mon, &place);
    fprintf(mon->out, ": %s\n", origin_text(mon->c, &o, now, text, sizeof text));
    if ((o.kind == ORIGIN_INSN || o.kind == ORIGIN_WALK) && o.insn)
        fprintf(mon->out, "  0x%" PRIx64 "  %s\n", o.pc,
                insn_disassemble_on(place.h ? place.h : mon->c->focus, o.pc, o.insn, text,
                                    sizeof text));
    return 0;
}

const struct command commands_origin[] = {
    {"origin", "who", "ADDRESS|REGISTER|CSR [MODE]", "hart mode vmid size",
     "who wrote this last, and where to go to see it",
     "origin pa:0x80210000       the bytes of a register there, or --size=N; also VS:0x4000 and "
     "gpa:0x4000\n"
     "origin a0, fa0, v2         a register of the hart\n"
     "origin stval VS            a CSR, by the name that it has in that mode\n"
     "Whatever the alias by which it was written: what counts is the physical address. Stores, "
     "page walks\n"
     "that set A or D, devices and the firmware count. Needs --history.",
     cmd_origin, TOPIC_WHY, REPEAT_NOT, WORDS_EXPR, NULL},
    {0},
};
