/* Commands that let the machine run. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/owner.h"
#include "cpu/insn.h"
#include "devices/chardev.h"
#include "machine/history.h"
#include "monitor/monitor.h"
#include "monitor/stack.h"

/* May the machine run? */
static int ready(struct monitor *mon)
{
    char text[128];
    if (mon->passive)
        return mon_error(mon, "gdb runs the machine: use its own command");
    if (control_ended(mon->c))
        return mon_error(mon, "%s; 'reset' starts again",
                         control_end_text(mon->c, text, sizeof text));
    fflush(mon->out); /* the guest writes past it */
    if (mon->interactive)
        owner_raw(mon->m->host.owner);
    return 0;
}

static int finish_run(struct monitor *mon)
{
    if (mon->interactive)
        owner_restore(mon->m->host.owner);
    mon->examine.valid = mon->disas.valid = false;
    if (mon->m->host.console)
        chardev_end_line(mon->m->host.console);
    monitor_show_stop(mon);
    if (mon->m->state.stop_reason == STOP_QUIT) /* Ctrl-A c is the key for coming back */
        mon->done = true;
    return 0;
}

/* The count that follows, or 1. */
static int count(struct monitor *mon, struct args *a, u64 *n)
{
    *n = 1;
    if (!*a->text)
        return 0;
    if (mon_eval(mon, a->text, n))
        return -1;
    return (s64)*n > 0 ? 0 : mon_error(mon, "the count must be at least 1");
}

static int cmd_step(struct monitor *mon, struct args *a)
{
    u64 n;
    struct hart *h = args_hart(mon, a);
    if (!h || count(mon, a, &n) || ready(mon))
        return -1;
    control_step(mon->c, h, n);
    return finish_run(mon);
}

/* Is the instruction at pc a call? *next gets the address behind it. */
static bool is_call(struct hart *h, u64 *next)
{
    struct op op;
    unsigned row = view_insn_at_pc(h, &op, next);
    return row == INSN_ecall ||
           ((row == INSN_jal || row == INSN_jalr) && (op.rd == 1 || op.rd == 5));
}

static void next_once(struct monitor *mon, struct hart *h)
{
    u64 next;
    if (is_call(h, &next))
        control_run_to(mon->c, h, next, h->x[2] & MASK(h->config.xlen));
    else
        control_step(mon->c, h, 1);
}

/* Did the last run stop for no other reason than that it had come where it should? */
static bool arrived(const struct monitor *mon)
{
    const struct stop_info *s = &mon->c->stop;
    return s->why == STOPPED_COUNT || (s->why == STOPPED_POINT && s->owner == OWNER_COMMAND);
}

static int cmd_next(struct monitor *mon, struct args *a)
{
    u64 n;
    struct hart *h = args_hart(mon, a);
    if (!h || count(mon, a, &n) || ready(mon))
        return -1;
    do {
        next_once(mon, h);
    } while (--n && arrived(mon));
    return finish_run(mon);
}

static int cmd_finish(struct monitor *mon, struct args *a)
{
    struct hart *h = args_hart(mon, a);
    struct frame f, caller;
    u64 n;
    if (!h || count(mon, a, &n))
        return -1;
    struct view v = view_of_hart(h);
    for (caller = stack_first(h); n--;) {
        f = caller;
        if (stack_caller(&v, mon->m->symbols, &f, &caller))
            return mon_error(mon, "no caller found; 'backtrace' shows what there is");
    }
    if (ready(mon))
        return -1;
    control_run_to(mon->c, h, caller.pc, caller.sp);
    int rc = finish_run(mon);
    if (arrived(mon))
        fprintf(mon->out, "  a0 = 0x%" PRIx64 "\n", is_rv32(h) ? (u32)h->x[10] : h->x[10]);
    return rc;
}

/* Where ADDRESS is meant: in this world; below M-mode, which comes before all others, in this
 * address space; or in the modes and for the VMID and ASID of the options. */
static int until_filter(struct monitor *mon, const struct args *a, const struct hart *h,
                        struct filter *f)
{
    const struct mode_info *now = &mode_table[h->mode];
    if (args_filter(mon, a, f))
        return -1;
    if (!args_option(a, "mode"))
        for (unsigned m = 0; m < MODE_COUNT; m++)
            if (mode_table[m].v == now->v)
                f->modes |= (u8)(1u << m);
    if (f->vmid < 0 && now->v)
        f->vmid = (s32)hart_vmid(h);
    if (f->asid < 0 && h->mode != MODE_M && !args_option(a, "mode"))
        f->asid = (s32)hart_asid(h, (enum mode)h->mode);
    return 0;
}

static int cmd_until(struct monitor *mon, struct args *a)
{
    struct hart *h = args_hart(mon, a);
    struct view v;
    struct filter f;
    const char *times = args_option(a, "count");
    u64 to, sp = 0, n = 1;
    if (!h || (times && mon_eval(mon, times, &n)))
        return -1;
    if (!n || (times && !*a->text))
        return mon_error(mon, "--count=N: N arrivals, at least 1, at an ADDRESS");
    if (*a->text) {
        a->text += *a->text == '*';
        if (args_address(mon, a, a->text, &v, &to) || until_filter(mon, a, h, &f) || ready(mon))
            return -1;
        do {
            control_run_until(mon->c, h, to, &f);
        } while (--n && arrived(mon));
        return finish_run(mon);
    }
    if (ready(mon))
        return -1;
    u64 start = h->pc, mode = h->mode;
    sp = h->x[2] & MASK(h->config.xlen);
    is_call(h, &to); /* for the address behind the instruction */
    next_once(mon, h);
    if (arrived(mon) && h->pc < start &&
        h->mode == mode) /* it jumped back: run until the loop is left */
        control_run_to(mon->c, h, to, sp);
    return finish_run(mon);
}

static int cmd_continue(struct monitor *mon, struct args *a)
{
    u64 n;
    const struct hart *h = args_hart(mon, a);
    if (!h || count(mon, a, &n))
        return -1;
    if (n > 1) {
        struct point *p = points_find(&mon->c->points, mon->c->stop.point);
        if (mon->c->stop.why != STOPPED_POINT || !p)
            return mon_error(mon, "no breakpoint has been hit: nothing to ignore");
        p->ignore = n - 1;
    }
    if (ready(mon))
        return -1;
    if (args_option(a, "hart"))
        control_go_alone(mon->c, mon->m->hart[h->id]);
    else
        control_go(mon->c);
    return finish_run(mon);
}

static int cmd_hart(struct monitor *mon, struct args *a)
{
    u64 n;
    if (*a->text) {
        if (mon_eval(mon, a->text, &n))
            return -1;
        if (n >= mon->m->num_harts)
            return mon_error(mon, "there are harts 0 to %u", mon->m->num_harts - 1);
        mon->c->focus = mon->m->hart[n];
    }
    fprintf(mon->out, "hart %u  ", mon->c->focus->id);
    mon_show_insn(mon, mon->c->focus, mon->c->focus->pc);
    return 0;
}

static int cmd_reset(struct monitor *mon, struct args *a)
{
    struct error err;
    if (args_end(mon, a))
        return -1;
    mon->m->state.stop_reason = STOP_NONE;
    history_cut(mon->m);
    if (machine_reset(mon->m, &err))
        return mon_fail(mon, &err);
    mon->c->focus = mon->c->stop.hart = mon->m->hart[0];
    mon->c->stop = (struct stop_info){.why = STOPPED_START, .hart = mon->c->focus};
    monitor_show_stop(mon);
    if (mon->passive)
        fprintf(mon->out, "gdb remembers old registers: 'maintenance flush register-cache'\n");
    return 0;
}

static int cmd_backtrace(struct monitor *mon, struct args *a)
{
    struct hart *h = args_hart(mon, a);
    u64 most = 32;
    if (!h || (*a->text && mon_eval(mon, a->text, &most)))
        return -1;
    struct view v = view_of_hart(h);
    struct frame f = stack_first(h), caller;
    for (unsigned n = 0; n < most; n++, f = caller) {
        char symbol[128] = "";
        struct symbol_place place; /* of the call: it may be the function's last instruction */
        if (name_at(mon->m->symbols, h, (enum mode)h->mode, f.innermost ? f.pc : f.pc - 1, &place))
            snprintf(symbol, sizeof symbol, "<%s+0x%" PRIx64 ">", place.name, f.pc - place.start);
        fprintf(mon->out, "#%-2u %s0x%0*" PRIx64 "%s %s\n", n, tint(mon, TINT_ADDRESS),
                addr_digits(h), f.pc, tint(mon, TINT_NONE), symbol);
        if (stack_caller(&v, mon->m->symbols, &f, &caller))
            break;
    }
    return 0;
}

const struct command commands_run[] = {
    {"step", "s si stepi", "[N]", "hart", "execute N instructions, entering calls and traps", NULL,
     cmd_step, TOPIC_RUN, REPEAT_SAME, WORDS_EXPR, NULL},
    {"next", "n ni nexti", "[N]", "hart", "as step, but calls and ECALLs are run to their end",
     NULL, cmd_next, TOPIC_RUN, REPEAT_SAME, WORDS_EXPR, NULL},
    {"finish", "fin", "[N]", "hart", "run until the present function returns; N: so many of them",
     NULL, cmd_finish, TOPIC_RUN, REPEAT_SAME, WORDS_NONE, NULL},
    {"until", "u", "[ADDRESS]", "hart count mode vmid asid",
     "run to ADDRESS in this world, or until a loop is left",
     "--count=N: to the Nth arrival at ADDRESS. Without V it is an address of M, HS or U, with V "
     "one of\n"
     "this guest; --mode=VS,VU, --vmid=N and --asid=N say whose is meant.",
     cmd_until, TOPIC_RUN, REPEAT_SAME, WORDS_EXPR, NULL},
    {"continue", "c cont run r", "[N]", "hart",
     "run until something stops the machine; pass the breakpoint N - 1 times",
     "While it runs the keyboard belongs to the guest; Ctrl-A c comes back here. --hart=N: the "
     "others\n"
     "stand still meanwhile.",
     cmd_continue, TOPIC_RUN, REPEAT_SAME, WORDS_NONE, NULL},
    {"backtrace", "bt where", "[N]", "hart trap", "calls that led here, at most N",
     "--trap=N: what led to the trap that 'traps' lists under that number; --trap=0, just after a "
     "guest\n"
     "has trapped, is the guest's stack.",
     cmd_backtrace, TOPIC_RUN, REPEAT_SAME, WORDS_NONE, NULL},
    {"hart", NULL, "[N]", NULL, "choose the hart that commands mean", NULL, cmd_hart, TOPIC_RUN,
     REPEAT_NOT, WORDS_NONE, NULL},
    {"reset", NULL, "", NULL, "put the machine and the guest back to their start", NULL, cmd_reset,
     TOPIC_RUN, REPEAT_NOT, WORDS_NONE, NULL},
    {0},
};
