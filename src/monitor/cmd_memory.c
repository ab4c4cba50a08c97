/* Commands on memory: examine, dump, write, search. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/monitor.h"

enum { MOST = 1 << 16, LINE = 16, MOST_FOUND = 1000 };

/* "/8xg": how many, how written, how wide. */
static int parse_format(struct monitor *mon, struct args *a, struct examine_format *f)
{
    *f = (struct examine_format){1, 'x', mon->c->focus->config.xlen / 8u};
    if (*a->text != '/')
        return 0;
    char *s = a->text + 1;
    if (isdigit((unsigned char)*s))
        f->count = strtoull(s, &s, 10);
    for (; *s && !isspace((unsigned char)*s); s++) {
        switch (*s) {
        case 'b':
            f->size = 1;
            break;
        case 'h':
            f->size = 2;
            break;
        case 'w':
            f->size = 4;
            break;
        case 'g':
            f->size = 8;
            break;
        case 'c':
            f->size = 1; /* fall through */
        case 'x':
        case 'd':
        case 'u':
        case 'o':
        case 'i':
        case 's':
        case 'a':
            f->letter = *s;
            break;
        default:
            return mon_error(mon, "format '%c': letters are x d u o c s i a, sizes b h w g", *s);
        }
    }
    a->text = s + strspn(s, " \t");
    return f->count && f->count <= MOST ? 0 : mon_error(mon, "the count can be 1 to %d", MOST);
}

static void print_value(struct monitor *mon, const struct view *v, const struct examine_format *f,
                        u64 value)
{
    char symbol[128];
    switch (f->letter) {
    case 'd':
        fprintf(mon->out, "%" PRId64, sext(value, 8 * f->size));
        break;
    case 'u':
        fprintf(mon->out, "%" PRIu64, value);
        break;
    case 'o':
        fprintf(mon->out, "0%" PRIo64, value);
        break;
    case 'c':
        fprintf(mon->out, "%3" PRIu64 " '%c'", value, isprint((int)value) ? (int)value : '.');
        break;
    case 'a':
        mon_symbol(mon, v->h, (enum mode)v->mode, value, symbol, sizeof symbol);
        fprintf(mon->out, "0x%0*" PRIx64 " %s", (int)f->size * 2, value, symbol);
        break;
    default:
        fprintf(mon->out, "0x%0*" PRIx64, (int)f->size * 2, value);
    }
}

static void print_label(struct monitor *mon, const struct view *v, u64 addr)
{
    char symbol[128];
    symbol[0] = '\0';
    if (v->kind == VIEW_VA)
        mon_symbol(mon, v->h, (enum mode)v->mode, addr, symbol, sizeof symbol);
    fprintf(mon->out, "%s0x%0*" PRIx64 "%s%s%s:", tint(mon, TINT_ADDRESS), addr_digits(v->h), addr,
            tint(mon, TINT_NONE), *symbol ? " " : "", symbol);
}

static int examine_values(struct monitor *mon, struct cursor *c, const struct examine_format *f)
{
    unsigned per_line = f->letter == 'a' ? 1 : f->letter == 'c' ? 8 : LINE / f->size;
    struct error err;
    for (u64 i = 0; i < f->count; i++) {
        u64 value;
        if (view_read_word(&c->view, c->addr, f->size, &value, &err)) {
            if (i % per_line)
                fputc('\n', mon->out);
            return mon_fail(mon, &err);
        }
        if (i % per_line == 0)
            print_label(mon, &c->view, c->addr);
        fputc('\t', mon->out);
        print_value(mon, &c->view, f, value);
        if (i % per_line == per_line - 1 || i + 1 == f->count)
            fputc('\n', mon->out);
        c->addr += f->size;
    }
    return 0;
}

static int examine_strings(struct monitor *mon, struct cursor *c, u64 count)
{
    struct error err;
    while (count--) {
        print_label(mon, &c->view, c->addr);
        fprintf(mon->out, "\t\"");
        for (unsigned n = 0; n < 4096; n++) {
            u8 byte;
            if (view_read(&c->view, c->addr, &byte, 1, &err)) {
                fprintf(mon->out, "\"\n");
                return mon_fail(mon, &err);
            }
            c->addr++;
            if (!byte)
                break;
            fprintf(mon->out, isprint(byte) && byte != '"' && byte != '\\' ? "%c" : "\\x%02x",
                    byte);
        }
        fprintf(mon->out, "\"\n");
    }
    return 0;
}

/* Sets the cursor to the address that the text names, or leaves it where it was. */
static int set_cursor(struct monitor *mon, const struct args *a, struct cursor *c)
{
    if (*a->text) {
        if (args_address(mon, a, a->text, &c->view, &c->addr))
            return -1;
    } else if (!c->valid) {
        return mon_error(mon, "an address is missing");
    }
    c->valid = true;
    return 0;
}

static int cmd_examine(struct monitor *mon, struct args *a)
{
    struct examine_format f;
    bool again = !*a->text && mon->examine.valid && mon->last_format.count;
    if (again)
        f = mon->last_format;
    else if (parse_format(mon, a, &f))
        return -1;
    if (f.letter == 'i') {
        char line[64];
        snprintf(line, sizeof line, "%" PRIu64, f.count);
        if (*a->text && args_address(mon, a, a->text, &mon->disas.view, &mon->disas.addr))
            return -1;
        mon->disas.valid |= *a->text != '\0';
        snprintf(line, sizeof line, "disas --count=%" PRIu64, f.count);
        return monitor_line(mon, line);
    }
    if (set_cursor(mon, a, &mon->examine))
        return -1;
    mon->last_format = f;
    return f.letter == 's' ? examine_strings(mon, &mon->examine, f.count)
                           : examine_values(mon, &mon->examine, &f);
}

static void hex_line(struct monitor *mon, u64 addr, const u8 *p, size_t n, int digits)
{
    fprintf(mon->out, "%s%0*" PRIx64 "%s ", tint(mon, TINT_ADDRESS), digits, addr,
            tint(mon, TINT_NONE));
    for (size_t i = 0; i < LINE; i++) {
        if (i < n)
            fprintf(mon->out, "%s%02x", i % 8 ? " " : "  ", p[i]);
        else
            fprintf(mon->out, "%s  ", i % 8 ? " " : "  ");
    }
    fprintf(mon->out, "  |");
    for (size_t i = 0; i < n; i++)
        fputc(isprint(p[i]) ? p[i] : '.', mon->out);
    fprintf(mon->out, "|\n");
}

static int dump_to_file(struct monitor *mon, const struct view *v, u64 addr, u64 len,
                        const char *path)
{
    if (mon_may_reach_host(mon, "dump --file"))
        return -1;
    FILE *f = fopen(path, "wb");
    struct error err;
    u8 page[4096];
    if (!f)
        return mon_error(mon, "cannot write '%s': %s", path, strerror(errno));
    while (len) {
        size_t n = len < sizeof page ? (size_t)len : sizeof page;
        if (view_read(v, addr, page, n, &err)) {
            fclose(f);
            return mon_fail(mon, &err);
        }
        fwrite(page, 1, n, f);
        addr += n;
        len -= n;
    }
    bool failed = ferror(f) != 0;
    return fclose(f) || failed ? mon_error(mon, "cannot write '%s'", path) : 0;
}

static int cmd_dump(struct monitor *mon, struct args *a)
{
    char *where = args_word(a);
    const char *length = args_word(a), *path = args_option(a, "file");
    struct view v;
    struct error err;
    u64 addr, len = 256;
    u8 bytes[LINE];
    if (!where)
        return mon_error(mon, "usage: dump ADDRESS [LENGTH] [--file=PATH]");
    if (args_end(mon, a) || args_address(mon, a, where, &v, &addr) ||
        (length && mon_eval(mon, length, &len)))
        return -1;
    if (path)
        return dump_to_file(mon, &v, addr, len, path);
    if (len > MOST * 16)
        return mon_error(mon, "%" PRIu64 " bytes are too many to read; give --file=PATH", len);
    for (u64 done = 0; done < len; done += LINE) {
        size_t n = len - done < LINE ? (size_t)(len - done) : LINE;
        if (view_read(&v, addr + done, bytes, n, &err))
            return mon_fail(mon, &err);
        hex_line(mon, addr + done, bytes, n, addr_digits(v.h));
    }
    return 0;
}

/* 1, 2, 4 or 8 by --size, or `normal`. 0 after saying what is wrong. */
static unsigned item_size(struct monitor *mon, const struct args *a, unsigned normal)
{
    const char *text = args_option(a, "size");
    u64 n = normal;
    if (text && mon_eval(mon, text, &n))
        return 0;
    if (n == 1 || n == 2 || n == 4 || n == 8)
        return (unsigned)n;
    mon_error(mon, "--size=%s: can be 1, 2, 4 or 8", text);
    return 0;
}

static int cmd_write(struct monitor *mon, struct args *a)
{
    char *where = args_word(a), *word;
    unsigned size = item_size(mon, a, mon->c->focus->config.xlen / 8u);
    struct view v;
    struct error err;
    u64 addr, value;
    if (!size)
        return -1;
    if (!where || !*a->text)
        return mon_error(mon, "usage: write ADDRESS VALUE... [--size=N]");
    if (args_address(mon, a, where, &v, &addr))
        return -1;
    while ((word = args_word(a))) {
        if (mon_eval(mon, word, &value))
            return -1;
        if (view_write(&v, addr, &value, size, &err))
            return mon_fail(mon, &err);
        addr += size;
    }
    return 0;
}

/* The bytes to look for: "text" in quotes, or a number of `size` bytes. */
static int parse_pattern(struct monitor *mon, const struct args *a, u8 *bytes, size_t *len)
{
    const char *s = a->text;
    u64 value;
    if (*s == '"') {
        const char *end = strrchr(s + 1, '"');
        *len = end ? (size_t)(end - s - 1) : strlen(s + 1);
        if (!*len || *len > 256)
            return mon_error(mon, "the text to look for has 1 to 256 bytes");
        memcpy(bytes, s + 1, *len);
        return 0;
    }
    unsigned size = item_size(mon, a, 4);
    if (!size || mon_eval(mon, s, &value))
        return -1;
    *len = size;
    memcpy(bytes, &value, size);
    return 0;
}

static int cmd_search(struct monitor *mon, struct args *a)
{
    char *where = args_word(a), *length = args_word(a);
    struct view v;
    struct error err;
    u64 addr, len, found = 0;
    u8 pattern[256], page[4096 + 256];
    size_t n;
    if (!where || !length || !*a->text)
        return mon_error(mon, "usage: search ADDRESS LENGTH VALUE|\"TEXT\" [--size=N]");
    if (args_address(mon, a, where, &v, &addr) || mon_eval(mon, length, &len) ||
        parse_pattern(mon, a, pattern, &n))
        return -1;
    /* Page by page, keeping the end of the one before; a page that is not there is passed over. */
    for (u64 at = 0, kept = 0; at < len && found < MOST_FOUND;) {
        u64 step = 4096 - ((addr + at) & 4095);
        if (step > len - at)
            step = len - at;
        if (view_read(&v, addr + at, page + kept, step, &err)) {
            kept = 0;
        } else {
            u64 have = kept + step, first = addr + at - kept;
            for (u64 i = 0; i + n <= have && found < MOST_FOUND; i++)
                if (memcmp(page + i, pattern, n) == 0 && ++found)
                    fprintf(mon->out, "0x%0*" PRIx64 "\n", addr_digits(v.h), first + i);
            kept = have < n - 1 ? have : n - 1;
            memmove(page, page + have - kept, kept);
        }
        at += step;
    }
    if (found == MOST_FOUND)
        fprintf(mon->out, "... stopped after %d\n", MOST_FOUND);
    if (!found)
        fprintf(mon->out, "not found\n");
    return 0;
}

#define SPACES                                                                                     \
    "ADDRESS is virtual as the hart's mode sees it; with --mode=VS or VS:ADDRESS as that mode "    \
    "does,\n"                                                                                      \
    "gpa:ADDRESS guest-physical, pa:ADDRESS physical. No permission is asked, no A or D bit set."
const struct command commands_memory[] = {
    {"x", NULL, "[/COUNT FORMAT SIZE] [ADDRESS]", "hart mode", "examine memory",
     "x/4xg sp     formats x d u o c s(tring) i(nstruction) a(ddress), sizes b h w g\n" SPACES,
     cmd_examine, TOPIC_MEMORY, REPEAT_ON, WORDS_EXPR, NULL},
    {"dump", NULL, "ADDRESS [LENGTH]", "hart mode file", "bytes and characters; or --file=PATH",
     SPACES, cmd_dump, TOPIC_MEMORY, REPEAT_NOT, WORDS_EXPR, NULL},
    {"write", NULL, "ADDRESS VALUE...", "hart mode size", "change memory; --size=1, 2, 4 or 8",
     SPACES, cmd_write, TOPIC_MEMORY, REPEAT_NOT, WORDS_EXPR, NULL},
    {"search", NULL, "ADDRESS LENGTH VALUE|\"TEXT\"", "hart mode size",
     "find a number of --size bytes (4), or a text", SPACES, cmd_search, TOPIC_MEMORY, REPEAT_NOT,
     WORDS_EXPR, NULL},
    {0},
};
