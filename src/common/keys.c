/* The parser of options and of lists of KEY=VALUE. */
#include "common/keys.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "hextant needs a little-endian host");

static int apply_suffix(const char *end, u64 *value)
{
    static const char letters[] = "KMGT";
    char up = *end & ~0x20;
    const char *l = strchr(letters, up);
    if (!l || !up)
        return -1;
    unsigned shift = 10 * (unsigned)(l - letters + 1);
    if (*value > UINT64_MAX >> shift)
        return -1;
    *value <<= shift;
    end++;
    return !*end || strcasecmp(end, "B") == 0 || strcasecmp(end, "iB") == 0 ? 0 : -1;
}

int number_parse(const char *text, enum number_form form, u64 *value)
{
    char *end;
    if (*text < '0' || *text > '9')
        return -1;
    errno = 0;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    *value = strtoull(text, &end, hex ? 16 : 10);
    if (errno || end == text)
        return -1;
    return !*end ? 0 : form == NUMBER_SUFFIXES ? apply_suffix(end, value) : -1;
}

static char assign_of(const struct key_table *t)
{
    return t->assign ? t->assign : '=';
}

/* "--drive: snapshot=maybe: WHY", or of an option "--harts=0: WHY". */
static int refuse(const struct key_table *t, const struct key *row, const char *value,
                  struct error *err)
{
    struct error why = *err;
    char assign[2] = {value ? assign_of(t) : 0, 0};
    return error_set(err, "%s%s%s%s%s: %s", t->option ? t->option : "", t->option ? ": " : "",
                     row->name, assign, value ? value : "", why.text);
}

static int needs_value(const struct key_table *t, const struct key *row, struct error *err)
{
    return error_set(err, "%s%s%s needs a value: %s%c%s", t->option ? t->option : "",
                     t->option ? ": " : "", row->name, row->name, assign_of(t), row->arg);
}

/* All keys, with the words for their values. */
static int unknown_key(const struct key_table *t, const char *item, struct error *err)
{
    char known[400] = "";
    size_t used = 0;
    for (u32 i = 0; i < t->num && used < sizeof known; i++) {
        const struct key *r = &t->row[i];
        char assign[2] = {r->arg ? assign_of(t) : 0, 0};
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s%s%s", i ? ", " : "",
                                 r->name, assign, r->arg ? r->arg : "");
    }
    return error_set(err, "%s%sunknown key '%.*s'; can be %s", t->option ? t->option : "",
                     t->option ? ": " : "", (int)strcspn(item, (char[]){assign_of(t), 0}), item,
                     known);
}

const struct key *key_find(const struct key_table *t, const char *name, size_t len)
{
    for (u32 i = 0; i < t->num; i++)
        if (strlen(t->row[i].name) == len && strncmp(t->row[i].name, name, len) == 0)
            return &t->row[i];
    return NULL;
}

/* ---- storing a value; the errors say only what was expected ---- */

static int store(const struct key *row, u64 value, void *into)
{
    memcpy((char *)into + row->offset, &value, row->width); /* little-endian hosts only */
    return 0;
}

static int set_bit(const struct key *row, void *into)
{
    u64 value = 0;
    memcpy(&value, (char *)into + row->offset, row->width);
    return store(row, value | BIT(row->min), into);
}

static int set_text(const struct key *row, const char *value, void *into)
{
    memcpy((char *)into + row->offset, &value, sizeof value);
    return 0;
}

static int append(const struct key *row, const char *value, void *into, struct error *err)
{
    u32 *count = (u32 *)(void *)((char *)into + row->count_offset);
    const char **list = (const char **)(void *)((char *)into + row->offset);
    if (*count >= row->max)
        return error_set(err, "at most %" PRIu64 " of them", row->max);
    list[(*count)++] = value;
    return 0;
}

static int set_number(const struct key *row, const char *value, void *into, struct error *err)
{
    u64 n, max = row->max ? row->max : UINT64_MAX;
    bool size = row->kind == KEY_SIZE;
    if (number_parse(value, size ? NUMBER_SUFFIXES : NUMBER_PLAIN, &n))
        return error_set(err, size ? "not a size; write it as 512M or 2G" : "not a number");
    if (size && n % 4096)
        return error_set(err, "must be a multiple of 4096 bytes");
    if (size && n < row->min)
        return error_set(err, "the guest needs memory; give at least 4K");
    if (n < row->min || n > max)
        return error_set(err, "must be between %" PRIu64 " and %" PRIu64, row->min, max);
    return store(row, n, into);
}

static int set_choice(const struct key *row, const char *value, void *into, struct error *err)
{
    u64 n = row->min;
    for (const char *s = row->arg;; n++) {
        size_t len = strcspn(s, "|");
        if (strlen(value) == len && strncmp(s, value, len) == 0)
            return store(row, n, into);
        s += len;
        if (!*s++)
            return error_set(err, "can be %s", row->arg);
    }
}

static int call_each(const struct key *row, const char *value, void *into, struct error *err)
{
    char *copy = strdup(value), *next;
    int rc = copy ? 0 : error_set(err, "no memory");
    for (char *part = copy; part && !rc; part = next) {
        next = keys_cut(part, '+');
        rc = row->call(into, part, err);
    }
    free(copy);
    return rc;
}

static int set_value(const struct key *row, const char *value, void *into, struct error *err)
{
    switch ((enum key_kind)row->kind) {
    case KEY_FLAG:
        return store(row, 1, into);
    case KEY_WORD:
        return store(row, row->min, into);
    case KEY_BIT:
        return set_bit(row, into);
    case KEY_TEXT:
    case KEY_ANY:
        return set_text(row, value, into);
    case KEY_LIST:
        return append(row, value, into, err);
    case KEY_NUMBER:
    case KEY_SIZE:
        return set_number(row, value, into, err);
    case KEY_CHOICE:
        return set_choice(row, value, into, err);
    case KEY_CALL:
        return row->call(into, value, err);
    case KEY_EACH:
        return call_each(row, value, into, err);
    case KEY_HELP:
        break;
    }
    return 0;
}

int key_store(const struct key_table *t, const struct key *row, const char *value, void *into,
              struct error *err)
{
    if (!row->arg && value) {
        error_set(err, "takes no value");
        return refuse(t, row, value, err);
    }
    if (row->arg && !value)
        value = row->bare;
    if (row->arg && (!value || (!*value && row->kind != KEY_ANY)))
        return needs_value(t, row, err);
    return set_value(row, value, into, err) ? refuse(t, row, value, err) : 0;
}

int key_take(const struct key_table *t, const char *item, void *into, struct error *err)
{
    size_t len = strcspn(item, (char[]){assign_of(t), 0});
    const struct key *row = key_find(t, item, len);
    return row ? key_store(t, row, item[len] ? item + len + 1 : NULL, into, err)
               : unknown_key(t, item, err);
}

char *keys_cut(char *text, char separator)
{
    char *at = strchr(text, separator);
    if (!at || !separator)
        return NULL;
    *at = 0;
    return at + 1;
}

int keys_parse(const struct key_table *t, char *text, void *into, struct error *err)
{
    for (char *item = text, *next; item; item = next) {
        next = keys_cut(item, t->separator);
        if (key_take(t, item, into, err))
            return -1;
    }
    return 0;
}
