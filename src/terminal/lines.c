/* Lines from a person (readline: history, completion) or from a pipe. */
#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HX_EDITLINE
#include <editline/readline.h>
#else
#include <readline/history.h>
#include <readline/readline.h>
#endif

#include "cpu/csr.h"
#include "cpu/insn.h"
#include "monitor/monitor.h"
#include "terminal/lines.h"
#include "terminal/terminal.h"

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

enum { NUM_REGS = 64, NUM_CSRS = 4096 };

/* Registers, CSRs and symbols, in this order; `n` counts through all of them. */
static unsigned name_n, symbol_n;

static char *next_register(const char *text, int state)
{
    if (!state)
        name_n = symbol_n = 0;
    for (; name_n < NUM_REGS; name_n++) {
        const char *name = name_n < 32 ? insn_x_name[name_n] : insn_f_name[name_n - 32];
        if (matches(name, text))
            return name_n++, strdup(name);
    }
    for (; name_n < NUM_REGS + NUM_CSRS; name_n++) {
        const char *name = csr_name(name_n - NUM_REGS);
        if (matches(name, text))
            return name_n++, strdup(name);
    }
    return NULL;
}

static char *next_name(const char *text, int state)
{
    char *name = next_register(text, state);
    struct nth s = {0};
    if (name)
        return name;
    s.n = symbol_n++;
    if (*text && current->m->symbols)
        symbols_each(current->m->symbols, text, count_down, &s);
    return s.name ? strdup(s.name) : NULL;
}

/* CSRs, then their groups. */
static char *next_csr(const char *text, int state)
{
    static unsigned group;
    const char *name;
    if (!state) {
        group = 0;
        next_register("?", 0);
        name_n = NUM_REGS;
    }
    char *csr = next_register(text, 1);
    while (!csr && (name = csr_group(group++)))
        if (matches(name, text))
            csr = strdup(name);
    return csr;
}

static char *next_device(const char *text, int state)
{
    static u32 n;
    const struct bus *bus = &current->m->bus;
    if (!state)
        n = 0;
    while (n < bus->num_devices) {
        const char *name = bus->device[n++]->cls->name;
        if (matches(name, text))
            return strdup(name);
    }
    return NULL;
}

/* The words of a list, one after the other: a command's keywords, or its options with the '=' that
 * most of them need. */
static const char *list_words, *list_end;

static char *next_listed(const char *text, int state)
{
    static const char *at;
    if (!state)
        at = list_words;
    while (*at) {
        const char *word = at;
        size_t n = strcspn(at, " ");
        bool bare = word[n - 1] == '!';
        at += n + (at[n] == ' ');
        if (strncmp(word, text, strlen(text)) != 0)
            continue;
        char *out = malloc(n + 2);
        if (out)
            snprintf(out, n + 2, "%.*s%s", (int)(n - bare), word, bare ? "" : list_end);
        return out;
    }
    return NULL;
}

static char **complete_from(const char *text, const char *words, const char *end)
{
    list_words = words;
    list_end = end;
    if (*end)
        rl_completion_append_character = '\0';
    return rl_completion_matches(text, next_listed);
}

/* Does the line up to `start` end with this? */
static bool behind(int start, const char *what)
{
    int n = (int)strlen(what);
    return start >= n && strncmp(rl_line_buffer + start - n, what, (size_t)n) == 0;
}

static const struct command *command_of_line(void)
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
    return command_find(name, &err);
}

static char **complete_argument(const struct command *k, const char *text, int start)
{
    char **found;
    if (behind(start, " --"))
        return k->options ? complete_from(text, k->options, "=") : NULL;
    if (behind(start, " --mode="))
        return complete_from(text, "M HS U VS VU", "");
    if (behind(start, " --to="))
        return complete_from(text, "M HS VS", "");
    if (k->keywords && (found = complete_from(text, k->keywords, "")))
        return found;
    switch (k->words) {
    case WORDS_COMMAND:
        return rl_completion_matches(text, next_command);
    case WORDS_FILE:
        rl_attempted_completion_over = 0;
        return NULL;
    case WORDS_DEVICE:
        return rl_completion_matches(text, next_device);
    case WORDS_CSR:
        return rl_completion_matches(text, next_csr);
    case WORDS_REGISTER:
        return rl_completion_matches(text, next_register);
    case WORDS_EXPR:
        return rl_completion_matches(text, next_name);
    default:
        return NULL;
    }
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
    const struct command *k = command_of_line();
    return k ? complete_argument(k, text, start) : NULL;
}

static char *history_path(char *buf, size_t len)
{
    const char *home = getenv("HOME");
    if (!home)
        return NULL;
    snprintf(buf, len, "%s/.hextant_history", home);
    return buf;
}

static void remember_history(const char *path)
{
    char line[4096];
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        add_history(line);
    }
    if (f)
        fclose(f);
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
        remember_history(path);
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

/* The editors' own functions make a temporary file and rename it, which the sandbox leaves to
 * nobody, or write a format of their own. */
static void keep_history(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    HIST_ENTRY **list = history_list();
    for (size_t i = 0; f && list && list[i]; i++)
        fprintf(f, "%s\n", list[i]->line);
    if (f)
        fclose(f);
    else if (fd >= 0)
        close(fd);
}

static void loop_terminal(struct monitor *mon)
{
    char path[512];
    terminal_restore(); /* libedit looks whether the terminal echoes when it begins */
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
        keep_history(path);
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
