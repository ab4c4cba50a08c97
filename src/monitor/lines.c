/* Lines from a person (readline: history, completion) or from a pipe. */
#include <ctype.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "cpu/csr.h"
#include "machine/console.h"
#include "monitor/monitor.h"

enum { HISTORY_KEPT = 1000 };

/* readline's completion functions have no argument for us. */
static struct monitor *current;

static bool matches(const char *name, const char *text)
{
    return name && strncmp(name, text, strlen(text)) == 0;
}

static char *next_command(const char *text, int state)
{
    static unsigned n;
    const struct command *k;
    if (!state)
        n = 0;
    while ((k = command_number(n++)))
        if (matches(k->name, text))
            return strdup(k->name);
    return NULL;
}

/* The n-th symbol that begins with a text. */
struct nth {
    unsigned n;
    const char *name;
};

static int count_down(void *ctx, const struct symbol_place *place)
{
    struct nth *s = ctx;
    if (s->n--)
        return 0;
    s->name = place->name;
    return 1;
}

/* Registers, CSRs and symbols, in this order; `n` counts through all of them. */
static char *next_name(const char *text, int state)
{
    static unsigned n, symbol;
    if (!state)
        n = symbol = 0;
    for (; n < 64; n++) {
        const char *name = n < 32 ? reg_names[n] : freg_names[n - 32];
        if (matches(name, text))
            return n++, strdup(name);
    }
    for (; n < 64 + 4096; n++) {
        const char *name = csr_name(n - 64);
        if (matches(name, text))
            return n++, strdup(name);
    }
    struct nth s = {symbol++, NULL};
    if (*text && current->m->symbols)
        symbols_each(current->m->symbols, text, count_down, &s);
    return s.name ? strdup(s.name) : NULL;
}

/* What kind of word the command takes. */
static unsigned words_of_line(void)
{
    char name[64];
    struct error err;
    size_t n = 0;
    const char *s = rl_line_buffer;
    while (isspace((unsigned char)*s))
        s++;
    while (isalnum((unsigned char)s[n]))
        n++;
    snprintf(name, sizeof name, "%.*s", (int)n, s);
    const struct command *k = command_find(name, &err);
    return k ? k->words : WORDS_NONE;
}

static char **complete(const char *text, int start, int end)
{
    (void)end;
    bool first = true;
    for (int i = 0; i < start; i++)
        first &= isspace((unsigned char)rl_line_buffer[i]) != 0;
    rl_attempted_completion_over = 1;
    if (first)
        return rl_completion_matches(text, next_command);
    switch (words_of_line()) {
    case WORDS_COMMAND:
        return rl_completion_matches(text, next_command);
    case WORDS_FILE:
        rl_attempted_completion_over = 0;
        return NULL;
    case WORDS_NONE:
        return NULL;
    default:
        return rl_completion_matches(text, next_name);
    }
}

static char *history_path(char *buf, size_t len)
{
    const char *home = getenv("HOME");
    if (!home)
        return NULL;
    snprintf(buf, len, "%s/.hextant_history", home);
    return buf;
}

/* Ctrl-C at the prompt throws the line away; other signals end the session. */
static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
    (void)sig;
    interrupted = 1;
}

static void set_up(struct monitor *mon)
{
    char path[512];
    static bool done;
    current = mon;
    if (done)
        return;
    done = true;
    rl_readline_name = "hextant";
    rl_attempted_completion_function = complete;
    rl_catch_signals = 0;
    rl_completer_word_break_characters = " \t\n()[]+-*/&|^~!<>=,:$";
    using_history();
    stifle_history(HISTORY_KEPT);
    if (history_path(path, sizeof path))
        read_history(path);
}

/* What readline's callback leaves: a whole line, NULL at the end of the input. */
static char *line_read;
static bool line_done;

static void take_line(char *line)
{
    line_read = line;
    line_done = true;
    rl_callback_handler_remove();
}

/* Waits for a key. Signals end the wait. */
static bool key_waits(void)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&p, 1, -1) == 1;
}

static char *read_line(void)
{
    struct sigaction mine = {.sa_handler = on_interrupt}, old;
    static const char prompt[] = "(hextant) ";
    line_done = false;
    interrupted = 0;
    sigaction(SIGINT, &mine, &old);
    rl_callback_handler_install(prompt, take_line);
    while (!line_done) {
        if (key_waits())
            rl_callback_read_char();
        if (terminal_signal()) {
            take_line(NULL);
        } else if (interrupted) {
            interrupted = 0;
            fputs("^C\n", rl_outstream);
            rl_callback_handler_remove();
            rl_callback_handler_install(prompt, take_line);
        }
    }
    sigaction(SIGINT, &old, NULL);
    return line_read;
}

static void loop_terminal(struct monitor *mon)
{
    char path[512];
    set_up(mon);
    while (!mon->done) {
        terminal_restore();
        char *line = terminal_signal() ? NULL : read_line();
        if (!line) {
            fputc('\n', mon->out);
            mon->done = true;
            break;
        }
        if (*line)
            add_history(line);
        monitor_line(mon, line);
        free(line);
    }
    if (history_path(path, sizeof path))
        write_history(path);
}

static void loop_pipe(struct monitor *mon)
{
    char line[4096];
    while (!mon->done && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\r\n")] = '\0';
        fprintf(mon->out, "(hextant) %s\n", line);
        monitor_line(mon, line);
    }
    mon->done = true;
}

void monitor_loop(struct monitor *mon)
{
    if (mon->interactive)
        loop_terminal(mon);
    else
        loop_pipe(mon);
}
