/* Reading and applying the filters of --trace=. */
#include "trace/filter.h"

#include <stdlib.h>
#include <string.h>

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

/* The names before the colon. */
static int parse_classes(const char *text, size_t len, struct trace_filter *f, struct error *err)
{
    for (const char *p = text; p <= text + len; p++) {
        size_t n = strcspn(p, ",:");
        u32 bit = 0;
        for (unsigned c = 0; c < TRACE_CLASSES; c++)
            if (strlen(classes[c].name) == n && !strncmp(classes[c].name, p, n))
                bit = 1u << c;
        if (!bit)
            return error_set(err,
                             "--trace=%s: no class '%.*s'; there are insn, trap, mode, csr, walk, "
                             "mem, mmio, irq, sbi, fence and tlb",
                             text, (int)n, p);
        f->classes |= bit;
        p += n;
    }
    return 0;
}

/* Digits, decimal or 0x..., that fill the text. */
static bool parse_number(const char *s, size_t len, u64 *value)
{
    char copy[32], *end;
    if (len == 0 || len >= sizeof copy || *s < '0' || *s > '9')
        return false;
    memcpy(copy, s, len);
    copy[len] = 0;
    *value = strtoull(copy, &end, copy[1] == 'x' || copy[1] == 'X' ? 16 : 10);
    return *end == 0;
}

/* The two sides of "A..B", each of which may be missing. */
static const char *range_middle(const char *s, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++)
        if (s[i] == '.' && s[i + 1] == '.')
            return s + i;
    return NULL;
}

/* An address, or a symbol: *first and *last get the bytes it stands for. */
static bool parse_place(const char *s, size_t len, const struct symbols *symbols, u64 *first,
                        u64 *last)
{
    char name[256];
    struct symbol_place p;
    if (parse_number(s, len, first)) {
        *last = *first;
        return true;
    }
    if (len >= sizeof name || !symbols)
        return false;
    memcpy(name, s, len);
    name[len] = 0;
    if (!symbols_lookup(symbols, name, 0, -1, &p))
        return false;
    *first = p.start;
    *last = p.end - 1;
    return true;
}

static bool parse_pc(const char *s, size_t len, const struct symbols *symbols,
                     struct trace_filter *f)
{
    const char *mid = range_middle(s, len);
    u64 ignored;
    f->has_pc = true;
    if (!mid)
        return parse_place(s, len, symbols, &f->pc_first, &f->pc_last);
    const char *second = mid + 2;
    return parse_place(s, (size_t)(mid - s), symbols, &f->pc_first, &ignored) &&
           parse_place(second, (size_t)(s + len - second), symbols, &ignored, &f->pc_last) &&
           f->pc_first <= f->pc_last;
}

static bool parse_window(const char *s, size_t len, struct trace_filter *f)
{
    const char *mid = range_middle(s, len);
    if (!mid)
        return false;
    const char *second = mid + 2;
    size_t left = (size_t)(mid - s), right = (size_t)(s + len - second);
    return (left == 0 || parse_number(s, left, &f->from)) &&
           (right == 0 || parse_number(second, right, &f->until)) && f->from < f->until;
}

static bool parse_harts(const char *s, size_t len, struct trace_filter *f)
{
    const char *end = s + len;
    while (s < end) {
        size_t n = strcspn(s, "+,");
        u64 hart;
        if (!parse_number(s, n, &hart) || hart > 63)
            return false;
        f->harts |= BIT(hart);
        s += n + 1;
    }
    return f->harts != 0;
}

/* One KEY=VALUE. */
static bool parse_key(const char *s, size_t len, const struct symbols *symbols,
                      struct trace_filter *f)
{
    const char *value = memchr(s, '=', len);
    u64 n;
    if (!value++)
        return false;
    size_t key = (size_t)(value - 1 - s), rest = len - key - 1;
    if (key == 4 && !strncmp(s, "mode", key))
        return symbols_parse_modes(value, rest, &f->modes) == 0;
    if (key == 4 && !strncmp(s, "hart", key))
        return parse_harts(value, rest, f);
    if (key == 2 && !strncmp(s, "pc", key))
        return parse_pc(value, rest, symbols, f);
    if (key == 5 && !strncmp(s, "insns", key))
        return parse_window(value, rest, f);
    if (!parse_number(value, rest, &n))
        return false;
    if (key == 5 && !strncmp(s, "first", key)) {
        f->left = n;
        return n > 0;
    }
    if (key == 4 && !strncmp(s, "vmid", key)) {
        f->vmid = (int)n;
        return n < 1 << 14;
    }
    return false;
}

int trace_filter_parse(const char *text, const struct symbols *symbols, struct trace_filter *f,
                       struct error *err)
{
    *f = (struct trace_filter){.vmid = -1, .until = UINT64_MAX, .left = UINT64_MAX};
    size_t len = strcspn(text, ":");
    if (parse_classes(text, len, f, err))
        return -1;
    for (const char *p = text + len; *p;) {
        size_t n = strcspn(++p, ",");
        if (!parse_key(p, n, symbols, f))
            return error_set(err,
                             "--trace=%s: cannot use '%.*s'; filters are mode=VS+VU, hart=0+1, "
                             "vmid=N, pc=SYMBOL, pc=FIRST..LAST, insns=FROM..UNTIL and first=N",
                             text, (int)n, p);
        p += n;
    }
    return 0;
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
