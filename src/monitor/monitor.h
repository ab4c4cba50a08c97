/* The monitor: a command line on a machine that stands still. */
#ifndef HEXTANT_MONITOR_MONITOR_H
#define HEXTANT_MONITOR_MONITOR_H

#include <stdio.h>

#include "monitor/control.h"
#include "monitor/expr.h"

/* Where commands that page through memory go on when they are repeated. */
struct cursor {
    struct view view;
    u64 addr;
    u64 count; /* of the last command */
    bool valid;
};

/* How the command x shows memory. */
struct examine_format {
    u64 count;
    char letter;
    unsigned size;
};

/* gdb knows no modes: what its breakpoints at one address are limited to. */
struct scope {
    u64 addr;
    struct filter filter;
    struct scope *next;
};

/* The traps whose handlers gdb's steps enter; others are run to their return. */
enum stepping { STEPPING_FAULTS, STEPPING_TRAPS, STEPPING_NONE };

struct monitor {
    struct machine *m;
    struct control *c;
    FILE *out, *err;
    bool colour;
    bool interactive;     /* a person types */
    bool passive;         /* gdb runs the machine; commands only look */
    bool confined;        /* commands come over a connection: the host's files are out of reach */
    struct scope *scopes; /* of breakpoints that gdb sets */
    u8 stepping;          /* enum stepping */
    bool done;            /* leave the command loop: */
    bool detached;        /* ... and let the machine run alone */
    int status;           /* exit status that `quit` asks for; -1: none */
    unsigned failures;
    unsigned depth; /* of source */
    char *last;     /* line that an empty line repeats */
    struct cursor examine, disas;
    struct examine_format last_format;
};

/* What follows the command's name: options --name=value have been taken out of the text. */
enum { ARGS_OPTIONS = 8 };
struct args {
    char *text;
    struct {
        const char *name, *value;
    } option[ARGS_OPTIONS];
    unsigned num_options;
};

enum command_topic {
    TOPIC_RUN,
    TOPIC_STOP,
    TOPIC_REGISTERS,
    TOPIC_MEMORY,
    TOPIC_WHY,
    TOPIC_MACHINE,
    TOPIC_MONITOR,
    TOPIC_COUNT
};
enum command_repeat { REPEAT_NOT, REPEAT_SAME, REPEAT_ON /* again without arguments */ };
enum command_words {
    WORDS_NONE,
    WORDS_EXPR,
    WORDS_REGISTER,
    WORDS_CSR,
    WORDS_COMMAND,
    WORDS_FILE,
    WORDS_DEVICE
};

struct command {
    const char *name;
    const char *aliases; /* separated by blanks, or NULL */
    const char *args;    /* for the usage line */
    const char *options; /* allowed, separated by blanks; with '!' behind: takes no value */
    const char *brief;
    const char *help; /* more lines, or NULL */
    int (*run)(struct monitor *mon, struct args *a);
    u8 topic, repeat, words; /* words: what Tab completes the arguments to, besides: */
    const char *keywords;    /* separated by blanks, or NULL */
};

/* One table for each file of commands; the lists end with a row without name. */
#define COMMANDS(name) extern const struct command commands_##name[];
#include "monitor/commands.def"
#undef COMMANDS
/* The n-th command of all, or NULL. */
const struct command *command_number(unsigned n);
/* The command that `name` or an abbreviation means; NULL with *err. */
const struct command *command_find(const char *name, struct error *err);

/* Prints the CSRs of every hart in a table, as `csr` does, to `out`. */
void csr_print_all(struct machine *m, FILE *out);
/* A monitor that prints to `out`, and what is wrong to `err`. NULL without memory. */
struct monitor *monitor_new(struct machine *m, FILE *out, FILE *err);
void monitor_free(struct monitor *mon);
/* Executes one line; 0, or -1 if it failed (and has said so). */
int monitor_line(struct monitor *mon, const char *line);
/* Executes a file of commands up to the first that fails. 0 or -1. */
int monitor_source(struct monitor *mon, const char *path);
/* What breakpoints of gdb at addr are limited to. */
const struct filter *monitor_scope(const struct monitor *mon, u64 addr);
/* Says which of the person's points has stopped the machine; deletes it if it was to hit once. */
void monitor_show_point(struct monitor *mon, const struct stop_info *s);
/* Says where the machine stands and why. */
void monitor_show_stop(struct monitor *mon);

/* ---- for commands ---- */

/* Prints "error: ..." and returns -1. */
int mon_error(struct monitor *mon, const char *format, ...) PRINTF(2, 3);
int mon_fail(struct monitor *mon, const struct error *err);
/* May a command read or write a file of the host, or run a program there? 0, or -1 after saying
 * that it may not over this connection. Every such command asks. */
int mon_may_reach_host(struct monitor *mon, const char *command);
/* Value of an option, or NULL; of an option without value "". */
const char *args_option(const struct args *a, const char *name);
/* Takes the next word off the text; NULL at its end. */
char *args_word(struct args *a);
/* Nothing may be left: 0, or -1 after saying so. */
int args_end(struct monitor *mon, const struct args *a);
/* The hart that --hart names, or the focus; with --trap=N a copy of it as it was before that trap.
 * NULL after saying what is wrong. */
struct hart *args_hart(struct monitor *mon, const struct args *a);
/* Filter from --mode, --vmid, --asid, --hart. 0 or -1. */
int args_filter(struct monitor *mon, const struct args *a, struct filter *f);
/* An expression with an optional space prefix ("VS:", "gpa:", "pa:", "va:"); 0 or -1. *v is where
 * it is; without prefix, and --mode, the hart's own mode. */
int args_address(struct monitor *mon, const struct args *a, const char *text, struct view *v,
                 u64 *addr);
int mon_eval(struct monitor *mon, const char *text, u64 *value);
/* Who looks on and draws a line in time, which cannot turn: an option's name; NULL: nobody. */
const char *mon_goes_forwards(const struct monitor *mon);
/* May the machine go back? 0, or -1 after saying what is in the way. */
int mon_may_go_back(struct monitor *mon);
/* The name of the n-th group of CSRs, or NULL. */
const char *csr_group(unsigned n);

/* Escape sequences, or "" without colour. */
enum tint { TINT_NONE, TINT_BOLD, TINT_DIM, TINT_ADDRESS, TINT_GOOD, TINT_BAD, TINT_NOTE };
const char *tint(const struct monitor *mon, enum tint t);
/* Digits of an address on this hart (8 or 16). */
int addr_digits(const struct hart *h);
/* "<symbol+0x12>" in the mode, or "". Returns buf. */
char *mon_symbol(struct monitor *mon, const struct hart *h, enum mode mode, u64 addr, char *buf,
                 size_t len);
/* One instruction with address, symbol and assembly. */
void mon_show_insn(struct monitor *mon, struct hart *h, u64 pc);

#endif
