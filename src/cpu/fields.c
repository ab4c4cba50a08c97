/* The table made from fields.def, and the rules of writing that follow from it for a hart with its
 * XLEN and the extensions that it has now. */
#include "cpu/fields.h"

#include "cpu/csr_impl.h"
#include "cpu/hart.h"
#include "cpu/trigger.h"

/* When a field exists: an extension, and one more that must (or may instead) be there. */
enum { WHEN_OR = 1 << 16 };
_Static_assert(EXT_COUNT <= 256, "an extension is a byte of `when`");
#define BOTH(a, b)   (EXT_##a | EXT_##b << 8)
#define EITHER(a, b) (EXT_##a | EXT_##b << 8 | WHEN_OR)

/* Levels of the registers of a layout, and the sets of them that rows name. */
enum {
    IN_M = 1,
    IN_S = 2,
    IN_H = 4,
    IN_V = 8,
    IN_N = 16,
    IN_SV = IN_S | IN_V,
    IN_HS = IN_H | IN_S,
    IN_MH = IN_M | IN_H,
    IN_MN = IN_M | IN_N,
    IN_MS = IN_M | IN_S,
    IN_VN = IN_V | IN_N,
    IN_MHS = IN_M | IN_H | IN_S,
    IN_MSV = IN_M | IN_S | IN_V,
    IN_MHSN = IN_MHS | IN_N,
    IN_MSVN = IN_MSV | IN_N,
    IN_MHSV = IN_MHS | IN_V
};

#define LAYOUT(layout)
#define REG(reg, layout, level, try)
#define FIELD(...)
#define AGAIN(...)
#define VALUE(...)

#undef LAYOUT
#define LAYOUT(layout) LAYOUT_##layout,
enum layout {
#include "cpu/fields.def"
    LAYOUT_COUNT
};
#undef LAYOUT
#define LAYOUT(layout)

#undef REG
#define REG(reg, layout, level, try) [REG_##reg] = {LAYOUT_##layout, IN_##level, TRY_##try},
static const struct reg_row {
    u8 layout, level, try;
} regs[REG_COUNT] = {
#include "cpu/fields.def"
};
#undef REG
#define REG(reg, layout, level, try)

#undef FIELD
#undef AGAIN
#define FIELD(layout, name, xlen, high, low, in, when, holds, shown, try)                          \
    {#name, LAYOUT_##layout, IN_##in,      XLEN_##xlen, high,                                      \
     low,   HOLDS_##holds,   SHOW_##shown, TRY_##try,   when},
#define AGAIN FIELD
const struct field field_rows[] = {
#include "cpu/fields.def"
};
const u32 num_field_rows = ARRAY_LEN(field_rows);

/* Where the rows of a layout begin; they end where the next one's do. */
#undef LAYOUT
#undef FIELD
#undef AGAIN
#define LAYOUT(layout)                 FIRST_##layout, BEFORE_##layout = FIRST_##layout - 1,
#define FIELD(layout, name, xlen, ...) ROW_##layout##_##name##_##xlen,
#define AGAIN(layout, name, xlen, ...) AGAIN_##layout##_##name##_##xlen,
enum field_row {
#include "cpu/fields.def"
    FIRST_END
};
#undef LAYOUT
#undef FIELD
#undef AGAIN
#define LAYOUT(layout) FIRST_##layout,
#define FIELD(...)
#define AGAIN(...)
static const u16 first_row[LAYOUT_COUNT + 1] = {
#include "cpu/fields.def"
    FIRST_END};
#undef LAYOUT
#define LAYOUT(layout)

#undef VALUE
#define VALUE(kind, e, value, text, when) {SHOW_##kind, value, text, when},
const struct field_name field_names[] = {
#include "cpu/fields.def"
};
const u32 num_field_names = ARRAY_LEN(field_names);

/* ---- what exists ---- */

static bool extensions_exist(const struct hart *h, u32 when)
{
    bool first = has(h, (enum ext)(when & 0xff)), second = has(h, (enum ext)(when >> 8 & 0xff));
    return when & WHEN_OR ? first || second : first && second;
}

static bool right_xlen(const struct hart *h, const struct field *f)
{
    return f->xlen == XLEN_ANY || (f->xlen == XLEN_RV64) != is_rv32(h);
}

bool field_exists(const struct hart *h, const struct field *f)
{
    return right_xlen(h, f) && extensions_exist(h, f->when);
}

/* ---- what may be written ---- */

static struct reg_rule rule_of(const struct hart *h, const struct reg_row *reg)
{
    struct reg_rule rule = {0};
    for (u32 i = first_row[reg->layout]; i < first_row[reg->layout + 1]; i++) {
        const struct field *f = &field_rows[i];
        u64 mask = FIELD_MASK(f->high, f->low);
        if (!(f->in & reg->level) || f->holds > HOLDS_SET_ONLY || !field_exists(h, f))
            continue;
        rule.writable |= mask;
        if (f->holds == HOLDS_UNDER)
            rule.under |= mask;
        if (f->holds == HOLDS_LEGAL || f->holds == HOLDS_SET_ONLY)
            rule.chosen |= mask;
    }
    return rule;
}

void fields_derive(struct hart *h)
{
    struct reg_rules *r = &h->rules;
    *r = (struct reg_rules){0};
    for (u32 i = 0; i < num_field_names; i++)
        if (extensions_exist(h, field_names[i].when))
            r->legal[field_names[i].kind] |= 1u << field_names[i].value;
    for (unsigned reg = REG_NONE + 1; reg < REG_COUNT; reg++)
        r->reg[reg] = rule_of(h, &regs[reg]);
}

u64 fields_refused(const struct hart *h, enum reg reg, u64 old, u64 value)
{
    u64 refused = 0;
    const struct reg_row *row = &regs[reg];
    for (u32 i = first_row[row->layout]; i < first_row[row->layout + 1]; i++) {
        const struct field *f = &field_rows[i];
        u64 mask = FIELD_MASK(f->high, f->low);
        if (!(f->in & row->level) || !(h->rules.reg[reg].chosen & mask) || !right_xlen(h, f))
            continue;
        if (f->holds == HOLDS_SET_ONLY)
            refused |= old & ~value & mask;
        else if (f->holds == HOLDS_LEGAL && !value_legal(h, f->shown, bits(value, f->high, f->low)))
            refused |= mask;
    }
    return refused;
}

/* ---- registers and CSRs ---- */

bool csr_next_field(const struct hart *h, unsigned csr, struct field_part *part)
{
    const struct csr_row *row = csr_row(csr);
    if (!row || !row->reg)
        return false;
    const struct reg_row *reg =
        &regs[row->reg == REG_tdata1 ? trigger_register(h) : (enum reg)row->reg];
    unsigned base = row->size == HI ? 32 : 0, end = base + (is_rv32(h) ? 32 : 64);
    const struct field *f = part->f ? part->f + 1 : &field_rows[first_row[reg->layout]];
    for (; f < &field_rows[first_row[reg->layout + 1]]; f++) {
        if (!(f->in & reg->level) || f->shown >= SHOW_PART || !right_xlen(h, f) || f->low >= end ||
            f->high < base)
            continue;
        unsigned low = f->low > base ? f->low : base, high = f->high < end ? f->high : end - 1;
        *part = (struct field_part){f, (u8)(high - base), (u8)(low - base), (u8)(low - f->low)};
        return true;
    }
    return false;
}

unsigned reg_csr(const struct hart *h, enum reg reg, unsigned from)
{
    for (; from < 4096; from++) {
        const struct csr_row *row = csr_row(from);
        if (row && row->reg == reg && csr_row_exists(h, row))
            break;
    }
    return from;
}

bool reg_tried(enum reg reg)
{
    return regs[reg].try == TRY_FLIP;
}
