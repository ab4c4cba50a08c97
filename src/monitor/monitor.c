/* The heart of the monitor: finding a command, taking its line apart, running it. */
#include "monitor/monitor.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/owner.h"
#include "cpu/insn.h"
#include "trace/trace.h"

enum { MAX_DEPTH = 16, MAX_LINE = 4096 };

static const struct command *const tables[] = {
#define COMMANDS(name) commands_##name,
#include "monitor/commands.def"
#undef COMMANDS
};

const struct command *command_number(unsigned n)
{
    for (size_t t = 0; t < ARRAY_LEN(tables); t++)
        for (const struct command *k = tables[t]; k->name; k++)
            if (n-- == 0)
                return k;
    return NULL;
}

static bool has_word(const char *list, const char *word, size_t len)
{
    for (const char *s = list; s && *s;) {
        size_t n = strcspn(s, " ");
        if (n == len && strncmp(s, word, n) == 0)
            return true;
        s += n + (s[n] == ' ');
    }
    return false;
}

const struct command *command_find(const char *name, struct error *err)
{
    const struct command *k, *found = NULL;
    size_t len = strlen(name), used = 0;
    char others[256] = "";
    unsigned matches = 0;
    for (unsigned i = 0; (k = command_number(i)); i++) {
        if (strcmp(k->name, name) == 0 || has_word(k->aliases, name, len))
            return k;
        if (strncmp(k->name, name, len) != 0)
            continue;
        found = k;
        if (matches++ < 8 && used < sizeof others)
            used += (size_t)snprintf(others + used, sizeof others - used, " %s", k->name);
    }
    if (matches == 1)
        return found;
    if (matches)
        error_set(err, "'%s' can be%s", name, others);
    else
        error_set(err, "no command '%s'; 'help' lists them", name);
    return NULL;
}

struct monitor *monitor_new(struct machine *m, FILE *out, FILE *err)
{
    struct monitor *mon = calloc(1, sizeof *mon);
    if (!mon)
        return NULL;
    mon->m = m;
    mon->out = out;
    mon->err = err;
    mon->status = -1;
    struct error why;
    if (trace_load_symbols(m, &why))
        owner_message(m->host.owner, "%s", why.text);
    mon->c = control_new(m);
    if (!mon->c) {
        free(mon);
        return NULL;
    }
    return mon;
}

void monitor_free(struct monitor *mon)
{
    if (!mon)
        return;
    control_free(mon->c);
    while (mon->scopes) {
        struct scope *s = mon->scopes;
        mon->scopes = s->next;
        free(s);
    }
    free(mon->last);
    free(mon);
}

/* ---- one line ---- */

static const char *option_row(const struct command *k, const char *name)
{
    size_t len = strlen(name);
    for (const char *s = k->options; s && *s;) {
        size_t n = strcspn(s, " ");
        size_t bare = n && s[n - 1] == '!' ? n - 1 : n;
        if (bare == len && strncmp(s, name, len) == 0)
            return s[bare] == '!' ? "!" : "";
        s += n + (s[n] == ' ');
    }
    return NULL;
}

/* Sorts a line: words that begin with -- are options and stay where they are, the others go to
 * a->text. */
static int take_options(struct monitor *mon, const struct command *k, char *line, struct args *a)
{
    char *to = a->text, *s = line;
    while (*s) {
        bool start = s == line || !s[-1] || isspace((unsigned char)s[-1]);
        if (!start || s[0] != '-' || s[1] != '-' || !isalpha((unsigned char)s[2])) {
            *to++ = *s++;
            continue;
        }
        char *name = s + 2, *end = name + strcspn(name, " \t");
        s = *end ? end + 1 : end;
        *end = '\0';
        char *value = strchr(name, '=');
        if (value)
            *value++ = '\0';
        const char *row = option_row(k, name);
        if (!row)
            return mon_error(mon, "%s has no option --%s; 'help %s' lists them", k->name, name,
                             k->name);
        if ((*row == '!') != !value)
            return mon_error(mon, "--%s %s", name,
                             value ? "takes no value" : "needs a value: =...");
        if (a->num_options == ARGS_OPTIONS)
            return mon_error(mon, "too many options");
        a->option[a->num_options].name = name;
        a->option[a->num_options++].value = value ? value : "";
    }
    *to = '\0';
    while (to > a->text && isspace((unsigned char)to[-1]))
        *--to = '\0';
    return 0;
}

static void remember(struct monitor *mon, const struct command *k, const char *line)
{
    free(mon->last);
    mon->last = k->repeat == REPEAT_SAME ? strdup(line)
                : k->repeat == REPEAT_ON ? strdup(k->name)
                                         : NULL;
}

/* The first word, as far as it can be a command's name: "x/4i" is the command x. */
static size_t name_length(const char *s)
{
    size_t n = 0;
    while (isalnum((unsigned char)s[n]) || s[n] == '-' || s[n] == '?')
        n++;
    return n;
}

static int run_line(struct monitor *mon, char *line)
{
    char name[64], text[MAX_LINE];
    size_t n = name_length(line);
    struct error err;
    snprintf(name, sizeof name, "%.*s", (int)n, line);
    if (!n)
        return mon_error(mon, "no command '%s'; 'help' lists them", line);
    const struct command *k = command_find(name, &err);
    if (!k)
        return mon_fail(mon, &err);
    remember(mon, k, line);
    struct args a = {.text = text};
    if (take_options(mon, k, line + n + strspn(line + n, " \t"), &a))
        return -1;
    return k->run(mon, &a);
}

int monitor_line(struct monitor *mon, const char *line)
{
    char copy[MAX_LINE];
    while (isspace((unsigned char)*line))
        line++;
    if (*line == '#')
        return 0;
    if (!*line && mon->interactive)
        line = mon->last ? mon->last : "";
    if (!*line)
        return 0;
    if (strlen(line) >= sizeof copy)
        return mon_error(mon, "the line is too long");
    if (owner_signal(mon->m->host.owner)) { /* the run is over, and so is its script */
        mon->done = true;
        return 0;
    }
    snprintf(copy, sizeof copy, "%s", line);
    copy[strcspn(copy, "\r\n")] = '\0';
    int rc = run_line(mon, copy);
    if (rc)
        mon->failures++;
    fflush(mon->out);
    return rc;
}

int monitor_source(struct monitor *mon, const char *path)
{
    char line[MAX_LINE];
    unsigned number = 0;
    int rc = 0;
    if (mon->depth >= MAX_DEPTH)
        return mon_error(mon, "'source' is nested too deeply");
    FILE *in = fopen(path, "r");
    if (!in)
        return mon_error(mon, "cannot read '%s': %s", path, strerror(errno));
    mon->depth++;
    while (rc == 0 && !mon->done && fgets(line, sizeof line, in)) {
        number++;
        if (line[strspn(line, " \t\r\n")] == '\0')
            continue;
        rc = monitor_line(mon, line);
    }
    mon->depth--;
    fclose(in);
    return rc ? mon_error(mon, "%s:%u: stopped here", path, number) : 0;
}

/* ---- helpers of commands ---- */

int mon_error(struct monitor *mon, const char *format, ...)
{
    va_list ap;
    fflush(mon->out);
    fprintf(mon->err, "%serror:%s ", tint(mon, TINT_BAD), tint(mon, TINT_NONE));
    va_start(ap, format);
    vfprintf(mon->err, format, ap);
    va_end(ap);
    fputc('\n', mon->err);
    return -1;
}

int mon_fail(struct monitor *mon, const struct error *err)
{
    return mon_error(mon, "%s", err->text);
}

int mon_may_reach_host(struct monitor *mon, const char *command)
{
    return mon->confined ? mon_error(mon,
                                     "'%s' would reach the host's files or programs: start with "
                                     "--gdb=...,trusted to allow it over a connection",
                                     command)
                         : 0;
}

const char *tint(const struct monitor *mon, enum tint t)
{
    static const char *const codes[] = {
        [TINT_NONE] = "\033[0m",     [TINT_BOLD] = "\033[1m",  [TINT_DIM] = "\033[2m",
        [TINT_ADDRESS] = "\033[36m", [TINT_GOOD] = "\033[32m", [TINT_BAD] = "\033[31m",
        [TINT_NOTE] = "\033[33m",
    };
    return mon->colour ? codes[t] : "";
}

int addr_digits(const struct hart *h)
{
    return is_rv32(h) ? 8 : 16;
}

char *mon_symbol(struct monitor *mon, const struct hart *h, enum mode mode, u64 addr, char *buf,
                 size_t len)
{
    return name_text(mon->m->symbols, h, mode, addr, buf, len);
}

int mon_eval(struct monitor *mon, const char *text, u64 *value)
{
    struct expr_scope scope = {.h = mon->c->focus, .symbols = mon->m->symbols};
    struct error err;
    return expr_eval(&scope, text, value, &err) ? mon_fail(mon, &err) : 0;
}

void mon_show_insn(struct monitor *mon, struct hart *h, u64 pc)
{
    struct view v = view_of_hart(h);
    char symbol[128], text[128];
    struct error err;
    u32 insn;
    mon_symbol(mon, h, (enum mode)h->mode, pc, symbol, sizeof symbol);
    fprintf(mon->out, "%s0x%0*" PRIx64 "%s%s%s:\t", tint(mon, TINT_ADDRESS), addr_digits(h), pc,
            tint(mon, TINT_NONE), *symbol ? " " : "", symbol);
    if (view_read_insn(&v, pc, &insn, &err)) {
        fprintf(mon->out, "(%s)\n", err.text);
        return;
    }
    insn_disassemble_on(h, pc, insn, text, sizeof text);
    fprintf(mon->out, "%s\n", text);
}
