/* Commands that go backwards. */
#include <inttypes.h>
#include <string.h>

#include "cpu/insn.h"
#include "machine/history.h"
#include "monitor/monitor.h"
#include "monitor/reverse.h"
#include "monitor/stack.h"
#include "trace/trace.h"

const char *mon_goes_forwards(const struct monitor *mon)
{
    const struct options *o = &mon->m->config.opt;
    return o->timeline               ? "--timeline"
           : o->profile              ? "--profile"
           : o->report               ? "--report"
           : trace_active(mon->m, 0) ? "--trace"
                                     : NULL;
}

int mon_may_go_back(struct monitor *mon)
{
    const char *observer = mon_goes_forwards(mon);
    fflush(mon->out);
    return observer ? mon_error(mon, "%s goes forwards only; leave it out to go back", observer)
                    : 0;
}

static int ready(struct monitor *mon)
{
    if (mon->passive)
        return mon_error(mon, "gdb runs the machine: use its own command");
    return mon_may_go_back(mon);
}

/* Says where the machine is now; `rc` and *err: what has come of it. */
static int finish(struct monitor *mon, int rc, const struct error *err)
{
    mon->examine.valid = mon->disas.valid = false;
    if (rc)
        mon_fail(mon, err);
    else if (mon->c->stop.why == STOPPED_START)
        fprintf(mon->out, "the history begins here\n");
    monitor_show_stop(mon);
    return rc;
}

static int cmd_reverse_step(struct monitor *mon, struct args *a)
{
    struct error err;
    struct hart *h = args_hart(mon, a);
    u64 n = 1;
    if (!h || (*a->text && mon_eval(mon, a->text, &n)) || ready(mon))
        return -1;
    return finish(mon, reverse_step(mon->c, h, n, &err), &err);
}

static int cmd_reverse_continue(struct monitor *mon, struct args *a)
{
    struct error err;
    if (args_end(mon, a) || ready(mon))
        return -1;
    return finish(mon, reverse_continue(mon->c, &err), &err);
}

/* Does the instruction at pc return from a function? */
static bool is_return(struct hart *h)
{
    struct op op;
    u64 next;
    return view_insn_at_pc(h, &op, &next) == INSN_jalr && op.rd == 0 &&
           (op.rs1 == 1 || op.rs1 == 5);
}

/* One instruction back; over a function that has returned, or a trap that was handled, to its call.
 */
static int next_back(struct monitor *mon, struct hart *h, struct error *err)
{
    u64 pc = h->pc;
    struct reverse_aim aim = {
        .pc = {pc - 4, pc - 2}, .num = 2, .sp = h->x[2] & MASK(h->config.xlen), .mode = h->mode};
    if (reverse_step(mon->c, h, 1, err))
        return -1;
    bool other_mode = h->mode != aim.mode;
    if (mon->c->stop.why == STOPPED_START || (!other_mode && !is_return(h)))
        return 0;
    if (other_mode && !mode_table[h->mode].v &&
        mode_table[h->mode].nominal < mode_table[aim.mode].nominal)
        return 0; /* into a handler: this was where it trapped */
    u64 from = mon->m->state.executed;
    if (reverse_to(mon->c, h, &aim, err))
        return -1;
    if (mon->c->stop.why != STOPPED_START)
        return 0;
    return reverse_goto(mon->c, from, err); /* nobody has called it */
}

static int cmd_reverse_next(struct monitor *mon, struct args *a)
{
    struct error err;
    struct hart *h = args_hart(mon, a);
    u64 n = 1;
    int rc = 0;
    if (!h || (*a->text && mon_eval(mon, a->text, &n)) || ready(mon))
        return -1;
    while (n-- && !rc)
        rc = next_back(mon, h, &err);
    return finish(mon, rc, &err);
}

static int cmd_reverse_finish(struct monitor *mon, struct args *a)
{
    struct error err;
    struct hart *h = args_hart(mon, a);
    struct frame f, caller;
    if (!h || ready(mon))
        return -1;
    struct view v = view_of_hart(h);
    f = stack_first(h);
    if (stack_caller(&v, mon->m->symbols, &f, &caller))
        return mon_error(mon, "no caller found; 'backtrace' shows what there is");
    struct reverse_aim aim = {
        .pc = {caller.pc - 4, caller.pc - 2}, .num = 2, .sp = caller.sp, .mode = h->mode};
    return finish(mon, reverse_to(mon->c, h, &aim, &err), &err);
}

static int cmd_goto(struct monitor *mon, struct args *a)
{
    struct error err;
    u64 to;
    if (!*a->text)
        return mon_error(mon, "usage: goto INSN, a number of instructions as 'when' shows it");
    if (mon_eval(mon, a->text, &to) || ready(mon))
        return -1;
    return finish(mon, reverse_goto(mon->c, to, &err), &err);
}

static int cmd_when(struct monitor *mon, struct args *a)
{
    const struct machine *m = mon->m;
    if (args_end(mon, a))
        return -1;
    fprintf(mon->out, "%" PRIu64 " instructions, %.7f s\n", m->state.executed,
            (double)machine_ticks(m) / TIMEBASE_HZ);
    if (history_is_kept(m))
        fprintf(mon->out, "the history begins at %" PRIu64 " and takes %.1f MiB\n",
                moment_facts(m, history_first(mon->m)).executed,
                (double)moments_size(m) / (1 << 20));
    return 0;
}

const struct command commands_reverse[] = {
    {"reverse-step", "rs rsi reverse-stepi", "[N]", "hart", "go back N instructions of a hart",
     NULL, cmd_reverse_step, TOPIC_RUN, REPEAT_SAME, WORDS_EXPR, NULL},
    {"reverse-next", "rn rni reverse-nexti", "[N]", "hart",
     "as reverse-step, but over calls and traps to where they began", NULL, cmd_reverse_next,
     TOPIC_RUN, REPEAT_SAME, WORDS_EXPR, NULL},
    {"reverse-finish", "rfin", "", "hart", "go back to the call of the present function", NULL,
     cmd_reverse_finish, TOPIC_RUN, REPEAT_SAME, WORDS_NONE, NULL},
    {"reverse-continue", "rc", "", NULL,
     "go back to the last place where a point would have stopped the machine",
     "Breakpoints, watchpoints and catchpoints count with their filters and conditions, but none "
     "is\n"
     "ignored. Without one, back to where the history begins.",
     cmd_reverse_continue, TOPIC_RUN, REPEAT_SAME, WORDS_NONE, NULL},
    {"goto", NULL, "INSN", NULL, "go to where so many instructions had been executed, or will be",
     NULL, cmd_goto, TOPIC_RUN, REPEAT_NOT, WORDS_EXPR, NULL},
    {"when", NULL, "", NULL,
     "how many instructions have been executed, and what can be gone back to", NULL, cmd_when,
     TOPIC_RUN, REPEAT_NOT, WORDS_NONE, NULL},
    {0},
};
