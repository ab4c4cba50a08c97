/* The monitor's own commands: help, source, leaving. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/owner.h"
#include "monitor/monitor.h"

static const char *const topics[TOPIC_COUNT] = {
    [TOPIC_RUN] = "Running",
    [TOPIC_STOP] = "Stopping",
    [TOPIC_REGISTERS] = "Registers",
    [TOPIC_MEMORY] = "Memory and code",
    [TOPIC_WHY] = "Translation, interrupts, explanations",
    [TOPIC_MACHINE] = "Machine",
    [TOPIC_MONITOR] = "Monitor",
};

static void help_all(struct monitor *mon)
{
    const struct command *k;
    for (unsigned t = 0; t < TOPIC_COUNT; t++) {
        fprintf(mon->out, "%s%s%s\n", tint(mon, TINT_BOLD), topics[t], tint(mon, TINT_NONE));
        for (unsigned i = 0; (k = command_number(i)); i++)
            if (k->topic == t)
                fprintf(mon->out, "  %-16s %s\n", k->name, k->brief);
    }
    fprintf(mon->out,
            "help COMMAND says more. Commands can be shortened; an empty line repeats.\n");
}

static int cmd_help(struct monitor *mon, struct args *a)
{
    const char *word = args_word(a);
    struct error err;
    if (!word) {
        help_all(mon);
        return 0;
    }
    const struct command *k = command_find(word, &err);
    if (!k)
        return mon_fail(mon, &err);
    fprintf(mon->out, "%s%s%s %s\n", tint(mon, TINT_BOLD), k->name, tint(mon, TINT_NONE), k->args);
    if (k->aliases)
        fprintf(mon->out, "also: %s\n", k->aliases);
    if (k->options) {
        fprintf(mon->out, "options:");
        for (const char *s = k->options; *s; s += strspn(s, " ")) {
            size_t n = strcspn(s, " ");
            bool bare = s[n - 1] == '!';
            fprintf(mon->out, " --%.*s%s", (int)n - bare, s, bare ? "" : "=");
            s += n;
        }
        fputc('\n', mon->out);
    }
    fprintf(mon->out, "%s\n", k->brief);
    if (k->help)
        fprintf(mon->out, "%s\n", k->help);
    return 0;
}

static int cmd_source(struct monitor *mon, struct args *a)
{
    if (mon_may_reach_host(mon, "source"))
        return -1;
    return *a->text ? monitor_source(mon, a->text) : mon_error(mon, "usage: source FILE");
}

/* "COMMAND | SHELL COMMAND": what the monitor's command prints goes through the other. */
static int cmd_pipe(struct monitor *mon, struct args *a)
{
    char *bar = strstr(a->text, " | ");
    if (mon_may_reach_host(mon, "pipe"))
        return -1;
    if (mon->passive)
        return mon_error(mon, "gdb has a pipe command of its own");
    if (!bar || !bar[3])
        return mon_error(mon, "usage: pipe COMMAND | SHELL-COMMAND");
    *bar = '\0';
    fflush(mon->out);
    const struct owner *owner = mon->m->host.owner;
    FILE *to = owner_program(owner, bar + 3), *out = mon->out;
    bool colour = mon->colour;
    if (!to)
        return mon_error(mon, "cannot run '%s': %s", bar + 3, strerror(errno));
    mon->out = to;
    mon->colour = false;
    int rc = monitor_line(mon, a->text);
    mon->out = out;
    mon->colour = colour;
    int status = owner_program_end(owner, to);
    if (owner_signal(owner))
        return 0; /* nobody has waited for its status */
    return rc || status ? mon_error(mon, "'%s' failed", rc ? a->text : bar + 3) : 0;
}

static int cmd_echo(struct monitor *mon, struct args *a)
{
    fprintf(mon->out, "%s\n", a->text);
    return 0;
}

static int cmd_quit(struct monitor *mon, struct args *a)
{
    u64 status;
    if (*a->text) {
        if (mon_eval(mon, a->text, &status))
            return -1;
        mon->status = (int)(status & 0xff);
    }
    mon->done = true;
    return 0;
}

static int cmd_detach(struct monitor *mon, struct args *a)
{
    if (args_end(mon, a))
        return -1;
    mon->done = mon->detached = true;
    return 0;
}

static int cmd_info(struct monitor *mon, struct args *a)
{
    static const char *const names[][2] = {
        {"registers", "registers"},    {"breakpoints", "list"},
        {"watchpoints", "list"},       {"threads", "harts"},
        {"symbol", "print"},           {"frame", "backtrace 1"},
        {"stack", "backtrace"},        {"all-registers", "registers all"},
        {"functions", "symbols find"}, {"mem", "maps"},
    };
    char line[256];
    const char *word = args_word(a);
    for (size_t i = 0; word && i < ARRAY_LEN(names); i++)
        if (strncmp(names[i][0], word, strlen(word)) == 0) {
            snprintf(line, sizeof line, "%s %s", names[i][1], a->text);
            return monitor_line(mon, line);
        }
    return mon_error(mon, "info registers, breakpoints, threads, symbol, stack; 'help' lists more");
}

const struct command commands_monitor[] = {
    {"help", "h ?", "[COMMAND]", NULL, "this list, or more about a command", NULL, cmd_help,
     TOPIC_MONITOR, REPEAT_NOT, WORDS_COMMAND, NULL},
    {"info", "i", "WHAT", NULL, "what gdb's users are used to ask for", NULL, cmd_info,
     TOPIC_MONITOR, REPEAT_NOT, WORDS_NONE,
     "registers breakpoints watchpoints threads symbol frame stack all-registers functions mem"},
    {"source", NULL, "FILE", NULL, "execute the commands in FILE, up to the first that fails", NULL,
     cmd_source, TOPIC_MONITOR, REPEAT_NOT, WORDS_FILE, NULL},
    {"pipe", NULL, "COMMAND | SHELL-COMMAND", NULL,
     "send what a command prints through another program",
     "pipe maps gpa | less\n"
     "pipe csr machine | grep -v 0x0000000000000000",
     cmd_pipe, TOPIC_MONITOR, REPEAT_NOT, WORDS_COMMAND, NULL},
    {"echo", NULL, "TEXT", NULL, "print TEXT", NULL, cmd_echo, TOPIC_MONITOR, REPEAT_NOT,
     WORDS_NONE, NULL},
    {"detach", NULL, "", NULL, "leave the monitor; the machine runs on alone", NULL, cmd_detach,
     TOPIC_MONITOR, REPEAT_NOT, WORDS_NONE, NULL},
    {"quit", "q exit", "[STATUS]", NULL, "end the simulation", NULL, cmd_quit, TOPIC_MONITOR,
     REPEAT_NOT, WORDS_NONE, NULL},
    {0},
};
