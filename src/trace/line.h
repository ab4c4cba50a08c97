/* One line of a trace, as aligned text or as a JSON object: begun, given fields, ended. The same
 * calls make both forms. */
#ifndef HEXTANT_TRACE_LINE_H
#define HEXTANT_TRACE_LINE_H

#include "common/types.h"
#include "cpu/mode.h"
#include "trace/out.h"
#include "trace/symbols.h"

struct hart;

/* LINE_COMMITS: the lines of commits.h; _MODE: with the name of the mode instead of its number.
 * LINE_AUTO: commits where nothing but instructions is traced, else text. */
enum line_format { LINE_AUTO, LINE_TEXT, LINE_JSON, LINE_COMMITS, LINE_COMMITS_MODE };

struct line {
    enum line_format format;
    const struct symbols *symbols; /* NULL: no column for them */
    size_t len;
    char text[1 << 16];
};

/* Where and when something happened. */
struct line_place {
    u64 clock, pc;
    u32 hart;
    u16 vmid;  /* counts in VS and VU */
    u8 mode;   /* enum mode */
    bool no_h; /* the hart has no hypervisor extension: supervisor mode is S, not HS */
};

/* The place of h's present instruction. */
struct line_place line_place_of(const struct hart *h);
/* The name of its mode. */
const char *place_mode(const struct line_place *at);
/* Starts a line of that class. */
void line_begin(struct line *l, const struct line_place *at, const char *class);
/* Exactly this text (LINE_COMMITS). */
void line_raw(struct line *l, const char *text);
/* Text: the value alone. JSON: "key":"value". */
void line_word(struct line *l, const char *key, const char *value);
/* Text: the value alone, at least `width` columns wide. JSON: as line_word. */
void line_column(struct line *l, const char *key, const char *value, unsigned width);
/* Text: key=0x12. JSON: "key":"0x12". */
void line_hex(struct line *l, const char *key, u64 value);
/* Text: key=12. JSON: "key":12. */
void line_number(struct line *l, const char *key, u64 value);
/* An address of code or data in `mode`: as line_hex, and the symbol if there is one. */
void line_address(struct line *l, const char *key, const struct line_place *at, u64 value);
/* Ends it, with a newline in l->text; l->len is its length. */
void line_end(struct line *l);

#endif
