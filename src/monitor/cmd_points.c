/* Commands about breakpoints, watchpoints and catchpoints. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cpu/csr.h"
#include "monitor/monitor.h"
#include "monitor/names.h"
#include "sbi/firmware.h"

/* Cuts " if CONDITION" off the text; the condition, or NULL. */
static char *take_condition(char *text)
{
    char *at = strncmp(text, "if ", 3) == 0 ? text : strstr(text, " if ");
    if (!at)
        return NULL;
    char *condition = at + (at == text ? 3 : 4);
    *at = '\0';
    return condition;
}

/* Does the condition make sense? Memory that cannot be read now may be there later. */
static int check_condition(struct monitor *mon, const char *condition)
{
    struct expr_scope scope = {.h = mon->c->focus, .symbols = mon->m->symbols};
    struct error err;
    u64 value;
    if (!condition || expr_eval(&scope, condition, &value, &err) == 0 ||
        strstr(err.text, "not mapped") || strstr(err.text, "nothing at"))
        return 0;
    return mon_fail(mon, &err);
}

/* Common part of a new point: filter and condition. */
static struct point *add(struct monitor *mon, const struct args *a, enum point_kind kind,
                         const char *condition)
{
    struct filter f;
    if (args_filter(mon, a, &f) || check_condition(mon, condition))
        return NULL;
    struct point *p = points_add(&mon->c->points, kind, OWNER_USER);
    if (!p) {
        mon_error(mon, "no memory");
        return NULL;
    }
    p->filter = f;
    p->condition = condition ? strdup(condition) : NULL;
    return p;
}

static int announce(struct monitor *mon, const struct point *p)
{
    char text[256], limits[512];
    fprintf(mon->out, "%u: %s%s\n", p->id, point_text(p, text, sizeof text),
            point_limits(mon->c->focus, p, limits, sizeof limits));
    return 0;
}

struct namesakes {
    struct symbol_place place;
    unsigned count;
};

static int count_namesake(void *ctx, const struct symbol_place *p)
{
    struct namesakes *n = ctx;
    n->count += p->file == n->place.file && strcmp(p->name, n->place.name) == 0;
    return 0;
}

/* A file may have several static functions of one name, of which a breakpoint takes the first. */
static void mention_namesakes(struct monitor *mon, const struct point *p, const char *text,
                              enum mode mode)
{
    struct namesakes n = {.count = 0};
    if (!name_at(mon->m->symbols, mon->c->focus, mode, p->addr, &n.place) || n.place.offset ||
        strcmp(n.place.name, text) != 0)
        return;
    symbols_each(mon->m->symbols, text, count_namesake, &n);
    if (n.count > 1)
        fprintf(mon->out, "%u symbols are called %s; 'symbols find %s' shows their addresses\n",
                n.count, text, text);
}

static int set_break(struct monitor *mon, struct args *a, unsigned temporary)
{
    char *condition = take_condition(a->text);
    u64 addr = mon->c->focus->pc;
    struct view v = view_of_hart(mon->c->focus);
    char symbol[128];
    if (*a->text == '*')
        a->text++;
    if (*a->text && args_address(mon, a, a->text, &v, &addr))
        return -1;
    if (v.kind != VIEW_VA)
        return mon_error(mon,
                         "breakpoints are at virtual addresses; limit them by --mode or --vmid");
    struct point *p = add(mon, a, POINT_BREAK, condition);
    if (!p)
        return -1;
    p->addr = addr & MASK(mon->c->focus->config.xlen);
    p->temporary = temporary;
    mon_symbol(mon, v.h, (enum mode)v.mode, p->addr, symbol, sizeof symbol);
    p->text = *symbol ? strdup(symbol) : NULL;
    announce(mon, p);
    mention_namesakes(mon, p, a->text, (enum mode)v.mode);
    return 0;
}

static int cmd_break(struct monitor *mon, struct args *a)
{
    return set_break(mon, a, 0);
}

static int cmd_tbreak(struct monitor *mon, struct args *a)
{
    return set_break(mon, a, 1);
}

/* ---- watchpoints ---- */

static int watch_csr(struct monitor *mon, struct args *a, const char *name, unsigned access)
{
    char *condition = take_condition(a->text);
    int num = csr_number(name);
    u64 value;
    if (num < 0 || csr_peek(mon->c->focus, (unsigned)num, &value))
        return mon_error(mon, "this hart has no CSR '%s'", name);
    struct point *p = add(mon, a, POINT_WATCH_CSR, condition);
    if (!p)
        return -1;
    p->csr = (u16)num;
    p->access = (u8)access;
    p->old = value;
    return announce(mon, p);
}

static int set_watch(struct monitor *mon, struct args *a, unsigned access)
{
    struct view v;
    u64 addr, len = mon->c->focus->config.xlen / 8u;
    const char *length = args_option(a, "len");
    if (strncmp(a->text, "csr:", 4) == 0) {
        char name[64];
        size_t n = strcspn(a->text + 4, " ");
        snprintf(name, sizeof name, "%.*s", (int)n, a->text + 4);
        a->text += 4 + n;
        return watch_csr(mon, a, name, access);
    }
    char *condition = take_condition(a->text);
    if (!*a->text)
        return mon_error(mon,
                         "what is to be watched? An address, gpa:ADDRESS, pa:ADDRESS, csr:NAME");
    if (args_address(mon, a, a->text, &v, &addr) || (length && mon_eval(mon, length, &len)))
        return -1;
    if (!len || len > 1 << 20)
        return mon_error(mon, "--len can be 1 to 1048576 bytes");
    struct point *p = add(mon, a, POINT_WATCH, condition);
    if (!p)
        return -1;
    p->addr = addr;
    p->len = len;
    p->space = v.kind;
    p->access = (u8)access;
    return announce(mon, p);
}

static int cmd_watch(struct monitor *mon, struct args *a)
{
    return set_watch(mon, a, WATCH_WRITE);
}

static int cmd_rwatch(struct monitor *mon, struct args *a)
{
    return set_watch(mon, a, WATCH_READ);
}

static int cmd_awatch(struct monitor *mon, struct args *a)
{
    return set_watch(mon, a, WATCH_READ | WATCH_WRITE);
}

/* ---- catchpoints ---- */

/* A cause by number or by name; of an interrupt that is "VSTI" or its whole name. */
static int parse_cause(const char *text, unsigned interrupt, s32 *cause)
{
    char *end;
    long n = strtol(text, &end, 0);
    if (isdigit((unsigned char)*text) && !*end && n < (interrupt ? 4096 : 64)) {
        *cause = (s32)n;
        return 0;
    }
    return name_cause(text, interrupt, cause);
}

static int bad_cause(struct monitor *mon, const char *word, const char *text, unsigned interrupt)
{
    char names[512];
    cause_names(text, interrupt, names, sizeof names);
    return mon_error(mon, "catch %s: '%s' %s%s", word, text,
                     *names ? "can be " : "is no cause; 'help catch' shows some", names);
}

static int parse_sbi(const char *text, s32 *cause)
{
    char *end;
    unsigned long n = strtoul(text, &end, 0);
    if (isdigit((unsigned char)*text) && !*end) {
        *cause = (s32)n;
        return 0;
    }
    for (unsigned i = 0; i < SBI_EXTENSIONS; i++)
        if (strcmp(sbi_extensions[i]->name, text) == 0) {
            *cause = (s32)sbi_extensions[i]->eid;
            return 0;
        }
    return -1;
}

static int parse_target(struct monitor *mon, const struct args *a, s32 *target)
{
    const struct hart *h = mon->c->focus;
    const char *to = args_option(a, "to");
    int mode = to ? mode_named(to) : -1;
    *target =
        mode == MODE_M || mode == MODE_S || mode == MODE_VS ? mode_table[mode].bank : CATCH_ANY;
    if (to && *target == CATCH_ANY)
        return mon_error(mon, "--to=%s: can be M%s", to, has(h, EXT_H) ? ", HS or VS" : " or S");
    return 0;
}

static int cmd_catch(struct monitor *mon, struct args *a)
{
    static const struct {
        const char *name;
        u8 what;
    } kinds[] = {{"trap", CATCH_EXCEPTION}, {"interrupt", CATCH_INTERRUPT},
                 {"irq", CATCH_INTERRUPT},  {"mode", CATCH_MODE},
                 {"world", CATCH_WORLD},    {"sbi", CATCH_SBI}};
    char *condition = take_condition(a->text), *word = args_word(a);
    s32 cause = CATCH_ANY, target;
    size_t k = 0;
    while (word && k < ARRAY_LEN(kinds) && strcmp(kinds[k].name, word) != 0)
        k++;
    if (!word || k == ARRAY_LEN(kinds))
        return mon_error(mon, "catch what? trap, interrupt, mode, world or sbi");
    unsigned what = kinds[k].what;
    bool interrupt = what == CATCH_INTERRUPT;
    if (*a->text && what == CATCH_SBI && parse_sbi(a->text, &cause))
        return mon_error(mon, "catch sbi: no extension '%s'", a->text);
    if (*a->text && what != CATCH_SBI && parse_cause(a->text, interrupt, &cause))
        return bad_cause(mon, word, a->text, interrupt);
    if (parse_target(mon, a, &target))
        return -1;
    if (target != CATCH_ANY && what != CATCH_EXCEPTION && !interrupt)
        return mon_error(mon, "--to goes with trap and interrupt; --mode=VS says which mode");
    struct point *p = add(mon, a, POINT_CATCH, condition);
    if (!p)
        return -1;
    p->catch_what = (u8)what;
    p->cause = cause;
    p->target = target;
    p->own_code = interrupt && isalpha((unsigned char)*a->text);
    p->text = (what == CATCH_SBI || p->own_code) && *a->text ? strdup(a->text) : NULL;
    return announce(mon, p);
}

/* ---- the list ---- */

static int cmd_list(struct monitor *mon, struct args *a)
{
    if (args_end(mon, a))
        return -1;
    points_print(mon->c->focus, &mon->c->points, mon->out);
    return 0;
}

/* Calls fn for each point that the words name; without words for all. */
static int for_points(struct monitor *mon, struct args *a,
                      void (*fn)(struct monitor *mon, struct point *p))
{
    char *word = args_word(a);
    if (!word) {
        for (struct point *p = mon->c->points.first, *next; p; p = next) {
            next = p->next;
            if (p->owner == OWNER_USER)
                fn(mon, p);
        }
        return 0;
    }
    for (; word; word = args_word(a)) {
        u64 id;
        struct point *p;
        if (mon_eval(mon, word, &id))
            return -1;
        if (id > UINT32_MAX || !(p = points_find(&mon->c->points, (u32)id)))
            return mon_error(mon, "no breakpoint %s; 'list' shows them", word);
        fn(mon, p);
    }
    return 0;
}

static void enable_point(struct monitor *mon, struct point *p)
{
    (void)mon;
    p->enabled = true;
    if (p->kind == POINT_WATCH_CSR)
        csr_peek(mon->c->focus, p->csr, &p->old);
}

static void disable_point(struct monitor *mon, struct point *p)
{
    (void)mon;
    p->enabled = false;
}

static void delete_point(struct monitor *mon, struct point *p)
{
    points_delete(&mon->c->points, p);
}

static int cmd_enable(struct monitor *mon, struct args *a)
{
    return for_points(mon, a, enable_point);
}

static int cmd_disable(struct monitor *mon, struct args *a)
{
    return for_points(mon, a, disable_point);
}

static int cmd_delete(struct monitor *mon, struct args *a)
{
    return for_points(mon, a, delete_point);
}

static int cmd_ignore(struct monitor *mon, struct args *a)
{
    char *word = args_word(a);
    u64 id, n;
    if (!word || !*a->text)
        return mon_error(mon, "usage: ignore ID COUNT");
    if (mon_eval(mon, word, &id) || mon_eval(mon, a->text, &n))
        return -1;
    struct point *p = id <= UINT32_MAX ? points_find(&mon->c->points, (u32)id) : NULL;
    if (!p)
        return mon_error(mon, "no breakpoint %s; 'list' shows them", word);
    p->ignore = n;
    return 0;
}

const struct filter *monitor_scope(const struct monitor *mon, u64 addr)
{
    for (const struct scope *s = mon->scopes; s; s = s->next)
        if (s->addr == addr)
            return &s->filter;
    return &filter_any;
}

static void list_scopes(struct monitor *mon)
{
    char text[64];
    for (const struct scope *s = mon->scopes; s; s = s->next)
        fprintf(mon->out, "0x%" PRIx64 "%s\n", s->addr,
                filter_text(mon->c->focus, &s->filter, text, sizeof text));
    if (!mon->scopes)
        fprintf(mon->out, "none: gdb's breakpoints apply anywhere\n");
}

static int cmd_scope(struct monitor *mon, struct args *a)
{
    struct view v;
    struct filter f;
    u64 addr;
    if (!*a->text) {
        list_scopes(mon);
        return 0;
    }
    if (args_filter(mon, a, &f) || args_address(mon, a, a->text, &v, &addr))
        return -1;
    struct scope *s = mon->scopes;
    while (s && s->addr != addr)
        s = s->next;
    if (!s) {
        s = calloc(1, sizeof *s);
        if (!s)
            return mon_error(mon, "no memory");
        s->addr = addr;
        s->next = mon->scopes;
        mon->scopes = s;
    }
    s->filter = f;
    return 0;
}

static int cmd_stepping(struct monitor *mon, struct args *a)
{
    static const char *const names[] = {"faults", "traps", "none"};
    const char *word = args_word(a);
    if (!word) {
        fprintf(mon->out, "%s\n", names[mon->stepping]);
        return 0;
    }
    for (u8 i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(word, names[i]) == 0) {
            mon->stepping = i;
            return args_end(mon, a);
        }
    return mon_error(mon, "stepping faults, traps or none");
}

#define LIMITS "mode vmid asid hart"
const struct command commands_points[] = {
    {"break", "b", "[ADDRESS] [if CONDITION]", LIMITS, "stop before the instruction at ADDRESS",
     "ADDRESS is an expression, often a symbol. Host and guest may share addresses: --mode=VS,VU,\n"
     "--vmid=N, --asid=N and --hart=N say whose instruction is meant.",
     cmd_break, TOPIC_STOP, REPEAT_NOT, WORDS_EXPR, NULL},
    {"tbreak", "tb", "[ADDRESS] [if CONDITION]", LIMITS, "as break, once", NULL, cmd_tbreak,
     TOPIC_STOP, REPEAT_NOT, WORDS_EXPR, NULL},
    {"watch", "w", "ADDRESS|gpa:ADDRESS|pa:ADDRESS|csr:NAME [if CONDITION]", LIMITS " len",
     "stop after a store there, or when the CSR changes",
     "--len=BYTES (XLEN/8). Addresses are virtual unless they say gpa: or pa:. A CSR is compared\n"
     "after CSR instructions and changes of mode.",
     cmd_watch, TOPIC_STOP, REPEAT_NOT, WORDS_EXPR, NULL},
    {"rwatch", "rw", "ADDRESS|...", LIMITS " len", "stop after a load there", NULL, cmd_rwatch,
     TOPIC_STOP, REPEAT_NOT, WORDS_EXPR, NULL},
    {"awatch", "aw", "ADDRESS|...", LIMITS " len", "stop after a load or store there", NULL,
     cmd_awatch, TOPIC_STOP, REPEAT_NOT, WORDS_EXPR, NULL},
    {"catch", NULL, "trap|interrupt [CAUSE], mode, world, sbi [EXTENSION] [if CONDITION]",
     LIMITS " to", "stop when such a thing happens",
     "catch trap 22 --to=HS     exception 22 that HS-mode takes\n"
     "catch trap load-page      by name: any part of it that only one has, or the name in trap "
     "tables\n"
     "catch trap --mode=VS      any exception from VS-mode (--mode says where it comes from)\n"
     "catch trap --mode=VS if scause == 21    the condition sees what the handler will find\n"
     "catch interrupt VSTI      by its bit in mip, whoever takes it; a number is the cause that is "
     "seen\n"
     "catch mode --mode=M       a switch to M-mode\n"
     "catch world               a change of V: the hypervisor enters or leaves a guest\n"
     "catch sbi rfence          an ECALL from HS or VS with that extension in a7",
     cmd_catch, TOPIC_STOP, REPEAT_NOT, WORDS_NONE, "trap interrupt mode world sbi"},
    {"list", "l", "", NULL, "breakpoints, watchpoints and catchpoints", NULL, cmd_list, TOPIC_STOP,
     REPEAT_SAME, WORDS_NONE, NULL},
    {"enable", "en", "[ID...]", NULL, "make points work again (without ID: all)", NULL, cmd_enable,
     TOPIC_STOP, REPEAT_NOT, WORDS_NONE, NULL},
    {"disable", "dis", "[ID...]", NULL, "keep points, but let them not stop the machine", NULL,
     cmd_disable, TOPIC_STOP, REPEAT_NOT, WORDS_NONE, NULL},
    {"ignore", NULL, "ID COUNT", NULL, "let the next COUNT hits of a point pass", NULL, cmd_ignore,
     TOPIC_STOP, REPEAT_NOT, WORDS_NONE, NULL},
    {"delete", "d", "[ID...]", NULL, "delete points (without ID: all)", NULL, cmd_delete,
     TOPIC_STOP, REPEAT_NOT, WORDS_NONE, NULL},
    {"scope", NULL, "[ADDRESS]", LIMITS, "limit the breakpoints that gdb sets at ADDRESS",
     "Host and guest may share virtual addresses, but gdb knows no modes: 'monitor scope "
     "0x80000000\n"
     "--mode=VS --vmid=2' before 'break *0x80000000' makes it a breakpoint of that guest.",
     cmd_scope, TOPIC_STOP, REPEAT_NOT, WORDS_EXPR, NULL},
    {"stepping", NULL, "[faults|traps|none]", NULL, "the trap handlers that gdb's steps enter",
     "faults   those of exceptions other than environment calls (at the start)\n"
     "traps    all: stepi on an ECALL goes to its handler, and so does next on a line with one\n"
     "none     none\n"
     "Other handlers are run to their return. The monitor's own step enters all.",
     cmd_stepping, TOPIC_STOP, REPEAT_NOT, WORDS_NONE, "faults traps none"},
    {0},
};
