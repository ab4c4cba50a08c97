/* Symbol tables: order, lookup by address and by name. Reading the files is in symbols_read.c. */
#include "trace/symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/keys.h"
#include "trace/symbols_impl.h"

struct symbols {
    struct symbol_table **table;
    u32 count;
    unsigned xlen;
};

struct symbols *symbols_new(unsigned xlen)
{
    struct symbols *s = calloc(1, sizeof *s);
    if (s)
        s->xlen = xlen;
    return s;
}

static void table_free(struct symbol_table *t)
{
    free(t->sym);
    free(t->by_addr);
    free(t->by_name);
    free(t->names);
    free(t->path);
    free(t);
}

void symbols_free(struct symbols *s)
{
    if (!s)
        return;
    for (u32 i = 0; i < s->count; i++)
        table_free(s->table[i]);
    free(s->table);
    free(s);
}

/* Room for one more element of an array that doubles. 0 or -1. */
static int grow(void **array, size_t *cap, size_t needed, size_t element)
{
    if (needed <= *cap)
        return 0;
    size_t bigger = *cap ? *cap * 2 : 256;
    while (bigger < needed)
        bigger *= 2;
    void *p = realloc(*array, bigger * element);
    if (!p)
        return -1;
    *array = p;
    *cap = bigger;
    return 0;
}

int symbol_table_put(struct symbol_table *t, const char *name, size_t len, struct symbol sym)
{
    void *names = t->names, *syms = t->sym;
    if (t->names_len + len + 1 > UINT32_MAX ||
        grow(&names, &t->names_cap, t->names_len + len + 1, 1))
        return -1;
    t->names = names;
    if (grow(&syms, &t->cap, t->count + 1, sizeof *t->sym))
        return -1;
    t->sym = syms;
    sym.name = (u32)t->names_len;
    memcpy(t->names + t->names_len, name, len);
    t->names[t->names_len + len] = 0;
    t->names_len += len + 1;
    t->sym[t->count++] = sym;
    return 0;
}

/* ---- order ---- */

/* By address; at one address what names it best comes last. */
static int compare_symbols(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->global != y->global)
        return x->global < y->global ? -1 : 1;
    return x->name < y->name ? 1 : x->name > y->name ? -1 : 0; /* the first in the file */
}

static int compare_names(const void *a, const void *b, void *table)
{
    const struct symbol_table *t = table;
    const struct symbol *x = &t->sym[*(const u32 *)a], *y = &t->sym[*(const u32 *)b];
    int order = strcmp(t->names + x->name, t->names + y->name);
    if (order)
        return order;
    return x->start < y->start ? -1 : x->start > y->start;
}

/* Gives symbols without a size the room up to the next one that is no mere number; finds labels
 * inside functions. */
static void settle_ends(struct symbol_table *t)
{
    u64 next = t->limit, following = t->limit, function_end = 0;
    for (size_t i = t->count; i-- > 0;) {
        struct symbol *s = &t->sym[i];
        if (s->inner)
            continue;
        if (following > s->start)
            next = following;
        following = s->start;
        if (!s->end)
            s->end = next > s->start ? next : s->start + 4;
    }
    for (size_t i = 0; i < t->count; i++) {
        struct symbol *s = &t->sym[i];
        s->inner |= s->kind == SYMBOL_LABEL && s->start < function_end;
        if (s->kind == SYMBOL_FUNCTION && s->end > function_end)
            function_end = s->end;
    }
}

static int table_index(struct symbol_table *t)
{
    if (!t->count)
        return 0;
    qsort(t->sym, t->count, sizeof *t->sym, compare_symbols);
    settle_ends(t);
    t->by_addr = malloc(t->count * sizeof *t->by_addr);
    t->by_name = malloc(t->count * sizeof *t->by_name);
    if (!t->by_addr || !t->by_name)
        return -1;
    for (size_t i = 0; i < t->count; i++) {
        t->by_name[i] = (u32)i;
        if (t->sym[i].inner)
            continue;
        if (t->num_addr && t->sym[t->by_addr[t->num_addr - 1]].start == t->sym[i].start)
            t->num_addr--;
        t->by_addr[t->num_addr++] = (u32)i;
    }
    qsort_r(t->by_name, t->count, sizeof *t->by_name, compare_names, t);
    return 0;
}

/* ---- files ---- */

int symbols_add(struct symbols *s, const struct symbols_file *file, struct error *err)
{
    struct symbol_table *t = calloc(1, sizeof *t);
    struct symbol_table **list = realloc(s->table, (s->count + 1) * sizeof(*list));
    if (list)
        s->table = list;
    if (t)
        t->path = strdup(file->path);
    if (!list || !t || !t->path) {
        free(t);
        return error_set(err, "no memory for the symbols of '%s'", file->path);
    }
    t->file = *file;
    t->file.path = t->path;
    t->xlen = s->xlen;
    int rc = symbol_table_read(t, err);
    if (!rc && table_index(t))
        rc = error_set(err, "no memory for the symbols of '%s'", file->path);
    if (rc)
        table_free(t);
    else
        s->table[s->count++] = t;
    return rc;
}

static int add_mode(void *into, const char *value, struct error *err)
{
    int mode = mode_named(value);
    if (mode < 0)
        return error_set(err, "must be M, HS, U, VS or VU, or several with '+' between them");
    ((struct symbols_file *)into)->modes |= 1u << mode;
    return 0;
}

#define AT(member) KEY_AT(struct symbols_file, member)
static const struct key file_keys[] = {
    {"mode", "HS+U", KEY_EACH, .call = add_mode},
    {"vmid", "N", KEY_NUMBER, AT(vmid), .max = MASK(14)},
    {"bias", "ADDR", KEY_NUMBER, AT(bias)},
};

int symbols_add_text(struct symbols *s, const char *text, struct error *err)
{
    static const struct key_table table = KEY_TABLE("--symbols", file_keys, ',');
    char *path = strdup(text);
    struct symbols_file f = {.path = path, .vmid = -1};
    if (!path)
        return error_set(err, "no memory for the symbols of '%s'", text);
    int rc = keys_parse(&table, keys_cut(path, ','), &f, err);
    if (!rc)
        rc = symbols_add(s, &f, err);
    free(path);
    return rc;
}

u32 symbols_num_files(const struct symbols *s)
{
    return s->count;
}

const struct symbols_file *symbols_file(const struct symbols *s, u32 i)
{
    return &s->table[i]->file;
}

size_t symbols_count(const struct symbols *s, u32 i)
{
    return s->table[i]->count;
}

void symbols_remove(struct symbols *s, u32 i)
{
    table_free(s->table[i]);
    s->count--;
    memmove(&s->table[i], &s->table[i + 1], (s->count - i) * sizeof(*s->table));
}

/* ---- lookup ---- */

static bool applies(const struct symbols_file *f, enum mode mode, unsigned vmid)
{
    if (f->modes && !(f->modes >> mode & 1))
        return false;
    return f->vmid < 0 || (mode_table[mode].v && (unsigned)f->vmid == vmid);
}

static void place(const struct symbols *s, u32 file, const struct symbol *sym,
                  struct symbol_place *out)
{
    *out = (struct symbol_place){.name = s->table[file]->names + sym->name,
                                 .start = sym->start,
                                 .end = sym->end,
                                 .file = file,
                                 .is_code = sym->kind != SYMBOL_OBJECT};
}

static const struct symbol *table_find(const struct symbol_table *t, u64 addr)
{
    size_t lo = 0, hi = t->num_addr; /* the first that starts above addr is in [lo, hi] */
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (t->sym[t->by_addr[mid]].start <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == 0)
        return NULL;
    const struct symbol *sym = &t->sym[t->by_addr[lo - 1]];
    return addr < sym->end ? sym : NULL;
}

bool symbols_find(const struct symbols *s, enum mode mode, unsigned vmid, u64 addr,
                  struct symbol_place *out)
{
    for (u32 i = s->count; i-- > 0;) {
        const struct symbol *sym;
        if (!applies(&s->table[i]->file, mode, vmid) || !(sym = table_find(s->table[i], addr)))
            continue;
        place(s, i, sym, out);
        out->offset = addr - sym->start;
        return true;
    }
    return false;
}

/* The position in by_name of the first name that is not below `name`. */
static size_t first_name(const struct symbol_table *t, const char *name)
{
    size_t lo = 0, hi = t->count;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (strcmp(t->names + t->sym[t->by_name[mid]].name, name) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

bool symbols_lookup(const struct symbols *s, const char *name, u32 modes, int vmid,
                    struct symbol_place *out)
{
    for (u32 i = s->count; i-- > 0;) {
        const struct symbol_table *t = s->table[i];
        size_t at = first_name(t, name);
        if (at == t->count || strcmp(t->names + t->sym[t->by_name[at]].name, name) != 0)
            continue;
        if (modes && t->file.modes && !(modes & t->file.modes))
            continue;
        if (vmid >= 0 && t->file.vmid >= 0 && t->file.vmid != vmid)
            continue;
        place(s, i, &t->sym[t->by_name[at]], out);
        return true;
    }
    return false;
}

char *symbols_format(const struct symbols *s, enum mode mode, unsigned vmid, u64 addr, char *buf,
                     size_t len)
{
    struct symbol_place p;
    buf[0] = 0;
    if (!s || !symbols_find(s, mode, vmid, addr, &p))
        return buf;
    if (p.offset)
        snprintf(buf, len, "%s+0x%" PRIx64, p.name, p.offset);
    else
        snprintf(buf, len, "%s", p.name);
    return buf;
}

void symbols_each(const struct symbols *s, const char *prefix,
                  int (*fn)(void *ctx, const struct symbol_place *place), void *ctx)
{
    size_t len = strlen(prefix);
    for (u32 i = 0; i < s->count; i++) {
        const struct symbol_table *t = s->table[i];
        for (size_t at = first_name(t, prefix); at < t->count; at++) {
            const struct symbol *sym = &t->sym[t->by_name[at]];
            struct symbol_place p;
            if (strncmp(t->names + sym->name, prefix, len) != 0)
                break;
            place(s, i, sym, &p);
            if (fn(ctx, &p))
                return;
        }
    }
}
