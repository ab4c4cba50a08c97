/* Traces, begun and ended while the machine stands still. */
#include <string.h>

#include "monitor/monitor.h"
#include "trace/trace.h"

static int list_traces(struct monitor *mon)
{
    const char *text;
    for (u32 n = 0; (text = trace_active(mon->m, n)); n++)
        fprintf(mon->out, "%s\n", text);
    if (!trace_active(mon->m, 0))
        fprintf(mon->out, "nothing is traced\n");
    return 0;
}

static int cmd_trace(struct monitor *mon, struct args *a)
{
    struct error err;
    const char *what = args_word(a);
    if (args_end(mon, a))
        return -1;
    if (!what)
        return list_traces(mon);
    if (strcmp(what, "off") != 0)
        return trace_add(mon->m, what, &err) ? mon_fail(mon, &err) : 0;
    trace_clear(mon->m);
    return 0;
}

const struct command commands_trace[] = {
    {"trace", NULL, "[CLASS,...[:FILTER,...] | off]", NULL,
     "trace what the guest does, from now on",
     "trace trap,csr:mode=VS     as --trace=trap,csr:mode=VS, in addition to what is traced "
     "already\n"
     "trace off                  no more\n"
     "Without argument it lists what is traced. The lines go to --trace-file, or to standard "
     "error.",
     cmd_trace, TOPIC_MACHINE, REPEAT_NOT, WORDS_NONE,
     "off insn trap mode csr walk mem mmio irq sbi fence tlb"},
    {0},
};
