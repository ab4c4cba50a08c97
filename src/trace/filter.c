/* Reading and applying the filters of --trace=. */
#include "trace/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/keys.h"

static const struct {
    const char *name;
    bool plain;
} classes[TRACE_CLASSES] = {
#define CLASS(e, name, plain, help) {name, plain},
#include "trace/classes.def"
#undef CLASS
};

const char *trace_class_name(enum trace_class c)
{
    return classes[c].name;
}

bool trace_class_plain(enum trace_class c)
{
    return classes[c].plain;
}

/* A filter that is being read. */
struct reading {
    struct trace_filter f;
    const struct symbols *symbols;
};

/* The two sides of "A..B", each of which may be empty; the text is cut. NULL: it is no range. */
static char *range_second(char *text)
{
    char *middle = strstr(text, "..");
    if (!middle)
        return NULL;
    *middle = 0;
    return middle + 2;
}

/* An address, or a symbol: *first and *last get the bytes it stands for. */
static bool parse_place(const char *name, const struct symbols *symbols, u64 *first, u64 *last)
{
    struct symbol_place p;
    if (number_parse(name, NUMBER_PLAIN, first) == 0) {
        *last = *first;
        return true;
    }
    if (!symbols || !symbols_lookup(symbols, name, 0, -1, &p))
        return false;
    *first = p.start;
    *last = p.end - 1;
    return true;
}

static int set_pc(void *into, const char *value, struct error *err)
{
    struct reading *r = into;
    struct trace_filter *f = &r->f;
    char text[512];
    u64 ignored;
    snprintf(text, sizeof text, "%s", value);
    char *second = range_second(text);
    f->has_pc = true;
    bool good = second ? parse_place(text, r->symbols, &f->pc_first, &ignored) &&
                             parse_place(second, r->symbols, &ignored, &f->pc_last) &&
                             f->pc_first <= f->pc_last
                       : parse_place(text, r->symbols, &f->pc_first, &f->pc_last);
    return good ? 0 : error_set(err, "must be SYMBOL, or FIRST..LAST, each an address or a symbol");
}

static int set_window(void *into, const char *value, struct error *err)
{
    struct trace_filter *f = &((struct reading *)into)->f;
    char text[64];
    snprintf(text, sizeof text, "%s", value);
    const char *second = range_second(text);
    if (!second || (*text && number_parse(text, NUMBER_PLAIN, &f->from)) ||
        (*second && number_parse(second, NUMBER_PLAIN, &f->until)) || f->from >= f->until)
        return error_set(err, "must be FROM..UNTIL, two numbers; either may be left out");
    return 0;
}

static int add_hart(void *into, const char *value, struct error *err)
{
    u64 hart;
    if (number_parse(value, NUMBER_PLAIN, &hart) || hart > 63)
        return error_set(err, "must be numbers of harts with '+' between them");
    ((struct reading *)into)->f.harts |= BIT(hart);
    return 0;
}

static int add_mode(void *into, const char *value, struct error *err)
{
    int mode = mode_named(value);
    if (mode < 0)
        return error_set(err, "must be M, HS, U, VS or VU, or several with '+' between them");
    ((struct reading *)into)->f.modes |= 1u << mode;
    return 0;
}

static const struct key class_keys[] = {
#define CLASS(e, name, plain, help)                                                                \
    {name, NULL, KEY_BIT, KEY_AT(struct reading, f.classes), .min = TRACE_##e},
#include "trace/classes.def"
#undef CLASS
};

static const struct key filter_keys[] = {
    {"mode", "VS+VU", KEY_EACH, .call = add_mode},
    {"hart", "0+1", KEY_EACH, .call = add_hart},
    {"vmid", "N", KEY_NUMBER, KEY_AT(struct reading, f.vmid), .max = MASK(14)},
    {"pc", "SYMBOL|FIRST..LAST", KEY_CALL, .call = set_pc},
    {"insns", "FROM..UNTIL", KEY_CALL, .call = set_window},
    {"first", "N", KEY_NUMBER, KEY_AT(struct reading, f.left), .min = 1},
};

int trace_filter_parse(const char *text, const struct symbols *symbols, struct trace_filter *f,
                       struct error *err)
{
    static const struct key_table names = KEY_TABLE("--trace", class_keys, ',');
    static const struct key_table filters = KEY_TABLE("--trace", filter_keys, ',');
    struct reading r = {{.vmid = -1, .until = UINT64_MAX, .left = UINT64_MAX}, symbols};
    char *copy = strdup(text), *rest = copy ? keys_cut(copy, ':') : NULL;
    int rc = copy ? 0 : error_set(err, "no memory");
    if (!rc && (keys_parse(&names, copy, &r, err) || keys_parse(&filters, rest, &r, err)))
        rc = -1;
    free(copy);
    *f = r.f;
    return rc;
}

bool trace_filter_accepts(const struct trace_filter *f, enum trace_class c,
                          const struct line_place *at, u32 modes)
{
    if (!(f->classes >> c & 1) || !f->left || at->clock < f->from || at->clock >= f->until)
        return false;
    if (f->modes && !(f->modes & modes))
        return false;
    if (f->harts && (at->hart > 63 || !(f->harts >> at->hart & 1)))
        return false;
    if (f->vmid >= 0 && (!mode_table[at->mode].v || at->vmid != (unsigned)f->vmid))
        return false;
    return !f->has_pc || (at->pc >= f->pc_first && at->pc <= f->pc_last);
}
