/* Lines of a trace. They are made by the million, so nothing here goes through printf. */
#include "trace/line.h"

#include <string.h>

#include "cpu/fields.h"
#include "cpu/hart.h"

enum { CLOCK_WIDTH = 12, SYMBOL_WIDTH = 28, CLASS_WIDTH = 6, TAIL_ROOM = 8 };

struct line_place line_place_of(const struct hart *h)
{
    u64 vmid = get_field(h->hgatp, is_rv32(h) ? HGATP32_VMID : HGATP_VMID);
    return (struct line_place){.clock = h->clock,
                               .pc = h->pc,
                               .hart = h->id,
                               .vmid = (u16)vmid,
                               .mode = (u8)h->mode,
                               .no_h = !has(h, EXT_H)};
}

const char *place_mode(const struct line_place *at)
{
    return at->mode == MODE_S && at->no_h ? "S" : mode_table[at->mode].name;
}

static void put(struct line *l, const char *s, size_t n)
{
    size_t room = sizeof l->text - TAIL_ROOM - l->len;
    if (n > room)
        n = room;
    memcpy(l->text + l->len, s, n);
    l->len += n;
}

static void put_string(struct line *l, const char *s)
{
    put(l, s, strlen(s));
}

static void put_char(struct line *l, char c)
{
    put(l, &c, 1);
}

static void pad(struct line *l, size_t from, unsigned width)
{
    while (l->len < from + width && l->len < sizeof l->text - TAIL_ROOM)
        l->text[l->len++] = ' ';
}

/* At least `digits` hexadecimal digits. */
static void put_hex(struct line *l, u64 v, unsigned digits)
{
    char s[16];
    unsigned n = 0;
    do {
        s[15 - n++] = "0123456789abcdef"[v & 15];
        v >>= 4;
    } while (v || n < digits);
    put(l, s + 16 - n, n);
}

/* Right-aligned in `width` columns. */
static void put_decimal(struct line *l, u64 v, unsigned width)
{
    char s[32];
    unsigned n = 0;
    do {
        s[31 - n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    while (n < width)
        s[31 - n++] = ' ';
    put(l, s + 32 - n, n);
}

/* A string inside JSON quotes. */
static void put_escaped(struct line *l, const char *s)
{
    for (; *s; s++) {
        u8 c = (u8)*s;
        if (c == '"' || c == '\\') {
            put_char(l, '\\');
            put_char(l, (char)c);
        } else if (c < 0x20 || c >= 0x7f) {
            put_string(l, "\\u00");
            put_hex(l, c, 2);
        } else {
            put_char(l, (char)c);
        }
    }
}

static void json_key(struct line *l, const char *key)
{
    put_string(l, ",\"");
    put_string(l, key);
    put_string(l, "\":");
}

static void json_string(struct line *l, const char *key, const char *value)
{
    json_key(l, key);
    put_char(l, '"');
    put_escaped(l, value);
    put_char(l, '"');
}

static void json_hex(struct line *l, const char *key, u64 value)
{
    json_key(l, key);
    put_string(l, "\"0x");
    put_hex(l, value, 1);
    put_char(l, '"');
}

static void json_number(struct line *l, const char *key, u64 value)
{
    json_key(l, key);
    put_decimal(l, value, 0);
}

static const char *symbol_at(const struct line *l, const struct line_place *at, u64 addr, char *buf,
                             size_t len)
{
    return symbols_format(l->symbols, (enum mode)at->mode, at->vmid, addr, buf, len);
}

static void begin_json(struct line *l, const struct line_place *at, const char *class)
{
    char symbol[256];
    put_string(l, "{\"clock\":");
    put_decimal(l, at->clock, 0);
    json_number(l, "hart", at->hart);
    json_string(l, "mode", place_mode(at));
    if (mode_table[at->mode].v)
        json_number(l, "vmid", at->vmid);
    json_hex(l, "pc", at->pc);
    if (l->symbols && *symbol_at(l, at, at->pc, symbol, sizeof symbol))
        json_string(l, "symbol", symbol);
    json_string(l, "class", class);
}

static void begin_text(struct line *l, const struct line_place *at, const char *class)
{
    char symbol[256];
    put_decimal(l, at->clock, CLOCK_WIDTH);
    put_string(l, " h");
    size_t from = l->len;
    put_decimal(l, at->hart, 0);
    pad(l, from, 2);
    put_char(l, ' ');
    from = l->len;
    put_string(l, place_mode(at));
    if (mode_table[at->mode].v) {
        put_char(l, ':');
        put_decimal(l, at->vmid, 0);
    }
    pad(l, from, 5);
    put_hex(l, at->pc, 16);
    put_char(l, ' ');
    if (l->symbols) {
        from = l->len;
        put_string(l, symbol_at(l, at, at->pc, symbol, sizeof symbol));
        pad(l, from, SYMBOL_WIDTH);
        put_char(l, ' ');
    }
    from = l->len;
    put_string(l, class);
    pad(l, from, CLASS_WIDTH);
}

void line_begin(struct line *l, const struct line_place *at, const char *class)
{
    l->len = 0;
    if (l->format == LINE_JSON)
        begin_json(l, at, class);
    else if (l->format == LINE_TEXT)
        begin_text(l, at, class);
}

void line_raw(struct line *l, const char *text)
{
    put_string(l, text);
}

void line_word(struct line *l, const char *key, const char *value)
{
    line_column(l, key, value, 0);
}

void line_column(struct line *l, const char *key, const char *value, unsigned width)
{
    if (l->format == LINE_JSON) {
        json_string(l, key, value);
        return;
    }
    put_char(l, ' ');
    size_t from = l->len;
    put_string(l, value);
    pad(l, from, width);
}

static void text_key(struct line *l, const char *key)
{
    put_char(l, ' ');
    put_string(l, key);
    put_char(l, '=');
}

void line_hex(struct line *l, const char *key, u64 value)
{
    if (l->format == LINE_JSON) {
        json_hex(l, key, value);
        return;
    }
    text_key(l, key);
    put_string(l, "0x");
    put_hex(l, value, 1);
}

void line_number(struct line *l, const char *key, u64 value)
{
    if (l->format == LINE_JSON) {
        json_number(l, key, value);
        return;
    }
    text_key(l, key);
    put_decimal(l, value, 0);
}

void line_address(struct line *l, const char *key, const struct line_place *at, u64 value)
{
    char symbol[256], name[64];
    line_hex(l, key, value);
    if (!l->symbols || !*symbol_at(l, at, value, symbol, sizeof symbol))
        return;
    if (l->format == LINE_JSON) {
        size_t n = strlen(key);
        if (n > sizeof name - 8)
            return;
        memcpy(name, key, n);
        memcpy(name + n, "_symbol", 8);
        json_string(l, name, symbol);
        return;
    }
    put_string(l, " <");
    put_string(l, symbol);
    put_char(l, '>');
}

void line_end(struct line *l)
{
    if (l->format == LINE_JSON)
        l->text[l->len++] = '}'; /* TAIL_ROOM is kept for this */
    while (l->format == LINE_TEXT && l->len && l->text[l->len - 1] == ' ')
        l->len--;
    l->text[l->len++] = '\n';
}
